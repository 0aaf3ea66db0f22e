/* test_public_opendsr.c - OpenDSR as others ask it of us, and as processors
 * answer us.
 *
 * Proves: compliance 5.2, 2.3, 9 N2. */
#include "public_house.h"

#include "loopback.h"
#include "postern/log.h"
#include "postern/text.h"
#include "public/callbacks.h"
#include "recipients/telling.h"

#define DOMAIN "opendsr.example.de"
#define ID_A   "a7551968-d5d6-44b2-9831-815ac9017798"
#define ID_B   "b7551968-d5d6-44b2-9831-815ac9017798"

static struct settings_controller controllers[2];
static struct settings_processor processor;

static void controller(struct settings_controller *c, const char *name,
		       const char *token, bool verified)
{
	memset(c, 0, sizeof(*c));
	assert_true(name_set(&c->name, name, strlen(name)));
	c->verified = verified;
	c->values[0].key = "token";
	c->values_len = 1;
	assert_int_equal(
	    secret_set(&c->values[0].secret, token, strlen(token), NULL), 0);
}

static int make(void **state)
{
	struct house *h;
	size_t len;
	char *key;

	if (rights_house_make(state) != 0)
		return -1;
	h = *state;
	key = dsr_file("opendsr/test-key.pem", &len);
	assert_int_equal(opendsr_key_open(key, len, &h->w.opendsr_key, NULL),
			 0);
	free(key);
	(void)snprintf(h->settings.opendsr.domain,
		       sizeof(h->settings.opendsr.domain), DOMAIN);
	h->settings.opendsr.certificate_pem = (uint8_t *)dsr_file(
	    "opendsr/test-cert.pem", &h->settings.opendsr.certificate_len);
	controller(&controllers[0], "mandant-1", "token-of-mandant-1", true);
	controller(&controllers[1], "mandant-2", "token-of-mandant-2", false);
	h->settings.opendsr.controllers = controllers;
	h->settings.opendsr.controllers_len = 2;
	(void)snprintf(h->settings.portal.url, sizeof(h->settings.portal.url),
		       "https://postern.example");
	assert_int_equal(http_open(h->w.env, &h->w.http, NULL), 0);
	assert_int_equal(callbacks_open(&h->w, &h->w.callbacks, NULL), 0);
	return 0;
}

static int unmake(void **state)
{
	struct house *h = *state;

	http_close(&h->w.http);
	callbacks_close(&h->w.callbacks);
	opendsr_key_close(&h->w.opendsr_key);
	free(h->settings.opendsr.certificate_pem);
	secret_wipe(&controllers[0].values[0].secret);
	secret_wipe(&controllers[1].values[0].secret);
	return rights_house_unmake(state);
}

/* --- asking --------------------------------------------------------------- */

static void as(struct asked *q, int mandant)
{
	q->rq.header[PUBLIC_AUTHORIZATION] = mandant == 1
						 ? "Bearer token-of-mandant-1"
						 : "Bearer token-of-mandant-2";
}

/* What every answer has: the domain, and its key's signature of the body. */
static void signed_well(struct house *h, const struct asked *q)
{
	const struct opendsr_proof p = {
	    .pem = h->settings.opendsr.certificate_pem,
	    .pem_len = h->settings.opendsr.certificate_len,
	    .domain = DOMAIN,
	    .signature = ask_header(q, "X-OpenDSR-Signature"),
	    .now_ms = INT64_C(1795680000000),
	};

	assert_string_equal(ask_header(q, "X-OpenDSR-Processor-Domain"),
			    DOMAIN);
	assert_int_equal(opendsr_verify(&p, q->a.body.bytes, q->a.body.len),
			 OPENDSR_SIGNED);
}

#define BODY(id, type, url)                                            \
	"{\"regulation\":\"gdpr\",\"subject_request_id\":\"" id        \
	"\",\"subject_request_type\":\"" type                          \
	"\",\"submitted_time\":\"2026-11-25T09:00:00+01:00\","         \
	"\"subject_identities\":[{\"identity_type\":\"email\","        \
	"\"identity_value\":\"erika@example.de\",\"identity_format\":" \
	"\"raw\"}],\"status_callback_urls\":[" url "]}"

