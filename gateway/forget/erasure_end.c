/* erasure_end.c - addresses, keys, the logs of writes, and the entry that says
 * so.
 *
 * Source: compliance 7.2, 7.3, 7.4 (4 to 8, 10, 11). */
#include "erasure_inside.h"

#include "postern/ledger.h"
#include "recipients/telling.h"
#include "store/family.h"
#include "worker/inbound.h"
#include "worker/prove.h"
#include "worker/stamping.h"

#define BUSY_MS	    200
#define TIDY_MAX_MS (INT64_C(60) * 1000)

static const char keeps_sql[] =
    PERSON_FAMILY "SELECT 1 FROM kept WHERE person IN (SELECT id FROM family)"
		  " LIMIT 1";
static const char *const index_sql[] = {
    PERSON_FAMILY "DELETE FROM address WHERE person IN (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM restriction WHERE person IN"
		  " (SELECT id FROM family)",
};
static const char persons_sql[] =
    PERSON_FAMILY "DELETE FROM person WHERE id IN (SELECT id FROM family)";
/* Media the provider still has: their names are sealed under these keys. */
static const char tidies_sql[] =
    PERSON_FAMILY "SELECT 1 FROM attachment WHERE message IS NULL AND"
		  " state='gone' AND key_person IN (SELECT id FROM family)"
		  " LIMIT 1";
static const char untidy_sql[] =
    PERSON_FAMILY "DELETE FROM attachment WHERE message IS NULL AND"
		  " state='gone' AND key_person IN (SELECT id FROM family)";
static const char since_sql[] =
    "SELECT done_ms FROM erasure_step WHERE erasure=? AND step=?";
static const char backup_sql[] =
    "SELECT max(expires_ms) FROM backup WHERE kind='keys' AND expired_ms IS"
    " NULL AND made_ms<=?";
/* One that ended, and whose address was kept for the end of a hold. */
static const char request_sql[] =
    "SELECT 1 FROM request WHERE id=? AND (ended_ms IS NULL OR"
    " answered_ms IS NULL AND reply_sealed IS NOT NULL)";
static const char wake_sql[] = "UPDATE request SET next_ms=0 WHERE id=?";

bool erasure_whole(const struct erasure *e)
{
	return !e->stays;
}

int erasure_held(struct run *r, bool *ret, struct err *err)
{
	static const char sql[] =
	    "SELECT 1 FROM kept WHERE id=? AND kind='person'";
	int64_t one;

	return store_one_int(r->w->store, sql, STORE_ARGS(S_INT(r->e.person)),
			     &one, ret, err);
}

int erasure_keeps(struct run *r, bool *ret, struct err *err)
{
	int64_t one;

	return store_one_int(r->w->store, keeps_sql,
			     STORE_ARGS(S_INT(r->e.person)), &one, ret, err);
}

/* Does the person go altogether, with all keys? */
static int goes(struct run *r, bool *ret, struct err *err)
{
	bool keeps = false;

	*ret = false;
	if (!erasure_whole(&r->e))
		return 0;
	if (erasure_keeps(r, &keeps, err) != 0)
		return -1;
	*ret = !keeps;
	return 0;
}

/* --- addresses ------------------------------------------------------------ */

static int sum_slots(const struct keeper_batch *batch, size_t slots,
		     uint64_t *ret, struct err *err)
{
	const uint8_t *count;
	size_t len;

	*ret = 0;
	for (size_t i = 0; i < slots; i++) {
		struct cut cut;

		if (keeper_result(batch, i, &count, &len, err) != 0)
			return keeper_failed(err);
		cut = CUT(count, len);
		*ret += cut_u32(&cut);
	}
	return 0;
}

typedef size_t add_op(struct keeper_batch *b, int64_t person,
		      const struct name *datenart);

/* One operation for everybody of the family, answered by numbers. */
static int ask_keeper(struct run *r, add_op *add, uint64_t *ret,
		      struct err *err)
{
	struct keeper_batch *batch = NULL;
	int rc;

	if (keeper_batch_new(r->w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < r->family.len; i++)
		(void)add(batch, r->family.ids[i], NULL);
	rc = keeper_run(batch, err) != 0
		 ? keeper_failed(err)
		 : sum_slots(batch, r->family.len, ret, err);
	keeper_batch_free(&batch);
	return rc;
}

/* Keys are counted before they go: a process that dies between destroying and
 * writing it down finds none to count. */
int erasure_index_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool all = false;

	*ret = DONE;
	if (goes(r, &all, err) != 0)
		return -1;
	if (!all)
		return 0;
	for (size_t i = 0; i < sizeof(index_sql) / sizeof(index_sql[0]); i++)
		if (erasure_run(r, index_sql[i], err) != 0)
			return -1;
	return ask_keeper(r, keeper_add_count_keys, &r->e.keys, err);
}

/* --- keys ----------------------------------------------------------------- */

/* The provider's copies are deleted first, as far as it takes calls; after a
 * minute the name goes anyway, and the provider's own period ends it. */
