/* sweep.c - when it runs, and what people say about it.
 *
 * A run once a day after its time; after a downtime as soon as it can.  Three
 * times as long as a slice took nothing is done: what is deleted is in nobody's
 * way, who waits for an acknowledgement is.
 *
 * Source: DIN 66398; compliance 3.2, "Scheduler rules". */
#include "sweep_inside.h"

#include "postern/caldate.h"
#include "postern/log.h"
#include "worker/alarm.h"
#include "worker/decide.h"
#include "worker/expired.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define LOOK_MS	  INT64_C(2000)
#define PAUSE_MS  1
#define SHARE	  4 /* one part of so many is the sweep's */
#define MINUTE_MS 60000
#define DAY_META  "sweep_day" /* of the last automatic run */
#define PERCENT	  100

static const char asked_sql[] =
    "SELECT state,coalesce(author,0),kind,counts,policy FROM sweep WHERE id=?";
static const char approve_sql[] =
    "UPDATE sweep SET state='approved',approver=?,approved_ms=?,ended_ms=?"
    " WHERE id=?";
static const char stop_sql[] =
    "UPDATE sweep SET state='stopped',reason='person',ended_ms=? WHERE id=?";
/* A label is the name a token was given; two of one name are one person's. */
static const char namesake_sql[] =
    "SELECT 1 FROM token a JOIN token b ON lower(trim(a.label))="
    "lower(trim(b.label)) WHERE a.id=? AND b.id=? AND trim(a.label)<>''";

static struct sweeping *sweeping_of(struct worker *w, struct err *err)
{
	if (w->sweep == NULL) {
		w->sweep = calloc(1, sizeof(*w->sweep));
		if (w->sweep == NULL)
			(void)ERR_SET(err, ERR_NOMEM, "a sweep", 0);
		else
			w->sweep->look = w->sweep->gathered = true;
	}
	return w->sweep;
}

void sweep_close(struct worker *w)
{
	if (w->sweep != NULL)
		sweep_run_close(w);
	free(w->sweep);
	w->sweep = NULL;
}

/* --- once a day ----------------------------------------------------------- */

static int minute_of(const struct worker *w)
{
	int64_t now_ms = worker_now(w);
	int64_t day = caldate_local(w->zone, now_ms);

	return (int)((now_ms - caldate_begins_ms(w->zone, day)) / MINUTE_MS);
}

