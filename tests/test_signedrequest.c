/* test_signedrequest.c - deletion callbacks of a social network, as bytes; and
 * the forms they come in.
 *
 * Source: compliance 5.4; fixtures/meta-data-deletion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/jsonmem.h"
#include "public/form.h"
#include "public/signedrequest.h"

static json_t *load(const char *name)
{
	const char *fixtures = getenv("FIXTURES");
	static char text[64 * 1024];
	char path[512];
	json_t *got;
	size_t len;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s",
		       fixtures != NULL ? fixtures : "../shared/fixtures",
		       name);
	f = fopen(path, "r");
	assert_non_null(f);
	len = fread(text, 1, sizeof(text), f);
	(void)fclose(f);
	got = jsonmem_load(text, len, 0, &(bool){false});
	assert_non_null(got);
	return got;
}

static void every_case_of_the_table_has_its_verdict(void **state)
{
	json_t *table = load("meta-data-deletion/signed-requests.json"), *one;
	const char *secret =
	    json_string_value(json_object_get(table, "app_secret"));
	size_t i;

	(void)state;
	assert_true(json_array_size(json_object_get(table, "cases")) >= 5);
	json_array_foreach(json_object_get(table, "cases"), i, one)
	{
		const char *text =
		    json_string_value(json_object_get(one, "signed_request"));
		const char *wanted =
		    json_string_value(json_object_get(one, "user_id"));
		bool good =
		    strcmp(json_string_value(json_object_get(one, "expect")),
			   "accept") == 0;
		char user[SIGNEDREQUEST_USER_MAX + 1] = "";
		struct err err = {0};
		int rc = signedrequest_read(text, secret, strlen(secret), user,
					    &err);

		assert_int_equal(rc, good ? 0 : -1);
		if (good)
			assert_string_equal(user, wanted);
		else
			assert_int_equal(err.kind, ERR_DENIED);
	}
	json_decref(table);
}

static void without_a_secret_nothing_is_signed(void **state)
{
	json_t *table = load("meta-data-deletion/signed-requests.json");
	const char *text = json_string_value(
	    json_object_get(json_array_get(json_object_get(table, "cases"), 0),
			    "signed_request"));
	char user[SIGNEDREQUEST_USER_MAX + 1];

	(void)state;
	assert_int_equal(signedrequest_read(text, "", 0, user, NULL), -1);
	json_decref(table);
}

/* --- forms ---------------------------------------------------------------- */

static int read_text(const char *text, struct form *ret)
{
	return form_read((const uint8_t *)text, strlen(text), ret, NULL);
}

static void a_form_is_taken_apart(void **state)
{
	struct form f;

	(void)state;
	assert_int_equal(
	    read_text("a=1&b=%C3%A4+%2b&leer=&nur&z=1%0D%0A2%0D3", &f), 0);
	assert_int_equal(f.len, 5);
	assert_string_equal(form_get(&f, "a"), "1");
	assert_string_equal(form_get(&f, "b"), "\xc3\xa4 +");
	assert_string_equal(form_get(&f, "leer"), "");
	assert_string_equal(form_get(&f, "nur"), "");
	assert_string_equal(form_get(&f, "z"), "1\n2\n3");
	assert_string_equal(form_get(&f, "fehlt"), "");
	form_free(&f);
	assert_int_equal(read_text("", &f), 0);
	assert_int_equal(f.len, 0);
	form_free(&f);
}

static void what_no_browser_sends_is_no_form(void **state)
{
	static const char *const bad[] = {
	    "a=1&a=2", "=1",	 "&",
	    "a=1&",    "&a=1",	 "a&&b",
	    "a=%",     "a=%2",	 "a=%zz",
	    "a=%00",   "%00=a",	 "a=%7f",
	    "a=%ff",   "a=\xc3", "a=%C3",
	    "a=\x01",  "a%0A=1", "1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16&17",
	};
	struct form f;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(read_text(bad[i], &f), -1);
		form_free(&f);
	}
}

static void a_code_is_read_as_people_copy_it(void **state)
{
	static const struct {
		const char *text, *code;
	} cases[] = {
	    {"BCDF-GHJK", "BCDFGHJK"},
	    {" bcdf ghjk\n", "BCDFGHJK"},
	    {"KOPIE BCDF-GHJK", "BCDFGHJK"},
	    {"L\xc3\x96SCHEN bcdf-ghjk.", "BCDFGHJK"},
	    {"b.c.d", "BCD"},
	    {"12-34", "1234"},
	    {"\xc3\xa4", ""},
	    {"", ""},
	};
	char long_text[300], code[FORM_CODE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		form_code(cases[i].text, code);
		assert_string_equal(code, cases[i].code);
	}
	memset(long_text, 'a', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	form_code(long_text, code);
	assert_int_equal(strlen(code), FORM_CODE_BYTES - 1);
}

static void types_and_queries_are_read_strictly(void **state)
{
	char value[8];

	(void)state;
	assert_true(form_typed(FORM_TYPE));
	assert_true(form_typed("Application/X-WWW-Form-Urlencoded; charset=x"));
	assert_false(form_typed(FORM_TYPE "ed"));
	assert_false(form_typed("text/plain"));
	assert_false(form_typed(""));
	assert_true(form_query("a=b&lang=en", "lang", value, sizeof(value)));
	assert_string_equal(value, "en");
	assert_false(form_query("lang=en&lang=de", "lang", value, 8));
	assert_false(form_query("lang=englisch", "lang", value, 8));
	assert_false(form_query("", "lang", value, sizeof(value)));
	assert_false(form_query("lang", "lang", value, sizeof(value)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_of_the_table_has_its_verdict),
	    cmocka_unit_test(without_a_secret_nothing_is_signed),
	    cmocka_unit_test(a_form_is_taken_apart),
	    cmocka_unit_test(what_no_browser_sends_is_no_form),
	    cmocka_unit_test(a_code_is_read_as_people_copy_it),
	    cmocka_unit_test(types_and_queries_are_read_strictly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
