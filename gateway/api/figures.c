/* figures.c - what status and metrics count, read in one go. */
#include "figures.h"

#include "postern/ledger.h"
#include "worker/ledgerclock.h"

#include "conversation.h"

static const char sql_outbox[] =
    "SELECT kind, destination, SUM(CASE state WHEN 'waiting' THEN 1 ELSE 0 "
    "END), SUM(CASE state WHEN 'unknown' THEN 1 ELSE 0 END),"
    " SUM(CASE state WHEN 'dead' THEN 1 ELSE 0 END), MIN(created_ms) FROM "
    "outbox GROUP BY kind,"
    " destination ORDER BY kind, destination";
static const char sql_quarantine[] = "SELECT COUNT(*) FROM quarantine";
static const char sql_media[] =
    "SELECT COUNT(*) FROM attachment WHERE state='wanted'";

static void add_row(struct worker *w, struct store_rows *rows,
		    struct figures *f)
{
	struct figure *one = &f->destinations[f->len];

	if (!column_text(store_column(w->store, rows, 0), one->kind,
			 sizeof(one->kind)) ||
	    !column_name(store_column(w->store, rows, 1), &one->destination))
		return;
	one->waiting = store_column(w->store, rows, 2).num;
	one->unknown = store_column(w->store, rows, 3).num;
	one->dead = store_column(w->store, rows, 4).num;
	one->oldest_ms = store_column(w->store, rows, 5).num;
	f->len++;
}

static int read_outbox(struct worker *w, struct figures *f, struct err *err)
{
	struct store_rows *rows;
	int got = 0;

	if (store_start(w->store, sql_outbox, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while (f->len < FIGURES_MAX &&
	       (got = store_step(w->store, rows, err)) > 0)
		add_row(w, rows, f);
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static int read_ledger(struct worker *w, struct figures *ret, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint c = {.size = 0};
	struct err none = {0};
	int rc =
	    ledger_last(w->store, &note, &c, &ret->ledger.signed_ms, &none);

	buf_free(&note);
	if (rc != 0 && none.kind != ERR_ABSENT) {
		*err = none;
		return -1;
	}
	ret->ledger.signed_size = c.size;
	ret->ledger.compared = ledgerclock_lets(w, false);
	return ledger_entries(w->store, &ret->ledger.entries, err);
}

int figures_read(struct worker *w, struct figures *ret, struct err *err)
{
	bool found;

	*ret = (struct figures){0};
	if (read_outbox(w, ret, err) != 0 ||
	    store_one_int(w->store, sql_quarantine, STORE_NO_ARGS,
			  &ret->quarantined, &found, err) != 0 ||
	    store_one_int(w->store, sql_media, STORE_NO_ARGS,
			  &ret->media_wanted, &found, err) != 0 ||
	    read_ledger(w, ret, err) != 0)
		return -1;
	/* An absent keeper is a figure, not a failure. */
	ret->keeper_away = keeper_status(w->keeper, &ret->keeper, NULL) != 0;
	ret->backlog_bytes = w->receive != NULL ? receive_backlog_bytes(w) : 0;
	ret->ready = atomic_load(&w->ready);
	ret->restoring = w->restoring;
	return 0;
}

const char *figures_ready(const struct figures *f)
{
	if (f->keeper_away)
		return "keeper.away";
	if (f->keeper.locked)
		return "keeper.locked";
	if (f->restoring)
		return "restoring";
	return f->ready ? "ready" : "spool";
}
