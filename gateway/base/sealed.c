/* sealed.c - XChaCha20-Poly1305 in chunks, bound to what they belong to. */
#include "postern/sealed.h"

#include <assert.h>
#include <sodium.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define CHUNK_BYTES (SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD)

static const char context[] = "postern-sealed-v1"; /* its NUL is part of it */

#define BOUND_MAX (sizeof(context) + SEALED_AAD_MAX + 5)

_Static_assert(NONCE_BYTES + TAG_BYTES == SEALED_CHUNK_OVERHEAD, "overhead");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == SEAL_KEY_BYTES,
	       "key length");

size_t sealed_len(size_t clear_len)
{
	size_t chunks = clear_len / SEALED_CHUNK_BYTES +
			(clear_len % SEALED_CHUNK_BYTES != 0);

	if (chunks == 0)
		chunks = 1;
	return 1 + clear_len + chunks * SEALED_CHUNK_OVERHEAD;
}

bool sealed_clear_len(size_t len, size_t *ret_clear_len)
{
	size_t full, rest;

	if (len < 1 + SEALED_CHUNK_OVERHEAD)
		return false;
	full = (len - 1) / CHUNK_BYTES;
	rest = (len - 1) % CHUNK_BYTES;
	/* A last chunk without content exists only for the empty value. */
	if (rest != 0 && (rest < SEALED_CHUNK_OVERHEAD ||
			  (rest == SEALED_CHUNK_OVERHEAD && full > 0)))
		return false;
	*ret_clear_len = full * SEALED_CHUNK_BYTES +
			 (rest == 0 ? 0 : rest - SEALED_CHUNK_OVERHEAD);
	return true;
}

static size_t bind_chunk(const void *aad, size_t aad_len, uint32_t index,
			 bool final, uint8_t ret[BOUND_MAX])
{
	uint8_t *at = ret;

	assert(aad_len <= SEALED_AAD_MAX);
	memcpy(at, context, sizeof(context));
	at += sizeof(context);
	if (aad_len > 0)
		memcpy(at, aad, aad_len);
	at += aad_len;
	for (unsigned int i = 0; i < 4; i++)
		*at++ = (uint8_t)(index >> (24 - 8 * i));
	*at++ = final;
	return (size_t)(at - ret);
}

void sealed_chunk_seal(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		       size_t aad_len, uint32_t index, bool final,
		       const uint8_t *clear, size_t clear_len, uint8_t *ret)
{
	uint8_t bound[BOUND_MAX];
	size_t bound_len = bind_chunk(aad, aad_len, index, final, bound);

	assert(clear_len <= SEALED_CHUNK_BYTES);
	randombytes_buf(ret, NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    ret + NONCE_BYTES, NULL, clear, clear_len, bound, bound_len, NULL,
	    ret, key); /* cannot fail for this length */
}

int sealed_chunk_open(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		      size_t aad_len, uint32_t index, bool final,
		      const uint8_t *chunk, size_t chunk_len, uint8_t *ret,
		      struct err *err)
{
	uint8_t bound[BOUND_MAX];
	size_t bound_len;

	if (chunk_len < SEALED_CHUNK_OVERHEAD || chunk_len > CHUNK_BYTES)
		return ERR_SET(err, ERR_CORRUPT, "sealed chunk length", 0);
	bound_len = bind_chunk(aad, aad_len, index, final, bound);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		ret, NULL, NULL, chunk + NONCE_BYTES, chunk_len - NONCE_BYTES,
		bound, bound_len, chunk, key) != 0)
		return ERR_SET(err, ERR_CORRUPT, "sealed chunk does not open",
			       0);
	return 0;
}

void sealed_seal(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		 size_t aad_len, const uint8_t *clear, size_t clear_len,
		 uint8_t *ret)
{
	uint32_t index = 0;
	bool final;

	*ret++ = SEALED_VERSION;
	do {
		size_t part = clear_len < SEALED_CHUNK_BYTES
				  ? clear_len
				  : SEALED_CHUNK_BYTES;

		final = part == clear_len;
		sealed_chunk_seal(key, aad, aad_len, index++, final, clear,
				  part, ret);
		ret += part + SEALED_CHUNK_OVERHEAD;
		if (part > 0)
			clear += part;
		clear_len -= part;
	} while (!final);
}

static int open_chunks(const uint8_t *key, const void *aad, size_t aad_len,
		       const uint8_t *sealed, size_t left, uint8_t *ret,
		       struct err *err)
{
	uint32_t index = 0;

	while (left > 0) {
		size_t part = left < CHUNK_BYTES ? left : CHUNK_BYTES;

		if (sealed_chunk_open(key, aad, aad_len, index++, part == left,
				      sealed, part, ret, err) != 0)
			return -1;
		if (ret != NULL)
			ret += part - SEALED_CHUNK_OVERHEAD;
		sealed += part;
		left -= part;
	}
	return 0;
}

int sealed_open(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		size_t aad_len, const uint8_t *sealed, size_t len, uint8_t *ret,
		struct err *err)
{
	size_t clear_len = 0;

	if (!sealed_clear_len(len, &clear_len))
		return ERR_SET(err, ERR_CORRUPT, "sealed length", 0);
	if (sealed[0] != SEALED_VERSION)
		return ERR_SET(err, ERR_CORRUPT, "sealed version", 0);
	if (open_chunks(key, aad, aad_len, sealed + 1, len - 1, ret, err) == 0)
		return 0;
	if (clear_len > 0)
		sodium_memzero(ret, clear_len);
	return -1;
}
