/* policy.yaml: what parses, what is found, what is decided. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/period.h"
#include "postern/policy.h"
#include "settings/templates.h"

/* The example of the design, line for line. */
#define HEAD "policy: kundenservice\nversion: 1\n"
#define PURPOSES                           \
	"purposes:\n"                      \
	"  support:   {basis: contract}\n" \
	"  marketing: {basis: consent, double_opt_in: true, valid: P24M}\n"
#define DATA                                                              \
	"data:\n"                                                         \
	"  MSG_SUPPORT:  {from: process_end, keep: P30D, delete: P90D}\n" \
	"  MSG_BUSINESS: {from: collection, statutory: {norm: \"HGB "     \
	"257\", years: 6, start: year_end}, restrict: {from: "            \
	"process_end, after: P90D}}\n"                                    \
	"  MEDIA:        {from: process_end, delete: P90D}\n"             \
	"  RAW:          {from: collection, delete: P3D}\n"
#define CHANNELS                                                  \
	"channels:\n"                                             \
	"  kundenservice: {purpose: support, data: MSG_SUPPORT, " \
	"first_contact: notice, notice: hinweis_de}\n"
#define HELPDESKS      \
	"helpdesks:\n" \
	"  desk: {sees: [text, attachments], person: alias}\n"
#define REST                                                              \
	"redact:\n"                                                       \
	"  - {find: iban, before: [forward]}\n"                           \
	"notices:\n"                                                      \
	"  hinweis_de: \"Muster GmbH verarbeitet Ihre Nachricht\"\n"      \
	"approvals: {policy: 2, hold: 2, unmask: 1}\n"                    \
	"tests:\n"                                                        \
	"  - name: a support message is forwarded under an alias\n"       \
	"    given: {channel: kundenservice, event: message, text: \"Wo " \
	"ist mein Paket?\"}\n"                                            \
	"    expect: {store: MSG_SUPPORT, forward: desk, person: alias, " \
	"notice: hinweis_de}\n"
#define EXAMPLE HEAD PURPOSES DATA CHANNELS HELPDESKS REST

static struct diag diag;

static struct policy *parse(const char *text)
{
	struct policy *p = NULL;

	diag_init(&diag, "policy.yaml");
	(void)policy_parse((const uint8_t *)text, strlen(text), &diag, &p);
	return p;
}

static struct policy *example(void)
{
	struct policy *p = parse(EXAMPLE);

	if (!p)
		diag_print(&diag, stderr);
	assert_non_null(p);
	return p;
}

static struct name name(const char *text)
{
	struct name n = {""};

	assert_true(name_set(&n, text, strlen(text)));
	return n;
}

