/* test_guard_pure.c - the rules of the guard, one by one.
 *
 * A request is laid out as the library leaves it in its read buffer, because
 * the guard compares addresses.  Proves: assurance T5, 4.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "intake/guard.h"

struct bytes {
	char at[1024];
	size_t len;
};

static void put(struct bytes *b, const void *at, size_t len)
{
	assert_true(b->len + len <= sizeof(b->at));
	memcpy(b->at + b->len, at, len);
	b->len += len;
}

static void put_text(struct bytes *b, const char *text)
{
	put(b, text, strlen(text));
}

static void targets_are_origin_form_with_plain_paths(void **state)
{
	static const char *const right[] = {
	    "/",    "/ab",	  "/a",		  "/a/b",
	    "/a/",  "/a-b_c.d~e", "/a?b=c&d=%20", "/a?hub.mode=subscribe",
	    "/...", "/.a",	  "/a?b/../c"};
	static const char *const wrong[] = {
	    "",	      "a",	   "*",	      "//",    "//a",	  "/a//b",
	    "/.",     "/..",	   "/./a",    "/a/..", "/a/../b", "/a%2fb",
	    "/a b",   "/a\\b",	   "/a?\x7f", "/a#b",  "/a?b c",  "/a?b#c",
	    "/a\x7f", "/\xc3\xa4", "/a?\"",   "/a;b"};

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_int_equal(guard_target(right[i]), strlen(right[i]));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(guard_target(wrong[i]), 0);
	assert_int_equal(guard_target(NULL), 0);
}

/* Where a text ends in the library's buffer: a NUL over what followed. */
static const char *cut(char **at, char *end, char stop)
{
	char *from = *at, *to = memchr(from, stop, (size_t)(end - from));

	assert_non_null(to);
	*to = '\0';
	*at = to + 1;
	return from;
}

/* A request as the library shows it, laid out where it was received. */
static void lay_out(struct bytes *b, struct guard_request *ret)
{
	char *at = b->at, *end = b->at + b->len;

	*ret = (struct guard_request){.in_place = true, .block_len = b->len};
	ret->method = cut(&at, end, ' ');
	ret->url = cut(&at, end, ' ');
	ret->target_len = guard_target(ret->url);
	ret->version = cut(&at, end, '\r');
	while (end - at > 3 && ret->headers_len < GUARD_HEADERS_MAX) {
		struct guard_header *h = &ret->headers[ret->headers_len++];

		at++; /* line feed */
		h->name = at;
		(void)cut(&at, end, ':');
		h->name_len = (size_t)(at - h->name) - 1;
		while (*at == ' ')
			at++;
		h->value = at;
		(void)cut(&at, end, '\r');
		h->value_len = (size_t)(at - h->value) - 1;
	}
}

static bool judged(const char *lines, size_t len, struct guard_facts *ret)
{
	static struct bytes b;
	struct guard_request rq;
	bool in_place;

	b.len = 0;
	put(&b, lines, len);
	put_text(&b, "\r\n");
	lay_out(&b, &rq);
	in_place = guard_judge(&rq, ret);
	/* A library that copies its texts leaves the rest of the rules. */
	rq.in_place = false;
	assert_true(guard_judge(&rq, ret) || !in_place);
	return in_place;
}

#define LINE "POST /a HTTP/1.1\r\n"
#define HOST "Host: x\r\n"
#define B16  "                "
#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A255        \
	A64 A64 A64 \
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define CASE(text, good)                     \
	{                                    \
		text, sizeof(text) - 1, good \
	}

