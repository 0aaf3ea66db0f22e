/* instancekey.c - names and keyed hashes. */
#include "keeper/instancekey.h"

#include <sodium.h>

static const struct {
	const char *name;
	bool hashes; /* may be named by keeper_add_hash */
} keys[INSTANCE_KEYS] = {
    [INSTANCE_INDEX] = {"index", false},
    [INSTANCE_TOKEN] = {"token", true},
    [INSTANCE_IDEMPOTENCY] = {"idempotency", true},
    [INSTANCE_FINGERPRINT] = {"fingerprint", true},
    [INSTANCE_SUPPRESSION] = {"suppression", true},
    [INSTANCE_POLICY] = {"policy", true},
    [INSTANCE_STAFF] = {"staff", true},
};

const char *instance_key_name(enum instance_key key)
{
	return keys[key].name;
}

enum instance_key instance_key_of_use(const char *use)
{
	for (unsigned int i = 0; i < INSTANCE_KEYS; i++)
		if (keys[i].hashes && strcmp(keys[i].name, use) == 0)
			return (enum instance_key)i;
	return INSTANCE_KEYS;
}

void instance_hash_digest(const void *bytes, size_t len,
			  uint8_t ret[HASH_DIGEST_BYTES])
{
	(void)crypto_generichash(ret, HASH_DIGEST_BYTES, bytes, len, NULL, 0);
}

void instance_hash(const uint8_t key[32], bool digested, const void *bytes,
		   size_t len, uint8_t ret[32])
{
	static const uint8_t whole[16] = "postern-hash-v1";
	static const uint8_t digest[16] = "postern-long-v1";

	(void)crypto_generichash_blake2b_salt_personal(
	    ret, 32, bytes, len, key, 32, NULL, digested ? digest : whole);
}

void instance_hash_any(const uint8_t key[32], const void *bytes, size_t len,
		       uint8_t ret[32])
{
	uint8_t digest[HASH_DIGEST_BYTES];

	if (len <= HASH_DIRECT_MAX) {
		instance_hash(key, false, bytes, len, ret);
		return;
	}
	instance_hash_digest(bytes, len, digest);
	instance_hash(key, true, digest, sizeof(digest), ret);
}
