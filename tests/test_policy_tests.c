/* The tests inside a policy: what they compare, when, and what they leave
 * out; those of the templates. */
#include "policy_house.h"

#include "postern/caldate.h"
#include "postern/holidays.h"
#include "settings/templates.h"
#include "zone_house.h"

#define RULES                                                             \
	HEAD "purposes:\n"                                                \
	     "  support: {basis: contract}\n"                             \
	     "  news: {basis: consent, ask: {de: frage, en: question}}\n" \
	     "  spare: {basis: contract}\n"                               \
	     "data:\n"                                                    \
	     "  MSG: {from: process_end, delete: P90D}\n"                 \
	     "  LETTER: {from: collection, statutory: {norm: "            \
	     "HGB_Handelsbrief_6}}\n"                                     \
	     "  PROOF: {from: collection, statutory: {norm: UWG, years: " \
	     "5}}\n"                                                      \
	     "  MEDIA: {from: process_end, delete: P90D}\n"               \
	     "  RAW: {from: collection, delete: P3D}\n"                   \
	     "channels:\n"                                                \
	     "  chat:\n"                                                  \
	     "    purpose: support\n"                                     \
	     "    data: MSG\n"                                            \
	     "    first_contact: consent\n"                               \
	     "    notice: {de: hinweis, en: hint}\n"                      \
	     "    consent: news\n"                                        \
	     "    until_consent: {do: hold_back, for: P5D}\n"             \
	     "    media: {kinds: [image], max: 200KiB}\n"                 \
	     "    hours: {days: {mon: [\"08:00-17:00\"]}, outside: zu}\n" \
	     "    tag: [{words: [Rechnung], data: LETTER}]\n"             \
	     "    on_delete: {keep: legal_obligation, as: PROOF}\n"       \
	     "  mail: {purpose: support, data: MSG}\n"                    \
	     "helpdesks:\n"                                               \
	     "  desk: {sees: [text], person: name}\n"                     \
	     "  other: {sees: []}\n"                                      \
	     "patterns: {kunde: \"KD-####\"}\n"                           \
	     "redact:\n"                                                  \
	     "  - {find: iban, before: [forward]}\n"                      \
	     "  - {find: kunde, before: [store]}\n"                       \
	     "  - {find: card, before: [store], channels: [mail]}\n"      \
	     "notices: {frage: Angebote?, question: Offers?, hinweis: "   \
	     "Hinweis, hint: Hint, zu: zu}\n"

#define TEST(given, expect)                                                \
	RULES "tests:\n  - {name: t, given: {" given "}, expect: {" expect \
	      "}}\n"
#define TEST_AT(at, given, expect)                                   \
	RULES "tests:\n  - {name: t, at: \"" at "\", given: {" given \
	      "}, expect: {" expect "}}\n"

static struct zone *berlin;

static int make_zone(void **state)
{
	(void)state;
	berlin = zone_of(BERLIN);
	return berlin ? 0 : -1;
}

static int free_zone(void **state)
{
	(void)state;
	zone_free(&berlin);
	return 0;
}

/* Runs the one test of the text; what differs. */
static const char *why_of(const char *text)
{
	static char why[160];
	const struct policy_test_facts facts = {
	    .land = "BE", .language = "de", .zone = berlin};
	struct policy *p = good(text);
	const char *name;
	size_t line;

	assert_true(
	    policy_test_run(p, 0, &facts, &name, &line, why, sizeof(why)));
	assert_string_equal(name, "t");
	assert_false(
	    policy_test_run(p, 1, &facts, &name, &line, why, sizeof(why)));
	policy_free(&p);
	return why;
}

/* --- each expectation can fail -------------------------------------------- */