static void one_framing_is_judged_right_and_every_other_wrong(void **state)
{
	static const struct {
		const char *lines;
		size_t len;
		bool good;
	} cases[] = {
	    CASE(LINE HOST, true),
	    CASE(LINE HOST "Content-Length: 0\r\n", true),
	    CASE(LINE HOST "Content-Length: 12\r\n", true),
	    CASE(LINE HOST "Content-Length: 012\r\n", false),
	    CASE(LINE HOST "Content-Length:\r\n", false),
	    CASE(LINE HOST "Content-Length: 1a\r\n", false),
	    CASE(LINE HOST "Content-Length: +1\r\n", false),
	    CASE(LINE HOST "Content-Length: 999999999999999999\r\n", true),
	    CASE(LINE HOST "Content-Length: 1000000000000000000\r\n", false),
	    CASE(LINE HOST "Transfer-Encoding: Chunked\r\n", true),
	    CASE(LINE HOST "Transfer-Encoding: chunkes\r\n", false),
	    CASE(LINE HOST "Transfer-Encoding: gzip\r\n", false),
	    CASE(LINE HOST "X: a\tb\r\n", true),
	    CASE(LINE HOST "X: a\x1f\r\n", false),
	    CASE(LINE HOST "X: a\x7f\r\n", false),
	    CASE(LINE HOST ": x\r\n", false),
	    CASE(LINE HOST "a\0b: x\r\n", false),
	    CASE(LINE HOST "X:" B16 "x\r\n", true),
	    CASE(LINE HOST "X:" B16 " x\r\n", false),
	    CASE(LINE "Host: " A255 "\r\n", true),
	    CASE(LINE "Host: " A255 "a\r\n", false),
	    CASE(LINE "Host:\r\n", false),
	    CASE(LINE "Host: a/b\r\n", false),
	    CASE(" /a HTTP/1.1\r\n" HOST, false),
	    CASE("P(ST /a HTTP/1.1\r\n" HOST, false),
	    CASE("GET /a HTTP/1.0\r\n" HOST, true),
	    CASE("GET /a HTTP/1.2\r\n" HOST, false),
	};
	struct guard_facts facts;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (judged(cases[i].lines, cases[i].len, &facts) !=
		    cases[i].good)
			fail_msg("case %zu", i);
}

/* Nothing is read through a text that does not lie where it must. */
static void texts_out_of_their_place_are_refused(void **state)
{
	static struct bytes b;
	struct guard_request right, rq;
	struct guard_facts facts;

	(void)state;
	b.len = 0;
	put_text(&b, LINE HOST "X: 1\r\n\r\n");
	lay_out(&b, &right);
	assert_true(guard_judge(&right, &facts));
	rq = right;
	rq.url--;
	assert_false(guard_judge(&rq, &facts));
	rq = right;
	rq.version++;
	assert_false(guard_judge(&rq, &facts));
	rq = right;
	rq.headers[1].value = rq.headers[1].name;
	assert_false(guard_judge(&rq, &facts));
	rq = right;
	rq.headers[1].name = rq.headers[0].name;
	assert_false(guard_judge(&rq, &facts));
	rq = right;
	rq.block_len++;
	assert_false(guard_judge(&rq, &facts));
}

static void too_many_headers_are_refused_and_never_read(void **state)
{
	static struct guard_request rq = {
	    .method = "GET", .version = "HTTP/1.1", .target_len = 1};
	struct guard_facts facts;

	(void)state;
	for (size_t i = 0; i < GUARD_HEADERS_MAX; i++)
		rq.headers[i] = (struct guard_header){"A", "1", 1, 1};
	rq.headers[0] = (struct guard_header){"Host", "x", 4, 1};
	rq.headers_len = GUARD_HEADERS_MAX;
	assert_true(guard_judge(&rq, &facts));
	assert_int_equal(guard_count(&rq, "a"), GUARD_HEADERS_MAX - 1);
	rq.headers_len++;
	assert_false(guard_judge(&rq, &facts));
	assert_int_equal(guard_count(&rq, "a"), GUARD_HEADERS_MAX - 1);
}

static void a_target_is_at_most_four_kilobytes(void **state)
{
	char target[4096 + 2] = "/";

	(void)state;
	memset(target + 1, 'a', 4096);
	assert_int_equal(guard_target(target), 0);
	target[4096] = '\0';
	assert_int_equal(guard_target(target), 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(targets_are_origin_form_with_plain_paths),
	    cmocka_unit_test(a_target_is_at_most_four_kilobytes),
	    cmocka_unit_test(one_framing_is_judged_right_and_every_other_wrong),
	    cmocka_unit_test(texts_out_of_their_place_are_refused),
	    cmocka_unit_test(too_many_headers_are_refused_and_never_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
