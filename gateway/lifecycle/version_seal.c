/* version_seal.c - what the keeper vouches for: versions and approvals.
 *
 * The keeper's hash of use "policy" over every column but the bytes, which
 * the digest stands for.  It is made anew with each change of the row. */
#include "version.h"

#include <sodium.h>

#define SEALED_MAX 1024u

static const char add_sql[] =
    "INSERT INTO policy_version(id,digest,name,version,state,bytes,author,"
    "base,proposed_ms,from_ms,needed,tolerance,shortens,active_ms,"
    "shadow_from_ms,shadow_until_ms,seal)"
    " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)";
static const char change_sql[] =
    "UPDATE policy_version SET state=?,due_ms=?,active_ms=?,ended_ms=?,"
    "ended_by=?,reason=?,shadow_from_ms=?,shadow_until_ms=?,effect=?,"
    "recount=?,seal=? WHERE id=?";
static const char approve_sql[] =
    "INSERT INTO policy_approval(policy,actor,at_ms,seal) VALUES(?,?,?,?)";

/* --- what is sealed ------------------------------------------------------- */

static int put_text(struct buf *b, const char *text, struct err *err)
{
	if (buf_append_u32(b, (uint32_t)strlen(text), err) != 0)
		return -1;
	return buf_append_text(b, text, err);
}

/* A long text by its hash; one that is not there is none that is empty. */
static int put_hash(struct buf *b, const char *text, struct err *err)
{
	uint8_t hash[crypto_generichash_BYTES] = {0};

	if (buf_append_u8(b, text != NULL, err) != 0)
		return -1;
	if (text != NULL)
		(void)crypto_generichash(hash, sizeof(hash),
					 (const uint8_t *)text, strlen(text),
					 NULL, 0);
	return buf_append(b, hash, sizeof(hash), err);
}

