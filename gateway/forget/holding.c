/* holding.c - what becomes of holds by themselves: see holding.h.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4. */
#include "holding_inside.h"

#include "erasure.h"
#include "worker/alarm.h"
#include "worker/kept.h"
#include "worker/prove.h"
#include "worker/sweepclock.h"

#define MINUTE_MS   60000
#define PAUSE_MS    2	/* between two slices: who is received goes first */
#define CAUGHT_MS   500 /* what came since is looked at that soon */
#define FREED_SLICE 32

static const char lapsed_sql[] =
    "SELECT min(id) FROM hold WHERE released_ms IS NULL AND state='proposed'"
    " AND placed_ms<=?";
static const char overdue_sql[] =
    "SELECT id FROM hold WHERE released_ms IS NULL AND review_day<?";
/* What an ended hold kept is free. */
static const char freed_sql[] =
    "SELECT DISTINCT k.person,k.hold FROM kept k JOIN hold h ON h.id=k.hold"
    " WHERE k.hold IS NOT NULL AND h.released_ms IS NOT NULL LIMIT ?";
static const char free_sql[] =
    "UPDATE kept SET hold=NULL,until_day=? WHERE hold=? AND person=?";
static const char kept_sql[] =
    "SELECT count(*) FROM kept WHERE hold=? AND person=? AND erasure<>0";
/* Is there a hold at all that something may have to be done about? */
static const char any_sql[] =
    "SELECT 1 FROM hold WHERE released_ms IS NULL UNION ALL SELECT 1 FROM kept"
    " k JOIN hold h ON h.id=k.hold WHERE k.hold IS NOT NULL AND h.released_ms"
    " IS NOT NULL UNION ALL SELECT 1 FROM hold_item UNION ALL SELECT 1 FROM"
    " hold_look LIMIT 1";
static const char ended_sql[] =
    "SELECT min(i.hold) FROM hold_item i JOIN hold h ON h.id=i.hold WHERE"
    " h.released_ms IS NOT NULL";
static const char tidy_sql[] =
    "DELETE FROM hold_item WHERE hold=? AND item IN (SELECT item FROM hold_item"
    " WHERE hold=? LIMIT ?)";
/* Nobody looks for words any more. */
static const char unlook_sql[] =
    "DELETE FROM hold_look WHERE NOT EXISTS (SELECT 1 FROM hold WHERE"
    " released_ms IS NULL AND words>0)";
static const char words_sql[] =
    "SELECT 1 FROM hold WHERE released_ms IS NULL AND words>0 LIMIT 1";

static int open_state(struct worker *w, struct err *err)
{
	if (w->holding != NULL)
		return 0;
	w->holding = calloc(1, sizeof(*w->holding));
	return w->holding != NULL ? 0 : ERR_SET(err, ERR_NOMEM, "holding", 0);
}

void holding_close(struct worker *w)
{
	if (w->holding != NULL)
		holding_known_free(&w->holding->known);
	free(w->holding);
	w->holding = NULL;
}

/* --- once a minute -------------------------------------------------------- */

typedef int (*part)(struct worker *w, bool *ret_any, struct err *err);

static int in_transaction(struct worker *w, part body, bool *ret_any,
			  struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (body(w, ret_any, err) != 0 || worker_commit(w, err) != 0) {
		worker_roll_back(w);
		hold_changed(w);
		return -1;
	}
	hold_changed(w);
	return 0;
}

static int lapse_one(struct worker *w, bool *ret_any, struct err *err)
{
	const int64_t before_ms =
	    worker_now(w) - (int64_t)HOLDING_UNAPPROVED * DAY_MS;
	bool good = false;
	int64_t id = 0;

	*ret_any = false;
	/* What it protects would be free by a wrong clock. */
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (!good)
		return 0;
	if (store_one_int(w->store, lapsed_sql, STORE_ARGS(S_INT(before_ms)),
			  &id, ret_any, err) != 0)
		return -1;
	return *ret_any ? holding_lapse(w, id, err) : 0;
}

