/* test_intake.c - process 1 from the socket to the spool. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <signal.h>

#include "intake_house.h"
#include "postern/settings.h"

static const char hello[] = "{\"object\":\"whatsapp_business_account\"}";

static int house_setup(void **state)
{
	struct house *h = house_new();

	*state = h;
	return house_start(h) ? 0 : -1;
}

/* Settings are changed before the start by the test itself. */
static int house_prepare(void **state)
{
	*state = house_new();
	return 0;
}

static int house_teardown(void **state)
{
	house_free(*state);
	return 0;
}

/* One signed body on a connection of its own. */
static int post_once(struct house *h, const void *body, size_t len,
		     char answer[HOUSE_ANSWER])
{
	int fd = house_connect(h), status;

	(void)house_post(fd, body, len, "");
	status = house_hear(fd, answer);
	(void)close(fd);
	return status;
}

static void assert_problem(const char *answer, int status)
{
	char wanted[40];

	(void)snprintf(wanted, sizeof(wanted), "\"status\":%d,", status);
	assert_non_null(strstr(answer, "application/problem+json"));
	assert_non_null(strstr(answer, wanted));
	assert_non_null(strstr(answer, "\"instance\":\"req_"));
	assert_non_null(strstr(answer, "Connection: close"));
}

/* --- the good path -------------------------------------------------------- */

static void a_signed_body_is_stored_and_answered_empty(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER], last[256];

	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	assert_non_null(strstr(answer, "Content-Length: 0\r\n"));
	assert_non_null(strstr(answer, "X-Content-Type-Options: nosniff"));
	assert_non_null(strstr(answer, "Cache-Control: no-store"));
	assert_int_equal(house_stored(h, last, sizeof(last)), 1);
	assert_string_equal(last, hello);
	assert_int_equal(h->counts.acknowledged, 1);
	assert_int_equal(house_stop(h), 0);
}

static void the_worker_is_woken_after_a_commit(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	struct pollfd p = {.fd = h->conf.wake_fd, .events = POLLIN};

	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	assert_int_equal(poll(&p, 1, 2000), 1);
}

static void one_connection_serves_many_requests(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	for (int i = 0; i < 50; i++) {
		assert_true(house_post(fd, hello, strlen(hello), ""));
		assert_int_equal(house_hear(fd, answer), 200);
	}
	(void)close(fd);
	assert_int_equal(house_stored(h, NULL, 0), 50);
}

/* Row 16: pipelined requests are answered in order, none is lost. */
static void pipelined_requests_are_all_answered(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	for (int i = 0; i < 20; i++)
		assert_true(house_post(fd, hello, strlen(hello), ""));
	for (int i = 0; i < 20; i++)
		assert_int_equal(house_hear(fd, answer), 200);
	(void)close(fd);
	assert_int_equal(house_stored(h, NULL, 0), 20);
}

static void rounds_run(struct house *h, int *fds, size_t len, int rounds)
{
	char answer[HOUSE_ANSWER];

	for (size_t i = 0; i < len; i++)
		fds[i] = house_connect(h);
	for (int round = 0; round < rounds; round++) {
		for (size_t i = 0; i < len; i++)
			assert_true(
			    house_post(fds[i], hello, strlen(hello), ""));
		for (size_t i = 0; i < len; i++)
			assert_int_equal(house_hear(fds[i], answer), 200);
	}
	for (size_t i = 0; i < len; i++)
		(void)close(fds[i]);
}

/* The library's own thread stood still after exactly 128 events at once; a
 * stall of 4 s fails house_hear. */
static void a_hundred_and_twenty_eight_busy_connections_do_not_stall(
    void **state)
{
	int fds[128];

	rounds_run(*state, fds, 128, 40);
	assert_int_equal(house_stored(*state, NULL, 0), 128 * 40);
}

static void several_event_loops_serve_and_stop(void **state)
{
	struct house *h = *state;
	int fds[60];

	h->settings.limits.intake_threads = 3;
	assert_true(house_start(h));
	rounds_run(h, fds, 60, 10);
	assert_int_equal(house_stored(h, NULL, 0), 600);
	assert_int_equal(house_stop(h), 0);
}

