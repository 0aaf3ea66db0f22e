/* test_jsonmem.c - a body that finds no memory is never taken for one that
 * cannot be understood, and a note never for one that can never be sent: both
 * are tried again, where quarantine and dead letter are final.  Found by
 * tests/torture/sites.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "channel/jsonin.h"
#include "channel/whatsapp.h"
#include "helpdesk/webhook.h"
#include "postern/channel.h"
#include "postern/jsonmem.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_MALLOC 0
#else
#define OWN_MALLOC 1
#endif

static long fails_in; /* 0 never */

#if OWN_MALLOC
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

static bool fails_now(void)
{
	return fails_in > 0 && --fails_in == 0;
}

/* In the executable they come before those of the C library. */
void *malloc(size_t size)
{
	return fails_now() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
	return fails_now() ? NULL : __libc_realloc(old, size);
}
#endif

static const char body[] =
    "{\"object\":\"whatsapp_business_account\",\"entry\":[{\"id\":\"1\","
    "\"changes\":[{\"field\":\"messages\",\"value\":{"
    "\"messaging_product\":\"whatsapp\",\"metadata\":{"
    "\"display_phone_number\":\"4930901820\",\"phone_number_id\":\"7\"},"
    "\"contacts\":[{\"profile\":{\"name\":\"Muster\"},"
    "\"wa_id\":\"4917139200001\"}],\"messages\":[{"
    "\"from\":\"4917139200001\",\"id\":\"wamid.1\","
    "\"timestamp\":\"1767225600\",\"type\":\"text\","
    "\"text\":{\"body\":\"Guten Tag\"}}]}}]}]}";

static void no_memory_is_not_nonsense(void **state)
{
	struct event_list *list = NULL;
	struct err err;
	long at;
	int rc = -1;

	(void)state;
	if (!OWN_MALLOC)
		skip();
	for (at = 1; rc != 0 && at < 10000; at++) {
		err = (struct err){0};
		fails_in = at;
		rc = whatsapp_parse((const uint8_t *)body, sizeof(body) - 1,
				    &list, &err);
		/* The n-th was beyond the last: this one has to be good. */
		if (fails_in > 0)
			assert_int_equal(rc, 0);
		fails_in = 0;
		if (rc != 0)
			assert_int_equal(err.kind, ERR_NOMEM);
	}
	assert_int_equal(rc, 0);
	assert_true(at > 5);
	event_list_free(&list);
}

/* Fails the n-th allocation of one note for a helpdesk.  Whether there was an
 * n-th; what is written must be written whole. */
static bool note_at(long at, const struct helpdesk_note *note, size_t whole)
{
	struct buf out = BUF_INIT(WEBHOOK_BODY_MAX);
	struct err err = {0};
	bool failed;
	int rc;

	fails_in = at;
	rc = webhook_body(note, &out, &err);
	failed = fails_in == 0;
	fails_in = 0;
	if (rc == 0)
		assert_int_equal(out.len, whole);
	else
		assert_int_equal(err.kind, ERR_NOMEM);
	if (!failed)
		assert_int_equal(rc, 0);
	buf_free(&out);
	return failed;
}

static void no_memory_is_not_unfit(void **state)
{
	const struct helpdesk_note note = {
	    .type = "message.received",
	    .at_ms = 1767225600000,
	    .conversation = "cnv_1",
	    .message = "msg_1",
	    .channel = "kundenservice",
	    .text = "Guten Tag, wo bleibt die Lieferung?",
	    .kind = "text",
	    .person = "per_1",
	    .alias = "Blaue Amsel",
	};
	struct buf out = BUF_INIT(WEBHOOK_BODY_MAX);
	size_t whole;
	long at = 1;

	(void)state;
	if (!OWN_MALLOC)
		skip();
	assert_int_equal(webhook_body(&note, &out, NULL), 0);
	whole = out.len;
	buf_free(&out);
	while (note_at(at, &note, whole))
		at++;
	assert_true(at > 1);
}

