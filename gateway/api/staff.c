/* staff.c - whose pseudonym is that?  Asked by one of two roles, who answers
 * for rights and the works council, and agreed to by the other; never one
 * person alone, each step in the proof log.
 *
 * Who it is is found when it is shown and stored nowhere: of every token the
 * keeper's hash of each year is compared.
 *
 * Source: Art. 5(1)(c), 88 GDPR; § 26 BDSG, § 87(1) no. 6 BetrVG; compliance
 * 3.6, 9 P1. */
#include "body.h"
#include "conversation.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"
#include "worker/prove.h"

#define FIRST_YEAR 2024
#define SHOWN_DAYS 30 /* then it takes two people again */
#define WORD_MAX   32
#define TOKENS_MAX 4096
#define LIST_MAX   100
#define PREFIX	   "st_"

static const char ask_sql[] =
    "INSERT INTO staff_reveal(id,staff,purpose,state,asked_by,asked_ms,role)"
    " VALUES(?,?,?,'asked',?,?,?)";
static const char load_sql[] =
    "SELECT staff,purpose,state,asked_by,asked_ms,ended_by,ended_ms,role FROM"
    " staff_reveal WHERE id=?";
static const char end_sql[] =
    "UPDATE staff_reveal SET state=?,ended_by=?,ended_ms=? WHERE id=?";
static const char list_sql[] =
    "SELECT id FROM staff_reveal ORDER BY id DESC LIMIT 100";
static const char namesake_sql[] =
    "SELECT count(*) FROM token a JOIN token b ON"
    " lower(trim(a.label))=lower(trim(b.label)) WHERE a.id=? AND b.id=? AND"
    " trim(a.label)<>''";
static const char tokens_sql[] = "SELECT id FROM token ORDER BY id LIMIT 4096";
static const char label_sql[] = "SELECT label FROM token WHERE id=?";

static const char *const purposes[] = {"breach", "legal_claims", "misuse",
				       "staff_request"};

struct reveal {
	int64_t id, asked_by, asked_ms, ended_by, ended_ms;
	char staff[LEDGER_STAFF_HEX + 1], purpose[WORD_MAX], state[12];
	char role[16];
};

/* --- who may -------------------------------------------------------------- */

/* A token has one of the two roles (tokens.c). */
static const char *role_of(const struct job *job)
{
	return (job->caller.scopes & SCOPE_RIGHTS) != 0 ? "rights"
							: "works_council";
}

static int need_person(struct job *job)
{
	return job->caller.token != 0
		   ? 0
		   : job_refuse(job, &problem_person,
				"give the token of whoever does this");
}

static int tell(struct worker *w, int64_t id, enum ledger_reason reason,
		struct err *err)
{
	const struct act act = {
	    .event = LEDGER_STAFF_REVEAL,
	    .reason = reason,
	    .by = LEDGER_STAFF,
	    .kind = ID_REVEAL,
	    .object = id,
	};

	return prove(w, &act, err);
}

/* --- rows ----------------------------------------------------------------- */

static int read_row(struct worker *w, struct store_rows *rows,
		    struct reveal *ret, struct err *err)
{
	struct store *st = w->store;

	ret->asked_by = store_column(st, rows, 3).num;
	ret->asked_ms = store_column(st, rows, 4).num;
	ret->ended_by = store_column(st, rows, 5).num;
	ret->ended_ms = store_column(st, rows, 6).num;
	if (!column_text(store_column(st, rows, 0), ret->staff,
			 sizeof(ret->staff)) ||
	    !column_text(store_column(st, rows, 1), ret->purpose,
			 sizeof(ret->purpose)) ||
	    !column_text(store_column(st, rows, 2), ret->state,
			 sizeof(ret->state)) ||
	    !column_text(store_column(st, rows, 7), ret->role,
			 sizeof(ret->role)))
		return ERR_SET(err, ERR_CORRUPT, "row of a pseudonym", 0);
	return 0;
}

static int load(struct worker *w, struct job *job, int64_t id,
		struct reveal *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc, got;

	*ret = (struct reveal){.id = id};
	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	rc = got > 0 ? read_row(w, rows, ret, err) : got;
	store_finish(w->store, &rows);
	return got == 0 ? job_refuse(job, &problem_absent, NULL) : rc;
}

