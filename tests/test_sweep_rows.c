/* What goes beside the messages, what keeps something, and what has no rule.
 * Proves: compliance 3.2 (catalogue, unclassified), 3.3, 3.4, 9 C6. */
#include "sweep_house.h"

#define OTHERS                                                            \
	"  MSG: {from: process_end, delete: P90D}\n"                      \
	"  BRIEF: {from: collection, statutory: {norm: "                  \
	"HGB_Handelsbrief_6, after: P3M}, restrict: {from: process_end, " \
	"after: P90D}}\n"                                                 \
	"  META: {from: collection, delete: P30D}\n"                      \
	"  CONTACT: {from: relationship_end, delete: P6M}\n"              \
	"  CONSENT: {from: last_use, statutory: {norm: "                  \
	"UWG7a_Einwilligung_5, after: P3M}}\n"                            \
	"  NOTICE: {from: collection, statutory: {norm: "                 \
	"BGB195_Verjaehrung_3, after: P3M}}\n"                            \
	"  SUPPRESS: {from: collection, delete: P10Y}\n"                  \
	"  REQUEST: {from: completed, statutory: {norm: "                 \
	"BGB195_Verjaehrung_3, after: P3M}}\n"                            \
	"  STAFF_LOG: {from: collection, delete: P12M}\n"                 \
	"  BREACH: {from: closed, delete: P5Y}\n"                         \
	"  HOLD: {from: closed, delete: P3Y}\n"

static int make(void **state)
{
	assert_int_equal(sweep_make(state), 0);
	house_use(*state, SHOP_WITH(OTHERS));
	return 0;
}

/* A run of that day leaves so many rows; one the day before as many more. */
static void goes_on(struct house *h, int y, int m, int d, const char *count)
{
	const struct caldate before = caldate_of(sweep_day(y, m, d) - 1);

	sweep_at(h, before.year, (int)before.month, (int)before.day, 23);
	sweep_run(h);
	if (house_number(h, count) == 0)
		fail_msg("%s: gone before its day", count);
	sweep_at(h, y, m, d, 3);
	sweep_run(h);
	if (house_number(h, count) != 0)
		fail_msg("%s: there on its day", count);
}

/* --- rows ----------------------------------------------------------------- */

static void a_body_nobody_understood_goes_after_three_days(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	house_body(h, "!nonsense");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
	goes_on(h, 2026, 3, 5, "SELECT count(*) FROM quarantine");
}

static void delivery_data_go_and_the_message_stays(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET direction='out',state='read',"
		     "provider_ms=1");
	goes_on(h, 2026, 4, 1,
		"SELECT count(*) FROM message WHERE state='read' OR"
		" provider_ms IS NOT NULL");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='sent'"), 1);
}

static void that_somebody_was_informed_is_kept_three_years(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 1, 9);
	assert_int_equal(
	    store_run(
		h->w.store,
		"INSERT INTO notice_sent(id,person,channel,notice,"
		"sha256,at_ms) VALUES(?,1,'shop','n',x'00',?)",
		STORE_ARGS(S_INT(worker_id(&h->w)), S_INT(worker_now(&h->w))),
		&err),
	    0);
	goes_on(h, 2030, 1, 1, "SELECT count(*) FROM notice_sent");
}

static void who_looked_at_what_is_kept_a_year(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 1, 9);
	assert_int_equal(
	    store_run(
		h->w.store,
		"INSERT INTO viewed(id,person,at_ms,what,purpose,staff)"
		" VALUES(?,1,?,'message','x','y')",
		STORE_ARGS(S_INT(worker_id(&h->w)), S_INT(worker_now(&h->w))),
		&err),
	    0);
	goes_on(h, 2027, 3, 2, "SELECT count(*) FROM viewed");
}

