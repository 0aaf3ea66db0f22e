/* test_retention.c - due dates and the decision to erase, restrict or keep.
 * Proves: compliance 3.1, 3.2, 3.3, R3, R4, C6. */
#include "postern/retention.h"

#include "postern/caldate.h"
#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static int64_t day_of(const char *text)
{
	int64_t day = 0;

	assert_true(caldate_parse(text, &day));
	return day;
}

/* --- due dates ------------------------------------------------------------ */

static void check_period(const json_t *row)
{
	struct retention r;
	struct period p;

	assert_true(period_parse(row_text(row, "period"), &p));
	assert_true(retention_of(day_of(row_text(row, "start")), &p, &r));
	assert_int_equal(r.last_day, day_of(row_text(row, "last_day")));
	assert_int_equal(r.erase_from, day_of(row_text(row, "erase_from")));
}

static void every_period_of_the_fixture_is_due(void **state)
{
	(void)state;
	rows_each("retention/iso8601-periods.jsonl", check_period);
}

static void check_statutory(const json_t *row)
{
	const struct statutory *s = statutory_find(row_text(row, "rule"));
	struct retention r;

	assert_non_null(s);
	assert_true(retention_statutory(day_of(row_text(row, "event_date")),
					s->years, s->year_end, &r));
	assert_int_equal(r.last_day,
			 day_of(row_text(row, "last_day_of_retention")));
	assert_int_equal(r.erase_from,
			 day_of(row_text(row, "earliest_erasure")));
}

static void every_law_of_the_fixture_is_due(void **state)
{
	(void)state;
	rows_each("retention/statutory.jsonl", check_statutory);
}

static void laws_have_one_name_each(void **state)
{
	size_t len;
	const struct statutory *all = statutory_all(&len);

	(void)state;
	assert_true(len >= 5);
	for (size_t i = 0; i < len; i++)
		assert_ptr_equal(statutory_find(all[i].name), &all[i]);
	assert_null(statutory_find("HGB_Handelsbrief"));
	assert_null(statutory_find(""));
}

static void what_has_no_following_day_is_not_due(void **state)
{
	struct period p = {.days = 1};
	struct retention r;

	(void)state;
	assert_true(retention_of(CALDATE_MAX - 2, &p, &r));
	assert_int_equal(r.erase_from, CALDATE_MAX);
	assert_false(retention_of(CALDATE_MAX - 1, &p, &r));
	assert_false(retention_of(CALDATE_MAX, &p, &r));
	assert_false(retention_statutory(day_of("9995-05-05"), 6, true, &r));
	assert_false(retention_statutory(day_of("9998-05-05"), 1, true, &r));
	assert_true(retention_statutory(day_of("9998-05-05"), 1, false, &r));
}

/* --- the decision --------------------------------------------------------- */

static size_t word(const json_t *row, const char *key, const char *const *words,
		   size_t len)
{
	size_t i = 0;

	while (i < len && strcmp(words[i], row_text(row, key)) != 0)
		i++;
	assert_true(i < len);
	return i;
}

static struct maybe_day maybe(const json_t *row, const char *key)
{
	const json_t *v = json_object_get(row, key);

	if (!json_is_string(v))
		return (struct maybe_day){0};
	return (struct maybe_day){true, day_of(json_string_value(v))};
}

static struct erasure_facts facts_of(const json_t *row)
{
	const char *restriction =
	    json_string_value(json_object_get(row, "restriction"));

	return (struct erasure_facts){
	    .today = day_of(row_text(row, "today")),
	    .trigger = (enum erasure_trigger)word(
		row, "trigger", erasure_trigger_names, TRIGGERS),
	    .basis = (enum legal_basis)word(row, "basis", legal_basis_names,
					    LEGAL_BASES),
	    .marketing = strcmp(row_text(row, "purpose"), "marketing") == 0,
	    .purpose_active =
		json_is_true(json_object_get(row, "purpose_active")),
	    .rule_due = maybe(row, "rule_due"),
	    .statutory_last_day = maybe(row, "statutory_last_day"),
	    .legal_hold = json_is_true(json_object_get(row, "legal_hold")),
	    .restriction = restriction == NULL ? '\0' : restriction[0],
	};
}

static void check_case(const json_t *row)
{
	struct erasure_facts f = facts_of(row);
	struct erasure_decision d = erasure_decide(&f);
	char got[64], until[CALDATE_BYTES];

	(void)snprintf(got, sizeof(got), "%s",
		       erasure_verdict_names[d.verdict]);
	if (d.verdict == ERASURE_RESTRICT_UNTIL) {
		caldate_format(d.until, until);
		(void)snprintf(got, sizeof(got), "restrict_until:%s", until);
	}
	if (strcmp(got, row_text(row, "expect")) != 0)
		fail_msg("%s: %s", row_name(row), got);
	assert_true(d.reasons_len >= 1);
}

static void every_case_of_the_fixture_is_decided(void **state)
{
	(void)state;
	rows_each("erasure-decisions/cases.jsonl", check_case);
}

/* All combinations: reasons are there, and nothing is erased that has to be
 * kept. */
