/* test_deliver_ends.c - how calls end, whatever a driver says of them, and how
 * much is loaded, kept under way and written down at a time. */
#include "deliver_house.h"

#include "postern/log.h"
#include "worker/schedule.h"

#define DESK (&dh.desks[0])
#define HOUR ((int64_t)3600 * 1000)

static struct target *target(void)
{
	return &dh.w.deliver->targets[0];
}

/* --- outcomes ------------------------------------------------------------- */

/* A row in the outbox and in the window, popped for a call; early: before its
 * time, which is in an hour. */
static struct flight *flight(bool early)
{
	int64_t c = dh_conversation("desk");
	struct flight *f = calloc(1, sizeof(*f));
	struct queue_row row = {.conversation = c,
				.created_ms = worker_now(&dh.w)};

	assert_non_null(f);
	row.id = dh_row("desk", c, 0, "conversation.reopened", NULL);
	row.due_ms = worker_boot(&dh.w) + (early ? HOUR : 0);
	for (size_t i = 0; i < DESKS; i++) /* this one is all there is */
		dh.w.deliver->targets[i].more = false;
	target()->cursor = row.id;
	assert_int_equal(
	    queue_add(target()->queue, &row, worker_boot(&dh.w), NULL), 0);
	f->d = dh.w.deliver;
	f->target = target();
	f->row = early ? queue_pop_early(target()->queue)
		       : queue_pop(target()->queue);
	assert_non_null(f->row);
	f->early = early;
	f->number = breaker_start(&target()->breaker, early);
	target()->under_way++;
	return f;
}

static void end(struct flight *f, enum helpdesk_verdict verdict,
		bool unreachable, int64_t wait_ms)
{
	const struct helpdesk_outcome outcome = {
	    .verdict = verdict,
	    .unreachable = unreachable,
	    .wait_ms = wait_ms,
	    .reason = "test",
	};

	deliver_judge(f, &outcome);
	deliver_finish(f);
}

static void settle(void)
{
	struct err err = {0};
	bool moved = false;

	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_true(moved);
	assert_int_equal(target()->under_way, 0);
	assert_int_equal(target()->finished, 0);
}

static int64_t waits_ms(void)
{
	return dh_number("SELECT next_ms FROM outbox") - worker_now(&dh.w);
}

static void who_refuses_for_good_gets_no_second_call(void **state)
{
	(void)state;
	end(flight(false), HELPDESK_REFUSED, false, -1);
	settle();
	assert_int_equal(COUNT_OF("outbox WHERE state='dead' AND attempts=1 AND"
				  " reason='test'"),
			 1);
	assert_true(dh.w.counts.delivery_dead == 1);
}

static void no_wish_is_longer_than_a_day(void **state)
{
	(void)state;
	end(flight(false), HELPDESK_SLOW, false, 100 * HOUR);
	settle();
	assert_true(waits_ms() == SCHEDULE_WAIT_MAX_MS);
}

