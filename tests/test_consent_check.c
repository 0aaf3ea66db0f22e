/* test_consent_check.c - `postern consent import --check`: rows of a file and
 * where their fault is. */
#include "policy_verbs/consent_check.h"

#include "consentrecord_example.h"
#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- places --------------------------------------------------------------- */

static void a_field_is_found_where_it_is(void **state)
{
	static const char text[] =
	    " {\"x\": \"a\\\"}b\", \"l\" : [1, {\"k\": [true], \"m\": "
	    "{\"n\": null}}, \"last\"], \"o\": {\"p\": -1.5e3}}";
	static const struct {
		const char *field, *found;
	} places[] = {
	    {"", "{\"x\""},
	    {"x", "\"x\""},
	    {"l[0]", "1,"},
	    {"l[1]", "{\"k\""},
	    {"l[1].k[0]", "true]"},
	    {"l[1].m.n", "\"n\""},
	    {"l[2]", "\"last\""},
	    {"o[0].p", "\"p\""}, /* stands alone */
	    /* What is not there: the nearest around it. */
	    {"l[7]", "\"l\""},
	    {"l[1].m.q", "\"m\""},
	    {"y", "{\"x\""},
	    {"x.z", "\"x\""},
	};

	(void)state;
	for (size_t i = 0; i < LEN(places); i++) {
		size_t at = consent_check_place(text, sizeof(text) - 1,
						places[i].field);

		if (strncmp(text + at, places[i].found,
			    strlen(places[i].found)) != 0)
			fail_msg("%s: %s", places[i].field, text + at);
	}
}

static void no_field_is_found_outside_the_text(void **state)
{
	static const char text[] = "{\"a\":[{\"b\":\"\\\\\"},[]],\"c\":7}";
	static const char *const fields[] = {"a[0].b", "a[1][0]", "c",
					     "c[0].d", "a[9].b",  "b"};

	(void)state;
	/* Cut anywhere: it is asked of valid JSON only, but must not stray. */
	for (size_t len = 0; len < sizeof(text); len++)
		for (size_t i = 0; i < LEN(fields); i++)
			assert_true(consent_check_place(text, len, fields[i]) <=
				    len);
}

/* --- rows ----------------------------------------------------------------- */

static void a_record_may_stand_alone_or_in_a_row(void **state)
{
	json_t *record = consentrecord_print(&example_record);
	json_t *row = json_pack("{s:O}", "record", record);
	struct consent_verdict v;

	(void)state;
	consent_check(record, &v);
	assert_true(v.accepted);
	assert_string_equal(v.form, "record");
	consent_check(row, &v);
	assert_true(v.accepted);
	assert_int_equal(json_object_del(record, "dct:identifier"), 0);
	consent_check(record, &v);
	assert_false(v.accepted);
	assert_string_equal(v.fault.field, "dct:identifier");
	consent_check(row, &v);
	assert_string_equal(v.fault.field, "record.dct:identifier");
	json_decref(row);
	json_decref(record);
}

static void what_is_no_record_is_refused(void **state)
{
	json_t *row = json_pack("{s:{s:s}}", "receipt", "a", "b");
	struct consent_verdict v;

	(void)state;
	consent_check(row, &v);
	assert_false(v.accepted);
	assert_null(v.form);
	assert_string_equal(v.fault.field, "receipt");
	json_decref(row);
}

static json_t *events_row(const char *type, const char *at)
{
	return json_pack("{s:[{s:[s,s], s:s, s:s, s:{s:s, s:s}}], s:s}",
			 "events", "@type", type, "dpv:ExpressedConsent",
			 "dpv:isIndicatedAtTime", "2026-01-01T10:00:00Z",
			 "dpv:isIndicatedBy", "dpv:DataSubject",
			 "dpv:hasDuration", "@type", "dpv:TemporalDuration",
			 "rdf:value", "P1M", "at", at);
}

static void events_make_a_state(void **state)
{
	static const struct {
		const char *type, *at, *field;
		enum consent_state state;
	} rows[] = {
	    {"dpv:ConsentGiven", "2026-01-02T10:00:00Z", NULL, CONSENT_GIVEN},
	    {"dpv:ConsentGiven", "2026-03-02T10:00:00Z", NULL, CONSENT_EXPIRED},
	    {"dpv:ConsentGiven", "2025-01-02T10:00:00Z", NULL, CONSENT_UNKNOWN},
	    {"dpv:ConsentGiven", "soon", "at", CONSENT_UNKNOWN},
	    {"dpv:ConsentTerminated", "2026-01-02T10:00:00Z",
	     "events[0].@type[0]", CONSENT_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < LEN(rows); i++) {
		json_t *row = events_row(rows[i].type, rows[i].at);
		struct consent_verdict v;

		consent_check(row, &v);
		assert_int_equal(v.accepted, rows[i].field == NULL);
		assert_int_equal(v.has_state, rows[i].field == NULL);
		if (v.has_state)
			assert_int_equal(v.state, rows[i].state);
		else
			assert_string_equal(v.fault.field, rows[i].field);
		json_decref(row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_field_is_found_where_it_is),
	    cmocka_unit_test(no_field_is_found_outside_the_text),
	    cmocka_unit_test(a_record_may_stand_alone_or_in_a_row),
	    cmocka_unit_test(what_is_no_record_is_refused),
	    cmocka_unit_test(events_make_a_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
