/* test_schedule.c - retry schedule, breaker and the window of waiting rows:
 * the parts of delivery that are pure.
 *
 * Proves: assurance section 6 "Outgoing webhooks" (schedule), T40. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <cmocka.h>

#include "worker/breaker.h"
#include "worker/deliver_queue.h"
#include "worker/schedule.h"

/* --- schedule -------------------------------------------------------------
 */

static void the_schedule_is_the_documented_one(void **state)
{
	static const int64_t seconds[] = {
	    0, 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400, 86400};

	(void)state;
	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++)
		assert_true(schedule_cap_ms((int64_t)i) == seconds[i] * 1000);
	assert_true(schedule_cap_ms(-1) == 0);
	assert_true(schedule_cap_ms(INT64_MAX) == SCHEDULE_WAIT_MAX_MS);
}

static void waits_are_jittered_bounded_and_honour_the_wish(void **state)
{
	uint64_t bits = 88172645463325252u; /* xorshift seed */
	int64_t low = INT64_MAX, high = 0, wait_ms;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		for (int64_t n = 0; n < 12; n++) {
			wait_ms = schedule_wait_ms(n, -1, bits);
			assert_true(wait_ms >= 0);
			assert_true(wait_ms <= schedule_cap_ms(n));
		}
		wait_ms = schedule_wait_ms(2, -1, bits);
		low = wait_ms < low ? wait_ms : low;
		high = wait_ms > high ? wait_ms : high;
		assert_true(schedule_wait_ms(1, 60000, bits) == 60000);
		assert_true(schedule_wait_ms(1, INT64_MAX, bits) ==
			    SCHEDULE_WAIT_MAX_MS);
	}
	/* full jitter: the whole range is used */
	assert_true(low < 3000);
	assert_true(high > 297000);
}

/* --- breaker --------------------------------------------------------------
 */

static void five_failures_in_a_row_open_the_breaker(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, 16);
	for (int i = 0; i < 4; i++)
		breaker_failed(&b, 1000, 0);
	assert_true(breaker_room(&b, 0, 1000) > 0);
	breaker_taken(&b);
	for (int i = 0; i < 4; i++)
		breaker_failed(&b, 1000, 0);
	assert_true(breaker_room(&b, 0, 1000) > 0);
	breaker_failed(&b, 1000, 0);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(breaker_room(&b, 0, 1000), 0);
	assert_int_equal(breaker_room(&b, 0, 1499), 0);
	assert_int_equal(breaker_room(&b, 0, 2000), 1);
	assert_int_equal(breaker_room(&b, 1, 2000), 0);
}

static void a_dead_destination_costs_one_probe_a_minute(void **state)
{
	struct breaker b;
	int64_t now_ms = 0;
	int probes = 0;

	(void)state;
	breaker_init(&b, 64);
	for (int i = 0; i < 5; i++)
		breaker_failed(&b, now_ms, UINT64_MAX);
	for (; now_ms < 3600 * 1000; now_ms += 100) {
		if (breaker_room(&b, 0, now_ms) == 0)
			continue;
		assert_int_equal(breaker_room(&b, 0, now_ms), 1);
		(void)breaker_start(&b, false);
		assert_int_equal(breaker_room(&b, 0, now_ms), 0);
		assert_int_equal(breaker_room(&b, 1, now_ms), 0);
		breaker_failed(&b, now_ms, UINT64_MAX - (uint64_t)now_ms);
		probes++;
	}
	assert_in_range(probes, 50, 130);
	/* alive again: careful at first, then all of it */
	(void)breaker_start(&b, false);
	breaker_taken(&b);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_int_equal(breaker_room(&b, 0, now_ms), 2);
	for (int i = 0; i < 100; i++)
		breaker_taken(&b);
	assert_int_equal(breaker_room(&b, 0, now_ms), 64);
	assert_int_equal(breaker_room(&b, 60, now_ms), 4);
}