static const struct {
	const char *text, *why; /* "" passes */
} answers[] = {
    {TEST("channel: mail, text: Hallo", "store: MSG"), ""},
    {TEST("channel: mail, text: Hallo", "store: LETTER"),
     "store: expected LETTER, but it is MSG"},
    {TEST("channel: mail, text: Hallo", "store: false"),
     "store: expected none, but it is MSG"},
    {TEST("channel: mail, text: Hallo, mechanism: invalid", "store: MSG"),
     "store: expected MSG, but it is none"},
    {TEST("channel: mail, text: Hallo", "forward: other"), ""},
    {TEST("channel: mail, text: Hallo", "forward: false"),
     "forward: expected none, but it is desk"},
    {TEST("channel: mail, text: Hallo, helpdesk: other", "forward: desk"),
     "forward: expected desk, but it is other"},
    {TEST("channel: mail, text: Hallo", "person: alias"),
     "person: expected alias, but it is name"},
    /* Nobody is called anything when nothing is forwarded. */
    {TEST("channel: mail, text: Hallo, restricted: true", "person: name"),
     "person: expected name, but it is none"},
    {TEST("channel: chat, text: Hallo", "notice: hint"),
     "notice: expected hint, but it is hinweis"},
    {TEST("channel: chat, text: Hallo, language: en", "notice: hint"), ""},
    {TEST("channel: chat, text: Hallo, noticed: true", "notice: hinweis"),
     "notice: expected hinweis, but it is none"},
    {TEST("channel: chat, text: Hallo", "ask: false"),
     "ask: expected none, but it is frage"},
    {TEST("channel: chat, text: Hallo, consent: requested", "ask: frage"),
     "ask: expected frage, but it is none"},
    {TEST("channel: mail, text: Stopp", "reply: false"),
     "reply: expected none, but it is stopped"},
    {TEST("channel: mail, text: Hilfe", "reply: help"), ""},
    {TEST("channel: mail, text: Hilfe", "keyword: STOP"),
     "keyword: expected STOP, but it is HELP"},
    {TEST("channel: mail, text: Hallo", "keyword: NONE"), ""},
    {TEST("channel: chat, text: Hallo", "hold_back: true"), ""},
    {TEST("channel: chat, text: Hallo", "hold_back: P5D"), ""},
    {TEST("channel: chat, text: Hallo", "hold_back: P7D"),
     "hold_back: expected P7D, but it is P0Y0M5D"},
    {TEST("channel: mail, text: Hallo", "hold_back: P7D"),
     "hold_back: expected P7D, but nothing is held back"},
    {TEST("channel: chat, text: Hallo, consent: given", "hold_back: true"),
     "hold_back: expected true, but it is false"},
    {TEST("channel: chat, purpose: news", "send: true"),
     "send: expected true, but it is false"},
    {TEST("channel: chat, purpose: news", "refuse: consent_expired"),
     "refuse: consent_expired is not among the reasons"},
    {TEST("channel: chat, purpose: news, consent: expired",
	  "refuse: consent_expired, send: false"),
     ""},
    {TEST("channel: chat, event: reply, window: closed",
	  "refuse: window.closed"),
     ""},
    {TEST("channel: chat, event: reply, window: closed, template: true",
	  "send: true"),
     ""},
    {TEST("channel: mail, text: Hallo, mechanism: invalid",
	  "quarantine: false"),
     "quarantine: expected false, but it is true"},
    {TEST("channel: mail, text: Hallo", "special: true"),
     "special: expected true, but it is false"},
    {TEST("channel: mail, text: Hallo", "reduced: true"),
     "reduced: expected true, but it is false"},
    {TEST("channel: chat, event: delete", "delete: forget"),
     "delete: expected forget, but it is keep"},
    {TEST("channel: chat, event: edit, text: neu", "delete: forget"), ""},
    {TEST("channel: chat, media: image, bytes: 204800", "media: true"), ""},
    {TEST("channel: chat, media: image, bytes: 204801", "media: true"),
     "media: expected true, but it is false"},
    {TEST("channel: chat, media: video", "media: true"),
     "media: expected true, but it is false"},
    /* No attachment was taken where there was none. */
    {TEST("channel: chat, text: Hallo", "media: true"),
     "media: expected true, but it is false"},
};

static void each_expectation_can_hold_and_fail(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		const char *why = why_of(answers[i].text);

		if (strcmp(why, answers[i].why) != 0)
			fail_msg("case %zu: '%s', not '%s'", i, why,
				 answers[i].why);
	}
}

/* --- what is taken out ---------------------------------------------------- */

#define ACCOUNT "DE89 3704 0044 0532 0130 00"

