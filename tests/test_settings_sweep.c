/* postern.yaml, section sweep: what it says, and which mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/settings.h"
#include "settings_example.h"

#define SWEEP WHO "sweep: "

static struct diag diag;

static struct settings *parse(const char *text)
{
	const struct settings_source source = {.dir = "/nowhere",
					       .role = ROLE_CHECK};
	struct settings *s = NULL;

	diag_init(&diag, "postern.yaml");
	(void)settings_parse((const uint8_t *)text, strlen(text), &source,
			     &diag, &s);
	return s;
}

static void it_has_defaults(void **state)
{
	struct settings *s = parse(WHO);

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->sweep.at_minute, 150);
	assert_int_equal(s->sweep.daily_cap, 100000);
	assert_int_equal(s->sweep.few, 10);
	assert_true(s->sweep.kernel_clock);
	settings_free(&s);
}

static void all_of_it_is_taken(void **state)
{
	struct settings *s =
	    parse(SWEEP "{at: \"23:59\", daily_cap: 7, few: 0, kernel_clock: "
			"false}\n");

	(void)state;
	assert_non_null(s);
	assert_int_equal(s->sweep.at_minute, 23 * 60 + 59);
	assert_int_equal(s->sweep.daily_cap, 7);
	assert_int_equal(s->sweep.few, 0);
	assert_false(s->sweep.kernel_clock);
	settings_free(&s);
}

static void mistakes_are_found(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
	    {SWEEP "{at: \"24:00\"}\n", "no time of day"},
	    {SWEEP "{at: \"2:30\"}\n", "no time of day"},
	    {SWEEP "{at: \"02:60\"}\n", "no time of day"},
	    {SWEEP "{at: \"02-30\"}\n", "no time of day"},
	    {SWEEP "{daily_cap: 0}\n", "daily_cap is out of range"},
	    {SWEEP "{few: -1}\n", "few is out of range"},
	    {SWEEP "{few: many}\n", "few is out of range"},
	    {SWEEP "{kernel_clock: perhaps}\n", "neither true nor false"},
	    {SWEEP "{dayly_cap: 1}\n", "dayly_cap"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct settings *s = parse(cases[i].text);

		if (s != NULL)
			fail_msg("taken: %s", cases[i].text);
		assert_int_equal(diag.findings_len, 1);
		if (strstr(diag.findings[0].text, cases[i].says) == NULL)
			fail_msg("%s: %s", cases[i].says,
				 diag.findings[0].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_has_defaults),
	    cmocka_unit_test(all_of_it_is_taken),
	    cmocka_unit_test(mistakes_are_found),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("settings_sweep", tests, NULL, NULL);
}
