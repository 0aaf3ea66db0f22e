/* reviews.c - what a person of the controller has to decide.
 *
 * Records of a Datenart without a rule, and entries of the suppression list
 * that are old, are decided here.  A message that may be a withdrawal, and a
 * row of an import, are listed: what was meant is told by the person. */
#include "body.h"
#include "forget/sweep.h"
#include "listing.h"
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

static int list_row(struct worker *w, struct store_rows *rows, json_t **ret,
		    struct err *err)
{
	struct store_value n = store_column(w->store, rows, 4);
	json_t *actor =
	    policies_person(w, store_column(w->store, rows, 11).num, err);

	if (actor == NULL)
		return -1;
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
	    "id", listing_id(w, rows, 0, ID_REVIEW), "kind",
	    listing_text(w, rows, 1), "state", listing_text(w, rows, 2),
	    "datenart", listing_text(w, rows, 3), "records",
	    n.type == STORE_INT ? json_integer(n.num) : json_null(),
	    "conversation", listing_id(w, rows, 5, ID_CONVERSATION), "message",
	    listing_id(w, rows, 6, ID_MESSAGE), "created",
	    listing_time(w, rows, 7), "due", listing_time(w, rows, 8),
	    "decision", listing_text(w, rows, 9), "decided",
	    listing_time(w, rows, 10), "by", actor);
	return 0;
}

int api_reviews_list(struct worker *w, struct job *job, struct err *err)
{
	int64_t limit;

	if (job_limit(job, PAGE_DEFAULT, PAGE_MAX, &limit) != 0)
		return -1;
	return listing_answer(w, job, "reviews", sql_open,
			      STORE_ARGS(S_INT(limit)), list_row, err);
}

static int answer(struct worker *w, struct job *job, struct err *err)
{
	return listing_one(w, job, 200, sql_one, job->id, list_row, err);
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