static bool has_reason(const struct policy_decision *d, const char *code)
{
	for (size_t i = 0; i < d->reasons_len; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return true;
	return false;
}

static size_t reason_line(const struct policy_decision *d, const char *code)
{
	for (size_t i = 0; i < d->reasons_len; i++)
		if (strcmp(d->reasons[i].code, code) == 0)
			return d->reasons[i].line;
	return 9999;
}

/* --- periods -------------------------------------------------------------- */

static void periods_are_whole_days_in_iso_8601(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int years, months, days;
	} cases[] = {
	    {"P90D", true, 0, 0, 90},
	    {"P6M", true, 0, 6, 0},
	    {"P3Y", true, 3, 0, 0},
	    {"P1Y6M", true, 1, 6, 0},
	    {"P1Y2M3D", true, 1, 2, 3},
	    {"P2W", true, 0, 0, 14},
	    {"P0D", true, 0, 0, 0},
	    {"P1Y3D", true, 1, 0, 3},
	    {"P99999D", true, 0, 0, 99999},
	    {"P", false, 0, 0, 0},
	    {"", false, 0, 0, 0},
	    {"90D", false, 0, 0, 0},
	    {"p90d", false, 0, 0, 0},
	    {"P90d", false, 0, 0, 0},
	    {"P1.5Y", false, 0, 0, 0},
	    {"P-1D", false, 0, 0, 0},
	    {"P+1D", false, 0, 0, 0},
	    {"PT1H", false, 0, 0, 0},
	    {"P1DT1H", false, 0, 0, 0},
	    {"P1M1Y", false, 0, 0, 0},
	    {"P1D1D", false, 0, 0, 0},
	    {"P1W1D", false, 0, 0, 0},
	    {"P1Y1W", false, 0, 0, 0},
	    {"P90", false, 0, 0, 0},
	    {"PD", false, 0, 0, 0},
	    {"P 1D", false, 0, 0, 0},
	    {"P1D ", false, 0, 0, 0},
	    {"P100000D", false, 0, 0, 0},
	    {"P99999999999999999999D", false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct period p = {7, 7, 7};

		if (period_parse(cases[i].text, &p) != cases[i].good)
			fail_msg("%s", cases[i].text);
		assert_int_equal(p.years, cases[i].good ? cases[i].years : 7);
		assert_int_equal(p.months, cases[i].good ? cases[i].months : 7);
		assert_int_equal(p.days, cases[i].good ? cases[i].days : 7);
	}
}

static void the_length_of_months_depends_on_where_they_begin(void **state)
{
	struct period p;

	(void)state;
	assert_true(period_parse("P1M", &p));
	assert_int_equal(period_days_min(&p), 28);
	assert_int_equal(period_days_max(&p), 31);
	assert_true(period_parse("P1Y1M2D", &p));
	assert_int_equal(period_days_min(&p), 365 + 28 + 2);
	assert_int_equal(period_days_max(&p), 366 + 31 + 2);
	assert_true(period_parse("P2M", &p));
	assert_int_equal(period_days_min(&p), 59);
	assert_int_equal(period_days_max(&p), 62);
}

/* --- parsing -------------------------------------------------------------- */

static void the_example_of_the_design_is_accepted(void **state)
{
	struct policy *p = example();

	(void)state;
	assert_int_equal(diag.findings_len, 0);
	policy_free(&p);
	assert_null(p);
	policy_free(&p);
}

static void the_digest_is_blake2b_of_the_bytes(void **state)
{
	struct policy *p = example();
	uint8_t want[POLICY_DIGEST_BYTES];

	(void)state;
	crypto_generichash(want, sizeof(want), (const uint8_t *)EXAMPLE,
			   strlen(EXAMPLE), NULL, 0);
	assert_memory_equal(policy_digest(p), want, sizeof(want));
	policy_free(&p);
}

static void every_template_is_accepted_and_consistent(void **state)
{
	size_t len;
	const struct template_policy *all = template_all(&len);

	(void)state;
	assert_int_equal(len, 5);
	for (size_t i = 0; i < len; i++) {
		struct policy *p = parse(all[i].bytes);
		struct name channel = name(all[i].channel);
		struct name desk = name("desk");

		diag_print(&diag, stderr);
		assert_non_null(p);
		assert_int_equal(
		    policy_check_names(p, &channel, 1, &desk, 1, &diag), 0);
		policy_free(&p);
	}
}

/* One change to the example, first finding with this text at this line; what
 * refers to a section that does not read is one more. */
static const struct {
	const char *text, *says;
	size_t line;
} mistakes[] = {
    {"", "empty", 0},
    {"[]\n", "has to be a map", 1},
    {"version: 1\n" PURPOSES DATA CHANNELS HELPDESKS REST, "has no policy", 1},
    {"policy: a b\nversion: 1\n" PURPOSES DATA CHANNELS HELPDESKS REST,
     "no name of a policy", 1},
    {"policy: a\nversion: 0\n" PURPOSES DATA CHANNELS HELPDESKS REST,
     "version is out of range", 2},
    {"policy: a\nversion: \"1\"\n" PURPOSES DATA CHANNELS HELPDESKS REST,
     "version is out of range", 2},
    {HEAD "chanels: {}\n" PURPOSES DATA CHANNELS HELPDESKS REST, "channels", 3},
    {HEAD PURPOSES DATA CHANNELS "notices: {hinweis_de: x}\n",
     "has no helpdesks", 1},
    {HEAD "purposes:\n" DATA CHANNELS HELPDESKS REST, "purposes is empty", 3},
    {HEAD
     "purposes: {support: {basis: kontract}}\n" DATA CHANNELS HELPDESKS REST,
     "contract", 3},
    {HEAD "purposes: {support: {}}\n" DATA CHANNELS HELPDESKS REST,
     "support has no basis", 3},
    {HEAD "purposes: {support: {basis: contract, double_opt_in: "
	  "true}}\n" DATA CHANNELS HELPDESKS REST,
     "double_opt_in", 3},
    {HEAD "purposes: {support: {basis: consent, double_opt_in: "
	  "yes}}\n" DATA CHANNELS HELPDESKS REST,
     "neither true nor false", 3},
    {HEAD "purposes: {support: {basis: consent, valid: 24M}}\n" DATA CHANNELS
	 HELPDESKS REST,
     "valid is no period", 3},
    {HEAD PURPOSES
     "data: {MSG_SUPPORT: {from: process_end, delete: P90D}, RAW: "
     "{from: collection, delete: P3D}}\n" CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\n",
     "no Datenart MEDIA", 6},
    {HEAD PURPOSES
     "data: {MSG_SUPPORT: {from: process_end, delete: P90D}, MEDIA: "
     "{from: collection, delete: P3D}}\n" CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\n",
     "no Datenart RAW", 6},
    {HEAD PURPOSES DATA "  X: {from: collection}\n" CHANNELS HELPDESKS REST,
     "never deleted", 11},
    {HEAD PURPOSES DATA "  X: {delete: P1D}\n" CHANNELS HELPDESKS REST,
     "X has no from", 11},
    {HEAD PURPOSES DATA
     "  X: {from: colection, delete: P1D}\n" CHANNELS HELPDESKS REST,
     "did you mean collection", 11},
    {HEAD PURPOSES DATA
     "  X: {from: collection, keep: P3M, delete: P30D}\n" CHANNELS HELPDESKS
	 REST,
     "kept longer", 11},
    {HEAD PURPOSES DATA
     "  X: {from: collection, delete: P1D, statutory: {norm: N, "
     "years: 1}}\n" CHANNELS HELPDESKS REST,
     "two deletion rules", 11},
    {HEAD PURPOSES DATA "  X: {from: collection, delete: P1D, restrict: {from: "
			"collection, after: P1D}}\n" CHANNELS HELPDESKS REST,
     "without a law", 11},
    {HEAD PURPOSES DATA "  X: {from: collection, statutory: {norm: N, "
			"years: 0}}\n" CHANNELS HELPDESKS REST,
     "years is out of range", 11},
    {HEAD PURPOSES DATA
     "  X: {from: collection, statutory: {norm: N, years: 1, start: "
     "yearend}}\n" CHANNELS HELPDESKS REST,
     "did you mean year_end", 11},
    {HEAD PURPOSES DATA
     "channels: {kundenservice: {purpose: support}}\n" HELPDESKS REST,
     "kundenservice has no data", 11},
    {HEAD PURPOSES DATA
     "channels: {kundenservice: {data: RAW}}\n" HELPDESKS REST,
     "kundenservice has no purpose", 11},
    {HEAD PURPOSES DATA "channels: {kundenservice: {purpose: suport, "
			"data: RAW}}\n" HELPDESKS REST,
     "did you mean support", 11},
    {HEAD PURPOSES DATA "channels: {kundenservice: {purpose: support, data: "
			"MSG_SUPORT}}\n" HELPDESKS REST,
     "did you mean MSG_SUPPORT", 11},
    {HEAD PURPOSES DATA
     "channels: {kundenservice: {purpose: support, data: RAW, "
     "first_contact: notice}}\n" HELPDESKS REST,
     "no notice to send", 11},
    {HEAD PURPOSES DATA
     "channels: {kundenservice: {purpose: support, data: RAW, "
     "notice: hinweis_en}}\n" HELPDESKS REST,
     "did you mean hinweis_de", 11},
    {HEAD PURPOSES DATA CHANNELS "helpdesks: {desk: {person: alias}}\n" REST,
     "desk has no sees", 13},
    {HEAD PURPOSES DATA CHANNELS
     "helpdesks: {desk: {sees: [text], person: nmae}}\n" REST,
     "name", 13},
    {HEAD PURPOSES DATA CHANNELS "helpdesks: {desk: {sees: [texts]}}\n" REST,
     "did you mean text", 13},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\nredact: [{find: iban}]\n",
     "has no before", 16},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\nredact: [{find: iban, before: "
     "[]}]\n",
     "nothing is redacted", 16},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS "notices: {hinweis_de: \"\"}\n",
     "no text", 15},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\napprovals: {policy: 0}\n",
     "policy is out of range", 16},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\ntests: [{name: x, given: {channel: "
     "kundenservic}, expect: {}}]\n",
     "did you mean kundenservice", 16},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\ntests: [{name: x, given: {channel: "
     "kundenservice}, expect: {store: MSG}}]\n",
     "Datenart MSG does not exist", 16},
    {HEAD PURPOSES DATA CHANNELS HELPDESKS
     "notices: {hinweis_de: x}\ntests: [{name: x, given: {channel: "
     "kundenservice}, expect: {froward: desk}}]\n",
     "forward", 16},
};

static void each_mistake_is_found_where_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		struct policy *p = parse(mistakes[i].text);
		const struct diag_finding *f = &diag.findings[0];

		assert_null(p);
		if (diag.findings_len < 1 || diag.findings_len > 2 ||
		    f->line != mistakes[i].line ||
		    !strstr(f->text, mistakes[i].says)) {
			diag_print(&diag, stderr);
			fail_msg("case %zu: %s", i, mistakes[i].says);
		}
	}
}

static void a_test_may_expect_that_nothing_is_forwarded(void **state)
{
	struct policy *p =
	    parse(HEAD PURPOSES DATA CHANNELS HELPDESKS
		  "notices: {hinweis_de: x}\n"
		  "tests: [{name: x, given: {channel: "
		  "kundenservice}, expect: {forward: false}}]\n");

	(void)state;
	assert_non_null(p);
	policy_free(&p);
}

static void names_of_both_files_have_to_agree(void **state)
{
	struct policy *p = example();
	struct name both[] = {name("kundenservice"), name("desk")};
	struct name other = name("other");

	(void)state;
	assert_int_equal(policy_check_names(p, &both[0], 1, &both[1], 1, &diag),
			 0);
	/* Each side misses one channel and one helpdesk. */
	assert_int_equal(policy_check_names(p, &other, 1, &other, 1, &diag), 4);
	assert_int_equal(diag.findings_len, 4);
	assert_int_equal(diag.findings[2].line, 12);
	assert_int_equal(diag.findings[3].line, 14);
	policy_free(&p);
}

static void what_has_no_effect_yet_is_said(void **state)
{
	static const char *const said[] = {
	    "redact is not enforced",	      "first_contact of channel",
	    "approvals are not enforced",     "no run deletes",
	    "nobody is asked for consent to", "MSG_SUPPORT does not say who"};
	struct policy *p = example();
	struct diag notes;

	(void)state;
	diag_init(&notes, "policy.yaml");
	policy_notes(p, &notes);
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		bool found = false;

		for (size_t j = 0; j < notes.findings_len; j++)
			found |=
			    strstr(notes.findings[j].text, said[i]) != NULL;
		if (!found)
			fail_msg("%s", said[i]);
	}
	policy_free(&p);
}

