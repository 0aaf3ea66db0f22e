/* signedrequest.h - what a social network sends when somebody wants their data
 * deleted: base64url(signature) "." base64url(JSON).
 *
 * Pure.  The signature is checked over the second part as it came, before
 * anything in it is read.  Source: compliance 5.4. */
#ifndef POSTERN_PUBLIC_SIGNEDREQUEST_H
#define POSTERN_PUBLIC_SIGNEDREQUEST_H

#include <stddef.h>

#include "postern/err.h"

#define SIGNEDREQUEST_USER_MAX 128

/*
 * signedrequest_read - the user it is about, if it was signed with the secret.
 *
 *   ret_user	SIGNEDREQUEST_USER_MAX + 1 bytes
 *
 * ERR_DENIED: not signed with it, or not by HMAC-SHA256; ERR_INPUT: signed, and
 * yet names no user; ERR_NOMEM.
 */
int signedrequest_read(const char *text, const void *secret, size_t secret_len,
		       char ret_user[SIGNEDREQUEST_USER_MAX + 1],
		       struct err *err);

#endif
