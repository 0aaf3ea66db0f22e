/* status.c - how the instance is doing, for people and for supervisors. */
#include "alarms.h"
#include "figures.h"
#include "intake/intake.h"
#include "postern/processes.h"
#include "problem.h"
#include "route.h"
#include "witnesses.h"

static json_t *outbox_json(const struct figures *f)
{
	json_t *list = json_array();

	for (size_t i = 0; i < f->len; i++) {
		const struct figure *one = &f->destinations[i];

		(void)json_array_append_new(
		    list,
		    json_pack("{s:s, s:s, s:I, s:I, s:I, s:o}", "kind",
			      one->kind, "destination", one->destination.text,
			      "waiting", (json_int_t)one->waiting, "unknown",
			      (json_int_t)one->unknown, "dead",
			      (json_int_t)one->dead, "oldest",
			      job_json_time(one->oldest_ms)));
	}
	return list;
}

static json_t *keeper_json(const struct figures *f)
{
	const char *state = f->keeper_away     ? "away"
			    : f->keeper.locked ? "locked"
					       : "unlocked";

	return json_pack("{s:s, s:o, s:I}", "state", state, "reason",
			 job_json_text(f->keeper.reason[0] != '\0'
					   ? f->keeper.reason
					   : NULL),
			 "data_keys", (json_int_t)f->keeper.data_keys);
}

static json_t *counters_json(const struct worker *w)
{
	json_t *v = json_object();

#define X(n)                                               \
	(void)json_object_set_new(                         \
	    v, #n,                                         \
	    json_integer((json_int_t)atomic_load_explicit( \
		&w->counts.n, memory_order_relaxed)));
	WORKER_COUNTERS(X)
#undef X
	return v;
}

static json_t *processes_json(const struct worker *w)
{
	json_t *list = json_array();

	for (unsigned int i = 0; w->processes != NULL && i < PROCESSES; i++) {
		const struct process *p = &w->processes->of[i];

		(void)json_array_append_new(
		    list,
		    json_pack("{s:s, s:s, s:I, s:I, s:s}", "name",
			      process_name(i), "state", process_state(p),
			      "uptime_s",
			      (json_int_t)process_uptime_s(p, worker_boot(w)),
			      "starts", (json_int_t)atomic_load(&p->starts),
			      "version", w->processes->version));
	}
	return list;
}

static json_t *policy_json(const struct worker *w)
{
	return json_pack("{s:s, s:I}", "name", policy_name(w->policy)->text,
			 "version", (json_int_t)policy_version(w->policy));
}

static json_t *ledger_json(const struct figures *f)
{
	return json_pack("{s:b, s:I, s:I, s:o}", "compared",
			 (int)f->ledger.compared, "entries",
			 (json_int_t)f->ledger.entries, "signed_size",
			 (json_int_t)f->ledger.signed_size, "signed_at",
			 job_json_time(f->ledger.signed_ms));
}

static void put_alarm(void *ctx, const char *kind, int64_t n)
{
	(void)json_object_set_new(ctx, kind, json_integer((json_int_t)n));
}

int api_status(struct worker *w, struct job *job, struct err *err)
{
	struct figures *f = calloc(1, sizeof(*f));
	json_t *witnesses = NULL, *alarms = json_object();
	uint64_t last = 0;
	int rc = -1;

	if (f == NULL) {
		json_decref(alarms);
		return ERR_SET(err, ERR_NOMEM, "no memory for figures", 0);
	}
	if (figures_read(w, f, err) == 0 &&
	    alarms_each(w, put_alarm, alarms, err) == 0 &&
	    witnesses_json(w, &witnesses, &last, err) == 0)
		rc = job_json(
		    job, 200,
		    json_pack(
			"{s:b, s:s, s:b, s:I, s:I, s:I, s:o, s:o, s:o, s:o,"
			" s:o, s:o, s:o, s:O}",
			"ready", strcmp(figures_ready(f), "ready") == 0,
			"reason", figures_ready(f), "intake", w->intake != NULL,
			"backlog_bytes", (json_int_t)f->backlog_bytes,
			"quarantined", (json_int_t)f->quarantined,
			"media_wanted", (json_int_t)f->media_wanted, "keeper",
			keeper_json(f), "processes", processes_json(w),
			"outbox", outbox_json(f), "counters", counters_json(w),
			"policy", policy_json(w), "witnesses", witnesses,
			"ledger", ledger_json(f), "alarms", alarms),
		    err);
	json_decref(alarms);
	free(f);
	return rc;
}

/* That the loop came here is the answer. */
int api_healthy(struct worker *w, struct job *job, struct err *err)
{
	(void)w;
	return job_text(job, 200, "text/plain; charset=utf-8", "ok\n", 3, err);
}

int api_ready(struct worker *w, struct job *job, struct err *err)
{
	struct keeper_status keeper = {0};
	const char *why = "ready";

	if (keeper_status(w->keeper, &keeper, NULL) != 0)
		why = "keeper.away";
	else if (keeper.locked)
		why = "keeper.locked";
	else if (w->restoring)
		why = "restoring";
	else if (!atomic_load(&w->ready))
		why = "spool";
	if (strcmp(why, "ready") != 0)
		return job_refuse(job, &problem_unavailable, why);
	return job_text(job, 200, "text/plain; charset=utf-8", "ready\n", 6,
			err);
}
