/* deadline.h - absolute deadlines for connections.
 *
 * libmicrohttpd's time-out is one of inactivity: a byte every few seconds
 * keeps a connection for ever (assurance 4.1 row 3).  A thread of our own
 * shuts the socket of whoever passes its deadline. */
#ifndef POSTERN_DEADLINE_H
#define POSTERN_DEADLINE_H

#include "postern/env.h"
#include "postern/err.h"

struct deadlines;
struct deadline; /* one connection */

/* tick runs on the thread twice a second. */
int deadlines_open(struct env *env, void (*tick)(void *ctx), void *ctx,
		   struct deadlines **ret, struct err *err);
void deadlines_close(struct deadlines **d);

/* NULL when there is no memory: the connection must be closed then. */
struct deadline *deadline_add(struct deadlines *d, int fd, int64_t in_ms);
/* in_ms < 0: none. */
void deadline_set(struct deadlines *d, struct deadline *one, int64_t in_ms);
void deadline_remove(struct deadlines *d, struct deadline **one);

#endif
