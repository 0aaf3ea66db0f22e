/* What its rule says is over, goes.  Proves: compliance 3.2, 3.3, 9 R1 to R5,
 * R7, R8; assurance P8. */
#include "sweep_house.h"

#include "rows.h"

/* --- R1, R2 --------------------------------------------------------------- */

static void r1_ninety_days_after_the_ticket_was_closed(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 5, 1, 9);
	sweep_message(h, "m1", "S1");
	sweep_at(h, 2026, 5, 15, 16);
	sweep_closed(h);
	sweep_at(h, 2026, 8, 13, 23);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2026, 8, 14, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "sweep_key"), 0);
}

static void r2_reopening_clears_the_start(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 5, 10, 9);
	sweep_message(h, "m1", "S1");
	sweep_closed(h);
	sweep_at(h, 2026, 6, 19, 9);
	house_sql(h, "UPDATE conversation SET state='open',closed_ms=NULL");
	sweep_at(h, 2026, 7, 1, 9);
	sweep_closed(h);
	for (int d = 10; d < 30; d += 9) {
		sweep_at(h, 2026, 8, d, 3);
		sweep_run(h);
	}
	sweep_at(h, 2026, 9, 29, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2026, 9, 30, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* --- R3, R4 --------------------------------------------------------------- */

static void r3_a_letter_is_restricted_and_goes_after_six_years(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 15, 9);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	sweep_at(h, 2026, 3, 20, 9);
	sweep_closed(h);
	sweep_at(h, 2026, 6, 18, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	sweep_at(h, 2026, 6, 19, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE verdict='restrict_until'"),
			 1);
	assert_int_equal(house_number(h, "SELECT until_day FROM kept"),
			 sweep_day(2033, 1, 1));
	sweep_at(h, 2032, 12, 31, 23);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2033, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
}

static void a_letter_whose_case_stays_open_goes_all_the_same(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 15, 9);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	sweep_at(h, 2032, 12, 31, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2033, 1, 2, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* What was restricted is in use again with its case. */
static void a_letter_is_free_again_when_its_case_is_reopened(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 15, 9);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	sweep_closed(h);
	sweep_at(h, 2026, 9, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 1);
	sweep_message(h, "m2", "S2");
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 1);
	/* They write again within the time that reopens a case. */
	house_sql(h, "UPDATE conversation SET closed_ms=9000000000000 WHERE"
		     " state='closed'");
	sweep_message(h, "m3", "S1");
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
}

static void r4_vouchers_stay_eight_years_and_ten_in_finance(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2024, 12, 31, 12);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BELEG'");
	sweep_message(h, "m2", "S1");
	house_sql(h, "UPDATE message SET datenart='FINANZ' WHERE"
		     " datenart='MSG'");
	sweep_at(h, 2032, 12, 31, 23);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	sweep_at(h, 2033, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE datenart='FINANZ'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2034, 12, 31, 23);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	sweep_at(h, 2035, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* Every row of the fixtures, through a rule, a message and a run. */
static struct house *at_hand;

static void run_on(struct house *h, int64_t day)
{
	const struct caldate d = caldate_of(day);

	sweep_at(h, d.year, (int)d.month, (int)d.day, 3);
	sweep_run(h);
}

static void fixture_of(const char *rule, const char *start, const char *from)
{
	static int number;
	struct house *h = at_hand;
	char policy[1024], id[24];
	int64_t day = 0, erase = 0;
	struct caldate d;

	assert_true(caldate_parse(start, &day) && caldate_parse(from, &erase));
	(void)snprintf(policy, sizeof(policy),
		       SHOP_WITH("  MSG: {from: collection, %s}\n"), rule);
	house_use(h, policy);
	d = caldate_of(day);
	sweep_at(h, d.year, (int)d.month, (int)d.day, 12);
	(void)snprintf(id, sizeof(id), "f%d", ++number);
	sweep_message(h, id, "S1");
	run_on(h, erase - 1);
	if (HOUSE_COUNT(h, "message") != 1)
		fail_msg("%s from %s went before %s", rule, start, from);
	run_on(h, erase);
	if (HOUSE_COUNT(h, "message") != 0)
		fail_msg("%s from %s is there on %s", rule, start, from);
}

static void period_row(const json_t *row)
{
	char rule[64];

	(void)snprintf(rule, sizeof(rule), "delete: %s",
		       row_text(row, "period"));
	fixture_of(rule, row_text(row, "start"), row_text(row, "erase_from"));
}

static void law_row(const json_t *row)
{
	char rule[96];

	(void)snprintf(rule, sizeof(rule), "statutory: {norm: %s, after: P3M}",
		       row_text(row, "rule"));
	fixture_of(rule, row_text(row, "event_date"),
		   row_text(row, "earliest_erasure"));
}

static void periods_of_the_fixtures(void **state)
{
	at_hand = *state;
	rows_each("retention/iso8601-periods.jsonl", period_row);
}

static void laws_of_the_fixtures(void **state)
{
	at_hand = *state;
	rows_each("retention/statutory.jsonl", law_row);
}

/* --- R5, R8: what has to be approved -------------------------------------- */

static void many(struct house *h, const char *prefix, int n)
{
	char id[24];

	for (int i = 0; i < n; i++) {
		(void)snprintf(id, sizeof(id), "%s%d", prefix, i);
		sweep_message(h, id, "S1");
	}
}

static int64_t last_id(struct house *h)
{
	return house_number(h, "SELECT max(id) FROM sweep");
}

static void r5_more_than_was_approved_stops_before_the_first(void **state)
{
	struct house *h = *state;
	int64_t dry = 0, real = 0;

	house_use(h, SHOP_WITH("  MSG: {from: collection, delete: P30D}\n"));
	h->settings.sweep.few = 2;
	sweep_at(h, 2026, 3, 1, 9);
	many(h, "a", 12);
	sweep_at(h, 2026, 3, 20, 9);
	many(h, "b", 38);
	sweep_at(h, 2026, 4, 10, 9);
	assert_null(sweep_asked(h, false, 5, &dry));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "counted ");
	assert_int_equal(house_number(h, "SELECT instr(counts,'\"erase\":12,')"
					 " FROM sweep"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "message"), 50);
	assert_string_equal(sweep_do_approve(h, dry, 5), SWEEP_REFUSED_OWN);
	assert_null(sweep_do_approve(h, dry, WHO));
	/* Ten days later 38 more are due. */
	sweep_at(h, 2026, 4, 20, 9);
	assert_null(sweep_asked(h, true, 5, &real));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "counted beyond");
	assert_int_equal(HOUSE_COUNT(h, "message"), 50);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='sweep.approval' AND"
					" ended_ms IS NULL"),
			 1);
	assert_string_equal(sweep_do_approve(h, dry, WHO), SWEEP_REFUSED_STATE);
	assert_null(sweep_do_approve(h, real, WHO));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "done ");
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
}

