/* secret.h - a secret value: locked, wiped, without a way to print it. */
#ifndef POSTERN_SECRET_H
#define POSTERN_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define SECRET_LEN_MAX 4096

struct secret {
	uint8_t *bytes; /* sodium_malloc; NUL-terminated for C interfaces */
	size_t len;
};

/*
 * secret_read - read a secret from a file.
 *
 * Trailing newlines are cut.  Refused with ERR_INPUT: not a regular file,
 * readable or writable by group or others, owned by somebody who is neither
 * root nor this user, empty, shorter than len_min, longer than
 * SECRET_LEN_MAX, with a NUL.  ERR_ABSENT: no such file.
 */
int secret_read(const char *path, size_t len_min, struct secret *ret,
		struct err *err);
int secret_set(struct secret *ret, const void *bytes, size_t len,
	       struct err *err);
void secret_wipe(struct secret *s); /* accepts empty */

#endif
