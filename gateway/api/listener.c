/* listener.c - the two daemons and their end. */
#include <errno.h>
#include <sodium.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "idempotency.h"
#include "listener.h"
#include "problem.h"
#include "upload.h"
#include "postern/log.h"

#define CONNECTION_MEMORY 32768u
/* Below 128: libmicrohttpd 0.9.75 waits without limit after exactly 128 events
 * at once (docs/intake.md). */
#define CONNECTIONS_MAX 120u
#define BACKLOG		256u

/* libmicrohttpd's texts may quote a request: only that there was one. */
static void on_library_log(void *cls, const char *format, va_list args)
{
	(void)cls;
	(void)format;
	(void)args;
	LOG0(LOG_LEVEL_DEBUG, "api.http.library");
}

static struct MHD_Daemon *daemon_start(struct side *side, int fd)
{
	return MHD_start_daemon(
	    MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
		MHD_USE_ERROR_LOG,
	    0, NULL, NULL, request_handle, side, MHD_OPTION_EXTERNAL_LOGGER,
	    on_library_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_URI_LOG_CALLBACK, request_target, side,
	    MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)(IDLE_MS / 1000),
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
	    MHD_OPTION_LISTEN_BACKLOG_SIZE, BACKLOG,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_NOTIFY_CONNECTION,
	    request_connection, side, MHD_OPTION_NOTIFY_COMPLETED,
	    request_completed, side, MHD_OPTION_END);
}

static void refuse_list(struct job *job)
{
	while (job != NULL) {
		struct job *next = job->next;

		(void)job_refuse(job, &problem_unavailable, NULL);
		request_resume(job);
		job = next;
	}
}

/* Nobody waits longer than this for a loop that is busy elsewhere. */
static void on_tick(void *ctx)
{
	struct api *a = ctx;

	refuse_list(queue_take_stale(
	    a, worker_boot(a->w) - a->w->settings->limits.commit_deadline_ms));
}

/* Who made the listening socket: the account `postern serve` was started by,
 * whatever this process runs as now. */
static uid_t starter_of(int unix_fd, uid_t otherwise)
{
	struct ucred maker;
	socklen_t len = sizeof(maker);

	if (unix_fd >= 0 &&
	    getsockopt(unix_fd, SOL_SOCKET, SO_PEERCRED, &maker, &len) == 0 &&
	    maker.uid != (uid_t)-1)
		return maker.uid;
	return otherwise;
}

static int listeners_start(struct api *a, int tcp_fd, int unix_fd,
			   struct err *err)
{
	if (tcp_fd >= 0) {
		a->tcp = daemon_start(&a->tcp_side, tcp_fd);
		if (a->tcp == NULL)
			return ERR_SET(err, ERR_BUSY, "no internal listener",
				       errno);
	}
	if (unix_fd >= 0) {
		a->local = daemon_start(&a->local_side, unix_fd);
		if (a->local == NULL)
			return ERR_SET(err, ERR_BUSY, "no operator listener",
				       errno);
	}
	return 0;
}

int api_open(struct worker *w, int tcp_fd, int unix_fd, struct api **ret,
	     struct err *err)
{
	struct api *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for the API", 0);
	a->w = w;
	a->own = geteuid();
	a->starter = starter_of(unix_fd, a->own);
	a->tcp_side = (struct side){.api = a};
	a->local_side = (struct side){.api = a, .local = true};
	pthread_mutex_init(&a->lock, NULL);
	a->job_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	/* Before threads: the hash seed is made lazily otherwise. */
	json_object_seed(0);
	if (a->job_fd < 0) {
		ERR_SET(err, ERR_BUSY, "no event descriptor", errno);
	} else if (idempotency_begin(w, err) == 0 &&
		   deadlines_open(w->env, on_tick, a, &a->deadlines, err) ==
		       0 &&
		   listeners_start(a, tcp_fd, unix_fd, err) == 0) {
		*ret = a;
		return 0;
	}
	api_close(&a);
	return -1;
}

int api_job_fd(const struct api *a)
{
	return a->job_fd;
}

/* Answers what waits; half-written uploads are removed. */
static void drain(struct api *a)
{
	for (struct job *job = queue_take(a); job != NULL;
	     job = queue_take(a)) {
		if (job->stage == JOB_ABANDON) {
			upload_abandon(a->w, job);
			job_free(&job);
			continue;
		}
		job->next = NULL;
		refuse_list(job);
	}
}

/* Takes no new connections; gives the socket, which is ours from now on.  -1:
 * none. */
static int quiesce(struct MHD_Daemon *d)
{
	return d != NULL ? MHD_quiesce_daemon(d) : -1;
}

/* Left open, the kernel would go on taking callers that nobody answers. */
static void stop(struct MHD_Daemon *d, int fd)
{
	if (d != NULL)
		MHD_stop_daemon(d);
	if (fd >= 0)
		(void)close(fd); /* nothing written */
}

void api_close(struct api **api)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	struct api *a = *api;
	int tcp_fd, local_fd;

	if (a == NULL)
		return;
	/* Row 5: stopping with a suspended connection ends the process. */
	tcp_fd = quiesce(a->tcp);
	local_fd = quiesce(a->local);
	queue_stop(a);
	for (int i = 0; i < IN_FLIGHT_WAIT / 2; i++) {
		drain(a);
		if (atomic_load(&a->in_flight) == 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (atomic_load(&a->in_flight) != 0) {
		/* The process is about to end; better left than aborted. */
		LOG0(LOG_LEVEL_ERROR, "api.stop.in_flight");
		*api = NULL;
		return;
	}
	stop(a->tcp, tcp_fd);
	stop(a->local, local_fd);
	drain(a); /* still reached through the worker */
	*api = NULL;
	deadlines_close(&a->deadlines);
	if (a->job_fd >= 0)
		(void)close(a->job_fd);
	pthread_mutex_destroy(&a->lock);
	free(a);
}
