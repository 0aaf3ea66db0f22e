/* erasure_step.c - the turn of the loop: one slice of one erasure.
 *
 * Source: compliance 7.4 (each step idempotent, logged), 9 E5. */
#include "erasure_inside.h"

#include "postern/log.h"
#include "worker/erase.h"
#include "worker/inbound.h"
#include "worker/notice.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

#define LOOK_MS	  INT64_C(1000)
#define AGAIN_MS  (INT64_C(10) * 1000)
#define CLOCK_MS  (INT64_C(60) * 1000)
#define BUSY_MS	  INT64_C(200)
#define FILES_MAX (1024 * 1024)

/* A clock that was set back holds up nothing for long. */
static const char next_sql[] =
    "SELECT id FROM erasure WHERE ended_ms IS NULL AND step<? AND (next_ms<=?"
    " OR next_ms>? AND next_ms<>9223372036854775807) ORDER BY next_ms,id"
    " LIMIT 1";
static const char again_sql[] =
    "SELECT id FROM erasure WHERE again=1 AND ended_ms IS NOT NULL LIMIT 1";
static const char over_sql[] =
    "SELECT person FROM kept WHERE until_day<=? AND erasure<>0 LIMIT 1";
static const char restart_sql[] =
    "UPDATE erasure SET again=0,step=0,cursor=0,message=9223372036854775807,"
    "upto=?,ended_ms=NULL,next_ms=0,kept=0,stays=0,of_n=n WHERE id=?";
static const char unstep_sql[] =
    "DELETE FROM erasure_step WHERE erasure=? AND step>=?";
/* What was erased stays said, and that they stand on the suppression list:
 * their addresses no longer tell it. */
static const char unsettle_sql[] =
    "DELETE FROM request_item WHERE verdict<>'erase' AND datenart<>'SUPPRESS'"
    " AND request=(SELECT request FROM erasure WHERE id=?)";
/* Who still waits for the end of it is told once more. */
static const char unanswer_sql[] =
    "UPDATE request SET answered_ms=NULL WHERE reply_sealed IS NOT NULL AND"
    " id=(SELECT request FROM erasure WHERE id=?)";
static const char save_sql[] =
    "UPDATE erasure SET step=?,cursor=?,message=?,n=?,of_n=?,files=?,keys=?,"
    "kept=?,stays=?,waits_day=?,entry=?,next_ms=?,ended_ms=? WHERE id=?";
static const char step_sql[] =
    "INSERT INTO erasure_step(erasure,step,done_ms,n) VALUES(?,?,?,?) ON"
    " CONFLICT DO NOTHING";

/* empties: first the log of writes is emptied, outside of a transaction; what
 * was to be read back at the end was deleted after the first time.
 * unlinks: first what could not be unlinked after its commit is: nobody else
 * would until the next start. */
static const struct {
	erasure_slice *slice;
	bool empties, unlinks;
} steps[ERASURE_STEPS] = {
    [ERASURE_DECIDE] = {.slice = erasure_decide_slice},
    [ERASURE_FREEZE] = {.slice = erasure_freeze_slice},
    [ERASURE_ROWS] = {.slice = erasure_rows_slice},
    [ERASURE_INDEX] = {.slice = erasure_index_slice},
    [ERASURE_KEYS] = {.slice = erasure_keys_slice},
    [ERASURE_WAL] = {.empties = true},
    [ERASURE_LEDGER] = {.slice = erasure_ledger_slice},
    [ERASURE_TELL] = {.slice = erasure_tell_slice},
    [ERASURE_VERIFY] = {.slice = erasure_verify_slice, .unlinks = true},
    [ERASURE_STAMP] = {.slice = erasure_stamp_slice, .empties = true},
    [ERASURE_ANSWER] = {.slice = erasure_answer_slice},
};

/* --- where it is ---------------------------------------------------------- */

static uint64_t count_of(const struct erasure *e)
{
	switch (e->step) {
	case ERASURE_DECIDE:
		return e->of_n;
	case ERASURE_ROWS:
		return e->n;
	case ERASURE_KEYS:
		return e->keys;
	default:
		return 0;
	}
}