/* --- the reader ----------------------------------------------------------- */

static void texts_are_taken_as_the_standard_says(void **state)
{
	static const struct {
		const char *text, *means; /* printed; NULL: refused */
		size_t flags;
	} cases[] = {
	    {"{}", "{}", 0},
	    {" [ 1 , -2 ,\t3\n] ", "[1,-2,3]", 0},
	    {"[true,false,null,0.5,-1e2]", "[true,false,null,0.5,-100.0]", 0},
	    {"{\"a\":{\"b\":[{}]}}", "{\"a\":{\"b\":[{}]}}", 0},
	    {"[\"\\u0041\\u00e4\\ud83d\\ude00\\\"\\\\\\/\\n\"]",
	     "[\"A\xc3\xa4\xf0\x9f\x98\x80\\\"\\\\/\\n\"]", 0},
	    {"{\"a\":1,\"a\":2}", "{\"a\":2}", 0},
	    {"{\"a\":1,\"a\":2}", NULL, JSON_REJECT_DUPLICATES},
	    {"[\"a\\u0000b\"]", "[\"a\\u0000b\"]", JSON_ALLOW_NUL},
	    {"[\"a\\u0000b\"]", NULL, 0},
	    {"{\"a\\u0000b\":1}", NULL, JSON_ALLOW_NUL},
	    {"[9223372036854775807]", "[9223372036854775807]", 0},
	    {"[9223372036854775808]", NULL, 0},
	    {"", NULL, 0},
	    {" ", NULL, 0},
	    {"1", NULL, 0},
	    {"\"a\"", NULL, 0},
	    {"[1,]", NULL, 0},
	    {"[,1]", NULL, 0},
	    {"[1 2]", NULL, 0},
	    {"{\"a\"}", NULL, 0},
	    {"{\"a\":}", NULL, 0},
	    {"{a:1}", NULL, 0},
	    {"[01]", NULL, 0},
	    {"[1.]", NULL, 0},
	    {"[.5]", NULL, 0},
	    {"[1e]", NULL, 0},
	    {"[1e999]", NULL, 0},
	    {"[-]", NULL, 0},
	    {"[+1]", NULL, 0},
	    {"[tru]", NULL, 0},
	    {"[truee]", NULL, 0},
	    {"[\"a]", NULL, 0},
	    {"[\"a\\", NULL, 0},
	    {"[\"\\x\"]", NULL, 0},
	    {"[\"\\ud800\"]", NULL, 0},
	    {"[\"\\ud800\\u0041\"]", NULL, 0},
	    {"[\"\\udc00\"]", NULL, 0},
	    {"[\"\\u12g4\"]", NULL, 0},
	    {"[\"\n\"]", NULL, 0},
	    {"[\"\xff\"]", NULL, 0},
	    {"[\"\xed\xa0\x80\"]", NULL, 0},
	    {"[]x", NULL, 0},
	    {"[[]", NULL, 0},
	};
	bool no_memory = true;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct buf text = BUF_INIT(1024);
		json_t *v = jsonmem_load(cases[i].text, strlen(cases[i].text),
					 cases[i].flags, &no_memory);

		assert_false(no_memory);
		if ((v != NULL) != (cases[i].means != NULL))
			fail_msg("case %zu", i);
		if (v != NULL) {
			assert_int_equal(
			    jsonmem_print(v, JSON_COMPACT, &text, NULL), 0);
			assert_string_equal(buf_text(&text), cases[i].means);
		}
		json_decref(v);
		buf_free(&text);
	}
}

/* jansson's reader passes over it behind a number: found by fuzz_json. */
static void a_byte_0_is_no_space(void **state)
{
	bool no_memory;

	(void)state;
	assert_null(jsonmem_load("[1\0,2]", 6, 0, &no_memory));
	assert_null(jsonmem_load("[1]\0", 4, 0, &no_memory));
}

