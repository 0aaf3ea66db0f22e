/* postern.yaml, section rights: what it says, and which mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/settings.h"
#include "settings_example.h"

static struct diag diag;

static struct settings *parse(const char *text)
{
	const struct settings_source source = {.dir = "/nowhere",
					       .role = ROLE_CHECK};
	struct settings *s = NULL;

	diag_init(&diag, "postern.yaml");
	(void)settings_parse((const uint8_t *)text, strlen(text), &source,
			     &diag, &s);
	assert_int_equal(s == NULL, diag.findings_len > 0);
	return s;
}

static void without_the_section_there_are_defaults(void **state)
{
	struct settings *s = parse(WHO);

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->rights.internal_days, 7);
	assert_int_equal(s->rights.warn_days, 7);
	assert_int_equal(s->rights.proof_days, 14);
	assert_int_equal(s->rights.proof_tries, 5);
	assert_int_equal(s->rights.asked_days, 3);
	assert_false(s->rights.chained);
	assert_false(s->rights.decide);
	assert_false(s->rights.copies);
	settings_free(&s);
}

static void everything_may_be_said(void **state)
{
	struct settings *s = parse(
	    WHO "rights: {internal: 3, warn: 10, extension: chained, "
		"erasure: decide, copies: decide, proof: {days: 7, tries: 3, "
		"asked_within: 1}}\n");

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->rights.internal_days, 3);
	assert_int_equal(s->rights.warn_days, 10);
	assert_int_equal(s->rights.proof_days, 7);
	assert_int_equal(s->rights.proof_tries, 3);
	assert_int_equal(s->rights.asked_days, 1);
	assert_true(s->rights.chained);
	assert_true(s->rights.decide);
	assert_true(s->rights.copies);
	settings_free(&s);
}

static void mistakes_are_named(void **state)
{
	static const char *const wrong[] = {
	    "rights: {internal: 0}\n",
	    "rights: {warn: 28}\n",
	    "rights: {extension: twice}\n",
	    "rights: {erasure: never}\n",
	    "rights: {proof: {tries: 21}}\n",
	    "rights: {proof: 5}\n",
	    "rights: {days: 5}\n",
	    "rights: []\n",
	};
	char text[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		(void)snprintf(text, sizeof(text), "%s%s", WHO, wrong[i]);
		assert_null(parse(text));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_the_section_there_are_defaults),
	    cmocka_unit_test(everything_may_be_said),
	    cmocka_unit_test(mistakes_are_named),
	};

	return cmocka_run_group_tests_name("settings: rights", tests, NULL,
					   NULL);
}
