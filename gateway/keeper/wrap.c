/* wrap.c - XChaCha20-Poly1305 over 32 bytes. */
#include "keeper/wrap.h"

#include <assert.h>
#include <sodium.h>

#define DOMAIN	  "postern-wrap-v1"
#define TEXT_MAX  32
#define AAD_BYTES (16 + WRAP_INSTANCE_BYTES + 4 + 1 + 8 + 2 + TEXT_MAX)

_Static_assert(sizeof(DOMAIN) == 16, "the domain fills its place");

static void big_endian(uint64_t v, size_t len, uint8_t *ret)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static void wrap_aad(const struct wrap_context *ctx, const struct wrap_row *row,
		     uint8_t ret[AAD_BYTES])
{
	size_t len = row->text != NULL ? strlen(row->text) : 0;
	uint8_t *at = ret;

	assert(len <= TEXT_MAX);
	memset(ret, 0, AAD_BYTES);
	memcpy(at, DOMAIN, 16);
	at += 16;
	memcpy(at, ctx->instance, WRAP_INSTANCE_BYTES);
	at += WRAP_INSTANCE_BYTES;
	big_endian(ctx->epoch, 4, at);
	at += 4;
	*at++ = (uint8_t)row->kind;
	big_endian((uint64_t)row->number, 8, at);
	at += 8;
	big_endian(row->year, 2, at);
	at += 2;
	if (len > 0)
		memcpy(at, row->text, len); /* names hold no NUL */
}

void wrap_seal(const uint8_t under[WRAP_KEY_BYTES],
	       const struct wrap_context *ctx, const struct wrap_row *row,
	       const uint8_t key[WRAP_KEY_BYTES], uint8_t ret[WRAPPED_BYTES])
{
	uint8_t aad[AAD_BYTES];

	wrap_aad(ctx, row, aad);
	randombytes_buf(ret, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(
	    ret + crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, NULL, key,
	    WRAP_KEY_BYTES, aad, sizeof(aad), NULL, ret, under);
}

int wrap_open(const uint8_t under[WRAP_KEY_BYTES],
	      const struct wrap_context *ctx, const struct wrap_row *row,
	      const uint8_t wrapped[WRAPPED_BYTES], uint8_t ret[WRAP_KEY_BYTES],
	      struct err *err)
{
	const size_t nonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
	uint8_t aad[AAD_BYTES];

	wrap_aad(ctx, row, aad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		ret, NULL, NULL, wrapped + nonce, WRAPPED_BYTES - nonce, aad,
		sizeof(aad), wrapped, under) != 0) {
		sodium_memzero(ret, WRAP_KEY_BYTES);
		return ERR_SET(err, ERR_CORRUPT, "a wrapped key does not open",
			       0);
	}
	return 0;
}
