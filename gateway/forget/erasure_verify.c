/* erasure_verify.c - it is read back: nobody is found by the addresses, no row
 * is left, no file, no key.
 *
 * What is looked for was written down before it went (erasure_probe), and goes
 * when nothing of it was found.
 *
 * Source: compliance 7.2 (verified), 7.4 (9), 9 E1. */
#include "erasure_inside.h"

#include <errno.h>
#include <sys/stat.h>

#include "postern/log.h"
#include "postern/lookup.h"
#include "worker/alarm.h"
#include "worker/erase.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define AGAIN_MS   (INT64_C(60) * 1000)
#define PAGE	   64
#define FILE_BYTES 64

static const char address_sql[] =
    "SELECT 1 FROM erasure_probe p JOIN address a ON a.address_hash=p.bytes"
    " AND a.person=p.record WHERE p.erasure=? AND p.kind='address' LIMIT 1";
static const char person_sql[] =
    "SELECT 1 FROM erasure_probe p WHERE p.erasure=? AND p.kind='person' AND"
    " (EXISTS (SELECT 1 FROM person q WHERE q.id=p.record) OR EXISTS"
    " (SELECT 1 FROM address a WHERE a.person=p.record) OR EXISTS"
    " (SELECT 1 FROM conversation c WHERE c.person=p.record) OR EXISTS"
    " (SELECT 1 FROM consent_event e WHERE e.person=p.record)) LIMIT 1";
static const char persons_sql[] =
    "SELECT record FROM erasure_probe WHERE erasure=? AND kind='person'";
static const char files_sql[] =
    "SELECT bytes FROM erasure_probe WHERE erasure=? AND kind='file'";
static const char pending_sql[] = "SELECT 1 FROM meta WHERE name='unlink'";
/* A row is left that is neither kept nor, of what it carried, the bare rest. */
static const char stray_sql[] =
    "SELECT 1 FROM message m WHERE m.id=? AND m.key_person IN (SELECT record"
    " FROM erasure_probe WHERE erasure=? AND kind='person') AND NOT EXISTS"
    " (SELECT 1 FROM kept k WHERE k.id=m.id) AND (m.content_sealed IS NOT NULL"
    " OR NOT EXISTS (SELECT 1 FROM attachment a JOIN kept k ON k.id=a.id WHERE"
    " a.message=m.id))";
static const char done_sql[] = "DELETE FROM erasure_probe WHERE erasure=?";

static int any(struct run *r, const char *sql, bool *ret, struct err *err)
{
	int64_t one;
	bool found = false;

	if (store_one_int(r->w->store, sql, STORE_ARGS(S_INT(r->e.id)), &one,
			  &found, err) != 0)
		return -1;
	*ret |= found;
	return 0;
}

/* --- files ---------------------------------------------------------------- */

static bool there(const struct run *r, const char *file)
{
	char path[700];
	struct stat st;
	int n = snprintf(path, sizeof(path), "%s/media/%.2s/%s",
			 r->w->settings->dir, file, file);

	/* What cannot be looked at may be there. */
	return n < 0 || (size_t)n >= sizeof(path) || stat(path, &st) == 0 ||
	       errno != ENOENT;
}

