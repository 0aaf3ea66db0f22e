/* test_api_http.c - the listener itself: framing, addresses, log-in,
 * idempotency, probes, the end.  Proves: assurance 4.1 rows 1, 3, 5, 12,
 * section 6 (tokens, errors, Idempotency-Key, headers). */
#include <assert.h>
#include <jansson.h>

#include "api/auth.h"
#include "api_house.h"

static struct answer say(struct api_house *h, const char *text)
{
	int fd = talk_open(h, false);

	talk_send(fd, text, strlen(text));
	return talk_read(fd);
}

static void ambiguous_requests_get_400_and_the_connection_ends(void **state)
{
	static const char *const requests[] = {
	    "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n",
	    "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
	    "Content-Length: 3\r\n\r\n",
	    "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
	    "xchunked\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
	    "GET /healthz HTTP/1.2\r\nHost: a\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n\r\n",
	    "GET /v1/../healthz HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET /v1%2fstatus HTTP/1.1\r\nHost: a\r\n\r\n",
	    "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
	    "GET /v1/status HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n"
	    "Authorization: Bearer b\r\n\r\n",
	    "POST /v1/tokens HTTP/1.1\r\nHost: a\r\nIdempotency-Key: a\r\n"
	    "Idempotency-Key: b\r\nContent-Length: 0\r\n\r\n",
	    "GET /v1/outbox?limit=1&limit=2 HTTP/1.1\r\nHost: a\r\n"
	    "Connection: close\r\n\r\n",
	    "GET /v1/outbox?phone=1 HTTP/1.1\r\nHost: a\r\n"
	    "Connection: close\r\n\r\n",
	};
	struct api_house *h = *state;

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct answer a = say(h, requests[i]);

		if (a.status != 400)
			print_error("request %zu: %d\n", i, a.status);
		assert_int_equal(a.status, 400);
		answer_free(&a);
	}
}

static void every_reply_has_the_headers_and_every_error_is_a_problem(
    void **state)
{
	static const struct {
		const char *method, *path;
		int status;
	} calls[] = {
	    {"GET", "/healthz", 200},	 {"GET", "/nothing", 404},
	    {"GET", "/v1/keys/", 404},	 {"PUT", "/v1/tokens", 405},
	    {"TRACE", "/healthz", 405},	 {"DELETE", "/v1/status", 405},
	    {"GET", "/v1/status", 401},	 {"OPTIONS", "/v1/tokens", 204},
	    {"HEAD", "/healthz", 200},	 {"GET", "/v1/openapi.yaml", 200},
	    {"GET", "/v1/setup", 404},	 {"POST", "/v1/keys", 405},
	    {"GET", "/debug/heap", 404}, {"GET", "/v1/conversations//", 400},
	};
	static const char *const headers[] = {
	    "X-Content-Type-Options: nosniff",
	    "Content-Security-Policy: default-src 'none'",
	    "Referrer-Policy: no-referrer",
	    "Cross-Origin-Opener-Policy: same-origin",
	    "Cross-Origin-Resource-Policy: same-origin",
	    "Cache-Control: no-store",
	    "Strict-Transport-Security: max-age=31536000",
	    "Postern-Request: req_",
	};
	struct api_house *h = *state;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct answer a =
		    ask(h, (struct call){.method = calls[i].method,
					 .path = calls[i].path});

		if (a.status != calls[i].status)
			print_error("call %zu: %d\n", i, a.status);
		assert_int_equal(a.status, calls[i].status);
		for (size_t k = 0; k < sizeof(headers) / sizeof(headers[0]);
		     k++)
			assert_non_null(strstr(a.text, headers[k]));
		if (a.status >= 400) {
			assert_non_null(strstr(
			    a.text, "Content-Type: application/problem+json"));
			assert_non_null(strstr(a.body, "\"instance\":\"req_"));
		}
		if (a.status == 405)
			assert_non_null(strstr(a.text, "Allow: "));
		if (a.status == 401)
			assert_non_null(strstr(a.text, "WWW-Authenticate: "));
		answer_free(&a);
	}
}

