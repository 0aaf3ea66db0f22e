/* test_deliver_queue.c - the window over the outbox: lanes, rests, probes, and
 * lanes that are longer than the window is wide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "worker/deliver_queue.h"

static struct queue *q;

static int make(void **state)
{
	(void)state;
	return queue_new(&q, NULL);
}

static int unmake(void **state)
{
	(void)state;
	queue_free(&q);
	assert_null(q);
	queue_free(&q);
	return 0;
}

static void add_due(int64_t id, int64_t conversation, int64_t due_ms)
{
	struct queue_row row = {
	    .id = id, .conversation = conversation, .due_ms = due_ms};

	assert_int_equal(queue_add(q, &row, 100, NULL), 0);
}

static void add(int64_t id, int64_t conversation)
{
	add_due(id, conversation, 0);
}

/* The next ready row is this one. */
static struct queue_row *pop(int64_t id)
{
	struct queue_row *row = queue_pop(q);

	assert_non_null(row);
	assert_true(row->id == id);
	return row;
}

static void done(int64_t id)
{
	queue_done(q, pop(id), 100);
}

static void a_row_counts_once_and_lanes_keep_their_order(void **state)
{
	(void)state;
	add(10, 1);
	add(30, 1);
	add(30, 1); /* there already */
	add(20, 1); /* committed late */
	add(40, 1);
	add(5, 1); /* before the first, which may be under way */
	add(11, 2);
	assert_int_equal(queue_rows(q), 6);
	assert_int_equal(queue_ready(q), 2);
	done(10);
	done(11);
	done(5);
	done(20);
	done(30);
	done(40);
	assert_null(queue_pop(q));
	assert_int_equal(queue_rows(q), 0);
}

static void what_could_not_start_comes_first_again(void **state)
{
	struct queue_row *a, *b;

	(void)state;
	add(1, 1);
	add(2, 2);
	add(3, 3);
	a = pop(1);
	b = pop(2);
	queue_back(q, b);
	queue_back(q, a);
	done(1);
	done(2);
	done(3);
}

static void rows_rest_until_their_time(void **state)
{
	(void)state;
	add_due(1, 1, 300);
	add_due(2, 2, 200);
	add_due(3, 3, 400);
	add_due(4, 4, 250);
	add(5, 1); /* waits behind 1 */
	assert_null(queue_pop(q));
	assert_true(queue_due_ms(q) == 200);
	queue_mature(q, 299);
	done(2);
	done(4);
	assert_null(queue_pop(q));
	queue_mature(q, 300);
	queue_rest(q, pop(1), 350);
	queue_mature(q, 500);
	done(1);
	done(3);
	/* Its own time comes when it leads. */
	add_due(6, 5, 0);
	add_due(7, 5, 900);
	done(5);
	done(6);
	assert_null(queue_pop(q));
	assert_true(queue_due_ms(q) == 900);
	queue_mature(q, 900);
	done(7);
	assert_true(queue_due_ms(q) == INT64_MAX);
}

static void the_operator_hurries_one_row_at_rest(void **state)
{
	(void)state;
	add_due(1, 1, 900);
	add(2, 2);
	add(3, 3);
	assert_false(queue_hurry(q, 9, 1));
	assert_false(queue_hurry(q, 1, 2));
	assert_false(queue_hurry(q, 2, 2)); /* ready as it is */
	assert_true(queue_hurry(q, 1, 1));
	assert_false(queue_hurry(q, 1, 1));
	done(1); /* first of all */
	done(2);
	done(3);
}

static void all_are_hurried_once_but_for_those_with_a_named_time(void **state)
{
	struct queue_row *row;

	(void)state;
	for (int64_t i = 1; i <= 3; i++) {
		add(i, i);
		row = pop(i);
		row->named = i == 2;
		queue_rest(q, row, 1000 + i);
	}
	queue_hurry_all(q);
	assert_int_equal(queue_ready(q), 2);
	row = pop(1);
	queue_rest_again(q, row);
	queue_hurry_all(q);
	assert_int_equal(queue_ready(q), 1);
	done(3);
	assert_true(queue_due_ms(q) == 1001);
	assert_true(queue_has_early(q));
}

static void a_probe_takes_the_least_probed_row(void **state)
{
	struct queue_row *row;

	(void)state;
	assert_null(queue_pop_early(q));
	for (int64_t i = 1; i <= 4; i++) {
		add(i, i);
		row = pop(i);
		row->named = i == 1;
		queue_rest(q, row, 2000 - i);
	}
	for (int64_t i = 4; i > 1; i--) {
		row = queue_pop_early(q);
		assert_true(row->id == i);
		queue_rest_again(q, row);
	}
	row = queue_pop_early(q);
	assert_true(row->id == 4);
	queue_done(q, row, 100);
	queue_done(q, queue_pop_early(q), 100);
	queue_done(q, queue_pop_early(q), 100);
	assert_false(queue_has_early(q)); /* the named one only */
	assert_null(queue_pop_early(q));
}

