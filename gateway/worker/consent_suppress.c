/* consent_suppress.c - the suppression list: hashes of addresses, under a key
 * that outlives every person.
 *
 * Source: Art. 21(3) GDPR; compliance 4.5. */
#include "consent.h"

#include <sodium.h>

#include "family.h"
#include "inbound.h"
#include "postern/blindindex.h"

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

struct entry {
	const char *scope, *reason;
	const struct name *channel;
	int64_t since_ms;
};

static int enter_all(struct worker *w, const struct keeper_batch *hashed,
		     const struct address *all, size_t len,
		     const struct entry *e, struct err *err)
{
	const uint8_t *hash;

	for (size_t i = 0; i < len; i++) {
		if (hash_get(hashed, all[i].hash, &hash, err) != 0)
			return -1;
		if (hash != NULL &&
		    store_run(w->store, enter_sql,
			      STORE_ARGS(S_BLOB(hash, HASH_BYTES),
					 S_TEXT(e->scope),
					 S_TEXT(e->channel->text),
					 S_INT(e->since_ms), S_TEXT(e->reason)),
			      err) != 0)
			return -1;
	}
	return 0;
}

int consent_suppress(struct worker *w, int64_t person, const char *scope,
		     const struct name *channel, const char *reason,
		     int64_t since_ms, struct err *err)
{
	const struct entry entry = {scope, reason, channel, since_ms};
	struct keeper_batch *opened = NULL, *hashed = NULL;
	struct address all[ADDRESSES_MAX];
	size_t len = 0;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &opened, err) != 0 ||
	    keeper_batch_new(w->keeper, &hashed, err) != 0 ||
	    addresses_of(w, person, opened, all, &len, err) != 0)
		goto out;
	if (len > 0 && ((keeper_run(opened, err) != 0 && keeper_failed(err)) ||
			hash_all(w, opened, all, len, hashed, err) != 0 ||
			enter_all(w, hashed, all, len, &entry, err) != 0))
		goto out;
	rc = 0;
out:
	keeper_batch_free(&opened);
	keeper_batch_free(&hashed);
	return rc;
}

/* --- looking -------------------------------------------------------------- */

static int is_entered(struct worker *w, const uint8_t *hash,
		      const struct consent_of *of, bool *ret, struct err *err)
{
	int64_t since_ms = 0, one;
	bool lifted = false;

	if (store_one_int(w->store, since_sql,
			  STORE_ARGS(S_BLOB(hash, HASH_BYTES),
				     S_TEXT(of->purpose.text),
				     S_TEXT(CONSENT_MARKETING),
				     S_TEXT(CONSENT_EVERY_PURPOSE),
				     S_TEXT(of->channel.text)),
			  &since_ms, ret, err) != 0)
		return -1;
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
	for (size_t i = 0; i < party->addresses_len; i++)
		slots[i] = hash_add(w, batch, party->addresses[i].kind,
				    party->addresses[i].text,
				    strlen(party->addresses[i].text));
	if (keeper_run(batch, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	for (size_t i = 0; i < party->addresses_len && !*ret; i++)
		if (hash_get(batch, slots[i], &hash, err) != 0 ||
		    (hash != NULL && is_entered(w, hash, of, ret, err) != 0))
			goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}
