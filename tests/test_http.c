/* test_http.c - the client against friendly and hostile servers.
 *
 * Proves: assurance T15, T16, T17, section 4.5. */
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <sodium.h>

#include "loopback.h"
#include "postern/http.h"

#define ANSWER_MAX 4096

struct seen {
	int times;
	enum http_fate fate;
	long status;
	int64_t retry_after_ms;
	char type[128];
	char body[ANSWER_MAX + 1];
	size_t body_len;
};

struct fixture {
	struct http_client *client;
	struct loopback server;
	const char *allow[1];
	struct seen seen;
};

static void on_done(void *ctx, const struct http_reply *reply)
{
	struct seen *seen = ctx;

	seen->times++;
	seen->fate = reply->fate;
	seen->status = reply->status;
	seen->retry_after_ms = reply->retry_after_ms;
	memcpy(seen->type, reply->type, sizeof(seen->type));
	seen->body_len = reply->body.len;
	if (reply->body.len > 0)
		memcpy(seen->body, reply->body.bytes, reply->body.len);
	seen->body[reply->body.len] = '\0';
}

static void open_fixture(struct fixture *f, loopback_serve serve)
{
	struct err err;

	memset(f, 0, sizeof(*f));
	assert_int_equal(http_open(env_system(), &f->client, &err), 0);
	loopback_open(&f->server, serve, f);
	f->allow[0] = f->server.address;
}

static void close_fixture(struct fixture *f)
{
	http_close(&f->client);
	loopback_close(&f->server);
}

static struct http_call call_to(struct fixture *f, const char *method,
				const char *path)
{
	struct http_call call = {0};
	char url[128];

	(void)snprintf(call.method, sizeof(call.method), "%s", method);
	(void)snprintf(url, sizeof(url), "http://%s%s", f->server.address,
		       path);
	assert_int_equal(http_call_set(&call.url, url, NULL), 0);
	call.body = BUF_INIT(1 << 20);
	call.allow = f->allow;
	call.allow_len = 1;
	call.http_allowed = true;
	call.answer_max = ANSWER_MAX;
	call.timeout_ms = 3000;
	return call;
}

/* Until all calls ended, at most 8 s. */
static void poll_all(struct http_client *client)
{
	struct env *env = env_system();
	int64_t end_ms = env->boot_ms(env) + 8000;
	struct err err;

	while (http_under_way(client) > 0 && env->boot_ms(env) < end_ms)
		assert_int_equal(http_poll(client, NULL, 0, 50, &err), 0);
}

static void run(struct fixture *f, struct http_call *call)
{
	struct err err = {0};

	memset(&f->seen, 0, sizeof(f->seen));
	assert_int_equal(http_start(f->client, call, on_done, &f->seen, &err),
			 0);
	poll_all(f->client);
	assert_int_equal(f->seen.times, 1);
}

/* --- servers --------------------------------------------------------------
 */

static void serve_echo(struct loopback *s, int fd)
{
	static _Thread_local char request[LOOPBACK_REQUEST_MAX];
	char head[160], *body;

	while (loopback_read(s, fd, request, sizeof(request), &body)) {
		(void)snprintf(head, sizeof(head),
			       "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\n"
			       "Content-Length: %zu\r\n\r\n",
			       strlen(body));
		if (!loopback_text(fd, head) || !loopback_text(fd, body))
			return;
	}
}