static int files_left(struct run *r, bool *ret, struct err *err)
{
	struct store *st = r->w->store;
	struct store_rows *rows = NULL;
	char file[FILE_BYTES];
	int64_t one;
	bool pending = false;
	int rc;

	if (store_start(st, files_sql, STORE_ARGS(S_INT(r->e.id)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		struct store_value v = store_column(st, rows, 0);

		if (v.len == 0 || v.len >= sizeof(file))
			continue;
		memcpy(file, v.bytes, v.len);
		file[v.len] = '\0';
		*ret |= there(r, file);
	}
	store_finish(st, &rows);
	if (rc < 0 || store_one_int(st, pending_sql, STORE_NO_ARGS, &one,
				    &pending, err) != 0)
		return -1;
	*ret |= pending;
	return 0;
}

/* --- rows ----------------------------------------------------------------- */

static int stray_in(void *ctx, int64_t conversation, struct err *err)
{
	struct run *r = ctx;
	int64_t ids[PAGE], before = INT64_MAX, one;
	size_t len = PAGE;
	bool stray = false;

	while (len == PAGE) {
		if (lookup_conversation(r->w->store, conversation, before, ids,
					PAGE, &len, err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++) {
			if (store_one_int(
				r->w->store, stray_sql,
				STORE_ARGS(S_INT(ids[i]), S_INT(r->e.id)), &one,
				&stray, err) != 0)
				return -1;
			if (stray)
				return 1;
			before = ids[i];
		}
	}
	return 0;
}

static int rows_left(struct run *r, bool *ret, struct err *err)
{
	int rc = trail_conversations(r->w, r->e.person, stray_in, r, err);

	*ret |= rc > 0;
	return rc < 0 ? -1 : 0;
}

/* --- keys ----------------------------------------------------------------- */

static int keys_left(struct run *r, bool *ret, struct err *err)
{
	struct keeper_batch *batch = NULL;
	struct store_rows *rows = NULL;
	const uint8_t *count;
	size_t slots = 0, len;
	int rc = -1;

	if (keeper_batch_new(r->w->keeper, &batch, err) != 0)
		return -1;
	if (store_start(r->w->store, persons_sql, STORE_ARGS(S_INT(r->e.id)),
			&rows, err) != 0)
		goto out;
	while ((rc = store_step(r->w->store, rows, err)) > 0) {
		(void)keeper_add_count_keys(
		    batch, store_column(r->w->store, rows, 0).num, NULL);
		slots++;
	}
	store_finish(r->w->store, &rows);
	if (rc == 0 && slots > 0 && keeper_run(batch, err) != 0)
		rc = keeper_failed(err);
	for (size_t i = 0; rc == 0 && i < slots; i++) {
		struct cut cut;

		if (keeper_result(batch, i, &count, &len, err) != 0) {
			rc = keeper_failed(err);
			break;
		}
		cut = CUT(count, len);
		*ret |= cut_u32(&cut) != 0;
	}
out:
	keeper_batch_free(&batch);
	return rc;
}

/* --- the step ------------------------------------------------------------- */

static int look(struct run *r, bool *ret_left, struct err *err)
{
	bool keeps = false;

	if (!erasure_whole(&r->e))
		return files_left(r, ret_left, err);
	if (any(r, address_sql, ret_left, err) != 0 ||
	    files_left(r, ret_left, err) != 0 ||
	    rows_left(r, ret_left, err) != 0 ||
	    erasure_keeps(r, &keeps, err) != 0)
		return -1;
	if (keeps)
		return 0;
	if (any(r, person_sql, ret_left, err) != 0)
		return -1;
	return keys_left(r, ret_left, err);
}

static int failed(struct run *r, struct err *err)
{
	const struct alarm alarm = {
	    .kind = "erasure.unverified",
	    .about = ID_ERASURE,
	    .object = r->e.id,
	};

	LOG0(LOG_LEVEL_ERROR, "erasure.unverified");
	r->e.next_ms = worker_now(r->w) + AGAIN_MS;
	return alarm_raise(r->w, &alarm, err);
}

static int verified(struct run *r, struct err *err)
{
	const struct act act = {
	    .event = LEDGER_ERASE_VERIFIED,
	    .kind = ID_ERASURE,
	    .object = r->e.id,
	};

	if (alarm_end(r->w, "erasure.unverified", r->e.id, err) != 0 ||
	    store_run(r->w->store, done_sql, STORE_ARGS(S_INT(r->e.id)), err) !=
		0)
		return -1;
	return prove(r->w, &act, err);
}

int erasure_verify_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool left = false;

	if (look(r, &left, err) != 0)
		return -1;
	*ret = left ? BACK : DONE;
	return left ? failed(r, err) : verified(r, err);
}
