/* loop.c - the threads that drive the HTTP library.
 *
 * The library could run a thread of its own, but 0.9.75 and 1.0 wait a second
 * time, without a limit, when exactly 128 events came at once: with 128 busy
 * connections everything then stands still until something else happens
 * (measured: seconds).  Driven from here the library never waits at all.
 *
 * Waking: the library may swallow its own wake-up of a resumed connection
 * while it looks at the sockets, so every group of resumptions is followed by
 * one of ours. */
#include "intake/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FINISH_TURNS 1000

static void loop_wake(const struct loop *l)
{
	const uint64_t one = 1;

	(void)!write(l->wake_fd, &one, sizeof(one)); /* full: awake already */
}

static int wait_ms(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	if (MHD_get_timeout(daemon, &ms) != MHD_YES)
		return -1;
	return ms < 60000 ? (int)ms : 60000;
}

static void *loop_run(void *arg)
{
	struct loop *l = arg;
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd p[2] = {
	    {.fd = l->wake_fd, .events = POLLIN},
	    {.fd = info != NULL ? info->epoll_fd : -1, .events = POLLIN},
	};
	bool quiet = l->in->conf->listen_fd < 0;
	uint64_t count;
	int ms;

	(void)pthread_setname_np(pthread_self(), "intake-loop");
	while (!atomic_load(&l->in->loops_end)) {
		if (atomic_load(&l->in->stopping) && !quiet) {
			(void)MHD_quiesce_daemon(
			    l->daemon); /* fd is not ours */
			quiet = true;
		}
		/* With answers to write already the library looks by itself
		 * at what else there is; a wake-up stays until then. */
		ms = wait_ms(l->daemon);
		if (ms != 0 && poll(p, 2, ms) < 0 && errno != EINTR)
			break;
		/* Emptied before the library looks: what is resumed later
		 * wakes again. */
		if (ms != 0 && p[0].revents != 0)
			(void)!read(l->wake_fd, &count, sizeof(count));
		(void)MHD_run(l->daemon); /* only fails when stopped */
	}
	return NULL;
}

static int loop_start(struct loop *l, struct err *err)
{
	int rc;

	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return ERR_SET(err, ERR_STORAGE, "no eventfd", errno);
	if (listener_open(l, err) != 0)
		return -1;
	rc = pthread_create(&l->thread, NULL, loop_run, l);
	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no event loop thread", rc);
	l->runs = true;
	return 0;
}

int loops_start(struct intake *in, struct err *err)
{
	int64_t threads = in->conf->settings->limits.intake_threads;

	in->loops_len = threads < 1 ? 1 : (size_t)threads;
	if (in->loops_len > LOOPS_MAX)
		in->loops_len = LOOPS_MAX;
	in->loops = calloc(in->loops_len, sizeof(*in->loops));
	if (in->loops == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for loops", 0);
	for (size_t i = 0; i < in->loops_len; i++)
		in->loops[i] = (struct loop){
		    .in = in, .number = (unsigned int)i, .wake_fd = -1};
	in->in_place = listener_in_place(); /* before anybody reads it */
	for (size_t i = 0; i < in->loops_len; i++)
		if (loop_start(&in->loops[i], err) != 0)
			return -1;
	return 0;
}

void loops_quiesce(struct intake *in)
{
	for (size_t i = 0; i < in->loops_len; i++)
		loop_wake(&in->loops[i]);
}

void loops_join(struct intake *in)
{
	atomic_store(&in->loops_end, true);
	for (size_t i = 0; i < in->loops_len && in->loops != NULL; i++) {
		loop_wake(&in->loops[i]);
		if (in->loops[i].runs)
			(void)pthread_join(in->loops[i].thread, NULL);
		in->loops[i].runs = false;
	}
}

/* A request handed over while the counters were read for the last time was
 * still resumed by the writer; it is answered here. */
static void loop_finish(struct loop *l)
{
	const struct timespec turn = {.tv_nsec = 1000000};

	for (int i = 0; i < FINISH_TURNS && l->daemon != NULL; i++) {
		(void)MHD_run(l->daemon);
		if (atomic_load(&l->in->suspended) == 0)
			break;
		(void)nanosleep(&turn, NULL); /* shorter does no harm */
	}
}

void loops_close(struct intake *in)
{
	for (size_t i = 0; i < in->loops_len && in->loops != NULL; i++)
		loop_finish(&in->loops[i]);
	for (size_t i = 0; i < in->loops_len && in->loops != NULL; i++) {
		listener_close(&in->loops[i]);
		if (in->loops[i].wake_fd >= 0)
			(void)close(in->loops[i].wake_fd); /* an eventfd */
	}
	free(in->loops);
	in->loops = NULL;
	in->loops_len = 0;
}

void loops_resume(struct intake *in, struct visitor *due)
{
	uint64_t touched = 0;

	if (due == NULL)
		return; /* there may be no loops (any more) */
	while (due != NULL) {
		struct visitor *v = due;

		/* Once resumed it may be gone: nothing is read after. */
		due = v->due;
		touched |= UINT64_C(1) << v->loop->number;
		MHD_resume_connection(v->connection);
	}
	for (size_t i = 0; i < in->loops_len; i++)
		if ((touched >> i & 1) != 0)
			loop_wake(&in->loops[i]);
}
