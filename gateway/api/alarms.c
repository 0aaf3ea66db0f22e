/* alarms.c - what somebody has to look at, and that somebody did. */
#include "alarms.h"

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

static json_t *text_of(struct store_value v)
{
	return v.type == STORE_TEXT ? json_stringn(v.bytes, v.len)
				    : json_null();
}

static json_t *object_of(const struct worker *w, struct store_value kind,
			 struct store_value object)
{
	if (object.num == 0 || kind.num < 0 || kind.num >= ID_KINDS)
		return json_null();
	return job_json_id(w, (enum id_kind)kind.num, object.num);
}

static json_t *alarm_json(struct worker *w, struct store_rows *rows)
{
	struct store *st = w->store;
	struct store_value by = store_column(st, rows, 8);

	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	    job_json_id(w, ID_ALARM, store_column(st, rows, 0).num), "kind",
	    text_of(store_column(st, rows, 1)), "object",
	    object_of(w, store_column(st, rows, 2), store_column(st, rows, 3)),
	    "detail", text_of(store_column(st, rows, 4)), "raised",
	    job_json_time(store_column(st, rows, 5).num), "due",
	    job_json_time(store_column(st, rows, 6).num), "seen",
	    job_json_time(store_column(st, rows, 7).num), "seen_by",
	    by.num != 0 ? job_json_id(w, ID_TOKEN, by.num) : json_null());
}

int api_alarms_list(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows;
	json_t *list = json_array();
	int got;

	if (store_start(w->store, list_sql, STORE_NO_ARGS, &rows, err) != 0) {
		json_decref(list);
		return -1;
	}
	while ((got = store_step(w->store, rows, err)) > 0)
		(void)json_array_append_new(list, alarm_json(w, rows));
	store_finish(w->store, &rows);
	if (got < 0) {
		json_decref(list);
		return -1;
	}
	return job_json(job, 200, json_pack("{s:o}", "alarms", list), err);
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
