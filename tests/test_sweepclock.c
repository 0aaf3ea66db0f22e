/* The day that may be trusted to delete by.  Proves: compliance 9, R7;
 * assurance 5.6. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "worker/sweepclock.h"
#include "ledger_house.h"
#include "postern/caldate.h"
#include "worker/alarm.h"
#include "worker/inbound.h"
#include "worker/opening.h"
#include "worker/prove.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)
/* 2026-11-21, ten in the morning */
#define SEEN (caldate_day(2026, 11, 21) * DAY + 10 * HOUR)

struct house {
	char path[64];
	struct env env;
	struct worker w;
	struct settings settings;
	int64_t wall_ms, boot_ms;
	bool unsynced;
};

static int64_t wall(struct env *env)
{
	return ((struct house *)env->ctx)->wall_ms;
}

static int64_t boot(struct env *env)
{
	return ((struct house *)env->ctx)->boot_ms;
}

static void chance(struct env *env, void *ret, size_t len)
{
	(void)env;
	randombytes_buf(ret, len);
}

static bool unsynced(struct env *env)
{
	return ((struct house *)env->ctx)->unsynced;
}

/* A process that starts at that time; the archive stays. */
static void start(struct house *h, int64_t wall_ms)
{
	struct store *store = h->w.store;
	struct err err = {0};

	h->wall_ms = wall_ms;
	h->boot_ms += 5000;
	h->w = (struct worker){
	    .env = &h->env, .settings = &h->settings, .store = store};
	assert_int_equal(worker_open_ids(&h->w, &err), 0);
}

static void remove_archive(const char *path)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char name[96];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		(void)unlink(name);
	}
}

static int up(void **state)
{
	struct house *h = calloc(1, sizeof(*h));
	struct err err = {0};

	assert_non_null(h);
	h->env = (struct env){.wall_ms = wall,
			      .boot_ms = boot,
			      .random = chance,
			      .unsynced = unsynced,
			      .ctx = h};
	h->settings.sweep.kernel_clock = true;
	h->boot_ms = HOUR;
	(void)snprintf(h->path, sizeof(h->path), "/tmp/postern-clock.%d.db",
		       (int)getpid());
	assert_int_equal(store_open("sqlite", h->path, &h->w.store, &err), 0);
	start(h, SEEN);
	*state = h;
	return 0;
}

static int down(void **state)
{
	struct house *h = *state;

	prove_drop(&h->w);
	store_close(&h->w.store);
	remove_archive(h->path);
	free(h);
	return 0;
}

/* Time passes on both clocks. */
static void pass(struct house *h, int64_t ms)
{
	h->wall_ms += ms;
	h->boot_ms += ms;
}

static void look(struct house *h)
{
	struct err err = {0};
	bool moved = false;

	assert_int_equal(sweepclock_step(&h->w, &moved, &err), 0);
	assert_false(moved);
}

/* Ten minutes of the life of a gateway. */
static void live(struct house *h)
{
	for (int i = 0; i < 60; i++) {
		look(h);
		pass(h, 10000);
	}
	look(h);
}

static enum sweepclock_verdict verdict(struct house *h)
{
	enum sweepclock_verdict ret;
	struct err err = {0};
	bool good = false;
	int64_t day;

	assert_int_equal(sweepclock_today(&h->w, &ret, &day, &err), 0);
	assert_int_equal(day, caldate_local(NULL, h->wall_ms));
	assert_int_equal(sweepclock_good(&h->w, &good, &err), 0);
	assert_true(good == (ret == SWEEPCLOCK_GOOD));
	return ret;
}

static bool alarmed(struct house *h, const char *kind)
{
	static const char sql[] = "SELECT count(*) FROM alarm WHERE kind=? AND"
				  " ended_ms IS NULL";
	struct err err = {0};
	int64_t n = 0;
	bool found;

	assert_int_equal(store_one_int(h->w.store, sql,
				       STORE_ARGS(S_TEXT(kind)), &n, &found,
				       &err),
			 0);
	return n == 1;
}

