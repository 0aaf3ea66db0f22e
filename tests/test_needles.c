/* test_needles.c - many words looked for in one reading. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../policy/needles.h"

static uint64_t find(const char *const *words, size_t len, const char *text,
		     bool whole)
{
	struct needles n = {0};

	for (size_t i = 0; i < len; i++)
		needles_add(&n, words[i]);
	return needles_in(&n, text, strlen(text), whole);
}

static void a_word_is_found_wherever_it_stands(void **state)
{
	static const char *const words[] = {"ab", "abc", "c", "bcd"};

	(void)state;
	assert_int_equal(find(words, 4, "xxabcd", false), 15);
	assert_int_equal(find(words, 4, "ab", false), 1);
	assert_int_equal(find(words, 4, "abc", false), 7);
	assert_int_equal(find(words, 4, "c", false), 4);
	assert_int_equal(find(words, 4, "xbc", false), 4);
	assert_int_equal(find(words, 4, "", false), 0);
	assert_int_equal(find(words, 0, "abc", false), 0);
}

static void a_whole_word_has_no_letters_beside_it(void **state)
{
	static const char *const words[] = {"rechnung", "kuendigung", "5"};

	(void)state;
	assert_int_equal(find(words, 3, "rechnung", true), 1);
	assert_int_equal(find(words, 3, "die rechnung, bitte", true), 1);
	assert_int_equal(find(words, 3, "rechnungen", true), 0);
	assert_int_equal(find(words, 3, "abrechnung", true), 0);
	assert_int_equal(find(words, 3, "\xc3\xa9rechnung", true), 0);
	/* The second time it stands alone. */
	assert_int_equal(find(words, 3, "rechnungen rechnung", true), 1);
	assert_int_equal(find(words, 3, "15 5", true), 4);
	assert_int_equal(find(words, 3, "5-kuendigung", true), 6);
}

static void bytes_behind_the_text_are_not_read(void **state)
{
	struct needles n = {0};

	(void)state;
	needles_add(&n, "ab");
	assert_int_equal(needles_in(&n, "xab", 2, false), 0);
	assert_int_equal(needles_in(&n, "xab", 3, false), 1);
}

/* Texts of few letters, so that much is found. */
static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static size_t text_of(uint32_t *seed, size_t most, char *ret)
{
	static const char letters[] = "aab c\xc3";
	size_t len = draw(seed) % most + 1;

	for (size_t i = 0; i < len; i++)
		ret[i] = letters[draw(seed) % 6];
	ret[len] = '\0';
	return len;
}

static bool alone(const char *text, size_t len, size_t at, size_t end)
{
	static const char letters[] = "abc\xc3";

	return (at == 0 || strchr(letters, text[at - 1]) == NULL) &&
	       (end == len || strchr(letters, text[end]) == NULL);
}

static bool slowly(const char *text, size_t len, const char *word, bool whole)
{
	size_t word_len = strlen(word);

	for (size_t at = 0; at + word_len <= len; at++)
		if (memcmp(text + at, word, word_len) == 0 &&
		    (!whole || alone(text, len, at, at + word_len)))
			return true;
	return false;
}

static void the_same_is_found_as_one_by_one(void **state)
{
	char words[NEEDLES_MAX][8], text[64];
	uint32_t seed = 7;
	size_t found = 0;

	(void)state;
	for (int round = 0; round < 500; round++) {
		struct needles n = {0};
		bool whole = round % 2 == 0;
		size_t len = text_of(&seed, 60, text);
		uint64_t got;

		for (size_t i = 0; i < NEEDLES_MAX; i++) {
			(void)text_of(&seed, 5, words[i]);
			needles_add(&n, words[i]);
		}
		got = needles_in(&n, text, len, whole);
		for (size_t i = 0; i < NEEDLES_MAX; i++) {
			assert_int_equal(got >> i & 1,
					 slowly(text, len, words[i], whole));
			found += got >> i & 1;
		}
	}
	assert_true(found > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_word_is_found_wherever_it_stands),
	    cmocka_unit_test(a_whole_word_has_no_letters_beside_it),
	    cmocka_unit_test(bytes_behind_the_text_are_not_read),
	    cmocka_unit_test(the_same_is_found_as_one_by_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
