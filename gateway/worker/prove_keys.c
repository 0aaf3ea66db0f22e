/* prove_keys.c - the keys of the instance in the proof log.
 *
 * Data keys are made with the first record sealed under them, which has its
 * entry, and by the hundred thousand: they have none of their own.  The root
 * key has: its epoch is the number that the log and the keeper agree on, so
 * that a rotation whose entry was lost with a power failure is told by the
 * next start. */
#include "inbound.h"
#include "prove.h"

#define EPOCH "ledger_root_epoch" /* the last one told; in meta */

static const char tokens_sql[] =
    "SELECT id FROM token WHERE revoked_ms IS NULL ORDER BY id";

static int tell_key(struct worker *w, enum ledger_event event, int64_t epoch,
		    enum ledger_actor by, struct err *err)
{
	const struct act act = {.event = event,
				.by = by,
				.counted = true,
				.count = (uint64_t)epoch};

	if (prove(w, &act, err) != 0)
		return -1;
	return meta_set_u64(w->store, EPOCH, (uint64_t)epoch, err);
}

/* The first one comes with the installation, before there was a log. */
static int tell_tokens(struct worker *w, struct err *err)
{
	struct act act = {.event = LEDGER_TOKEN_CREATED,
			  .reason = LEDGER_R_INSTALLED,
			  .kind = ID_TOKEN};
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, tokens_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		act.object = store_column(w->store, rows, 0).num;
		rc = prove(w, &act, err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	return rc;
}

static int tell_since(struct worker *w, bool first, int64_t epoch,
		      struct err *err)
{
	if (!first)
		return tell_key(w, LEDGER_KEY_ROTATED, epoch, LEDGER_SYSTEM,
				err);
	if (tell_key(w, LEDGER_KEY_CREATED, epoch, LEDGER_SYSTEM, err) != 0)
		return -1;
	return tell_tokens(w, err);
}

int prove_keys(struct worker *w, int64_t root_epoch, struct err *err)
{
	uint64_t told = 0;
	bool found = false;

	if (meta_get_u64(w->store, EPOCH, &told, &found, err) != 0)
		return -1;
	if (found && told == (uint64_t)root_epoch)
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (tell_since(w, !found, root_epoch, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

int prove_rotation(struct worker *w, int64_t root_epoch, struct err *err)
{
	return tell_key(w, LEDGER_KEY_ROTATED, root_epoch, LEDGER_STAFF, err);
}