static void the_first_run_of_an_instance_is_approved(void **state)
{
	struct house *h = *state;
	int64_t id = 0;

	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m1", "S1");
	sweep_closed(h);
	/* With nothing to delete there is nothing to approve. */
	assert_null(sweep_asked(h, true, 0, &id));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "done ");
	sweep_at(h, 2026, 9, 1, 9);
	assert_null(sweep_asked(h, true, 0, &id));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "counted first");
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	/* A newer one takes its place. */
	assert_null(sweep_asked(h, true, 0, &id));
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep WHERE reason='overtaken'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 1);
}

/* What an older backup brought back is more than anybody looked at. */
static void after_a_restore_it_is_the_first_again(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	many(h, "a", 3);
	sweep_closed(h);
	sweep_at(h, 2026, 6, 10, 3);
	sweep_run(h);
	many(h, "b", 1);
	sweep_closed(h);
	sweep_at(h, 2026, 9, 20, 3);
	h->w.restored_ms = worker_now(&h->w) - 1;
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "counted first");
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	h->w.restored_ms = 0;
	sweep_at(h, 2026, 9, 21, 3);
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "done ");
}

static void r8_a_shorter_policy_is_approved_once_more(void **state)
{
	struct house *h = *state;
	int64_t dry = 0;
	struct err err = {0};

	sweep_at(h, 2026, 3, 1, 9);
	many(h, "a", 3);
	sweep_closed(h);
	sweep_at(h, 2026, 6, 10, 3);
	sweep_run(h);
	many(h, "b", 2);
	sweep_closed(h);
	sweep_at(h, 2026, 7, 20, 3);
	assert_null(sweep_asked(h, false, 5, &dry));
	sweep_settle(h);
	house_use(h, SHOP_WITH("  MSG: {from: process_end, delete: P0D}\n"));
	assert_int_equal(
	    store_run(
		h->w.store,
		"INSERT INTO policy_version(id,digest,name,version,state,"
		"bytes,author,base,proposed_ms,from_ms,needed,shortens,"
		"active_ms,seal) VALUES(?,x'00','shop',2,'active',x'00',"
		"0,0,0,0,1,1,?,x'00')",
		STORE_ARGS(S_INT(worker_id(&h->w)), S_INT(worker_now(&h->w))),
		&err),
	    0);
	/* What was counted by the policy before says nothing about this. */
	assert_string_equal(sweep_do_approve(h, dry, WHO), SWEEP_REFUSED_STATE);
	assert_null(sweep_asked(h, true, 0, &(int64_t){0}));
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "counted shorter");
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	sweep_at(h, 2026, 7, 20, 4);
	assert_null(sweep_do_approve(h, last_id(h), WHO));
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* --- R7 ------------------------------------------------------------------- */