/* Answers what the path says. */
static void serve_by_path(struct loopback *s, int fd)
{
	static _Thread_local char rq[LOOPBACK_REQUEST_MAX];
	char chunk[4096], *body;

	if (!loopback_read(s, fd, rq, sizeof(rq), &body))
		return;
	memset(chunk, 'a', sizeof(chunk));
	if (strstr(rq, " /redirect ") != NULL) {
		(void)loopback_text(
		    fd, "HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: "
			"/echo\r\nContent-Length: 0\r\n\r\n");
		loopback_stall(s, 100);
	} else if (strstr(rq, " /flood ") != NULL) {
		(void)loopback_text(fd, "HTTP/1.1 200 OK\r\n\r\n");
		while (!s->stop && loopback_say(fd, chunk, sizeof(chunk)))
			;
	} else if (strstr(rq, " /chunked ") != NULL) {
		(void)loopback_text(
		    fd,
		    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
		while (!s->stop && loopback_text(fd, "4\r\naaaa\r\n"))
			;
	} else if (strstr(rq, " /headers ") != NULL) {
		(void)loopback_text(fd, "HTTP/1.1 200 OK\r\n");
		while (!s->stop &&
		       loopback_text(fd, "X-Flood: aaaaaaaaaaaaaaaaaaaaa\r\n"))
			;
	} else if (strstr(rq, " /interim ") != NULL) {
		while (!s->stop &&
		       loopback_text(fd, "HTTP/1.1 103 Early Hints\r\n\r\n"))
			;
	} else if (strstr(rq, " /slow ") != NULL) {
		loopback_stall(s, 2000);
	} else if (strstr(rq, " /drip ") != NULL) {
		(void)loopback_text(fd, "HTTP/1.1 200 OK\r\n"
					"Content-Length: 100\r\n\r\n");
		for (int i = 0; i < 50 && loopback_text(fd, "a"); i++)
			loopback_stall(s, 50);
	} else if (strstr(rq, " /half ") != NULL) {
		(void)loopback_text(fd, "HTTP/1.1 200 OK\r\n"
					"Content-Length: 100\r\n\r\nabc");
	} else if (strstr(rq, " /garbage ") != NULL) {
		(void)loopback_text(fd, "\x16\x03\x01 what\r\n\r\n");
	} else if (strstr(rq, " /busy ") != NULL) {
		(void)loopback_text(fd, "HTTP/1.1 429 Slow\r\nRetry-After: "
					"7\r\nContent-Length: 0\r\n\r\n");
		loopback_stall(s, 100);
	}
	/* "/cut": nothing at all */
}

/* --- cases ----------------------------------------------------------------
 */

static void a_post_is_answered_and_its_connection_used_again(void **state)
{
	struct fixture f;
	struct http_call call;

	(void)state;
	open_fixture(&f, serve_echo);
	for (int i = 0; i < 5; i++) {
		call = call_to(&f, "POST", "/x");
		assert_int_equal(buf_append_text(&call.body, "hallo", NULL), 0);
		run(&f, &call);
		assert_int_equal(f.seen.fate, HTTP_ANSWERED);
		assert_int_equal(f.seen.status, 200);
		assert_string_equal(f.seen.body, "hallo");
		assert_string_equal(f.seen.type, "text/x");
		assert_true(f.seen.retry_after_ms == -1);
	}
	assert_int_equal(f.server.connections, 1);
	close_fixture(&f);
}

static void hostile_answers_are_bounded_and_told_apart(void **state)
{
	static const struct {
		const char *path;
		enum http_fate fate;
		long timeout_ms;
	} cases[] = {
	    {"/redirect", HTTP_ANSWERED, 3000},
	    {"/flood", HTTP_TOO_LARGE, 3000},
	    {"/chunked", HTTP_TOO_LARGE, 3000},
	    {"/headers", HTTP_TOO_LARGE, 3000},
	    {"/interim", HTTP_TOO_LARGE, 3000},
	    {"/slow", HTTP_CUT, 200},
	    {"/drip", HTTP_CUT, 200},
	    {"/half", HTTP_CUT, 3000},
	    {"/garbage", HTTP_CUT, 3000},
	    {"/cut", HTTP_CUT, 3000},
	    {"/busy", HTTP_ANSWERED, 3000},
	};
	struct fixture f;
	struct http_call call;

	(void)state;
	open_fixture(&f, serve_by_path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		call = call_to(&f, "POST", cases[i].path);
		call.timeout_ms = cases[i].timeout_ms;
		run(&f, &call);
		if (f.seen.fate != cases[i].fate)
			print_error("%s\n", cases[i].path);
		assert_int_equal(f.seen.fate, cases[i].fate);
		assert_true(f.seen.body_len <= ANSWER_MAX);
		if (strcmp(cases[i].path, "/redirect") == 0)
			assert_int_equal(f.seen.status, 302);
	}
	assert_int_equal(f.seen.status, 429);
	assert_true(f.seen.retry_after_ms == 7000);
	/* the redirect was not followed: one request each */
	assert_int_equal(f.server.requests, sizeof(cases) / sizeof(cases[0]));
	close_fixture(&f);
}

static void a_closed_port_and_a_failed_handshake_sent_nothing(void **state)
{
	struct fixture f;
	struct http_call call;
	const char *allow[1];
	char url[64], closed[32];

	(void)state;
	open_fixture(&f, serve_by_path);
	call = call_to(&f, "POST", "/x");
	(void)snprintf(url, sizeof(url), "https://%s/x", f.server.address);
	assert_int_equal(http_call_set(&call.url, url, NULL), 0);
	call.timeout_ms = 1500;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_NOT_SENT);

	loopback_close(&f.server);
	(void)snprintf(closed, sizeof(closed), "%s", f.server.address);
	allow[0] = closed;
	call = call_to(&f, "POST", "/x");
	call.allow = allow;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_NOT_SENT);
	http_close(&f.client);
}

