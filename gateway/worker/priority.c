/* priority.c - how far the worker steps back behind the intake.
 *
 * An acknowledgement is waited for, archiving is not: what waits lies in the
 * spool.  With a nice value alone, who is woken to acknowledge something waits
 * until the worker's slice is over, which is milliseconds where processors are
 * few.  An idle task is put aside at once and works in the gaps that waiting
 * for the disk leaves.  When that is not enough, it takes its share by the nice
 * value again, so that a lasting load does not starve the archive.
 *
 * A thread may become an idle task, but without a privilege it cannot come
 * back.  So there are two, and the work is handed to and fro. */
#include "priority.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

struct relay {
	const struct priority_work *work;
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool idle_runs, ended; /* under the lock */
};

/* Turns until somebody else should go on; true: that was the last. */
static bool leg_run(struct relay *r, bool idle)
{
	const struct priority_work *w = r->work;
	int64_t lag_ms = 0;

	while (w->turn(w->ctx, &lag_ms))
		if (idle ? lag_ms >= PRIORITY_LATE_MS
			 : lag_ms < PRIORITY_CAUGHT_MS)
			return false;
	return true;
}

static void *idle_main(void *arg)
{
	const struct sched_param none = {0};
	struct relay *r = arg;
	bool idle = sched_setscheduler(0, SCHED_IDLE, &none) == 0;
	bool last;

	(void)pthread_setname_np(pthread_self(), "worker-idle");
	pthread_mutex_lock(&r->lock);
	while (!r->ended) {
		if (!r->idle_runs) {
			pthread_cond_wait(&r->moved, &r->lock);
			continue;
		}
		pthread_mutex_unlock(&r->lock);
		/* Refused: as good as the caller's, so it need not end. */
		do
			last = leg_run(r, true);
		while (!last && !idle);
		pthread_mutex_lock(&r->lock);
		r->ended = last;
		r->idle_runs = false;
		pthread_cond_signal(&r->moved);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Lets the idle thread work; true: until the last turn. */
static bool idle_goes_on(struct relay *r)
{
	bool ended;

	pthread_mutex_lock(&r->lock);
	r->idle_runs = true;
	pthread_cond_signal(&r->moved);
	while (r->idle_runs)
		pthread_cond_wait(&r->moved, &r->lock);
	ended = r->ended;
	pthread_mutex_unlock(&r->lock);
	return ended;
}

static void relay_end(struct relay *r)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_signal(&r->moved);
	pthread_mutex_unlock(&r->lock);
}

void priority_run(const struct priority_work *work)
{
	struct relay r = {
	    .work = work,
	    .lock = PTHREAD_MUTEX_INITIALIZER,
	    .moved = PTHREAD_COND_INITIALIZER,
	};
	pthread_t idle;

	if (pthread_create(&idle, NULL, idle_main, &r) != 0) {
		while (!leg_run(&r, false))
			; /* alone, as there is no other */
		return;
	}
	while (!idle_goes_on(&r))
		if (leg_run(&r, false)) {
			relay_end(&r);
			break;
		}
	(void)pthread_join(idle, NULL); /* it was created */
}