static int put_version(struct buf *b, const struct version *v, struct err *err)
{
	const int64_t numbers[] = {
	    v->id,	    v->number,	       v->author,	   v->base,
	    v->proposed_ms, v->from_ms,	       v->needed,	   v->tolerance,
	    v->shortens,    v->due_ms,	       v->active_ms,	   v->ended_ms,
	    v->ended_by,    v->shadow_from_ms, v->shadow_until_ms,
	};

	if (put_text(b, "policy_version", err) != 0 ||
	    buf_append(b, v->digest, sizeof(v->digest), err) != 0 ||
	    put_text(b, v->name.text, err) != 0 ||
	    put_text(b, version_state_name(v->state), err) != 0 ||
	    put_text(b, v->reason, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (buf_append_u64(b, (uint64_t)numbers[i], err) != 0)
			return -1;
	if (put_hash(b, v->effect, err) != 0)
		return -1;
	return put_hash(b, v->recount, err);
}

/* What was agreed to: these bytes, and this effect of them. */
static int put_approval(struct buf *b, const struct version *v, int64_t actor,
			int64_t at_ms, struct err *err)
{
	if (put_text(b, "policy_approval", err) != 0 ||
	    buf_append_u64(b, (uint64_t)v->id, err) != 0 ||
	    buf_append_u64(b, (uint64_t)actor, err) != 0 ||
	    buf_append_u64(b, (uint64_t)at_ms, err) != 0 ||
	    buf_append(b, v->digest, sizeof(v->digest), err) != 0)
		return -1;
	return put_hash(b, v->effect, err);
}

static int seal_one(struct keeper *k, const struct buf *what,
		    uint8_t ret[VERSION_SEAL_BYTES], struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *hash = NULL;
	size_t slot, len = 0;
	int rc = -1;

	if (keeper_batch_new(k, &batch, err) != 0)
		return -1;
	slot = keeper_add_hash(batch, "policy", what->bytes, what->len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &hash, &len, err) != 0)
		goto out;
	if (len != VERSION_SEAL_BYTES) {
		(void)ERR_SET(err, ERR_BUSY, "keyed hash of wrong length", 0);
		goto out;
	}
	memcpy(ret, hash, VERSION_SEAL_BYTES);
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

static int seal_version(struct keeper *k, const struct version *v,
			uint8_t ret[VERSION_SEAL_BYTES], struct err *err)
{
	struct buf what = BUF_INIT(SEALED_MAX);
	int rc = put_version(&what, v, err);

	if (rc == 0)
		rc = seal_one(k, &what, ret, err);
	buf_free(&what);
	return rc;
}

static int seal_approval(struct keeper *k, const struct version *v,
			 int64_t actor, int64_t at_ms,
			 uint8_t ret[VERSION_SEAL_BYTES], struct err *err)
{
	struct buf what = BUF_INIT(SEALED_MAX);
	int rc = put_approval(&what, v, actor, at_ms, err);

	if (rc == 0)
		rc = seal_one(k, &what, ret, err);
	buf_free(&what);
	return rc;
}

/* --- writing -------------------------------------------------------------- */

static struct store_value maybe(int64_t n)
{
	return n != 0 ? S_INT(n) : S_NULL;
}

int version_add(struct store *st, struct keeper *k, struct version *v,
		const uint8_t *bytes, size_t len, struct err *err)
{
	if (seal_version(k, v, v->seal, err) != 0)
		return -1;
	v->sealed = true;
	return store_run(
	    st, add_sql,
	    STORE_ARGS(S_INT(v->id), S_BLOB(v->digest, sizeof(v->digest)),
		       S_TEXT(v->name.text), S_INT(v->number),
		       S_TEXT(version_state_name(v->state)), S_BLOB(bytes, len),
		       S_INT(v->author), S_INT(v->base), S_INT(v->proposed_ms),
		       S_INT(v->from_ms), S_INT(v->needed), S_INT(v->tolerance),
		       S_INT(v->shortens), maybe(v->active_ms),
		       maybe(v->shadow_from_ms), maybe(v->shadow_until_ms),
		       S_BLOB(v->seal, sizeof(v->seal))),
	    err);
}

int version_change(struct store *st, struct keeper *k, struct version *v,
		   struct err *err)
{
	if (seal_version(k, v, v->seal, err) != 0)
		return -1;
	v->sealed = true;
	return store_run(
	    st, change_sql,
	    STORE_ARGS(S_TEXT(version_state_name(v->state)), maybe(v->due_ms),
		       maybe(v->active_ms), maybe(v->ended_ms),
		       maybe(v->ended_by),
		       S_TEXT(v->reason[0] != '\0' ? v->reason : NULL),
		       maybe(v->shadow_from_ms), maybe(v->shadow_until_ms),
		       S_TEXT(v->effect), S_TEXT(v->recount),
		       S_BLOB(v->seal, sizeof(v->seal)), S_INT(v->id)),
	    err);
}

int version_approve(struct store *st, struct keeper *k, const struct version *v,
		    int64_t actor, int64_t at_ms, struct err *err)
{
	uint8_t seal[VERSION_SEAL_BYTES];

	if (seal_approval(k, v, actor, at_ms, seal, err) != 0)
		return -1;
	return store_run(st, approve_sql,
			 STORE_ARGS(S_INT(v->id), S_INT(actor), S_INT(at_ms),
				    S_BLOB(seal, sizeof(seal))),
			 err);
}

/* --- checking ------------------------------------------------------------- */

static int bytes_are(struct store *st, const struct version *v, bool *ret,
		     struct err *err)
{
	struct buf bytes = BUF_INIT(VERSION_BYTES_MAX);
	uint8_t digest[POLICY_DIGEST_BYTES];
	int rc = version_bytes(st, v->id, &bytes, err);

	if (rc == 0) {
		(void)crypto_generichash(digest, sizeof(digest), bytes.bytes,
					 bytes.len, NULL, 0);
		*ret = memcmp(digest, v->digest, sizeof(digest)) == 0;
	}
	buf_free(&bytes);
	return rc;
}

static int approvals_are(struct store *st, struct keeper *k,
			 const struct version *v, bool *ret, struct err *err)
{
	struct approval all[APPROVALS_MAX];
	uint8_t seal[VERSION_SEAL_BYTES];
	size_t len = 0;

	if (version_approvals(st, v->id, all, &len, err) != 0)
		return -1;
	*ret = (int64_t)len >= v->needed;
	for (size_t i = 0; i < len && *ret; i++) {
		if (seal_approval(k, v, all[i].actor, all[i].at_ms, seal,
				  err) != 0)
			return -1;
		*ret = all[i].sealed && all[i].actor != v->author &&
		       sodium_memcmp(seal, all[i].seal, sizeof(seal)) == 0;
	}
	return 0;
}

int version_check(struct store *st, struct keeper *k, const struct version *v,
		  bool *ret_good, struct err *err)
{
	uint8_t seal[VERSION_SEAL_BYTES];

	*ret_good = false;
	if (!v->sealed)
		return 0;
	if (seal_version(k, v, seal, err) != 0)
		return -1;
	*ret_good = sodium_memcmp(seal, v->seal, sizeof(seal)) == 0;
	if (*ret_good && bytes_are(st, v, ret_good, err) != 0)
		return -1;
	if (!*ret_good || v->state == VERSION_PROPOSED ||
	    v->state == VERSION_STOPPED)
		return 0;
	return approvals_are(st, k, v, ret_good, err);
}
