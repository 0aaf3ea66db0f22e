/* test_jsonin.c - the reader of provider JSON beside another one.
 *
 * jansson says what is JSON and what it means; where the two may differ
 * (numbers as texts, lone surrogates, depth) is written down here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <sodium.h>

#include <jansson.h>

#include "channel/jsonin.h"

/* The end of the bytes is the end of a page of its own, more or less: what
 * reads past it is told by the address checks of the other builds. */
static int read_exact(const char *text, size_t len, struct jsonin **ret,
		      struct err *err)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	int rc;

	assert_non_null(copy);
	memcpy(copy, text, len);
	rc = jsonin_read(copy, len, ret, err);
	free(copy);
	return rc;
}

static void same_value(const struct jsonin *v, const json_t *other);

static void same_object(const struct jsonin *v, const json_t *other)
{
	const struct jsonin *m = v + 1;
	size_t len = 0;

	assert_int_equal(v->type, JSONIN_OBJECT);
	for (; m < v + v->span; m += m->span, len++) {
		assert_int_equal(strlen(m->key), m->key_len);
		same_value(m, json_object_get(other, m->key));
	}
	assert_int_equal(len, json_object_size(other));
}

static void same_list(const struct jsonin *v, const json_t *other)
{
	size_t len = 0;

	assert_int_equal(v->type, JSONIN_LIST);
	JSONIN_EACH(element, v)
		same_value(element, json_array_get(other, len++));
	assert_int_equal(len, json_array_size(other));
}

static void same_value(const struct jsonin *v, const json_t *other)
{
	static const enum jsonin_type words[] = {
	    [JSON_TRUE] = JSONIN_TRUE,
	    [JSON_FALSE] = JSONIN_FALSE,
	    [JSON_NULL] = JSONIN_NULL,
	};

	assert_non_null(other);
	switch (json_typeof(other)) {
	case JSON_OBJECT:
		same_object(v, other);
		return;
	case JSON_ARRAY:
		same_list(v, other);
		return;
	case JSON_STRING:
		assert_int_equal(v->type, JSONIN_TEXT);
		assert_int_equal(v->len, json_string_length(other));
		assert_memory_equal(v->text, json_string_value(other),
				    v->len + 1);
		return;
	case JSON_INTEGER:
	case JSON_REAL:
		assert_int_equal(v->type, JSONIN_TEXT);
		assert_true(strtod(v->text, NULL) == json_number_value(other));
		return;
	case JSON_TRUE:
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	assert_int_equal(v->type, words[json_typeof(other)]);
	assert_int_equal(v->span, 1);
}

/* Both take it and mean the same, or both refuse it. */
static void both(const char *text, size_t len)
{
	json_t *other = json_loadb(
	    text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct jsonin *root = NULL;
	struct err err = {0};
	int rc = read_exact(text, len, &root, &err);

	if ((rc == 0) != (other != NULL))
		fail_msg("%.*s: %d", (int)len, text, rc);
	if (rc == 0)
		same_value(root, other);
	else
		assert_int_equal(err.kind, ERR_INPUT);
	jsonin_free(&root);
	assert_null(root);
	json_decref(other);
}

static const char *const good[] = {
    "{}",
    "[]",
    " [ ] ",
    "\t{\r\n}\n",
    "[1,-0,0.5,1e3,1E+2,2e-2,-12.25]",
    "[true,false,null]",
    "{\"a\":{\"b\":[{},[],\"\",{\"c\":null}]},\"d\":1}",
    "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"]",
    "[\"\\u0000a\\u0000\"]",
    "[\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80 \x7f\"]",
    "{\"\":1,\"a\":2,\"A\":3,\"aa\":4}",
    "[[[[[[[[[[1]]]]]]]]]]",
};

static const char *const bad[] = {
    "",
    " ",
    "1",
    "\"a\"",
    "null",
    "{",
    "[",
    "]",
    "[}",
    "{]",
    "[1",
    "[1,",
    "[1,]",
    "[,1]",
    "[1 2]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{a:1}",
    "{1:1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\":1,\"a\":2}",
    "{\"a\":1,\"\\u0061\":2}",
    "{\"a\\u0000\":1}",
    "[01]",
    "[-]",
    "[+1]",
    "[1.]",
    "[.5]",
    "[1e]",
    "[1e+]",
    "[0x1]",
    "[1a]",
    "[nul]",
    "[nulll]",
    "[True]",
    "[\"]",
    "[\"a]",
    "[\"\\\"]",
    "[\"\\",
    "[\"\\x\"]",
    "[\"\\u12\"]",
    "[\"\\u12G4\"]",
    "[\"a\tb\"]",
    "[\"a\nb\"]",
    "[\"\xff\"]",
    "[\"\xc3\"]",
    "[\"\xc0\xaf\"]",
    "[\"\xe0\x80\xaf\"]",
    "[\"\xed\xa0\x80\"]",
    "[\"\xf4\x90\x80\x80\"]",
    "[\"\xf0\x80\x80\xaf\"]",
    "[\"\xe2\x82\"]",
    "{}{}",
    "[] x",
    "\xef\xbb\xbf{}",
    "[1]//",
    "['a']",
};

static void the_two_agree_on_what_is_json(void **state)
{
	struct jsonin *root = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		both(good[i], strlen(good[i]));
		assert_int_equal(
		    read_exact(good[i], strlen(good[i]), &root, NULL), 0);
		jsonin_free(&root);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		both(bad[i], strlen(bad[i]));
		assert_int_equal(
		    read_exact(bad[i], strlen(bad[i]), &root, NULL), -1);
	}
	both("[\"a\0b\"]", 7);
	both("[\0]", 3);
}