static int tidies(struct run *r, bool *ret, struct err *err)
{
	const int64_t now_ms = worker_now(r->w);
	int64_t one, since_ms = now_ms;
	bool found;

	if (store_one_int(r->w->store, tidies_sql,
			  STORE_ARGS(S_INT(r->e.person)), &one, ret,
			  err) != 0 ||
	    !*ret)
		return *ret ? -1 : 0;
	if (store_one_int(r->w->store, since_sql,
			  STORE_ARGS(S_INT(r->e.id), S_INT(ERASURE_INDEX)),
			  &since_ms, &found, err) != 0)
		return -1;
	if (r->w->media != NULL && now_ms - since_ms < TIDY_MAX_MS) {
		r->e.next_ms = now_ms + BUSY_MS;
		return 0;
	}
	*ret = false;
	return erasure_run(r, untidy_sql, err);
}

static int waits_for_backups(struct run *r, struct err *err)
{
	int64_t expires_ms = 0;

	if (store_one_int(r->w->store, backup_sql,
			  STORE_ARGS(S_INT(worker_now(r->w))), &expires_ms,
			  &r->e.waits.is, err) != 0)
		return -1;
	if (r->e.waits.is)
		r->e.waits.day = caldate_local(r->w->zone, expires_ms);
	return 0;
}

static int all_keys(struct run *r, struct err *err)
{
	const struct act act = {
	    .event = LEDGER_KEY_DESTROYED,
	    .reason = LEDGER_R_ERASURE,
	    .kind = ID_ERASURE,
	    .object = r->e.id,
	    .counted = true,
	    .count = r->e.keys,
	};
	uint64_t now;

	/* No key goes whose end the log cannot tell. */
	if ((r->e.keys > 0 && prove(r->w, &act, err) != 0) ||
	    prove_write(r->w, err) != 0 ||
	    ask_keeper(r, keeper_add_shred, &now, err) != 0)
		return -1;
	return erasure_run(r, persons_sql, err);
}

int erasure_keys_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool waits = false, all = false;
	uint64_t keys = 0;

	*ret = WAITS;
	if (tidies(r, &waits, err) != 0)
		return -1;
	if (waits)
		return 0;
	*ret = DONE;
	if (waits_for_backups(r, err) != 0 || goes(r, &all, err) != 0)
		return -1;
	if (all)
		return all_keys(r, err);
	for (size_t i = 0; i < r->family.len; i++) {
		if (forget_keys(r->w, r->family.ids[i], &keys, err) != 0)
			return -1;
		r->e.keys += keys;
	}
	return 0;
}

/* --- the entry, and those who are told -------------------------------------
 */

int erasure_ledger_slice(struct run *r, enum progress *ret, struct err *err)
{
	const struct act act = {
	    .event = LEDGER_ERASE_EXECUTED,
	    .reason = r->e.request != 0 ? LEDGER_R_REQUEST : LEDGER_R_POLICY,
	    .kind = ID_ERASURE,
	    .object = r->e.id,
	    .counted = true,
	    .count = r->e.n,
	};
	uint64_t entries = 0;

	*ret = DONE;
	if (prove(r->w, &act, err) != 0 || prove_write(r->w, err) != 0 ||
	    ledger_entries(r->w->store, &entries, err) != 0)
		return -1;
	r->e.entry = (int64_t)entries - 1;
	return 0;
}

/* Where the whole person goes this was done before the first row went. */
static int plan_partly(struct run *r, struct err *err)
{
	const struct telling_order order = {
	    .erasure = r->e.id,
	    .request = r->e.request,
	    .person = r->e.person,
	    .event = TELLING_ERASED_PARTLY,
	};

	return erasure_whole(&r->e) || r->e.n == 0
		   ? 0
		   : telling_plan(r->w, &order, err);
}

int erasure_tell_slice(struct run *r, enum progress *ret, struct err *err)
{
	*ret = DONE;
	if (plan_partly(r, err) != 0)
		return -1;
	return telling_release(r->w, r->e.id, err);
}

int erasure_stamp_slice(struct run *r, enum progress *ret, struct err *err)
{
	*ret = DONE;
	return stamping_ask(r->w, err);
}

/* Whoever asked gets an answer; what is done once more is answered once more
 * where that was left open: a hold kept something, and has ended. */
int erasure_answer_slice(struct run *r, enum progress *ret, struct err *err)
{
	int64_t one;
	bool open = false;

	*ret = DONE;
	if (r->e.request != 0 && store_one_int(r->w->store, request_sql,
					       STORE_ARGS(S_INT(r->e.request)),
					       &one, &open, err) != 0)
		return -1;
	if (!open)
		return 0;
	*ret = WAITS;
	r->e.next_ms = INT64_MAX; /* until erasure_answered() */
	r->w->rights.asked = true;
	return store_run(r->w->store, wake_sql, STORE_ARGS(S_INT(r->e.request)),
			 err);
}
