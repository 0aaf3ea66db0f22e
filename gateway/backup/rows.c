/* rows.c - see rows.h. */
#include "rows.h"

#include "postern/caldate.h"
#include "postern/period.h"
#include "worker/alarm.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

#define LOOK_MS	      60000
#define ALARM_DESTROY "backup.destroy"

static const char made_sql[] =
    "INSERT INTO backup(id,kind,made_ms,expires_ms) VALUES(?,?,?,?)";
static const char due_sql[] =
    "SELECT id FROM backup WHERE kind='keys' AND expired_ms IS NULL AND"
    " expires_ms<? ORDER BY id LIMIT 1";
static const char expired_sql[] = "UPDATE backup SET expired_ms=? WHERE id=?";

/* To the end of that day, as an erasure names a day and no hour. */
int64_t backup_expires_ms(const struct worker *w, int64_t made_ms)
{
	int64_t day = caldate_local(w->zone, made_ms), last = day + 30;
	struct period max;

	if (period_parse(w->settings->backup.keys_max, &max))
		(void)caldate_add(day, &max, &last);
	return caldate_begins_ms(w->zone, last + 1) - 1;
}

int backup_made(struct worker *w, bool keys, struct backup_row *ret,
		struct err *err)
{
	const int64_t now_ms = worker_now(w);
	struct act act = {.event = LEDGER_BACKUP_MADE,
			  .reason = keys ? LEDGER_R_KEYS : LEDGER_R_DATA,
			  .by = LEDGER_STAFF,
			  .kind = ID_BACKUP};

	*ret = (struct backup_row){
	    .id = worker_id(w),
	    .made_ms = now_ms,
	    .expires_ms = keys ? backup_expires_ms(w, now_ms) : 0,
	    .keys = keys,
	};
	act.object = ret->id;
	if (store_run(w->store, made_sql,
		      STORE_ARGS(S_INT(ret->id), S_TEXT(keys ? "keys" : "data"),
				 S_INT(now_ms),
				 keys ? S_INT(ret->expires_ms) : S_NULL),
		      err) != 0)
		return -1;
	return prove(w, &act, err);
}

/* --- its end -------------------------------------------------------------- */

/* The file is somewhere else: a person has to destroy it. */
static int expire(struct worker *w, int64_t id, struct err *err)
{
	const struct act act = {.event = LEDGER_BACKUP_EXPIRED,
				.reason = LEDGER_R_TIME,
				.kind = ID_BACKUP,
				.object = id};
	const struct alarm alarm = {
	    .kind = ALARM_DESTROY, .about = ID_BACKUP, .object = id};

	if (store_run(w->store, expired_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(id)), err) != 0 ||
	    alarm_raise(w, &alarm, err) != 0)
		return -1;
	return prove(w, &act, err);
}

static int expire_in_tx(struct worker *w, int64_t id, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (expire(w, id, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

int backup_step(struct worker *w, bool *ret_moved, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	bool found = false, good = false;
	int64_t id = 0;

	if (w->backup_boot_ms != 0 &&
	    worker_boot(w) - w->backup_boot_ms < LOOK_MS)
		return 0;
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (good && store_one_int(w->store, due_sql, STORE_ARGS(S_INT(now_ms)),
				  &id, &found, err) != 0)
		return -1;
	if (!found) {
		w->backup_boot_ms = worker_boot(w) + 1;
		return 0;
	}
	*ret_moved = true;
	return expire_in_tx(w, id, err);
}