static int overdue(struct worker *w, int64_t *ret_ids, size_t *ret_len,
		   struct err *err)
{
	const int64_t today = caldate_local(w->zone, worker_now(w));
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, overdue_sql, STORE_ARGS(S_INT(today)), &rows,
			err) != 0)
		return -1;
	while (*ret_len < HOLDS_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret_ids[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* It goes on holding: only a person ends it. */
static int alarm_overdue(struct worker *w, bool *ret_any, struct err *err)
{
	struct alarm alarm = {.kind = HOLDING_ALARM_REVIEW, .about = ID_HOLD};
	int64_t ids[HOLDS_MAX];
	size_t len;

	*ret_any = false;
	if (overdue(w, ids, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		alarm.object = ids[i];
		if (alarm_raise(w, &alarm, err) != 0)
			return -1;
	}
	return 0;
}

/* --- what is free again --------------------------------------------------- */

struct freed {
	int64_t person, hold;
};

static int find_freed(struct worker *w, struct freed ret[FREED_SLICE],
		      size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, freed_sql, STORE_ARGS(S_INT(FREED_SLICE)),
			&rows, err) != 0)
		return -1;
	while (*ret_len < FREED_SLICE &&
	       (rc = store_step(w->store, rows, err)) > 0)
		ret[(*ret_len)++] = (struct freed){
		    .person = store_column(w->store, rows, 0).num,
		    .hold = store_column(w->store, rows, 1).num,
		};
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* The sweep looks at rows of table kept whose day has come; an erasure is done
 * once more. */
static int free_one(struct worker *w, const struct freed *f, struct err *err)
{
	const int64_t today = caldate_local(w->zone, worker_now(w));
	int64_t erased = 0;
	bool found;

	if (store_one_int(w->store, kept_sql,
			  STORE_ARGS(S_INT(f->hold), S_INT(f->person)), &erased,
			  &found, err) != 0 ||
	    store_run(
		w->store, free_sql,
		STORE_ARGS(S_INT(today), S_INT(f->hold), S_INT(f->person)),
		err) != 0)
		return -1;
	return erased > 0 ? erasure_again(w, f->person, err) : 0;
}

/* What it found says something about messages that it no longer holds. */
static int tidy_some(struct worker *w, bool *ret_any, struct err *err)
{
	int64_t hold = 0;

	*ret_any = false;
	if (store_run(w->store, unlook_sql, STORE_NO_ARGS, err) != 0 ||
	    store_one_int(w->store, ended_sql, STORE_NO_ARGS, &hold, ret_any,
			  err) != 0)
		return -1;
	return *ret_any ? store_run(w->store, tidy_sql,
				    STORE_ARGS(S_INT(hold), S_INT(hold),
					       S_INT(FREED_SLICE)),
				    err)
			: 0;
}

static int free_some(struct worker *w, bool *ret_any, struct err *err)
{
	struct freed freed[FREED_SLICE];
	size_t len;

	if (find_freed(w, freed, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (free_one(w, &freed[i], err) != 0)
			return -1;
	if (len > 0)
		kept_changed(w);
	if (tidy_some(w, ret_any, err) != 0)
		return -1;
	*ret_any |= len == FREED_SLICE;
	return 0;
}

/* --- the turn ------------------------------------------------------------- */

void holding_wake(struct worker *w)
{
	hold_changed(w);
	if (w->holding != NULL)
		w->holding->days_boot_ms = w->holding->scan_boot_ms = 0;
}

/* Nothing is written where there is nothing to do. */
static int look_at_days(struct worker *w, bool *ret_more, struct err *err)
{
	bool lapsed = false, freed = false, any = false;
	int64_t one;

	*ret_more = false;
	if (store_one_int(w->store, any_sql, STORE_NO_ARGS, &one, &any, err) !=
	    0)
		return -1;
	if (!any)
		return 0;
	if (in_transaction(w, lapse_one, &lapsed, err) != 0 ||
	    in_transaction(w, alarm_overdue, &any, err) != 0 ||
	    in_transaction(w, free_some, &freed, err) != 0)
		return -1;
	*ret_more = lapsed || freed;
	return 0;
}

static int look_for_words(struct worker *w, bool *ret_more, bool *ret_none,
			  struct err *err)
{
	int64_t one;
	bool words = false;

	if (store_one_int(w->store, words_sql, STORE_NO_ARGS, &one, &words,
			  err) != 0)
		return -1;
	*ret_none = !words && w->holding->known == NULL;
	return *ret_none ? 0 : holding_scan(w, ret_more, err);
}

int holding_step(struct worker *w, bool *ret_moved, struct err *err)
{
	const int64_t now = worker_boot(w);
	bool more = false, none = false;

	(void)ret_moved; /* it asks for its next slice by the clock */
	if (open_state(w, err) != 0)
		return -1;
	if (now >= w->holding->days_boot_ms) {
		if (look_at_days(w, &more, err) != 0)
			return -1;
		w->holding->days_boot_ms = now + (more ? PAUSE_MS : MINUTE_MS);
	}
	if (now < w->holding->scan_boot_ms)
		return 0;
	more = false;
	if (look_for_words(w, &more, &none, err) != 0)
		return -1;
	w->holding->scan_boot_ms = now + (more	 ? PAUSE_MS
					  : none ? MINUTE_MS
						 : CAUGHT_MS);
	return 0;
}

/* Overdue for so long: the loop does not let it have its turn, and must not
 * come round for it all the time. */
#define NOT_LET_MS 1000

int64_t holding_due_in_ms(const struct worker *w)
{
	int64_t due, left;

	if (w->holding == NULL)
		return -1;
	due = w->holding->scan_boot_ms < w->holding->days_boot_ms
		  ? w->holding->scan_boot_ms
		  : w->holding->days_boot_ms;
	left = due - worker_boot(w);
	if (left < -NOT_LET_MS)
		return -1;
	return left > 0 ? left : 0;
}
