/* erasure_freeze.c - from here on nobody is told of the person any more, and
 * whoever writes from one of their addresses is somebody new.
 *
 * What is acknowledged and not yet archived is archived first, so that it is
 * judged with the rest.  Those who have data of the person are written down
 * while it can be known who they are.
 *
 * Source: compliance 7.4 (2); Art. 19 GDPR. */
#include "erasure_inside.h"

#include "recipients/telling.h"
#include "store/family.h"
#include "worker/restriction.h"

#define BEHIND_MS     200
#define BEHIND_MAX_MS (INT64_C(10) * 60 * 1000)

static const char hashes_sql[] =
    PERSON_FAMILY "SELECT person,address_hash FROM address WHERE person IN"
		  " (SELECT id FROM family) AND length(address_hash)>0";
/* Found by nobody; what is sealed stays until step INDEX says otherwise. */
static const char *const freeze_sql[] = {
    PERSON_FAMILY "UPDATE address SET address_hash=x'',to_ms=coalesce(to_ms,"
		  "from_ms) WHERE person IN (SELECT id FROM family)",
    PERSON_FAMILY "DELETE FROM outbox WHERE conversation IN (SELECT id FROM"
		  " conversation WHERE person IN (SELECT id FROM family))",
    PERSON_FAMILY
    "UPDATE conversation SET language=NULL,campaign=NULL,campaign_ms=NULL,"
    "asked_ms=NULL WHERE person IN (SELECT id FROM family)",
};
/* Without a helpdesk none is told of it, and none is shown it. */
static const char unroute_sql[] =
    PERSON_FAMILY "UPDATE conversation SET helpdesk=NULL WHERE person IN"
		  " (SELECT id FROM family)";
static const char kept_sql[] =
    PERSON_FAMILY "SELECT count(*) FROM kept WHERE person IN (SELECT id FROM"
		  " family) AND erasure=? AND until_day IS NULL AND kind IN"
		  " ('message','attachment','note')";
static const char on_hold_sql[] =
    PERSON_FAMILY "SELECT 1 FROM kept WHERE hold IS NOT NULL AND person IN"
		  " (SELECT id FROM family) LIMIT 1";
static const char unname_sql[] =
    PERSON_FAMILY "UPDATE person SET profile_sealed=NULL WHERE id IN"
		  " (SELECT id FROM family)";
static const char close_sql[] =
    PERSON_FAMILY "UPDATE conversation SET state='closed',closed_ms=? WHERE"
		  " state='open' AND person IN (SELECT id FROM family)";

/* --- what is read back in the end ----------------------------------------- */

int erasure_probe(struct run *r, const char *kind, int64_t record,
		  const void *bytes, size_t len, struct err *err)
{
	static const char sql[] =
	    "INSERT INTO erasure_probe(erasure,n,kind,record,bytes) SELECT"
	    " ?,coalesce(max(n),0)+1,?,?,? FROM erasure_probe WHERE erasure=?";

	return store_run(r->w->store, sql,
			 STORE_ARGS(S_INT(r->e.id), S_TEXT(kind), S_INT(record),
				    S_BLOB(bytes, len), S_INT(r->e.id)),
			 err);
}

#define HASH_BYTES 32
#define HASHES_MAX 256

struct hashes {
	int64_t persons[HASHES_MAX];
	uint8_t bytes[HASHES_MAX][HASH_BYTES];
	size_t len;
};

static int read_hashes(struct run *r, struct hashes *ret, struct err *err)
{
	struct store *st = r->w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc = 0;

	if (store_start(st, hashes_sql, STORE_ARGS(S_INT(r->e.person)), &rows,
			err) != 0)
		return -1;
	/* More than that: so many are read back. */
	while (ret->len < HASHES_MAX && (rc = store_step(st, rows, err)) > 0) {
		v = store_column(st, rows, 1);
		if (v.len != HASH_BYTES)
			continue;
		ret->persons[ret->len] = store_column(st, rows, 0).num;
		memcpy(ret->bytes[ret->len++], v.bytes, HASH_BYTES);
	}
	store_finish(st, &rows);
	return ret->len == HASHES_MAX ? 0 : rc;
}