static int begin_daily(struct worker *w, int64_t today, struct err *err)
{
	int64_t id;

	if (worker_begin(w, err) != 0)
		return -1;
	if (sweep_run_begin(w, true, today, 0, &id, err) != 0 ||
	    meta_set_u64(w->store, DAY_META, (uint64_t)today, err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	w->sweep->look = true;
	return 0;
}

/* The first day there is nothing that was missed. */
static int note_first(struct worker *w, int64_t today, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (meta_set_u64(w->store, DAY_META, (uint64_t)today, err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return 0;
}

static int daily(struct worker *w, int64_t today, struct err *err)
{
	uint64_t last = 0;
	bool found = false;

	if (meta_get_u64(w->store, DAY_META, &last, &found, err) != 0)
		return -1;
	/* Also where the clock was wrong for long, and put right. */
	if (!found || (int64_t)last > today)
		return note_first(w, today, err);
	if ((int64_t)last == today ||
	    minute_of(w) < w->settings->sweep.at_minute)
		return 0;
	return begin_daily(w, today, err);
}

/* Helpdesks hear of a run when it is over, or rests until the next day. */
static int tell(struct worker *w, struct err *err)
{
	return w->sweep->gathered ? expired_release(w, &w->sweep->gathered, err)
				  : 0;
}

/* Is one under way, or is it time for one? */
static int look(struct worker *w, int64_t today, struct err *err)
{
	struct sweeping *s = w->sweep;

	if (sweep_run_open(w, err) != 0)
		return -1;
	s->look = false;
	s->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (s->running)
		return 0;
	s->look = true; /* should it fail */
	if (tell(w, err) != 0)
		return -1;
	s->look = s->gathered;
	return s->gathered ? 0 : daily(w, today, err);
}

/* --- a turn --------------------------------------------------------------- */

static int go_on(struct worker *w, int64_t today, struct err *err)
{
	struct sweeping *s = w->sweep;
	struct sweep_run *r = &s->run;
	bool capped = false;

	if (today < r->day)
		return sweep_break_off(w, SWEEP_CLOCK, err);
	if (r->policy != decide_policy_number(w))
		return sweep_break_off(w, SWEEP_POLICY, err);
	if (r->at.step >= (int64_t)s->plan.len)
		return r->state == SWEEP_COUNTING ? sweep_judge(w, err)
						  : sweep_finish(w, err);
	if (r->state == SWEEP_RUNNING &&
	    sweep_capped(w, today, &capped, err) != 0)
		return -1;
	if (capped) {
		if (tell(w, err) != 0)
			return -1;
		/* The rest of it goes from midnight on. */
		if (!s->gathered)
			s->pause_until_ms = worker_boot(w) + LOOK_MS;
		return 0;
	}
	return sweep_slice(w, err);
}

static void pause_after(struct worker *w, int64_t began_ms)
{
	struct sweeping *s = w->sweep;
	int64_t took_ms = worker_boot(w) - began_ms;
	int64_t until_ms =
	    began_ms + SHARE * (took_ms > PAUSE_MS ? took_ms : PAUSE_MS);

	if (until_ms > s->pause_until_ms)
		s->pause_until_ms = until_ms;
}

int sweep_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct sweeping *s = sweeping_of(w, err);
	int64_t began_ms = worker_boot(w), today = 0;
	enum sweepclock_verdict verdict;
	int rc;

	(void)ret_moved; /* the loop may pause all the same */
	if (s == NULL)
		return -1;
	if (w->stopping || !w->ready || began_ms < s->pause_until_ms ||
	    (!s->running && !s->look && began_ms < s->look_boot_ms))
		return 0;
	if (sweepclock_today(w, &verdict, &today, err) != 0)
		return -1;
	if (verdict != SWEEPCLOCK_GOOD) {
		s->pause_until_ms = began_ms + LOOK_MS / 10;
		return 0;
	}
	rc =
	    s->running && !s->look ? go_on(w, today, err) : look(w, today, err);
	pause_after(w, began_ms);
	return rc;
}

int64_t sweep_due_in_ms(const struct worker *w)
{
	const struct sweeping *s = w->sweep;
	int64_t at_ms, left;

	if (s == NULL)
		return 0;
	at_ms = s->running || s->look ? s->pause_until_ms : s->look_boot_ms;
	left = at_ms - worker_boot(w);
	return left > 0 ? left : 0;
}

int sweep_percent(const struct worker *w)
{
	const struct sweeping *s = w->sweep;

	if (s == NULL || !s->running || s->plan.len == 0)
		return -1;
	return (int)(s->run.at.step * PERCENT / (int64_t)s->plan.len);
}

/* --- what people do ------------------------------------------------------- */

static int trusted_day(struct worker *w, int64_t *ret_day,
		       const char **ret_refused, struct err *err)
{
	enum sweepclock_verdict verdict;

	if (sweepclock_today(w, &verdict, ret_day, err) != 0)
		return -1;
	*ret_refused = verdict == SWEEPCLOCK_GOOD ? NULL : SWEEP_REFUSED_CLOCK;
	return 0;
}

int sweep_ask(struct worker *w, bool real, int64_t author, int64_t *ret_id,
	      const char **ret_refused, struct err *err)
{
	struct sweeping *s = sweeping_of(w, err);
	bool busy = false;
	int64_t day;

	if (s == NULL || trusted_day(w, &day, ret_refused, err) != 0 ||
	    sweep_run_under_way(w, &busy, err) != 0)
		return -1;
	if (*ret_refused == NULL && busy)
		*ret_refused = SWEEP_REFUSED_BUSY;
	if (*ret_refused != NULL)
		return 0;
	s->look = true;
	return sweep_run_begin(w, real, day, author, ret_id, err);
}

/* What a person wants to act on. */
struct asked {
	char state[16], kind[8];
	int64_t author, planned, policy;
};

static int read_planned(struct store_value v, int64_t *ret, struct err *err)
{
	struct sweep_counts *counts;
	int rc;

	if (v.type != STORE_TEXT)
		return 0;
	counts = calloc(1, sizeof(*counts));
	if (counts == NULL)
		return ERR_SET(err, ERR_NOMEM, "counts of a sweep", 0);
	rc = sweep_counts_parse(v.bytes, v.len, counts, err);
	*ret = counts->erase;
	free(counts);
	return rc;
}

static int read_asked(struct worker *w, int64_t id, struct asked *ret,
		      bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = (struct asked){.author = 0};
	if (store_start(w->store, asked_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		(void)store_word(store_column(w->store, rows, 0), ret->state,
				 sizeof(ret->state));
		ret->author = store_column(w->store, rows, 1).num;
		(void)store_word(store_column(w->store, rows, 2), ret->kind,
				 sizeof(ret->kind));
		ret->policy = store_column(w->store, rows, 4).num;
		rc = read_planned(store_column(w->store, rows, 3),
				  &ret->planned, err);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int who_approves(struct worker *w, const struct asked *a,
			int64_t approver, const char **ret_refused,
			struct err *err)
{
	bool namesake = false;
	int64_t one;

	if (a->author == approver)
		*ret_refused = SWEEP_REFUSED_OWN;
	if (*ret_refused != NULL || a->author == 0)
		return 0;
	if (store_one_int(w->store, namesake_sql,
			  STORE_ARGS(S_INT(a->author), S_INT(approver)), &one,
			  &namesake, err) != 0)
		return -1;
	if (namesake)
		*ret_refused = SWEEP_REFUSED_LABEL;
	return 0;
}

static int write_approval(struct worker *w, int64_t id, const struct asked *a,
			  int64_t approver, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	const struct act act = {
	    .event = LEDGER_SWEEP_APPROVED,
	    .reason = LEDGER_R_RETENTION,
	    .by = LEDGER_STAFF,
	    .kind = ID_SWEEP,
	    .object = id,
	    .counted = true,
	    .count = (uint64_t)a->planned,
	};

	return store_run(w->store, approve_sql,
			 STORE_ARGS(S_INT(approver), S_INT(now_ms),
				    S_INT(now_ms), S_INT(id)),
			 err) != 0 ||
		       alarm_end(w, "sweep.approval", id, err) != 0 ||
		       prove(w, &act, err) != 0
		   ? -1
		   : 0;
}

/* What waited for it goes on at once: counted again, and compared. */
int sweep_approve(struct worker *w, int64_t id, int64_t approver,
		  const char **ret_refused, struct err *err)
{
	bool found = false, busy = false;
	int64_t day, real;
	struct asked a;

	if (sweeping_of(w, err) == NULL ||
	    trusted_day(w, &day, ret_refused, err) != 0 ||
	    read_asked(w, id, &a, &found, err) != 0)
		return -1;
	if (!found)
		*ret_refused = SWEEP_REFUSED_ABSENT;
	else if (*ret_refused == NULL &&
		 (strcmp(a.state, sweep_state_name(SWEEP_COUNTED)) != 0 ||
		  /* What was counted is not what would go any more. */
		  a.policy != decide_policy_number(w)))
		*ret_refused = SWEEP_REFUSED_STATE;
	if (*ret_refused == NULL &&
	    who_approves(w, &a, approver, ret_refused, err) != 0)
		return -1;
	if (*ret_refused != NULL)
		return 0;
	if (write_approval(w, id, &a, approver, err) != 0 ||
	    sweep_run_under_way(w, &busy, err) != 0)
		return -1;
	w->sweep->look = true;
	if (busy || strcmp(a.kind, "real") != 0)
		return 0;
	return sweep_run_begin(w, true, day, 0, &real, err);
}

int sweep_stop(struct worker *w, int64_t id, const char **ret_refused,
	       struct err *err)
{
	bool found = false;
	struct asked a;

	*ret_refused = NULL;
	if (sweeping_of(w, err) == NULL ||
	    read_asked(w, id, &a, &found, err) != 0)
		return -1;
	if (!found)
		*ret_refused = SWEEP_REFUSED_ABSENT;
	else if (strcmp(a.state, sweep_state_name(SWEEP_COUNTING)) != 0 &&
		 strcmp(a.state, sweep_state_name(SWEEP_COUNTED)) != 0 &&
		 strcmp(a.state, sweep_state_name(SWEEP_RUNNING)) != 0)
		*ret_refused = SWEEP_REFUSED_STATE;
	if (*ret_refused != NULL)
		return 0;
	/* It is read again: should this be taken back, it goes on. */
	sweep_run_close(w);
	w->sweep->look = true;
	return store_run(w->store, stop_sql,
			 STORE_ARGS(S_INT(worker_now(w)), S_INT(id)),
			 err) != 0 ||
		       alarm_end(w, "sweep.approval", id, err) != 0
		   ? -1
		   : 0;
}