/* Every prefix, and every change of one byte, of something with all in it. */
static void the_two_agree_on_what_is_nearly_json(void **state)
{
	static const char all[] =
	    "{\"a\":[1,-2.5e3,true,null],\"b\\n\\u20ac\":{\"c\":"
	    "\"x\\u00e9y\xc3\xa9\xe2\x82\xac\"},\"d\":false} ";
	static const char instead[] = "\"\\{}[],: 0-u\x01\x80\xc3\xff";
	char text[sizeof(all)];

	(void)state;
	for (size_t len = 0; len < sizeof(all); len++)
		both(all, len);
	for (size_t at = 0; at + 1 < sizeof(all); at++)
		for (size_t n = 0; n < sizeof(instead) - 1; n++) {
			memcpy(text, all, sizeof(all));
			text[at] = instead[n];
			both(text, sizeof(all) - 1);
		}
}

static void numbers_keep_their_spelling(void **state)
{
	static const char text[] =
	    "{\"a\":123456789012345678901234567890,\"b\":1e999,\"c\":-0,"
	    "\"d\":17,\"e\":\"18\",\"f\":1.0,\"g\":true,\"h\":\"-7\"}";
	struct jsonin *root = NULL;
	int64_t n = 0;

	(void)state;
	assert_int_equal(read_exact(text, sizeof(text) - 1, &root, NULL), 0);
	assert_string_equal(jsonin_id(root, "a"),
			    "123456789012345678901234567890");
	assert_string_equal(jsonin_id(root, "b"), "1e999");
	assert_string_equal(jsonin_id(root, "c"), "-0");
	assert_false(jsonin_int(root, "a", &n));
	assert_false(jsonin_int(root, "f", &n));
	assert_false(jsonin_int(root, "g", &n));
	assert_true(jsonin_int(root, "d", &n) && n == 17);
	assert_true(jsonin_int(root, "e", &n) && n == 18);
	assert_true(jsonin_int(root, "h", &n) && n == -7);
	assert_true(jsonin_true(root, "g"));
	assert_false(jsonin_true(root, "a"));
	assert_null(jsonin_id(root, "g"));
	assert_null(jsonin_object(root, "a"));
	assert_null(jsonin_list(NULL, "a"));
	assert_null(jsonin_first(root));
	jsonin_free(&root);
}

static void half_a_surrogate_is_mended(void **state)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
	    {"[\"\\ud83d\"]", "\xef\xbf\xbd"},
	    {"[\"\\ude00\"]", "\xef\xbf\xbd"},
	    {"[\"\\ude00\\ud83d\"]", "\xef\xbf\xbd\xef\xbf\xbd"},
	    {"[\"\\ud83d\\u0041\"]", "\xef\xbf\xbd"
				     "A"},
	    {"[\"\\ud83dx\"]", "\xef\xbf\xbdx"},
	    {"[\"\\ud83d\\ud83d\\ude00\"]", "\xef\xbf\xbd\xf0\x9f\x98\x80"},
	};
	struct jsonin *root = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_exact(cases[i].text,
					    strlen(cases[i].text), &root, NULL),
				 0);
		assert_string_equal(jsonin_first(root)->text, cases[i].said);
		jsonin_free(&root);
	}
}

static void depth_is_bounded(void **state)
{
	char text[2 * JSONIN_DEPTH_MAX + 2];
	struct jsonin *root = NULL;
	size_t half = JSONIN_DEPTH_MAX;

	(void)state;
	memset(text, '[', half);
	memset(text + half, ']', half);
	both(text, 2 * half);
	assert_int_equal(read_exact(text, 2 * half, &root, NULL), 0);
	jsonin_free(&root);
	memset(text, '[', ++half);
	memset(text + half, ']', half);
	assert_int_equal(read_exact(text, 2 * half, &root, NULL), -1);
}

/* Members of an object, the last with the key of number pair (none: more). */
static size_t many(char *ret, size_t size, int members, int pair)
{
	size_t len = 0;

	for (int i = 0; i < members; i++)
		len += (size_t)snprintf(
		    ret + len, size - len, "%c\"k%d\":[%d]", i == 0 ? '{' : ',',
		    i + 1 == members && pair < members ? pair : i, i);
	ret[len++] = '}';
	return len;
}

static void a_key_twice_is_found_among_few_and_many(void **state)
{
	static const int sizes[] = {2, 3, 16, 17, 18, 400};
	static char text[400 * 24];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		both(text, many(text, sizeof(text), sizes[i], 1000));
		for (int pair = 0; pair + 1 < sizes[i]; pair += 5)
			both(text, many(text, sizeof(text), sizes[i], pair));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_two_agree_on_what_is_json),
	    cmocka_unit_test(the_two_agree_on_what_is_nearly_json),
	    cmocka_unit_test(numbers_keep_their_spelling),
	    cmocka_unit_test(half_a_surrogate_is_mended),
	    cmocka_unit_test(depth_is_bounded),
	    cmocka_unit_test(a_key_twice_is_found_among_few_and_many),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
