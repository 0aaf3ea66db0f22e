/* postern.yaml, section portal: what it says, and which mistakes are found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/settings.h"
#include "settings_example.h"

#define PORTAL WHO "portal: "

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

static void without_the_section_there_is_a_portal(void **state)
{
	struct settings *s = parse(WHO);

	(void)state;
	assert_non_null(s);
	assert_true(s->portal.enabled);
	assert_string_equal(s->portal.url, "");
	assert_int_equal(s->portal.asks_per_minute, 60);
	settings_free(&s);
}

static void everything_may_be_said(void **state)
{
	struct settings *s =
	    parse(PORTAL "{enabled: false, url: \"https://chat.example/\", "
			 "asks_per_minute: 7}\n");

	(void)state;
	assert_non_null(s);
	assert_false(s->portal.enabled);
	assert_string_equal(s->portal.url, "https://chat.example");
	assert_int_equal(s->portal.asks_per_minute, 7);
	settings_free(&s);
}

static void mistakes_are_found(void **state)
{
	static const char *const bad[] = {
	    "{url: \"http://chat.example\"}",
	    "{url: \"https://chat.example?x\"}",
	    "{url: \"https://chat.example#x\"}",
	    "{url: \"chat.example\"}",
	    "{url: \"\"}",
	    "{asks_per_minute: 0}",
	    "{asks_per_minute: 6001}",
	    "{asks_per_minute: many}",
	    "{enabled: perhaps}",
	    "{enable: true}",
	    "[]",
	};
	char text[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(text, sizeof(text), PORTAL "%s\n", bad[i]);
		assert_null(parse(text));
		assert_int_equal(diag.findings_len, 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_the_section_there_is_a_portal),
	    cmocka_unit_test(everything_may_be_said),
	    cmocka_unit_test(mistakes_are_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
