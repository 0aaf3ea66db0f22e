/* test_settings_dsr.c - sections processors, opendsr and drp. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/settings.h"
#include "settings_example.h"

static struct diag diag, notes;

static struct settings *parse(const char *text)
{
	const struct settings_source source = {
	    .dir = "/nowhere", .role = ROLE_CHECK, .notes = &notes};
	struct settings *s = NULL;

	diag_init(&diag, "postern.yaml");
	diag_init(&notes, "postern.yaml");
	(void)settings_parse((const uint8_t *)text, strlen(text), &source,
			     &diag, &s);
	assert_int_equal(s == NULL, diag.findings_len > 0);
	return s;
}

#define FIRM                                                       \
	WHO "processors:\n  versand:\n    title: Versand Muster\n" \
	    "    domain: dsr.versand.example\n"                    \
	    "    identities: [phone, email]\n"

static void processors_are_read(void **state)
{
	struct settings *s = parse(
	    FIRM "    url: https://dsr.versand.example/v2/\n    gets: every\n"
		 "    certificate: versand.pem\n"
		 "    token: {file: secrets/versand}\n");

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->processors_len, 1);
	assert_string_equal(s->processors[0].url,
			    "https://dsr.versand.example/v2");
	assert_string_equal(s->processors[0].title, "Versand Muster");
	assert_string_equal(s->processors[0].purpose, "processing");
	assert_int_equal(s->processors[0].kinds_len, 2);
	assert_true(s->processors[0].every);
	settings_free(&s);
	s = parse(FIRM "    url: \"http://127.0.0.1:9000/v2\"\n"
		       "    allow: [\"127.0.0.1:9000\"]\n");
	assert_non_null(s);
	assert_false(s->processors[0].every);
	settings_free(&s);
}

static void mistakes_have_findings(void **state)
{
	static const char *const bad[] = {
	    FIRM "    url: http://dsr.versand.example/v2\n",
	    FIRM "    url: https://dsr.versand.example/v2?a=b\n",
	    FIRM,
	    FIRM "    url: https://a.example/v2\n    gets: some\n",
	    FIRM "    url: https://a.example/v2\n    colour: red\n",
	    WHO "processors:\n  a: {url: \"https://a.example\", domain: a}\n",
	    WHO "processors:\n  a: {url: \"https://a.example\", domain: "
		"a.example, identities: []}\n",
	    WHO "opendsr: {domain: a.example}\n",
	    WHO "opendsr: {domain: a.example, certificate: a.pem, key: x}\n",
	    WHO "opendsr: {domain: a.example, certificate: a.pem, key: {file: "
		"k}, controllers: {m: {}}}\n",
	    WHO "drp: {enabled: true}\n",
	    WHO "drp: {enabled: true, business_id: \"a b\", agents: a.json}\n",
	    WHO "drp: {enabled: perhaps}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct settings *s = parse(bad[i]);

		if (s != NULL)
			fail_msg("taken: %s", bad[i]);
	}
}

static void opendsr_and_drp_are_read(void **state)
{
	struct settings *s =
	    parse(WHO "opendsr:\n  domain: opendsr.example.de\n"
		      "  certificate: opendsr.pem\n"
		      "  key: {file: secrets/opendsr.key}\n"
		      "  weak_hashes: true\n  controllers:\n"
		      "    mandant-1: {token: {file: secrets/mandant}}\n"
		      "drp: {enabled: true, business_id: BEISPIEL_GMBH, "
		      "agents: agents.json}\n");

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->opendsr.domain, "opendsr.example.de");
	assert_true(s->opendsr.weak_hashes);
	assert_int_equal(s->opendsr.controllers_len, 1);
	assert_string_equal(s->opendsr.controllers[0].name.text, "mandant-1");
	assert_true(s->drp.enabled);
	assert_string_equal(s->drp.business, "BEISPIEL_GMBH");
	settings_free(&s);
	s = parse(WHO);
	assert_non_null(s);
	assert_string_equal(s->opendsr.domain, "");
	assert_false(s->drp.enabled);
	settings_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(processors_are_read),
	    cmocka_unit_test(mistakes_have_findings),
	    cmocka_unit_test(opendsr_and_drp_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