static void a_probe_leaves_the_row_where_it_was(void **state)
{
	static const struct {
		enum helpdesk_verdict verdict;
		bool unreachable;
		int64_t wait_ms, waits_ms;
	} cases[] = {
	    {HELPDESK_RETRY, true, -1, HOUR},
	    {HELPDESK_RETRY, false, -1, HOUR},
	    {HELPDESK_RETRY, false, HOUR / 2, HOUR},
	    {HELPDESK_RETRY, false, 2 * HOUR, 2 * HOUR},
	    {HELPDESK_SLOW, false, -1, HOUR},
	    {HELPDESK_SLOW, false, 3 * HOUR, 3 * HOUR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		end(flight(true), cases[i].verdict, cases[i].unreachable,
		    cases[i].wait_ms);
		settle();
		assert_true(waits_ms() == cases[i].waits_ms);
		assert_int_equal(COUNT_OF("outbox WHERE attempts=0"), 1);
		dh_sql("DELETE FROM outbox", STORE_NO_ARGS);
	}
}

/* A time the helpdesk named stays named through a probe. */
static void a_named_time_outlives_a_probe(void **state)
{
	struct flight *f = flight(true);

	(void)state;
	f->row->named = true;
	end(f, HELPDESK_RETRY, false, -1);
	settle();
	assert_false(queue_has_early(target()->queue));
}

static void slow_for_days_is_a_dead_letter(void **state)
{
	struct flight *f = flight(false);

	(void)state;
	f->row->created_ms -= 5 * 24 * HOUR;
	end(f, HELPDESK_SLOW, false, -1);
	f = flight(false);
	f->row->created_ms -= 5 * 24 * HOUR;
	end(f, HELPDESK_RETRY, true, -1);
	settle();
	assert_int_equal(COUNT_OF("outbox WHERE state='dead'"), 2);
}

static void gone_is_said_once(void **state)
{
	struct flight *one = flight(false), *two = flight(false);

	(void)state;
	end(one, HELPDESK_GONE, false, -1);
	end(two, HELPDESK_GONE, false, -1);
	settle();
	assert_true(target()->gone);
	assert_true(dh.w.counts.destinations_gone == 1);
	assert_true(deliver_due_in_ms(&dh.w) == -1);
}

/* --- writing down --------------------------------------------------------- */

static void outcomes_are_written_together_but_soon(void **state)
{
	struct flight *f[40];
	struct err err = {0};
	bool moved = false;

	(void)state;
	target()->breaker.window = target()->breaker.window_max = 64;
	for (size_t i = 0; i < 40; i++)
		f[i] = flight(false);
	end(f[0], HELPDESK_TAKEN, false, -1);
	assert_in_range(deliver_due_in_ms(&dh.w), 1, 5);
	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_false(moved);
	assert_int_equal(COUNT_OF("outbox"), 40);
	/* It is no longer out, but would be told again after a kill. */
	assert_int_equal(target()->under_way, 40);
	dh.ahead_ms += 5;
	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_true(moved);
	assert_int_equal(COUNT_OF("outbox"), 39);
	assert_int_equal(target()->under_way, 39);
	for (size_t i = 1; i < 32; i++)
		end(f[i], HELPDESK_TAKEN, false, -1);
	assert_in_range(deliver_due_in_ms(&dh.w), 1, 5);
	end(f[32], HELPDESK_TAKEN, false, -1); /* half of the window */
	assert_int_equal(deliver_due_in_ms(&dh.w), 0);
	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_int_equal(COUNT_OF("outbox"), 7);
	/* At the end nobody waits for anybody. */
	end(f[33], HELPDESK_TAKEN, false, -1);
	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_int_equal(COUNT_OF("outbox"), 7);
	dh.w.stopping = true;
	assert_int_equal(deliver_due_in_ms(&dh.w), 0);
	assert_int_equal(deliver_settle(dh.w.deliver, &moved, &err), 0);
	assert_int_equal(COUNT_OF("outbox"), 6);
	assert_int_equal(deliver_due_in_ms(&dh.w), -1);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	dh.w.stopping = false;
	for (size_t i = 34; i < 40; i++)
		end(f[i], HELPDESK_TAKEN, false, -1);
	settle(); /* all that was out */
	assert_int_equal(COUNT_OF("outbox"), 0);
}

/* --- starting ------------------------------------------------------------- */

static void a_worker_without_delivery_is_asked_in_vain(void **state)
{
	struct worker none = {.settings = &dh.settings};
	const struct queue_row row = {.id = 1, .conversation = 1};
	struct deliver *d = NULL;

	(void)state;
	deliver_wake(&none, "desk");
	deliver_readmit(&none, "desk", &row);
	deliver_forget(&none, 0);
	assert_false(deliver_has_enough(&none));
	deliver_wake(&dh.w, "nobody");
	deliver_readmit(&dh.w, "nobody", &row);
	deliver_close(&d);
}

static void the_operator_hurries_what_rests(void **state)
{
	int64_t row;

	(void)state;
	DESK->status = 500;
	row = dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	assert_int_equal(DESK->len, 1);
	DESK->status = 204;
	assert_int_equal(outbox_retry(&dh.w, row, NULL), 0);
	dh_run();
	assert_int_equal(DESK->len, 2);
	assert_int_equal(COUNT_OF("outbox"), 0);
}

/* Room for more at each helpdesk than one turn takes. */
static void one_turn_starts_so_many_and_no_more(void **state)
{
	struct err err = {0};
	bool moved = false;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		dh.w.deliver->targets[i].breaker.window = 200;
		dh.w.deliver->targets[i].breaker.window_max = 200;
	}
	for (int i = 0; i < 70; i++) {
		(void)dh_row("desk", dh_conversation("desk"), 0,
			     "conversation.reopened", NULL);
		(void)dh_row("back", dh_conversation("back"), 0,
			     "conversation.reopened", NULL);
	}
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_int_equal(http_under_way(dh.w.http), 64);
	dh_run();
	assert_int_equal(dh.desks[0].len + dh.desks[1].len, 140);
	assert_int_equal(COUNT_OF("outbox"), 0);
}