static void create(struct house *h, int mandant, const char *body,
		   unsigned int status)
{
	struct asked q;

	ask_begin(h, &q, "POST", "/opendsr/v2/requests", body);
	as(&q, mandant);
	if (ask_run(h, &q) != status)
		fail_msg("%u instead of %u", q.a.status, status);
	signed_well(h, &q);
	ask_end(&q);
}

static void every_request_of_the_fixtures_is_answered(void **state)
{
	struct house *h = *state;
	char *text = dsr_file("opendsr/requests.jsonl", NULL), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		json_t *row = json_loads(line, 0, NULL);
		char *body = json_dumps(json_object_get(row, "body"), 0);

		create(h, 1, body,
		       (unsigned int)json_integer_value(
			   json_object_get(row, "status")));
		free(body);
		json_decref(row);
	}
	/* One id, one request. */
	assert_int_equal(HOUSE_COUNT(h, "request"), 1);
	free(text);
}

static void a_request_is_answered_as_the_specification_says(void **state)
{
	static const char body[] = BODY(ID_A, "erasure", "");
	struct house *h = *state;
	struct asked q;
	uint8_t raw[1024];
	const char *encoded;
	size_t len = 0;

	ask_begin(h, &q, "POST", "/opendsr/v2/requests", body);
	as(&q, 1);
	assert_int_equal(ask_run(h, &q), 201);
	signed_well(h, &q);
	assert_int_equal(json_object_size(q.said), 5);
	assert_string_equal(dsr_text(q.said, "controller_id"), "mandant-1");
	assert_string_equal(dsr_text(q.said, "subject_request_id"), ID_A);
	encoded = dsr_text(q.said, "encoded_request");
	assert_true(
	    base64_decode(encoded, strlen(encoded), raw, sizeof(raw), &len));
	assert_int_equal(len, strlen(body));
	assert_memory_equal(raw, body, len);
	assert_true(q.a.wipe);
	ask_end(&q);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE via='opendsr' AND"
					" asker='mandant-1'"),
			 1);
}

static void the_day_is_the_end_of_the_legal_due_day(void **state)
{
	struct house *h = *state;
	struct asked q;

	rights_clock(h, "2026-11-25T09:00:01+01:00");
	ask_begin(h, &q, "POST", "/opendsr/v2/requests",
		  BODY(ID_A, "access", ""));
	as(&q, 1);
	assert_int_equal(ask_run(h, &q), 201);
	assert_string_equal(dsr_text(q.said, "expected_completion_time"),
			    "2026-12-28T22:59:59Z");
	assert_string_equal(dsr_text(q.said, "received_time"),
			    "2026-11-25T08:00:01Z");
	ask_end(&q);
}

static void who_is_nobody_gets_nothing(void **state)
{
	static const char *const tokens[] = {"",
					     "Bearer ",
					     "Bearer x",
					     "Basic a",
					     "Bearer token-of-mandant-1x",
					     "token-of-mandant-1"};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
		struct asked q;

		ask_begin(h, &q, "POST", "/opendsr/v2/requests",
			  BODY(ID_A, "erasure", ""));
		q.rq.header[PUBLIC_AUTHORIZATION] = tokens[i];
		assert_int_equal(ask_run(h, &q), 401);
		signed_well(h, &q);
		ask_end(&q);
	}
	assert_int_equal(HOUSE_COUNT(h, "request"), 0);
}

static void a_mistake_is_named_and_nothing_of_the_person(void **state)
{
	struct house *h = *state;
	const char *text;
	json_t *error;
	struct asked q;

	ask_begin(h, &q, "POST", "/opendsr/v2/requests",
		  BODY("7", "erasure", ""));
	as(&q, 1);
	assert_int_equal(ask_run(h, &q), 400);
	signed_well(h, &q);
	error = json_object_get(q.said, "error");
	assert_int_equal(json_integer_value(json_object_get(error, "code")),
			 400);
	assert_int_equal(json_array_size(json_object_get(error, "errors")), 1);
	error = json_array_get(json_object_get(error, "errors"), 0);
	assert_string_equal(dsr_text(error, "domain"), "Validation");
	assert_string_equal(dsr_text(error, "reason"), "subject_request_id");
	text = buf_text(&q.a.body);
	assert_null(strstr(text, "erika"));
	ask_end(&q);
}

