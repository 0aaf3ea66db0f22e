/* replay_rest.c - what a replay does once records without a key are gone. */
#include "forget/erasure.h"
#include "postern/log.h"
#include "replay_inside.h"
#include "worker/figures.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define SLICE 200

/* --- records that went while their key stayed ----------------------------- */

static const char record_sql[] =
    "SELECT id FROM replay WHERE kind=? AND id>? ORDER BY id LIMIT 200";

static int records_of(struct replay *r, enum item_kind kind,
		      struct forgetting *f, bool *ret_more, struct err *err)
{
	int64_t ids[SLICE], after = (int64_t)(r->cursor >> 3);
	struct store_rows *rows = NULL;
	uint64_t before = f->items;
	size_t len = 0;
	int rc = 0;

	if (store_start(r->w->store, record_sql,
			STORE_ARGS(S_TEXT(item_kind_name(kind)), S_INT(after)),
			&rows, err) != 0)
		return -1;
	while (len < SLICE && (rc = store_step(r->w->store, rows, err)) > 0)
		ids[len++] = store_column(r->w->store, rows, 0).num;
	store_finish(r->w->store, &rows);
	if (rc < 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (replay_forget(r, f, kind, ids[i], err) != 0)
			return -1;
	*ret_more = len == SLICE;
	return replay_put(r, r->phase,
			  *ret_more
			      ? (uint64_t)ids[len - 1] << 3 | (uint64_t)kind
			      : (uint64_t)kind + 1,
			  f->items - before, err);
}

/* cursor: the last id << 3 | kind. */
static int slice_of_records(struct replay *r, const void *what,
			    struct forgetting *f, struct err *err)
{
	enum item_kind kind = (enum item_kind)(r->cursor & 7);
	bool more = false;

	(void)what;
	if (kind >= ITEM_KINDS)
		return replay_put(r, r->phase + 1, 0, 0, err);
	return records_of(r, kind, f, &more, err);
}

/* --- what is sealed elsewhere --------------------------------------------- */

/* Of persons whose addresses went: nobody finds them by them again. */
#define OF(datenart)                                               \
	"(SELECT id FROM replay WHERE kind='key' AND datenart IN " \
	"('','" datenart "'))"
static const char *const sealed_sql[] = {
    "DELETE FROM address WHERE key_person IN " OF("CONTACT"),
    "UPDATE person SET profile_sealed=NULL WHERE profile_sealed IS NOT NULL"
    " AND id IN " OF("CONTACT"),
    "UPDATE consent_event SET evidence_sealed=NULL WHERE evidence_sealed IS"
    " NOT NULL AND key_person IN " OF("CONSENT"),
    "UPDATE request SET request_sealed=NULL,reply_sealed=NULL WHERE id"
    " IN " OF("REQUEST"),
    "UPDATE hold SET hold_sealed=NULL WHERE id IN " OF("HOLD"),
    "UPDATE telling SET telling_sealed=NULL WHERE id IN " OF("TELLING"),
    "UPDATE breach SET breach_sealed=NULL WHERE id IN " OF("BREACH"),
    "UPDATE canary SET canary_sealed=NULL,ended_ms=coalesce(ended_ms,made_ms)"
    " WHERE id IN " OF("CANARY"),
};

static int slice_of_sealed(struct replay *r, const void *what,
			   struct forgetting *f, struct err *err)
{
	(void)what;
	(void)f;
	for (size_t i = 0; i < sizeof(sealed_sql) / sizeof(sealed_sql[0]); i++)
		if (store_run(r->w->store, sealed_sql[i], STORE_NO_ARGS, err) !=
		    0)
			return -1;
	return replay_put(r, r->phase + 1, 0, 0, err);
}

/* --- persons -------------------------------------------------------------- */

/* Everything else of somebody who was erased goes the way it went then, with
 * its entries in the proof log: those of then may be of another history. */
static const char person_sql[] =
    "SELECT p.id FROM person p WHERE p.id>? AND EXISTS (SELECT 1 FROM replay r"
    " WHERE r.id=p.id AND (r.kind='key' AND r.datenart IN ('','CONTACT') OR"
    " r.kind='person'))"
    " ORDER BY p.id LIMIT 1";
static const char open_sql[] =
    "SELECT count(*) FROM erasure WHERE ended_ms IS NULL AND request IS NULL"
    " AND id>?";

static int slice_of_persons(struct replay *r, const void *what,
			    struct forgetting *f, struct err *err)
{
	struct erasure_order order = {.trigger = TRIGGER_ART17};
	int64_t id;
	bool found = false;

	(void)what;
	(void)f;
	if (store_one_int(r->w->store, person_sql, STORE_ARGS(S_INT(r->cursor)),
			  &order.person, &found, err) != 0)
		return -1;
	if (!found)
		return replay_put(r, r->phase + 1, 0, 0, err);
	if (erasure_begin(r->w, &order, &id, err) != 0)
		return -1;
	return replay_put(r, r->phase, (uint64_t)order.person, 1, err);
}

/* Their turn is in the loop. */
static int slice_of_waiting(struct replay *r, const void *what,
			    struct forgetting *f, struct err *err)
{
	int64_t open = 0;
	bool found = false;

	(void)what;
	(void)f;
	if (store_one_int(r->w->store, open_sql, STORE_ARGS(S_INT(0)), &open,
			  &found, err) != 0)
		return -1;
	return open > 0 ? 0 : replay_put(r, r->phase + 1, 0, 0, err);
}

/* --- the end -------------------------------------------------------------- */

static const char *const over_sql[] = {
    "DELETE FROM replay",
    "DELETE FROM meta WHERE name IN ('restore_phase','restore_cursor',"
    "'restore_count')",
};

static int slice_of_end(struct replay *r, const void *what,
			struct forgetting *f, struct err *err)
{
	const struct act act = {.event = LEDGER_BACKUP_REPLAYED,
				.counted = true,
				.count = r->count};

	(void)what;
	(void)f;
	for (size_t i = 0; i < sizeof(over_sql) / sizeof(over_sql[0]); i++)
		if (store_run(r->w->store, over_sql[i], STORE_NO_ARGS, err) !=
		    0)
			return -1;
	return prove(r->w, &act, err);
}

static int end(struct replay *r, struct err *err)
{
	struct err ignored;

	if (replay_in_tx(r, slice_of_end, NULL, err) != 0)
		return -1;
	LOG(LOG_LEVEL_INFO, "backup.restored",
	    LOG_NUM("replayed", (int64_t)r->count));
	r->w->restoring = false;
	r->w->restrictions_known = false;
	r->w->canaries_known = false;
	/* Every erasure empties it anyway. */
	(void)store_checkpoint(r->w->store, &ignored);
	return 0;
}

int replay_rest(struct replay *r, struct err *err)
{
	switch (r->phase) {
	case REPLAY_RECORDS:
		return replay_in_tx(r, slice_of_records, NULL, err);
	case REPLAY_SEALED:
		return replay_in_tx(r, slice_of_sealed, NULL, err);
	case REPLAY_PERSONS:
		return replay_in_tx(r, slice_of_persons, NULL, err);
	case REPLAY_ERASING:
		return replay_in_tx(r, slice_of_waiting, NULL, err);
	default:
		return end(r, err);
	}
}
