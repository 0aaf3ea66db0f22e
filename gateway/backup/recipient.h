/* recipient.h - for whom a backup is sealed: an X25519 pair as two lines of
 * text.
 *
 *   pbr_<48 characters>	the recipient: public, stands in scripts
 *   pbi_<48 characters>	the identity: opens, stays with a person
 *
 * base64url of 32 bytes and the first 4 of their BLAKE2b-256 hash, so that a
 * slip of the pen is seen. */
#ifndef POSTERN_BACKUP_RECIPIENT_H
#define POSTERN_BACKUP_RECIPIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define RECIPIENT_KEY_BYTES  32
#define RECIPIENT_TEXT_BYTES 53 /* with its NUL */

struct recipient {
	uint8_t public[RECIPIENT_KEY_BYTES];
};
struct identity_key {
	uint8_t public[RECIPIENT_KEY_BYTES];
	uint8_t secret[RECIPIENT_KEY_BYTES];
};

void recipient_format(const struct recipient *r,
		      char ret[RECIPIENT_TEXT_BYTES]);
void identity_key_format(const struct identity_key *k,
			 char ret[RECIPIENT_TEXT_BYTES]);
/* Pure, fuzzed.  false: it is none. */
bool recipient_parse(const char *text, size_t len, struct recipient *ret);
/* The first line of a file that is one; others are comments ("#") or empty. */
bool identity_key_parse(const char *text, size_t len, struct identity_key *ret);
/* A new pair; the caller wipes it. */
void identity_key_make(struct identity_key *ret);

#endif
