/* test_guard.c - what is framed in two ways is not served in any.
 *
 * The requests are in framing.json, beside this file, for the end-to-end
 * tests too.  A valid request follows each of them directly: it must never be
 * served.  The rules one by one are in test_guard_pure.c. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <signal.h>

#include "intake/guard.h"
#include "intake_house.h"

#define REQUEST_MAX 65536

static const char hello[] = "{\"object\":\"whatsapp_business_account\"}";

struct bytes {
	char at[REQUEST_MAX];
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

/* UTF-8 of code points up to U+00FF back to bytes. */
static void latin1(json_t *text, struct bytes *ret)
{
	const char *at = json_string_value(text);
	size_t len = json_string_length(text);

	ret->len = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)at[i];
		char byte = (char)c;

		if (c >= 0xc0)
			byte = (char)(((c & 3) << 6) | (at[++i] & 0x3f));
		put(ret, &byte, 1);
	}
}

static bool put_word(struct bytes *b, const struct bytes *head, size_t *at,
		     const char *word, const char *text)
{
	size_t len = strlen(word);

	if (head->len - *at < len || memcmp(head->at + *at, word, len) != 0)
		return false;
	put_text(b, text);
	*at += len;
	return true;
}

/* One case as bytes. */
static void request_make(json_t *one, struct bytes *ret)
{
	static struct bytes head, body, sealed;
	json_t *text = json_object_get(one, "signed");
	char mac[72], line[160], folded[160];

	latin1(json_object_get(one, "head"), &head);
	latin1(json_object_get(one, "body"), &body);
	latin1(text != NULL ? text : json_object_get(one, "body"), &sealed);
	house_sign(sealed.at, sealed.len, mac);
	(void)snprintf(line, sizeof(line), "X-Hub-Signature-256: %s\r\n", mac);
	(void)snprintf(folded, sizeof(folded),
		       "X-Hub-Signature-256:\r\n %s\r\n", mac);
	ret->len = 0;
	for (size_t i = 0; i < head.len;) {
		if (put_word(ret, &head, &i, "{SIGN}", line) ||
		    put_word(ret, &head, &i, "{SIGN_FOLDED}", folded) ||
		    put_word(ret, &head, &i, "{HOOK}", HOUSE_HOOK) ||
		    put_word(ret, &head, &i, "{TOKEN}", HOUSE_TOKEN))
			continue;
		put(ret, head.at + i++, 1);
	}
	put(ret, body.at, body.len);
}

/* A request that would be stored. */
static void valid_put(struct bytes *b)
{
	char head[512], mac[72];

	house_sign(hello, strlen(hello), mac);
	(void)snprintf(head, sizeof(head),
		       "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x.example\r\n"
		       "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n\r\n",
		       mac, strlen(hello));
	put_text(b, head);
	put_text(b, hello);
}

static json_t *cases_load(void)
{
	char path[512];
	const char *slash = strrchr(__FILE__, '/');
	json_t *all;

	(void)snprintf(path, sizeof(path), "%.*sframing.json",
		       slash != NULL ? (int)(slash - __FILE__) + 1 : 0,
		       __FILE__);
	all = json_load_file(path, JSON_ALLOW_NUL, NULL);
	assert_non_null(all);
	return all;
}

enum place { FIRST, LATER, PIPELINED };

/* The library says its own 400 (a length it cannot read, no host) twice.
 * Whatever comes before the close, it is no second answer to a request. */
static bool ends_refused(int fd)
{
	static char rest[HOUSE_ANSWER];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(rest) - 1 &&
	       (n = recv(fd, rest + len, sizeof(rest) - 1 - len, 0)) > 0)
		len += (size_t)n;
	rest[len] = '\0';
	return len < sizeof(rest) - 1 && (n == 0 || errno == ECONNRESET) &&
	       strstr(rest, "HTTP/1.1 200") == NULL;
}

/* True if the case was refused with one answer and the connection closed. */
static bool is_refused(struct house *h, json_t *one, enum place place)
{
	static struct bytes rq;
	struct bytes *out = &rq, *bad = malloc(sizeof(*bad));
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h), status;
	bool refused;

	assert_non_null(bad);
	request_make(one, bad);
	out->len = 0;
	if (place != FIRST)
		valid_put(out);
	if (place == LATER) {
		assert_true(house_say(fd, out->at, out->len));
		assert_int_equal(house_hear(fd, answer), 200);
		out->len = 0;
	}
	put(out, bad->at, bad->len);
	valid_put(out);
	free(bad);
	(void)house_say(fd, out->at, out->len);
	if (place == PIPELINED)
		assert_int_equal(house_hear(fd, answer), 200);
	status = house_hear(fd, answer);
	/* 0: closed without a word, which is a refusal too. */
	refused =
	    status == 0 || (status >= 400 && status != 503 && ends_refused(fd));
	(void)close(fd);
	return refused;
}

