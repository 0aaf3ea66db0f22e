/* loop.c - the threads that drive the HTTP library and commit what it took.
 *
 * The library could run a thread of its own, but 0.9.75 and 1.0 wait a second
 * time, without a limit, when exactly 128 events came at once: with 128 busy
 * connections everything then stands still until something else happens
 * (measured: seconds).  Driven from here the library never waits at all.
 *
 * A turn takes all that has come, then commits it; the answers leave in the
 * next turn.  While the thread is at the disk nothing else happens here, and
 * on a disk as it should be that is the shortest way.  Where the disk hangs,
 * the standby drives the library meanwhile: it takes and refuses requests and
 * answers those that the reaper took back. */
#include "intake/inside.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define FINISH_TURNS	1000
#define IDLE_MS		1000 /* how often an idle loop looks at its epoch */
#define AWAY_MS		100  /* at the disk; the reaper looks every 200 ms */
#define STANDBY_TURN_MS 10
#define GATHER_MS	1 /* at least, if turns find something */
#define GATHER_MOST_MS	10

static void loop_wake(const struct loop *l)
{
	const uint64_t one = 1;

	(void)!write(l->wake_fd, &one, sizeof(one)); /* full: awake already */
}

void loops_wake(struct intake *in, uint64_t set)
{
	/* There may be no loops (any more), but then nobody waits. */
	for (size_t i = 0; i < in->loops_len && set != 0; i++)
		if ((set >> i & 1) != 0)
			loop_wake(&in->loops[i]);
}

/* --- driving --------------------------------------------------------------
 */

/* What the library wants to wait, at most IDLE_MS. */
static int wait_ms(struct MHD_Daemon *daemon)
{
	MHD_UNSIGNED_LONG_LONG ms;

	return MHD_get_timeout(daemon, &ms) == MHD_YES && ms < IDLE_MS
		   ? (int)ms
		   : IDLE_MS;
}

/* False: nothing happened for so long. */
static bool loop_wait(const struct loop *l, int ms)
{
	const union MHD_DaemonInfo *info =
	    MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct pollfd p[2] = {
	    {.fd = l->wake_fd, .events = POLLIN},
	    {.fd = info != NULL ? info->epoll_fd : -1, .events = POLLIN},
	};
	uint64_t count;
	int rc;

	/* Somebody to answer already: the library looks by itself at what
	 * else there is; a wake-up stays until then. */
	if (ms == 0)
		return true;
	rc = poll(p, 2, ms);
	if (rc < 0 && errno != EINTR)
		(void)usleep(1000); /* out of memory, perhaps */
	/* Emptied before the library looks: whoever is to be answered later
	 * wakes again. */
	if (rc > 0 && p[0].revents != 0)
		(void)!read(l->wake_fd, &count, sizeof(count));
	return rc != 0;
}

static void loop_turn(struct loop *l)
{
	if (atomic_load(&l->in->stopping) && !l->quiet &&
	    l->in->conf->listen_fd >= 0) {
		(void)MHD_quiesce_daemon(l->daemon); /* fd is not ours */
		l->quiet = true;
	}
	l->answered = false;
	passages_resume(l);
	(void)MHD_run(l->daemon); /* only fails when stopped */
	/* That gave the library the answers, this sends them. */
	if (l->answered)
		(void)MHD_run(l->daemon);
}

/* --- at the disk, and the standby -----------------------------------------
 */

static void disk_go(struct loop *l)
{
	pthread_mutex_lock(&l->drive_lock);
	l->away = true;
	l->away_since = l->in->env->boot_ms(l->in->env);
	pthread_mutex_unlock(&l->drive_lock);
}

static void disk_leave(struct loop *l)
{
	int64_t now = l->in->env->boot_ms(l->in->env);

	pthread_mutex_lock(&l->drive_lock);
	l->sync_ms = now - l->away_since;
	l->away = false;
	l->late = false;
	while (l->taken) {
		atomic_store(&l->wanted, true);
		loop_wake(l);
		(void)pthread_cond_wait(&l->drive_moved, &l->drive_lock);
	}
	atomic_store(&l->wanted, false);
	pthread_mutex_unlock(&l->drive_lock);
}

/* What the loop handed over is committed or refused then, but for what its
 * standby took meanwhile. */
static void loop_commit(struct loop *l, bool idle)
{
	bool handed = l->handed > 0;

	if (!handed && !idle)
		return;
	l->handed = 0;
	disk_go(l);
	if (handed)
		writer_commit(l->in, l);
	else
		writer_look(l->in);
	disk_leave(l);
}

void loops_look(struct intake *in, int64_t now_ms)
{
	for (size_t i = 0; i < in->loops_len; i++) {
		struct loop *l = &in->loops[i];

		pthread_mutex_lock(&l->drive_lock);
		if (l->away && now_ms - l->away_since >= AWAY_MS && !l->taken) {
			l->late = true;
			(void)pthread_cond_broadcast(&l->drive_moved);
		}
		pthread_mutex_unlock(&l->drive_lock);
	}
}

/* Requests that wait keep the library from ever resting: turns are taken at
 * intervals here. */
static void standby_drive(struct loop *l)
{
	while (!atomic_load(&l->wanted) && !atomic_load(&l->in->loops_end)) {
		int ms = wait_ms(l->daemon);

		(void)loop_wait(l, ms > 0 ? ms : STANDBY_TURN_MS);
		loop_turn(l);
	}
}