static void n2_no_callback_goes_to_where_nobody_else_may_look(void **state)
{
	static const char *const bad[] = {
	    BODY(ID_A, "erasure", "\"http://controller.example/x\""),
	    BODY(ID_A, "erasure", "\"https://127.0.0.1/\""),
	    BODY(ID_A, "erasure", "\"https://[::1]/\""),
	    BODY(ID_A, "erasure", "\"https://169.254.169.254/\""),
	    BODY(ID_A, "erasure", "\"https://localhost/\""),
	};
	struct house *h = *state;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		create(h, 1, bad[i], 400);
	assert_int_equal(HOUSE_COUNT(h, "request"), 0);
	assert_int_equal(HOUSE_COUNT(h, "request_callback"), 0);
}

/* --- one request ---------------------------------------------------------- */

static json_t *get(struct house *h, int mandant, const char *path,
		   unsigned int status)
{
	struct asked q;
	json_t *said;

	ask_begin(h, &q, "GET", path, "");
	as(&q, mandant);
	assert_int_equal(ask_run(h, &q), status);
	signed_well(h, &q);
	said = json_incref(q.said);
	ask_end(&q);
	return said;
}

static void status_is(struct house *h, int mandant, const char *status)
{
	json_t *said = get(h, mandant, "/opendsr/v2/requests/" ID_A, 200);

	assert_string_equal(dsr_text(said, "request_status"), status);
	assert_string_equal(dsr_text(said, "subject_request_id"), ID_A);
	assert_string_equal(dsr_text(said, "api_version"), "2.0");
	json_decref(said);
}

static void a_controller_sees_its_own_requests_alone(void **state)
{
	struct house *h = *state;

	create(h, 1, BODY(ID_A, "erasure", ""), 201);
	status_is(h, 1, "in_progress");
	json_decref(get(h, 2, "/opendsr/v2/requests/" ID_A, 404));
	json_decref(get(h, 1, "/opendsr/v2/requests/" ID_B, 404));
	json_decref(get(h, 1, "/opendsr/v2/requests/x", 404));
	/* Nor can it take their ids. */
	create(h, 2, BODY(ID_A, "erasure", ""), 400);
	assert_int_equal(HOUSE_COUNT(h, "request"), 1);
}

static void cancel(struct house *h, int mandant, unsigned int status)
{
	struct asked q;

	ask_begin(h, &q, "DELETE", "/opendsr/v2/requests/" ID_A, "");
	as(&q, mandant);
	assert_int_equal(ask_run(h, &q), status);
	signed_well(h, &q);
	if (status == 202)
		assert_string_equal(dsr_text(q.said, "subject_request_id"),
				    ID_A);
	ask_end(&q);
}

static void only_what_is_pending_can_be_cancelled(void **state)
{
	struct house *h = *state;

	create(h, 2, BODY(ID_A, "erasure", ""), 201);
	status_is(h, 2, "pending");
	cancel(h, 1, 404);
	cancel(h, 2, 202);
	status_is(h, 2, "cancelled");
	cancel(h, 2, 400);
}

static void what_is_verified_is_in_progress(void **state)
{
	struct house *h = *state;

	create(h, 1, BODY(ID_A, "erasure", ""), 201);
	cancel(h, 1, 400);
	status_is(h, 1, "in_progress");
}

static void version_one_is_answered_in_its_own_words(void **state)
{
	struct house *h = *state;
	struct asked q;

	ask_begin(h, &q, "POST", "/opengdpr_requests",
		  "{\"subject_request_id\":\"" ID_A
		  "\",\"subject_request_type\":\"erasure\","
		  "\"submitted_time\":\"2026-11-25T09:00:00Z\","
		  "\"subject_identities\":[{\"identity_type\":\"email\","
		  "\"identity_value\":\"a@b.de\",\"identity_format\":"
		  "\"raw\"}],\"api_version\":\"1.0\"}");
	as(&q, 1);
	assert_int_equal(ask_run(h, &q), 201);
	assert_string_equal(ask_header(&q, "X-OpenGDPR-Processor-Domain"),
			    DOMAIN);
	assert_string_not_equal(ask_header(&q, "X-OpenGDPR-Signature"), "");
	ask_end(&q);
}

