/* proofhash.c - secrets that a person holds, and their keyed hashes. */
#include "inside.h"

#include <inttypes.h>
#include <sodium.h>

#include "postern/text.h"
#include "worker/inbound.h"

#define SECRET_BYTES 20
#define SPELLING_MAX 192

void rights_secret(struct worker *w, char ret[RIGHTS_SECRET_BYTES])
{
	uint8_t bytes[SECRET_BYTES];

	_Static_assert(BASE32_LEN(SECRET_BYTES) + 1 == RIGHTS_SECRET_BYTES,
		       "a secret in base32");
	w->env->random(w->env, bytes, sizeof(bytes));
	base32_encode(bytes, sizeof(bytes), ret);
	sodium_memzero(bytes, sizeof(bytes));
}

/* No token begins like that, so one key can serve both. */
size_t rights_hash_add(struct keeper_batch *batch, const char *what, int64_t id,
		       const char *secret)
{
	char text[SPELLING_MAX];
	int len =
	    snprintf(text, sizeof(text), "request\x1f%s\x1f%" PRId64 "\x1f%s",
		     what, id, secret);
	size_t slot = keeper_add_hash(batch, "token", text,
				      len > 0 && (size_t)len < sizeof(text)
					  ? (size_t)len
					  : sizeof(text) - 1);

	sodium_memzero(text, sizeof(text));
	return slot;
}

int rights_hash_get(const struct keeper_batch *batch, size_t slot,
		    uint8_t ret[32], struct err *err)
{
	const uint8_t *hash = NULL;
	size_t len = 0;

	if (keeper_result(batch, slot, &hash, &len, err) != 0)
		return keeper_failed(err);
	if (len != 32)
		return ERR_SET(err, ERR_CORRUPT, "hash length", 0);
	memcpy(ret, hash, 32);
	return 0;
}

int rights_hash(struct worker *w, const char *what, int64_t id,
		const char *secret, uint8_t ret[32], struct err *err)
{
	struct keeper_batch *batch = NULL;
	size_t slot;
	int rc;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = rights_hash_add(batch, what, id, secret);
	rc = keeper_run(batch, err) != 0
		 ? keeper_failed(err)
		 : rights_hash_get(batch, slot, ret, err);
	keeper_batch_free(&batch);
	return rc;
}
