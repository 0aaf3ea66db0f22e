/* sweepclock.c - see sweepclock.h.
 *
 * meta: sweepclock_seen, the highest time that was trusted; sweepclock_doubt,
 * not 0 while the clock is ahead and nobody confirmed it; sweepclock_entries
 * and sweepclock_stamps, the size of the log when the clock was last vouched
 * for: what was written before it was, perhaps by a wrong clock, is no floor;
 * sweepclock_unsynced, for how long the kernel has called it so. */
#include "sweepclock.h"

#include "postern/caldate.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "alarm.h"
#include "inbound.h"
#include "prove.h"

#define HOUR_MS	      INT64_C(3600000)
#define START_REACH   (48 * HOUR_MS)
#define RUNNING_REACH (24 * HOUR_MS)
/* A clock that is steered may go back by so little and is not behind. */
#define STEERED_MS  INT64_C(60000)
#define LOOK_MS	    INT64_C(2000)
#define WRITE_MS    INT64_C(180000)
#define UNSYNCED_MS (24 * HOUR_MS)

#define SEEN	 "sweepclock_seen"
#define DOUBT	 "sweepclock_doubt"
#define ENTRIES	 "sweepclock_entries"
#define STAMPS	 "sweepclock_stamps"
#define UNSYNCED "sweepclock_unsynced"

static const char *const names[SWEEPCLOCK_VERDICTS] = {
    [SWEEPCLOCK_GOOD] = "good",
    [SWEEPCLOCK_BACK] = "back",
    [SWEEPCLOCK_AHEAD] = "ahead",
    [SWEEPCLOCK_UNSYNCED] = "unsynchronised",
};
static const char *const alarms[SWEEPCLOCK_VERDICTS] = {
    [SWEEPCLOCK_BACK] = "clock.back",
    [SWEEPCLOCK_AHEAD] = "clock.ahead",
    [SWEEPCLOCK_UNSYNCED] = "clock.unsynchronised",
};
static const char stamp_sql[] =
    "SELECT at_ms FROM ledger_stamp WHERE state='done' AND size>?"
    " ORDER BY at_ms DESC LIMIT 1";
static const char stamps_sql[] =
    "SELECT max(size) FROM ledger_stamp WHERE state='done'";

const char *sweepclock_verdict_name(enum sweepclock_verdict verdict)
{
	return names[verdict];
}

/* --- what was trusted before ---------------------------------------------- */

static int meta_or(struct worker *w, const char *name, uint64_t otherwise,
		   uint64_t *ret, struct err *err)
{
	bool found = false;

	if (meta_get_u64(w->store, name, ret, &found, err) != 0)
		return -1;
	if (!found)
		*ret = otherwise;
	return 0;
}

/* Time of the last stamp since the clock was vouched for; 0: none. */
static int stamped(struct worker *w, int64_t *ret, struct err *err)
{
	uint64_t size = 0;
	bool found;

	*ret = 0;
	return meta_or(w, STAMPS, 0, &size, err) != 0 ||
		       store_one_int(w->store, stamp_sql,
				     STORE_ARGS(S_INT((int64_t)size)), ret,
				     &found, err) != 0
		   ? -1
		   : 0;
}

/* The same of the last entry. */
static int entered(struct worker *w, int64_t *ret, struct err *err)
{
	struct buf body = BUF_INIT(LEDGER_ENTRY_MAX);
	uint64_t from = 0, size = 0;
	struct ledger_told told;
	int rc = -1;

	*ret = 0;
	if (meta_or(w, ENTRIES, 0, &from, err) != 0 ||
	    ledger_entries(w->store, &size, err) != 0)
		return -1;
	if (size <= from)
		return 0;
	if (ledger_read(w->store, size - 1, &body, err) == 0 &&
	    ledger_entry_parse(body.bytes, body.len, &told, err) == 0) {
		*ret = told.at_ms;
		rc = 0;
	}
	buf_free(&body);
	/* A log that was tampered with is found by those who verify it. */
	return rc != 0 && err->kind == ERR_INPUT ? 0 : rc;
}