static void *standby_run(void *arg)
{
	struct loop *l = arg;

	(void)pthread_setname_np(pthread_self(), "intake-standby");
	pthread_mutex_lock(&l->drive_lock);
	while (!atomic_load(&l->in->loops_end)) {
		if (!l->away || !l->late) {
			(void)pthread_cond_wait(&l->drive_moved,
						&l->drive_lock);
			continue;
		}
		l->taken = true;
		pthread_mutex_unlock(&l->drive_lock);
		standby_drive(l);
		pthread_mutex_lock(&l->drive_lock);
		l->taken = false;
		(void)pthread_cond_broadcast(&l->drive_moved);
	}
	pthread_mutex_unlock(&l->drive_lock);
	return NULL;
}

/* Whether another turn comes before the sync: this one found something, and
 * who has just been answered may be asking again.  Else two groups take turns
 * at the disk, each with half of those who wait.  Nobody sleeps for it, and it
 * goes on no longer than a sync takes. */
static bool loop_gathers(const struct loop *l, size_t before)
{
	int64_t most = l->sync_ms;

	if (most < GATHER_MS)
		most = GATHER_MS;
	if (most > GATHER_MOST_MS)
		most = GATHER_MOST_MS;
	return l->handed > before &&
	       l->in->env->boot_ms(l->in->env) - l->handed_since < most;
}

static void *loop_run(void *arg)
{
	struct loop *l = arg;

	(void)pthread_setname_np(pthread_self(), "intake-loop");
	while (!atomic_load(&l->in->loops_end)) {
		bool idle = !loop_wait(l, wait_ms(l->daemon));
		size_t before = l->handed;

		loop_turn(l);
		if (!loop_gathers(l, before))
			loop_commit(l, idle);
	}
	return NULL;
}

/* --- starting and ending --------------------------------------------------
 */

static int loop_prepare(struct loop *l, struct err *err)
{
	int rc = pthread_mutex_init(&l->drive_lock, NULL);

	rc = rc != 0 ? rc : pthread_cond_init(&l->drive_moved, NULL);
	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no locks", rc);
	return 0;
}

static int loop_start(struct loop *l, struct err *err)
{
	int rc;

	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0)
		return ERR_SET(err, ERR_STORAGE, "no eventfd", errno);
	if (listener_open(l, err) != 0)
		return -1;
	rc = pthread_create(&l->standby, NULL, standby_run, l);
	l->stands_by = rc == 0;
	rc = rc != 0 ? rc : pthread_create(&l->thread, NULL, loop_run, l);
	if (rc != 0)
		return ERR_SET(err, ERR_NOMEM, "no event loop thread", rc);
	l->runs = true;
	return 0;
}

int loops_start(struct intake *in, struct err *err)
{
	int64_t threads = in->conf->settings->limits.intake_threads;
	size_t len = threads < 1 ? 1 : (size_t)threads;

	if (len > LOOPS_MAX)
		len = LOOPS_MAX;
	in->loops = calloc(len, sizeof(*in->loops));
	if (in->loops == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for loops", 0);
	for (size_t i = 0; i < len; i++) {
		in->loops[i].in = in;
		in->loops[i].number = (unsigned int)i;
		in->loops[i].wake_fd = -1;
		if (loop_prepare(&in->loops[i], err) != 0)
			return -1;
	}
	in->loops_len = len;
	in->in_place = listener_in_place(); /* before anybody reads it */
	for (size_t i = 0; i < len; i++)
		if (loop_start(&in->loops[i], err) != 0)
			return -1;
	return 0;
}

void loops_quiesce(struct intake *in)
{
	loops_wake(in, UINT64_MAX);
}

static void loop_join(struct loop *l)
{
	pthread_mutex_lock(&l->drive_lock);
	(void)pthread_cond_broadcast(&l->drive_moved);
	pthread_mutex_unlock(&l->drive_lock);
	if (l->runs)
		(void)pthread_join(l->thread, NULL);
	if (l->stands_by)
		(void)pthread_join(l->standby, NULL);
	l->runs = l->stands_by = false;
}

void loops_join(struct intake *in)
{
	atomic_store(&in->loops_end, true);
	loops_wake(in, UINT64_MAX);
	for (size_t i = 0; i < in->loops_len; i++)
		loop_join(&in->loops[i]);
}

/* A request handed over while the counters were read for the last time is
 * committed and answered here. */
static void loop_finish(struct loop *l)
{
	const struct timespec turn = {.tv_nsec = 1000000};

	for (int i = 0; i < FINISH_TURNS && l->daemon != NULL; i++) {
		loop_turn(l);
		if (atomic_load(&l->in->waiting) == 0)
			break;
		loop_commit(l, false);
		(void)nanosleep(&turn, NULL); /* shorter does no harm */
	}
}

void loops_close(struct intake *in)
{
	for (size_t i = 0; i < in->loops_len; i++)
		loop_finish(&in->loops[i]);
	for (size_t i = 0; i < in->loops_len; i++) {
		listener_close(&in->loops[i]);
		if (in->loops[i].wake_fd >= 0)
			(void)close(in->loops[i].wake_fd); /* an eventfd */
	}
	in->loops_len = 0;
	free(in->loops);
	in->loops = NULL;
}