static void a_long_life_of_raw_bodies_is_remarked(void **state)
{
	struct policy *p =
	    parse(HEAD PURPOSES
		  "data: {MEDIA: {from: collection, delete: P1D}, RAW: {from: "
		  "collection, delete: P4D}}\nchannels: {}\nhelpdesks: {}\n");
	struct diag notes;
	bool found = false;

	(void)state;
	assert_non_null(p);
	diag_init(&notes, "policy.yaml");
	policy_notes(p, &notes);
	for (size_t i = 0; i < notes.findings_len; i++)
		found |= strstr(notes.findings[i].text, "RAW holds") != NULL;
	assert_true(found);
	policy_free(&p);
}

/* --- decisions ------------------------------------------------------------ */

static void a_received_message_is_stored_and_forwarded(void **state)
{
	struct policy *p = example();
	struct name channel = name("kundenservice"), desk = name("desk");
	struct policy_facts facts = {.act = ACT_RECEIVE,
				     .channel = &channel,
				     .helpdesk = &desk,
				     .media = true};
	struct policy_decision d;

	(void)state;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_true(d.forward);
	assert_false(d.send);
	assert_string_equal(d.datenart.text, "MSG_SUPPORT");
	assert_string_equal(d.media_datenart.text, "MEDIA");
	assert_int_equal(d.person, PERSON_ALIAS);
	assert_true(d.sees_text);
	assert_true(d.sees_attachments);
	assert_int_equal(reason_line(&d, "channel.data"), 12);
	assert_int_equal(reason_line(&d, "data.media"), 9);
	assert_int_equal(reason_line(&d, "helpdesk.sees"), 14);
	assert_int_equal(reason_line(&d, "helpdesk.person"), 14);
	policy_free(&p);
}

