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
/* 32 signatures of the longest kind assigned so far (2.4 kB each), so that a
 * note is not lost over those that are passed over here. */
#define NOTE_BYTES_MAX	131072
#define NOTE_TEXT_MAX	8192 /* of it; ours have three lines */
#define NOTE_VKEY_BYTES (NOTE_NAME_BYTES + 1 + 8 + 1 + 44)

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
/* A name for a key: not empty, UTF-8, no space of Unicode, no '+', no control
 * character, shorter than NOTE_NAME_BYTES. */
bool note_name_valid(const char *name, size_t len);
/* ERR_INPUT: name, type or key cannot be one. */
int note_key_make(const char *name, enum note_key_type type,
		  const uint8_t key[32], struct note_key *ret, struct err *err);
/* "name+hex8+base64"; ERR_INPUT with what is wrong; a type that is not known
 * here is also ERR_INPUT. */
int note_key_parse(const char *text, size_t len, struct note_key *ret,
		   struct err *err);
void note_key_print(const struct note_key *key, char ret[NOTE_VKEY_BYTES]);

#define NOTE_SIGNATURE_BYTES 72 /* the longest type known here */

struct note_signature {
	const char *name; /* borrowed from the note; not terminated */
	size_t name_len;
	uint32_t id;
	uint8_t bytes[NOTE_SIGNATURE_BYTES]; /* after the key id */
	size_t bytes_len; /* 64, or time and 64 if known; 0: more than fit */
};
struct note {
	const char *text; /* borrowed; up to and with its last newline */
	size_t text_len;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	size_t signatures_len;
};
/* Borrows bytes.  ERR_INPUT: malformed, or longer than the limits above.
 * Base64 that has a shorter or another spelling is malformed. */
int note_parse(const char *bytes, size_t len, struct note *ret,
	       struct err *err);

/* What one key says of a note. */
enum note_verdict {
	NOTE_ABSENT, /* no signature of this key */
	NOTE_GOOD,
	NOTE_BAD, /* one of this key that does not verify: reject the note */
};
/* ret_time_s: of a cosignature, the latest of several, else 0; may be NULL. */
enum note_verdict note_check(const struct note *note,
			     const struct note_key *key, uint64_t *ret_time_s);
/* The whole rule: none bad and at least one good.  ret_good (may be NULL) says
 * it for each key; none of a note that is rejected (ERR_DENIED). */
int note_verify(const struct note *note, const struct note_key *keys,
		size_t keys_len, bool *ret_good, struct err *err);

/* "— name base64\n" onto ret, all or nothing.  secret: libsodium's 64-byte
 * Ed25519 key.  ERR_INPUT: a text that no note can have, or a key that is not
 * of this type or not that of the secret. */
int note_sign(const char *text, size_t text_len, const struct note_key *key,
	      const uint8_t secret[64], struct buf *ret, struct err *err);
/* The same of a signature made elsewhere (time_s of NOTE_COSIGNATURE). */
int note_signature_print(const struct note_key *key, uint64_t time_s,
			 const uint8_t signature[64], struct buf *ret,
			 struct err *err);
/* A witness signs "cosignature/v1\ntime N\n" and the whole checkpoint body.
 * time_s: 1 to INT64_MAX. */
int note_cosign(const char *body, size_t body_len, const struct note_key *key,
		const uint8_t secret[64], uint64_t time_s, struct buf *ret,
		struct err *err);

#endif
