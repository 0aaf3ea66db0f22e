/* test_priority.c - the worker steps back, and comes back when it is behind. */
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/priority.h"

#define LATE   PRIORITY_LATE_MS
#define CAUGHT PRIORITY_CAUGHT_MS

/* A turn as the case has it: the lag it finds, and as what kind of task it
 * must have run. */
struct step {
	int64_t lag_ms;
	int policy;
};

struct play {
	const struct step *steps;
	size_t len, at, wrong;
};

static bool turn(void *ctx, int64_t *ret_lag_ms)
{
	struct play *p = ctx;
	const struct step *s = &p->steps[p->at++];

	p->wrong += sched_getscheduler(0) != s->policy;
	*ret_lag_ms = s->lag_ms;
	return p->at < p->len;
}

static void play(const struct step *steps, size_t len)
{
	struct play p = {.steps = steps, .len = len};
	const struct priority_work work = {.turn = turn, .ctx = &p};

	priority_run(&work);
	assert_int_equal(p.at, len);
	assert_int_equal(p.wrong, 0);
	assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
}
#define PLAY(steps) play(steps, sizeof(steps) / sizeof((steps)[0]))

static void who_keeps_up_is_an_idle_task(void **state)
{
	static const struct step steps[] = {
	    {0, SCHED_IDLE},	    {CAUGHT, SCHED_IDLE},
	    {LATE - 1, SCHED_IDLE}, {-LATE, SCHED_IDLE}, /* the clock was set */
	    {LATE - 1, SCHED_IDLE},
	};

	(void)state;
	PLAY(steps);
}

static void who_is_behind_is_none_until_it_has_caught_up(void **state)
{
	static const struct step steps[] = {
	    {LATE, SCHED_IDLE},	       {9 * LATE, SCHED_OTHER},
	    {LATE - 1, SCHED_OTHER},   {CAUGHT, SCHED_OTHER},
	    {CAUGHT - 1, SCHED_OTHER}, {CAUGHT, SCHED_IDLE},
	    {LATE, SCHED_IDLE},	       {LATE, SCHED_OTHER},
	};

	(void)state;
	PLAY(steps);
}

static void any_turn_may_be_the_last(void **state)
{
	static const struct step idle[] = {{0, SCHED_IDLE}};
	static const struct step late[] = {{LATE, SCHED_IDLE}};

	(void)state;
	PLAY(idle);
	PLAY(late);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_keeps_up_is_an_idle_task),
	    cmocka_unit_test(who_is_behind_is_none_until_it_has_caught_up),
	    cmocka_unit_test(any_turn_may_be_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