static void a_body_in_many_small_pieces_is_taken(void **state)
{
	struct house *h = *state;
	char head[512], signature[72], answer[HOUSE_ANSWER], last[256];
	int fd = house_connect(h), n;

	house_sign(hello, strlen(hello), signature);
	n = snprintf(head, sizeof(head),
		     "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
		     "X-Hub-Signature-256: %s\r\nContent-Length: %zu\r\n\r\n%s",
		     signature, strlen(hello), hello);
	for (int i = 0; i < n; i += 7) {
		assert_true(
		    house_say(fd, head + i, (size_t)(n - i < 7 ? n - i : 7)));
		(void)usleep(1000);
	}
	assert_int_equal(house_hear(fd, answer), 200);
	(void)close(fd);
	assert_int_equal(house_stored(h, last, sizeof(last)), 1);
	assert_string_equal(last, hello);
}

static void a_chunked_body_is_taken_and_the_connection_closed(void **state)
{
	struct house *h = *state;
	char head[512], signature[72], answer[HOUSE_ANSWER], last[256];
	int fd = house_connect(h);

	house_sign(hello, strlen(hello), signature);
	(void)snprintf(head, sizeof(head),
		       "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
		       "X-Hub-Signature-256: %s\r\n"
		       "Transfer-Encoding: chunked\r\n\r\n"
		       "5\r\n%.5s\r\n%zx\r\n%s\r\n0\r\n\r\n",
		       signature, hello, strlen(hello) - 5, hello + 5);
	assert_true(house_tell(fd, head));
	assert_int_equal(house_hear(fd, answer), 200);
	assert_non_null(strstr(answer, "Connection: close"));
	assert_true(house_closed(fd));
	(void)close(fd);
	assert_int_equal(house_stored(h, last, sizeof(last)), 1);
	assert_string_equal(last, hello);
}

static void bodies_up_to_the_limit_are_taken_and_one_more_byte_is_not(
    void **state)
{
	struct house *h = *state;
	size_t most = channel_find("whatsapp")->body_max;
	char answer[HOUSE_ANSWER], *body = calloc(1, most + 1);

	assert_non_null(body);
	memset(body, 'a', most + 1);
	assert_int_equal(post_once(h, body, most - 1, answer), 200);
	assert_int_equal(post_once(h, body, most, answer), 200);
	assert_int_equal(post_once(h, body, most + 1, answer), 413);
	assert_problem(answer, 413);
	free(body);
	assert_int_equal(house_stored(h, NULL, 0), 2);
	/* Two of them do not share a segment. */
	assert_int_equal(h->counts.refused_size, 1);
}

static void a_chunked_body_is_counted_while_it_comes(void **state)
{
	struct house *h = *state;
	size_t most = channel_find("whatsapp")->body_max;
	char answer[HOUSE_ANSWER], *chunk = calloc(1, 65536 + 16);
	int fd = house_connect(h);
	size_t sent = 0;

	assert_non_null(chunk);
	assert_true(house_tell(fd, "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
				   "X-Hub-Signature-256: sha256=00\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n"));
	(void)snprintf(chunk, 16, "10000\r\n");
	memset(chunk + 7, 'x', 65536);
	memcpy(chunk + 7 + 65536, "\r\n", 2);
	while (sent <= most && house_say(fd, chunk, 65536 + 9))
		sent += 65536;
	assert_int_equal(house_hear(fd, answer), 413);
	assert_problem(answer, 413);
	(void)close(fd);
	free(chunk);
	assert_int_equal(house_stored(h, NULL, 0), 0);
}

/* --- refusals ------------------------------------------------------------- */

static void a_forged_signature_is_401_without_a_reason(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	assert_true(house_tell(
	    fd,
	    "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
	    "X-Hub-Signature-256: sha256="
	    "0000000000000000000000000000000000000000000000000000000000000000"
	    "\r\n\r\n{}"));
	assert_int_equal(house_hear(fd, answer), 401);
	assert_problem(answer, 401);
	assert_null(strstr(answer, "detail"));
	assert_true(house_closed(fd));
	(void)close(fd);
	assert_int_equal(house_stored(h, NULL, 0), 0);
}