static void body_caps_and_types_hold_at_the_edge(void **state)
{
	struct api_house *h = *state;
	size_t cap = (size_t)h->settings.limits.api_body_max;
	char *body = malloc(cap + 2), path[128];
	struct answer a;
	struct call c = {.method = "POST",
			 .path =
			     path_to(h, path, "conversations", ID_CONVERSATION,
				     h->conversation, "/messages"),
			 .token = h->desk,
			 .headers = "Content-Type: application/json\r\n",
			 .body = body};

	assert_non_null(body);
	memset(body, ' ', cap + 2);
	memcpy(body, "{\"text\":\"x\"}", 12);
	for (size_t i = 0; i < 3; i++) {
		c.body_len = cap - 1 + i;
		a = ask(h, c);
		assert_int_equal(a.status, i < 2 ? 202 : 413);
		answer_free(&a);
	}
	c.body_len = 12;
	c.headers = "Content-Type: text/plain\r\n";
	a = ask(h, c);
	assert_int_equal(a.status, 415);
	answer_free(&a);
	c.headers = "";
	a = ask(h, c);
	assert_int_equal(a.status, 415);
	answer_free(&a);
	free(body);
}

static void a_chunked_body_is_counted_while_it_comes(void **state)
{
	struct api_house *h = *state;
	char path[128], head[512], chunk[1100];
	struct answer a;
	int fd = talk_open(h, false);

	(void)snprintf(head, sizeof(head),
		       "POST %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
		       "Authorization: Bearer %s\r\nContent-Type: "
		       "application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
		       path_to(h, path, "conversations", ID_CONVERSATION,
			       h->conversation, "/messages"),
		       h->desk);
	talk_send(fd, head, strlen(head));
	memset(chunk, ' ', sizeof(chunk));
	memcpy(chunk, "400\r\n", 5);
	memcpy(chunk + 5 + 1024, "\r\n", 2);
	for (int i = 0; i < 25; i++)
		talk_send(fd, chunk, 5 + 1024 + 2);
	talk_send(fd, "0\r\n\r\n", 5);
	a = talk_read(fd);
	assert_int_equal(a.status, 413);
	answer_free(&a);
}

static void a_slow_body_ends_at_the_deadline(void **state)
{
	struct api_house *h = *state;
	int fd = talk_open(h, false);
	struct answer a;
	const char *head = "POST /v1/tokens HTTP/1.1\r\nHost: a\r\n"
			   "Content-Type: application/json\r\n"
			   "Content-Length: 100\r\n\r\n";

	talk_send(fd, head, strlen(head));
	/* A byte now and then never trips an inactivity timer. */
	for (int i = 0; i < 8; i++) {
		talk_send(fd, "{", 1);
		(void)usleep(500000);
	}
	a = talk_read(fd);
	assert_int_equal(a.status, 0);
	answer_free(&a);
}

/* --- log-in --------------------------------------------------------------- */

static int status_with(struct api_house *h, const char *token, const char *path)
{
	struct answer a = ask(
	    h, (struct call){.method = "GET", .path = path, .token = token});
	int status = a.status;

	answer_free(&a);
	return status;
}

static void tokens_are_checked_whole(void **state)
{
	struct api_house *h = *state;
	char text[TOKEN_TEXT_BYTES], made_up[TOKEN_TEXT_BYTES];

	assert_int_equal(status_with(h, h->operator, "/v1/status"), 200);
	assert_int_equal(status_with(h, h->desk, "/v1/status"), 403);
	for (size_t i = 0; i < strlen(h->operator); i += 9) {
		memcpy(text, h->operator, sizeof(text));
		text[i] = text[i] == 'a' ? 'b' : 'a';
		assert_int_equal(status_with(h, text, "/v1/status"), 401);
	}
	/* Well-formed, never issued: for a row that is there, and not. */
	token_make(&h->env, 1, made_up);
	assert_int_equal(status_with(h, made_up, "/v1/status"), 401);
	assert_int_equal(status_with(h, NULL, "/v1/status"), 401);
	assert_int_equal(status_with(h, "", "/v1/status"), 401);
}

