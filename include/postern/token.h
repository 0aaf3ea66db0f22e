/* token.h - the text of an API token.
 *
 *   pst_<13: row id>_<52: 32 random bytes><7: checksum>
 *
 * in lower-case base32.  The checksum (4 bytes of BLAKE2b over what precedes
 * it) refuses typing errors and made-up texts without a query.  Only a keyed
 * hash of the whole text is stored: keeper_add_hash, use "token". */
#ifndef POSTERN_TOKEN_H
#define POSTERN_TOKEN_H

#include <stddef.h>
#include <stdint.h>

#include "postern/env.h"
#include "postern/err.h"

#define TOKEN_SECRET_BYTES 32
#define TOKEN_TEXT_BYTES   78 /* with NUL */

/* A new token for the row with this id (not negative). */
void token_make(struct env *env, int64_t id, char ret[TOKEN_TEXT_BYTES]);
/*
 * token_parse - which row a presented token names.
 *
 *   ret_secret	TOKEN_SECRET_BYTES, or NULL.
 *
 * ERR_DENIED: this is no token.  That it names a row proves nothing: compare
 * the stored hash in constant time.  Pure.
 */
int token_parse(const char *text, size_t len, int64_t *ret_id,
		uint8_t *ret_secret, struct err *err);

#endif