static int load(struct worker *w, struct err *err)
{
	struct sweepclock *c = &w->sweepclock;
	int64_t stamp = 0, entry = 0, floor;
	uint64_t seen = 0, doubt = 0, unsynced = 0;

	if (meta_or(w, SEEN, 0, &seen, err) != 0 ||
	    meta_or(w, DOUBT, 0, &doubt, err) != 0 ||
	    meta_or(w, UNSYNCED, 0, &unsynced, err) != 0 ||
	    stamped(w, &stamp, err) != 0 || entered(w, &entry, err) != 0)
		return -1;
	floor = (int64_t)seen > stamp ? (int64_t)seen : stamp;
	/* An entry far ahead was written by a clock nobody confirmed. */
	if (doubt == 0 && entry > floor &&
	    (seen == 0 || entry - floor <= START_REACH))
		floor = entry;
	if (floor == 0) /* the very first start */
		floor = worker_now(w);
	*c = (struct sweepclock){
	    .loaded = true,
	    .floor_ms = floor,
	    .wall_ms = floor,
	    .boot_ms = worker_boot(w),
	    .reach_ms = START_REACH,
	    .look_boot_ms = c->look_boot_ms,
	    .unsynced_ms = (int64_t)unsynced,
	    .synced_boot_ms = worker_boot(w),
	    .doubt = doubt != 0,
	};
	return 0;
}

/* --- what it is now ------------------------------------------------------- */

static enum sweepclock_verdict judge(struct worker *w)
{
	struct sweepclock *c = &w->sweepclock;
	int64_t now_ms = worker_now(w), boot_ms = worker_boot(w);

	if (now_ms < c->floor_ms - STEERED_MS)
		return SWEEPCLOCK_BACK;
	if (now_ms > c->wall_ms + (boot_ms - c->boot_ms) + c->reach_ms)
		return SWEEPCLOCK_AHEAD;
	if (c->reach_ms == START_REACH) {
		/* From here on the boot clock says how much time passed. */
		c->wall_ms = now_ms;
		c->boot_ms = boot_ms;
		c->reach_ms = RUNNING_REACH;
	}
	if (now_ms > c->floor_ms)
		c->floor_ms = now_ms;
	return c->unsynced_ms > UNSYNCED_MS ? SWEEPCLOCK_UNSYNCED
					    : SWEEPCLOCK_GOOD;
}

int sweepclock_today(struct worker *w, enum sweepclock_verdict *ret,
		     int64_t *ret_day, struct err *err)
{
	if (!w->sweepclock.loaded && load(w, err) != 0)
		return -1;
	*ret = judge(w);
	*ret_day = caldate_local(w->zone, worker_now(w));
	return 0;
}

int sweepclock_good(struct worker *w, bool *ret, struct err *err)
{
	enum sweepclock_verdict verdict;
	int64_t day;

	if (sweepclock_today(w, &verdict, &day, err) != 0)
		return -1;
	*ret = verdict == SWEEPCLOCK_GOOD;
	return 0;
}

int sweepclock_floor(struct worker *w, int64_t *ret_ms, struct err *err)
{
	enum sweepclock_verdict verdict;
	int64_t day;

	if (sweepclock_today(w, &verdict, &day, err) != 0)
		return -1;
	*ret_ms = w->sweepclock.floor_ms;
	return 0;
}

/* --- keeping it ----------------------------------------------------------- */

int sweepclock_note(struct worker *w, struct err *err)
{
	int64_t floor_ms = 0;

	if (sweepclock_floor(w, &floor_ms, err) != 0)
		return -1;
	return meta_set_u64(w->store, SEEN, (uint64_t)floor_ms, err);
}

/* All that was written until now is no floor any more. */
static int vouch(struct worker *w, struct err *err)
{
	uint64_t entries = 0;
	int64_t stamps = 0;
	bool found;

	if (ledger_entries(w->store, &entries, err) != 0 ||
	    store_one_int(w->store, stamps_sql, STORE_NO_ARGS, &stamps, &found,
			  err) != 0)
		return -1;
	return meta_set_u64(w->store, ENTRIES, entries, err) != 0 ||
		       meta_set_u64(w->store, DOUBT, 0, err) != 0 ||
		       meta_set_u64(w->store, STAMPS, (uint64_t)stamps, err) !=
			   0
		   ? -1
		   : 0;
}

/* What happened while the clock was ahead happened before now: else it would
 * wait for its end as much longer as it was ahead. */
