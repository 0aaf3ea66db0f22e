/* test_language.c - German or English, or nobody knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "postern/keyword.h"
#include "postern/language.h"

static const char *of(const char *text)
{
	char normal[8192];

	return language_of(normal,
			   keyword_normalise(text, strlen(text), normal));
}

static void everyday_messages_are_told_apart(void **state)
{
	static const struct {
		const char *text, *language;
	} rows[] = {
	    {"Wo ist mein Paket?", "de"},
	    {"Where is my parcel?", "en"},
	    {"Guten Tag, ich hätte eine Frage zu meiner Rechnung", "de"},
	    {"Hi, I have a question about my invoice", "en"},
	    {"Können Sie mir bitte helfen?", "de"},
	    {"can you help me please", "en"},
	    {"Über den Termin morgen: für uns passt es nicht.", "de"},
	    {"MEINE BESTELLUNG FEHLT", "de"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *got = of(rows[i].text);

		assert_non_null(got);
		assert_string_equal(got, rows[i].language);
	}
}

static void what_does_not_tell_is_not_guessed(void **state)
{
	static const char *const rows[] = {"",
					   "OK",
					   "4711",
					   "👍",
					   "¿Dónde está mi pedido?",
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_null(of(rows[i]));
}

static void only_the_beginning_is_looked_at(void **state)
{
	static char text[8000];

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text + 6000, " wo ist mein paket ", 19);
	assert_null(language_of(text, sizeof(text) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everyday_messages_are_told_apart),
	    cmocka_unit_test(what_does_not_tell_is_not_guessed),
	    cmocka_unit_test(only_the_beginning_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
