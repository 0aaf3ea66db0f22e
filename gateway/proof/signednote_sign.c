/* signednote_sign.c - signatures of notes: made, and written. */
#include "signednote.h"

#include <sodium.h>

#include "postern/text.h"

/* "— name base64\n" in one piece. */
#define LINE_BYTES                        \
	(sizeof(DASH) + NOTE_NAME_BYTES + \
	 BASE64_LEN(KEY_ID_BYTES + NOTE_SIGNATURE_BYTES) + 2)

int note_signature_print(const struct note_key *key, uint64_t time_s,
			 const uint8_t signature[64], struct buf *ret,
			 struct err *err)
{
	char base64[BASE64_LEN(KEY_ID_BYTES + NOTE_SIGNATURE_BYTES) + 1];
	uint8_t bytes[KEY_ID_BYTES + NOTE_SIGNATURE_BYTES];
	char line[LINE_BYTES];
	size_t len = 0;
	int line_len;

	if (key->type == NOTE_COSIGNATURE && time_s > INT64_MAX)
		return ERR_SET(err, ERR_INPUT, "no time for a signature", 0);
	for (unsigned int shift = 32; shift > 0; shift -= 8)
		bytes[len++] = (uint8_t)(key->id >> (shift - 8));
	for (unsigned int shift = 64;
	     key->type == NOTE_COSIGNATURE && shift > 0; shift -= 8)
		bytes[len++] = (uint8_t)(time_s >> (shift - 8));
	memcpy(bytes + len, signature, ED25519_BYTES);
	base64_encode(bytes, len + ED25519_BYTES, base64);
	line_len =
	    snprintf(line, sizeof(line), DASH "%s %s\n", key->name, base64);
	return buf_append(ret, line, (size_t)line_len, err);
}

/* A signature by one key under the name of another would be taken for a
 * forgery, and with two public keys at hand the secret could be computed. */
static bool belongs(const struct note_key *key, const uint8_t secret[64])
{
	return memcmp(secret + 32, key->bytes, sizeof(key->bytes)) == 0;
}

static int signable(const char *text, size_t len, const struct note_key *key,
		    enum note_key_type type, const uint8_t secret[64],
		    struct err *err)
{
	if (!note_text_valid(text, len))
		return ERR_SET(err, ERR_INPUT, "no text of a note", 0);
	if (key->type != type || !belongs(key, secret))
		return ERR_SET(err, ERR_INPUT, "not the key of this name", 0);
	return 0;
}

int note_sign(const char *text, size_t text_len, const struct note_key *key,
	      const uint8_t secret[64], struct buf *ret, struct err *err)
{
	uint8_t signature[ED25519_BYTES];

	if (signable(text, text_len, key, NOTE_ED25519, secret, err) != 0)
		return -1;
	(void)crypto_sign_detached(signature, NULL, (const uint8_t *)text,
				   text_len, secret);
	return note_signature_print(key, 0, signature, ret, err);
}

int note_cosign(const char *body, size_t body_len, const struct note_key *key,
		const uint8_t secret[64], uint64_t time_s, struct buf *ret,
		struct err *err)
{
	uint8_t message[COSIGNED_MAX], signature[ED25519_BYTES];
	size_t len;

	if (signable(body, body_len, key, NOTE_COSIGNATURE, secret, err) != 0)
		return -1;
	if (time_s == 0 || time_s > INT64_MAX)
		return ERR_SET(err, ERR_INPUT, "no time for a signature", 0);
	len = note_cosigned(body, body_len, time_s, message);
	(void)crypto_sign_detached(signature, NULL, message, len, secret);
	return note_signature_print(key, time_s, signature, ret, err);
}