static int probe_all(struct run *r, struct err *err)
{
	struct hashes *h = calloc(1, sizeof(*h));
	int rc = -1;

	if (h == NULL)
		return ERR_SET(err, ERR_NOMEM, "addresses to read back", 0);
	if (read_hashes(r, h, err) == 0)
		rc = 0;
	for (size_t i = 0; rc == 0 && i < h->len; i++)
		rc = erasure_probe(r, "address", h->persons[i], h->bytes[i],
				   HASH_BYTES, err);
	for (size_t i = 0; rc == 0 && i < r->family.len; i++)
		rc = erasure_probe(r, "person", r->family.ids[i], "", 0, err);
	free(h);
	return rc;
}

/* --- the step ------------------------------------------------------------- */

/* Is every single record kept, for a hold or until somebody looked at it?  Of
 * what a law keeps helpdesks keep nothing. */
static int suspended(struct run *r, bool *ret, struct err *err)
{
	int64_t kept = 0;
	bool found;

	if (store_one_int(r->w->store, kept_sql,
			  STORE_ARGS(S_INT(r->e.person), S_INT(r->e.id)), &kept,
			  &found, err) != 0)
		return -1;
	*ret = kept > 0 && (uint64_t)kept >= r->e.of_n;
	return 0;
}

static int freeze(struct run *r, bool all_kept, struct err *err)
{
	bool held = false;

	if (probe_all(r, err) != 0 || erasure_held(r, &held, err) != 0 ||
	    (!held && erasure_run(r, unname_sql, err) != 0))
		return -1;
	for (size_t i = 0; i < sizeof(freeze_sql) / sizeof(freeze_sql[0]); i++)
		if (erasure_run(r, freeze_sql[i], err) != 0)
			return -1;
	/* Who has data of them is still to be told of the erasure then. */
	if (!all_kept && erasure_run(r, unroute_sql, err) != 0)
		return -1;
	r->caches = true;
	return store_run(
	    r->w->store, close_sql,
	    STORE_ARGS(S_INT(r->e.person), S_INT(worker_now(r->w))), err);
}

static bool waits_for_spool(struct run *r)
{
	const int64_t now_ms = worker_now(r->w);

	if (!receive_behind(r->w) || now_ms - r->e.started_ms > BEHIND_MAX_MS)
		return false;
	r->e.next_ms = now_ms + BEHIND_MS;
	return true;
}

/* Of some records alone the helpdesk hears one by one, as they go; who else
 * there is, is written down in step TELL. */
static int plan(struct run *r, bool all_kept, struct err *err)
{
	const struct telling_order order = {
	    .erasure = r->e.id,
	    .request = r->e.request,
	    .person = r->e.person,
	    .event = all_kept ? TELLING_RESTRICTED : TELLING_ERASED,
	};

	return telling_plan(r->w, &order, err);
}

/* A restore erases them again.  Not who is under a hold: whether that came
 * after the backup nobody would know then. */
static int remember(struct run *r, struct err *err)
{
	int64_t one;
	bool held = false;

	if (store_one_int(r->w->store, on_hold_sql,
			  STORE_ARGS(S_INT(r->e.person)), &one, &held,
			  err) != 0)
		return -1;
	for (size_t i = 0; !held && i < r->family.len; i++)
		if (forget_person(&r->f, r->family.ids[i], err) != 0)
			return -1;
	return 0;
}

int erasure_freeze_slice(struct run *r, enum progress *ret, struct err *err)
{
	bool all_kept = false;

	if (waits_for_spool(r)) {
		*ret = WAITS;
		return 0;
	}
	*ret = DONE;
	deliver_forget(r->w, 0);
	if (!erasure_whole(&r->e))
		return 0;
	if (suspended(r, &all_kept, err) != 0 || plan(r, all_kept, err) != 0 ||
	    remember(r, err) != 0)
		return -1;
	if (freeze(r, all_kept, err) != 0)
		return -1;
	return all_kept ? restriction_tell(r->w, r->e.person, err) : 0;
}
