/* policy_shadow.c - what a version that watched would have done otherwise. */
#include "lifecycle/version.h"
#include "policies.h"
#include "problem.h"
#include "route.h"

static const char rows_sql[] =
    "SELECT channel,what,was,would,rule,n FROM policy_shadow WHERE policy=?"
    " ORDER BY channel,what,was,would,rule";

static json_t *word_of(struct worker *w, struct store_rows *rows,
		       unsigned int at)
{
	struct store_value v = store_column(w->store, rows, at);

	return v.type == STORE_TEXT && v.len > 0 ? json_stringn(v.bytes, v.len)
						 : json_null();
}

static json_t *row_json(struct worker *w, struct store_rows *rows)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:I}", "channel",
			 word_of(w, rows, 0), "what", word_of(w, rows, 1),
			 "was", word_of(w, rows, 2), "would",
			 word_of(w, rows, 3), "rule", word_of(w, rows, 4), "n",
			 (json_int_t)store_column(w->store, rows, 5).num);
}

static bool is_seen(struct worker *w, struct store_rows *rows)
{
	char what[16];

	return store_word(store_column(w->store, rows, 1), what,
			  sizeof(what)) &&
	       strcmp(what, "seen") == 0;
}

static int read_rows(struct worker *w, int64_t version, json_t *list,
		     json_int_t *ret_seen, struct err *err)
{
	struct store_rows *rows = NULL;
	int got;

	*ret_seen = 0;
	if (store_start(w->store, rows_sql, STORE_ARGS(S_INT(version)), &rows,
			err) != 0)
		return -1;
	while ((got = store_step(w->store, rows, err)) > 0) {
		if (is_seen(w, rows))
			*ret_seen += store_column(w->store, rows, 5).num;
		else
			(void)json_array_append_new(list, row_json(w, rows));
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static int report(struct worker *w, struct job *job, const struct version *v,
		  struct err *err)
{
	json_t *list = json_array();
	bool watching = version_open(v) && v->shadow_until_ms > worker_now(w);
	json_int_t seen = 0;

	if (read_rows(w, v->id, list, &seen, err) != 0) {
		json_decref(list);
		return -1;
	}
	return job_json(job, 200,
			json_pack("{s:o, s:I, s:o, s:o, s:b, s:I, s:o}", "id",
				  job_json_id(w, ID_POLICY, v->id), "version",
				  (json_int_t)v->number, "from",
				  job_json_time(v->shadow_from_ms), "until",
				  job_json_time(v->shadow_until_ms), "watching",
				  watching, "seen", seen, "differs", list),
			err);
}

int api_policy_shadow(struct worker *w, struct job *job, struct err *err)
{
	struct version v = {0};
	bool found = false;
	int rc;

	if (version_load(w->store, job->id, &v, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	rc = report(w, job, &v, err);
	version_free(&v);
	return rc;
}