static void every_flipped_bit_of_a_body_or_signature_is_refused(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER], signature[72], head[512],
	    body[sizeof(hello)];

	for (size_t i = 0; i < strlen(hello) * 8; i += 5) {
		int fd = house_connect(h);

		house_sign(hello, strlen(hello), signature);
		memcpy(body, hello, sizeof(hello));
		body[i / 8] = (char)(body[i / 8] ^ (1 << (i % 8)));
		(void)snprintf(head, sizeof(head),
			       "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
			       "X-Hub-Signature-256: %s\r\n"
			       "Content-Length: %zu\r\n\r\n",
			       signature, strlen(hello));
		assert_true(house_tell(fd, head));
		assert_true(house_say(fd, body, strlen(hello)));
		assert_int_equal(house_hear(fd, answer), 401);
		(void)close(fd);
	}
	assert_int_equal(house_stored(h, NULL, 0), 0);
}

/* Row 13: the answer comes before "100 Continue", the body stays unread. */
static void expect_is_answered_before_the_body(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	assert_true(house_tell(fd, "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
				   "Expect: 100-continue\r\n"
				   "Content-Length: 5\r\n\r\n"));
	assert_true(recv(fd, answer, 12, MSG_WAITALL) == 12);
	assert_memory_equal(answer, "HTTP/1.1 401", 12);
	(void)close(fd);
	fd = house_connect(h);
	assert_true(house_tell(fd, "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
				   "X-Hub-Signature-256: sha256=00\r\n"
				   "Expect: 100-continue\r\n"
				   "Content-Length: 2\r\n\r\n"));
	assert_true(recv(fd, answer, 12, MSG_WAITALL) == 12);
	assert_memory_equal(answer, "HTTP/1.1 100", 12);
	(void)close(fd);
}

static void unknown_paths_are_404_and_wrong_methods_405(void **state)
{
	static const struct {
		const char *line;
		int status;
	} cases[] = {
	    {"GET / HTTP/1.1", 404},
	    {"GET /hooks/whatsapp/ HTTP/1.1", 404},
	    {"GET /hooks/whatsapp/5f0c6b1e9a7d4c32b8e1f60a97d3c255 HTTP/1.1",
	     404},
	    {"GET /hooks/whatsapp/5f0c6b1e9a7d4c32b8e1f60a97d3c25 HTTP/1.1",
	     404},
	    {"GET /hooks/telegram/" HOUSE_PATH " HTTP/1.1", 404},
	    {"GET " HOUSE_HOOK "/ HTTP/1.1", 404},
	    {"GET /metrics HTTP/1.1", 404},
	    {"PUT " HOUSE_HOOK " HTTP/1.1", 405},
	    {"DELETE " HOUSE_HOOK " HTTP/1.1", 405},
	    {"TRACE " HOUSE_HOOK " HTTP/1.1", 405},
	    {"OPTIONS " HOUSE_HOOK " HTTP/1.1", 405},
	    {"post " HOUSE_HOOK " HTTP/1.1", 405},
	};
	struct house *h = *state;
	char answer[HOUSE_ANSWER];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = house_connect(h);

		assert_true(house_tell(fd, cases[i].line));
		assert_true(house_tell(fd, "\r\nHost: x\r\n\r\n"));
		assert_int_equal(house_hear(fd, answer), cases[i].status);
		assert_problem(answer, cases[i].status);
		if (cases[i].status == 405)
			assert_non_null(strstr(answer, "Allow: GET, POST"));
		assert_true(house_closed(fd));
		(void)close(fd);
	}
}

static void a_post_without_a_length_is_411(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	int fd = house_connect(h);

	assert_true(house_tell(fd, "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
				   "X-Hub-Signature-256: sha256=00\r\n\r\n"));
	assert_int_equal(house_hear(fd, answer), 411);
	(void)close(fd);
}

/* --- handshake ------------------------------------------------------------ */

static void handshake_case(struct house *h, json_t *one)
{
	json_t *expect = json_object_get(one, "expect");
	const char *query = json_string_value(
	    json_object_get(json_object_get(one, "request"), "query"));
	const char *body = json_string_value(json_object_get(expect, "body"));
	const char *type =
	    json_string_value(json_object_get(expect, "content_type_prefix"));
	char answer[HOUSE_ANSWER], line[1024], wanted[128];
	int fd = house_connect(h);

	(void)snprintf(line, sizeof(line),
		       "GET " HOUSE_HOOK "?%s HTTP/1.1\r\nHost: x\r\n\r\n",
		       query);
	assert_true(house_tell(fd, line));
	assert_int_equal(house_hear(fd, answer),
			 json_integer_value(json_object_get(expect, "status")));
	(void)snprintf(wanted, sizeof(wanted), "Content-Type: %s", type);
	assert_non_null(strstr(answer, wanted));
	if (body != NULL)
		assert_string_equal(strstr(answer, "\r\n\r\n") + 4, body);
	(void)close(fd);
}