static void discovery_names_what_there_is(void **state)
{
	struct house *h = *state;
	struct asked q;

	ask_begin(h, &q, "GET", "/opendsr/v2/discovery", "");
	assert_int_equal(ask_run(h, &q), 200);
	signed_well(h, &q);
	assert_string_equal(dsr_text(q.said, "processor_certificate"),
			    "https://" DOMAIN "/opendsr/v2/certificate");
	assert_int_equal(json_array_size(json_object_get(
			     q.said, "supported_subject_request_types")),
			 3);
	ask_end(&q);
	ask_begin(h, &q, "GET", "/opendsr/v2/certificate", "");
	assert_int_equal(ask_run(h, &q), 200);
	assert_memory_equal(q.a.body.bytes, "-----BEGIN CERTIFICATE", 22);
	ask_end(&q);
	opendsr_key_close(&h->w.opendsr_key);
	ask_begin(h, &q, "GET", "/opendsr/v2/discovery", "");
	assert_int_equal(ask_run(h, &q), 404);
	ask_end(&q);
}

/* --- callbacks out -------------------------------------------------------- */

static struct {
	struct loopback server;
	_Atomic int status;
	_Atomic int len;
	char bodies[8][1024], heads[8][4096];
} heard;

static void hear(struct loopback *s, int fd)
{
	char *request = malloc(LOOPBACK_REQUEST_MAX), *body, head[128];
	int n;

	while (loopback_read(s, fd, request, LOOPBACK_REQUEST_MAX, &body)) {
		n = heard.len;
		if (n < 8) {
			(void)snprintf(heard.bodies[n], 1024, "%s", body);
			(void)snprintf(heard.heads[n], 4096, "%.*s",
				       (int)(body - request), request);
			heard.len = n + 1;
		}
		(void)snprintf(head, sizeof(head),
			       "HTTP/1.1 %d X\r\nContent-Length: 0\r\n\r\n",
			       heard.status);
		if (!loopback_text(fd, head))
			break;
	}
	free(request);
}

static void tell_all(struct house *h)
{
	struct env *real = env_system();
	int64_t end_ms = real->boot_ms(real) + 20000;
	struct err err = {0};
	int still = 0;
	bool moved;

	/* Another process, which remembers nothing and waits for nothing. */
	callbacks_close(&h->w.callbacks);
	assert_int_equal(callbacks_open(&h->w, &h->w.callbacks, &err), 0);

	while (real->boot_ms(real) < end_ms && still < 3) {
		moved = false;
		assert_int_equal(callbacks_step(&h->w, &moved, &err), 0);
		assert_int_equal(
		    http_poll(h->w.http, NULL, 0, moved ? 0 : 10, &err), 0);
		still = moved || http_under_way(h->w.http) > 0 ? 0 : still + 1;
	}
}

static void said(size_t n, const char *status, struct house *h)
{
	json_t *body = json_loads(heard.bodies[n], 0, NULL);
	const char *at =
	    strcasestr(heard.heads[n], "\r\nX-OpenDSR-Signature: ");
	char signature[OPENDSR_SIGNATURE_BYTES];
	const struct opendsr_proof p = {
	    .pem = h->settings.opendsr.certificate_pem,
	    .pem_len = h->settings.opendsr.certificate_len,
	    .domain = DOMAIN,
	    .signature = signature,
	    .now_ms = INT64_C(1795680000000),
	};

	assert_non_null(body);
	assert_non_null(at);
	(void)snprintf(signature, sizeof(signature), "%.*s",
		       (int)strcspn(at + 23, "\r"), at + 23);
	assert_int_equal(
	    opendsr_verify(&p, heard.bodies[n], strlen(heard.bodies[n])),
	    OPENDSR_SIGNED);
	assert_string_equal(dsr_text(body, "request_status"), status);
	assert_string_equal(dsr_text(body, "subject_request_id"), ID_A);
	assert_non_null(
	    strstr(dsr_text(body, "status_callback_url"), "/heard"));
	json_decref(body);
}

