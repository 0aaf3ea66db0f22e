/* test_faults_api.c - calls of the API while memory fails: each is answered as
 * always or with 503, and what was refused has no effect.  jansson hides that
 * it was short (jsonmem.h), so answers are compared to the last byte.
 *
 * Proves: assurance P12. */
#include <assert.h>
#include <jansson.h>

#include "api_house.h"
#include "faults.h"

#define UNAVAILABLE "urn:postern:problem:unavailable"

struct route_case {
	const char *name, *method, *path, *headers, *body;
	bool operator;	   /* not the helpdesk */
	const char *token; /* instead of both; NULL */
	int status;
	bool same;	     /* every answer is the same to the byte */
	const char *counted; /* grows by one for each call that is done */
};

/* --- one call ------------------------------------------------------------- */

struct visit {
	const struct api_house *house;
	struct call call;
	struct answer answer;
	_Atomic bool done;
};

static void *visit_run(void *ctx)
{
	struct visit *v = ctx;

	v->answer = ask(v->house, v->call);
	atomic_store(&v->done, true);
	return NULL;
}

/* The client on a thread of its own, the loop here, where calls fail. */
static struct answer visit(struct api_house *h, struct call call)
{
	struct visit v = {.house = h, .call = call};
	struct pollfd fd = {.fd = api_job_fd(h->w.api), .events = POLLIN};
	struct err err = {0};
	unsigned int kinds = faults.kinds;
	pthread_t thread;
	bool moved;

	faults.kinds = 0;
	assert_int_equal(pthread_create(&thread, NULL, visit_run, &v), 0);
	while (!atomic_load(&v.done)) {
		(void)poll(&fd, 1, 1);
		pthread_mutex_lock(&h->turn);
		faults.kinds = kinds;
		/* Nothing here may end the process. */
		assert_int_equal(api_step(&h->w, &moved, &err), 0);
		faults.kinds = 0;
		pthread_mutex_unlock(&h->turn);
	}
	pthread_join(thread, NULL);
	return v.answer;
}

static struct answer call_route(struct api_house *h, const struct route_case *c)
{
	const char *headers = c->headers != NULL ? c->headers
			      : c->body != NULL
				  ? "Content-Type: application/json\r\n"
				  : NULL;

	return visit(h, (struct call){
			    .method = c->method,
			    .path = c->path,
			    .token = c->token != NULL ? c->token
				     : c->operator	? h->operator
							: h->desk,
			    .headers = headers,
			    .body = c->body,
			    .body_len = c->body != NULL ? strlen(c->body) : 0});
}

/* --- what an answer may be ------------------------------------------------ */

static json_t *json_of(const struct answer *a)
{
	return json_loadb(a->body, a->body_len, 0, NULL);
}

static void check_unavailable(const struct answer *a)
{
	json_t *v;

	assert_non_null(strstr(a->text, "Retry-After: "));
	if (a->body_len == 0)
		return; /* for the problem itself there was no memory */
	v = json_of(a);
	assert_string_equal(text_in(v, "type"), UNAVAILABLE);
	json_decref(v);
}

/* Ids, times and the number of calls differ; members and lists do not. */
static bool same_shape(const json_t *a, const json_t *b)
{
	const char *key;
	json_t *value;

	if (json_typeof(a) != json_typeof(b))
		return false;
	if (json_is_array(a) && json_array_size(a) != json_array_size(b))
		return false;
	if (!json_is_object(a))
		return true;
	if (json_object_size(a) != json_object_size(b))
		return false;
	json_object_foreach((json_t *)(uintptr_t)a, key, value)
	{
		const json_t *other = json_object_get(b, key);

		if (other == NULL || !same_shape(value, other))
			return false;
	}
	return true;
}

static void check_whole(const struct route_case *c, const struct answer *whole,
			const struct answer *a)
{
	json_t *want, *got;

	assert_int_equal(a->status, c->status);
	if (c->same) {
		assert_int_equal(a->body_len, whole->body_len);
		assert_memory_equal(a->body, whole->body, a->body_len);
		return;
	}
	want = json_of(whole);
	got = json_of(a);
	assert_non_null(got);
	assert_true(same_shape(want, got));
	json_decref(want);
	json_decref(got);
}

static int64_t counted(struct api_house *h, const struct route_case *c)
{
	return c->counted != NULL ? house_count(h, c->counted) : 0;
}

