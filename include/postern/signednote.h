/* signednote.h - signed notes (c2sp.org/signed-note, v1.0.0) with Ed25519, and
 * the cosignatures of witnesses (c2sp.org/tlog-cosignature, v1.0.x).  Pure. */
#ifndef POSTERN_SIGNEDNOTE_H
#define POSTERN_SIGNEDNOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"

#define NOTE_NAME_BYTES	    256 /* with NUL */
#define NOTE_SIGNATURES_MAX 32
#define NOTE_BYTES_MAX	    65536
#define NOTE_VKEY_BYTES	    (NOTE_NAME_BYTES + 1 + 8 + 1 + 48)

enum note_key_type {
	NOTE_ED25519 = 0x01,
	NOTE_COSIGNATURE = 0x04, /* Ed25519 with a time, by a witness */
};

struct note_key { /* a verifier key ("vkey") */
	char name[NOTE_NAME_BYTES];
	uint32_t id;
	enum note_key_type type;
	uint8_t bytes[32];
};
/* SHA-256(name 0x0a type key)[0:4], big endian. */
uint32_t note_key_id(const char *name, enum note_key_type type,
		     const uint8_t key[32]);
/* A name for a key: not empty, UTF-8, no space, no '+', no control character.
 */
bool note_name_valid(const char *name, size_t len);
/* ERR_INPUT: name, type or key cannot be one. */
int note_key_make(const char *name, enum note_key_type type,
		  const uint8_t key[32], struct note_key *ret, struct err *err);
/* "name+hex8+base64"; ERR_INPUT with what is wrong; a type that is not known
 * here is also ERR_INPUT. */
int note_key_parse(const char *text, size_t len, struct note_key *ret,
		   struct err *err);
void note_key_print(const struct note_key *key, char ret[NOTE_VKEY_BYTES]);

struct note_signature {
	const char *name; /* borrowed from the note; not terminated */
	size_t name_len;
	uint32_t id;
	uint8_t bytes[76]; /* after the key id: 64, or time and 64 */
	size_t bytes_len;  /* 0: longer than any type known here */
};
struct note {
	const char *text; /* borrowed; up to and with its last newline */
	size_t text_len;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t signatures_len;
};
/* Borrows bytes.  ERR_INPUT: malformed. */
int note_parse(const char *bytes, size_t len, struct note *ret,
	       struct err *err);

/* What one key says of a note. */
enum note_verdict {
	NOTE_ABSENT, /* no signature of this key */
	NOTE_GOOD,
	NOTE_BAD, /* one of this key that does not verify: reject the note */
};
/* ret_time_s: of a cosignature, else 0; may be NULL. */
enum note_verdict note_check(const struct note *note,
			     const struct note_key *key, uint64_t *ret_time_s);
/* The whole rule: none bad and at least one good.  ret_good (may be NULL) says
 * it for each key.  ERR_DENIED: rejected. */
int note_verify(const struct note *note, const struct note_key *keys,
		size_t keys_len, bool *ret_good, struct err *err);

/* "— name base64\n" onto ret.  secret: libsodium's 64-byte Ed25519 key. */
int note_sign(const char *text, size_t text_len, const struct note_key *key,
	      const uint8_t secret[64], struct buf *ret, struct err *err);
/* The same of a signature made elsewhere (time_s of NOTE_COSIGNATURE). */
int note_signature_print(const struct note_key *key, uint64_t time_s,
			 const uint8_t signature[64], struct buf *ret,
			 struct err *err);
/* A witness signs "cosignature/v1\ntime N\n" and the whole checkpoint body. */
int note_cosign(const char *body, size_t body_len, const struct note_key *key,
		const uint8_t secret[64], uint64_t time_s, struct buf *ret,
		struct err *err);

#endif
