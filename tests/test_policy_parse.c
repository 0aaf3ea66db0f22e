/* policy.yaml: what parses, what is remarked, and names of both files. */
#include "policy_house.h"

#include "settings/templates.h"

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
	static const char *const said[] = {"approvals.unmask is not enforced",
					   "nobody is asked for consent to",
					   "MSG_SUPPORT does not say who"};
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_example_of_the_design_is_accepted),
	    cmocka_unit_test(the_digest_is_blake2b_of_the_bytes),
	    cmocka_unit_test(every_template_is_accepted_and_consistent),
	    cmocka_unit_test(each_mistake_is_found_where_it_is),
	    cmocka_unit_test(a_test_may_expect_that_nothing_is_forwarded),
	    cmocka_unit_test(names_of_both_files_have_to_agree),
	    cmocka_unit_test(what_has_no_effect_yet_is_said),
	    cmocka_unit_test(a_long_life_of_raw_bodies_is_remarked),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
