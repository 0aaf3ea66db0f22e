/* stamping.h - time stamps for the proof log: a third party says that a signed
 * checkpoint existed at a time (postern/stamp.h).
 *
 * One every `hours`, and one after each run that erased.  A row is written
 * before the authority is asked; it waits while the authority is away, and
 * holds up nothing. */
#ifndef POSTERN_WORKER_STAMPING_H
#define POSTERN_WORKER_STAMPING_H

#include "worker.h"

struct stamping;
int stamping_open(struct worker *w, struct stamping **ret, struct err *err);
void stamping_close(struct stamping **s);
int stamping_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t stamping_due_in_ms(const struct worker *w);
/* The next checkpoint is to be stamped whenever the last one was: inside the
 * transaction of what erased. */
int stamping_ask(struct worker *w, struct err *err);

#endif
