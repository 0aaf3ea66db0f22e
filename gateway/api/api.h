/* api.h - the internal listener: helpdesks, operators, operation.
 *
 * Listener threads (libmicrohttpd) read a request whole or into a sealed
 * file, suspend the connection and queue a job; the worker's loop runs jobs
 * (api_step), so all of the archive is touched by one thread; the connection
 * is resumed with the answer.  What waits longer than the commit deadline is
 * answered with 503 by the reaper thread. */
#ifndef POSTERN_API_H
#define POSTERN_API_H

#include "../worker/worker.h"

int api_open(struct worker *w, int tcp_fd, int unix_fd, struct api **ret,
	     struct err *err);
/* Readable when jobs wait. */
int api_job_fd(const struct api *a);
int api_step(struct worker *w, bool *ret_moved, struct err *err);
/* No new jobs; answers what is queued with 503; stops the listeners. */
void api_close(struct api **a);

#endif