static void the_file_of_a_request_goes_three_years_after_it(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 1, 9);
	assert_int_equal(
	    store_run(h->w.store,
		      "INSERT INTO request(id,type,state,person,channel,"
		      "received_ms,ended_ms) VALUES(?,'access','completed',1,"
		      "'shop',?,?)",
		      STORE_ARGS(S_INT(worker_id(&h->w)),
				 S_INT(worker_now(&h->w)),
				 S_INT(worker_now(&h->w))),
		      &err),
	    0);
	house_sql(h, "INSERT INTO request_event(id,request,state,at_ms) SELECT"
		     " 5,id,'completed',1 FROM request");
	house_sql(h, "INSERT INTO request(id,type,state,person,channel,"
		     "received_ms) VALUES(6,'access','received',1,'shop',1)");
	goes_on(h, 2030, 1, 1, "SELECT count(*) FROM request WHERE id<>6");
	assert_int_equal(HOUSE_COUNT(h, "request_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "request"), 1);
}

static void the_file_of_a_breach_goes_five_years_after_it(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 1, 9);
	assert_int_equal(
	    store_run(
		h->w.store,
		"INSERT INTO breach(id,state,year,detected_ms,aware_ms,"
		"types,internal_ms,legal_ms,closed_ms) VALUES(?,'closed',"
		"2026,1,1,'',1,1,?)",
		STORE_ARGS(S_INT(worker_id(&h->w)), S_INT(worker_now(&h->w))),
		&err),
	    0);
	goes_on(h, 2031, 3, 2, "SELECT count(*) FROM breach");
}

static void the_file_of_a_hold_goes_three_years_after_its_end(void **state)
{
	struct house *h = *state;
	char sql[400];

	sweep_at(h, 2026, 3, 1, 9);
	(void)snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO hold(id,scope,datenart,year,state,owner,placed_ms,"
	    "review_day,released_ms) VALUES(5,'datenart','MSG',2026,'released',"
	    "1,1,1,%lld),(6,'datenart','RAW',2026,'active',1,1,99999,NULL)",
	    (long long)house_wall(&h->env));
	house_sql(h, sql);
	hold_changed(&h->w);
	goes_on(h, 2029, 3, 2, "SELECT count(*) FROM hold WHERE id=5");
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE id=6"), 1);
}

/* --- persons -------------------------------------------------------------- */

static void who_is_silent_for_a_year_and_a_half_is_forgotten(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	house_body(h, hello);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	/* The case stays open: then there is no end. */
	sweep_at(h, 2028, 3, 1, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	sweep_closed(h);
	goes_on(h, 2029, 9, 2, "SELECT count(*) FROM address");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 0);
	/* Who comes again is a stranger. */
	house_body(h, "message,id=m9,strong=S1,type=text,text=neu");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
}

static void a_writer_stays_as_long_as_their_letter(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	sweep_closed(h);
	sweep_at(h, 2032, 12, 31, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "address"), 1);
	sweep_at(h, 2033, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	sweep_at(h, 2033, 1, 2, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
}

static void said(struct house *h, const char *kind)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(h->w.store,
		      "INSERT INTO consent_event(id,person,purpose,kind,source,"
		      "at_ms,channel) SELECT ?,id,'werbung',?,'reply',?,'shop'"
		      " FROM person",
		      STORE_ARGS(S_INT(worker_id(&h->w)), S_TEXT(kind),
				 S_INT(worker_now(&h->w))),
		      &err),
	    0);
}

/* Proves: § 7a UWG; compliance 9, C6. */
static void c6_proof_of_a_consent_is_kept_from_its_last_use(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 10, 9);
	sweep_message(h, "m1", "S1");
	said(h, "given");
	sweep_at(h, 2028, 2, 29, 9);
	assert_int_equal(
	    store_run(h->w.store,
		      "UPDATE conversation SET campaign='werbung x',"
		      "campaign_ms=?",
		      STORE_ARGS(S_INT(worker_now(&h->w))), &err),
	    0);
	sweep_at(h, 2028, 3, 5, 9);
	said(h, "withdrawn");
	goes_on(h, 2033, 3, 1, "SELECT count(*) FROM consent_event");
}

static void a_consent_that_is_valid_stays(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 10, 9);
	sweep_message(h, "m1", "S1");
	said(h, "withdrawn");
	sweep_at(h, 2026, 4, 10, 9);
	said(h, "given");
	sweep_closed(h);
	sweep_at(h, 2040, 1, 1, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 2);
	assert_int_equal(HOUSE_COUNT(h, "address"), 1);
}

/* --- what keeps it -------------------------------------------------------- */