static void listen_up(struct house *h, char *ret, size_t size)
{
	char address[32];

	memset(&heard, 0, sizeof(heard));
	heard.status = 202;
	loopback_open(&heard.server, hear, NULL);
	memcpy(address, heard.server.address, sizeof(address));
	(void)snprintf(h->settings.opendsr.allow[0],
		       sizeof(h->settings.opendsr.allow[0]), "%s", address);
	h->settings.opendsr.allow_len = 1;
	(void)snprintf(ret, size, BODY(ID_A, "erasure", "\"http://%s/heard\""),
		       address);
}

static void every_change_is_told_in_order(void **state)
{
	struct house *h = *state;
	char body[1024];

	listen_up(h, body, sizeof(body));
	create(h, 2, body, 201);
	tell_all(h);
	assert_int_equal(heard.len, 1);
	said(0, "pending", h);
	cancel(h, 2, 202);
	tell_all(h);
	assert_int_equal(heard.len, 2);
	said(1, "cancelled", h);
	tell_all(h);
	assert_int_equal(heard.len, 2);
	loopback_close(&heard.server);
}

static void who_does_not_listen_is_told_again_and_then_the_next(void **state)
{
	struct house *h = *state;
	char body[1024];

	listen_up(h, body, sizeof(body));
	h->settings.limits.attempts_max = 2;
	heard.status = 500;
	create(h, 2, body, 201);
	tell_all(h);
	assert_int_equal(heard.len, 1);
	h->ahead_ms += 3600000;
	tell_all(h);
	assert_int_equal(heard.len, 2);
	said(1, "pending", h);
	h->ahead_ms += 3600000;
	tell_all(h);
	assert_int_equal(heard.len, 2);
	heard.status = 202;
	cancel(h, 2, 202);
	tell_all(h);
	assert_int_equal(heard.len, 3);
	said(2, "cancelled", h);
	loopback_close(&heard.server);
}

static void n2_a_name_that_became_private_is_never_called(void **state)
{
	struct house *h = *state;
	char body[1024], answer[64];
	const char *answers[] = {answer};

	listen_up(h, body, sizeof(body));
	h->settings.opendsr.allow_len = 0;
	(void)snprintf(answer, sizeof(answer),
		       "controller.example:%u:127.0.0.1", heard.server.port);
	assert_int_equal(http_set_resolve(h->w.http, answers, 1, NULL), 0);
	(void)snprintf(
	    body, sizeof(body),
	    BODY(ID_A, "erasure", "\"https://controller.example:%u/heard\""),
	    heard.server.port);
	create(h, 2, body, 201);
	tell_all(h);
	assert_int_equal(heard.len, 0);
	assert_int_equal(heard.server.connections, 0);
	assert_int_equal(HOUSE_COUNT(h, "request_callback WHERE"
					" reason='refused'"),
			 1);
	loopback_close(&heard.server);
}

/* --- callbacks in --------------------------------------------------------- */

#define OWN "https://postern.example/opendsr/callback"
#define CALL(id, status, url)                                               \
	"{\"controller_id\":\"c\",\"expected_completion_time\":"            \
	"\"2026-12-28T22:59:59Z\",\"status_callback_url\":\"" url           \
	"\",\"subject_request_id\":\"" id "\",\"request_status\":\"" status \
	"\"}"

static void with_processor(struct house *h)
{
	memset(&processor, 0, sizeof(processor));
	assert_true(name_set(&processor.name, "versand", 7));
	(void)snprintf(processor.domain, sizeof(processor.domain), DOMAIN);
	processor.certificate_pem = h->settings.opendsr.certificate_pem;
	processor.certificate_len = h->settings.opendsr.certificate_len;
	h->settings.processors = &processor;
	h->settings.processors_len = 1;
	h->ahead_ms = INT64_C(1795680000000) - HOUSE_NOW;
	house_sql(h, "INSERT INTO telling(id,erasure,person,kind,recipient,"
		     "event,state,outside_id,telling_sealed,year,next_ms,"
		     "made_ms,told_ms) VALUES(5,1,2,'processor','versand',"
		     "'erased','sent','" ID_A "',x'00',2026,9,1,1)");
}