static int save(struct run *r, struct err *err)
{
	const struct erasure *e = &r->e;

	return store_run(
	    r->w->store, save_sql,
	    STORE_ARGS(
		S_INT(e->step), S_INT(e->cursor), S_INT(e->message),
		S_INT(e->n), S_INT(e->of_n), S_INT(e->files), S_INT(e->keys),
		S_INT(e->kept), S_INT(e->stays),
		e->waits.is ? S_INT(e->waits.day) : S_NULL,
		e->entry >= 0 ? S_INT(e->entry) : S_NULL, S_INT(e->next_ms),
		e->step == ERASURE_STEPS ? S_INT(worker_now(r->w)) : S_NULL,
		S_INT(e->id)),
	    err);
}

static int advance(struct run *r, enum progress how, struct err *err)
{
	struct erasure *e = &r->e;

	if (how == DONE) {
		if (store_run(r->w->store, step_sql,
			      STORE_ARGS(S_INT(e->id), S_INT(e->step),
					 S_INT(worker_now(r->w)),
					 S_INT(count_of(e))),
			      err) != 0)
			return -1;
		e->step++;
	} else if (how == BACK) {
		if (store_run(r->w->store, unstep_sql,
			      STORE_ARGS(S_INT(e->id), S_INT(ERASURE_ROWS)),
			      err) != 0)
			return -1;
		e->step = ERASURE_ROWS;
	}
	if (how == DONE || how == BACK) {
		e->cursor = 0;
		e->message = INT64_MAX;
	}
	return save(r, err);
}

/* --- one slice ------------------------------------------------------------ */

/* Every byte that was deleted is overwritten now.  The keeper empties its own
 * before it says that keys are destroyed. */
static int empty_log(struct run *r, bool *ret_emptied, struct err *err)
{
	struct err busy = {0};

	*ret_emptied = store_checkpoint(r->w->store, &busy) == 0;
	if (*ret_emptied)
		return 0;
	if (busy.kind != ERR_BUSY) {
		*err = busy;
		return -1;
	}
	r->e.next_ms = worker_now(r->w) + BUSY_MS; /* somebody reads it */
	return 0;
}

static int in_transaction(struct run *r, enum progress *how, struct err *err)
{
	bool emptied = true;

	if (steps[r->e.step].empties && empty_log(r, &emptied, err) != 0)
		return -1;
	if ((steps[r->e.step].unlinks && unlink_pending(r->w, err) != 0) ||
	    worker_begin(r->w, err) != 0)
		return -1;
	*how = emptied ? DONE : WAITS;
	if (emptied && steps[r->e.step].slice != NULL &&
	    steps[r->e.step].slice(r, how, err) != 0)
		goto fail;
	r->e.n += r->f.items;
	r->e.files += r->f.files_len;
	if (advance(r, *how, err) != 0 || forget_before_commit(&r->f, err) != 0)
		goto fail;
	return worker_commit(r->w, err);
fail:
	worker_roll_back(r->w);
	return -1;
}

/* Should they come again, they are strangers. */
static void drop_caches(struct worker *w)
{
	if (w->receive == NULL)
		return;
	notices_forget(w->receive->notices);
	sodium_memzero(w->receive->seen,
		       PROFILE_SEEN_SLOTS * sizeof(*w->receive->seen));
}

/* A day that may not be trusted decides nothing (compliance 3.2). */
static int good_day(struct run *r, bool *ret, struct err *err)
{
	enum sweepclock_verdict verdict;

	if (sweepclock_today(r->w, &verdict, &r->today, err) != 0)
		return -1;
	*ret = verdict == SWEEPCLOCK_GOOD;
	/* What was erased since a backup is erased again by the day of then;
	 * nothing is open until it is (backup/replay.h). */
	if (r->w->restoring) {
		r->today = r->w->restoring_day;
		*ret = true;
	}
	return 0;
}

