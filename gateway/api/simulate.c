/* simulate.c - what another policy would do to what is stored. */
#include <limits.h>

#include "body.h"
#include "postern/caldate.h"
#include "postern/text.h"
#include "problem.h"
#include "route.h"
#include "tools.h"
#include "worker/simulating.h"

/* --- asking --------------------------------------------------------------- */

static int read_policy(struct job *job, const json_t *body, struct policy **ret,
		       struct err *err)
{
	if (tools_policy(job, body, "policy", ret, err) != 0)
		return -1;
	return *ret != NULL ? 0 : body_refuse(job, "is needed", "policy");
}

static int read_from(const struct worker *w, struct job *job,
		     const json_t *body, int64_t *ret)
{
	int64_t today = caldate_local(w->zone, worker_now(w));
	const char *text = NULL;

	*ret = today;
	if (body_text(job, body, "from", CALDATE_BYTES - 1, &text) != 0)
		return -1;
	if (text != NULL && (!caldate_parse(text, ret) || *ret < today))
		return body_refuse(job, "is no day from today on", "from");
	return 0;
}

/* --- answering ------------------------------------------------------------ */

static json_t *side_json(const struct simulate_counts *c,
			 enum simulate_side side)
{
	json_t *v = json_object();

	for (int o = 0; o < SIMULATE_OUTCOMES; o++)
		(void)json_object_set_new(
		    v, simulate_outcome_names[o],
		    json_integer((json_int_t)c->outcomes[side][o]));
	(void)json_object_set_new(v, "redacted",
				  json_integer((json_int_t)c->redacted[side]));
	(void)json_object_set_new(v, "goes",
				  json_integer((json_int_t)c->goes[side]));
	return v;
}

static void put_counts(json_t *v, const struct simulate_counts *c)
{
	const struct {
		const char *name;
		int64_t n;
	} all[] = {
	    {"items", c->items},
	    {"waiting", c->waiting},
	    {"came", c->came},
	    {"refiled", c->refiled},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		(void)json_object_set_new(v, all[i].name,
					  json_integer((json_int_t)all[i].n));
	for (int f = 0; f < SIMULATE_FATES; f++)
		(void)json_object_set_new(
		    v, simulate_fate_names[f],
		    json_integer((json_int_t)c->fates[f]));
	(void)json_object_set_new(v, "old", side_json(c, SIMULATE_BEFORE));
	(void)json_object_set_new(v, "new", side_json(c, SIMULATE_AFTER));
}

static json_t *row_json(const struct simulate_row *row)
{
	char month[16];
	json_t *v;

	(void)snprintf(month, sizeof(month), "%04d-%02u", (int)row->year,
		       (unsigned int)row->month);
	v = json_pack("{s:s, s:s, s:s}", "datenart", row->datenart.text,
		      "channel", row->channel.text, "month", month);
	if (v != NULL)
		put_counts(v, &row->counts);
	return v;
}

static void put_table(json_t *v, const struct simulate *table)
{
	json_t *list = json_array(), *total = json_object();
	struct simulate_counts sum = {0};
	struct simulate_row row;

	for (size_t i = 0; simulate_row_at(table, i, &row); i++) {
		simulate_add(&sum, &row.counts);
		(void)json_array_append_new(list, row_json(&row));
	}
	put_counts(total, &sum);
	(void)json_object_set_new(v, "total", total);
	(void)json_object_set_new(v, "rows", list);
}

static json_t *policy_json(const struct simulating_policy *p)
{
	char digest[2 * POLICY_DIGEST_BYTES + 1];

	hex_encode(p->digest, POLICY_DIGEST_BYTES, digest);
	return json_pack("{s:s, s:I, s:s}", "name", p->name.text, "version",
			 (json_int_t)p->version, "digest", digest);
}

static json_t *limits_json(const struct simulating_view *view)
{
	json_t *list = json_array();

	for (size_t i = 0; i < view->limits_len; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s, s:s}", "limit",
				    simulate_limit_names[view->limits[i].limit],
				    "channel", view->limits[i].channel.text));
	return list;
}

static json_t *view_json(const struct simulating_view *view)
{
	static const char *const states[] = {
	    [SIMULATING_NONE] = "none",
	    [SIMULATING_RUNNING] = "running",
	    [SIMULATING_DONE] = "done",
	    [SIMULATING_FAILED] = "failed",
	};
	char from[CALDATE_BYTES];
	json_t *v;

	if (view->state == SIMULATING_NONE)
		return json_pack("{s:s}", "state", states[view->state]);
	caldate_format(view->from, from);
	v = json_pack("{s:s, s:i, s:I, s:o, s:I, s:s, s:o, s:o, s:o, s:o}",
		      "state", states[view->state], "percent", view->percent,
		      "looked_at", (json_int_t)view->items, "begun",
		      job_json_time(view->begun_ms), "took_ms",
		      (json_int_t)view->took_ms, "from", from, "why",
		      job_json_text(view->why), "old",
		      policy_json(&view->policy[SIMULATE_BEFORE]), "new",
		      policy_json(&view->policy[SIMULATE_AFTER]), "limits",
		      limits_json(view));
	if (v != NULL && view->table != NULL)
		put_table(v, view->table);
	return v;
}

static int answer(const struct worker *w, struct job *job, unsigned int status,
		  struct err *err)
{
	struct simulating_view view;

	simulating_look(w, &view);
	return job_json(job, status, view_json(&view), err);
}

int api_policy_simulation(struct worker *w, struct job *job, struct err *err)
{
	return answer(w, job, 200, err);
}

int api_policy_simulate(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"policy", "from"};
	struct policy *after = NULL;
	bool busy = false;
	int64_t from;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	if (read_from(w, job, body, &from) != 0 ||
	    read_policy(job, body, &after, err) != 0 ||
	    simulating_begin(w, &after, from, &busy, err) != 0)
		goto out;
	if (busy)
		(void)job_refuse(job, &problem_conflict,
				 "another simulation is under way");
	else
		rc = answer(w, job, 202, err);
out:
	policy_free(&after);
	json_decref(body);
	return rc;
}