static void what_is_taken_out_is_listed_exactly(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {TEST("channel: mail, text: \"" ACCOUNT " KD-1234\"",
		  "redacted: [iban, kunde]"),
	     ""},
	    {TEST("channel: mail, text: \"" ACCOUNT " KD-1234\"",
		  "redacted: [kunde, iban]"),
	     ""},
	    {TEST("channel: mail, text: \"" ACCOUNT "\"", "redacted: []"),
	     "redacted: iban is taken out too"},
	    {TEST("channel: mail, text: Hallo", "redacted: [iban]"),
	     "redacted: expected iban, but it is not found"},
	    {TEST("channel: mail, text: Hallo", "redacted: []"), ""},
	    /* On its channel only. */
	    {TEST("channel: mail, text: \"4111 1111 1111 1111\"",
		  "redacted: [card]"),
	     ""},
	    {TEST("channel: chat, text: \"4111 1111 1111 1111\"",
		  "redacted: []"),
	     ""},
	    /* Who is shown no text is shown no text without an IBAN. */
	    {TEST("channel: mail, helpdesk: other, text: \"" ACCOUNT
		  " KD-1234\"",
		  "redacted: [kunde]"),
	     ""},
	    {TEST("channel: mail, restricted: true, text: \"" ACCOUNT
		  " KD-1234\"",
		  "redacted: [kunde]"),
	     ""},
	    /* Held back now, shown later. */
	    {TEST("channel: chat, text: \"" ACCOUNT "\"", "redacted: [iban]"),
	     ""},
	    /* Nothing is stored, so nothing is taken out of it. */
	    {TEST("channel: mail, mechanism: invalid, text: \"KD-1234\"",
		  "redacted: []"),
	     ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = why_of(cases[i].text);

		if (strcmp(why, cases[i].why) != 0)
			fail_msg("case %zu: '%s', not '%s'", i, why,
				 cases[i].why);
	}
}

/* --- time ----------------------------------------------------------------- */

#define OPEN(at)   TEST_AT(at, "channel: chat, text: Hallo", "reply: false")
#define CLOSED(at) TEST_AT(at, "channel: chat, text: Hallo", "reply: outside")

static void the_clock_on_the_wall_counts(void **state)
{
	static const char *const cases[] = {
	    /* 2026-11-16 is a Monday. */
	    OPEN("2026-11-16T08:00:00+01:00"),
	    CLOSED("2026-11-16T07:59:59+01:00"),
	    OPEN("2026-11-16T16:59:59+01:00"),
	    CLOSED("2026-11-16T17:00:00+01:00"),
	    OPEN("2026-11-16T07:00:00Z"),
	    CLOSED("2026-11-16T06:59:59Z"),
	    /* Summer: two hours ahead. */
	    OPEN("2026-07-06T06:00:00Z"),
	    CLOSED("2026-07-06T15:00:00Z"),
	    /* Sunday here, Monday there. */
	    CLOSED("2026-11-16T08:30:00+12:00"),
	    CLOSED("2026-11-17T10:00:00+01:00"),
	    /* Easter Monday. */
	    CLOSED("2026-04-06T10:00:00+02:00"),
	    /* Who does not say when means office hours. */
	    TEST("channel: chat, text: Hallo", "reply: false"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = why_of(cases[i]);

		if (why[0] != '\0')
			fail_msg("case %zu: %s", i, why);
	}
}

static void without_a_land_what_is_a_holiday_everywhere_counts(void **state)
{
	static const struct {
		const char *at;
		bool holiday; /* everywhere */
	} cases[] = {
	    {"2028-05-01T10:00:00Z", true},  /* Labour Day */
	    {"2027-03-29T10:00:00Z", true},  /* Easter Monday */
	    {"2028-12-25T10:00:00Z", true},  /* Christmas */
	    {"2025-01-06T10:00:00Z", false}, /* in three Laender */
	    {"2027-03-08T10:00:00Z", false}, /* in two */
	};
	char text[4096], why[80];
	const char *name;
	size_t line;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct policy_test_facts facts = {.language = "de"};
		struct policy *p;

		(void)snprintf(text, sizeof(text),
			       RULES "tests:\n  - {name: t, at: \"%s\", given: "
				     "{channel: chat, text: Hallo}, expect: "
				     "{reply: %s}}\n",
			       cases[i].at,
			       cases[i].holiday ? "outside" : "false");
		p = good(text);
		assert_true(policy_test_run(p, 0, &facts, &name, &line, why,
					    sizeof(why)));
		if (why[0] != '\0')
			fail_msg("%s: %s", cases[i].at, why);
		policy_free(&p);
	}
}

