/* watch.c - somebody is reminded before the time is over.
 *
 * Source: compliance 2.7: internal alarm, awareness and the hours exactly;
 * legal end, from the next full hour on. */
#include "breach.h"
#include "worker/alarm.h"

#define LOOK_MS	   60000
#define HOUR_MS	   (3600 * INT64_C(1000))
#define EARLY_MS   (12 * HOUR_MS)
#define ROUND_ROWS 200

static const char open_sql[] =
    "SELECT id,internal_ms,legal_ms,"
    "CASE WHEN state='closed' OR notified_ms IS NOT NULL OR decision='none'"
    " THEN 1 ELSE 0 END FROM breach WHERE closed_ms IS NULL OR closed_ms>?"
    " ORDER BY id DESC LIMIT 200";

struct watched {
	int64_t id, internal_ms, legal_ms;
	bool settled;
};

static int read_all(struct worker *w, struct watched *ret, size_t *ret_len,
		    struct err *err)
{
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc = 0;

	if (store_start(w->store, open_sql,
			STORE_ARGS(S_INT(worker_now(w) - 24 * HOUR_MS)), &rows,
			err) != 0)
		return -1;
	while (len < ROUND_ROWS && (rc = store_step(w->store, rows, err)) > 0)
		ret[len++] = (struct watched){
		    .id = store_column(w->store, rows, 0).num,
		    .internal_ms = store_column(w->store, rows, 1).num,
		    .legal_ms = store_column(w->store, rows, 2).num,
		    .settled = store_column(w->store, rows, 3).num != 0,
		};
	store_finish(w->store, &rows);
	*ret_len = len;
	return rc < 0 ? -1 : 0;
}

static int watch(struct worker *w, const struct watched *b, const char *kind,
		 int64_t due_ms, struct err *err)
{
	const struct alarm alarm = {.kind = kind,
				    .about = ID_BREACH,
				    .object = b->id,
				    .due_ms = due_ms};

	if (b->settled)
		return alarm_end(w, kind, b->id, err);
	if (worker_now(w) < due_ms - EARLY_MS)
		return 0;
	return alarm_raise(w, &alarm, err);
}

static int watch_all(struct worker *w, const struct watched *all, size_t len,
		     struct err *err)
{
	for (size_t i = 0; i < len; i++)
		if (watch(w, &all[i], "breach.internal_due", all[i].internal_ms,
			  err) != 0 ||
		    watch(w, &all[i], "breach.legal_due", all[i].legal_ms,
			  err) != 0)
			return -1;
	return 0;
}

int breach_watch_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct watched all[ROUND_ROWS];
	size_t len;

	(void)ret_moved; /* nobody waits for it */
	if (w->breach_boot_ms != 0 &&
	    worker_boot(w) - w->breach_boot_ms < LOOK_MS)
		return 0;
	if (read_all(w, all, &len, err) != 0)
		return -1;
	if (len > 0) {
		if (store_begin(w->store, err) != 0)
			return -1;
		if (watch_all(w, all, len, err) != 0) {
			store_roll_back(w->store);
			return -1;
		}
		if (store_commit(w->store, err) != 0)
			return -1;
	}
	w->breach_boot_ms = worker_boot(w) + 1;
	return 0;
}
