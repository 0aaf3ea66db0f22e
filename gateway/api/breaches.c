/* breaches.c - the register of breaches over the API.
 *
 * Source: Art. 33, 34 GDPR; compliance 2.7. */
#include "body.h"
#include "breach/breach.h"
#include "listing.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"

#define TEXT_MAX_BYTES 8000
#define DRAFT_BYTES    (256u * 1024)

static const char list_sql[] =
    "SELECT id,state,aware_ms,internal_ms,legal_ms,risk,decision,notified_ms,"
    "subjects,records,closed_ms FROM breach ORDER BY id DESC LIMIT 1000";
static const char phases_sql[] =
    "SELECT at_ms,what FROM breach_phase WHERE breach=? ORDER BY at_ms";

/* What people write, by name; the rest of a body are facts. */
static const char *const text_names[] = {
    "description",
    "cause_text",
    "consequences",
    "measures_taken",
    "measures_planned",
    "subject_categories",
    "reason",
    "delay_reason",
    "subjects_decision",
    "dpo_opinion",
    "lessons",
    "advice",
    "processor_informed",
};
#define TEXTS (sizeof(text_names) / sizeof(text_names[0]))

/* --- answers -------------------------------------------------------------- */

static int breach_row(struct worker *w, struct store_rows *rows, json_t **ret,
		      struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	    listing_id(w, rows, 0, ID_BREACH), "state",
	    listing_text(w, rows, 1), "aware", listing_time(w, rows, 2),
	    "internal_due", listing_time(w, rows, 3), "legal_due",
	    listing_time(w, rows, 4), "risk", listing_text(w, rows, 5),
	    "decision", listing_text(w, rows, 6), "notified",
	    listing_time(w, rows, 7), "subjects", listing_number(w, rows, 8),
	    "records", listing_number(w, rows, 9), "closed",
	    listing_time(w, rows, 10));
	return 0;
}

int api_breaches_list(struct worker *w, struct job *job, struct err *err)
{
	return listing_answer(w, job, "breaches", list_sql, STORE_NO_ARGS,
			      breach_row, err);
}

static int phase_row(struct worker *w, struct store_rows *rows, json_t **ret,
		     struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = json_pack("{s:o, s:o}", "at", listing_time(w, rows, 0), "what",
			 listing_text(w, rows, 1));
	return 0;
}

static json_t *word(const char *text)
{
	return job_json_text(text[0] != '\0' ? text : NULL);
}

static json_t *breach_json(struct worker *w, const struct breach *b,
			   json_t *phases)
{
	return json_pack(
	    "{s:o, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o,"
	    " s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:O}",
	    "id", job_json_id(w, ID_BREACH, b->id), "state", b->state,
	    "detected", job_json_time(b->detected_ms), "aware",
	    job_json_time(b->aware_ms), "from", job_json_time(b->from_ms), "to",
	    job_json_time(b->to_ms), "types", b->types, "cause",
	    breach_cause_name(b->cause), "token",
	    b->token != 0 ? job_json_id(w, ID_TOKEN, b->token) : json_null(),
	    "helpdesk", word(b->helpdesk.text), "subjects",
	    b->counted ? json_integer(b->subjects) : json_null(), "records",
	    b->counted ? json_integer(b->records) : json_null(), "special",
	    b->counted ? json_integer(b->special) : json_null(), "by",
	    json_incref(b->by), "risk", word(b->risk), "decision",
	    word(b->decision), "exception", word(b->exception),
	    "exception_suggested",
	    breach_suggests_a(b) ? json_string("a") : json_null(),
	    "internal_due", job_json_time(b->internal_ms), "legal_due",
	    job_json_time(b->legal_ms), "notified",
	    job_json_time(b->notified_ms), "subjects_notified",
	    job_json_time(b->subjects_notified_ms), "texts",
	    b->texts != NULL ? json_incref(b->texts) : json_null(), "phases",
	    phases);
}

static int answer(struct worker *w, struct job *job, int64_t id,
		  unsigned int status, struct err *err)
{
	json_t *phases = json_array();
	struct breach b = {0};
	int rc = -1;

	if (breach_load(w, id, &b, err) == 0 &&
	    listing_into(w, phases, phases_sql, STORE_ARGS(S_INT(id)),
			 phase_row, err) == 0)
		rc = job_json(job, status, breach_json(w, &b, phases), err);
	else if (err->kind == ERR_ABSENT)
		(void)job_refuse(job, &problem_absent, NULL);
	breach_free(&b);
	json_decref(phases);
	return rc;
}

int api_breach_get(struct worker *w, struct job *job, struct err *err)
{
	return answer(w, job, job->id, 200, err);
}

/* --- bodies --------------------------------------------------------------- */

