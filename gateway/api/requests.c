/* requests.c - requests of data subjects come in, and are listed.
 *
 * Who asks is not told whether the person is known: the answer has the same
 * members for everybody.  Source: compliance 5.1. */
#include "requests.h"

#include "body.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"

#define WORD_MAX  64
#define TEXT_MAX  4000
#define VALUE_MAX 320
#define LIST_MAX  200

static const char list_sql[] =
    "SELECT id FROM request WHERE id<? AND (?='' OR state=? OR (?='open' AND"
    " ended_ms IS NULL)) AND (?='' OR type=?) ORDER BY id DESC LIMIT ?";

/* --- what came ------------------------------------------------------------ */

struct asking {
	struct worker *w;
	struct job *job;
	const json_t *body;
	struct rights_ask ask;
	struct name channel;
	const char *method; /* of proof; NULL: none */
};

static int refuse(struct asking *a, const char *what, const char *member)
{
	return body_refuse(a->job, what, member);
}

static int read_type(struct asking *a)
{
	const char *type = NULL;

	if (body_text(a->job, a->body, "type", WORD_MAX, &type) != 0)
		return -1;
	return type != NULL && rights_type_named(type, &a->ask.type)
		   ? 0
		   : refuse(a,
			    "one of access, rectification, erasure, "
			    "restriction, portability, objection, withdrawal "
			    "is needed",
			    "type");
}

/* A kind is a word of ours or of a provider's: nothing is told about it. */
static bool is_kind(const char *text)
{
	struct name name;

	return text != NULL && strlen(text) < 24 &&
	       name_set(&name, text, strlen(text));
}

static int read_identifiers(struct asking *a)
{
	const json_t *list = json_object_get(a->body, "identifiers");
	size_t len = json_array_size(list);

	if (!json_is_array(list) || len == 0 || len > RIGHTS_IDENTIFIERS_MAX)
		return refuse(a, "a list of 1 to 8 is needed", "identifiers");
	for (size_t i = 0; i < len; i++) {
		const json_t *one = json_array_get(list, i);
		const json_t *value = json_object_get(one, "value");
		const char *kind =
		    json_string_value(json_object_get(one, "kind"));

		if (!is_kind(kind) || json_string_length(value) == 0 ||
		    json_string_length(value) > VALUE_MAX ||
		    json_object_size(one) != 2 ||
		    strlen(json_string_value(value)) !=
			json_string_length(value))
			return refuse(a, "each needs kind and value",
				      "identifiers");
		a->ask.identifiers[i] =
		    (struct rights_identifier){kind, json_string_value(value)};
	}
	a->ask.identifiers_len = len;
	return 0;
}

/* Where it came in: one of our channels, or how a person was told. */
static int read_channel(struct asking *a)
{
	static const struct {
		const char *word;
		enum rights_via via;
	} ways[] = {{"api", RIGHTS_API},     {"portal", RIGHTS_PORTAL},
		    {"mail", RIGHTS_MAIL},   {"email", RIGHTS_MAIL},
		    {"letter", RIGHTS_MAIL}, {"desk", RIGHTS_DESK},
		    {"phone", RIGHTS_DESK}};
	const char *channel = NULL;

	if (body_text(a->job, a->body, "channel", WORD_MAX, &channel) != 0)
		return -1;
	a->ask.via = RIGHTS_API;
	if (channel == NULL)
		return 0;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].word, channel) == 0) {
			a->ask.via = ways[i].via;
			return 0;
		}
	if (worker_channel_index(a->w, channel) < 0 ||
	    !name_set(&a->channel, channel, strlen(channel)))
		return refuse(a,
			      "neither a channel of the settings nor api, "
			      "portal, mail, letter, desk, phone",
			      "channel");
	a->ask.channel = &a->channel;
	return 0;
}

static int read_received(struct asking *a)
{
	const char *text = NULL;
	const int64_t now_ms = worker_now(a->w);

	if (body_text(a->job, a->body, "received_at", WORD_MAX, &text) != 0)
		return -1;
	a->ask.received_ms = now_ms;
	if (text == NULL)
		return 0;
	if (!instant_parse(text, &a->ask.received_ms) ||
	    a->ask.received_ms > now_ms ||
	    caldate_of(caldate_local(a->w->zone, a->ask.received_ms)).year <
		HOLIDAYS_YEAR_MIN)
		return refuse(a,
			      "no time in the past such as "
			      "2026-01-31T10:00:00+01:00",
			      "received_at");
	return 0;
}

static int read_proof(struct asking *a)
{
	const json_t *proof = json_object_get(a->body, "proof");

	if (proof == NULL || json_is_null(proof))
		return 0;
	if (!json_is_object(proof) || json_object_size(proof) != 1)
		return refuse(a, "an object with method", "proof");
	a->method = json_string_value(json_object_get(proof, "method"));
	return is_kind(a->method) ? 0 : refuse(a, "method is no word", "proof");
}

static int read_language(struct asking *a)
{
	if (body_text(a->job, a->body, "locale", WORD_MAX, &a->ask.language) !=
	    0)
		return -1;
	if (a->ask.language == NULL)
		return 0;
	/* "de-DE" is German, too. */
	if (strncmp(a->ask.language, "de", 2) == 0)
		a->ask.language = "de";
	else if (strncmp(a->ask.language, "en", 2) == 0)
		a->ask.language = "en";
	else
		return refuse(a, "de or en", "locale");
	return 0;
}