static void the_place_that_could_not_be_read_is_told(void **state)
{
	static const struct {
		const char *text;
		size_t at;
	} cases[] = {{"", 0},	       {"x", 0},
		     {"{}", 2},	       {"{} x", 3},
		     {"{\"a\" 1}", 5}, {"[1,]", 3},
		     {"[1, tru]", 4},  {"{\"a\":1,\"a\":2}", 10}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t at = 99;
		bool no_memory;

		json_decref(
		    jsonmem_load_at(cases[i].text, strlen(cases[i].text),
				    JSON_REJECT_DUPLICATES, &no_memory, &at));
		assert_false(no_memory);
		assert_int_equal(at, cases[i].at);
	}
}

static void nesting_has_an_end(void **state)
{
	static char text[200000];
	bool no_memory;
	json_t *v;

	(void)state;
	memset(text, '[', 100000);
	memset(text + 100000, ']', 100000);
	assert_null(jsonmem_load(text, sizeof(text), 0, &no_memory));
	v = jsonmem_load(text + 100000 - 2048, 2 * 2048, 0, &no_memory);
	assert_non_null(v);
	json_decref(v);
}

/* The lengths at which jansson's own reader grew, lost a closing quote and
 * wrote past the end; and escapes, members and lists. */
static void a_text_is_read_whole_or_not_at_all(void **state)
{
	static const char escaped[] =
	    "{\"schluessel-von-hinreichender-laenge\":[1,2,3,4,5,6,7,8,9],"
	    "\"\\u00e4\":{\"a\":1,\"b\":\"zwei\",\"c\":[[],{}]}}";
	static const char *const texts[] = {
	    "[\"1234567890123\",\"12345678901234\"]",
	    "[\"12345678901234567890123456789\",\"\\n2345678901234567890\"]",
	    escaped,
	};
	bool no_memory = false;

	(void)state;
	if (!OWN_MALLOC)
		skip();
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		const size_t len = strlen(texts[i]);
		json_t *want = jsonmem_load(texts[i], len, 0, &no_memory);
		json_t *got = NULL;
		long at;

		assert_non_null(want);
		for (at = 1; got == NULL; at++) {
			fails_in = at;
			got = jsonmem_load(texts[i], len, 0, &no_memory);
			fails_in = 0;
			assert_int_equal(got == NULL, no_memory);
		}
		assert_true(at > 5);
		assert_true(json_equal(want, got));
		json_decref(want);
		json_decref(got);
	}
}

static void a_tree_is_printed_whole_or_not_at_all(void **state)
{
	static const char text[] =
	    "{\"a\":\"eins\",\"ein-langer-schluessel\":[1,2,{\"b\":null}]}";
	struct err err = {0};
	bool no_memory;
	json_t *v = jsonmem_load(text, sizeof(text) - 1, 0, &no_memory);
	struct buf small = BUF_INIT(20), out = BUF_INIT(1024);
	long at;
	int rc = -1;

	(void)state;
	assert_int_equal(jsonmem_print(v, JSON_COMPACT, &small, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(jsonmem_print(NULL, 0, &out, &err), -1);
	assert_int_equal(err.kind, ERR_NOMEM);
	for (at = 1; OWN_MALLOC && rc != 0; at++) {
		buf_free(&out);
		fails_in = at;
		rc = jsonmem_print(v, JSON_COMPACT, &out, &err);
		fails_in = 0;
		assert_int_equal(err.kind, ERR_NOMEM);
	}
	if (OWN_MALLOC)
		assert_string_equal(buf_text(&out), text);
	json_decref(v);
	buf_free(&small);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_memory_is_not_nonsense),
	    cmocka_unit_test(no_memory_is_not_unfit),
	    cmocka_unit_test(texts_are_taken_as_the_standard_says),
	    cmocka_unit_test(a_byte_0_is_no_space),
	    cmocka_unit_test(the_place_that_could_not_be_read_is_told),
	    cmocka_unit_test(nesting_has_an_end),
	    cmocka_unit_test(a_text_is_read_whole_or_not_at_all),
	    cmocka_unit_test(a_tree_is_printed_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