static int read_body(struct job *job, const char *const *own, size_t own_len,
		     json_t **ret_body, json_t **ret_texts)
{
	const char *known[TEXTS + 12];
	const char *text;

	for (size_t i = 0; i < TEXTS; i++)
		known[i] = text_names[i];
	for (size_t i = 0; i < own_len; i++)
		known[TEXTS + i] = own[i];
	if (body_object(job, known, TEXTS + own_len, ret_body) != 0)
		return -1;
	*ret_texts = json_object();
	for (size_t i = 0; i < TEXTS; i++) {
		if (body_text(job, *ret_body, text_names[i], TEXT_MAX_BYTES,
			      &text) != 0) {
			json_decref(*ret_texts);
			json_decref(*ret_body);
			*ret_texts = *ret_body = NULL;
			return -1;
		}
		if (text != NULL)
			(void)json_object_set_new(*ret_texts, text_names[i],
						  json_string(text));
	}
	return 0;
}

static int read_time(struct job *job, const json_t *body, const char *member,
		     bool needed, int64_t *ret)
{
	const char *text = NULL;

	if (body_text(job, body, member, 40, &text) != 0)
		return -1;
	if (text == NULL && !needed)
		return 0;
	if (text == NULL || !instant_parse(text, ret))
		return body_refuse(job,
				   "a point in time with its offset, such as "
				   "2026-01-31T10:00:00+01:00",
				   member);
	return 0;
}

static bool are_types(const char *text)
{
	static const char *const all[] = {"confidentiality", "integrity",
					  "availability"};
	bool one = false;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");
		bool known = false;

		for (size_t i = 0; i < 3; i++)
			known = known || (strlen(all[i]) == len &&
					  memcmp(all[i], text, len) == 0);
		if (!known)
			return false;
		one = true;
		text += len;
		text += *text == ' ';
	}
	return one;
}

static int read_cause(struct worker *w, struct job *job, const json_t *body,
		      struct breach *b)
{
	const char *cause = NULL, *token = NULL, *desk = NULL;

	if (body_text(job, body, "cause", 16, &cause) != 0 ||
	    body_text(job, body, "token", ID_TEXT_BYTES, &token) != 0 ||
	    body_text(job, body, "helpdesk", NAME_LEN_MAX, &desk) != 0)
		return -1;
	if (cause == NULL || !breach_cause_named(cause, &b->cause))
		return body_refuse(
		    job, "one of period, keys, token, helpdesk, data", "cause");
	if (b->cause == BREACH_TOKEN &&
	    (token == NULL || id_parse(&w->mask, ID_TOKEN, token, strlen(token),
				       &b->token, NULL) != 0))
		return body_refuse(job, "no such token", "token");
	if (b->cause == BREACH_HELPDESK &&
	    (desk == NULL || !name_set(&b->helpdesk, desk, strlen(desk))))
		return body_refuse(job, "no name of a helpdesk", "helpdesk");
	if (b->cause == BREACH_PERIOD && (b->from_ms == 0 || b->to_ms == 0))
		return body_refuse(job, "a period has a beginning and an end",
				   "from");
	return 0;
}

static int read_breach(struct worker *w, struct job *job, const json_t *body,
		       struct breach *b)
{
	const char *types = NULL;

	if (read_time(job, body, "aware", true, &b->aware_ms) != 0 ||
	    read_time(job, body, "detected", false, &b->detected_ms) != 0 ||
	    read_time(job, body, "from", false, &b->from_ms) != 0 ||
	    read_time(job, body, "to", false, &b->to_ms) != 0 ||
	    body_text(job, body, "types", BREACH_TYPES_MAX - 1, &types) != 0)
		return -1;
	if (types == NULL || !are_types(types))
		return body_refuse(job,
				   "one or more of confidentiality, integrity, "
				   "availability",
				   "types");
	if (b->aware_ms > worker_now(w))
		return body_refuse(job, "nobody knows it yet", "aware");
	(void)snprintf(b->types, sizeof(b->types), "%s", types);
	if (b->detected_ms == 0)
		b->detected_ms = b->aware_ms;
	return read_cause(w, job, body, b);
}

int api_breach_open(struct worker *w, struct job *job, struct err *err)
{
	static const char *const own[] = {"aware", "detected", "from",
					  "to",	   "types",    "cause",
					  "token", "helpdesk"};
	json_t *body = NULL, *texts = NULL;
	struct breach b = {0};
	int rc = -1;

	if (read_body(job, own, sizeof(own) / sizeof(own[0]), &body, &texts) !=
	    0)
		return -1;
	if (read_breach(w, job, body, &b) == 0 &&
	    breach_open(w, &b, texts, job->caller.token, err) == 0)
		rc = answer(w, job, b.id, 201, err);
	breach_free(&b);
	json_decref(texts);
	json_decref(body);
	return rc;
}

/* --- acts on one ---------------------------------------------------------- */

struct asked {
	json_t *body, *texts;
	struct breach b;
};

static int begin(struct worker *w, struct job *job, const char *const *own,
		 size_t own_len, struct asked *ret, struct err *err)
{
	*ret = (struct asked){0};
	if (read_body(job, own, own_len, &ret->body, &ret->texts) != 0)
		return -1;
	if (breach_load(w, job->id, &ret->b, err) == 0)
		return 0;
	return err->kind == ERR_ABSENT ? job_refuse(job, &problem_absent, NULL)
				       : -1;
}