/* Source: assurance 4.5, 21 disguised targets. */
static void disguised_private_targets_are_refused(void **state)
{
	static const char *const hosts[] = {
	    "127.0.0.1",
	    "2130706433",
	    "0x7f000001",
	    "017700000001",
	    "0177.0.0.1",
	    "0x7f.0.0.1",
	    "127.1",
	    "0",
	    "localhost",
	    "[::1]",
	    "[::ffff:127.0.0.1]",
	    "[::127.0.0.1]",
	    "[64:ff9b::7f00:1]",
	    "[2002:7f00:1::]",
	    "[fe80::1%25lo]",
	    "169.254.169.254",
	    "user:word@127.0.0.1",
	    "127.0.0.1\\@public.example",
	    "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",
	    "LOCALHOST",
	    "127.0.0.1#@public.example",
	};
	static const char *const schemes[] = {"file:///etc/passwd",
					      "gopher://127.0.0.1/",
					      "dict://127.0.0.1/",
					      "ftp://x/",
					      "//127.0.0.1/",
					      "",
					      "http://"};
	struct fixture f;
	struct http_call call;
	char url[160];

	(void)state;
	open_fixture(&f, serve_echo);
	for (size_t i = 0; i < 2 * sizeof(hosts) / sizeof(hosts[0]); i++) {
		call = call_to(&f, "GET", "/");
		call.allow_len = 0;
		(void)snprintf(url, sizeof(url), "%s://%s:%u/",
			       i % 2 == 0 ? "https" : "http", hosts[i / 2],
			       (unsigned int)f.server.port);
		assert_int_equal(http_call_set(&call.url, url, NULL), 0);
		run(&f, &call);
		if (f.seen.fate != HTTP_REFUSED)
			print_error("%s\n", url);
		assert_int_equal(f.seen.fate, HTTP_REFUSED);
	}
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		call = call_to(&f, "GET", "/");
		assert_int_equal(http_call_set(&call.url, schemes[i], NULL), 0);
		run(&f, &call);
		assert_int_equal(f.seen.fate, HTTP_REFUSED);
	}
	assert_int_equal(f.server.connections, 0);
	close_fixture(&f);
}

static void plain_http_needs_permission_and_a_listed_target(void **state)
{
	struct fixture f;
	struct http_call call;

	(void)state;
	open_fixture(&f, serve_echo);
	call = call_to(&f, "GET", "/");
	call.http_allowed = false;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_REFUSED);
	/* a public address that nobody listed: refused before any packet */
	call = call_to(&f, "GET", "/");
	assert_int_equal(http_call_set(&call.url, "http://1.1.1.1:81/", NULL),
			 0);
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_REFUSED);
	close_fixture(&f);
}

static void set_answer(struct fixture *f, const char *host, const char *address)
{
	char text[128];
	const char *answers[1] = {text};

	(void)snprintf(text, sizeof(text), "%s:%u:%s", host,
		       (unsigned int)f->server.port, address);
	assert_int_equal(http_set_resolve(f->client, answers, 1, NULL), 0);
}

static void run_host(struct fixture *f, const char *host,
		     const char *const *allow, size_t allow_len)
{
	struct http_call call = call_to(f, "GET", "/");
	char url[128];

	(void)snprintf(url, sizeof(url), "http://%s:%u/", host,
		       (unsigned int)f->server.port);
	assert_int_equal(http_call_set(&call.url, url, NULL), 0);
	call.allow = allow;
	call.allow_len = allow_len;
	call.timeout_ms = 300;
	run(f, &call);
}