static json_t *reveal_json(const struct worker *w, const struct reveal *r)
{
	char staff[sizeof(PREFIX) + LEDGER_STAFF_HEX];

	(void)snprintf(staff, sizeof(staff), PREFIX "%s", r->staff);
	return json_pack(
	    "{s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id",
	    job_json_id(w, ID_REVEAL, r->id), "staff", staff, "purpose",
	    r->purpose, "state", r->state, "asked_as", r->role, "asked_by",
	    job_json_id(w, ID_TOKEN, r->asked_by), "asked",
	    job_json_time(r->asked_ms), "ended_by",
	    r->ended_by != 0 ? job_json_id(w, ID_TOKEN, r->ended_by)
			     : json_null(),
	    "ended", job_json_time(r->ended_ms));
}

static int answer(struct worker *w, struct job *job, unsigned int status,
		  int64_t id, struct err *err)
{
	struct reveal r;

	if (load(w, job, id, &r, err) != 0)
		return -1;
	return job_json(job, status, reveal_json(w, &r), err);
}

/* --- asked ---------------------------------------------------------------- */

static const char *purpose_of(const char *text)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (text != NULL && strcmp(purposes[i], text) == 0)
			return purposes[i];
	return NULL;
}

static bool is_pseudonym(const char *text)
{
	return text != NULL && strncmp(text, PREFIX, strlen(PREFIX)) == 0 &&
	       strlen(text) == strlen(PREFIX) + LEDGER_STAFF_HEX &&
	       strspn(text + strlen(PREFIX), "0123456789abcdef") ==
		   LEDGER_STAFF_HEX;
}

static int ask(struct worker *w, struct job *job, const json_t *body,
	       struct err *err)
{
	const char *staff = NULL, *purpose = NULL;
	const int64_t id = worker_id(w);

	if (body_text(job, body, "staff", WORD_MAX, &staff) != 0 ||
	    body_text(job, body, "purpose", WORD_MAX, &purpose) != 0)
		return -1;
	if (!is_pseudonym(staff))
		return body_refuse(
		    job, "a pseudonym such as st_0123456789abcdef", "staff");
	purpose = purpose_of(purpose);
	if (purpose == NULL)
		return body_refuse(job,
				   "breach, legal_claims, misuse or "
				   "staff_request",
				   "purpose");
	if (tell(w, id, LEDGER_R_REQUEST, err) != 0 ||
	    store_run(w->store, ask_sql,
		      STORE_ARGS(S_INT(id), S_TEXT(staff + strlen(PREFIX)),
				 S_TEXT(purpose), S_INT(job->caller.token),
				 S_INT(worker_now(w)), S_TEXT(role_of(job))),
		      err) != 0)
		return -1;
	return answer(w, job, 202, id, err);
}

int api_staff_ask(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"staff", "purpose"};
	json_t *body;
	int rc;

	if (need_person(job) != 0 || body_object(job, known, 2, &body) != 0)
		return -1;
	rc = ask(w, job, body, err);
	json_decref(body);
	return rc;
}

/* --- agreed to, or not ---------------------------------------------------- */

static int other_role(struct worker *w, struct job *job, const struct reveal *r,
		      struct err *err)
{
	int64_t same = 0;
	bool found;

	if (store_one_int(
		w->store, namesake_sql,
		STORE_ARGS(S_INT(job->caller.token), S_INT(r->asked_by)), &same,
		&found, err) != 0)
		return -1;
	return strcmp(role_of(job), r->role) != 0 && same == 0
		   ? 0
		   : job_refuse(job, &problem_another,
				"the other of the two roles agrees: rights and"
				" works_council, two people");
}

static int end(struct worker *w, struct job *job, const char *state,
	       bool needs_other, struct err *err)
{
	struct reveal r;

	if (need_person(job) != 0 || load(w, job, job->id, &r, err) != 0)
		return -1;
	if (strcmp(r.state, "asked") != 0)
		return job_refuse(job, &problem_conflict, "it is decided");
	if ((needs_other && other_role(w, job, &r, err) != 0) ||
	    tell(w, r.id, needs_other ? LEDGER_R_APPROVED : LEDGER_R_STOPPED,
		 err) != 0)
		return -1;
	if (store_run(w->store, end_sql,
		      STORE_ARGS(S_TEXT(state), S_INT(job->caller.token),
				 S_INT(worker_now(w)), S_INT(r.id)),
		      err) != 0)
		return -1;
	return answer(w, job, 200, r.id, err);
}

