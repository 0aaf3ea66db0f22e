/* sweep_run.c - a run: its row, what it is compared with, its end.
 *
 * Source: compliance 3.2, "Scheduler rules"; 9 R5, R8. */
#include "sweep_inside.h"

#include "postern/log.h"
#include "worker/alarm.h"
#include "worker/decide.h"
#include "worker/inbound.h"
#include "worker/prove.h"
#include "worker/stamping.h"

#define COUNTS_BYTES 262144
#define KEYS_AT_ONCE 32

static const char *const state_names[SWEEP_STATES] = {
    [SWEEP_COUNTING] = "counting", [SWEEP_COUNTED] = "counted",
    [SWEEP_APPROVED] = "approved", [SWEEP_RUNNING] = "running",
    [SWEEP_DONE] = "done",	   [SWEEP_STOPPED] = "stopped",
};

static const char open_sql[] =
    "SELECT id,kind,state,day,policy,done,cursor,counts FROM sweep WHERE"
    " ended_ms IS NULL AND state IN ('counting','running') ORDER BY id LIMIT 1";
static const char begin_sql[] =
    "INSERT INTO sweep(id,kind,state,day,policy,author,started_ms)"
    " VALUES(?,?,'counting',?,?,?,?)";
static const char waits_sql[] =
    "SELECT id FROM sweep WHERE state='counted' AND kind=? AND ended_ms IS"
    " NULL LIMIT 1";
static const char overtaken_sql[] =
    "UPDATE sweep SET state='stopped',reason='overtaken',ended_ms=? WHERE id=?";
static const char approved_sql[] =
    "SELECT id,counts,approved_ms FROM sweep WHERE approved_ms>?"
    " ORDER BY id DESC LIMIT 1";
static const char shorter_sql[] =
    "SELECT 1 FROM policy_version WHERE shortens<>0 AND active_ms>? LIMIT 1";
static const char counted_sql[] =
    "UPDATE sweep SET state=?,counts=?,reason=?,dry=?,cursor=NULL WHERE id=?";
static const char ended_sql[] =
    "UPDATE sweep SET state=?,reason=?,ended_ms=?,cursor=NULL WHERE id=?";
static const char keys_sql[] = "SELECT person FROM sweep_key LIMIT 32";
static const char key_done_sql[] = "DELETE FROM sweep_key WHERE person=?";

const char *sweep_state_name(enum sweep_state state)
{
	return state_names[state];
}

/* --- beginning ------------------------------------------------------------ */

static int overtake(struct worker *w, bool real, struct err *err)
{
	int64_t id = 0;
	bool found = true;

	for (;;) {
		if (store_one_int(w->store, waits_sql,
				  STORE_ARGS(S_TEXT(real ? "real" : "dry")),
				  &id, &found, err) != 0)
			return -1;
		if (!found)
			return 0;
		if (store_run(w->store, overtaken_sql,
			      STORE_ARGS(S_INT(worker_now(w)), S_INT(id)),
			      err) != 0 ||
		    alarm_end(w, "sweep.approval", id, err) != 0)
			return -1;
	}
}

int sweep_run_under_way(struct worker *w, bool *ret, struct err *err)
{
	int64_t id;

	return store_one_int(w->store, open_sql, STORE_NO_ARGS, &id, ret, err);
}

int sweep_run_begin(struct worker *w, bool real, int64_t day, int64_t author,
		    int64_t *ret_id, struct err *err)
{
	const int64_t id = worker_id(w);

	if (overtake(w, real, err) != 0 ||
	    store_run(w->store, begin_sql,
		      STORE_ARGS(S_INT(id), S_TEXT(real ? "real" : "dry"),
				 S_INT(day), S_INT(decide_policy_number(w)),
				 S_INT(author), S_INT(worker_now(w))),
		      err) != 0)
		return -1;
	*ret_id = id;
	return 0;
}

/* --- going on where it was ------------------------------------------------ */

void sweep_run_close(struct worker *w)
{
	struct sweeping *s = w->sweep;

	sweep_plan_free(&s->plan);
	free(s->strangers);
	s->strangers = NULL;
	s->running = s->keys = false;
}

static int read_counts(struct sweeping *s, struct store_value v,
		       struct err *err)
{
	s->counts = (struct sweep_counts){0};
	return v.type == STORE_TEXT
		   ? sweep_counts_parse(v.bytes, v.len, &s->counts, err)
		   : 0;
}

/* What was counted so far was in memory: a count begins anew. */
static bool read_cursor(const char *text, struct sweep_position *ret)
{
	int64_t at[4];
	char *end;

	for (int i = 0; i < 4; i++) {
		at[i] = strtoll(text, &end, 10);
		if (end == text)
			return false;
		text = end;
	}
	*ret = (struct sweep_position){at[0], at[1], at[2], at[3]};
	return true;
}