static unsigned int call_us(struct house *h, const char *body,
			    const char *domain, const char *signed_body)
{
	char signature[OPENDSR_SIGNATURE_BYTES];
	unsigned int status;
	struct asked q;

	assert_int_equal(opendsr_sign(h->w.opendsr_key, signed_body,
				      strlen(signed_body), signature, NULL),
			 0);
	ask_begin(h, &q, "POST", "/opendsr/callback", body);
	q.rq.header[PUBLIC_DOMAIN] = domain;
	q.rq.header[PUBLIC_SIGNATURE] = signature;
	status = ask_run(h, &q);
	ask_end(&q);
	return status;
}

static void a_callback_is_taken_from_whom_we_asked_alone(void **state)
{
	static const char good[] = CALL(ID_A, "completed", OWN);
	static const char elsewhere[] =
	    CALL(ID_A, "completed", "https://other.example/x");
	static const char unknown[] = CALL(ID_B, "completed", OWN);
	struct house *h = *state;

	with_processor(h);
	assert_int_equal(call_us(h, good, "", good), 401);
	assert_int_equal(call_us(h, good, "other.example", good), 401);
	assert_int_equal(call_us(h, good, DOMAIN, elsewhere), 400);
	assert_int_equal(call_us(h, "x", DOMAIN, "x"), 400);
	assert_int_equal(call_us(h, elsewhere, DOMAIN, elsewhere), 400);
	assert_int_equal(call_us(h, unknown, DOMAIN, unknown), 400);
	assert_int_equal(HOUSE_COUNT(h, "telling WHERE state='sent'"), 1);
	assert_int_equal(call_us(h, CALL(ID_A, "in_progress", OWN), DOMAIN,
				 CALL(ID_A, "in_progress", OWN)),
			 202);
	assert_int_equal(HOUSE_COUNT(h, "telling WHERE state='sent'"), 1);
	assert_int_equal(call_us(h, good, DOMAIN, good), 202);
	assert_int_equal(HOUSE_COUNT(h, "telling WHERE state='confirmed'"), 1);
	assert_int_equal(call_us(h, good, DOMAIN, good), 202); /* repeated */
}

static void a_certificate_that_ran_out_counts_for_nothing(void **state)
{
	static const char good[] = CALL(ID_A, "completed", OWN);
	struct house *h = *state;

	with_processor(h);
	h->ahead_ms = INT64_C(2200000000000) - HOUSE_NOW;
	assert_int_equal(call_us(h, good, DOMAIN, good), 401);
	processor.certificate_pem = NULL;
	h->ahead_ms = INT64_C(1795680000000) - HOUSE_NOW;
	assert_int_equal(call_us(h, good, DOMAIN, good), 401);
	assert_int_equal(HOUSE_COUNT(h, "telling WHERE state='sent'"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(f) cmocka_unit_test_setup_teardown(f, make, unmake)
	    T(every_request_of_the_fixtures_is_answered),
	    T(a_request_is_answered_as_the_specification_says),
	    T(the_day_is_the_end_of_the_legal_due_day),
	    T(who_is_nobody_gets_nothing),
	    T(a_mistake_is_named_and_nothing_of_the_person),
	    T(n2_no_callback_goes_to_where_nobody_else_may_look),
	    T(a_controller_sees_its_own_requests_alone),
	    T(only_what_is_pending_can_be_cancelled),
	    T(what_is_verified_is_in_progress),
	    T(version_one_is_answered_in_its_own_words),
	    T(discovery_names_what_there_is),
	    T(every_change_is_told_in_order),
	    T(who_does_not_listen_is_told_again_and_then_the_next),
	    T(n2_a_name_that_became_private_is_never_called),
	    T(a_callback_is_taken_from_whom_we_asked_alone),
	    T(a_certificate_that_ran_out_counts_for_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	log_open("test");
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
