/* listener.h - struct api and what its files share.
 *
 * Owned by the listener threads: nothing but the request they read.  Owned by
 * the loop: jobs taken from the queue, log-in bucket, prune time.  Under lock:
 * the queue.  A suspended connection belongs to whoever holds its job. */
#ifndef POSTERN_API_LISTENER_H
#define POSTERN_API_LISTENER_H

#include <microhttpd.h>
#include <pthread.h>
#include <sys/types.h>

#include "postern/deadline.h"
#include "job.h"
#include "route.h"

#define QUEUE_MAX	   512
#define IDLE_MS		   10000
#define TAKEN_BYTES_PER_MS 256 /* the least an answer must be read at */
#define DOWNLOAD_MS	   (10 * 60 * 1000)
#define UPLOAD_MS	   (10 * 60 * 1000)
#define IN_FLIGHT_WAIT	   5000 /* ms, when stopping */

struct bucket {
	int64_t tokens_milli, at_ms;
};

/* What a daemon's callbacks get. */
struct side {
	struct api *api;
	bool local;
};

struct api {
	struct worker *w;
	struct side tcp_side, local_side;
	struct MHD_Daemon *tcp, *local;
	struct deadlines *deadlines;
	int job_fd;
	uid_t own, starter; /* who may use the unix socket besides root */
	pthread_mutex_t lock;
	struct job *first, *last;
	size_t queued;
	bool stopping;
	_Atomic size_t in_flight; /* suspended connections */
	struct bucket log_ins;	  /* failed ones */
	int64_t pruned_ms;	  /* boot clock; 0 never */
	size_t uploads;		  /* open ones */
};

/* queue.c */
/* False (job untouched): stopping or full. */
bool queue_put(struct api *a, struct job *job);
struct job *queue_take(struct api *a);
/* Takes every job that waits longer than the deadline; a list by next. */
struct job *queue_take_stale(struct api *a, int64_t before_ms);
void queue_stop(struct api *a);

/* request.c: callbacks of libmicrohttpd.  target comes first, raw. */
void *request_target(void *cls, const char *target, struct MHD_Connection *c);
enum MHD_Result request_handle(void *cls, struct MHD_Connection *c,
			       const char *url, const char *method,
			       const char *version, const char *data,
			       size_t *data_len, void **con_cls);
void request_completed(void *cls, struct MHD_Connection *c, void **con_cls,
		       enum MHD_RequestTerminationCode why);
void request_connection(void *cls, struct MHD_Connection *c, void **ctx,
			enum MHD_ConnectionNotificationCode code);
/* Gives a suspended connection back to its listener. */
void request_resume(struct job *job);

/* respond.c: job->status and its answer onto the wire. */
enum MHD_Result respond(struct MHD_Connection *c, struct job *job);

#endif
