/* test_text.c - codecs, findings and calendar stamps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "postern/diag.h"
#include "postern/env.h"
#include "postern/text.h"

static void every_length_survives_every_codec(void **state)
{
	uint8_t in[40], out[40];
	char text[2 * sizeof(in) + 1];
	size_t len = 0;

	(void)state;
	randombytes_buf(in, sizeof(in));
	for (size_t n = 0; n <= sizeof(in); n++) {
		hex_encode(in, n, text);
		assert_int_equal(strlen(text), 2 * n);
		assert_true(hex_decode(text, 2 * n, out, n));
		assert_memory_equal(in, out, n);

		base32_encode(in, n, text);
		assert_int_equal(strlen(text), BASE32_LEN(n));
		assert_true(base32_decode(text, strlen(text), out, n));
		assert_memory_equal(in, out, n);

		base64_encode(in, n, text);
		assert_int_equal(strlen(text), BASE64_LEN(n));
		assert_true(
		    base64_decode(text, strlen(text), out, sizeof(out), &len));
		assert_int_equal(len, n);
		assert_memory_equal(in, out, n);
	}
}

static void hex_of_either_case_and_nothing_else_is_read(void **state)
{
	uint8_t out[2];

	(void)state;
	assert_true(hex_decode("aBCd", 4, out, 2));
	assert_int_equal(out[0], 0xab);
	assert_false(hex_decode("aBC", 3, out, 2));
	assert_false(hex_decode("aBCdEf", 6, out, 2));
	assert_false(hex_decode("aB", 2, out, 2));
	assert_false(hex_decode("ag00", 4, out, 2));
	assert_false(hex_decode("a b0", 4, out, 2));
	assert_false(hex_decode("ab\0"
				"0",
				4, out, 2));
}

static void base32_has_one_spelling_per_value(void **state)
{
	uint8_t out[1];

	(void)state;
	assert_true(base32_decode("zw", 2, out, 1));
	assert_int_equal(out[0], 0xff);
	assert_false(base32_decode("zz", 2, out, 1)); /* bits left over */
	assert_false(base32_decode("ZW", 2, out, 1));
	assert_false(base32_decode("il", 2, out, 1));
	assert_false(base32_decode("z", 1, out, 1));
	assert_false(base32_decode("z\0", 2, out, 1));
}

static void base64_is_strict_about_padding_and_room(void **state)
{
	uint8_t out[8];
	size_t len = 77;

	(void)state;
	assert_true(base64_decode("aGk=", 4, out, sizeof(out), &len));
	assert_int_equal(len, 2);
	len = 77;
	assert_false(base64_decode("aGk", 3, out, sizeof(out), &len));
	assert_false(base64_decode("aGl=", 4, out, sizeof(out), &len));
	assert_false(base64_decode("aGk=aGk=", 8, out, sizeof(out), &len));
	assert_false(base64_decode("a-_=", 4, out, sizeof(out), &len));
	assert_false(base64_decode("aGk=\n", 5, out, sizeof(out), &len));
	assert_false(base64_decode("aGlp", 4, out, 2, &len));
	assert_int_equal(len, 77); /* outputs are written only on success */
}

/* Found by fuzz_text: libsodium takes 0xf8 for a '/'. */
static void base64_of_other_bytes_is_refused(void **state)
{
	char text[] = "UG9z";
	uint8_t out[8];
	size_t len = 0;

	(void)state;
	for (int c = 0x80; c <= 0xff; c++)
		for (int at = 0; at < 4; at++) {
			char was = text[at];

			text[at] = (char)c;
			assert_false(
			    base64_decode(text, 4, out, sizeof(out), &len));
			text[at] = was;
		}
	assert_true(base64_decode(text, 4, out, sizeof(out), &len));
}

static void the_nearest_word_is_found_only_when_it_is_near(void **state)
{
	static const char *const known[] = {"channels", "helpdesks", "routes",
					    "url"};

	(void)state;
	assert_string_equal(diag_nearest("chanels", known, 4), "channels");
	assert_string_equal(diag_nearest("helpdesk", known, 4), "helpdesks");
	assert_string_equal(diag_nearest("ur", known, 4), "url");
	assert_null(diag_nearest("policy", known, 4));
	assert_null(diag_nearest("xy", known, 4));
	assert_null(diag_nearest("", known, 0));
}

static void findings_are_bounded_and_printable(void **state)
{
	static struct diag d;
	char out[400] = "";
	FILE *f = fmemopen(out, sizeof(out), "w");

	(void)state;
	diag_init(&d, "postern.yaml");
	assert_int_equal(diag_add(&d, 3, 7, "key '%s'\x1b[2J", "a\nb"), -1);
	for (int i = 0; i < DIAG_FINDINGS_MAX + 4; i++)
		(void)diag_add(&d, 0, 0, "x");
	assert_int_equal(d.findings_len, DIAG_FINDINGS_MAX);
	assert_int_equal(d.more, 5);
	d.findings_len = 1;
	assert_non_null(f);
	diag_print(&d, f);
	(void)fclose(f);
	assert_string_equal(out, "postern.yaml:3:7: key 'a?b'?[2J\n"
				 "postern.yaml: and 5 more\n");
}

static void stamps_are_rfc_3339_in_utc(void **state)
{
	char text[RFC3339_BYTES];

	(void)state;
	env_rfc3339(INT64_C(1795284000123), text);
	assert_string_equal(text, "2026-11-21T18:00:00Z");
	env_rfc3339(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	env_rfc3339(INT64_MAX, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	assert_int_equal(env_year(INT64_C(1798761599999)), 2026);
	assert_int_equal(env_year(INT64_C(1798761600000)), 2027);
}

static void the_boot_clock_does_not_go_back(void **state)
{
	struct env *env = env_system();
	int64_t before = env->boot_ms(env);

	(void)state;
	assert_true(env->boot_ms(env) >= before);
	assert_true(env->wall_ms(env) > INT64_C(1704067200000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_length_survives_every_codec),
	    cmocka_unit_test(hex_of_either_case_and_nothing_else_is_read),
	    cmocka_unit_test(base32_has_one_spelling_per_value),
	    cmocka_unit_test(base64_is_strict_about_padding_and_room),
	    cmocka_unit_test(base64_of_other_bytes_is_refused),
	    cmocka_unit_test(the_nearest_word_is_found_only_when_it_is_near),
	    cmocka_unit_test(findings_are_bounded_and_printable),
	    cmocka_unit_test(stamps_are_rfc_3339_in_utc),
	    cmocka_unit_test(the_boot_clock_does_not_go_back),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
