/* stamp.h - time stamps of RFC 3161: a third party says that bytes existed at
 * a time.  Made of the SHA-256 of a signed checkpoint. */
#ifndef POSTERN_STAMP_H
#define POSTERN_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"

#define STAMP_BYTES_MAX	  65536
#define STAMP_NONCE_BYTES 16

/* application/timestamp-query for these bytes, certificate asked for. */
int stamp_request(const void *data, size_t len,
		  const uint8_t nonce[STAMP_NONCE_BYTES], struct buf *ret,
		  struct err *err);

/* Bytes of a signed checkpoint that are stamped: all up to the first signature
 * line of another name than the log's.  Cosignatures come later. */
size_t stamp_covers(const void *note, size_t len);

struct stamp {
	int64_t at_ms;	 /* genTime, UTC */
	char serial[64]; /* hex */
	char policy[64]; /* OID */
};
struct stamp_trust {
	const char *root_pem; /* certificates that are trusted */
	size_t root_len;
	const uint8_t *nonce; /* NULL: none was kept (an archived stamp) */
};
/*
 * stamp_verify - whether an application/timestamp-reply stamps data.
 *
 * Certificates are judged at the time of the stamp.  ERR_INPUT: not a reply;
 * ERR_DENIED: the authority refused (native: its status); ERR_CORRUPT: does
 * not stamp these bytes, was changed, or its signer is not trusted for time
 * stamps.
 */
int stamp_verify(const void *reply, size_t reply_len, const void *data,
		 size_t data_len, const struct stamp_trust *trust,
		 struct stamp *ret, struct err *err);

#endif