static void without_a_known_helpdesk_nothing_is_forwarded(void **state)
{
	struct policy *p = example();
	struct name channel = name("kundenservice"), other = name("other");
	struct policy_facts facts = {.act = ACT_RECEIVE, .channel = &channel};
	struct policy_decision d;

	(void)state;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_false(d.forward);
	assert_false(d.sees_text);
	assert_int_equal(reason_line(&d, "route.none"), 0);
	facts.helpdesk = &other;
	policy_decide(p, &facts, &d);
	assert_true(d.store);
	assert_false(d.forward);
	assert_true(has_reason(&d, "helpdesk.unknown"));
	policy_free(&p);
}

static void a_helpdesk_sees_only_what_is_listed_and_an_alias(void **state)
{
	struct policy *p = parse(HEAD PURPOSES DATA CHANNELS
				 "helpdesks: {desk: {sees: [text]}, "
				 "silent: {sees: []}, named: {sees: "
				 "[attachments], person: address}}\n"
				 "notices: {hinweis_de: x}\n");
	struct name channel = name("kundenservice");
	struct name desks[] = {name("desk"), name("silent"), name("named")};
	struct policy_facts facts = {.act = ACT_RECEIVE, .channel = &channel};
	struct policy_decision d[3];

	(void)state;
	assert_non_null(p);
	for (size_t i = 0; i < 3; i++) {
		facts.helpdesk = &desks[i];
		policy_decide(p, &facts, &d[i]);
		assert_true(d[i].forward);
	}
	assert_true(d[0].sees_text && !d[0].sees_attachments);
	assert_int_equal(d[0].person, PERSON_ALIAS);
	assert_int_equal(reason_line(&d[0], "helpdesk.person"), 0);
	assert_true(!d[1].sees_text && !d[1].sees_attachments);
	assert_true(!d[2].sees_text && d[2].sees_attachments);
	assert_int_equal(d[2].person, PERSON_ADDRESS);
	policy_free(&p);
}

