/* test_consent.c - the state of a consent at a time.
 * Proves: compliance 4.2. */
#include "postern/consent.h"

#include "postern/caldate.h"
#include "rows.h"
#include "zone_house.h"

#define LEN(a)	   (sizeof(a) / sizeof((a)[0]))
#define EVENTS_MAX 8

static struct zone *berlin;

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	assert_true(instant_parse(text, &ms));
	return ms;
}

/* --- the fixture ---------------------------------------------------------- */

static struct consent_event event_of(const json_t *e, size_t index)
{
	const json_t *duration = json_object_get(e, "dpv:hasDuration");
	const char *value = row_text(duration, "rdf:value");
	struct consent_event ret = {
	    .at_ms = ms_of(row_text(e, "dpv:isIndicatedAtTime")),
	    .log_index = index,
	    .temporal = strcmp(row_text(duration, "@type"),
			       "dpv:TemporalDuration") == 0};
	const json_t *type;
	size_t i;

	if (ret.temporal)
		assert_true(period_parse(value, &ret.valid));
	ret.state = CONSENT_STATES;
	json_array_foreach(json_object_get(e, "@type"), i, type)
	{
		enum consent_state state;
		enum consent_type how;

		if (consent_state_parse(json_string_value(type), &state))
			ret.state = state;
		else
			assert_true(
			    consent_type_parse(json_string_value(type), &how));
	}
	assert_true(ret.state != CONSENT_STATES);
	return ret;
}

static void check_history(const json_t *row)
{
	const json_t *list = json_object_get(row, "events");
	struct consent_event events[EVENTS_MAX];
	size_t len = json_array_size(list);
	enum consent_state state;

	assert_true(len <= EVENTS_MAX);
	for (size_t i = 0; i < len; i++)
		events[i] = event_of(json_array_get(list, i), i);
	state =
	    consent_state_at(events, len, ms_of(row_text(row, "at")), berlin);
	if (strcmp(consent_state_name(state),
		   row_text(row, "expected_state")) != 0)
		fail_msg("%s", row_name(row));
	assert_int_equal(
	    consent_is_valid(state),
	    json_is_true(json_object_get(row, "valid_for_processing")));
}

static void every_history_of_the_fixture_has_its_state(void **state)
{
	(void)state;
	rows_each("dpv/consent-states.jsonl", check_history);
}

/* Whether each term of the vocabulary that is a state is one here. */
static void every_term_of_the_vocabulary_is_known(void **state)
{
	FILE *in = rows_open("dpv/consent_status.csv");
	char line[4096], term[64];
	size_t seen = 0;

	(void)state;
	if (in == NULL)
		skip();
	while (fgets(line, sizeof(line), in) != NULL) {
		enum consent_state found;

		if (sscanf(line, "\"%63[^\"]\"", term) != 1 ||
		    strcmp(term, "term") == 0 ||
		    strncmp(term, "ConsentStatus", 13) == 0)
			continue;
		if (!consent_state_parse(term, &found))
			fail_msg("%s", term);
		assert_string_equal(consent_state_name(found), term);
		seen++;
	}
	(void)fclose(in);
	assert_int_equal(seen, CONSENT_STATES);
}

/* --- by hand -------------------------------------------------------------- */

static void other_terms_are_no_state(void **state)
{
	static const char *const bad[] = {"ConsentTerminated",
					  "dpv:ConsentTerminated",
					  "ConsentStatus",
					  "consentgiven",
					  "dpv:dpv:ConsentGiven",
					  "",
					  "dpv:",
					  "ExpressedConsent"};
	enum consent_state s;
	enum consent_type t;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		assert_false(consent_state_parse(bad[i], &s));
	assert_false(consent_type_parse("ImpliedConsent", &t));
	assert_true(consent_type_parse("dpv:ExplicitlyExpressedConsent", &t));
	assert_int_equal(t, CONSENT_EXPLICITLY_EXPRESSED);
	assert_string_equal(consent_type_name(t), "ExplicitlyExpressedConsent");
}

