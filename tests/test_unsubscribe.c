/* test_unsubscribe.c - tokens of unsubscribe addresses.  Proves: W7. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "postern/unsubscribe.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static const struct unsubscribe example = {
    .person = "0123456789abcdefghjkmnpqrs", .channel = {"kundenservice"}};

static void make(const char *secret, const struct unsubscribe *of,
		 char ret[UNSUBSCRIBE_TOKEN_BYTES])
{
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];

	unsubscribe_key(secret, strlen(secret), key);
	unsubscribe_token(key, of, ret);
}

static bool reads(const char *secret, const char *text, size_t len,
		  struct unsubscribe *ret)
{
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];

	unsubscribe_key(secret, strlen(secret), key);
	return unsubscribe_read(key, text, len, ret);
}

static void what_was_made_is_read(void **state)
{
	struct unsubscribe long_one = example, got = {0};
	char token[UNSUBSCRIBE_TOKEN_BYTES];

	(void)state;
	make("secret", &example, token);
	assert_true(reads("secret", token, strlen(token), &got));
	assert_string_equal(got.person, example.person);
	assert_string_equal(got.channel.text, "kundenservice");
	(void)snprintf(long_one.channel.text, sizeof(long_one.channel.text),
		       "%032d", 7);
	make("secret", &long_one, token);
	assert_int_equal(strlen(token), UNSUBSCRIBE_TOKEN_BYTES - 1);
	assert_true(reads("secret", token, strlen(token), &got));
}

static void any_other_byte_is_refused(void **state)
{
	char token[UNSUBSCRIBE_TOKEN_BYTES], bad[UNSUBSCRIBE_TOKEN_BYTES];
	struct unsubscribe got = {.person = "untouched"};
	size_t len;

	(void)state;
	make("secret", &example, token);
	len = strlen(token);
	for (size_t i = 0; i < len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			memcpy(bad, token, sizeof(bad));
			bad[i] = (char)(bad[i] ^ (1 << bit));
			assert_false(reads("secret", bad, len, &got));
		}
		assert_false(reads("secret", token, i, &got));
	}
	assert_false(reads("Secret", token, len, &got));
	assert_string_equal(got.person, "untouched");
}

static void one_persons_proof_is_no_others(void **state)
{
	struct unsubscribe other = example;
	char mine[UNSUBSCRIBE_TOKEN_BYTES], theirs[UNSUBSCRIBE_TOKEN_BYTES];
	struct unsubscribe got;

	(void)state;
	other.person[0] = 'z';
	make("secret", &example, mine);
	make("secret", &other, theirs);
	memcpy(mine, theirs, UNSUBSCRIBE_PERSON_LEN);
	assert_false(reads("secret", mine, strlen(mine), &got));
}

static void a_click_says_so(void **state)
{
	static const struct {
		const char *body;
		bool clicked;
	} cases[] = {
	    {"List-Unsubscribe=One-Click", true},
	    {"a=b&List-Unsubscribe=One-Click", true},
	    {"List-Unsubscribe=One-Click&", true},
	    {"--x\r\nContent-Disposition: form-data; "
	     "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n",
	     true},
	    {"", false},
	    {"&", false},
	    {"List-Unsubscribe", false},
	    {"List-Unsubscribe=One-Clic", false},
	    {"List-Unsubscribe=One-Click2", false},
	    {"xList-Unsubscribe=One-Click", false},
	    {"--x\r\nname=\"List-Unsubscribe\"\r\n\r\nNo\r\n--x--", false},
	    {"name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--", false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		if (unsubscribe_clicked(cases[i].body, strlen(cases[i].body)) !=
		    cases[i].clicked)
			fail_msg("%s", cases[i].body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_made_is_read),
	    cmocka_unit_test(any_other_byte_is_refused),
	    cmocka_unit_test(one_persons_proof_is_no_others),
	    cmocka_unit_test(a_click_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
