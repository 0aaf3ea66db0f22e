/* holds_show.c - holds approved, reviewed, released, listed and shown. */
#include "holds.h"

#include "body.h"
#include "conversation.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "route.h"

#define LIST_MAX 200

static const struct {
	const char *code;
	const struct problem *problem;
	const char *detail;
} refusals[] = {
    {HOLDING_ABSENT, &problem_absent, NULL},
    {HOLDING_STATE, &problem_conflict,
     "the hold has ended, or is approved already"},
    {HOLDING_SAME, &problem_another,
     "owner and approver are one person; two tokens of one label are one"
     " person's"},
    {HOLDING_TWICE, &problem_another, "you approved it already"},
    {HOLDING_TOO_MANY, &problem_conflict,
     "too many holds are active; release one of them"},
    {HOLDING_REVIEW_DAY, &problem_invalid,
     "review: a day from tomorrow on, within 12 months"},
};

int holds_refuse(struct job *job, const char *why)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(refusals[i].code, why) == 0)
			return job_refuse(job, refusals[i].problem,
					  refusals[i].detail);
	return job_refuse(job, &problem_internal, NULL);
}

/* --- as JSON -------------------------------------------------------------- */

int64_t holds_tag(const char *name)
{
	if (strcmp(name, "special") == 0)
		return MSG_TAG_SPECIAL;
	for (int i = 0; i < FINDS; i++)
		if (strcmp(policy_find_name((enum policy_find)i), name) == 0)
			return MSG_TAG_FOUND(i);
	return 0;
}

static json_t *tags_json(int64_t tags)
{
	json_t *list = json_array();

	if ((tags & MSG_TAG_SPECIAL) != 0)
		(void)json_array_append_new(list, json_string("special"));
	for (int i = 0; i < FINDS; i++)
		if ((tags & MSG_TAG_FOUND(i)) != 0)
			(void)json_array_append_new(
			    list,
			    json_string(policy_find_name((enum policy_find)i)));
	return list;
}

static json_t *text(const char *v)
{
	return job_json_text(v[0] != '\0' ? v : NULL);
}

static json_t *day(int64_t v)
{
	char date[CALDATE_BYTES];

	if (v == HOLD_DAY_NONE)
		return json_null();
	caldate_format(v, date);
	return json_string(date);
}

static json_t *id(const struct worker *w, enum id_kind kind, int64_t v)
{
	return v != 0 ? job_json_id(w, kind, v) : json_null();
}

/* How far the words were looked for: ids grow with time. */
static json_t *progress(const struct holding_view *v)
{
	bool done = v->what.scanned >= v->last;

	if (!v->what.words)
		return json_null();
	return json_pack("{s:b, s:o, s:I}", "complete", done, "up_to",
			 job_json_time(id_time_ms(v->what.scanned)), "found",
			 (json_int_t)v->found);
}

static json_t *what_json(const struct worker *w, const struct hold_row *r)
{
	return json_pack(
	    "{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "scope",
	    hold_scope_name(r->scope), "person",
	    id(w, ID_PERSON, r->scope == HOLD_PERSON ? r->person : 0),
	    "conversation", id(w, ID_CONVERSATION, r->conversation), "channel",
	    text(r->channel.text), "datenart", text(r->datenart.text), "from",
	    day(r->from_day), "to", day(r->to_day), "direction",
	    text(r->direction), "kind", text(r->kind), "tags",
	    tags_json(r->tags));
}

json_t *holds_json(struct worker *w, const struct holding_view *v)
{
	json_t *what = what_json(w, &v->what);
	json_t *json = json_pack(
	    "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:I, s:o}",
	    "id", id(w, ID_HOLD, v->what.id), "state", v->state, "owner",
	    id(w, ID_TOKEN, v->owner), "approver", id(w, ID_TOKEN, v->approver),
	    "placed", job_json_time(v->placed_ms), "approved",
	    job_json_time(v->approved_ms), "released",
	    job_json_time(v->released_ms), "released_by",
	    id(w, ID_TOKEN, v->released_by), "review", day(v->review_day),
	    "approvals", (json_int_t)v->agreed, "needed", (json_int_t)v->needed,
	    "looked", progress(v));

	if (json_object_update(what, json) != 0) {
		json_decref(what);
		what = NULL;
	}
	json_decref(json);
	return what;
}