static void an_unknown_channel_is_neither_stored_nor_sent(void **state)
{
	struct policy *p = example();
	struct name other = name("other"), desk = name("desk");
	struct policy_facts facts = {
	    .channel = &other, .helpdesk = &desk, .window_open = true};
	struct policy_decision d;

	(void)state;
	for (int act = ACT_RECEIVE; act <= ACT_SEND; act++) {
		facts.act = (enum policy_act)act;
		policy_decide(p, &facts, &d);
		assert_false(d.store || d.forward || d.send);
		assert_true(has_reason(&d, "channel.unknown"));
	}
	assert_null(policy_purpose(p, &other));
	policy_free(&p);
}

static void sending_depends_on_purpose_consent_and_window(void **state)
{
	static const struct {
		const char *purpose;
		enum consent_state consent;
		bool window, template;
		bool send, closed;
		const char *reason;
	} cases[] = {
	    /* Nobody who was not asked gets what rests on consent. */
	    {"marketing", CONSENT_UNKNOWN, true, false, false, false,
	     "consent_missing"},
	    {NULL, CONSENT_UNKNOWN, true, false, true, false,
	     "channel.purpose"},
	    {"support", CONSENT_UNKNOWN, true, false, true, false,
	     "send.purpose"},
	    /* A contract is not withdrawn from by a withdrawn consent. */
	    {"support", CONSENT_WITHDRAWN, true, false, true, false,
	     "send.purpose"},
	    {"marketing", CONSENT_GIVEN, true, false, true, false,
	     "send.purpose"},
	    {"marketing", CONSENT_WITHDRAWN, true, false, false, false,
	     "consent_withdrawn"},
	    {"marketing", CONSENT_WITHDRAWN, true, true, false, false,
	     "consent_withdrawn"},
	    {NULL, CONSENT_UNKNOWN, false, false, false, true, "window.closed"},
	    {NULL, CONSENT_UNKNOWN, false, true, true, false,
	     "channel.purpose"},
	    /* Refused for another reason too: waiting would not help. */
	    {"marketing", CONSENT_WITHDRAWN, false, false, false, false,
	     "consent_withdrawn"},
	    {"marketing", CONSENT_WITHDRAWN, false, false, false, false,
	     "window.closed"},
	    {"other", CONSENT_UNKNOWN, true, false, false, false,
	     "purpose.unknown"},
	    {"", CONSENT_UNKNOWN, true, false, false, false, "purpose.unknown"},
	    {"a b", CONSENT_UNKNOWN, true, false, false, false,
	     "purpose.unknown"},
	    {"other", CONSENT_UNKNOWN, false, false, false, false,
	     "purpose.unknown"},
	};
	struct policy *p = example();
	struct name channel = name("kundenservice");

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_facts facts = {
		    .act = ACT_SEND,
		    .channel = &channel,
		    .purpose = cases[i].purpose,
		    .consent = cases[i].consent,
		    .window_open = cases[i].window,
		    .template_message = cases[i].template,
		};
		struct policy_decision d;

		policy_decide(p, &facts, &d);
		if (d.send != cases[i].send ||
		    d.window_closed != cases[i].closed ||
		    !has_reason(&d, cases[i].reason))
			fail_msg("case %zu", i);
		assert_int_equal(d.store, d.send);
		assert_string_equal(d.datenart.text, "MSG_SUPPORT");
	}
	assert_string_equal(policy_purpose(p, &channel)->text, "support");
	policy_free(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(periods_are_whole_days_in_iso_8601),
	    cmocka_unit_test(the_length_of_months_depends_on_where_they_begin),
	    cmocka_unit_test(the_example_of_the_design_is_accepted),
	    cmocka_unit_test(the_digest_is_blake2b_of_the_bytes),
	    cmocka_unit_test(every_template_is_accepted_and_consistent),
	    cmocka_unit_test(each_mistake_is_found_where_it_is),
	    cmocka_unit_test(a_test_may_expect_that_nothing_is_forwarded),
	    cmocka_unit_test(names_of_both_files_have_to_agree),
	    cmocka_unit_test(what_has_no_effect_yet_is_said),
	    cmocka_unit_test(a_long_life_of_raw_bodies_is_remarked),
	    cmocka_unit_test(a_received_message_is_stored_and_forwarded),
	    cmocka_unit_test(without_a_known_helpdesk_nothing_is_forwarded),
	    cmocka_unit_test(a_helpdesk_sees_only_what_is_listed_and_an_alias),
	    cmocka_unit_test(an_unknown_channel_is_neither_stored_nor_sent),
	    cmocka_unit_test(sending_depends_on_purpose_consent_and_window),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