static void the_handshake_answers_as_the_provider_samples_say(void **state)
{
	const char *folder = getenv("FIXTURES");
	char path[512];
	json_t *all, *one;
	size_t i;

	(void)snprintf(path, sizeof(path), "%s/whatsapp/handshake.json",
		       folder != NULL ? folder : "../shared/fixtures");
	all = json_load_file(path, 0, NULL);
	if (all == NULL)
		skip();
	json_array_foreach(json_object_get(all, "cases"), i, one)
	    handshake_case(*state, one);
	json_decref(all);
}

/* --- deadlines ------------------------------------------------------------ */

static void a_dripping_header_is_cut_at_the_deadline(void **state)
{
	struct house *h = *state;
	int fd, i;

	h->settings.limits.header_deadline_ms = 600;
	assert_true(house_start(h));
	fd = house_connect(h);
	assert_true(house_tell(fd, "POST / HTTP/1.1\r\nX: "));
	for (i = 0; i < 40; i++) {
		(void)usleep(100000);
		if (!house_tell(fd, "a"))
			break;
	}
	(void)close(fd);
	assert_in_range(i, 3, 20);
	assert_int_equal(h->counts.reaped, 1);
}

static void a_dripping_body_is_cut_at_the_deadline(void **state)
{
	struct house *h = *state;
	int fd, i;

	h->settings.limits.body_deadline_ms = 600;
	assert_true(house_start(h));
	fd = house_connect(h);
	assert_true(house_tell(fd, "POST " HOUSE_HOOK " HTTP/1.1\r\nHost: x\r\n"
				   "X-Hub-Signature-256: sha256=00\r\n"
				   "Content-Length: 1000\r\n\r\n"));
	for (i = 0; i < 40; i++) {
		(void)usleep(100000);
		if (!house_tell(fd, "a"))
			break;
	}
	(void)close(fd);
	assert_in_range(i, 3, 20);
}

static void a_disk_that_takes_too_long_gives_503(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];

	h->settings.limits.commit_deadline_ms = 300;
	assert_true(house_start(h));
	h->faults.sync_delay_ms = 1500;
	assert_int_equal(post_once(h, hello, strlen(hello), answer), 503);
	assert_problem(answer, 503);
	assert_non_null(strstr(answer, "Retry-After: "));
	h->faults.sync_delay_ms = 0;
	(void)usleep(1500000);
	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	assert_int_equal(house_stop(h), 0);
}

static void a_full_disk_gives_503_before_the_body(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];

	h->settings.limits.disk_low_bytes = INT64_MAX / 4;
	assert_true(house_start(h));
	assert_int_equal(post_once(h, hello, strlen(hello), answer), 503);
	assert_non_null(strstr(answer, "Retry-After: 30\r\n"));
	assert_int_equal(house_stored(h, NULL, 0), 0);
}

/* --- group commit, faults, stopping --------------------------------------- */

struct crowd {
	struct house *house;
	_Atomic int status[600];
};

struct one_of_them {
	struct crowd *crowd;
	int number;
};

static void *crowd_run(void *arg)
{
	struct one_of_them *me = arg;
	char answer[HOUSE_ANSWER];

	me->crowd->status[me->number] =
	    post_once(me->crowd->house, hello, strlen(hello), answer);
	return NULL;
}

/* Sends len bodies at once, runs during() meanwhile; counts the 200s. */
static int crowd_send(struct house *h, int len, void (*during)(struct house *))
{
	struct crowd *c = calloc(1, sizeof(*c));
	struct one_of_them *them = calloc((size_t)len, sizeof(*them));
	pthread_t *threads = calloc((size_t)len, sizeof(*threads));
	int stored = 0;

	assert_true(c != NULL && them != NULL && threads != NULL);
	c->house = h;
	for (int i = 0; i < len; i++) {
		them[i] = (struct one_of_them){.crowd = c, .number = i};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, crowd_run, &them[i]), 0);
	}
	if (during != NULL)
		during(h);
	for (int i = 0; i < len; i++) {
		(void)pthread_join(threads[i], NULL);
		stored += c->status[i] == 200;
	}
	free(c);
	free(them);
	free(threads);
	return stored;
}

