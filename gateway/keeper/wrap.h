/* wrap.h - a key sealed under another key: nonce, ciphertext, tag.
 *
 * The AAD names the instance, the epoch and the row, so a wrapped key copied
 * into another row, instance or time does not open.  Source: compliance 7.1. */
#ifndef POSTERN_KEEPER_WRAP_H
#define POSTERN_KEEPER_WRAP_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define WRAP_KEY_BYTES	    32
#define WRAPPED_BYTES	    72 /* 24 + 32 + 16 */
#define WRAP_INSTANCE_BYTES 16

/* Where the wrapped key lives. */
struct wrap_row {
	char kind;	/* D data, I instance, P spool pair, C check, R root */
	int64_t number; /* person, pair */
	uint16_t year;	/* D only */
	const char *text; /* Datenart, name of the instance key; at most 32 */
};
struct wrap_context {
	uint8_t instance[WRAP_INSTANCE_BYTES];
	uint32_t epoch;
};

void wrap_seal(const uint8_t under[WRAP_KEY_BYTES],
	       const struct wrap_context *ctx, const struct wrap_row *row,
	       const uint8_t key[WRAP_KEY_BYTES], uint8_t ret[WRAPPED_BYTES]);
/* ERR_CORRUPT: another key, row, epoch, instance, or a changed bit. */
int wrap_open(const uint8_t under[WRAP_KEY_BYTES],
	      const struct wrap_context *ctx, const struct wrap_row *row,
	      const uint8_t wrapped[WRAPPED_BYTES], uint8_t ret[WRAP_KEY_BYTES],
	      struct err *err);

#endif
