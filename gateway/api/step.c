/* step.c - one queued request: log-in, id, idempotency, handler, answer. */
#include <sodium.h>

#include "access.h"
#include "auth.h"
#include "idempotency.h"
#include "problem.h"
#include "upload.h"
#include "worker/figures.h"
#include "postern/log.h"
#include "worker/prove.h"

#define JOBS_PER_STEP  16
#define PRUNE_EVERY_MS (3600 * 1000)

static int find_id(struct worker *w, struct job *job)
{
	enum id_kind kind;
	const char *text;
	size_t len;

	if (!route_id(job->route, job->path, &text, &len, &kind))
		return 0;
	if (id_parse(&w->mask, kind, text, len, &job->id, NULL) != 0)
		return job_refuse(job, &problem_absent, NULL);
	return 0;
}

/* 1 answered from an earlier run, 0 go on, -1. */
static int seen_before(struct worker *w, struct job *job, struct err *err)
{
	enum idempotency_found found;

	if (idempotency_find(w, job, &found, err) != 0)
		return -1;
	if (found == KEY_NEW)
		return 0;
	if (found == KEY_OPEN)
		return job_refuse(job, &problem_key_in_flight, NULL);
	return idempotency_replay(w, job, err) == 0 ? 1 : -1;
}

/* Effect and idempotency row in one transaction of ours. */
static int run_in_tx(struct worker *w, struct job *job, bool keyed,
		     struct err *err)
{
	int seen = 0;

	if (worker_begin(w, err) != 0)
		return -1;
	if (keyed)
		seen = seen_before(w, job, err);
	if (seen != 0) {
		worker_roll_back(w);
		return seen > 0 ? 0 : -1;
	}
	if (job->route->run(w, job, err) != 0 ||
	    (keyed && idempotency_keep(w, job, err) != 0)) {
		worker_roll_back(w);
		return -1;
	}
	if (worker_commit(w, err) != 0) {
		job_unanswer(job);
		return -1;
	}
	return 0;
}

/* The effect has transactions of its own; repeating it is harmless, the row
 * only keeps its answer. */
static int run_own_tx(struct worker *w, struct job *job, bool keyed,
		      struct err *err)
{
	int seen = keyed ? seen_before(w, job, err) : 0;

	if (seen != 0)
		return seen > 0 ? 0 : -1;
	if (job->route->run(w, job, err) != 0)
		return -1;
	return keyed ? idempotency_keep(w, job, err) : 0;
}

static int run_route(struct worker *w, struct job *job, struct err *err)
{
	bool keyed = idempotency_wanted(job);

	if (strcmp(job->route->method, "GET") == 0)
		return job->route->run(w, job, err) != 0
			   ? -1
			   : access_prove(w, job, err);
	if ((job->route->flags & (ROUTE_UPLOAD | ROUTE_BARE)) != 0)
		return job->route->run(w, job, err);
	if (keyed &&
	    idempotency_hash(w, job, job->body.bytes, job->body.len, err) != 0)
		return -1;
	if ((job->route->flags & ROUTE_OWN_TX) != 0)
		return run_own_tx(w, job, keyed, err);
	return run_in_tx(w, job, keyed, err);
}

/* Until what was erased since the backup is erased again, nothing is shown;
 * but whoever has to unlock the keeper for that gets through. */
static bool serves_while_restoring(const struct job *job)
{
	static const char *const patterns[] = {"/v1/status", "/v1/keys",
					       "/v1/keys/unlock", "/v1/alarms"};

	if (job->route->scope == 0)
		return true;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (strcmp(job->route->pattern, patterns[i]) == 0)
			return true;
	return false;
}

static int answer_job(struct api *a, struct job *job, struct err *err)
{
	int rc;

	if (job->stage == JOB_CHUNK || job->stage == JOB_END)
		return job->route->run(a->w, job, err);
	if (a->w->restoring && !serves_while_restoring(job))
		return job_refuse(job, &problem_unavailable, "restoring");
	if (auth_check(a, job, err) != 0 || find_id(a->w, job) != 0)
		return -1;
	a->w->acting = &job->caller.staff;
	rc = run_route(a->w, job, err);
	a->w->acting = NULL;
	if (rc != 0)
		prove_drop(a->w);
	return rc;
}