static void a_deletion_rule_is_held_by_hand(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
	    {TEST("data: MSG, start: 2026-05-15", "due: 2026-08-14"), ""},
	    {TEST("data: MSG, start: 2026-05-15", "due: 2026-08-13"),
	     "due: expected 2026-08-13, but it is 2026-08-14"},
	    /* From the end of the year, and from the day. */
	    {TEST("data: LETTER, start: 2026-03-15", "due: 2033-01-01"), ""},
	    {TEST("data: PROOF, start: 2028-02-29", "due: 2033-03-01"), ""},
	    /* The Datenart that the message gets. */
	    {TEST("channel: chat, text: Rechnung, start: 2026-03-15",
		  "store: LETTER, due: 2033-01-01"),
	     ""},
	    /* The local date of the point in time. */
	    {TEST_AT("2026-12-31T23:30:00Z", "channel: chat, text: Rechnung",
		     "due: 2034-01-01"),
	     ""},
	    {TEST("data: PROOF, start: 9999-01-01", "due: 9999-12-31"),
	     "due: expected 9999-12-31, but it is never"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *why = why_of(cases[i].text);

		if (strcmp(why, cases[i].why) != 0)
			fail_msg("case %zu: '%s', not '%s'", i, why,
				 cases[i].why);
	}
}

/* --- findings and what is left out ---------------------------------------- */

static void a_failing_test_is_a_finding_at_its_place(void **state)
{
	const struct policy_test_facts facts = {.language = "de"};
	struct policy *p = good(
	    RULES "tests:\n"
		  "  - {name: good, given: {channel: mail}, expect: "
		  "{forward: desk}}\n"
		  "  - {name: bad, given: {channel: mail}, expect: {forward: "
		  "false}}\n");

	(void)state;
	diag_init(&diag, "policy.yaml");
	assert_int_equal(policy_tests_check(p, &facts, &diag), 1);
	assert_int_equal(diag.findings_len, 1);
	assert_int_equal(diag.findings[0].line, 37);
	assert_int_equal(diag.findings[0].column, 5);
	assert_string_equal(diag.findings[0].text,
			    "test 'bad' fails: forward: expected none, but it "
			    "is desk; correct the rule, or the test");
	policy_free(&p);
}

/* "purpose news, Datenart MSG, ..." of what no test names. */
static const char *left_out(const char *text)
{
	static char all[1024];
	const struct policy_test_facts facts = {
	    .land = "BE", .language = "de", .zone = berlin};
	struct policy *p = good(text);
	struct policy_coverage *c = NULL;
	struct policy_uncovered left;
	size_t len = 0;

	all[0] = '\0';
	assert_int_equal(policy_coverage_new(p, &facts, &c), 0);
	for (size_t i = 0; policy_coverage_at(c, i, &left); i++) {
		assert_true(left.line > 0 && left.column > 0);
		len +=
		    (size_t)snprintf(all + len, sizeof(all) - len, "%s%s %s",
				     i > 0 ? ", " : "", left.kind, left.name);
		assert_true(len < sizeof(all));
	}
	policy_coverage_free(&c);
	policy_free(&p);
	return all;
}

static void what_no_test_names_is_counted(void **state)
{
	(void)state;
	assert_string_equal(
	    left_out(RULES),
	    "purpose support, purpose news, purpose spare, Datenart MSG, "
	    "Datenart LETTER, Datenart PROOF, Datenart MEDIA, Datenart RAW, "
	    "channel chat, channel mail, helpdesk desk, helpdesk other, "
	    "redact iban, redact kunde, redact card, tag LETTER");
	/* A message with a tag asks for a consent. */
	assert_string_equal(
	    left_out(TEST("channel: chat, text: Eine Rechnung",
			  "store: LETTER, ask: frage")),
	    "purpose spare, Datenart MSG, Datenart PROOF, Datenart MEDIA, "
	    "Datenart RAW, channel mail, helpdesk desk, helpdesk other, "
	    "redact iban, redact kunde, redact card");
	/* An entry of redact counts on its own channels only. */
	assert_string_equal(
	    left_out(RULES
		     "tests:\n"
		     "  - {name: a, given: {channel: chat, text: KD-1234, "
		     "helpdesk: other}, expect: {redacted: [kunde]}}\n"
		     "  - {name: b, given: {channel: chat, text: x}, expect: "
		     "{redacted: [card, iban], forward: desk}}\n"
		     "  - {name: c, given: {channel: chat, event: delete}, "
		     "expect: {delete: keep}}\n"
		     "  - {name: d, given: {channel: chat, media: image}, "
		     "expect: {media: true}}\n"
		     "  - {name: e, given: {channel: mail, mechanism: "
		     "invalid}, expect: {quarantine: true}}\n"
		     "  - {name: f, given: {data: MSG, start: 2026-01-01}, "
		     "expect: {due: 2026-04-02}}\n"
		     "  - {name: g, given: {channel: mail, purpose: spare}, "
		     "expect: {send: true}}\n"),
	    "Datenart LETTER, redact card, tag LETTER");
}

