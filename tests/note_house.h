/* note_house.h - keys, and notes they sign, for the tests of signed notes. */
#ifndef POSTERN_TESTS_NOTE_HOUSE_H
#define POSTERN_TESTS_NOTE_HOUSE_H

#include "proof_house.h"

#include <sodium.h>

#include "postern/signednote.h"

static inline void key_of(const char *vkey, struct note_key *ret)
{
	struct err err = {0};

	if (note_key_parse(vkey, strlen(vkey), ret, &err) != 0)
		fail_msg("%s: %s", vkey, err.what);
}

/* "ok", "reject" or "malformed" */
static inline const char *verdict_of(const char *bytes,
				     const struct note_key *keys,
				     size_t keys_len, bool *ret_good)
{
	struct err err = {0};
	struct note note;

	if (note_parse(bytes, strlen(bytes), &note, &err) != 0) {
		assert_int_equal(err.kind, ERR_INPUT);
		return "malformed";
	}
	if (note_verify(&note, keys, keys_len, ret_good, &err) != 0) {
		assert_int_equal(err.kind, ERR_DENIED);
		return "reject";
	}
	return "ok";
}

static struct signer {
	struct note_key key;
	uint8_t secret[64];
} log_key, witness;

static inline void signer_make(const char *name, enum note_key_type type,
			       uint8_t seed, struct signer *ret)
{
	uint8_t public[32], bytes[32];

	memset(bytes, seed, sizeof(bytes));
	(void)crypto_sign_seed_keypair(public, ret->secret, bytes);
	assert_int_equal(note_key_make(name, type, public, &ret->key, NULL), 0);
}

static inline int signers(void **state)
{
	(void)state;
	signer_make("log.example", NOTE_ED25519, 1, &log_key);
	signer_make("witness.example/w", NOTE_COSIGNATURE, 2, &witness);
	return 0;
}

/* A signature line of any key id and length. */
static inline void line(struct buf *b, const char *name, uint32_t id,
			uint8_t fill, size_t len)
{
	static uint8_t bytes[8192];
	static char base64[BASE64_LEN(8192) + 1];

	memset(bytes, fill, sizeof(bytes));
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(id >> (24 - 8 * i));
	base64_encode(bytes, 4 + len, base64);
	assert_int_equal(buf_append_text(b, "\xe2\x80\x94 ", NULL), 0);
	assert_int_equal(buf_append_text(b, name, NULL), 0);
	assert_int_equal(buf_append(b, " ", 1, NULL), 0);
	assert_int_equal(buf_append_text(b, base64, NULL), 0);
	assert_int_equal(buf_append(b, "\n", 1, NULL), 0);
}

#define TEXT "log.example\n1\nAAAA\n"

static inline void begin(struct buf *b)
{
	buf_clear(b);
	assert_int_equal(buf_append_text(b, TEXT "\n", NULL), 0);
}

static inline void sign(struct buf *b)
{
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   log_key.secret, b, NULL),
			 0);
}

static inline const char *judged(struct buf *b)
{
	const struct note_key keys[2] = {log_key.key, witness.key};

	return verdict_of(buf_text(b), keys, 2, NULL);
}

#endif