static int tell_refused(struct worker *w, const struct job *job,
			struct err *err)
{
	const struct act_fact facts[] = {{"channel", job->blocked_on.text, 0}};
	const struct act act = {
	    .event = LEDGER_SEND_BLOCKED,
	    .reason = job->refused,
	    .by = LEDGER_STAFF,
	    .kind = ID_CONVERSATION,
	    .object = job->id,
	    .person = job->blocked_person,
	    .facts = facts,
	    .facts_len = 1,
	};

	if (prove(w, &act, err) != 0)
		return -1;
	return job->blocked
		   ? figure_add(w, job->blocked_on.text, "send.blocked",
				ledger_reason_name(job->refused), 1, err)
		   : 0;
}

/* What was refused is told after its transaction was rolled back.  Nobody is
 * told so whose entry is not written. */
static int count_refused(struct worker *w, struct job *job, struct err *err)
{
	if (job->refused == LEDGER_R_NONE || job->status < 400 ||
	    job->status >= 500)
		return 0;
	if (job->blocked)
		LOG(LOG_LEVEL_INFO, "send.blocked",
		    LOG_NAME("channel", &job->blocked_on),
		    log_table("reason", ledger_reason_name(job->refused)));
	if (worker_begin(w, err) != 0)
		return -1;
	w->acting = &job->caller.staff;
	if (tell_refused(w, job, err) != 0) {
		w->acting = NULL;
		worker_roll_back(w);
		return -1;
	}
	w->acting = NULL;
	return worker_commit(w, err);
}

/* The archive cannot be trusted any more: the process ends, the supervisor
 * starts it again. */
static bool is_fatal(const struct err *err)
{
	return err->kind == ERR_STORAGE || err->kind == ERR_UNCERTAIN ||
	       err->kind == ERR_CORRUPT;
}

/* Is the archive to blame? */
static bool say_failed(struct job *job, const struct err *err)
{
	job_unanswer(job);
	(void)job_refuse(job, problem_of(err->kind), NULL);
	/* What a client did wrong is its own business. */
	if (job->status >= 500)
		LOG(LOG_LEVEL_WARN, "api.failed",
		    LOG_ID("request", &job->request), LOG_ERR(err));
	return is_fatal(err);
}

static int run_job(struct api *a, struct job *job, struct err *err)
{
	struct worker *w = a->w;
	struct err e = {0};
	bool fatal = false;

	if (job->stage == JOB_ABANDON) {
		upload_abandon(w, job);
		job_free(&job);
		return 0;
	}
	job_turn(job);
	if (answer_job(a, job, &e) != 0 && job->status < 400)
		fatal = say_failed(job, &e);
	if (!fatal && count_refused(w, job, &e) != 0)
		fatal = say_failed(job, &e);
	/* The body may hold a message; the connection may live long. */
	buf_clear(&job->body);
	request_resume(job);
	if (fatal)
		*err = e;
	return fatal ? -1 : 0;
}

static int prune(struct api *a, struct err *err)
{
	int64_t now_ms = worker_boot(a->w);
	struct err e = {0};

	if (a->pruned_ms != 0 && now_ms - a->pruned_ms < PRUNE_EVERY_MS)
		return 0;
	a->pruned_ms = now_ms > 0 ? now_ms : 1;
	if (idempotency_prune(a->w, &e) == 0 && upload_prune(a->w, &e) == 0)
		return 0;
	if (!is_fatal(&e))
		return 0;
	*err = e;
	return -1;
}

int api_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct api *a = w->api;

	if (prune(a, err) != 0)
		return -1;
	for (int i = 0; i < JOBS_PER_STEP; i++) {
		struct job *job = queue_take(a);

		if (job == NULL)
			return 0;
		*ret_moved = true;
		if (run_job(a, job, err) != 0)
			return -1;
	}
	return 0;
}