static void confirm(struct house *h)
{
	struct err err = {0};

	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(sweepclock_confirm(&h->w, &err), 0);
	assert_int_equal(store_commit(h->w.store, &err), 0);
}

static void enter(struct house *h)
{
	const struct ledger_entry e = {.event = LEDGER_CONSENT_GIVEN,
				       .at_ms = h->wall_ms};
	struct err err = {0};

	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(ledger_append(h->w.store, NULL, &e, NULL, &err), 0);
	assert_int_equal(store_commit(h->w.store, &err), 0);
}

static void stamp(struct house *h, int64_t size, int64_t at_ms)
{
	struct err err = {0};

	assert_int_equal(store_run(h->w.store,
				   "INSERT INTO ledger_stamp(size,state,at_ms)"
				   " VALUES(?,'done',?)",
				   STORE_ARGS(S_INT(size), S_INT(at_ms)), &err),
			 0);
}

/* The highest time that the archive knows. */
static int64_t kept(struct house *h)
{
	struct err err = {0};
	uint64_t ms = 0;
	bool found = false;

	assert_int_equal(
	    meta_get_u64(h->w.store, "sweepclock_seen", &ms, &found, &err), 0);
	assert_true(found);
	return (int64_t)ms;
}

/* --- cases ---------------------------------------------------------------- */