static void a_name_that_changes_its_address_is_caught(void **state)
{
	struct fixture f;
	char entry[64];
	const char *by_name[1] = {entry};

	(void)state;
	open_fixture(&f, serve_echo);
	(void)snprintf(entry, sizeof(entry), "desk.example:%u",
		       (unsigned int)f.server.port);
	/* a listed name may not turn into loopback, metadata or multicast */
	static const char *const bad[] = {"127.0.0.1", "169.254.169.254",
					  "224.0.0.1", "0.0.0.0",
					  "100.100.100.200"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_answer(&f, "desk.example", bad[i]);
		run_host(&f, "desk.example", by_name, 1);
		assert_int_equal(f.seen.fate, HTTP_REFUSED);
	}
	assert_int_equal(f.server.connections, 0);
	/* by number it may, whatever the name is */
	set_answer(&f, "desk.example", "127.0.0.1");
	run_host(&f, "desk.example", f.allow, 1);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	/* ... and then the answer flips */
	set_answer(&f, "desk.example", "127.0.0.2");
	run_host(&f, "desk.example:", f.allow, 1);
	assert_int_equal(f.seen.fate, HTTP_REFUSED);
	close_fixture(&f);
}

static void a_connection_made_under_a_wider_list_is_not_lent(void **state)
{
	struct fixture f;

	(void)state;
	open_fixture(&f, serve_echo);
	set_answer(&f, "desk.example", "127.0.0.1");
	run_host(&f, "desk.example", f.allow, 1);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	run_host(&f, "desk.example", NULL, 0);
	assert_int_equal(f.seen.fate, HTTP_REFUSED);
	assert_int_equal(f.server.requests, 1);
	run_host(&f, "desk.example", f.allow, 1);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	close_fixture(&f);
}

static void media_hosts_are_matched_by_suffix_label(void **state)
{
	static const char *const hosts[] = {"fbcdn.example"};
	static const struct {
		const char *url;
		bool good;
	} cases[] = {
	    {"https://x.fbcdn.example/", true},
	    {"https://fbcdn.example/", true},
	    {"https://evilfbcdn.example/", false},
	    {"https://fbcdn.example.evil.example/", false},
	};
	struct fixture f;
	struct http_call call;
	struct err err;
	struct seen seen;

	(void)state;
	open_fixture(&f, serve_echo);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answers[] = {"x.fbcdn.example:443:10.0.0.1",
					 "fbcdn.example:443:10.0.0.1"};

		assert_int_equal(http_set_resolve(f.client, answers, 2, &err),
				 0);
		memset(&seen, 0, sizeof(seen));
		call = call_to(&f, "GET", "/");
		assert_int_equal(http_call_set(&call.url, cases[i].url, NULL),
				 0);
		call.hosts = hosts;
		call.hosts_len = 1;
		run(&f, &call);
		/* both end refused; only good ones by the address */
		assert_int_equal(f.seen.fate, HTTP_REFUSED);
		assert_int_equal(f.server.connections, 0);
	}
	close_fixture(&f);
}

static int count_bytes(void *ctx, const uint8_t *bytes, size_t len)
{
	size_t *total = ctx;

	(void)bytes;
	*total += len;
	return *total > 3000 ? -1 : 0;
}

static void a_sink_gets_the_bytes_and_may_abort(void **state)
{
	struct fixture f;
	struct http_call call;
	size_t total = 0;

	(void)state;
	open_fixture(&f, serve_echo);
	call = call_to(&f, "POST", "/");
	assert_int_equal(buf_append_text(&call.body, "0123456789", NULL), 0);
	call.sink = count_bytes;
	call.sink_ctx = &total;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	assert_int_equal(f.seen.body_len, 0);
	assert_int_equal(total, 10);
	call = call_to(&f, "POST", "/");
	for (int i = 0; i < 350; i++)
		assert_int_equal(
		    buf_append_text(&call.body, "0123456789", NULL), 0);
	call.sink = count_bytes;
	call.sink_ctx = &total;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ABORTED);
	close_fixture(&f);
}

struct pieces {
	size_t left;
};

static size_t give_piece(void *ctx, uint8_t *ret, size_t size)
{
	struct pieces *p = ctx;
	size_t len = p->left < size ? p->left : size;

	memset(ret, 'm', len);
	p->left -= len;
	return len;
}

static void a_file_is_uploaded_as_multipart(void **state)
{
	struct fixture f;
	struct http_call call;
	struct pieces pieces = {.left = 1000};

	(void)state;
	open_fixture(&f, serve_echo);
	call = call_to(&f, "POST", "/");
	assert_int_equal(http_call_set(&call.form[0].name, "product", NULL), 0);
	assert_int_equal(http_call_set(&call.form[0].value, "whatsapp", NULL),
			 0);
	call.form_len = 1;
	call.file = give_piece;
	call.file_ctx = &pieces;
	call.file_len = 1000;
	assert_int_equal(http_call_set(&call.file_name, "foto.jpg", NULL), 0);
	assert_int_equal(http_call_set(&call.file_type, "image/jpeg", NULL), 0);
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	assert_non_null(strstr(f.seen.body, "name=\"product\""));
	assert_non_null(strstr(f.seen.body, "filename=\"foto.jpg\""));
	assert_non_null(strstr(f.seen.body, "mmmmmmmmmm"));
	/* a file shorter than announced never looks complete */
	pieces.left = 10;
	call = call_to(&f, "POST", "/");
	call.file = give_piece;
	call.file_ctx = &pieces;
	call.file_len = 1000;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ABORTED);
	close_fixture(&f);
}