static int put_right(struct worker *w, struct err *err)
{
	static const char *const by_id[] = {
	    "UPDATE message SET received_ms=? WHERE id>=? AND received_ms>?",
	    "UPDATE attachment SET created_ms=? WHERE id>=? AND created_ms>?",
	    "UPDATE quarantine SET received_ms=? WHERE id>=? AND received_ms>?",
	};
	static const char *const conversations[] = {
	    "UPDATE conversation SET closed_ms=? WHERE state='closed' AND"
	    " closed_ms>?",
	    "UPDATE conversation SET inbound_ms=? WHERE inbound_ms>?",
	};
	const struct store_value now = S_INT(worker_now(w));

	for (size_t i = 0; i < sizeof(by_id) / sizeof(by_id[0]); i++)
		if (store_run(w->store, by_id[i],
			      STORE_ARGS(now, S_INT(id_at(now.num)), now),
			      err) != 0)
			return -1;
	for (size_t i = 0; i < sizeof(conversations) / sizeof(conversations[0]);
	     i++)
		if (store_run(w->store, conversations[i], STORE_ARGS(now, now),
			      err) != 0)
			return -1;
	return 0;
}

int sweepclock_confirm(struct worker *w, struct err *err)
{
	if (vouch(w, err) != 0 || put_right(w, err) != 0 ||
	    meta_set_u64(w->store, SEEN, (uint64_t)worker_now(w), err) != 0 ||
	    meta_set_u64(w->store, UNSYNCED, 0, err) != 0)
		return -1;
	/* Read again: should the transaction fail, what was before counts. */
	w->sweepclock.loaded = false;
	w->sweepclock.look_boot_ms = 0;
	return 0;
}

/* --- a turn --------------------------------------------------------------- */

static void measure_sync(struct worker *w)
{
	struct sweepclock *c = &w->sweepclock;
	int64_t boot_ms = worker_boot(w);

	if (w->settings->sweep.kernel_clock && w->env->unsynced != NULL &&
	    w->env->unsynced(w->env))
		c->unsynced_ms += boot_ms - c->synced_boot_ms;
	else
		c->unsynced_ms = 0;
	c->synced_boot_ms = boot_ms;
}

/* Somebody else's time, and signed. */
static int hear_stamp(struct worker *w, struct err *err)
{
	struct sweepclock *c = &w->sweepclock;
	int64_t stamp = 0;

	if (stamped(w, &stamp, err) != 0)
		return -1;
	if (stamp <= c->floor_ms)
		return 0;
	c->floor_ms = c->wall_ms = stamp;
	c->boot_ms = worker_boot(w);
	return 0;
}

static int keep(struct worker *w, enum sweepclock_verdict verdict,
		struct err *err)
{
	struct sweepclock *c = &w->sweepclock;
	bool doubt = verdict == SWEEPCLOCK_AHEAD;

	for (size_t i = SWEEPCLOCK_GOOD + 1; i < SWEEPCLOCK_VERDICTS; i++) {
		const struct alarm alarm = {.kind = alarms[i]};

		if ((i == verdict ? alarm_raise(w, &alarm, err)
				  : alarm_end(w, alarms[i], 0, err)) != 0)
			return -1;
	}
	if (doubt && meta_set_u64(w->store, DOUBT, 1, err) != 0)
		return -1;
	/* Put right again: what was written meanwhile is no floor. */
	if (!doubt && c->doubt &&
	    (vouch(w, err) != 0 || put_right(w, err) != 0))
		return -1;
	return meta_set_u64(w->store, UNSYNCED, (uint64_t)c->unsynced_ms,
			    err) != 0 ||
		       sweepclock_note(w, err) != 0
		   ? -1
		   : 0;
}

int sweepclock_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct sweepclock *c = &w->sweepclock;
	enum sweepclock_verdict verdict;
	int64_t day;

	(void)ret_moved;
	if (c->loaded && worker_boot(w) < c->look_boot_ms)
		return 0;
	if (sweepclock_today(w, &verdict, &day, err) != 0)
		return -1;
	measure_sync(w);
	if (hear_stamp(w, err) != 0)
		return -1;
	verdict = judge(w);
	c->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (c->said == (int)verdict && c->kept &&
	    worker_boot(w) < c->write_boot_ms)
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (keep(w, verdict, err) != 0 || worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	if (c->said != (int)verdict)
		LOG(verdict == SWEEPCLOCK_GOOD ? LOG_LEVEL_INFO
					       : LOG_LEVEL_WARN,
		    "clock.judged", log_table("verdict", names[verdict]));
	c->said = (int)verdict;
	c->kept = true;
	c->doubt = verdict == SWEEPCLOCK_AHEAD;
	c->write_boot_ms = worker_boot(w) + WRITE_MS;
	return 0;
}