int holds_answer(struct worker *w, struct job *job, unsigned int status,
		 int64_t hold, struct err *err)
{
	struct holding_view view;
	bool found = false;

	if (holding_load(w, hold, &view, &found, err) != 0)
		return -1;
	return found ? job_json(job, status, holds_json(w, &view), err)
		     : job_refuse(job, &problem_absent, NULL);
}

/* --- acts ----------------------------------------------------------------- */

static int need_person(struct job *job)
{
	return job->caller.token != 0
		   ? 0
		   : job_refuse(job, &problem_person,
				"give the token of whoever does this");
}

static int done(struct worker *w, struct job *job, const char *refused,
		struct err *err)
{
	return refused != NULL ? holds_refuse(job, refused)
			       : holds_answer(w, job, 200, job->id, err);
}

int api_hold_approve(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;

	if (need_person(job) != 0 ||
	    holding_approve(w, job->id, job->caller.token, &refused, err) != 0)
		return -1;
	return done(w, job, refused, err);
}

int api_hold_release(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;

	if (need_person(job) != 0 ||
	    holding_release(w, job->id, job->caller.token, &refused, err) != 0)
		return -1;
	return done(w, job, refused, err);
}

int api_hold_review(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"review"};
	const char *review = NULL, *refused = NULL;
	int64_t until = 0;
	json_t *body;
	int rc = -1;

	if (need_person(job) != 0 || body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_text(job, body, "review", CALDATE_BYTES, &review) != 0)
		goto out;
	if (review == NULL || !caldate_parse(review, &until)) {
		(void)body_refuse(job, "a day within 12 months", "review");
		goto out;
	}
	if (holding_review(w, job->id, until, &refused, err) == 0)
		rc = done(w, job, refused, err);
out:
	json_decref(body);
	return rc;
}

/* --- looking -------------------------------------------------------------- */

/* Why there is one is for who may place one. */
static int add_secrets(struct worker *w, const struct holding_view *v,
		       json_t *json, struct err *err)
{
	struct buf clear = BUF_INIT(HOLDING_SECRETS_MAX);
	bool no_memory; /* the answer finds out: job.h */
	json_t *secrets = NULL;
	int rc = holding_secrets(w, v, &clear, err);

	if (rc == 0)
		secrets = jsonmem_load(clear.bytes, clear.len, 0, &no_memory);
	else if (err->kind == ERR_ABSENT)
		rc = 0; /* its key ended */
	buf_free(&clear);
	if (rc != 0)
		return -1;
	(void)json_object_set_new(
	    json, "reason", json_incref(json_object_get(secrets, "reason")));
	(void)json_object_set_new(
	    json, "matter_ref",
	    json_incref(json_object_get(secrets, "matter")));
	(void)json_object_set_new(
	    json, "words", json_incref(json_object_get(secrets, "words")));
	json_decref(secrets);
	return 0;
}

int api_hold_get(struct worker *w, struct job *job, struct err *err)
{
	struct holding_view view;
	bool found = false;
	json_t *json;

	if (holding_load(w, job->id, &view, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	json = holds_json(w, &view);
	if (add_secrets(w, &view, json, err) != 0) {
		json_decref(json);
		return -1;
	}
	return job_json(job, 200, json, err);
}

static int list_all(struct worker *w, json_t *list, const int64_t *ids,
		    size_t len, struct err *err)
{
	struct holding_view view;
	bool found;

	for (size_t i = 0; i < len; i++) {
		if (holding_load(w, ids[i], &view, &found, err) != 0)
			return -1;
		if (found)
			(void)json_array_append_new(list, holds_json(w, &view));
	}
	return 0;
}

int api_hold_list(struct worker *w, struct job *job, struct err *err)
{
	const char *state = job->query[QUERY_STATE];
	int64_t ids[LIST_MAX];
	json_t *list;
	size_t len;

	if (state[0] != '\0' && strcmp(state, "all") != 0)
		return job_refuse(job, &problem_malformed,
				  "state is all, or not given");
	if (holding_list(w, state[0] != '\0', ids, LIST_MAX, &len, err) != 0)
		return -1;
	list = json_array();
	if (list_all(w, list, ids, len, err) != 0) {
		json_decref(list);
		return -1;
	}
	return job_json(
	    job, 200,
	    json_pack("{s:o, s:b}", "holds", list, "more", len == LIST_MAX),
	    err);
}