static void r7_back_waits_ahead_waits_the_next_day_runs(void **state)
{
	struct house *h = *state;

	live(h);
	start(h, SEEN - 3 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_BACK);
	look(h);
	assert_true(alarmed(h, "clock.back"));
	start(h, SEEN + 5 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	look(h);
	assert_true(alarmed(h, "clock.ahead"));
	assert_false(alarmed(h, "clock.back"));
	start(h, SEEN + DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	look(h);
	assert_false(alarmed(h, "clock.ahead"));
}

static void two_days_after_a_start_are_within_reach_and_no_more(void **state)
{
	struct house *h = *state;

	live(h);
	start(h, kept(h) + 2 * DAY + 1);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	start(h, h->wall_ms - 1);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
}

static void while_it_runs_the_boot_clock_says_how_much(void **state)
{
	struct house *h = *state;

	live(h);
	pass(h, 30 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	h->wall_ms += DAY;
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	h->wall_ms += 1;
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	/* Looking often lets nobody creep ahead. */
	h->wall_ms -= 1;
	for (int i = 0; i < 100; i++) {
		look(h);
		pass(h, 10000);
		h->wall_ms += 1000;
	}
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
}

/* Proves: assurance P8. */
static void four_hundred_days_ahead_leave_nothing_behind(void **state)
{
	struct house *h = *state;

	live(h);
	h->wall_ms += 400 * DAY;
	enter(h);
	live(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	enter(h);
	start(h, h->wall_ms + 5000);
	enter(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	live(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	enter(h);
	/* Killed before it looked even once. */
	start(h, h->wall_ms + 5000);
	start(h, h->wall_ms + 5000 - 400 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	live(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	assert_false(alarmed(h, "clock.ahead"));
	start(h, h->wall_ms + 5000);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
}

static void put_right_while_it_runs_all_is_as_before(void **state)
{
	struct house *h = *state;

	live(h);
	/* Little enough that entries of then could be believed later. */
	h->wall_ms += 40 * HOUR;
	look(h);
	enter(h);
	live(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	h->wall_ms -= 40 * HOUR;
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	live(h);
	start(h, h->wall_ms);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
}

static void a_person_confirms_and_it_counts_from_there(void **state)
{
	struct house *h = *state;

	live(h);
	h->wall_ms += 10 * DAY;
	look(h);
	enter(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	confirm(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	look(h);
	assert_false(alarmed(h, "clock.ahead"));
	start(h, h->wall_ms + DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	start(h, h->wall_ms - 5 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_BACK);
	/* It was the floor that was wrong. */
	confirm(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	start(h, h->wall_ms + 1000);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
}

static void a_confirmation_that_was_taken_back_counts_for_nothing(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	live(h);
	h->wall_ms += 10 * DAY;
	look(h);
	assert_int_equal(store_begin(h->w.store, &err), 0);
	assert_int_equal(sweepclock_confirm(&h->w, &err), 0);
	store_roll_back(h->w.store);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
}

static void entries_are_a_floor_where_nothing_was_seen_yet(void **state)
{
	struct house *h = *state;

	enter(h);
	start(h, SEEN - DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_BACK);
	start(h, SEEN + DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	start(h, SEEN + 3 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
}

static void a_stamp_is_a_floor_and_confirms_by_itself(void **state)
{
	struct house *h = *state;

	live(h);
	/* It was off for two weeks. */
	start(h, SEEN + 14 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_AHEAD);
	look(h);
	stamp(h, 100, SEEN + 14 * DAY - HOUR);
	pass(h, 10000);
	look(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	start(h, SEEN + 13 * DAY);
	assert_int_equal(verdict(h), SWEEPCLOCK_BACK);
	confirm(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
}

static void a_clock_that_nobody_keeps_is_believed_for_a_day(void **state)
{
	struct house *h = *state;

	h->unsynced = true;
	for (int i = 0; i < 23; i++) {
		look(h);
		pass(h, HOUR);
	}
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	/* A new start does not begin anew. */
	start(h, h->wall_ms);
	for (int i = 0; i < 3; i++) {
		look(h);
		pass(h, HOUR);
	}
	look(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_UNSYNCED);
	look(h);
	assert_true(alarmed(h, "clock.unsynchronised"));
	h->unsynced = false;
	pass(h, 60000);
	look(h);
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	assert_false(alarmed(h, "clock.unsynchronised"));
}

static void steering_is_no_going_back(void **state)
{
	struct house *h = *state;

	live(h);
	h->wall_ms -= 30000;
	assert_int_equal(verdict(h), SWEEPCLOCK_GOOD);
	h->wall_ms -= 60000;
	assert_int_equal(verdict(h), SWEEPCLOCK_BACK);
}

static void it_writes_seldom(void **state)
{
	struct house *h = *state;
	uint64_t before = 0, after = 0;
	struct err err = {0};
	bool found;

	look(h);
	assert_int_equal(
	    meta_get_u64(h->w.store, "sweepclock_seen", &before, &found, &err),
	    0);
	assert_true(found);
	for (int i = 0; i < 12; i++) {
		pass(h, 10000);
		look(h);
	}
	assert_int_equal(
	    meta_get_u64(h->w.store, "sweepclock_seen", &after, &found, &err),
	    0);
	assert_true(after == before);
	live(h);
	assert_int_equal(
	    meta_get_u64(h->w.store, "sweepclock_seen", &after, &found, &err),
	    0);
	assert_true(after > before);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, up, down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(r7_back_waits_ahead_waits_the_next_day_runs),
	    CASE(two_days_after_a_start_are_within_reach_and_no_more),
	    CASE(while_it_runs_the_boot_clock_says_how_much),
	    CASE(four_hundred_days_ahead_leave_nothing_behind),
	    CASE(put_right_while_it_runs_all_is_as_before),
	    CASE(a_person_confirms_and_it_counts_from_there),
	    CASE(a_confirmation_that_was_taken_back_counts_for_nothing),
	    CASE(entries_are_a_floor_where_nothing_was_seen_yet),
	    CASE(a_stamp_is_a_floor_and_confirms_by_itself),
	    CASE(a_clock_that_nobody_keeps_is_believed_for_a_day),
	    CASE(steering_is_no_going_back),
	    CASE(it_writes_seldom),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("sweepclock", tests, NULL, NULL);
}
