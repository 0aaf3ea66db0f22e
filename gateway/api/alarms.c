/* alarms.c - what somebody has to look at, and that somebody did. */
#include "alarms.h"

#include "listing.h"
#include "problem.h"
#include "route.h"

static const char list_sql[] =
    "SELECT id,kind,object_kind,object,detail,raised_ms,due_ms,seen_ms,seen_by"
    " FROM alarm WHERE ended_ms IS NULL ORDER BY id LIMIT 1000";
static const char kinds_sql[] =
    "SELECT kind,count(*) FROM alarm WHERE ended_ms IS NULL GROUP BY kind"
    " ORDER BY kind";
static const char seen_sql[] =
    "UPDATE alarm SET seen_ms=coalesce(seen_ms,?),seen_by=coalesce(seen_by,?)"
    " WHERE id=? AND ended_ms IS NULL RETURNING kind";
static const char end_sql[] =
    "UPDATE alarm SET ended_ms=? WHERE id=? AND ended_ms IS NULL RETURNING id";

static json_t *object_of(const struct worker *w, struct store_value kind,
			 struct store_value object)
{
	if (object.num == 0 || kind.num < 0 || kind.num >= ID_KINDS)
		return json_null();
	return job_json_id(w, (enum id_kind)kind.num, object.num);
}

static int alarm_row(struct worker *w, struct store_rows *rows, json_t **ret,
		     struct err *err)
{
	struct store *st = w->store;

	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	    listing_id(w, rows, 0, ID_ALARM), "kind", listing_text(w, rows, 1),
	    "object",
	    object_of(w, store_column(st, rows, 2), store_column(st, rows, 3)),
	    "detail", listing_text(w, rows, 4), "raised",
	    listing_time(w, rows, 5), "due", listing_time(w, rows, 6), "seen",
	    listing_time(w, rows, 7), "seen_by",
	    listing_id(w, rows, 8, ID_TOKEN));
	return 0;
}

int api_alarms_list(struct worker *w, struct job *job, struct err *err)
{
	return listing_answer(w, job, "alarms", list_sql, STORE_NO_ARGS,
			      alarm_row, err);
}

static int act_on(struct worker *w, struct job *job, const char *sql,
		  const struct store_value *args, size_t args_len,
		  const char *state, struct err *err)
{
	struct store_rows *rows;
	int got;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	store_finish(w->store, &rows);
	if (got < 0)
		return -1;
	if (got == 0)
		return job_refuse(job, &problem_absent, NULL);
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "id",
				  job_json_id(w, ID_ALARM, job->id), "state",
				  state),
			err);
}

int api_alarm_seen(struct worker *w, struct job *job, struct err *err)
{
	return act_on(w, job, seen_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(job->caller.token),
				 S_INT(job->id)),
		      "seen", err);
}

/* What is still so is raised again by whoever finds it so. */
int api_alarm_end(struct worker *w, struct job *job, struct err *err)
{
	return act_on(w, job, end_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(job->id)), "ended",
		      err);
}

int alarms_each(struct worker *w, alarm_kind_each *each, void *ctx,
		struct err *err)
{
	struct store_rows *rows;
	char kind[64];
	int got;

	if (store_start(w->store, kinds_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((got = store_step(w->store, rows, err)) > 0)
		if (store_word(store_column(w->store, rows, 0), kind,
			       sizeof(kind)))
			each(ctx, kind, store_column(w->store, rows, 1).num);
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}