static void a_restriction_of_the_person_keeps_it_until_it_is_lifted(
    void **state)
{
	struct house *h = *state;
	struct err err = {0};

	sweep_at(h, 2026, 3, 10, 9);
	sweep_message(h, "m1", "S1");
	sweep_closed(h);
	assert_int_equal(
	    store_run(h->w.store,
		      "INSERT INTO restriction(id,person,ground,since_ms)"
		      " SELECT ?,id,'c',1 FROM person",
		      STORE_ARGS(S_INT(worker_id(&h->w))), &err),
	    0);
	sweep_at(h, 2027, 3, 10, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE verdict='restrict_hold'"),
			 1);
	house_sql(h, "UPDATE restriction SET lifted_ms=1");
	h->w.restrictions_known = false;
	sweep_at(h, 2027, 3, 11, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
}

static void files_of_a_letter_are_kept_with_it(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 15, 9);
	house_body(h, "message,id=m1,strong=S1,type=image,media=77,bytes=9");
	house_receive(h);
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	house_sql(h, "UPDATE attachment SET state='kept',tidy=0");
	sweep_closed(h);
	sweep_at(h, 2026, 9, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='kept'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='attachment'"), 1);
	sweep_at(h, 2033, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "attachment"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
}

/* --- of no rule ----------------------------------------------------------- */

static int64_t review(struct house *h)
{
	return house_number(h, "SELECT id FROM review WHERE state='open'");
}

static const char *decided(struct house *h, bool erase)
{
	const char *refused = "nothing";
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    sweep_decide(&h->w, review(h), erase, WHO, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return refused;
}

static void strangers(struct house *h)
{
	sweep_at(h, 2026, 3, 1, 9);
	sweep_message(h, "m1", "S1");
	sweep_message(h, "m2", "S1");
	house_sql(h, "UPDATE message SET datenart='ALT'");
	sweep_closed(h);
	sweep_at(h, 2027, 3, 1, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(house_number(h, "SELECT n FROM review WHERE"
					 " datenart='ALT'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL AND"
					" kind='sweep.unclassified'"),
			 1);
}

static void what_has_no_rule_goes_half_a_year_after_the_warning(void **state)
{
	struct house *h = *state;

	strangers(h);
	goes_on(h, 2027, 9, 2, "SELECT count(*) FROM message");
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
	assert_int_equal(HOUSE_COUNT(h, "review WHERE state<>'done'"), 0);
}

static void a_person_decides_on_what_has_no_rule(void **state)
{
	struct house *h = *state;

	strangers(h);
	sweep_at(h, 2027, 4, 1, 9);
	assert_null(decided(h, false));
	/* Kept, and asked again after as long. */
	sweep_at(h, 2027, 9, 5, 9);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_null(decided(h, true));
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
}

static void a_rule_for_it_is_the_end_of_the_question(void **state)
{
	struct house *h = *state;

	strangers(h);
	house_use(
	    h, SHOP_WITH(OTHERS "  ALT: {from: process_end, delete: P9Y}\n"));
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "review WHERE state<>'done'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
}

static void old_entries_of_the_suppression_list_are_looked_at(void **state)
{
	struct house *h = *state;

	sweep_at(h, 2026, 3, 1, 9);
	house_sql(h, "INSERT INTO suppression(suppress_hash,scope,channel,"
		     "since_ms,reason) VALUES(x'01','marketing','',"
		     "1000000000000,'stop'),(x'02','marketing','',"
		     "1770000000000,'stop')");
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 2);
	assert_int_equal(house_number(h, "SELECT n FROM review WHERE"
					 " kind='suppression'"),
			 1);
	assert_null(decided(h, true));
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, sweep_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_body_nobody_understood_goes_after_three_days),
	    CASE(delivery_data_go_and_the_message_stays),
	    CASE(that_somebody_was_informed_is_kept_three_years),
	    CASE(who_looked_at_what_is_kept_a_year),
	    CASE(the_file_of_a_request_goes_three_years_after_it),
	    CASE(the_file_of_a_breach_goes_five_years_after_it),
	    CASE(the_file_of_a_hold_goes_three_years_after_its_end),
	    CASE(who_is_silent_for_a_year_and_a_half_is_forgotten),
	    CASE(a_writer_stays_as_long_as_their_letter),
	    CASE(c6_proof_of_a_consent_is_kept_from_its_last_use),
	    CASE(a_consent_that_is_valid_stays),
	    CASE(a_restriction_of_the_person_keeps_it_until_it_is_lifted),
	    CASE(files_of_a_letter_are_kept_with_it),
	    CASE(what_has_no_rule_goes_half_a_year_after_the_warning),
	    CASE(a_person_decides_on_what_has_no_rule),
	    CASE(a_rule_for_it_is_the_end_of_the_question),
	    CASE(old_entries_of_the_suppression_list_are_looked_at),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("sweep_rows", tests, NULL, NULL);
}
