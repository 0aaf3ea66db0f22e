/* instancekey.h - the keys an instance has one of each. */
#ifndef POSTERN_KEEPER_INSTANCEKEY_H
#define POSTERN_KEEPER_INSTANCEKEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order is that of the table in instancekey.c; names are what is stored,
 * so a new key is a new row and old stores gain it when next unlocked. */
enum instance_key {
	INSTANCE_INDEX, /* blind index */
	INSTANCE_TOKEN, /* keyed hashes, one key per use */
	INSTANCE_IDEMPOTENCY,
	INSTANCE_FINGERPRINT,
	INSTANCE_SUPPRESSION, /* list of addresses never to write to */
	INSTANCE_POLICY,      /* seals of policy versions and approvals */
	INSTANCE_STAFF,	      /* pseudonyms of who acts, in the proof log */
	INSTANCE_KEYS
};

const char *instance_key_name(enum instance_key key);
/* The key of keeper_add_hash's use, or INSTANCE_KEYS when there is none. */
enum instance_key instance_key_of_use(const char *use);

/*
 * instance_hash - BLAKE2b-256(key, bytes).
 *
 * Inputs longer than HASH_DIRECT_MAX are digested by the caller first, so
 * that they need not travel; digested puts them in a domain of their own.
 */
#define HASH_DIRECT_MAX	  32768
#define HASH_DIGEST_BYTES 32
void instance_hash_digest(const void *bytes, size_t len,
			  uint8_t ret[HASH_DIGEST_BYTES]);
void instance_hash(const uint8_t key[32], bool digested, const void *bytes,
		   size_t len, uint8_t ret[32]);
/* Both: what keeper_add_hash gives for these bytes. */
void instance_hash_any(const uint8_t key[32], const void *bytes, size_t len,
		       uint8_t ret[32]);

#endif