/* Answers once, then closes on the second request without a word. */
static void serve_once(struct loopback *s, int fd)
{
	static _Thread_local char rq[LOOPBACK_REQUEST_MAX];
	char *body;

	if (!loopback_read(s, fd, rq, sizeof(rq), &body))
		return;
	(void)loopback_text(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	(void)loopback_read(s, fd, rq, sizeof(rq), &body);
}

static void a_post_on_a_dying_connection_is_not_silently_sent_twice(
    void **state)
{
	struct fixture f;
	struct http_call call;

	(void)state;
	open_fixture(&f, serve_once);
	call = call_to(&f, "POST", "/");
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	call = call_to(&f, "POST", "/");
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_CUT);
	assert_int_equal(f.server.requests, 2);
	/* unless the receiver tells repeats apart */
	call = call_to(&f, "POST", "/");
	run(&f, &call);
	call = call_to(&f, "POST", "/");
	call.repeatable = true;
	run(&f, &call);
	assert_int_equal(f.seen.fate, HTTP_ANSWERED);
	close_fixture(&f);
}

static void many_calls_run_side_by_side(void **state)
{
	static struct seen seen[64];
	struct fixture f;
	struct http_call call;
	struct err err;

	(void)state;
	memset(seen, 0, sizeof(seen));
	open_fixture(&f, serve_echo);
	for (size_t i = 0; i < 64; i++) {
		call = call_to(&f, "POST", "/");
		assert_int_equal(buf_append_text(&call.body, "x", NULL), 0);
		assert_int_equal(
		    http_start(f.client, &call, on_done, &seen[i], &err), 0);
	}
	poll_all(f.client);
	for (size_t i = 0; i < 64; i++) {
		assert_int_equal(seen[i].times, 1);
		assert_int_equal(seen[i].fate, HTTP_ANSWERED);
	}
	/* closing drops what is under way, without a callback */
	call = call_to(&f, "POST", "/");
	assert_int_equal(http_start(f.client, &call, on_done, &seen[0], &err),
			 0);
	close_fixture(&f);
	assert_int_equal(seen[0].times, 1);
}

static void headers_cannot_be_smuggled(void **state)
{
	struct http_call call = {0};
	struct err err;

	(void)state;
	assert_int_equal(http_call_header(&call, "X-A", "b\r\nX-B: c", &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(http_call_header(&call, "X A", "b", &err), -1);
	assert_int_equal(http_call_header(&call, "X:A", "b", &err), -1);
	assert_int_equal(http_call_header(&call, "", "b", &err), -1);
	for (int i = 0; i < HTTP_HEADERS_MAX; i++)
		assert_int_equal(http_call_header(&call, "X", "", &err), 0);
	assert_int_equal(http_call_header(&call, "X", "", &err), -1);
	http_call_free(&call);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_post_is_answered_and_its_connection_used_again),
	    cmocka_unit_test(hostile_answers_are_bounded_and_told_apart),
	    cmocka_unit_test(a_closed_port_and_a_failed_handshake_sent_nothing),
	    cmocka_unit_test(disguised_private_targets_are_refused),
	    cmocka_unit_test(plain_http_needs_permission_and_a_listed_target),
	    cmocka_unit_test(a_name_that_changes_its_address_is_caught),
	    cmocka_unit_test(a_connection_made_under_a_wider_list_is_not_lent),
	    cmocka_unit_test(media_hosts_are_matched_by_suffix_label),
	    cmocka_unit_test(a_sink_gets_the_bytes_and_may_abort),
	    cmocka_unit_test(a_file_is_uploaded_as_multipart),
	    cmocka_unit_test(
		a_post_on_a_dying_connection_is_not_silently_sent_twice),
	    cmocka_unit_test(many_calls_run_side_by_side),
	    cmocka_unit_test(headers_cannot_be_smuggled),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
