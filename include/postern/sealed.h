/* sealed.h - the one format of sealed bytes, in spool, archive and quarantine.
 *
 *   u8 version 1, then chunks of up to 65536 clear bytes:
 *   24-byte random nonce, ciphertext, 16-byte tag (XChaCha20-Poly1305-IETF)
 *   AAD of chunk i = "postern-sealed-v1" 00 aad u32 i u8 final
 *
 * Chunking bounds what one keeper frame has to carry.  A missing, swapped or
 * repeated chunk fails, and so does any other key, record or field, because
 * the AAD names them (compliance 7.1). */
#ifndef POSTERN_SEALED_H
#define POSTERN_SEALED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define SEAL_KEY_BYTES	      32
#define SEALED_VERSION	      1
#define SEALED_CHUNK_BYTES    65536 /* clear bytes of every chunk but the last */
#define SEALED_CHUNK_OVERHEAD 40
#define SEALED_AAD_MAX	      128

/* Length of the sealed form of clear_len bytes (0 has one empty chunk). */
size_t sealed_len(size_t clear_len);
/* The inverse; false if no clear length has this sealed length. */
bool sealed_clear_len(size_t sealed_len, size_t *ret_clear_len);

/* One chunk.  ret has clear_len + SEALED_CHUNK_OVERHEAD bytes; nonce is drawn
 * inside. */
void sealed_chunk_seal(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		       size_t aad_len, uint32_t index, bool final,
		       const uint8_t *clear, size_t clear_len, uint8_t *ret);
/* Returns 0, or -1 with ERR_CORRUPT.  ret has chunk_len - overhead bytes. */
int sealed_chunk_open(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		      size_t aad_len, uint32_t index, bool final,
		      const uint8_t *chunk, size_t chunk_len, uint8_t *ret,
		      struct err *err);
/* Whole values.  ret has sealed_len(clear_len) bytes; clear may be NULL for
 * an empty value. */
void sealed_seal(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		 size_t aad_len, const uint8_t *clear, size_t clear_len,
		 uint8_t *ret);
/* ret has the bytes sealed_clear_len() says, so it may be NULL for an empty
 * value; wiped on failure. */
int sealed_open(const uint8_t key[SEAL_KEY_BYTES], const void *aad,
		size_t aad_len, const uint8_t *sealed, size_t sealed_len,
		uint8_t *ret, struct err *err);

#endif