static void slow_halves_the_window_once_per_round(void **state)
{
	struct breaker b;
	uint64_t last = 0;

	(void)state;
	breaker_init(&b, 64);
	for (int i = 0; i < 60; i++)
		breaker_taken(&b);
	assert_int_equal(b.window, 64);
	for (int i = 0; i < 4; i++)
		last = breaker_start(&b, false);
	for (uint64_t i = 0; i < 4; i++)
		breaker_slow(&b, last - i, 1000, -1, 0);
	assert_int_equal(b.window, 32);
	breaker_taken(&b);
	last = breaker_start(&b, false);
	breaker_slow(&b, last, 1000, -1, 0);
	assert_int_equal(b.window, 16);
	/* Retry-After rests the destination, at most a minute */
	breaker_taken(&b);
	last = breaker_start(&b, false);
	breaker_slow(&b, last, 1000, 5000, 0);
	assert_int_equal(breaker_room(&b, 0, 5999), 0);
	assert_true(breaker_room(&b, 0, 6000) > 0);
	breaker_slow(&b, last, 6000, INT64_MAX, 0);
	assert_int_equal(breaker_room(&b, 0, 65999), 0);
	assert_true(breaker_room(&b, 0, 66000) > 0);
}

static void nobody_there_opens_the_breaker_at_once(void **state)
{
	struct breaker b;

	(void)state;
	breaker_init(&b, 16);
	breaker_unreachable(&b, 1000, 0);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_true(b.until_ms == 1500);
	/* calls of the same moment say nothing new */
	for (int i = 0; i < 7; i++)
		breaker_unreachable(&b, 1000, UINT64_MAX);
	assert_true(b.until_ms == 1500);
	(void)breaker_start(&b, false);
	breaker_unreachable(&b, 1500, 0);
	assert_int_equal(breaker_room(&b, 0, 2499), 0);
	assert_int_equal(breaker_room(&b, 0, 2500), 1);
	(void)breaker_start(&b, false);
	breaker_taken(&b);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_true(breaker_room(&b, 0, 2500) > 0);
}

static void probes_before_their_time_delay_no_row_in_time(void **state)
{
	struct breaker b;
	int64_t now_ms = 1000, due_ms = 0;

	(void)state;
	breaker_init(&b, 16);
	assert_false(breaker_room_early(&b, 0, now_ms));
	assert_true(breaker_early_due_ms(&b, 0) == INT64_MAX);
	breaker_unreachable(&b, now_ms, 0);
	for (int i = 0; i < 10; i++) {
		due_ms = breaker_early_due_ms(&b, 0);
		assert_false(breaker_room_early(&b, 0, due_ms - 1));
		assert_true(breaker_room_early(&b, 0, due_ms));
		assert_false(breaker_room_early(&b, 1, due_ms));
		now_ms = due_ms;
		(void)breaker_start(&b, true);
		assert_true(breaker_early_due_ms(&b, 0) == INT64_MAX);
		breaker_failed(&b, now_ms, 0);
		assert_int_equal(breaker_room(&b, 0, now_ms), 1);
	}
	assert_true(breaker_early_due_ms(&b, 0) ==
		    now_ms + BREAKER_BACK_OFF_MAX / 2);
	/* a row in time that fails holds back both */
	(void)breaker_start(&b, false);
	breaker_failed(&b, now_ms, 0);
	assert_int_equal(breaker_room(&b, 0, now_ms), 0);
	breaker_taken(&b);
	assert_false(breaker_room_early(&b, 0, INT64_MAX - 1));
}

/* --- window ---------------------------------------------------------------
 */

static void add(struct queue *q, int64_t id, int64_t conversation,
		int64_t due_ms)
{
	struct queue_row row = {
	    .id = id, .conversation = conversation, .due_ms = due_ms};

	assert_int_equal(queue_add(q, &row, 1000, NULL), 0);
}

static struct queue_row *pop(struct queue *q, int64_t id)
{
	struct queue_row *row = queue_pop(q);

	assert_non_null(row);
	assert_true(row->id == id);
	return row;
}

