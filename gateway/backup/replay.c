/* replay.c - see replay.h.
 *
 * A phase goes through its records in slices; where it is, is in meta in the
 * same transaction, so a kill costs a slice at most. */
#include "replay.h"

#include "forget/erasure.h"
#include "forget/item.h"
#include "postern/caldate.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "replay_inside.h"
#include "worker/alarm.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define SLICE	     200
#define GROW_MAX     1024
#define REQUESTS_MAX 1000

/* --- where it is ---------------------------------------------------------- */

static int read_state(struct worker *w, struct replay *r, struct err *err)
{
	bool found = false;

	*r = (struct replay){.w = w};
	if (meta_get_u64(w->store, "restore_phase", &r->phase, &found, err) !=
		0 ||
	    meta_get_u64(w->store, "restore_cursor", &r->cursor, &found, err) !=
		0)
		return -1;
	return meta_get_u64(w->store, "restore_count", &r->count, &found, err);
}

int replay_put(struct replay *r, uint64_t phase, uint64_t cursor, uint64_t more,
	       struct err *err)
{
	struct store *st = r->w->store;

	if (meta_set_u64(st, "restore_phase", phase, err) != 0 ||
	    meta_set_u64(st, "restore_cursor", cursor, err) != 0)
		return -1;
	return meta_set_u64(st, "restore_count", r->count + more, err);
}

/* What was erased is judged by the day it was erased, not by a clock that the
 * archive of then cannot trust: nothing else goes than went. */
static int day_of_then(struct worker *w, struct err *err)
{
	static const char sql[] = "SELECT max(at_ms) FROM replay";
	uint64_t made_ms = 0;
	int64_t last_ms = 0;
	bool found = false;

	if (meta_get_u64(w->store, "restore_made_ms", &made_ms, &found, err) !=
		0 ||
	    store_one_int(w->store, sql, STORE_NO_ARGS, &last_ms, &found,
			  err) != 0)
		return -1;
	if (last_ms < (int64_t)made_ms)
		last_ms = (int64_t)made_ms;
	w->restoring_day = caldate_local(w->zone, last_ms);
	return 0;
}

int replay_open(struct worker *w, struct err *err)
{
	uint64_t restored_ms = 0;
	struct replay r;
	bool found;

	if (read_state(w, &r, err) != 0)
		return -1;
	if (meta_get_u64(w->store, "restore_ms", &restored_ms, &found, err) !=
	    0)
		return -1;
	w->restored_ms = (int64_t)restored_ms;
	w->restoring = r.phase != REPLAY_NONE;
	if (w->restoring && day_of_then(w, err) != 0)
		return -1;
	if (w->restoring)
		LOG(LOG_LEVEL_WARN, "backup.replaying",
		    LOG_NUM("phase", (int64_t)r.phase));
	return 0;
}

/* --- it came back --------------------------------------------------------- */

/* It may have been answered since: somebody has to look before it is answered
 * once more. */