static void many_waiting_bodies_share_one_sync(void **state)
{
	struct house *h = *state;
	int before;

	h->faults.sync_delay_ms = 100;
	before = h->faults.syncs;
	assert_int_equal(crowd_send(h, 60, NULL), 60);
	assert_in_range(h->faults.syncs - before, 1, 12);
	assert_int_equal(house_stored(h, NULL, 0), 60);
}

static void short_writes_are_carried_on(void **state)
{
	struct house *h = *state;
	char last[256];

	h->faults.write_short = 50;
	assert_int_equal(crowd_send(h, 10, NULL), 10);
	assert_int_equal(house_stored(h, last, sizeof(last)), 10);
	assert_string_equal(last, hello);
}

static void nobody_is_acknowledged_after_a_failed_sync(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];

	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	h->faults.sync_fail_from = h->faults.syncs + 1;
	assert_int_equal(crowd_send(h, 20, NULL), 0);
	assert_int_equal(house_wait(h), 75);
	/* A new start begins a new segment and serves again. */
	h->faults.sync_fail_from = 0;
	assert_true(house_start(h));
	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	assert_int_equal(house_stop(h), 0);
}

static void nobody_is_acknowledged_after_a_failed_write(void **state)
{
	struct house *h = *state;

	h->faults.write_fail_from = h->faults.writes + 1;
	assert_int_equal(crowd_send(h, 20, NULL), 0);
	assert_int_equal(house_wait(h), 75);
	assert_int_equal(house_stored(h, NULL, 0), 0);
}

/* Fails the n-th sync for n = 1, 2, ... until a run has none left: what was
 * acknowledged is always in the spool. */
static void acknowledged_is_stored_whichever_sync_fails(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	size_t acknowledged = 0;

	for (int n = 1; n <= 6; n++) {
		h->faults.syncs = 0;
		h->faults.sync_fail_from = n;
		if (!house_start(h)) {
			assert_int_equal(house_wait(h), 75);
			continue;
		}
		for (int i = 0; i < 4; i++) {
			int fd = house_connect(h), status;

			(void)house_post(fd, hello, strlen(hello), "");
			status = house_hear(fd, answer);
			acknowledged += status == 200;
			(void)close(fd);
			if (status != 200)
				break;
		}
		(void)house_stop(h);
		assert_true(house_stored(h, NULL, 0) >= acknowledged);
	}
	assert_int_equal(acknowledged, 0 + 0 + 1 + 2 + 3 + 4);
}

static void end_by_lifeline(struct house *h)
{
	(void)usleep(300000);
	(void)close(h->lifeline);
	h->lifeline = -1;
}

/* Row 5: stopping with suspended requests neither aborts nor loses. */
static void stopping_under_suspended_requests_answers_them(void **state)
{
	struct house *h = *state;
	int stored;

	h->faults.sync_delay_ms = 700;
	stored = crowd_send(h, 100, end_by_lifeline);
	assert_int_equal(house_wait(h), 0);
	assert_true(stored > 0);
	assert_true(house_stored(h, NULL, 0) >= (size_t)stored);
}

static void sigterm_stops_it(void **state)
{
	struct house *h = *state;
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	(void)kill(getpid(), SIGTERM);
	assert_int_equal(house_wait(h), 0);
}

/* --- epochs and keys ------------------------------------------------------ */

static void a_new_quarter_begins_a_new_segment_with_a_new_key(void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER];
	struct spool_position from = {0};
	struct spool_reader *r = NULL;
	struct spool_item a, b;
	size_t len, damaged;

	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	house_pair(h, 2);
	h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	(void)usleep(300000);
	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	assert_int_equal(spool_reader_open(h->dir, from, &r, NULL), 0);
	assert_int_equal(spool_read(r, &a, 1, 1, &len, &damaged, NULL), 0);
	assert_int_equal(len, 1);
	assert_int_equal(spool_read(r, &b, 1, 1, &len, &damaged, NULL), 0);
	assert_int_equal(len, 1);
	assert_true(b.after.segment > a.after.segment);
	assert_int_equal(a.box[3], 1);
	assert_int_equal(b.box[3], 2);
	spool_reader_close(&r);
}

