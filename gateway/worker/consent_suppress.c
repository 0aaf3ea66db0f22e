/* consent_suppress.c - the suppression list: hashes of addresses, under a key
 * that outlives every person.
 *
 * Source: Art. 21(3) GDPR; compliance 4.5. */
#include "consent.h"

#include <sodium.h>

#include "store/family.h"
#include "inbound.h"
#include "postern/blindindex.h"
#include "withdrawallog.h"

#define HASH_BYTES    32
#define ADDRESSES_MAX 32
#define SPELLING_MAX  (32 + 1 + ADDRESS_LEN_MAX + 2)
#define KIND_BYTES    24

static const char addresses_sql[] =
    PERSON_FAMILY "SELECT id,key_person,year,kind,address_sealed FROM address"
		  " WHERE person IN (SELECT id FROM family) AND to_ms IS NULL"
		  " ORDER BY id DESC";
static const char enter_sql[] =
    "INSERT INTO suppression(suppress_hash,scope,channel,since_ms,reason)"
    " VALUES(?,?,?,?,?) ON CONFLICT(suppress_hash,scope,channel) DO UPDATE"
    " SET since_ms=max(since_ms,excluded.since_ms),reason=excluded.reason";
static const char since_sql[] =
    "SELECT max(since_ms) FROM suppression WHERE suppress_hash=?"
    " AND scope IN (?,?,?) AND channel IN ('',?)";
static const char listed_sql[] =
    "SELECT scope,channel,reason,since_ms FROM suppression"
    " WHERE suppress_hash=?";
/* What ended a consent, by anybody. */
static const char stopped_sql[] =
    PERSON_FAMILY "SELECT max(at_ms) FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND purpose IN (?,?,?)"
		  " AND channel IN ('',?) AND kind IN"
		  " ('withdrawn','revoked','refused','invalidated')";
/* Said by the person, in person. */
static const char lifted_sql[] =
    PERSON_FAMILY "SELECT 1 FROM consent_event WHERE person IN"
		  " (SELECT id FROM family) AND purpose=? AND channel=?"
		  " AND kind IN ('given','renewed') AND method IN"
		  " ('reply','link') AND at_ms>? LIMIT 1";

/* --- hashing -------------------------------------------------------------- */

/* Adds one address; NO_HASH: it is none. */
#define NO_HASH SIZE_MAX
static size_t hash_add(const struct worker *w, struct keeper_batch *batch,
		       const char *kind, const char *text, size_t len)
{
	char spelling[SPELLING_MAX];
	struct err ignored;
	size_t at, spelled = 0, slot = NO_HASH;
	int n = snprintf(spelling, 32 + 2, "%s\x1f", kind);

	at = n > 0 && n <= 32 + 1 ? (size_t)n : 0;
	if (at != 0 &&
	    blind_index_normalise(kind, w->settings->controller.country, text,
				  len, spelling + at, &spelled, &ignored) == 0)
		slot = keeper_add_hash(batch, "suppression", spelling,
				       at + spelled);
	sodium_memzero(spelling, sizeof(spelling));
	return slot;
}

static int hash_get(const struct keeper_batch *batch, size_t slot,
		    const uint8_t **ret, struct err *err)
{
	size_t len = 0;

	*ret = NULL;
	if (slot == NO_HASH)
		return 0;
	if (keeper_result(batch, slot, ret, &len, err) != 0)
		return keeper_failed(err);
	return len == HASH_BYTES ? 0
				 : ERR_SET(err, ERR_CORRUPT, "hash length", 0);
}

/* --- entering ------------------------------------------------------------- */

struct address {
	char kind[KIND_BYTES];
	size_t opened, hash;
};

static int address_add(struct worker *w, struct store_rows *rows,
		       struct keeper_batch *batch, struct address *ret)
{
	struct store_value sealed = store_column(w->store, rows, 4);
	struct key_ref key = {
	    .person = store_column(w->store, rows, 1).num,
	    .year = (uint16_t)store_column(w->store, rows, 2).num,
	};

	if (sealed.len == 0 || !store_word(store_column(w->store, rows, 3),
					   ret->kind, sizeof(ret->kind)))
		return 0;
	(void)name_set(&key.datenart, "CONTACT", 7); /* a constant */
	ret->opened =
	    keeper_add_open(batch, &key, store_column(w->store, rows, 0).num,
			    FIELD_ADDRESS, sealed.bytes, sealed.len);
	return 1;
}