static void rows_wait_for_their_attachment(void **state)
{
	(void)state;
	for (int64_t i = 1; i <= 3; i++) {
		add(i, i);
		queue_block(q, pop(i));
	}
	assert_int_equal(queue_blocked(q), 3);
	assert_null(queue_pop(q));
	queue_unblock(q);
	assert_int_equal(queue_blocked(q), 0);
	done(1);
	done(2);
	done(3);
}

/* --- more than fits ------------------------------------------------------- */

/* Empties the first width rows of a lane; hungry when it asks for more. */
static void drain(int64_t first, int64_t width)
{
	for (int64_t i = 0; i < width; i++)
		done(first + i);
}

static void a_long_lane_is_fed_again_where_it_stopped(void **state)
{
	int64_t conversation = 0, after = 0;

	(void)state;
	for (int64_t i = 1; i <= QUEUE_LANE_MAX + 5; i++)
		add(i, 7);
	assert_int_equal(queue_rows(q), QUEUE_LANE_MAX);
	assert_false(queue_hungry(q, &conversation, &after));
	done(1);
	add(QUEUE_LANE_MAX + 6, 7); /* younger than what was left out */
	assert_int_equal(queue_rows(q), QUEUE_LANE_MAX - 1);
	drain(2, QUEUE_LANE_MAX - 1);
	assert_true(queue_hungry(q, &conversation, &after));
	assert_true(conversation == 7 && after == QUEUE_LANE_MAX);
	for (int64_t i = 1; i <= 6; i++)
		add(QUEUE_LANE_MAX + i, 7);
	queue_fed(q, 7, true);
	assert_false(queue_hungry(q, &conversation, &after));
	drain(QUEUE_LANE_MAX + 1, 6);
	assert_int_equal(queue_rows(q), 0);
	assert_false(queue_hungry(q, &conversation, &after));
}

static void a_lane_fed_in_part_stays_a_long_one(void **state)
{
	int64_t conversation = 0, after = 0;

	(void)state;
	for (int64_t i = 1; i <= QUEUE_LANE_MAX + 1; i++)
		add(i, 7);
	drain(1, QUEUE_LANE_MAX);
	add(50, 7);
	queue_fed(q, 7, false);
	assert_false(queue_hungry(q, &conversation, &after));
	done(50);
	assert_true(queue_hungry(q, &conversation, &after));
	assert_true(after == 50);
	/* Nothing there after all. */
	queue_fed(q, 7, false);
	assert_true(queue_hungry(q, &conversation, &after));
	queue_fed(q, 7, true);
	assert_false(queue_hungry(q, &conversation, &after));
	queue_fed(q, 7, true); /* no such lane */
}

static void several_hungry_lanes_are_told_one_by_one(void **state)
{
	int64_t conversation = 0, after = 0;

	(void)state;
	for (int64_t c = 1; c <= 3; c++) {
		for (int64_t i = 1; i <= QUEUE_LANE_MAX + 1; i++)
			add(c * 1000 + i, c);
		drain(c * 1000 + 1, QUEUE_LANE_MAX);
	}
	queue_fed(q, 2, true); /* from the middle */
	queue_fed(q, 1, true); /* the end */
	assert_true(queue_hungry(q, &conversation, &after));
	assert_true(conversation == 3);
	add(3999, 3);
	queue_fed(q, 3, true); /* the only one */
	assert_false(queue_hungry(q, &conversation, &after));
	done(3999);
}

static void a_full_window_leaves_the_rest_in_the_outbox(void **state)
{
	(void)state;
	for (int64_t i = 1; i <= QUEUE_ROWS_MAX + 3; i++)
		add(i, i);
	assert_true(queue_full(q));
	assert_int_equal(queue_rows(q), QUEUE_ROWS_MAX);
	/* More lanes than buckets: some share one. */
	for (int64_t i = 1; i <= QUEUE_ROWS_MAX; i++) {
		struct queue_row *row = pop(i);

		if (i % 2 == 0)
			queue_done(q, row, 100);
		else
			queue_rest(q, row, 1000 + (i * 7919) % 4096);
	}
	assert_int_equal(queue_rows(q), QUEUE_ROWS_MAX / 2);
	for (int64_t i = 1; i < QUEUE_ROWS_MAX; i += 2)
		assert_true(queue_hurry(q, i, i));
	assert_int_equal(queue_ready(q), QUEUE_ROWS_MAX / 2);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_row_counts_once_and_lanes_keep_their_order),
	    CASE(what_could_not_start_comes_first_again),
	    CASE(rows_rest_until_their_time),
	    CASE(the_operator_hurries_one_row_at_rest),
	    CASE(all_are_hurried_once_but_for_those_with_a_named_time),
	    CASE(a_probe_takes_the_least_probed_row),
	    CASE(rows_wait_for_their_attachment),
	    CASE(a_long_lane_is_fed_again_where_it_stopped),
	    CASE(a_lane_fed_in_part_stays_a_long_one),
	    CASE(several_hungry_lanes_are_told_one_by_one),
	    CASE(a_full_window_leaves_the_rest_in_the_outbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