/* What was under way when it closes is dropped; the rows are still there. */
static void calls_under_way_end_with_the_step(void **state)
{
	struct err err = {0};
	bool moved = false;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_int_equal(http_under_way(dh.w.http), 3);
	assert_int_equal(COUNT_OF("outbox"), 3);
}

static void a_keeper_that_is_away_is_not_asked_at_once_again(void **state)
{
	struct err err = {0};
	bool moved = false;

	(void)state;
	(void)dh_tell("desk", dh_conversation("desk"), "x");
	(void)house_kill(&dh.house, SIGKILL);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), -1);
	assert_in_range(deliver_due_in_ms(&dh.w), 400, 500);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_int_equal(http_under_way(dh.w.http), 0);
}

/* --- loading -------------------------------------------------------------- */

static void a_time_in_the_outbox_holds_but_for_a_day_at_most(void **state)
{
	static const char sql[] = "UPDATE outbox SET next_ms=? WHERE id=?";
	int64_t hour = dh_tell("desk", dh_conversation("desk"), "an hour");
	int64_t month = dh_tell("desk", dh_conversation("desk"), "a month");

	(void)state;
	dh_sql(sql, STORE_ARGS(S_INT(worker_now(&dh.w) + HOUR), S_INT(hour)));
	dh_sql(sql,
	       STORE_ARGS(S_INT(worker_now(&dh.w) + 720 * HOUR), S_INT(month)));
	dh_run();
	assert_int_equal(DESK->len, 0);
	dh_pass(HOUR);
	assert_int_equal(DESK->len, 1);
	dh_pass(22 * HOUR);
	assert_int_equal(DESK->len, 1);
	dh_pass(HOUR);
	assert_int_equal(DESK->len, 2);
}

/* More rows than the window has room for, more lanes than are fed in one
 * turn, each longer than it is wide. */
static void more_than_fits_comes_in_order_all_the_same(void **state)
{
	enum { LANES = 250, EACH = 36 };
	struct err err = {0};
	bool moved = false;
	int64_t c[LANES];

	(void)state;
	target()->breaker.window = target()->breaker.window_max = 64;
	for (int i = 0; i < LANES; i++)
		c[i] = dh_conversation("desk");
	for (int n = 0; n < EACH; n++)
		for (int i = 0; i < LANES; i++)
			(void)dh_row("desk", c[i], 0, "conversation.reopened",
				     NULL);
	for (int i = 0; i < 20; i++) /* loads, while nothing comes back */
		assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_in_range(queue_rows(target()->queue), 7000, QUEUE_ROWS_MAX);
	assert_int_equal(http_under_way(dh.w.http), 64);
	while (COUNT_OF("outbox") > 0)
		dh_run();
	assert_true(dh.w.counts.delivered == LANES * EACH);
	assert_int_equal(queue_rows(target()->queue), 0);
}