static void an_expired_token_is_refused(void **state)
{
	struct api_house *h = *state;

	atomic_store(&h->ahead_ms, INT64_C(90) * 86400000 - 1000);
	assert_int_equal(status_with(h, h->operator, "/v1/status"), 200);
	atomic_store(&h->ahead_ms, INT64_C(90) * 86400000);
	assert_int_equal(status_with(h, h->operator, "/v1/status"), 401);
}

static void a_revoked_token_fails_with_the_next_request(void **state)
{
	struct api_house *h = *state;
	const char *body = "{\"scopes\":\"desk operator\",\"days\":7,"
			   "\"label\":\"Zweite Leitung\"}";
	json_t *made = ask_json(h, 201, "POST", "/v1/tokens", h->operator, body,
				NULL),
	       *v;
	char path[128];

	assert_int_equal(status_with(h, text_in(made, "token"), "/v1/tokens"),
			 200);
	(void)snprintf(path, sizeof(path), "/v1/tokens/%s/revoke",
		       text_in(made, "id"));
	v = ask_json(h, 200, "POST", path, h->operator, NULL, NULL);
	assert_string_equal(text_in(v, "state"), "revoked");
	assert_int_equal(status_with(h, text_in(made, "token"), "/v1/tokens"),
			 401);
	json_decref(v);
	v = ask_json(h, 200, "GET", "/v1/tokens", h->operator, NULL, NULL);
	assert_int_equal(json_array_size(json_object_get(v, "tokens")), 4);
	assert_null(json_object_get(
	    json_array_get(json_object_get(v, "tokens"), 3), "token"));
	json_decref(v);
	json_decref(made);
}

static void wishes_for_tokens_are_checked(void **state)
{
	static const char *const bodies[] = {
	    "{}",
	    "{\"scopes\":\"root\"}",
	    "{\"scopes\":\"desk  operator\"}",
	    "{\"scopes\":\"desk \"}",
	    "{\"scopes\":\"desk\",\"helpdesk\":\"nobody\"}",
	    "{\"scopes\":\"operator\",\"helpdesk\":\"desk\"}",
	    "{\"scopes\":\"desk\",\"days\":0}",
	    "{\"scopes\":\"desk\",\"days\":4000}",
	    "{\"scopes\":\"desk\",\"days\":\"7\"}",
	    "{\"scopes\":\"desk\",\"label\":\"a\\nb\"}",
	    "{\"scopes\":\"desk\",\"token_hash\":\"x\"}",
	};
	struct api_house *h = *state;

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		json_decref(ask_json(h, 400, "POST", "/v1/tokens", h->operator,
				     bodies[i], NULL));
}

static void failed_log_ins_are_slowed_down_good_ones_are_not(void **state)
{
	struct api_house *h = *state;
	int refused = 0, slowed = 0;

	for (int i = 0; i < 30; i++) {
		int status = status_with(h, "pst_wrong", "/v1/status");

		refused += status == 401;
		slowed += status == 429;
	}
	assert_true(refused >= 20);
	assert_true(slowed > 0);
	assert_int_equal(status_with(h, h->operator, "/v1/status"), 200);
}

static void the_bucket_fills_again(void **state)
{
	struct bucket b = {0};

	(void)state;
	for (int i = 0; i < 5; i++)
		assert_true(bucket_take(&b, 1000, 5, 1));
	assert_false(bucket_take(&b, 1000, 5, 1));
	assert_false(bucket_take(&b, 1999, 5, 1));
	assert_true(bucket_take(&b, 2000, 5, 1));
	assert_false(bucket_take(&b, 500, 5, 1)); /* clock set back */
	assert_true(bucket_take(&b, INT64_MAX / 2, 5, 1));
}

static void the_operator_socket_needs_no_token(void **state)
{
	struct api_house *h = *state;

	json_decref(ask_json(h, 200, "GET", "/v1/status", NULL, NULL, NULL));
	/* Locking is for this host only. */
	json_decref(
	    ask_json(h, 403, "POST", "/v1/keys/lock", h->operator, NULL, NULL));
	json_decref(
	    ask_json(h, 200, "POST", "/v1/keys/rotate", NULL, NULL, NULL));
}