static void a_quiet_segment_with_bodies_is_closed_when_its_quarter_ends(
    void **state)
{
	struct house *h = *state;
	char answer[HOUSE_ANSWER], path[128];

	assert_int_equal(post_once(h, hello, strlen(hello), answer), 200);
	h->faults.boot_ahead_ms = SPOOL_EPOCH_MS;
	(void)usleep(1600000);
	(void)snprintf(path, sizeof(path), "%s/spool/0000000000000002.seg",
		       h->dir);
	assert_int_equal(access(path, F_OK), 0);
}

static void without_the_keepers_public_key_it_does_not_start(void **state)
{
	struct house *h = *state;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/keys/spool.pub", h->dir);
	assert_int_equal(unlink(path), 0);
	assert_false(house_start(h));
	assert_int_not_equal(house_wait(h), 0);
}

static void no_clear_text_is_in_the_spool(void **state)
{
	static const char canary[] = "kanarienvogel-in-der-nachricht";
	struct house *h = *state;
	char answer[HOUSE_ANSWER], path[128];
	static char bytes[SPOOL_SEGMENT_BYTES];
	ssize_t n;
	int fd;

	assert_int_equal(post_once(h, canary, strlen(canary), answer), 200);
	(void)snprintf(path, sizeof(path), "%s/spool/0000000000000001.seg",
		       h->dir);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	n = read(fd, bytes, sizeof(bytes));
	(void)close(fd);
	assert_true(n > 0);
	assert_null(memmem(bytes, (size_t)n, canary, strlen(canary)));
}

#define RUNNING(f) \
	cmocka_unit_test_setup_teardown(f, house_setup, house_teardown)
#define PREPARED(f) \
	cmocka_unit_test_setup_teardown(f, house_prepare, house_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    RUNNING(a_signed_body_is_stored_and_answered_empty),
	    RUNNING(the_worker_is_woken_after_a_commit),
	    RUNNING(one_connection_serves_many_requests),
	    RUNNING(pipelined_requests_are_all_answered),
	    RUNNING(a_hundred_and_twenty_eight_busy_connections_do_not_stall),
	    PREPARED(several_event_loops_serve_and_stop),
	    RUNNING(a_body_in_many_small_pieces_is_taken),
	    RUNNING(a_chunked_body_is_taken_and_the_connection_closed),
	    RUNNING(bodies_up_to_the_limit_are_taken_and_one_more_byte_is_not),
	    RUNNING(a_chunked_body_is_counted_while_it_comes),
	    RUNNING(a_forged_signature_is_401_without_a_reason),
	    RUNNING(every_flipped_bit_of_a_body_or_signature_is_refused),
	    RUNNING(expect_is_answered_before_the_body),
	    RUNNING(unknown_paths_are_404_and_wrong_methods_405),
	    RUNNING(a_post_without_a_length_is_411),
	    RUNNING(the_handshake_answers_as_the_provider_samples_say),
	    PREPARED(a_dripping_header_is_cut_at_the_deadline),
	    PREPARED(a_dripping_body_is_cut_at_the_deadline),
	    PREPARED(a_disk_that_takes_too_long_gives_503),
	    PREPARED(a_full_disk_gives_503_before_the_body),
	    RUNNING(many_waiting_bodies_share_one_sync),
	    RUNNING(short_writes_are_carried_on),
	    RUNNING(nobody_is_acknowledged_after_a_failed_sync),
	    RUNNING(nobody_is_acknowledged_after_a_failed_write),
	    PREPARED(acknowledged_is_stored_whichever_sync_fails),
	    RUNNING(stopping_under_suspended_requests_answers_them),
	    RUNNING(sigterm_stops_it),
	    RUNNING(a_new_quarter_begins_a_new_segment_with_a_new_key),
	    RUNNING(
		a_quiet_segment_with_bodies_is_closed_when_its_quarter_ends),
	    PREPARED(without_the_keepers_public_key_it_does_not_start),
	    RUNNING(no_clear_text_is_in_the_spool),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
