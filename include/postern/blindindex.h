/* blindindex.h - equality search over addresses nobody can read.
 *
 * index = BLAKE2b-256(key, "gw-bidx-v1" 00 kind 00 normalised).  Pure.
 * Source: compliance 7.5; vectors in fixtures/blind-index. */
#ifndef POSTERN_BLINDINDEX_H
#define POSTERN_BLINDINDEX_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define BLIND_INDEX_BYTES 32
#define ADDRESS_LEN_MAX	  512

/*
 * blind_index_normalise - the one spelling of an address.
 *
 *   kind	"phone", "email", "threema", "username"; any other
 *		kind is a provider-scoped id: trimmed only.
 *   country	default country code without + ("49"), for "phone".
 *   ret	ADDRESS_LEN_MAX + 2 bytes, NUL-terminated.
 *
 * ERR_INPUT: empty or longer than ADDRESS_LEN_MAX after normalising.
 */
int blind_index_normalise(const char *kind, const char *country,
			  const char *address, size_t address_len, char *ret,
			  size_t *ret_len, struct err *err);
/* Normalise and hash. */
int blind_index(const uint8_t key[32], const char *kind, const char *country,
		const char *address, size_t address_len,
		uint8_t ret[BLIND_INDEX_BYTES], struct err *err);

#endif