static void a_locked_keeper_shows_and_unlocks(void **state)
{
	struct api_house *h = *state;
	json_t *v = ask_json(h, 200, "POST", "/v1/keys/lock", NULL, NULL, NULL);

	assert_true(json_is_true(json_object_get(v, "locked")));
	assert_string_equal(text_in(v, "reason"),
			    "locked by an operator; unlock it");
	json_decref(v);
	v = ask_json(h, 503, "GET", "/readyz", NULL, NULL, NULL);
	assert_string_equal(text_in(v, "detail"), "keeper.locked");
	json_decref(v);
	assert_int_equal(status_with(h, NULL, "/healthz"), 200);
	assert_int_equal(status_with(h, h->operator, "/v1/status"), 503);
	json_decref(ask_json(h, 200, "GET", "/v1/status", NULL, NULL, NULL));
	json_decref(
	    ask_json(h, 200, "POST", "/v1/keys/unlock", NULL, "{}", NULL));
	assert_int_equal(status_with(h, NULL, "/readyz"), 200);
	assert_int_equal(status_with(h, h->operator, "/v1/status"), 200);
}

/* --- idempotency ---------------------------------------------------------- */

static void a_repeated_post_has_one_effect(void **state)
{
	struct api_house *h = *state;
	char path[128];
	const char *key = "Idempotency-Key: 5f0c-1\r\n";
	json_t *a, *b;

	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/messages");
	a = ask_json(h, 202, "POST", path, h->desk, "{\"text\":\"a\"}", key);
	b = ask_json(h, 202, "POST", path, h->desk, "{\"text\":\"a\"}", key);
	assert_true(json_equal(a, b));
	json_decref(a);
	json_decref(b);
	json_decref(
	    ask_json(h, 422, "POST", path, h->desk, "{\"text\":\"b\"}", key));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM outbox"), 1);
	/* Another key, another message. */
	json_decref(ask_json(h, 202, "POST", path, h->desk, "{\"text\":\"a\"}",
			     "Idempotency-Key: 5f0c-2\r\n"));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM outbox"), 2);
}

static void a_key_belongs_to_its_token(void **state)
{
	struct api_house *h = *state;
	char path[128];
	const char *key = "Idempotency-Key: k\r\n";

	json_decref(ask_json(h, 200, "POST",
			     path_to(h, path, "conversations", ID_CONVERSATION,
				     h->conversation, "/close"),
			     h->desk, NULL, key));
	json_decref(ask_json(h, 404, "POST", path, h->other, NULL, key));
	json_decref(ask_json(h, 200, "POST", path, NULL, NULL, key));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM idempotency"), 2);
}

static void a_refused_post_can_be_repeated_with_its_key(void **state)
{
	struct api_house *h = *state;
	char path[128];
	const char *key = "Idempotency-Key: k\r\n";

	(void)path_to(h, path, "conversations", ID_CONVERSATION,
		      h->conversation, "/messages");
	atomic_store(&h->ahead_ms, 25 * 3600 * 1000);
	json_decref(
	    ask_json(h, 409, "POST", path, h->desk, "{\"text\":\"a\"}", key));
	atomic_store(&h->ahead_ms, 0);
	json_decref(
	    ask_json(h, 202, "POST", path, h->desk, "{\"text\":\"a\"}", key));
}

static void a_repeated_creation_does_not_show_the_token_again(void **state)
{
	struct api_house *h = *state;
	const char *key = "Idempotency-Key: k\r\n",
		   *body = "{\"scopes\":\"desk\"}";
	json_t *a = ask_json(h, 201, "POST", "/v1/tokens", NULL, body, key),
	       *b = ask_json(h, 201, "POST", "/v1/tokens", NULL, body, key);

	assert_string_equal(text_in(a, "id"), text_in(b, "id"));
	assert_true(json_is_null(json_object_get(b, "token")));
	assert_int_equal(house_count(h, "SELECT COUNT(*) FROM idempotency"
					" WHERE answer LIKE '%pst_%'"),
			 0);
	json_decref(a);
	json_decref(b);
}