static void a_conversation_goes_one_by_one_others_go_on(void **state)
{
	struct queue *q = NULL;
	struct queue_row *one, *two;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	add(q, 1, 100, 0);
	add(q, 2, 100, 0);
	add(q, 3, 200, 0);
	add(q, 3, 200, 0); /* again: ignored */
	add(q, 4, 100, 0);
	assert_int_equal(queue_rows(q), 4);
	one = pop(q, 1);
	two = pop(q, 3);
	assert_null(queue_pop(q));
	/* the first of 100 must rest: 2 and 4 wait behind it */
	queue_rest(q, one, 5000);
	queue_done(q, two, 1000);
	add(q, 5, 200, 0);
	queue_done(q, pop(q, 5), 1000);
	assert_null(queue_pop(q));
	assert_true(queue_due_ms(q) == 5000);
	queue_mature(q, 4999);
	assert_null(queue_pop(q));
	queue_mature(q, 5000);
	queue_done(q, pop(q, 1), 5000);
	one = pop(q, 2);
	/* its attachment is missing: 4 waits too */
	queue_block(q, one);
	assert_null(queue_pop(q));
	queue_unblock(q);
	queue_done(q, pop(q, 2), 5000);
	queue_done(q, pop(q, 4), 5000);
	assert_int_equal(queue_rows(q), 0);
	queue_free(&q);
}

static void resting_rows_come_back_by_time(void **state)
{
	struct queue *q = NULL;
	int64_t last_ms = 0;
	uint64_t bits = 4711;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	for (int64_t i = 1; i <= 2000; i++) {
		bits = bits * 6364136223846793005u + 1442695040888963407u;
		add(q, i, i, 2000 + (int64_t)(bits >> 40 & 0xffff));
	}
	assert_true(queue_hurry(q, 77, 77));
	assert_false(queue_hurry(q, 77, 77));
	queue_done(q, pop(q, 77), 1000);
	for (int i = 0; i < 1999; i++) {
		int64_t due_ms = queue_due_ms(q);
		struct queue_row *row;

		assert_true(due_ms >= last_ms);
		last_ms = due_ms;
		queue_mature(q, due_ms);
		row = queue_pop(q);
		assert_non_null(row);
		assert_true(row->due_ms == due_ms);
		queue_done(q, row, due_ms);
		while ((row = queue_pop(q)) != NULL) {
			queue_done(q, row, due_ms);
			i++;
		}
	}
	assert_true(queue_due_ms(q) == INT64_MAX);
	assert_int_equal(queue_rows(q), 0);
	queue_free(&q);
}

/* Pops what is ready and lets it rest again until due_ms. */
static size_t rest_all(struct queue *q, int64_t due_ms, bool again)
{
	struct queue_row *rows[16];
	size_t len = 0;

	while (len < 16 && (rows[len] = queue_pop(q)) != NULL)
		len++;
	for (size_t i = 0; i < len; i++)
		if (again)
			queue_rest_again(q, rows[i]);
		else
			queue_rest(q, rows[i], due_ms);
	return len;
}

static void all_at_rest_are_hurried_once_but_not_the_named(void **state)
{
	struct queue *q = NULL;
	struct queue_row *row;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	for (int64_t i = 1; i <= 9; i++)
		add(q, i, i, 2000 + i);
	add(q, 10, 10, 0);
	row = pop(q, 10);
	row->named = true;
	queue_rest(q, row, 9000);
	queue_hurry_all(q);
	assert_int_equal(queue_ready(q), 9);
	assert_true(queue_due_ms(q) == 9000);
	assert_false(queue_has_early(q));
	assert_null(queue_pop_early(q));
	/* failed before their time: their time stays, and no second hurry */
	assert_int_equal(rest_all(q, 0, true), 9);
	assert_true(queue_due_ms(q) == 2001);
	queue_hurry_all(q);
	assert_int_equal(queue_ready(q), 0);
	queue_mature(q, 2009);
	assert_int_equal(rest_all(q, 7000, false), 9);
	queue_hurry_all(q);
	assert_int_equal(queue_ready(q), 9);
	while ((row = queue_pop(q)) != NULL)
		queue_done(q, row, 2009);
	queue_mature(q, 9000);
	queue_done(q, pop(q, 10), 9000);
	assert_int_equal(queue_rows(q), 0);
	queue_free(&q);
}