static void r7_a_clock_nobody_trusts_deletes_nothing(void **state)
{
	struct house *h = *state;
	int64_t id = 0;

	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m1", "S1");
	sweep_closed(h);
	sweep_at(h, 2026, 3, 2, 9);
	sweep_run(h);
	h->ahead_ms += 400 * (int64_t)DAY_MS;
	assert_string_equal(sweep_asked(h, true, 0, &id), SWEEP_REFUSED_CLOCK);
	h->w.sweep->look_boot_ms = 0;
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "sweep"), 1);
	/* One that runs rests as well. */
	h->ahead_ms -= 400 * (int64_t)DAY_MS;
	assert_null(sweep_asked(h, true, 0, &id));
	h->ahead_ms += 400 * (int64_t)DAY_MS;
	for (int i = 0; i < 50; i++) {
		struct err err = {0};
		bool moved = false;

		h->w.sweep->pause_until_ms = 0;
		assert_int_equal(sweep_step(&h->w, &moved, &err), 0);
	}
	assert_string_equal(sweep_last(h), "counting ");
	h->ahead_ms -= 400 * (int64_t)DAY_MS;
	sweep_settle(h);
	assert_string_equal(sweep_last(h), "done ");
}

/* What came while the clock was ahead does not stay as much longer. */
static void what_came_while_the_clock_was_ahead_goes_in_time(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;

	house_use(h, SHOP_WITH("  MSG: {from: collection, delete: P30D}\n"));
	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m0", "S1");
	h->ahead_ms += 400 * (int64_t)DAY_MS;
	h->w.sweepclock.look_boot_ms = 0;
	assert_int_equal(sweepclock_step(&h->w, &moved, &err), 0);
	sweep_message(h, "m1", "S1");
	sweep_closed(h);
	h->ahead_ms -= 400 * (int64_t)DAY_MS;
	h->w.sweepclock.look_boot_ms = 0;
	assert_int_equal(sweepclock_step(&h->w, &moved, &err), 0);
	sweep_message(h, "m2", "S1");
	assert_int_equal(
	    house_number(h, "SELECT max(received_ms) FROM message"),
	    worker_now(&h->w));
	sweep_at(h, 2026, 3, 31, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
	sweep_at(h, 2026, 4, 1, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

/* --- once a day ----------------------------------------------------------- */

static void it_runs_once_a_day_after_its_time(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 12);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep"), 0);
	sweep_at(h, 2026, 3, 2, 2);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep"), 0);
	sweep_at(h, 2026, 3, 2, 3);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep WHERE state='done'"), 1);
	sweep_at(h, 2026, 3, 2, 23);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep"), 1);
	/* After a downtime as soon as it can. */
	sweep_at(h, 2026, 3, 9, 17);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "sweep"), 2);
}

static void no_more_than_so_many_a_day(void **state)
{
	struct house *h = *state;
	int64_t id = 0;

	h->settings.sweep.daily_cap = 4;
	sweep_at(h, 2026, 3, 1, 9);
	many(h, "a", 10);
	sweep_closed(h);
	sweep_at(h, 2026, 9, 1, 3);
	assert_null(sweep_asked(h, true, 0, &id));
	sweep_settle(h);
	assert_null(sweep_do_approve(h, id, WHO));
	for (int day = 1; day <= 2; day++) {
		struct err err = {0};
		bool moved = false;

		sweep_at(h, 2026, 9, day, 3);
		for (int i = 0; i < 200; i++) {
			h->w.sweep->pause_until_ms = 0;
			assert_int_equal(sweep_step(&h->w, &moved, &err), 0);
			/* A new start does not count anew. */
			if (i == 100)
				sweep_close(&h->w);
			if (h->w.sweep == NULL)
				assert_int_equal(
				    sweep_step(&h->w, &moved, &err), 0);
		}
		assert_int_equal(HOUSE_COUNT(h, "message"), 10 - 4 * day);
	}
	sweep_at(h, 2026, 9, 3, 0);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, sweep_make, sweep_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(r1_ninety_days_after_the_ticket_was_closed),
	    CASE(r2_reopening_clears_the_start),
	    CASE(r3_a_letter_is_restricted_and_goes_after_six_years),
	    CASE(a_letter_whose_case_stays_open_goes_all_the_same),
	    CASE(a_letter_is_free_again_when_its_case_is_reopened),
	    CASE(r4_vouchers_stay_eight_years_and_ten_in_finance),
	    CASE(periods_of_the_fixtures),
	    CASE(laws_of_the_fixtures),
	    CASE(r5_more_than_was_approved_stops_before_the_first),
	    CASE(the_first_run_of_an_instance_is_approved),
	    CASE(after_a_restore_it_is_the_first_again),
	    CASE(r8_a_shorter_policy_is_approved_once_more),
	    CASE(r7_a_clock_nobody_trusts_deletes_nothing),
	    CASE(what_came_while_the_clock_was_ahead_goes_in_time),
	    CASE(it_runs_once_a_day_after_its_time),
	    CASE(no_more_than_so_many_a_day),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("sweep", tests, NULL, NULL);
}