/* --- operation ------------------------------------------------------------ */

static void metrics_name_destinations_and_nothing_personal(void **state)
{
	struct api_house *h = *state;
	struct answer a;
	char path[128];

	json_decref(ask_json(h, 202, "POST",
			     path_to(h, path, "conversations", ID_CONVERSATION,
				     h->conversation, "/messages"),
			     h->desk, "{\"text\":\"Geheimnis\"}", NULL));
	a = ask(h, (struct call){.method = "GET", .path = "/metrics"});
	assert_int_equal(a.status, 200);
	assert_non_null(strstr(a.body, "# TYPE postern_worker_api_requests_"
				       "total counter"));
	assert_non_null(
	    strstr(a.body, "postern_outbox_rows{kind=\"channel\",destination="
			   "\"shop\",state=\"waiting\"} 1\n"));
	assert_non_null(strstr(a.body, "postern_keeper_locked 0\n"));
	assert_non_null(strstr(a.body, "postern_ready 1\n"));
	assert_null(strstr(a.body, "Geheimnis"));
	assert_null(strstr(a.body, "cnv_"));
	answer_free(&a);
}

static void the_outbox_is_listed_retried_and_dropped(void **state)
{
	struct api_house *h = *state;
	char path[128];
	json_t *v, *row;

	json_decref(ask_json(h, 202, "POST",
			     path_to(h, path, "conversations", ID_CONVERSATION,
				     h->conversation, "/messages"),
			     h->desk, "{\"text\":\"a\"}", NULL));
	house_run(h, "UPDATE outbox SET state='dead', reason='status.5xx'",
		  STORE_NO_ARGS);
	v = ask_json(h, 200, "GET", "/v1/outbox?state=dead", h->operator, NULL,
		     NULL);
	row = json_array_get(json_object_get(v, "outbox"), 0);
	assert_string_equal(text_in(row, "reason"), "status.5xx");
	(void)snprintf(path, sizeof(path), "/v1/outbox/%s/retry",
		       text_in(row, "id"));
	json_decref(ask_json(h, 200, "POST", path, h->operator, NULL, NULL));
	assert_int_equal(
	    house_count(h, "SELECT COUNT(*) FROM outbox WHERE state='waiting'"),
	    1);
	(void)snprintf(path, sizeof(path), "/v1/outbox/%s/drop",
		       text_in(row, "id"));
	json_decref(ask_json(h, 200, "POST", path, h->operator, NULL, NULL));
	json_decref(ask_json(h, 404, "POST", path, h->operator, NULL, NULL));
	json_decref(v);
	json_decref(ask_json(h, 400, "GET", "/v1/outbox?state=all", h->operator,
			     NULL, NULL));
}

static void quarantined_bytes_stay_on_this_host(void **state)
{
	static const char sql[] =
	    "INSERT INTO quarantine(id, channel, received_ms, year, reason,"
	    " bytes, raw_sealed) VALUES(?,'shop',?,2026,'parse',9,?)";
	struct api_house *h = *state;
	const struct key_ref key = {.datenart = {"RAW"}, .year = 2026};
	int64_t id = worker_id(&h->w);
	struct keeper_batch *batch;
	const uint8_t *sealed;
	struct err err = {0};
	struct answer a;
	char path[128];
	size_t slot, len;
	json_t *v;

	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	slot = keeper_add_seal(batch, &key, id, FIELD_RAW, "{\"raw\": 1", 9);
	assert_int_equal(keeper_run(batch, &err), 0);
	assert_int_equal(keeper_result(batch, slot, &sealed, &len, &err), 0);
	house_run(h, sql,
		  STORE_ARGS(S_INT(id), S_INT(HOUSE_NOW), S_BLOB(sealed, len)));
	keeper_batch_free(&batch);
	(void)path_to(h, path, "quarantine", ID_QUARANTINE, id, "");
	v = ask_json(h, 200, "GET", path, h->operator, NULL, NULL);
	assert_string_equal(text_in(v, "reason"), "parse");
	json_decref(v);
	(void)path_to(h, path, "quarantine", ID_QUARANTINE, id, "?body=1");
	json_decref(ask_json(h, 403, "GET", path, h->operator, NULL, NULL));
	a = ask(h, (struct call){.method = "GET", .path = path, .local = true});
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "{\"raw\": 1");
	answer_free(&a);
}