static void all_are_refused(struct house *h, enum place place)
{
	json_t *all = cases_load(), *list = json_object_get(all, "cases"), *one;
	size_t i, expected, wrong = 0;

	assert_true(json_array_size(list) >= 60);
	expected = place == FIRST ? 0 : json_array_size(list);
	json_array_foreach(list, i, one)
	{
		if (is_refused(h, one, place))
			continue;
		print_error("not refused: %s\n",
			    json_string_value(json_object_get(one, "name")));
		wrong++;
	}
	json_decref(all);
	assert_int_equal(wrong, 0);
	assert_int_equal(house_stored(h, NULL, 0), expected);
}

static void malformed_first_requests_are_refused_and_closed(void **state)
{
	all_are_refused(*state, FIRST);
}

static void malformed_later_requests_are_refused_and_closed(void **state)
{
	all_are_refused(*state, LATER);
}

static void malformed_pipelined_requests_are_refused_and_closed(void **state)
{
	all_are_refused(*state, PIPELINED);
}

/* The layout check must not refuse what is right, however it arrives. */
static void right_requests_of_all_shapes_pass(void **state)
{
	static const char *const extras[] = {
	    "",
	    "X-Empty:\r\n",
	    "X-None:1\r\n",
	    "X-Blanks: \t  1\r\n",
	    "X-Trailing: 1  \r\n",
	    "X-Latin: \xe4\xf6\xfc\r\n",
	    "Cookie: a=b; c=d\r\n",
	    "X-Twice: 1\r\nX-Twice: 2\r\n",
	    "Connection: keep-alive\r\nAccept: */*\r\nUser-Agent: f/1.0\r\n",
	};
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	for (size_t i = 0; i < sizeof(extras) / sizeof(extras[0]); i++) {
		assert_true(house_post(fd, hello, strlen(hello), extras[i]));
		assert_int_equal(house_hear(fd, answer), 200);
	}
	(void)close(fd);
}

static void long_headers_in_pieces_pass(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER], mac[72];
	int fd;

	house_sign(hello, strlen(hello), mac);
	for (size_t len = 1000; len < 13000; len += 2999) {
		struct bytes *b = calloc(1, sizeof(*b));
		char line[200];

		assert_non_null(b);
		put_text(b, "POST " HOUSE_HOOK "?a=b&c=%20d HTTP/1.1\r\n"
			    "Host: x.example\r\nX-Long: ");
		memset(b->at + b->len, 'a', len);
		b->len += len;
		(void)snprintf(line, sizeof(line),
			       "\r\nX-Hub-Signature-256: %s\r\n"
			       "Content-Length: %zu\r\n\r\n%s",
			       mac, strlen(hello), hello);
		put_text(b, line);
		fd = house_connect(h);
		for (size_t at = 0; at < b->len; at += 1777) {
			size_t n = b->len - at < 1777 ? b->len - at : 1777;

			assert_true(house_say(fd, b->at + at, n));
			(void)usleep(2000);
		}
		assert_int_equal(house_hear(fd, answer), 200);
		(void)close(fd);
		free(b);
	}
}

static void http_1_0_is_served_and_closed(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER], head[512], mac[72];
	int fd = house_connect(h);

	house_sign(hello, strlen(hello), mac);
	(void)snprintf(head, sizeof(head),
		       "POST " HOUSE_HOOK " HTTP/1.0\r\nHost: x\r\n"
		       "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n\r\n",
		       mac, strlen(hello));
	assert_true(house_tell(fd, head) && house_tell(fd, hello));
	assert_int_equal(house_hear(fd, answer), 200);
	assert_true(house_closed(fd));
	(void)close(fd);
}

#define RUNNING(f) \
	cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)

static int house_setup(void **state)
{
	struct house *h = house_new();

	*state = h;
	return house_start(h) ? 0 : -1;
}

static int house_teardown(void **state)
{
	house_free(*state);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RUNNING(malformed_first_requests_are_refused_and_closed),
	    RUNNING(malformed_later_requests_are_refused_and_closed),
	    RUNNING(malformed_pipelined_requests_are_refused_and_closed),
	    RUNNING(right_requests_of_all_shapes_pass),
	    RUNNING(long_headers_in_pieces_pass),
	    RUNNING(http_1_0_is_served_and_closed),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