int api_staff_approve(struct worker *w, struct job *job, struct err *err)
{
	return end(w, job, "approved", true, err);
}

/* Either role may say no. */
int api_staff_refuse(struct worker *w, struct job *job, struct err *err)
{
	return end(w, job, "refused", false, err);
}

/* --- shown ---------------------------------------------------------------- */

static int tokens_of(struct worker *w, int64_t *ret, size_t *ret_len,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, tokens_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (*ret_len < TOKENS_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Of one year; *ret 0: nobody. */
static int find_in(struct worker *w, const struct reveal *r, uint16_t year,
		   const int64_t *tokens, size_t len, int64_t *ret,
		   struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct staff staff;
	size_t first = 0, slot;
	int rc = -1;

	if (len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		slot = prove_staff_add_in(batch, tokens[i], year);
		if (i == 0)
			first = slot;
	}
	if (keeper_run(batch, err) != 0)
		goto out;
	for (size_t i = 0; i < len; i++) {
		if (prove_staff_get(batch, first + i, &staff, err) != 0)
			goto out;
		if (strcmp(staff.pseudonym, r->staff) == 0)
			*ret = tokens[i];
	}
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

static int find(struct worker *w, const struct reveal *r, int64_t *ret,
		struct err *err)
{
	const int32_t last = caldate_of(worker_now(w) / DAY_MS).year;
	int64_t *tokens = calloc(TOKENS_MAX, sizeof(*tokens));
	size_t len = 0;
	int rc;

	*ret = 0;
	if (tokens == NULL)
		return ERR_SET(err, ERR_NOMEM, "tokens", 0);
	rc = tokens_of(w, tokens, &len, err);
	for (int32_t year = last; rc == 0 && *ret == 0 && year >= FIRST_YEAR;
	     year--)
		rc = find_in(w, r, (uint16_t)year, tokens, len, ret, err);
	free(tokens);
	return rc;
}

static int put_who(struct worker *w, const struct reveal *r, json_t *json,
		   struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int64_t token = 0;
	int rc = 0;

	if (find(w, r, &token, err) != 0)
		return -1;
	(void)json_object_set_new(json, "token",
				  token != 0 ? job_json_id(w, ID_TOKEN, token)
					     : json_null());
	if (token == 0)
		return 0;
	if (store_start(w->store, label_sql, STORE_ARGS(S_INT(token)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v = store_column(w->store, rows, 0);
		(void)json_object_set_new(json, "label",
					  v.type == STORE_TEXT
					      ? json_stringn(v.bytes, v.len)
					      : json_null());
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* For a while, and to the two who wanted it. */
static bool is_shown(const struct worker *w, const struct job *job,
		     const struct reveal *r)
{
	return strcmp(r->state, "approved") == 0 &&
	       worker_now(w) - r->ended_ms < SHOWN_DAYS * (int64_t)DAY_MS &&
	       (job->caller.token == r->asked_by ||
		job->caller.token == r->ended_by);
}

static int show(struct worker *w, const struct reveal *r, json_t *json,
		struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (tell(w, r->id, LEDGER_R_NONE, err) != 0 ||
	    put_who(w, r, json, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

int api_staff_show(struct worker *w, struct job *job, struct err *err)
{
	struct reveal r;
	json_t *json;

	if (need_person(job) != 0 || load(w, job, job->id, &r, err) != 0)
		return -1;
	json = reveal_json(w, &r);
	if (is_shown(w, job, &r) && show(w, &r, json, err) != 0) {
		json_decref(json);
		return -1;
	}
	return job_json(job, 200, json, err);
}

static int list_ids(struct worker *w, int64_t ret[LIST_MAX], size_t *ret_len,
		    struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, list_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (*ret_len < LIST_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

int api_staff_list(struct worker *w, struct job *job, struct err *err)
{
	int64_t ids[LIST_MAX];
	struct reveal r;
	json_t *list;
	size_t len;

	if (list_ids(w, ids, &len, err) != 0)
		return -1;
	list = json_array();
	for (size_t i = 0; i < len; i++) {
		if (load(w, job, ids[i], &r, err) != 0) {
			json_decref(list);
			return -1;
		}
		(void)json_array_append_new(list, reveal_json(w, &r));
	}
	return job_json(job, 200, json_pack("{s:o}", "reveals", list), err);
}