static int read_open(struct worker *w, struct store_rows *rows, struct err *err)
{
	struct sweeping *s = w->sweep;
	struct sweep_run *r = &s->run;
	char word[16] = "", cursor[96] = "";

	*r = (struct sweep_run){
	    .id = store_column(w->store, rows, 0).num,
	    .day = store_column(w->store, rows, 3).num,
	    .policy = store_column(w->store, rows, 4).num,
	    .done = store_column(w->store, rows, 5).num,
	};
	(void)store_word(store_column(w->store, rows, 1), word, sizeof(word));
	r->real = strcmp(word, "real") == 0;
	(void)store_word(store_column(w->store, rows, 2), word, sizeof(word));
	r->state = strcmp(word, state_names[SWEEP_RUNNING]) == 0
		       ? SWEEP_RUNNING
		       : SWEEP_COUNTING;
	(void)store_word(store_column(w->store, rows, 6), cursor,
			 sizeof(cursor));
	/* Without one it begins with its first step. */
	if (r->state == SWEEP_RUNNING)
		(void)read_cursor(cursor, &r->at);
	return read_counts(s, store_column(w->store, rows, 7), err);
}

int sweep_run_open(struct worker *w, struct err *err)
{
	struct sweeping *s = w->sweep;
	struct store_rows *rows = NULL;
	int rc;

	sweep_run_close(w);
	if (store_start(w->store, open_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	s->running = rc > 0;
	if (rc > 0)
		rc = read_open(w, rows, err);
	store_finish(w->store, &rows);
	if (rc == 0 && s->running)
		rc = sweep_plan_make(w, s->run.day, &s->plan, err);
	if (rc != 0)
		sweep_run_close(w);
	return rc < 0 ? -1 : 0;
}

/* --- all is counted ------------------------------------------------------- */

/* The last one that somebody approved, of this archive: what an older backup
 * brought back is more than what was looked at. */
struct approved {
	int64_t id, at_ms;
	struct sweep_counts counts;
};

static int read_approved(struct worker *w, struct approved *ret,
			 bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(w->store, approved_sql,
			STORE_ARGS(S_INT(w->restored_ms)), &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		ret->id = store_column(w->store, rows, 0).num;
		ret->at_ms = store_column(w->store, rows, 2).num;
		v = store_column(w->store, rows, 1);
		rc = sweep_counts_parse(v.bytes, v.len, &ret->counts, err);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Why it has to wait for a person; NULL: it has not.  ret_dry: what it was
 * compared with. */
static int compare(struct worker *w, const char **ret, int64_t *ret_dry,
		   struct err *err)
{
	const struct policy_approvals rules = policy_approvals(w->policy);
	struct approved *a = calloc(1, sizeof(*a));
	bool found = false, shorter = false;
	int64_t one;
	int rc = -1;

	if (a == NULL)
		return ERR_SET(err, ERR_NOMEM, "counts of a sweep", 0);
	*ret = NULL;
	if (read_approved(w, a, &found, err) != 0 ||
	    (found &&
	     store_one_int(w->store, shorter_sql, STORE_ARGS(S_INT(a->at_ms)),
			   &one, &shorter, err) != 0))
		goto out;
	*ret_dry = a->id;
	if (!found)
		*ret = SWEEP_FIRST;
	else if (shorter)
		*ret = SWEEP_SHORTER;
	else if (sweep_counts_exceed(&a->counts, &w->sweep->counts,
				     rules.tolerance, w->settings->sweep.few))
		*ret = SWEEP_BEYOND;
	rc = 0;
out:
	free(a);
	return rc;
}

static int write_counted(struct worker *w, enum sweep_state state,
			 const char *reason, int64_t dry, struct err *err)
{
	struct buf counts = BUF_INIT(COUNTS_BYTES);
	int rc = sweep_counts_print(&w->sweep->counts, &counts, err);

	if (rc == 0 && (rc = buf_append(&counts, "", 1, err)) == 0)
		rc = store_run(w->store, counted_sql,
			       STORE_ARGS(S_TEXT(state_names[state]),
					  S_TEXT((const char *)counts.bytes),
					  S_TEXT(reason),
					  dry != 0 ? S_INT(dry) : S_NULL,
					  S_INT(w->sweep->run.id)),
			       err);
	buf_free(&counts);
	return rc;
}

static int prove_run(struct worker *w, enum ledger_event event, int64_t count,
		     struct err *err)
{
	const struct act act = {
	    .event = event,
	    .reason = LEDGER_R_RETENTION,
	    .kind = ID_SWEEP,
	    .object = w->sweep->run.id,
	    .counted = true,
	    .count = (uint64_t)count,
	};

	return prove(w, &act, err);
}

static int settle(struct worker *w, enum sweep_state state, const char *reason,
		  int64_t dry, struct err *err)
{
	const struct alarm alarm = {.kind = "sweep.approval",
				    .about = ID_SWEEP,
				    .object = w->sweep->run.id,
				    .detail = reason};
	const struct sweeping *s = w->sweep;

	if (sweep_classified(w, s, err) != 0 ||
	    write_counted(w, state, reason, dry, err) != 0)
		return -1;
	if (reason != NULL)
		return alarm_raise(w, &alarm, err);
	return state == SWEEP_RUNNING && s->counts.erase > 0
		   ? prove_run(w, LEDGER_ERASE_PLANNED, s->counts.erase, err)
		   : 0;
}

int sweep_judge(struct worker *w, struct err *err)
{
	struct sweeping *s = w->sweep;
	enum sweep_state state = SWEEP_COUNTED;
	const char *reason = NULL;
	int64_t dry = 0;

	if (worker_begin(w, err) != 0)
		return -1;
	if (s->run.real && s->counts.erase > 0 &&
	    compare(w, &reason, &dry, err) != 0)
		goto fail;
	if (s->run.real && reason == NULL)
		state = SWEEP_RUNNING;
	if (settle(w, state, reason, dry, err) != 0 ||
	    worker_commit(w, err) != 0)
		goto fail;
	LOG(reason != NULL ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "sweep.counted",
	    LOG_NUM("erase", s->counts.erase),
	    LOG_NUM("restrict", s->counts.restricted),
	    log_table("state", state_names[state]),
	    log_table("waits", reason != NULL ? reason : "no"));
	s->run.state = state;
	s->run.at = (struct sweep_position){0};
	if (state != SWEEP_RUNNING)
		sweep_run_close(w);
	return 0;
fail:
	worker_roll_back(w);
	return -1;
}

/* --- the end -------------------------------------------------------------- */

static int write_end(struct worker *w, enum sweep_state state,
		     const char *reason, struct err *err)
{
	const struct sweep_run *r = &w->sweep->run;

	if (r->state == SWEEP_RUNNING &&
	    (r->done > 0 || w->sweep->counts.erase > 0) &&
	    (prove_run(w, LEDGER_ERASE_EXECUTED, r->done, err) != 0 ||
	     stamping_ask(w, err) != 0))
		return -1;
	return store_run(w->store, ended_sql,
			 STORE_ARGS(S_TEXT(state_names[state]), S_TEXT(reason),
				    S_INT(worker_now(w)), S_INT(r->id)),
			 err);
}

static int end(struct worker *w, enum sweep_state state, const char *reason,
	       struct err *err)
{
	struct sweeping *s = w->sweep;
	struct err later = {0};

	if (worker_begin(w, err) != 0)
		return -1;
	if (write_end(w, state, reason, err) != 0 ||
	    (state == SWEEP_DONE &&
	     (sweep_strangers_gone(w, &s->plan, err) != 0 ||
	      sweep_suppression(w, s->run.day, err) != 0)) ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	LOG(LOG_LEVEL_INFO, "sweep.ended", LOG_NUM("erased", s->run.done),
	    log_table("state", state_names[state]),
	    log_table("reason", reason != NULL ? reason : "no"));
	/* What went is not in the log of writes either; a reader that holds it
	 * lets it go sooner or later, and the next checkpoint does it. */
	if (s->run.done > 0)
		(void)store_checkpoint(w->store, &later);
	sweep_run_close(w);
	s->look = true;
	return 0;
}

int sweep_break_off(struct worker *w, const char *reason, struct err *err)
{
	return end(w, SWEEP_STOPPED, reason, err);
}

static int keys_of(struct worker *w, int64_t *ret, size_t *ret_len,
		   struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, keys_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (*ret_len < KEYS_AT_ONCE &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int forget_some_keys(struct worker *w, const int64_t *persons,
			    size_t len, struct err *err)
{
	uint64_t keys;

	if (forget_keys_of(w, persons, len, &keys, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (store_run(w->store, key_done_sql,
			      STORE_ARGS(S_INT(persons[i])), err) != 0)
			return -1;
	return 0;
}

int sweep_finish(struct worker *w, struct err *err)
{
	int64_t persons[KEYS_AT_ONCE];
	size_t len = 0;

	if (keys_of(w, persons, &len, err) != 0)
		return -1;
	if (len == 0)
		return end(w, SWEEP_DONE, NULL, err);
	if (worker_begin(w, err) != 0)
		return -1;
	if (forget_some_keys(w, persons, len, err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return 0;
}