static int one(struct run *r, bool *ret_moved, struct err *err)
{
	enum progress how = GOES_ON;
	int rc;

	r->e.next_ms = 0;
	if (trail_family(r->w, r->e.person, &r->family, err) != 0)
		return -1;
	rc = in_transaction(r, &how, err);
	/* Also of what was taken back: what is known may be of it. */
	if (r->caches || rc != 0)
		drop_caches(r->w);
	if (rc != 0) {
		forget_taken_back(&r->f);
		return -1;
	}
	*ret_moved = how != WAITS;
	if (r->e.step == ERASURE_STEPS)
		LOG(LOG_LEVEL_INFO, "erasure.done", LOG_NUM("items", r->e.n),
		    LOG_NUM("kept", r->e.kept));
	return forget_after_commit(&r->f, err);
}

/* --- which ---------------------------------------------------------------- */

static int restart(struct worker *w, int64_t id, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (store_run(w->store, unsettle_sql, STORE_ARGS(S_INT(id)), err) !=
		0 ||
	    store_run(w->store, unanswer_sql, STORE_ARGS(S_INT(id)), err) !=
		0 ||
	    store_run(w->store, unstep_sql, STORE_ARGS(S_INT(id), S_INT(0)),
		      err) != 0 ||
	    store_run(w->store, restart_sql,
		      STORE_ARGS(S_INT(worker_id(w)), S_INT(id)), err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* What a law kept is free from today on. */
static int look_at_days(struct worker *w, int64_t today, struct err *err)
{
	int64_t person = 0;
	bool found = false;

	if (store_one_int(w->store, over_sql, STORE_ARGS(S_INT(today)), &person,
			  &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (erasure_again(w, person, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

static int look_again(struct worker *w, int64_t today, bool *ret_moved,
		      struct err *err)
{
	int64_t id = 0;
	bool found = false;

	if (worker_boot(w) < w->erasing.again_boot)
		return 0;
	w->erasing.again_boot = worker_boot(w) + AGAIN_MS;
	if (look_at_days(w, today, err) != 0 ||
	    store_one_int(w->store, again_sql, STORE_NO_ARGS, &id, &found,
			  err) != 0)
		return -1;
	if (!found)
		return 0;
	w->erasing.again_boot = 0; /* perhaps more of them */
	*ret_moved = true;
	return restart(w, id, err);
}

static int next(struct worker *w, int64_t *ret, bool *ret_found,
		struct err *err)
{
	const int64_t now_ms = worker_now(w);

	return store_one_int(w->store, next_sql,
			     STORE_ARGS(S_INT(ERASURE_STEPS), S_INT(now_ms),
					S_INT(now_ms + DAY_MS)),
			     ret, ret_found, err);
}

int erasure_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct run *r;
	int64_t id = 0;
	bool found = false, good = false;
	int rc = -1;

	if (w->stopping || !(w->ready || w->restoring) ||
	    erasure_due_in_ms(w) > 0)
		return 0;
	w->erasing.look_boot = worker_boot(w) + LOOK_MS;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "a slice of an erasure", 0);
	r->w = r->f.w = w;
	r->f.files = BUF_INIT(FILES_MAX);
	if (good_day(r, &good, err) != 0)
		goto out;
	rc = 0;
	if (!good) { /* the alarm is sweepclock's */
		w->erasing.look_boot = worker_boot(w) + CLOCK_MS;
		goto out;
	}
	rc = look_again(w, r->today, ret_moved, err);
	if (rc == 0)
		rc = next(w, &id, &found, err);
	if (rc == 0 && found)
		rc = erasure_load(w, id, &r->e, &found, err);
	if (rc == 0 && found)
		rc = one(r, ret_moved, err);
	if (rc == 0 && *ret_moved)
		w->erasing.look_boot = 0;
out:
	forget_taken_back(&r->f);
	free(r);
	return rc;
}

int64_t erasure_due_in_ms(const struct worker *w)
{
	const int64_t left = w->erasing.look_boot - worker_boot(w);

	return left > 0 ? left : 0;
}