static void check_safe(const struct erasure_facts *f)
{
	struct erasure_decision d = erasure_decide(f);

	assert_true(d.reasons_len >= 1 && d.reasons_len <= ERASURE_REASONS_MAX);
	for (size_t i = 0; i < d.reasons_len; i++)
		assert_non_null(d.reasons[i].code);
	if (d.verdict != ERASURE_ERASE)
		return;
	assert_false(f->legal_hold);
	assert_false(f->statutory_last_day.is &&
		     f->statutory_last_day.day >= f->today);
	assert_false(f->trigger == TRIGGER_SCHEDULE &&
		     (f->restriction != 0 || !f->rule_due.is ||
		      f->rule_due.day > f->today));
	assert_false(f->trigger == TRIGGER_ART17 && f->purpose_active &&
		     f->basis != LEGAL_BASIS_CONSENT);
}

static void nothing_is_erased_that_has_to_be_kept(void **state)
{
	static const struct maybe_day days[] = {
	    {false, 0}, {true, 99}, {true, 100}, {true, 101}};
	struct erasure_facts f = {.today = 100};

	(void)state;
	for (unsigned int i = 0; i < TRIGGERS * LEGAL_BASES * 16 * 16 * 2;
	     i++) {
		unsigned int rest = i;

		f.trigger = (enum erasure_trigger)(rest % TRIGGERS);
		rest /= TRIGGERS;
		f.basis = (enum legal_basis)(rest % LEGAL_BASES);
		rest /= LEGAL_BASES;
		f.rule_due = days[rest % 4];
		f.statutory_last_day = days[rest / 4 % 4];
		f.marketing = rest / 16 % 2;
		f.purpose_active = rest / 32 % 2;
		f.legal_hold = rest / 64 % 2;
		f.restriction = "\0abcd"[rest / 128 % 4];
		check_safe(&f);
	}
}

static void the_first_reason_is_the_one_that_decided(void **state)
{
	struct erasure_facts f = {.today = 100,
				  .trigger = TRIGGER_SCHEDULE,
				  .basis = LEGAL_BASIS_CONTRACT,
				  .rule_due = {true, 50},
				  .statutory_last_day = {true, 200},
				  .restriction = 'b',
				  .legal_hold = true};
	struct erasure_decision d = erasure_decide(&f);

	(void)state;
	assert_int_equal(d.verdict, ERASURE_RESTRICT_HOLD);
	assert_int_equal(d.reasons_len, 4);
	assert_string_equal(d.reasons[0].code, "HOLD");
	assert_string_equal(d.reasons[1].code,
			    "JustificationA17LegallyRequired");
	assert_string_equal(d.reasons[2].code, "RESTRICTED");
	assert_string_equal(d.reasons[2].article, "Art. 18(1)(b) GDPR");
	assert_string_equal(d.reasons[3].code, "RULE_DUE");
	assert_int_equal(d.until, 201);
	f.legal_hold = false;
	d = erasure_decide(&f);
	assert_int_equal(d.verdict, ERASURE_RESTRICT_UNTIL);
	assert_string_equal(d.reasons[0].code,
			    "JustificationA17LegallyRequired");
	f.statutory_last_day.is = false;
	d = erasure_decide(&f);
	assert_int_equal(d.verdict, ERASURE_RESTRICT_HOLD);
	assert_string_equal(d.reasons[0].code, "RESTRICTED");
	f.restriction = 0;
	d = erasure_decide(&f);
	assert_int_equal(d.verdict, ERASURE_ERASE);
	assert_string_equal(d.reasons[0].code, "RULE_DUE");
}

static void a_limitation_period_orders_nothing(void **state)
{
	static const char *const may[] = {"BGB195_Verjaehrung_3", "BGB 195"};
	static const char *const must[] = {"HGB_Handelsbrief_6", "AO 147",
					   "UWG7a_Einwilligung_5", "GwG 8"};

	(void)state;
	for (size_t i = 0; i < sizeof(may) / sizeof(may[0]); i++)
		assert_false(statutory_orders(may[i]));
	for (size_t i = 0; i < sizeof(must) / sizeof(must[0]); i++)
		assert_true(statutory_orders(must[i]));
	assert_true(statutory_orders(NULL));
}

static void the_last_day_of_all_stands_for_ever(void **state)
{
	struct erasure_facts f = {.today = CALDATE_MAX,
				  .trigger = TRIGGER_WITHDRAWAL,
				  .basis = LEGAL_BASIS_CONSENT,
				  .statutory_last_day = {true, CALDATE_MAX}};
	struct erasure_decision d = erasure_decide(&f);

	(void)state;
	assert_int_equal(d.verdict, ERASURE_RESTRICT_UNTIL);
	assert_int_equal(d.until, CALDATE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_period_of_the_fixture_is_due),
	    cmocka_unit_test(every_law_of_the_fixture_is_due),
	    cmocka_unit_test(laws_have_one_name_each),
	    cmocka_unit_test(what_has_no_following_day_is_not_due),
	    cmocka_unit_test(every_case_of_the_fixture_is_decided),
	    cmocka_unit_test(nothing_is_erased_that_has_to_be_kept),
	    cmocka_unit_test(the_first_reason_is_the_one_that_decided),
	    cmocka_unit_test(a_limitation_period_orders_nothing),
	    cmocka_unit_test(the_last_day_of_all_stands_for_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
