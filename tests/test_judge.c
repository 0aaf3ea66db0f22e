/* test_judge.c - facts of a record are read from its rows.
 *
 * Each case of the fixture is made to exist: a message received and answered
 * on such days, a policy that orders such periods, a hold, a restriction; then
 * its verdict must be the one the fixture wants.
 *
 * Proves: compliance 3.3, 9 R1, R2, R3, H1. */
#include "erase_house.h"

#include "forget/judge.h"
#include "postern/caldate.h"
#include "rows.h"
#include "worker/hold.h"

#define LAW_YEARS 6

static struct house *at;

static int64_t ms_of(int64_t day)
{
	return caldate_begins_ms(NULL, day) + DAY_MS / 2;
}

static int64_t text_day(const char *text)
{
	int64_t day = 0;

	assert_true(caldate_parse(text, &day));
	return day;
}

/* Day of a row; false: null. */
static bool row_day(const json_t *row, const char *key, int64_t *ret)
{
	const char *text = json_string_value(json_object_get(row, key));

	if (text != NULL)
		*ret = text_day(text);
	return text != NULL;
}

static bool row_true(const json_t *row, const char *key)
{
	return json_is_true(json_object_get(row, key));
}

/* One day in use after the case was closed; kept by law from the day it came.
 */
static void use_policy(const json_t *row)
{
	const char *purpose = row_text(row, "purpose");
	const bool law =
	    json_is_string(json_object_get(row, "statutory_last_day"));
	char yaml[2048];

	(void)snprintf(
	    yaml, sizeof(yaml),
	    "policy: shop\nversion: 1\npurposes:\n"
	    "  %s: {basis: %s, marketing: %s, interest: \"weil\"}\n"
	    "data:\n"
	    "  MSG: {from: %s}\n"
	    "  MEDIA: {from: process_end, delete: P1D}\n"
	    "  RAW: {from: collection, delete: P3D}\n"
	    "channels:\n  shop: {purpose: %s, data: MSG}\n" HOUSE_POLICY_DESK,
	    purpose, row_text(row, "basis"),
	    strcmp(purpose, "marketing") == 0 ? "true" : "false",
	    law ? "collection, statutory: {norm: \"XY 1\", years: 6, start:"
		  " date}, restrict: {from: process_end, after: P1D}"
		: "process_end, delete: P1D",
	    purpose);
	house_use(at, yaml);
}

static void sql_number(const char *sql, int64_t number)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(at->w.store, sql, STORE_ARGS(S_INT(number)), &err), 0);
}

/* The message and its conversation, on their days. */
static void place(const json_t *row)
{
	int64_t day = 0;

	sql_number(
	    "UPDATE message SET received_ms=?",
	    row_day(row, "statutory_last_day", &day)
		? ms_of(caldate_day(caldate_of(day).year - LAW_YEARS,
				    caldate_of(day).month, caldate_of(day).day))
		: ms_of(text_day("2026-01-02")));
	if (row_day(row, "rule_due", &day))
		sql_number("UPDATE conversation SET state='closed',"
			   "closed_ms=?",
			   ms_of(day - 2));
	else
		house_sql(at, "UPDATE conversation SET state='open',"
			      "closed_ms=NULL");
	/* Whose turn it is to say something. */
	house_sql(at, row_true(row, "purpose_active")
			  ? "UPDATE message SET direction='in'"
			  : "UPDATE message SET direction='out'");
}

static void stand_in_its_way(const json_t *row)
{
	const char *ground =
	    json_string_value(json_object_get(row, "restriction"));
	char sql[400];

	house_sql(at, "DELETE FROM restriction");
	house_sql(at, "DELETE FROM hold");
	if (ground != NULL) {
		(void)snprintf(
		    sql, sizeof(sql),
		    "INSERT INTO restriction(id,person,ground,since_ms) SELECT"
		    " 1,id,'%c',0 FROM person",
		    ground[0]);
		house_sql(at, sql);
	}
	if (row_true(row, "legal_hold"))
		house_sql(at, "INSERT INTO hold(id,scope,person,year,state,"
			      "owner,placed_ms,review_day) SELECT 2,'person',"
			      "id,2026,'active',1,0,99999 FROM person");
	at->w.restrictions_known = false;
	hold_changed(&at->w);
}

static void check_case(const json_t *row)
{
	char got[64], until[CALDATE_BYTES];
	enum erasure_trigger trigger = TRIGGERS;
	struct judged judged;
	struct err err = {0};
	struct item item;
	bool found = false;

	use_policy(row);
	place(row);
	stand_in_its_way(row);
	for (int t = 0; t < TRIGGERS; t++)
		if (strcmp(erasure_trigger_names[t],
			   row_text(row, "trigger")) == 0)
			trigger = (enum erasure_trigger)t;
	assert_true(trigger != TRIGGERS);
	assert_int_equal(item_load(&at->w, ITEM_MESSAGE,
				   house_number(at, "SELECT id FROM message"),
				   &item, &found, &err),
			 0);
	assert_true(found);
	assert_int_equal(judge_item(&at->w, &item, trigger,
				    text_day(row_text(row, "today")), &judged,
				    &err),
			 0);
	(void)snprintf(got, sizeof(got), "%s",
		       erasure_verdict_names[judged.decision.verdict]);
	if (judged.decision.verdict == ERASURE_RESTRICT_UNTIL) {
		caldate_format(judged.decision.until, until);
		(void)snprintf(got, sizeof(got), "restrict_until:%s", until);
	}
	if (strcmp(got, row_text(row, "expect")) != 0)
		fail_msg("%s: %s", row_name(row), got);
	assert_false(judged.unclassified);
	assert_int_equal(judged.hold, row_true(row, "legal_hold") ? 2 : 0);
}