static void a_loop_that_is_busy_elsewhere_gives_503_in_time(void **state)
{
	struct api_house *h = *state;
	struct answer a;

	atomic_store(&h->stalled, true);
	a = ask(h, (struct call){.method = "GET", .path = "/healthz"});
	assert_int_equal(a.status, 503);
	assert_non_null(strstr(a.text, "Retry-After: "));
	answer_free(&a);
	atomic_store(&h->stalled, false);
	assert_int_equal(status_with(h, NULL, "/healthz"), 200);
}

#define WAITING 60

static void closing_under_waiting_requests_answers_them_all(void **state)
{
	const char *text = "GET /v1/status HTTP/1.1\r\nHost: a\r\nConnection: "
			   "close\r\n\r\n";
	struct api_house *h = *state;
	int fds[WAITING];

	atomic_store(&h->stalled, true);
	for (int i = 0; i < WAITING; i++) {
		fds[i] = talk_open(h, i % 2 == 0);
		talk_send(fds[i], text, strlen(text));
	}
	(void)usleep(200000);
	house_stop(h);
	for (int i = 0; i < WAITING; i++) {
		struct answer a = talk_read(fds[i]);

		/* Read and answered, or never read at all. */
		assert_true(a.status == 503 || a.status == 0);
		answer_free(&a);
	}
}

static void many_requests_on_one_connection_are_answered_in_order(void **state)
{
	struct api_house *h = *state;
	const char *one = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	const char *last = "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: "
			   "close\r\n\r\n";
	int fd = talk_open(h, false), answers = 0;
	struct answer a;

	for (int i = 0; i < 50; i++)
		talk_send(fd, one, strlen(one));
	talk_send(fd, last, strlen(last));
	a = talk_read(fd);
	for (const char *p = a.text; (p = strstr(p, "HTTP/1.1 200")) != NULL;
	     p++)
		answers++;
	assert_int_equal(answers, 51);
	assert_non_null(strstr(a.text, "\r\n\r\nready\n"));
	answer_free(&a);
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(ambiguous_requests_get_400_and_the_connection_ends),
	    IN_HOUSE(every_reply_has_the_headers_and_every_error_is_a_problem),
	    IN_HOUSE(body_caps_and_types_hold_at_the_edge),
	    IN_HOUSE(a_chunked_body_is_counted_while_it_comes),
	    IN_HOUSE(a_slow_body_ends_at_the_deadline),
	    IN_HOUSE(tokens_are_checked_whole),
	    IN_HOUSE(an_expired_token_is_refused),
	    IN_HOUSE(a_revoked_token_fails_with_the_next_request),
	    IN_HOUSE(wishes_for_tokens_are_checked),
	    IN_HOUSE(failed_log_ins_are_slowed_down_good_ones_are_not),
	    cmocka_unit_test(the_bucket_fills_again),
	    IN_HOUSE(the_operator_socket_needs_no_token),
	    IN_HOUSE(a_locked_keeper_shows_and_unlocks),
	    IN_HOUSE(a_repeated_post_has_one_effect),
	    IN_HOUSE(a_key_belongs_to_its_token),
	    IN_HOUSE(a_refused_post_can_be_repeated_with_its_key),
	    IN_HOUSE(a_repeated_creation_does_not_show_the_token_again),
	    IN_HOUSE(metrics_name_destinations_and_nothing_personal),
	    IN_HOUSE(the_outbox_is_listed_retried_and_dropped),
	    IN_HOUSE(quarantined_bytes_stay_on_this_host),
	    IN_HOUSE(a_loop_that_is_busy_elsewhere_gives_503_in_time),
	    IN_HOUSE(closing_under_waiting_requests_answers_them_all),
	    IN_HOUSE(many_requests_on_one_connection_are_answered_in_order),
	};

	assert(sodium_init() >= 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