static void survive(struct api_house *h, const struct route_case *c)
{
	struct answer whole = call_route(h, c), a;
	const int64_t grows = c->counted != NULL && c->status < 300;
	uint64_t n, refused = 0;
	int64_t before;

	assert_int_equal(whole.status, c->status);
	for (n = 1; n < 2000; n++) {
		before = counted(h, c);
		if (!faults_arm(FAULT_MEMORY, n, ENOMEM))
			break;
		a = call_route(h, c);
		faults_off();
		if (a.status == 503 && c->status != 503) {
			check_unavailable(&a);
			assert_int_equal(counted(h, c), before);
			refused++;
		} else {
			check_whole(c, &whole, &a);
			assert_int_equal(counted(h, c), before + grows);
		}
		answer_free(&a);
	}
	if (refused < 3)
		print_error("%s: only %d refused of %d\n", c->name,
			    (int)refused, (int)n);
	assert_true(refused >= 3);
	answer_free(&whole);
}

/* --- the calls ------------------------------------------------------------ */

static int make(void **state)
{
	struct api_house *h;

	if (house_make(state) != 0)
		return -1;
	h = *state;
	/* The loop is here, in visit(). */
	atomic_store(&h->stalled, true);
	pthread_mutex_lock(&h->turn);
	pthread_mutex_unlock(&h->turn);
	return 0;
}

static char *attachment_of(struct api_house *h)
{
	static char path[128];
	char to[128];
	struct answer a = visit(
	    h, (struct call){.method = "POST",
			     .path = path_to(h, to, "conversations",
					     ID_CONVERSATION, h->conversation,
					     "/attachments"),
			     .token = h->desk,
			     .headers = "Content-Type: text/plain\r\n"
					"Postern-File-Name: UTF-8''Notiz.txt"
					"\r\n",
			     .body = "Hallo",
			     .body_len = 5});
	json_t *v = json_of(&a);

	assert_int_equal(a.status, 201);
	(void)snprintf(path, sizeof(path), "/v1/attachments/%s",
		       text_in(v, "attachment"));
	json_decref(v);
	answer_free(&a);
	return path;
}

static void pages_are_whole_or_not_there(void **state)
{
	struct api_house *h = *state;
	char cnv[128], msg[128];

	path_to(h, cnv, "conversations", ID_CONVERSATION, h->conversation, "");
	path_to(h, msg, "messages", ID_MESSAGE, h->inbound, "");
	survive(h, &(struct route_case){.name = "conversation",
					.method = "GET",
					.path = cnv,
					.status = 200,
					.same = true});
	survive(h, &(struct route_case){.name = "message",
					.method = "GET",
					.path = msg,
					.status = 200,
					.same = true});
	survive(h, &(struct route_case){.name = "attachment",
					.method = "GET",
					.path = attachment_of(h),
					.status = 200,
					.same = true});
}

static void what_an_operator_sees_is_whole_or_not_there(void **state)
{
	static const struct {
		const char *path;
		bool same;
	} pages[] = {
	    {"/v1/status", false}, {"/v1/tokens", true},
	    {"/v1/outbox", true},  {"/v1/quarantine", true},
	    {"/v1/keys", true},
	};
	struct api_house *h = *state;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		survive(h, &(struct route_case){.name = pages[i].path,
						.method = "GET",
						.path = pages[i].path,
						.operator= true,
						.status = 200,
						.same = pages[i].same});
}

#define DONE(n, p, b, s, sql)                                                  \
	survive(h, &(struct route_case){                                       \
		       .name = (n),                                            \
		       .method = "POST",                                       \
		       .path = path_to(h, path, "conversations",               \
				       ID_CONVERSATION, h->conversation, (p)), \
		       .body = (b),                                            \
		       .status = (s),                                          \
		       .counted = (sql)})

static void what_a_helpdesk_does_is_done_once_or_not_at_all(void **state)
{
	static const char out[] =
	    "SELECT COUNT(*) FROM message WHERE direction='out'";
	struct api_house *h = *state;
	char path[128], reply[160], reaction[160];
	struct id_text id;

	id_format(&h->w.mask, ID_MESSAGE, h->inbound, &id);
	(void)snprintf(reply, sizeof(reply),
		       "{\"text\":\"Guten Tag\",\"reply_to\":\"%s\"}", id.text);
	(void)snprintf(reaction, sizeof(reaction),
		       "{\"message\":\"%s\",\"emoji\":\"+\"}", id.text);
	DONE("reply", "/messages", reply, 202, out);
	DONE("reaction", "/reactions", reaction, 202, out);
	DONE("tag", "/tags", "{\"datenart\":\"BIZ\"}", 200, NULL);
	DONE("close", "/close", NULL, 200, NULL);
	DONE("reopen", "/reopen", NULL, 200, NULL);
	survive(h,
		&(struct route_case){
		    .name = "upload",
		    .method = "POST",
		    .path = path_to(h, path, "conversations", ID_CONVERSATION,
				    h->conversation, "/attachments"),
		    .headers = "Content-Type: text/plain\r\n"
			       "Postern-File-Name: UTF-8''N.txt\r\n",
		    .body = "Hallo",
		    .status = 201,
		    .counted = "SELECT COUNT(*) FROM attachment"});
	survive(h, &(struct route_case){
		       .name = "token",
		       .method = "POST",
		       .path = "/v1/tokens",
		       .body = "{\"scopes\":\"desk\",\"label\":\"Anna\"}",
		       .operator= true,
		       .status = 201,
		       .counted = "SELECT COUNT(*) FROM token"});
}