static void probes_take_turns_the_earliest_first(void **state)
{
	static const int64_t order[] = {2, 3, 1, 2, 3, 1, 2};
	struct queue *q = NULL;
	struct queue_row *row;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	add(q, 1, 1, 4000);
	add(q, 2, 2, 2000);
	add(q, 3, 3, 3000);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		row = queue_pop_early(q);
		assert_non_null(row);
		assert_true(row->id == order[i]);
		queue_rest_again(q, row);
		assert_true(queue_due_ms(q) == 2000);
	}
	queue_free(&q);
}

static void a_long_conversation_takes_little_room_and_loses_no_row(void **state)
{
	struct queue *q = NULL;
	struct queue_row *row;
	int64_t next = 1, conversation, after, loaded = 0;
	const int64_t all = 1000;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	for (int64_t id = 1; id <= all; id++)
		add(q, id, 9, 0);
	add(q, all + 1, 8, 0);
	assert_int_equal(queue_rows(q), QUEUE_LANE_MAX + 1);
	while (next <= all) {
		row = queue_pop(q);
		if (row != NULL) {
			if (row->id <= all)
				assert_true(row->id == next++);
			queue_done(q, row, 1000);
			continue;
		}
		assert_true(queue_hungry(q, &conversation, &after));
		assert_true(conversation == 9);
		assert_true(after == next - 1);
		for (loaded = 0;
		     loaded < QUEUE_LANE_MAX && after + 1 + loaded <= all;
		     loaded++)
			add(q, after + 1 + loaded, 9, 0);
		queue_fed(q, 9, loaded < QUEUE_LANE_MAX);
		assert_false(queue_hungry(q, &conversation, &after));
		/* a younger one must not slip in before the rest */
		if (loaded == QUEUE_LANE_MAX)
			add(q, all + 2, 9, 0);
	}
	if (queue_hungry(q, &conversation, &after))
		queue_fed(q, 9, true);
	assert_false(queue_hungry(q, &conversation, &after));
	add(q, all + 3, 9, 0);
	queue_done(q, pop(q, all + 3), 1000);
	assert_int_equal(queue_rows(q), 0);
	queue_free(&q);
}

static void a_row_that_was_set_aside_comes_back_in_its_place(void **state)
{
	struct queue *q = NULL;
	struct queue_row *row;

	(void)state;
	assert_int_equal(queue_new(&q, NULL), 0);
	add(q, 10, 1, 0);
	add(q, 20, 1, 0);
	row = pop(q, 10);
	add(q, 5, 1, 0); /* older than the one under way: next */
	queue_done(q, row, 1000);
	queue_done(q, pop(q, 5), 1000);
	queue_back(q, pop(q, 20));
	queue_done(q, pop(q, 20), 1000);
	assert_int_equal(queue_rows(q), 0);
	queue_free(&q);
	queue_free(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_schedule_is_the_documented_one),
	    cmocka_unit_test(waits_are_jittered_bounded_and_honour_the_wish),
	    cmocka_unit_test(five_failures_in_a_row_open_the_breaker),
	    cmocka_unit_test(a_dead_destination_costs_one_probe_a_minute),
	    cmocka_unit_test(slow_halves_the_window_once_per_round),
	    cmocka_unit_test(nobody_there_opens_the_breaker_at_once),
	    cmocka_unit_test(probes_before_their_time_delay_no_row_in_time),
	    cmocka_unit_test(a_conversation_goes_one_by_one_others_go_on),
	    cmocka_unit_test(resting_rows_come_back_by_time),
	    cmocka_unit_test(all_at_rest_are_hurried_once_but_not_the_named),
	    cmocka_unit_test(probes_take_turns_the_earliest_first),
	    cmocka_unit_test(
		a_long_conversation_takes_little_room_and_loses_no_row),
	    cmocka_unit_test(a_row_that_was_set_aside_comes_back_in_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