static int addresses_of(struct worker *w, int64_t person,
			struct keeper_batch *batch, struct address *all,
			size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc = 0;

	*ret_len = 0;
	if (store_start(w->store, addresses_sql, STORE_ARGS(S_INT(person)),
			&rows, err) != 0)
		return -1;
	while (*ret_len < ADDRESSES_MAX &&
	       (rc = store_step(w->store, rows, err)) > 0)
		*ret_len += (size_t)address_add(w, rows, batch, &all[*ret_len]);
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int hash_all(struct worker *w, const struct keeper_batch *opened,
		    struct address *all, size_t len,
		    struct keeper_batch *hashed, struct err *err)
{
	const uint8_t *text = NULL;
	size_t text_len = 0;

	for (size_t i = 0; i < len; i++) {
		struct err why = {0};

		all[i].hash = NO_HASH;
		if (keeper_result(opened, all[i].opened, &text, &text_len,
				  &why) == 0)
			all[i].hash = hash_add(w, hashed, all[i].kind,
					       (const char *)text, text_len);
		/* Shredded: nobody can write to it any more. */
		else if (why.kind != ERR_ABSENT) {
			*err = why;
			return keeper_failed(err);
		}
	}
	return keeper_run(hashed, err) != 0 ? keeper_failed(err) : 0;
}

static int enter_one(struct worker *w, const struct keeper_batch *hashed,
		     size_t slot, const struct consent_entered *e,
		     struct err *err)
{
	const uint8_t *hash;

	if (hash_get(hashed, slot, &hash, err) != 0)
		return -1;
	if (hash == NULL)
		return 0;
	if (withdrawal_log_hash(w, hash, e, err) != 0)
		return -1;
	return store_run(w->store, enter_sql,
			 STORE_ARGS(S_BLOB(hash, HASH_BYTES), S_TEXT(e->scope),
				    S_TEXT(e->channel->text),
				    S_INT(e->since_ms), S_TEXT(e->reason)),
			 err);
}

static int enter_all(struct worker *w, const struct keeper_batch *hashed,
		     const struct address *all, size_t len,
		     const struct consent_entered *e, struct err *err)
{
	for (size_t i = 0; i < len; i++)
		if (enter_one(w, hashed, all[i].hash, e, err) != 0)
			return -1;
	return 0;
}

/* The hashes of every address the person has today. */
struct hashed {
	struct keeper_batch *opened, *batch;
	struct address all[ADDRESSES_MAX];
	size_t len;
};

static void hashed_free(struct hashed *h)
{
	keeper_batch_free(&h->opened);
	keeper_batch_free(&h->batch);
}

static int hash_person(struct worker *w, int64_t person, struct hashed *ret,
		       struct err *err)
{
	*ret = (struct hashed){0};
	if (keeper_batch_new(w->keeper, &ret->opened, err) != 0 ||
	    keeper_batch_new(w->keeper, &ret->batch, err) != 0 ||
	    addresses_of(w, person, ret->opened, ret->all, &ret->len, err) != 0)
		return -1;
	if (ret->len == 0)
		return 0;
	if (keeper_run(ret->opened, err) != 0)
		return keeper_failed(err);
	return hash_all(w, ret->opened, ret->all, ret->len, ret->batch, err);
}

int consent_suppress(struct worker *w, int64_t person, const char *scope,
		     const struct name *channel, const char *reason,
		     int64_t since_ms, struct err *err)
{
	const struct consent_entered entry = {scope, reason, channel, since_ms};
	struct hashed h;
	int rc = -1;

	if (hash_person(w, person, &h, err) == 0)
		rc = enter_all(w, h.batch, h.all, h.len, &entry, err);
	hashed_free(&h);
	return rc;
}

/* --- looking -------------------------------------------------------------- */

/* The word that stands for every purpose of this one's kind. */
static const char *kind_of(const struct worker *w, const struct consent_of *of)
{
	struct policy_purpose purpose;

	return policy_purpose_of(w->policy, &of->purpose, &of->channel,
				 &purpose) &&
		       purpose.marketing
		   ? CONSENT_MARKETING
		   : of->purpose.text;
}

/* *ret goes from "was ended at since_ms" to "and it counts still". */
static int still_counts(struct worker *w, const struct consent_of *of,
			int64_t since_ms, bool *ret, struct err *err)
{
	bool lifted = false;
	int64_t one;

	if (!*ret)
		return 0;
	if (store_one_int(w->store, lifted_sql,
			  STORE_ARGS(S_INT(of->person),
				     S_TEXT(of->purpose.text),
				     S_TEXT(of->channel.text), S_INT(since_ms)),
			  &one, &lifted, err) != 0)
		return -1;
	*ret = !lifted;
	return 0;
}

static int is_entered(struct worker *w, const uint8_t *hash,
		      const struct consent_of *of, bool *ret, struct err *err)
{
	int64_t since_ms = 0;

	if (store_one_int(w->store, since_sql,
			  STORE_ARGS(S_BLOB(hash, HASH_BYTES),
				     S_TEXT(of->purpose.text),
				     S_TEXT(kind_of(w, of)),
				     S_TEXT(CONSENT_EVERY_PURPOSE),
				     S_TEXT(of->channel.text)),
			  &since_ms, ret, err) != 0)
		return -1;
	return still_counts(w, of, since_ms, ret, err);
}

int consent_stopped(struct worker *w, const struct consent_of *of, bool *ret,
		    struct err *err)
{
	int64_t since_ms = 0;

	*ret = false;
	if (store_one_int(w->store, stopped_sql,
			  STORE_ARGS(S_INT(of->person),
				     S_TEXT(of->purpose.text),
				     S_TEXT(kind_of(w, of)),
				     S_TEXT(CONSENT_EVERY_PURPOSE),
				     S_TEXT(of->channel.text)),
			  &since_ms, ret, err) != 0)
		return -1;
	return still_counts(w, of, since_ms, ret, err);
}

/* The hashes of a party's addresses; their slots in slots. */
static int hash_party(struct worker *w, const struct party *party,
		      struct keeper_batch *batch,
		      size_t slots[PARTY_ADDRESSES_MAX], struct err *err)
{
	for (size_t i = 0; i < party->addresses_len; i++)
		slots[i] = hash_add(w, batch, party->addresses[i].kind,
				    party->addresses[i].text,
				    strlen(party->addresses[i].text));
	return keeper_run(batch, err) != 0 ? keeper_failed(err) : 0;
}

int consent_suppress_party(struct worker *w, const struct party *party,
			   const struct consent_entered *entry, struct err *err)
{
	struct keeper_batch *batch = NULL;
	size_t slots[PARTY_ADDRESSES_MAX];
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (hash_party(w, party, batch, slots, err) != 0)
		goto out;
	for (size_t i = 0; i < party->addresses_len; i++)
		if (enter_one(w, batch, slots[i], entry, err) != 0)
			goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

int consent_suppressed(struct worker *w, const struct party *party,
		       const struct consent_of *of, bool *ret, struct err *err)
{
	struct keeper_batch *batch = NULL;
	size_t slots[PARTY_ADDRESSES_MAX];
	const uint8_t *hash;
	int rc = -1;

	*ret = false;
	if (party->addresses_len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (hash_party(w, party, batch, slots, err) != 0)
		goto out;
	for (size_t i = 0; i < party->addresses_len && !*ret; i++)
		if (hash_get(batch, slots[i], &hash, err) != 0 ||
		    (hash != NULL && is_entered(w, hash, of, ret, err) != 0))
			goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

int consent_person_suppressed(struct worker *w, const struct consent_of *of,
			      bool *ret, struct err *err)
{
	const uint8_t *hash;
	struct hashed h;
	int rc = -1;

	*ret = false;
	if (hash_person(w, of->person, &h, err) != 0)
		goto out;
	for (size_t i = 0; i < h.len && !*ret; i++)
		if (hash_get(h.batch, h.all[i].hash, &hash, err) != 0 ||
		    (hash != NULL && is_entered(w, hash, of, ret, err) != 0))
			goto out;
	rc = 0;
out:
	hashed_free(&h);
	return rc;
}

/* --- telling -------------------------------------------------------------- */

static void list_one(const struct consent_listed *one,
		     struct consent_listed *ret, size_t max, size_t *ret_len)
{
	for (size_t i = 0; i < *ret_len; i++) {
		if (strcmp(ret[i].scope, one->scope) != 0 ||
		    strcmp(ret[i].channel, one->channel) != 0)
			continue;
		if (one->since_ms > ret[i].since_ms)
			ret[i] = *one;
		return;
	}
	if (*ret_len < max)
		ret[(*ret_len)++] = *one;
}

static int list_hash(struct worker *w, const uint8_t *hash,
		     struct consent_listed *ret, size_t max, size_t *ret_len,
		     struct err *err)
{
	struct store_rows *rows = NULL;
	struct consent_listed one;
	int rc;

	if (store_start(w->store, listed_sql,
			STORE_ARGS(S_BLOB(hash, HASH_BYTES)), &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		one.since_ms = store_column(w->store, rows, 3).num;
		if (store_word(store_column(w->store, rows, 0), one.scope,
			       sizeof(one.scope)) &&
		    store_word(store_column(w->store, rows, 1), one.channel,
			       sizeof(one.channel)) &&
		    store_word(store_column(w->store, rows, 2), one.reason,
			       sizeof(one.reason)))
			list_one(&one, ret, max, ret_len);
	}
	store_finish(w->store, &rows);
	return rc;
}

int consent_listed(struct worker *w, int64_t person, struct consent_listed *ret,
		   size_t max, size_t *ret_len, struct err *err)
{
	const uint8_t *hash;
	struct hashed h;
	int rc = -1;

	*ret_len = 0;
	if (hash_person(w, person, &h, err) != 0)
		goto out;
	for (size_t i = 0; i < h.len; i++)
		if (hash_get(h.batch, h.all[i].hash, &hash, err) != 0 ||
		    (hash != NULL &&
		     list_hash(w, hash, ret, max, ret_len, err) != 0))
			goto out;
	rc = 0;
out:
	hashed_free(&h);
	return rc;
}
