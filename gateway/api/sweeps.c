/* sweeps.c - runs of the sweep: asked for, looked at, approved, stopped. */
#include "body.h"
#include "forget/sweep.h"
#include "listing.h"
#include "policies.h"
#include "postern/caldate.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "route.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

#define COLUMNS                                                            \
	"id,kind,state,day,counts,author,approver,approved_ms,started_ms," \
	"ended_ms,done,dry,reason"
static const char sql_list[] =
    "SELECT " COLUMNS " FROM sweep ORDER BY id DESC LIMIT ?";
static const char sql_one[] = "SELECT " COLUMNS " FROM sweep WHERE id=?";

static const struct {
	const char *code;
	const struct problem *problem;
	const char *detail;
} refusals[] = {
    {SWEEP_REFUSED_CLOCK, &problem_conflict,
     "the clock of the host is not trusted; look at it, then confirm it"},
    {SWEEP_REFUSED_BUSY, &problem_conflict, "a run is under way"},
    {SWEEP_REFUSED_ABSENT, &problem_absent, NULL},
    {SWEEP_REFUSED_STATE, &problem_conflict,
     "the run does not wait for that any more"},
    {SWEEP_REFUSED_OWN, &problem_another, "who asked for it cannot approve it"},
    {SWEEP_REFUSED_LABEL, &problem_another,
     "who asked for it has a token of the same label; two tokens of one label"
     " are one person's"},
};

static int refuse(struct job *job, const char *code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(refusals[i].code, code) == 0)
			return job_refuse(job, refusals[i].problem,
					  refusals[i].detail);
	return job_refuse(job, &problem_internal, NULL);
}

/* --- a run as JSON -------------------------------------------------------- */

/* What sweep_counts_print() wrote. */
static json_t *counts_of(struct worker *w, struct store_rows *rows)
{
	struct store_value v = store_column(w->store, rows, 4);
	bool no_memory = false;
	json_t *counts = v.type == STORE_TEXT
			     ? jsonmem_load(v.bytes, v.len, 0, &no_memory)
			     : NULL;

	return counts != NULL ? counts : json_null();
}

static bool is_state(struct worker *w, struct store_rows *rows,
		     enum sweep_state state)
{
	char word[16] = "";

	return store_word(store_column(w->store, rows, 2), word,
			  sizeof(word)) &&
	       strcmp(word, sweep_state_name(state)) == 0;
}

static json_t *percent_of(struct worker *w, struct store_rows *rows)
{
	int percent = sweep_percent(w);

	if (percent < 0 || (!is_state(w, rows, SWEEP_COUNTING) &&
			    !is_state(w, rows, SWEEP_RUNNING)))
		return json_null();
	return json_integer(percent);
}

static int list_row(struct worker *w, struct store_rows *rows, json_t **ret,
		    struct err *err)
{
	struct store_value dry = store_column(w->store, rows, 11);
	json_t *author, *approver;
	char day[CALDATE_BYTES];

	caldate_format(store_column(w->store, rows, 3).num, day);
	author = policies_person(w, store_column(w->store, rows, 5).num, err);
	approver = policies_person(w, store_column(w->store, rows, 6).num, err);
	if (author == NULL || approver == NULL) {
		json_decref(author);
		json_decref(approver);
		return -1;
	}
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:s, s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o,"
	    " s:o}",
	    "id", job_json_id(w, ID_SWEEP, store_column(w->store, rows, 0).num),
	    "kind", listing_text(w, rows, 1), "state", listing_text(w, rows, 2),
	    "day", day, "counts", counts_of(w, rows), "done",
	    (json_int_t)store_column(w->store, rows, 10).num, "percent",
	    percent_of(w, rows), "waits_for", listing_text(w, rows, 12),
	    "author", author, "approver", approver, "approved",
	    listing_time(w, rows, 7), "compared_with",
	    dry.type == STORE_INT ? job_json_id(w, ID_SWEEP, dry.num)
				  : json_null(),
	    "started", listing_time(w, rows, 8), "ended",
	    listing_time(w, rows, 9));
	return 0;
}

static int answer(struct worker *w, struct job *job, unsigned int status,
		  int64_t id, struct err *err)
{
	return listing_one(w, job, status, sql_one, id, list_row, err);
}

/* --- looking -------------------------------------------------------------- */

int api_sweeps_list(struct worker *w, struct job *job, struct err *err)
{
	int64_t limit;

	if (job_limit(job, PAGE_DEFAULT, PAGE_MAX, &limit) != 0)
		return -1;
	return listing_answer(w, job, "sweeps", sql_list,
			      STORE_ARGS(S_INT(limit)), list_row, err);
}

int api_sweep_get(struct worker *w, struct job *job, struct err *err)
{
	return answer(w, job, 200, job->id, err);
}

/* --- acting --------------------------------------------------------------- */

int api_sweep_ask(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"kind"};
	const char *kind = NULL, *refused = NULL;
	int64_t id = 0;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_text(job, body, "kind", 8, &kind) != 0)
		goto out;
	if (kind == NULL ||
	    (strcmp(kind, "dry") != 0 && strcmp(kind, "real") != 0)) {
		(void)body_refuse(job, "not dry or real", "kind");
		goto out;
	}
	if (sweep_ask(w, strcmp(kind, "real") == 0, job->caller.token, &id,
		      &refused, err) == 0)
		rc = refused != NULL ? refuse(job, refused)
				     : answer(w, job, 202, id, err);
out:
	json_decref(body);
	return rc;
}

int api_sweep_approve(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;

	if (job->caller.token == 0)
		return job_refuse(job, &problem_person,
				  "give the token of whoever approves it");
	if (sweep_approve(w, job->id, job->caller.token, &refused, err) != 0)
		return -1;
	return refused != NULL ? refuse(job, refused)
			       : answer(w, job, 200, job->id, err);
}

int api_sweep_stop(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;

	if (sweep_stop(w, job->id, &refused, err) != 0)
		return -1;
	return refused != NULL ? refuse(job, refused)
			       : answer(w, job, 200, job->id, err);
}