static void two_states_and_no_other_are_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < CONSENT_STATES; i++)
		assert_int_equal(consent_is_valid((enum consent_state)i),
				 i == CONSENT_GIVEN || i == CONSENT_RENEWED);
}

static void at_the_same_time_the_log_decides(void **state)
{
	const struct consent_event events[] = {
	    {.at_ms = 1000, .log_index = 9, .state = CONSENT_WITHDRAWN},
	    {.at_ms = 1000, .log_index = 8, .state = CONSENT_GIVEN},
	    {.at_ms = 500, .log_index = 10, .state = CONSENT_RENEWED},
	};

	(void)state;
	assert_int_equal(consent_state_at(events, 3, 1000, NULL),
			 CONSENT_WITHDRAWN);
	assert_int_equal(consent_state_at(events, 3, 999, NULL),
			 CONSENT_RENEWED);
	assert_int_equal(consent_state_at(events, 3, 499, NULL),
			 CONSENT_UNKNOWN);
}

/* C7: a start after a withdrawal revives nothing. */
static void a_new_request_is_no_consent(void **state)
{
	const struct consent_event events[] = {
	    {.at_ms = 1, .log_index = 1, .state = CONSENT_GIVEN},
	    {.at_ms = 2, .log_index = 2, .state = CONSENT_WITHDRAWN},
	    {.at_ms = 3, .log_index = 3, .state = CONSENT_REQUESTED},
	    {.at_ms = 4, .log_index = 4, .state = CONSENT_GIVEN},
	};

	(void)state;
	assert_int_equal(consent_state_at(events, 4, 3, NULL),
			 CONSENT_REQUESTED);
	assert_int_equal(consent_state_at(events, 4, 4, NULL), CONSENT_GIVEN);
}

static void a_validity_ends_with_its_last_local_day(void **state)
{
	const struct consent_event given = {
	    .at_ms = ms_of("2026-08-31T10:00:00+02:00"),
	    .state = CONSENT_RENEWED,
	    .temporal = true,
	    .valid = {.months = 6}};

	(void)state;
	assert_int_equal(
	    consent_state_at(&given, 1, ms_of("2027-02-28T23:59:59.999+01:00"),
			     berlin),
	    CONSENT_RENEWED);
	assert_int_equal(consent_state_at(&given, 1,
					  ms_of("2027-03-01T00:00:00+01:00"),
					  berlin),
			 CONSENT_EXPIRED);
	/* The same time is still the last day in UTC. */
	assert_int_equal(consent_state_at(&given, 1,
					  ms_of("2027-03-01T00:00:00+01:00"),
					  NULL),
			 CONSENT_RENEWED);
}

static void what_is_no_consent_does_not_expire(void **state)
{
	struct consent_event e = {.at_ms = 0,
				  .state = CONSENT_WITHDRAWN,
				  .temporal = true,
				  .valid = {.days = 1}};

	(void)state;
	assert_int_equal(
	    consent_state_at(&e, 1, ms_of("2026-01-01T00:00:00Z"), berlin),
	    CONSENT_WITHDRAWN);
	e.state = CONSENT_GIVEN;
	e.valid = (struct period){.years = 99999};
	assert_int_equal(
	    consent_state_at(&e, 1, ms_of("9999-01-01T00:00:00Z"), berlin),
	    CONSENT_GIVEN);
}

static int begin(void **state)
{
	(void)state;
	berlin = zone_of(BERLIN);
	return berlin == NULL ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	zone_free(&berlin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_history_of_the_fixture_has_its_state),
	    cmocka_unit_test(every_term_of_the_vocabulary_is_known),
	    cmocka_unit_test(other_terms_are_no_state),
	    cmocka_unit_test(two_states_and_no_other_are_valid),
	    cmocka_unit_test(at_the_same_time_the_log_decides),
	    cmocka_unit_test(a_new_request_is_no_consent),
	    cmocka_unit_test(a_validity_ends_with_its_last_local_day),
	    cmocka_unit_test(what_is_no_consent_does_not_expire),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
