/* serve.c - process 1: start, wait for the end, stop.
 *
 * Order of stopping: take no connections, refuse new bodies, let every answer
 * leave, end the event loops, then the reaper (which looks at them), then
 * stop the library. */
#include "intake/inside.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "postern/log.h"

#define EXIT_STORAGE   75
#define DRAIN_MS       6000 /* for answers under way; END_CHILDREN_MS ends it */
#define DRAIN_ERROR_MS 2000
#define TURN_MS	       2

/* --- opening and closing --------------------------------------------------
 */

static int locks_make(struct intake *in, struct err *err)
{
	int rc;

	rc = pthread_mutex_init(&in->visitors_lock, NULL);
	rc = rc != 0 ? rc : pthread_mutex_init(&in->epoch_lock, NULL);
	rc = rc != 0 ? rc : pthread_mutex_init(&in->queue_lock, NULL);
	rc = rc != 0 ? rc : pthread_mutex_init(&in->commit_lock, NULL);
	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no locks", rc);
	return 0;
}

static void fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* nothing was written that counts */
	*fd = -1;
}

static int intake_open(struct intake *in, struct err *err)
{
	in->reaper_fd = eventfd(0, EFD_CLOEXEC);
	in->broken_fd = eventfd(0, EFD_CLOEXEC);
	if (in->reaper_fd < 0 || in->broken_fd < 0)
		return ERR_SET(err, ERR_STORAGE, "no eventfd", errno);
	if (locks_make(in, err) != 0 || replies_make(in, err) != 0 ||
	    doors_open(in, err) != 0 || oneclick_open(in, err) != 0 ||
	    ways_open(in, err) != 0 || handouts_open(in, err) != 0 ||
	    passages_open(in, err) != 0 || segment_start(in, err) != 0)
		return -1;
	disk_look(in);
	return 0;
}

static void intake_close(struct intake *in)
{
	segment_close(in);
	epoch_drop(&in->epoch);
	replies_free(in);
	doors_close(in);
	oneclick_close(in);
	passages_close(in);
	handouts_close(in);
	ways_close(in);
	fd_close(&in->folder_fd);
	fd_close(&in->reaper_fd);
	fd_close(&in->broken_fd);
}

/* --- waiting --------------------------------------------------------------
 */

/* True: the lifeline is cut. */
static bool lifeline_cut(int fd)
{
	char bytes[64];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
}

/* Left pending it would strike when the mask is given back. */
static void signal_take(int signal_fd)
{
	struct signalfd_siginfo info;

	(void)!read(signal_fd, &info, sizeof(info));
}

static void end_wait(const struct intake *in, int signal_fd)
{
	struct pollfd p[3] = {
	    {.fd = in->conf->lifeline_fd, .events = POLLIN},
	    {.fd = signal_fd, .events = POLLIN},
	    {.fd = in->broken_fd, .events = POLLIN},
	};

	for (;;) {
		if (poll(p, 3, -1) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (p[1].revents != 0)
			signal_take(signal_fd);
		if (p[1].revents != 0 || p[2].revents != 0)
			return;
		if (p[0].revents != 0 && lifeline_cut(p[0].fd))
			return;
	}
}

static bool counter_waits(struct intake *in, atomic_uint *counter, int64_t ms)
{
	const struct timespec turn = {.tv_nsec = TURN_MS * 1000000L};
	int64_t end = in->env->boot_ms(in->env) + ms;

	while (atomic_load(counter) != 0) {
		if (in->env->boot_ms(in->env) >= end)
			return false;
		(void)nanosleep(&turn, NULL); /* shorter does no harm */
	}
	return true;
}

/* --- running --------------------------------------------------------------
 */

/* False: something hangs; the process can only end as it is. */
static bool drain(struct intake *in)
{
	bool broken = atomic_load(&in->broken);

	atomic_store(&in->stopping, true);
	loops_quiesce(in);
	if (!counter_waits(in, &in->in_flight,
			   broken ? DRAIN_ERROR_MS : DRAIN_MS))
		reaper_release(in, 0);
	passages_release(in);
	if (!counter_waits(in, &in->waiting, DRAIN_ERROR_MS)) {
		LOG0(LOG_LEVEL_ERROR, "intake.drain_hangs");
		return false;
	}
	return true;
}

static void ready_say(const struct intake *in)
{
	const char ready = 'R';

	/* A supervisor that is gone shows at the lifeline. */
	(void)!write(in->conf->lifeline_fd, &ready, 1);
	LOG(LOG_LEVEL_INFO, "intake.serving",
	    LOG_NUM("channels", in->doors_len));
}

static int threads_run(struct intake *in, int signal_fd, bool *ret_clean,
		       struct err *err)
{
	int rc = -1;

	if (loops_start(in, err) == 0 && passages_start(in, err) == 0 &&
	    reaper_start(in, err) == 0) {
		ready_say(in);
		end_wait(in, signal_fd);
		*ret_clean = drain(in);
		if (!*ret_clean)
			return 0; /* a thread may hang in the disk */
		rc = 0;
	}
	loops_join(in);
	passages_stop(in);
	if (rc == 0)
		reaper_stop(in);
	loops_close(in);
	return rc;
}

static int serve_until_end(struct intake *in, int signal_fd)
{
	struct err err = {0};
	bool clean = true;
	int status = 1;

	if (intake_open(in, &err) != 0 ||
	    threads_run(in, signal_fd, &clean, &err) != 0) {
		LOG(LOG_LEVEL_ERROR, "intake.cannot_start", LOG_ERR(&err));
		status = err.kind == ERR_STORAGE ? EXIT_STORAGE : 1;
	} else {
		status = atomic_load(&in->broken) || !clean ? EXIT_STORAGE : 0;
	}
	if (clean)
		intake_close(in);
	return status;
}

int intake_serve(struct env *env, const struct intake_conf *conf)
{
	struct intake *in = calloc(1, sizeof(*in));
	sigset_t ends, before;
	int signal_fd, status;

	if (in == NULL)
		return 1;
	in->env = env;
	in->conf = conf;
	in->counts = conf->counts != NULL ? conf->counts : &in->own_counts;
	in->segment.fd = -1;
	in->folder_fd = -1;
	in->queue_end = &in->queue;
	(void)sigemptyset(&ends); /* these three cannot fail */
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)signal(SIGPIPE, SIG_IGN); /* writes report it themselves */
	/* Before any thread, so that all inherit it. */
	(void)pthread_sigmask(SIG_BLOCK, &ends, &before);
	signal_fd = signalfd(-1, &ends, SFD_CLOEXEC);
	reserve_take(conf);
	status = signal_fd < 0 ? 1 : serve_until_end(in, signal_fd);
	fd_close(&signal_fd);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (in->folder_fd < 0) /* closed: nobody uses it any more */
		free(in);
	return status;
}