/* --- consents ------------------------------------------------------------- */

static const char events[] = "SELECT COUNT(*) FROM consent_event";

/* A row nobody gave before; 0 once no call fails any more. */
static int import_row(struct api_house *h, const char *token, uint64_t n,
		      bool armed)
{
	char body[512];
	struct route_case c = {.method = "POST",
			       .path = "/v1/consents/import",
			       .token = token,
			       .body = body};
	struct answer a;
	int status;

	(void)snprintf(body, sizeof(body),
		       "{\"rows\":[{\"address\":\"+49171%07d\",\"purpose\":"
		       "\"news\",\"channel\":\"shop\",\"given_at\":"
		       "\"2026-09-01T10:00:00Z\",\"wording\":\"Ja\","
		       "\"evidence\":{\"card\":17}}]}",
		       (int)n);
	if (armed && !faults_arm(FAULT_MEMORY, n, ENOMEM))
		return 0;
	a = call_route(h, &c);
	faults_off();
	status = a.status;
	if (status == 503)
		check_unavailable(&a);
	else
		assert_non_null(strstr(a.body, "\"result\":\"accepted\""));
	answer_free(&a);
	return status;
}

static void a_consent_is_taken_whole_or_not_at_all(void **state)
{
	struct api_house *h = *state;
	char rights[TOKEN_TEXT_BYTES];
	uint64_t n, refused = 0;

	house_token(h, "rights", NULL, 90, rights);
	assert_int_equal(import_row(h, rights, 0, false), 200);
	for (n = 1; n < 2000; n++) {
		int64_t before = house_count(h, events);
		int status = import_row(h, rights, n, true);

		if (status == 0)
			break;
		assert_true(status == 200 || status == 503);
		assert_int_equal(house_count(h, events),
				 before + (status == 200));
		refused += status == 503;
	}
	assert_true(refused >= 3);
	/* Nobody is left behind by what was rolled back. */
	assert_int_equal(
	    house_count(h, "SELECT COUNT(*) FROM address WHERE"
			   " length(address_sealed)<40 AND from_ms>0"),
	    0);
}

static void proofs_are_whole_or_not_there(void **state)
{
	static const char *const pages[] = {"", "/news/proof",
					    "/news/proof?form=kantara",
					    "/news/proof?form=html"};
	struct api_house *h = *state;
	char rights[TOKEN_TEXT_BYTES], path[192];
	struct id_text person;

	house_token(h, "rights", NULL, 90, rights);
	assert_int_equal(import_row(h, rights, 0, false), 200);
	id_format(&h->w.mask, ID_PERSON,
		  house_count(h, "SELECT max(person) FROM consent_event"),
		  &person);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		(void)snprintf(path, sizeof(path), "/v1/persons/%s/consents%s",
			       person.text, pages[i]);
		survive(h, &(struct route_case){.name = pages[i],
						.method = "GET",
						.path = path,
						.token = rights,
						.status = 200,
						.same = true});
	}
}

/* A refusal too is the right one, with all of its reasons, or 503. */
static void a_refusal_is_the_right_one_or_none(void **state)
{
	static const char none[] =
	    "SELECT COUNT(*) FROM message WHERE direction='out'";
	struct api_house *h = *state;
	char path[128];

	DONE("stranger", "/messages", "{\"text\":\"a\",\"id\":1}", 400, none);
	DONE("number", "/messages", "{\"text\":1}", 400, none);
	DONE("purpose", "/messages",
	     "{\"text\":\"Rabatt\",\"purpose\":\"news\"}", 403, none);
	DONE("template", "/messages",
	     "{\"template\":{\"name\":\"a\",\"language\":\"de\"}}", 409, none);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(pages_are_whole_or_not_there),
	    CASE(what_an_operator_sees_is_whole_or_not_there),
	    CASE(what_a_helpdesk_does_is_done_once_or_not_at_all),
	    CASE(a_refusal_is_the_right_one_or_none),
	    CASE(a_consent_is_taken_whole_or_not_at_all),
	    CASE(proofs_are_whole_or_not_there),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