static int read_all(struct asking *a)
{
	const char *scope = NULL;
	struct name name;

	if (read_type(a) != 0 || read_identifiers(a) != 0 ||
	    read_channel(a) != 0 || read_received(a) != 0 ||
	    read_proof(a) != 0 || read_language(a) != 0 ||
	    body_text(a->job, a->body, "scope", NAME_LEN_MAX, &scope) != 0 ||
	    body_text(a->job, a->body, "text", TEXT_MAX, &a->ask.text) != 0)
		return -1;
	if (scope != NULL && !name_set(&name, scope, strlen(scope)))
		return refuse(a, "no name of a purpose or Datenart", "scope");
	a->ask.scope = scope;
	return 0;
}

static int answer(struct asking *a, int64_t id, struct err *err)
{
	struct request r;

	if (request_need(a->w, id, &r, err) != 0)
		return -1;
	return job_json(a->job, 201,
			json_pack("{s:o, s:s, s:o, s:o, s:s}", "id",
				  job_json_id(a->w, ID_REQUEST, id), "state",
				  rights_state_name(r.is.state), "received_at",
				  job_json_time(r.is.received_ms), "due_at",
				  job_json_time(r.is.due_ends_ms), "due_basis",
				  "Art. 12(3) GDPR"),
			err);
}

static int open_it(struct asking *a, struct err *err)
{
	const char *refused = NULL;
	struct rights_opened opened;

	if (rights_open(a->w, &a->ask, &opened, err) != 0)
		return -1;
	if (a->method != NULL &&
	    rights_verify(a->w, opened.id, a->method, a->job->caller.token,
			  &refused, err) != 0)
		return -1;
	return answer(a, opened.id, err);
}

int api_request_open(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {
	    "type",    "identifiers", "scope", "received_at",
	    "channel", "locale",      "proof", "text",
	};
	struct asking a = {.w = w, .job = job};
	json_t *body;
	int rc = -1;

	if (body_object(job, known, sizeof(known) / sizeof(known[0]), &body) !=
	    0)
		return -1;
	a.body = body;
	if (read_all(&a) == 0)
		rc = open_it(&a, err);
	json_decref(body);
	return rc;
}

/* --- the list ------------------------------------------------------------- */

static bool state_known(const char *text)
{
	enum rights_state state;

	return text[0] == '\0' || strcmp(text, "open") == 0 ||
	       rights_state_named(text, &state);
}

static int64_t before_of(const struct worker *w, const char *text)
{
	int64_t id = INT64_MAX;

	if (text[0] != '\0' &&
	    id_parse(&w->mask, ID_REQUEST, text, strlen(text), &id, NULL) != 0)
		return 0;
	return id;
}

struct page {
	int64_t ids[LIST_MAX], limit;
	size_t len;
};

static int read_page(struct worker *w, struct job *job, struct page *ret,
		     struct err *err)
{
	const char *state = job->query[QUERY_STATE];
	const char *type = job->query[QUERY_WHAT];
	struct store_rows *rows = NULL;
	int rc = 0;

	if (store_start(
		w->store, list_sql,
		STORE_ARGS(S_INT(before_of(w, job->query[QUERY_BEFORE])),
			   S_TEXT(state), S_TEXT(state), S_TEXT(state),
			   S_TEXT(type), S_TEXT(type), S_INT(ret->limit)),
		&rows, err) != 0)
		return -1;
	while (ret->len < LIST_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret->ids[ret->len++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static json_t *line_json(struct worker *w, const struct request *r)
{
	char due[CALDATE_BYTES] = "";

	if (r->is.due_day != 0)
		caldate_format(r->is.due_day, due);
	return json_pack("{s:o, s:s, s:s, s:s, s:o, s:o, s:b}", "id",
			 job_json_id(w, ID_REQUEST, r->is.id), "type",
			 rights_type_name(r->is.type), "state",
			 rights_state_name(r->is.state), "via",
			 rights_via_name(r->is.via), "received_at",
			 job_json_time(r->is.received_ms), "due",
			 job_json_text(due[0] != '\0' ? due : NULL), "extended",
			 (int)r->is.extended);
}

int api_request_list(struct worker *w, struct job *job, struct err *err)
{
	struct page page = {.len = 0};
	json_t *list;

	if (!state_known(job->query[QUERY_STATE]))
		return job_refuse(job, &problem_malformed,
				  "state is open or a state of a request");
	if (job_limit(job, 50, LIST_MAX, &page.limit) != 0 ||
	    read_page(w, job, &page, err) != 0)
		return -1;
	list = json_array();
	for (size_t i = 0; i < page.len; i++) {
		struct request r;

		if (request_need(w, page.ids[i], &r, err) != 0) {
			json_decref(list);
			return -1;
		}
		(void)json_array_append_new(list, line_json(w, &r));
	}
	return job_json(job, 200,
			json_pack("{s:o, s:b}", "requests", list, "more",
				  (int)((int64_t)page.len == page.limit)),
			err);
}
