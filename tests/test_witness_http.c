/* test_witness_http.c - a witness over its socket, before strangers. */
#include "witness_house.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "postern/listen.h"

#define PATIENCE_MS 20000
#define RIVALS	    8

struct server {
	struct house *h;
	struct witness_listener *listener;
	uint16_t port;
	int stop_fd;
	_Atomic int64_t later_ms; /* added to the clock of deadlines */
	struct env env;
};

static int64_t later_boot_ms(struct env *env)
{
	const struct server *s = env->ctx;

	return env_system()->boot_ms(env_system()) + s->later_ms;
}

static int serve(void **state)
{
	struct server *s = calloc(1, sizeof(*s));
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = -1;

	assert_non_null(s);
	assert_int_equal(house_set_up((void **)&s->h), 0);
	s->env = *env_system();
	s->env.boot_ms = later_boot_ms;
	s->env.ctx = s;
	s->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	assert_int_equal(listen_tcp("127.0.0.1:0", &fd, NULL), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
	s->port = ntohs(at.sin_port);
	assert_int_equal(witness_listen(s->h->w, &s->env, fd, s->stop_fd,
					&s->listener, NULL),
			 0);
	*state = s;
	return 0;
}

static int stop(void **state)
{
	struct server *s = *state;

	witness_listener_close(&s->listener);
	(void)close(s->stop_fd);
	assert_int_equal(house_tear_down((void **)&s->h), 0);
	free(s);
	return 0;
}

/* --- a caller ------------------------------------------------------------- */

static int call(const struct server *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
				 .sin_port = htons(s->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void put(int fd, const void *bytes, size_t len)
{
	/* A refused caller may find the door closed. */
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		bytes = (const char *)bytes + n;
		len -= (size_t)n;
	}
}

/* Everything up to the end of the connection; false: it did not end. */
static bool hear(int fd, char *ret, size_t size)
{
	size_t len = 0;

	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		ret[len] = '\0';
		if (poll(&p, 1, PATIENCE_MS) != 1)
			return false;
		n = recv(fd, ret + len, size - 1 - len, 0);
		if (n <= 0)
			return true;
		len += (size_t)n;
	}
}

/* The status of one raw request; 0: closed without one. */
static int ask(const struct server *s, const void *bytes, size_t len, char *ret,
	       size_t size)
{
	int fd = call(s);
	bool ended;

	put(fd, bytes, len);
	ended = hear(fd, ret, size);
	(void)close(fd);
	assert_true(ended);
	return strncmp(ret, "HTTP/1.1 ", 9) == 0
		   ? (int)strtol(ret + 9, NULL, 10)
		   : 0;
}

static int ask_text(const struct server *s, const char *text)
{
	char answer[8192];

	return ask(s, text, strlen(text), answer, sizeof(answer));
}

static int post(const struct server *s, struct buf *body, char *ret,
		size_t size)
{
	struct buf all = BUF_INIT(2 * ADDCHECKPOINT_BYTES_MAX);
	char head[256];
	int status;

	(void)snprintf(head, sizeof(head),
		       "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
		       "Connection: close\r\nContent-Length: %zu\r\n\r\n",
		       body->len);
	assert_int_equal(buf_append_text(&all, head, NULL), 0);
	assert_int_equal(buf_append(&all, body->bytes, body->len, NULL), 0);
	buf_free(body);
	status = ask(s, all.bytes, all.len, ret, size);
	buf_free(&all);
	return status;
}

/* --- cases ---------------------------------------------------------------- */

static void it_answers_over_its_socket(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	char answer[8192], hex[WITNESS_HEX_BYTES], show[256];
	struct server *s = *state;
	struct buf body = request(&log, 0, 200);

	assert_int_equal(post(s, &body, answer, sizeof(answer)), 200);
	assert_non_null(
	    strstr(answer, "\r\n\r\n\xe2\x80\x94 " WITNESS_NAME " "));
	body = request(&log, 0, 257);
	assert_int_equal(post(s, &body, answer, sizeof(answer)), 409);
	assert_non_null(strstr(answer, "Content-Type: text/x.tlog.size\r\n"));
	assert_non_null(strstr(answer, "\r\n\r\n200\n"));
	witness_origin_hex(LOG_NAME_HERE, hex);
	(void)snprintf(show, sizeof(show),
		       "GET /%s/checkpoint HTTP/1.1\r\nHost: w\r\n"
		       "Connection: close\r\n\r\n",
		       hex);
	assert_int_equal(ask(s, show, strlen(show), answer, sizeof(answer)),
			 200);
	assert_non_null(strstr(answer, "\n200\n"));
}

#define END "Host: w\r\nConnection: close\r\n\r\n"

static void other_addresses_and_methods_are_refused(void **state)
{
	static const struct {
		const char *text;
		int status;
	} rows[] = {
	    {"GET / HTTP/1.1\r\n" END, 404},
	    {"GET /checkpoint HTTP/1.1\r\n" END, 404},
	    {"GET /add-checkpoint HTTP/1.1\r\n" END, 405},
	    {"DELETE /add-checkpoint HTTP/1.1\r\n" END, 405},
	    {"POST /add-checkpoint/ HTTP/1.1\r\nContent-Length: 0\r\n" END,
	     404},
	    {"GET "
	     "/gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg"
	     "/checkpoint HTTP/1.1\r\n" END,
	     404},
	    {"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 0\r\n" END, 400},
	    {"POST /add-checkpoint HTTP/1.1\r\nContent-Length: "
	     "99999999\r\n" END,
	     413},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(ask_text(*state, rows[i].text),
				 rows[i].status);
}

static void two_framings_are_none(void **state)
{
	static const char *const texts[] = {
	    "POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\n"
	    "Transfer-Encoding: chunked\r\n" END "0\r\n\r\n",
	    "POST /add-checkpoint HTTP/1.1\r\nContent-Length: 4\r\n"
	    "Content-Length: 5\r\n" END "old 0",
	    "GET /x HTTP/1.1\r\nHost: v\r\n" END,
	    "GET /x HTTP/1.1\nHost: w\nConnection: close\n\n",
	    "GET /a/../b HTTP/1.1\r\n" END,
	    "POST /add-checkpoint HTTP/1.1\r\nExpect: wonders\r\n"
	    "Content-Length: 4\r\n" END "old ",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(ask_text(*state, texts[i]), 400);
}

static void a_body_of_unknown_length_has_the_same_cap(void **state)
{
	static const char head[] =
	    "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
	    "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
	struct buf all = BUF_INIT(4 * ADDCHECKPOINT_BYTES_MAX);
	char block[4096], answer[8192];

	memset(block, 'o', sizeof(block));
	assert_int_equal(buf_append_text(&all, head, NULL), 0);
	for (size_t n = 0; n <= ADDCHECKPOINT_BYTES_MAX; n += sizeof(block)) {
		assert_int_equal(buf_append_text(&all, "1000\r\n", NULL), 0);
		assert_int_equal(buf_append(&all, block, sizeof(block), NULL),
				 0);
		assert_int_equal(buf_append_text(&all, "\r\n", NULL), 0);
	}
	assert_int_equal(buf_append_text(&all, "0\r\n\r\n", NULL), 0);
	assert_int_equal(
	    ask(*state, all.bytes, all.len, answer, sizeof(answer)), 413);
	buf_free(&all);
}

static void who_is_late_is_cut_off(void **state)
{
	static const char half[] =
	    "POST /add-checkpoint HTTP/1.1\r\nHost: w\r\n"
	    "Content-Length: 100\r\n\r\nold ";
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct buf body = request(&log, 0, 5);
	struct server *s = *state;
	char answer[8192];
	int fds[2] = {call(s), call(s)};

	put(fds[0], half, sizeof(half) - 1);
	put(fds[1], "POST /add", 9);
	/* It is served while they wait, so both are known to it. */
	assert_int_equal(post(s, &body, answer, sizeof(answer)), 200);
	s->later_ms = 60000;
	for (size_t i = 0; i < 2; i++) {
		assert_true(hear(fds[i], answer, sizeof(answer)));
		assert_string_equal(answer, "");
		(void)close(fds[i]);
	}
}

/* --- rivals --------------------------------------------------------------- */

struct rival {
	struct server *s;
	struct buf body;
	int status;
	char answer[4096];
	pthread_t thread;
};

static void *run_rival(void *ctx)
{
	struct rival *r = ctx;

	r->status = post(r->s, &r->body, r->answer, sizeof(r->answer));
	return NULL;
}

/* Each shows another history of the same size, all at once. */
static void of_many_histories_one_is_signed(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct rival rivals[RIVALS];
	int good = 0;

	for (size_t i = 0; i < RIVALS; i++) {
		struct tree_log mine = forked(&log, i);

		rivals[i] = (struct rival){.s = *state};
		rivals[i].body = request(&mine, 0, 20);
	}
	for (size_t i = 0; i < RIVALS; i++)
		assert_int_equal(pthread_create(&rivals[i].thread, NULL,
						run_rival, &rivals[i]),
				 0);
	for (size_t i = 0; i < RIVALS; i++) {
		assert_int_equal(pthread_join(rivals[i].thread, NULL), 0);
		good += rivals[i].status == 200;
		assert_true(rivals[i].status == 200 || rivals[i].status == 409);
	}
	assert_int_equal(good, 1);
}

/* --- the disk ------------------------------------------------------------- */

static void a_disk_that_fails_ends_it(void **state)
{
	struct tree_log log = tree_log(LOG_NAME_HERE, 0);
	struct server *s = *state;
	struct buf body = request(&log, 0, 5);
	char answer[4096];
	uint64_t count = 0;

	assert_int_equal(rmdir(s->h->logs), 0);
	assert_int_equal(post(s, &body, answer, sizeof(answer)), 500);
	assert_int_equal(read(s->stop_fd, &count, sizeof(count)),
			 (ssize_t)sizeof(count));
	assert_null(strstr(answer, WITNESS_NAME));
}

#define SERVED(f) cmocka_unit_test_setup_teardown(f, serve, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    SERVED(it_answers_over_its_socket),
	    SERVED(other_addresses_and_methods_are_refused),
	    SERVED(two_framings_are_none),
	    SERVED(a_body_of_unknown_length_has_the_same_cap),
	    SERVED(who_is_late_is_cut_off),
	    SERVED(of_many_histories_one_is_signed),
	    SERVED(a_disk_that_fails_ends_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