static int end(struct worker *w, struct job *job, struct asked *a, int rc,
	       const char *refused, struct err *err)
{
	breach_free(&a->b);
	json_decref(a->texts);
	json_decref(a->body);
	if (rc != 0)
		return -1;
	if (refused != NULL)
		return job_refuse(job, &problem_conflict, refused);
	return answer(w, job, job->id, 200, err);
}

static int refuse_asked(struct asked *a)
{
	breach_free(&a->b);
	json_decref(a->texts);
	json_decref(a->body);
	return -1;
}

static bool is_one_of(const char *text, const char *const *words, size_t len)
{
	for (size_t i = 0; text != NULL && i < len; i++)
		if (strcmp(text, words[i]) == 0)
			return true;
	return false;
}

static int read_decision(struct job *job, const struct asked *a,
			 struct breach_decision *d)
{
	static const char *const risks[] = {"none", "risk", "high"};
	static const char *const decisions[] = {"notify", "none"};
	static const char *const exceptions[] = {"a", "b", "c"};

	if (body_text(job, a->body, "risk", 8, &d->risk) != 0 ||
	    body_text(job, a->body, "decision", 8, &d->decision) != 0 ||
	    body_text(job, a->body, "exception", 2, &d->exception) != 0)
		return -1;
	if (!is_one_of(d->risk, risks, 3))
		return body_refuse(job, "none, risk or high", "risk");
	if (d->decision != NULL && !is_one_of(d->decision, decisions, 2))
		return body_refuse(job, "notify or none", "decision");
	if (d->exception != NULL && !is_one_of(d->exception, exceptions, 3))
		return body_refuse(job, "a, b or c of Art. 34(3)", "exception");
	if (json_object_get(a->texts, "reason") == NULL)
		return body_refuse(job, "why it is decided so", "reason");
	return 0;
}

int api_breach_decide(struct worker *w, struct job *job, struct err *err)
{
	static const char *const own[] = {"risk", "decision", "exception"};
	struct breach_decision d = {0};
	const char *refused = NULL;
	struct asked a;
	int rc;

	if (begin(w, job, own, 3, &a, err) != 0 ||
	    read_decision(job, &a, &d) != 0)
		return refuse_asked(&a);
	rc = breach_decide(w, &a.b, &d, a.texts, job->caller.token, &refused,
			   err);
	return end(w, job, &a, rc, refused, err);
}

int api_breach_notify(struct worker *w, struct job *job, struct err *err)
{
	static const char *const own[] = {"to", "phase"};
	static const char *const tos[] = {"authority", "subjects"};
	static const char *const phases[] = {"first", "supplement", "final"};
	const char *refused = NULL, *to = NULL, *phase = NULL;
	struct asked a;
	int rc;

	if (begin(w, job, own, 2, &a, err) != 0 ||
	    body_text(job, a.body, "to", 16, &to) != 0 ||
	    body_text(job, a.body, "phase", 16, &phase) != 0)
		return refuse_asked(&a);
	if (phase == NULL)
		phase = "first";
	if (!is_one_of(to, tos, 2)) {
		(void)body_refuse(job, "authority or subjects", "to");
		return refuse_asked(&a);
	}
	if (!is_one_of(phase, phases, 3)) {
		(void)body_refuse(job, "first, supplement or final", "phase");
		return refuse_asked(&a);
	}
	rc = breach_notify(w, &a.b, strcmp(to, "subjects") == 0, phase, a.texts,
			   job->caller.token, &refused, err);
	return end(w, job, &a, rc, refused, err);
}

int api_breach_close(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;
	struct asked a;
	int rc;

	if (begin(w, job, NULL, 0, &a, err) != 0)
		return refuse_asked(&a);
	rc = breach_close(w, &a.b, a.texts, &refused, err);
	return end(w, job, &a, rc, refused, err);
}

int api_breach_draft(struct worker *w, struct job *job, struct err *err)
{
	const char *language = job->query[QUERY_LANGUAGE];
	const char *what = job->query[QUERY_WHAT];
	struct buf text = BUF_INIT(DRAFT_BYTES);
	struct breach b = {0};
	int rc = -1;

	if (strcmp(what, "authority") != 0 && strcmp(what, "subjects") != 0)
		return job_refuse(job, &problem_malformed,
				  "what is authority or subjects");
	if (strcmp(language, "") != 0 && strcmp(language, "de") != 0 &&
	    strcmp(language, "en") != 0)
		return job_refuse(job, &problem_malformed,
				  "language is de or en");
	if (breach_load(w, job->id, &b, err) == 0 &&
	    breach_draft(w, &b, what[0] == 's', language, &text, err) == 0)
		rc = job_text(job, 200, "text/markdown; charset=utf-8",
			      text.bytes, text.len, err);
	else if (err->kind == ERR_ABSENT)
		(void)job_refuse(job, &problem_absent, NULL);
	breach_free(&b);
	buf_free(&text);
	return rc;
}