/* --- the templates -------------------------------------------------------- */

#define TEMPLATE_TESTS_MIN 10

static void the_tests_of_every_template_pass_and_name_everything(void **state)
{
	size_t len, lines;
	const struct template_policy *all = template_all(&len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct policy *p = good(all[i].bytes);
		const char *left = left_out(all[i].bytes), *name;
		char why[80];
		size_t tests = 0;
		struct policy_test_facts facts = {.language = "de",
						  .zone = berlin};

		if (left[0] != '\0')
			fail_msg("%s: no test names %s", all[i].name, left);
		while (policy_test_run(p, tests, &facts, &name, &lines, why,
				       sizeof(why)))
			tests++;
		assert_true(tests >= TEMPLATE_TESTS_MIN);
		/* Whatever the Land of who starts from it. */
		for (int land = -1; land < LANDS; land++) {
			diag_init(&diag, all[i].name);
			facts.land =
			    land < 0 ? NULL : land_code((enum land)land);
			if (policy_tests_check(p, &facts, &diag) != 0) {
				diag_print(&diag, stderr);
				fail_msg("%s", all[i].name);
			}
		}
		policy_free(&p);
	}
}

/* A good start has no gaps that are only remarked. */
static void no_template_leaves_a_gap(void **state)
{
	static const char *const gaps[] = {
	    "does not say", "used nowhere", "informs nobody",
	    "nobody is asked for consent", "hard to justify"};
	size_t len;
	const struct template_policy *all = template_all(&len);
	struct diag notes;

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct policy *p = good(all[i].bytes);

		diag_init(&notes, all[i].name);
		policy_notes(p, &notes);
		for (size_t k = 0; k < sizeof(gaps) / sizeof(gaps[0]); k++)
			if (has_finding(&notes, gaps[k]))
				fail_msg("%s: %s", all[i].name, gaps[k]);
		policy_free(&p);
	}
}

/* The catalogue of compliance 3.2. */
static void every_template_has_the_whole_catalogue(void **state)
{
	static const char *const catalogue[] = {
	    "MEDIA",	   "META",     "RAW",	  "CONTACT", "CONSENT",
	    "NOTICE",	   "SUPPRESS", "REQUEST", "EXPORT",  "STAFF_LOG",
	    "DOI_PENDING", "BREACH",   "HOLD"};
	size_t len;
	const struct template_policy *all = template_all(&len);

	(void)state;
	for (size_t i = 0; i < len; i++) {
		struct policy *p = good(all[i].bytes);
		struct policy_rule rule;

		for (size_t k = 0; k < sizeof(catalogue) / sizeof(catalogue[0]);
		     k++) {
			const struct name wanted = name(catalogue[k]);

			if (!policy_rule_of(p, &wanted, &rule))
				fail_msg("%s: %s", all[i].name, catalogue[k]);
			assert_non_null(rule.description);
			assert_non_null(rule.subjects);
		}
		policy_free(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_expectation_can_hold_and_fail),
	    cmocka_unit_test(what_is_taken_out_is_listed_exactly),
	    cmocka_unit_test(the_clock_on_the_wall_counts),
	    cmocka_unit_test(
		without_a_land_what_is_a_holiday_everywhere_counts),
	    cmocka_unit_test(a_deletion_rule_is_held_by_hand),
	    cmocka_unit_test(a_failing_test_is_a_finding_at_its_place),
	    cmocka_unit_test(what_no_test_names_is_counted),
	    cmocka_unit_test(
		the_tests_of_every_template_pass_and_name_everything),
	    cmocka_unit_test(no_template_leaves_a_gap),
	    cmocka_unit_test(every_template_has_the_whole_catalogue),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, make_zone, free_zone);
}
