/* reviews.c - what a person of the controller has to decide.
 *
 * Records of a Datenart without a rule, and entries of the suppression list
 * that are old, are decided here.  A message that may be a withdrawal, and a
 * row of an import, are listed: what was meant is told by the person. */
#include "body.h"
#include "forget/sweep.h"
#include "policies.h"
#include "problem.h"
#include "route.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX     1000
#define WORD_MAX     16

#define COLUMNS                                                            \
	"id,kind,state,datenart,n,conversation,message,created_ms,due_ms," \
	"decision,decided_ms,actor"
static const char sql_open[] =
    "SELECT " COLUMNS " FROM review WHERE state<>'done' ORDER BY id"
    " LIMIT ?";
static const char sql_one[] = "SELECT " COLUMNS " FROM review WHERE id=?";

static json_t *text_of(struct worker *w, struct store_rows *rows,
		       unsigned int column)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_TEXT ? json_stringn(v.bytes, v.len)
				    : json_null();
}

static json_t *id_of(struct worker *w, struct store_rows *rows,
		     unsigned int column, enum id_kind kind)
{
	struct store_value v = store_column(w->store, rows, column);

	return v.type == STORE_INT && v.num != 0 ? job_json_id(w, kind, v.num)
						 : json_null();
}

static json_t *time_of(struct worker *w, struct store_rows *rows,
		       unsigned int column)
{
	struct store_value v = store_column(w->store, rows, column);

	return job_json_time(v.type == STORE_INT ? v.num : 0);
}

static json_t *row_json(struct worker *w, struct store_rows *rows,
			struct err *err)
{
	struct store_value n = store_column(w->store, rows, 4);
	json_t *actor =
	    policies_person(w, store_column(w->store, rows, 11).num, err);

	if (actor == NULL)
		return NULL;
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", id_of(w, rows, 0, ID_REVIEW), "kind", text_of(w, rows, 1),
	    "state", text_of(w, rows, 2), "datenart", text_of(w, rows, 3),
	    "records", n.type == STORE_INT ? json_integer(n.num) : json_null(),
	    "conversation", id_of(w, rows, 5, ID_CONVERSATION), "message",
	    id_of(w, rows, 6, ID_MESSAGE), "created", time_of(w, rows, 7),
	    "due", time_of(w, rows, 8), "decision", text_of(w, rows, 9),
	    "decided", time_of(w, rows, 10), "by", actor);
}

int api_reviews_list(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows = NULL;
	json_t *list, *one;
	int64_t limit;
	int got;

	if (job_limit(job, PAGE_DEFAULT, PAGE_MAX, &limit) != 0 ||
	    store_start(w->store, sql_open, STORE_ARGS(S_INT(limit)), &rows,
			err) != 0)
		return -1;
	list = json_array();
	while ((got = store_step(w->store, rows, err)) > 0) {
		one = row_json(w, rows, err);
		got = one != NULL ? 0 : -1;
		if (got != 0)
			break;
		(void)json_array_append_new(list, one);
	}
	store_finish(w->store, &rows);
	if (got < 0) {
		json_decref(list);
		return -1;
	}
	return job_json(job, 200, json_pack("{s:o}", "reviews", list), err);
}

static int answer(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows = NULL;
	json_t *json = NULL;
	int got;

	if (store_start(w->store, sql_one, STORE_ARGS(S_INT(job->id)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0)
		json = row_json(w, rows, err);
	store_finish(w->store, &rows);
	if (got == 0)
		return job_refuse(job, &problem_absent, NULL);
	return json != NULL ? job_json(job, 200, json, err) : -1;
}

static int decide(struct worker *w, struct job *job, const char *decision,
		  struct err *err)
{
	const char *refused = NULL;

	if (sweep_decide(w, job->id, strcmp(decision, "erase") == 0,
			 job->caller.token, &refused, err) != 0)
		return -1;
	if (refused == NULL)
		return answer(w, job, err);
	if (strcmp(refused, SWEEP_REFUSED_ABSENT) == 0)
		return job_refuse(job, &problem_absent, NULL);
	return job_refuse(job, &problem_conflict,
			  strcmp(refused, SWEEP_REFUSED_CLOCK) == 0
			      ? "the clock of the host is not trusted; look at"
				" it, then confirm it"
			      : "there is nothing to decide here any more, or"
				" not in this way");
}

int api_review_decide(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"decision"};
	const char *decision = NULL;
	json_t *body;
	int rc = -1;

	if (job->caller.token == 0)
		return job_refuse(job, &problem_person,
				  "give the token of whoever decides");
	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_text(job, body, "decision", WORD_MAX, &decision) != 0)
		goto out;
	if (decision == NULL ||
	    (strcmp(decision, "erase") != 0 && strcmp(decision, "keep") != 0))
		(void)body_refuse(job, "not erase or keep", "decision");
	else
		rc = decide(w, job, decision, err);
out:
	json_decref(body);
	return rc;
}