static int raise_requests(struct worker *w, struct err *err)
{
	static const char sql[] = "SELECT id FROM request WHERE restored<>0"
				  " ORDER BY id LIMIT 1000";
	struct alarm alarm = {.kind = "backup.request", .about = ID_REQUEST};
	int64_t ids[REQUESTS_MAX];
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc = 0;

	if (store_start(w->store, sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (len < REQUESTS_MAX && (rc = store_step(w->store, rows, err)) > 0)
		ids[len++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		alarm.object = ids[i];
		if (alarm_raise(w, &alarm, err) != 0)
			return -1;
	}
	return 0;
}

/* How many entries the log had, and their root: what was signed of more was
 * signed of another history. */
static int tell_restored(struct replay *r, struct err *err)
{
	struct worker *w = r->w;
	struct ledger_entry entry = {
	    .event = LEDGER_BACKUP_RESTORED,
	    .reason = LEDGER_R_DATA,
	    .at_ms = worker_now(w),
	    .actor = LEDGER_SYSTEM,
	    .policy = w->policy != NULL ? policy_version(w->policy) : 0,
	    .counted = true,
	    .rooted = true,
	};
	const struct alarm alarm = {.kind = "backup.restored"};

	if (ledger_size(w->store, &entry.count, err) != 0 ||
	    ledger_root(w->store, entry.count, &entry.root, err) != 0 ||
	    ledger_append(w->store, &w->mask, &entry, NULL, err) != 0 ||
	    alarm_raise(w, &alarm, err) != 0 || raise_requests(w, err) != 0)
		return -1;
	return replay_put(r, REPLAY_MESSAGES, 0, 0, err);
}

static int phase_log(struct replay *r, struct err *err)
{
	bool left = true;

	while (left)
		if (ledger_grow(r->w->store, GROW_MAX, &left, err) != 0)
			return -1;
	if (worker_begin(r->w, err) != 0)
		return -1;
	if (tell_restored(r, err) != 0) {
		worker_roll_back(r->w);
		return -1;
	}
	return worker_commit(r->w, err);
}

/* --- records whose key was destroyed -------------------------------------- */

#define GONE(kind)                                                 \
	" JOIN replay r ON r.kind='key' AND r.id=x.key_person AND" \
	" r.datenart IN ('',x.datenart) AND " kind "<=r.at_ms"
static const char messages_sql[] =
    "SELECT DISTINCT x.id FROM (SELECT id,key_person,datenart,received_ms FROM"
    " message WHERE id>? ORDER BY id LIMIT 2000) x" GONE(
	"x.received_ms") " ORDER BY x.id";
static const char attachments_sql[] =
    "SELECT DISTINCT x.id FROM (SELECT id,key_person,datenart,created_ms FROM"
    " attachment WHERE id>? AND state<>'gone' ORDER BY id LIMIT 2000) x" GONE(
	"x.created_ms") " ORDER BY x.id";
static const char notes_sql[] =
    "SELECT DISTINCT x.id FROM (SELECT id,key_person,datenart,at_ms FROM note"
    " WHERE id>? ORDER BY id LIMIT 2000) x" GONE("x.at_ms") " ORDER BY x.id";
static const char quarantine_sql[] =
    "SELECT DISTINCT x.id FROM (SELECT id,0 AS key_person,'RAW' AS datenart,"
    "received_ms FROM quarantine WHERE id>? ORDER BY id LIMIT 2000) x" GONE(
	"x.received_ms") " ORDER BY x.id";
static const char messages_end_sql[] =
    "SELECT max(id) FROM (SELECT id FROM message WHERE id>? ORDER BY id"
    " LIMIT 2000)";
static const char attachments_end_sql[] =
    "SELECT max(id) FROM (SELECT id FROM attachment WHERE id>? AND"
    " state<>'gone' ORDER BY id LIMIT 2000)";
static const char notes_end_sql[] =
    "SELECT max(id) FROM (SELECT id FROM note WHERE id>? ORDER BY id LIMIT"
    " 2000)";
static const char quarantine_end_sql[] =
    "SELECT max(id) FROM (SELECT id FROM quarantine WHERE id>? ORDER BY id"
    " LIMIT 2000)";

static const struct scan {
	uint64_t phase;
	enum item_kind kind;
	const char *sql, *end_sql; /* among the next 2000; the last of these */
} scans[] = {
    {REPLAY_MESSAGES, ITEM_MESSAGE, messages_sql, messages_end_sql},
    {REPLAY_ATTACHMENTS, ITEM_ATTACHMENT, attachments_sql, attachments_end_sql},
    {REPLAY_NOTES, ITEM_NOTE, notes_sql, notes_end_sql},
    {REPLAY_QUARANTINE, ITEM_QUARANTINE, quarantine_sql, quarantine_end_sql},
};

int replay_forget(struct replay *r, struct forgetting *f, enum item_kind kind,
		  int64_t id, struct err *err)
{
	struct item item;
	bool found = false;

	if (item_load(r->w, kind, id, &item, &found, err) != 0)
		return -1;
	return found ? forget_item(f, &item, err) : 0;
}

/* One slice: those found among the next 2000, or on past them. */
static int scan_slice(struct replay *r, const struct scan *s,
		      struct forgetting *f, struct err *err)
{
	int64_t ids[SLICE], last = 0;
	uint64_t before = f->items;
	bool any = false;
	size_t len;

	/* Before anything goes: what moves up behind was not looked at. */
	if (store_one_int(r->w->store, s->end_sql, STORE_ARGS(S_INT(r->cursor)),
			  &last, &any, err) != 0)
		return -1;
	if (!any)
		return replay_put(r, r->phase + 1, 0, 0, err);
	if (store_ids(r->w->store, s->sql, STORE_ARGS(S_INT(r->cursor)), ids,
		      SLICE, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (replay_forget(r, f, s->kind, ids[i], err) != 0)
			return -1;
	if (len == SLICE)
		last = ids[len - 1];
	return replay_put(r, r->phase, (uint64_t)last, f->items - before, err);
}

int replay_in_tx(struct replay *r, replay_slice *slice, const void *what,
		 struct err *err)
{
	struct forgetting f = {
	    .w = r->w, .files = BUF_INIT(SLICE * 64u * MEDIA_NAME_BYTES)};

	if (worker_begin(r->w, err) != 0)
		return -1;
	if (slice(r, what, &f, err) != 0 || forget_before_commit(&f, err) != 0)
		goto undo;
	if (worker_commit(r->w, err) != 0)
		goto free;
	return forget_after_commit(&f, err);
undo:
	worker_roll_back(r->w);
free:
	forget_taken_back(&f);
	return -1;
}

static int slice_of_scan(struct replay *r, const void *what,
			 struct forgetting *f, struct err *err)
{
	return scan_slice(r, what, f, err);
}

/* --- a turn --------------------------------------------------------------- */

static int phase(struct replay *r, struct err *err)
{
	if (r->phase == REPLAY_LOG)
		return phase_log(r, err);
	for (size_t i = 0; i < sizeof(scans) / sizeof(scans[0]); i++)
		if (scans[i].phase == r->phase)
			return replay_in_tx(r, slice_of_scan, &scans[i], err);
	return replay_rest(r, err);
}

int replay_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct keeper_status keeper = {0};
	struct replay r;

	if (!w->restoring)
		return 0;
	/* Whoever has to unlock it gets through; the rest waits. */
	if (keeper_status(w->keeper, &keeper, err) != 0)
		return -1;
	if (keeper.locked)
		return ERR_SET(err, ERR_BUSY, "the keeper is locked", 0);
	if (read_state(w, &r, err) != 0)
		return -1;
	if (r.phase == REPLAY_NONE) {
		w->restoring = false;
		*ret_moved = true;
		return 0;
	}
	*ret_moved = r.phase != REPLAY_ERASING;
	return phase(&r, err);
}