/* A lane in the window that asks for what the outbox has behind it. */
static void hungry_lane(int64_t conversation, int64_t first)
{
	struct queue_row row = {.conversation = conversation};

	for (row.id = first; row.id <= first + QUEUE_LANE_MAX; row.id++)
		assert_int_equal(queue_add(target()->queue, &row, 0, NULL), 0);
	for (int i = 0; i < QUEUE_LANE_MAX; i++)
		queue_done(target()->queue, queue_pop(target()->queue), 0);
}

static void lanes_are_fed_so_many_at_a_time(void **state)
{
	int64_t conversation, after;
	struct err err = {0};
	bool moved = false;

	(void)state;
	for (int64_t i = 1; i <= 70; i++)
		hungry_lane(i, 1000 * i);
	assert_int_equal(deliver_due_in_ms(&dh.w), 0);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_true(queue_hungry(target()->queue, &conversation, &after));
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_false(queue_hungry(target()->queue, &conversation, &after));
	assert_int_equal(deliver_due_in_ms(&dh.w), -1);
}

static void a_full_window_feeds_nobody(void **state)
{
	struct queue_row row = {.due_ms = worker_boot(&dh.w) + HOUR};
	int64_t conversation, after;
	struct err err = {0};
	bool moved = false;

	(void)state;
	dh_run();
	hungry_lane(1, 1000);
	for (int64_t i = 0; i < QUEUE_ROWS_MAX; i++) {
		row.id = 10000 + i;
		row.conversation = row.id;
		assert_int_equal(queue_add(target()->queue, &row, 0, NULL), 0);
	}
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_true(queue_hungry(target()->queue, &conversation, &after));
	assert_in_range(deliver_due_in_ms(&dh.w), HOUR - 1, HOUR);
}

/* Enough to do: the rest of the outbox is read when that is done. */
static void no_more_is_loaded_than_can_soon_start(void **state)
{
	struct err err = {0};
	bool moved = false;
	int64_t c[600];

	(void)state;
	for (int i = 0; i < 600; i++)
		c[i] = dh_conversation("desk");
	for (int i = 0; i < 1200; i++)
		(void)dh_row("desk", c[i % 600], 0, "conversation.reopened",
			     NULL);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	assert_int_equal(queue_rows(target()->queue), 1000);
	assert_true(target()->more);
	assert_true(deliver_due_in_ms(&dh.w) == -1); /* until one answers */
	dh_run();
	assert_true(dh.w.counts.delivered == 1200);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(who_refuses_for_good_gets_no_second_call),
	    CASE(no_wish_is_longer_than_a_day),
	    CASE(a_probe_leaves_the_row_where_it_was),
	    CASE(a_named_time_outlives_a_probe),
	    CASE(slow_for_days_is_a_dead_letter),
	    CASE(gone_is_said_once),
	    CASE(outcomes_are_written_together_but_soon),
	    CASE(a_worker_without_delivery_is_asked_in_vain),
	    CASE(the_operator_hurries_what_rests),
	    CASE(one_turn_starts_so_many_and_no_more),
	    CASE(calls_under_way_end_with_the_step),
	    CASE(a_keeper_that_is_away_is_not_asked_at_once_again),
	    CASE(a_time_in_the_outbox_holds_but_for_a_day_at_most),
	    CASE(more_than_fits_comes_in_order_all_the_same),
	    CASE(lanes_are_fed_so_many_at_a_time),
	    CASE(a_full_window_feeds_nobody),
	    CASE(no_more_is_loaded_than_can_soon_start),
	};

	if (sodium_init() < 0)
		return 1;
	log_open("test");
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