static void every_case_is_judged_from_its_rows(void **state)
{
	at = *state;
	erase_writes(at, 1, 1, "x");
	rows_each("erasure-decisions/cases.jsonl", check_case);
}

static void judge(struct house *h, enum erasure_trigger trigger, int64_t day,
		  struct judged *ret)
{
	struct err err = {0};
	struct item item;
	bool found = false;

	assert_int_equal(
	    item_load(&h->w, ITEM_MESSAGE,
		      house_number(h, "SELECT min(id) FROM message"), &item,
		      &found, &err),
	    0);
	assert_true(found);
	assert_int_equal(judge_item(&h->w, &item, trigger, day, ret, &err), 0);
}

/* R2: closed again, it counts from then. */
static void a_period_counts_from_the_last_close(void **state)
{
	struct house *h = at = *state;
	struct judged j;

	erase_writes(h, 1, 1, "x");
	sql_number("UPDATE conversation SET state='closed',closed_ms=?",
		   ms_of(text_day("2026-05-15")));
	judge(h, TRIGGER_SCHEDULE, text_day("2026-08-13"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
	judge(h, TRIGGER_SCHEDULE, text_day("2026-08-14"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_ERASE);
	house_sql(h, "UPDATE conversation SET state='open',closed_ms=NULL");
	judge(h, TRIGGER_SCHEDULE, text_day("2026-08-14"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
	assert_false(j.facts.rule_due.is);
	sql_number("UPDATE conversation SET state='closed',closed_ms=?",
		   ms_of(text_day("2026-07-01")));
	judge(h, TRIGGER_SCHEDULE, text_day("2026-09-29"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
	judge(h, TRIGGER_SCHEDULE, text_day("2026-09-30"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_ERASE);
}

static void what_no_rule_names_is_for_a_person_to_say(void **state)
{
	struct house *h = at = *state;
	struct judged j;

	erase_writes(h, 1, 1, "x");
	house_sql(h, "UPDATE message SET datenart='OTHER'");
	erase_close(h);
	judge(h, TRIGGER_SCHEDULE, text_day("2099-01-01"), &j);
	assert_true(j.unclassified);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
	judge(h, TRIGGER_ART17, text_day("2026-11-22"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_ERASE);
}

/* The notice of first contact proves something; it keeps nobody's number. */
static void a_limitation_period_refuses_no_erasure(void **state)
{
	struct house *h = at = *state;
	struct judged j;

	house_use(h, "policy: shop\nversion: 1\n"
		     "purposes:\n  support: {basis: contract}\n"
		     "data:\n  MSG: {from: collection, statutory: {norm:"
		     " BGB195_Verjaehrung_3}}\n"
		     "  MEDIA: {from: process_end, delete: P90D}\n"
		     "  RAW: {from: collection, delete: P3D}\n"
		     "channels:\n  shop: {purpose: support, data: "
		     "MSG}\n" HOUSE_POLICY_DESK);
	erase_writes(h, 1, 1, "x");
	erase_close(h);
	judge(h, TRIGGER_ART17, text_day("2026-11-22"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_ERASE);
	judge(h, TRIGGER_SCHEDULE, text_day("2026-11-22"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
}

static void an_end_of_a_relationship_is_a_year_of_silence(void **state)
{
	struct house *h = at = *state;
	struct judged j;

	house_use(h, "policy: shop\nversion: 1\n"
		     "purposes:\n  support: {basis: contract}\n"
		     "data:\n  MSG: {from: relationship_end, delete: P6M}\n"
		     "  MEDIA: {from: process_end, delete: P90D}\n"
		     "  RAW: {from: collection, delete: P3D}\n"
		     "channels:\n  shop: {purpose: support, data: "
		     "MSG}\n" HOUSE_POLICY_DESK);
	erase_writes(h, 1, 1, "x");
	sql_number("UPDATE conversation SET state='closed',closed_ms=?,"
		   "inbound_ms=1000,opened_ms=1000",
		   ms_of(text_day("2026-01-31")));
	judge(h, TRIGGER_SCHEDULE, text_day("2027-01-30"), &j);
	assert_false(j.facts.rule_due.is);
	judge(h, TRIGGER_SCHEDULE, text_day("2027-07-31"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
	judge(h, TRIGGER_SCHEDULE, text_day("2027-08-01"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_ERASE);
	house_sql(h, "UPDATE conversation SET state='open'");
	judge(h, TRIGGER_SCHEDULE, text_day("2027-08-01"), &j);
	assert_int_equal(j.decision.verdict, ERASURE_KEEP);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, erase_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(every_case_is_judged_from_its_rows),
	    CASE(a_period_counts_from_the_last_close),
	    CASE(what_no_rule_names_is_for_a_person_to_say),
	    CASE(a_limitation_period_refuses_no_erasure),
	    CASE(an_end_of_a_relationship_is_a_year_of_silence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
