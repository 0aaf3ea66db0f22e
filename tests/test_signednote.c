/* test_signednote.c - signed notes and their keys.
 * Proves: compliance 6.2, 6.4; c2sp.org/signed-note, c2sp.org/tlog-cosignature.
 */
#include "proof_house.h"

#include <sodium.h>

#include "postern/signednote.h"

/* --- notes of others ------------------------------------------------------ */

static void key_of(const char *vkey, struct note_key *ret)
{
	struct err err = {0};

	if (note_key_parse(vkey, strlen(vkey), ret, &err) != 0)
		fail_msg("%s: %s", vkey, err.what);
}

static size_t keys_of(const json_t *list, struct note_key ret[4])
{
	size_t i;
	json_t *vkey;

	assert_true(json_array_size(list) <= 4);
	json_array_foreach((json_t *)list, i, vkey)
	    key_of(json_string_value(vkey), &ret[i]);
	return json_array_size(list);
}

/* "ok", "reject" or "malformed" */
static const char *verdict_of(const char *bytes, const struct note_key *keys,
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

static bool lists(const json_t *names, const char *name)
{
	size_t i;
	json_t *one;

	json_array_foreach((json_t *)names, i,
			   one) if (strcmp(json_string_value(one), name) ==
				    0) return true;
	return false;
}

static void notes_are_judged_as_others_judge_them(void **state)
{
	json_t *json = fixture_json("c2sp/signed-note.json"), *row;
	json_t *rows = json_object_get(json, "cases");
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(rows), 10);
	json_array_foreach(rows, i, row)
	{
		const char *want = row_text(row, "expect"), *got;
		bool good[4] = {true, true, true, true};
		struct note_key keys[4];
		size_t n = keys_of(json_object_get(row, "trusted_vkeys"), keys);

		got = verdict_of(row_text(row, "note"), keys, n, good);
		if (strcmp(got, want) != 0)
			fail_msg("%s: %s", row_name(row), got);
		for (size_t k = 0; strcmp(got, "ok") == 0 && k < n; k++)
			assert_int_equal(good[k],
					 lists(json_object_get(row, "verified"),
					       keys[k].name));
	}
	json_decref(json);
}

static void the_example_of_the_text_verifies(void **state)
{
	json_t *json = fixture_json("c2sp/signed-note.json");
	json_t *example = json_object_get(json, "c2sp_spec_example");
	struct note_key key;
	bool good = false;

	(void)state;
	key_of(row_text(example, "vkey"), &key);
	assert_string_equal(
	    verdict_of(row_text(example, "note"), &key, 1, &good), "ok");
	assert_true(good);
	json_decref(json);
}

/* Their private key is "PRIVATE+KEY+name+hash+base64(type seed)". */
static void our_signature_is_theirs(void **state)
{
	json_t *json = fixture_json("c2sp/signed-note.json");
	const char *private = row_text(json, "private_key_string");
	const char *text = row_text(json, "text"), *base64;
	uint8_t seed[33], public[32], secret[64];
	struct buf got = BUF_INIT(4096);
	struct note_key key, made;
	size_t len = 0;

	(void)state;
	key_of(row_text(json, "vkey"), &key);
	base64 = private + strlen("PRIVATE+KEY+PeterNeumann+c74f20a3+");
	assert_true(
	    base64_decode(base64, strlen(base64), seed, sizeof(seed), &len));
	assert_int_equal(len, 33);
	(void)crypto_sign_seed_keypair(public, secret, seed + 1);
	assert_int_equal(
	    note_key_make("PeterNeumann", NOTE_ED25519, public, &made, NULL),
	    0);
	assert_memory_equal(&made, &key, sizeof(key));
	assert_int_equal(buf_append_text(&got, text, NULL), 0);
	assert_int_equal(buf_append(&got, "\n", 1, NULL), 0);
	assert_int_equal(
	    note_sign(text, strlen(text), &key, secret, &got, NULL), 0);
	assert_string_equal(buf_text(&got), row_text(json, "signed"));
	buf_free(&got);
	json_decref(json);
}

static void a_cosignature_is_that_of_the_example(void **state)
{
	json_t *json = fixture_json("c2sp/checkpoint-cosignature.json");
	json_t *row = json_array_get(json_object_get(json, "cases"), 1);
	const char *cosigned = row_text(row, "cosigned_checkpoint");
	const char *body = row_text(row, "body");
	uint8_t seed[32], public[32], secret[64];
	struct note_key keys[2], made;
	struct buf got = BUF_INIT(4096);
	uint64_t time_s = 0;
	struct note note;
	bool good[2];

	(void)state;
	key_of(row_text(row, "log_vkey"), &keys[0]);
	key_of(row_text(row, "witness_vkey"), &keys[1]);
	assert_int_equal(keys[1].type, NOTE_COSIGNATURE);
	assert_string_equal(verdict_of(cosigned, keys, 2, good), "ok");
	assert_true(good[0] && good[1]);
	assert_int_equal(note_parse(cosigned, strlen(cosigned), &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &keys[1], &time_s), NOTE_GOOD);
	assert_int_equal(time_s,
			 json_integer_value(json_object_get(row, "time")));
	assert_int_equal(note_check(&note, &keys[0], &time_s), NOTE_GOOD);
	assert_int_equal(time_s, 0);

	assert_true(
	    hex_decode(row_text(row, "witness_seed_hex"), 64, seed, 32));
	(void)crypto_sign_seed_keypair(public, secret, seed);
	assert_int_equal(note_key_make(row_text(row, "witness_name"),
				       NOTE_COSIGNATURE, public, &made, NULL),
			 0);
	assert_memory_equal(&made, &keys[1], sizeof(made));
	assert_int_equal(note_cosign(body, strlen(body), &made, secret,
				     1767225600, &got, NULL),
			 0);
	assert_string_equal(buf_text(&got), row_text(row, "cosignature_line"));
	buf_free(&got);
	json_decref(json);
}

/* --- notes of ours -------------------------------------------------------- */

static struct signer {
	struct note_key key;
	uint8_t secret[64];
} log_key, witness;

static void signer_make(const char *name, enum note_key_type type, uint8_t seed,
			struct signer *ret)
{
	uint8_t public[32], bytes[32];

	memset(bytes, seed, sizeof(bytes));
	(void)crypto_sign_seed_keypair(public, ret->secret, bytes);
	assert_int_equal(note_key_make(name, type, public, &ret->key, NULL), 0);
}

static int signers(void **state)
{
	(void)state;
	signer_make("log.example", NOTE_ED25519, 1, &log_key);
	signer_make("witness.example/w", NOTE_COSIGNATURE, 2, &witness);
	return 0;
}

/* A signature line of any key id and length. */
static void line(struct buf *b, const char *name, uint32_t id, uint8_t fill,
		 size_t len)
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

static void begin(struct buf *b)
{
	buf_clear(b);
	assert_int_equal(buf_append_text(b, TEXT "\n", NULL), 0);
}

static void sign(struct buf *b)
{
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   log_key.secret, b, NULL),
			 0);
}

static const char *judged(struct buf *b)
{
	const struct note_key keys[2] = {log_key.key, witness.key};

	return verdict_of(buf_text(b), keys, 2, NULL);
}

static void what_is_not_known_is_passed_over(void **state)
{
	/* ECDSA, tree heads, ML-DSA-44 with its time, and a byte. */
	static const size_t lens[] = {72, 1, 110, 8 + 2420, 5000, 73};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	(void)state;
	for (size_t i = 0; i < LEN(lens); i++) {
		begin(&b);
		line(&b, "someone.example", 0x01020304, 7, lens[i]);
		sign(&b);
		/* Same name or same id, but not both. */
		line(&b, "log.example", 0x01020304, 7, lens[i]);
		line(&b, "log.exampl", log_key.key.id, 7, lens[i]);
		line(&b, "log.example2", log_key.key.id, 7, lens[i]);
		assert_string_equal(judged(&b), "ok");
	}
	begin(&b);
	line(&b, "someone.example", 0x01020304, 7, 64);
	assert_string_equal(judged(&b), "reject");
	buf_free(&b);
}

static void a_wrong_one_of_a_known_key_rejects_the_note(void **state)
{
	static const size_t lens[] = {1, 63, 64, 65, 72, 73, 2428};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	(void)state;
	for (size_t i = 0; i < LEN(lens); i++)
		for (int first = 0; first < 2; first++) {
			begin(&b);
			if (first == 0)
				sign(&b);
			line(&b, "log.example", log_key.key.id, 7, lens[i]);
			if (first == 1)
				sign(&b);
			assert_string_equal(judged(&b), "reject");
			begin(&b);
			sign(&b);
			line(&b, "witness.example/w", witness.key.id, 7,
			     lens[i]);
			assert_string_equal(judged(&b), "reject");
		}
	buf_free(&b);
}

/* The signature of a note is none of a cosignature, nor the reverse. */
static void types_are_not_exchanged(void **state)
{
	struct note_key as_log, as_witness;
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	(void)state;
	assert_int_equal(note_key_make("log.example", NOTE_COSIGNATURE,
				       log_key.key.bytes, &as_witness, NULL),
			 0);
	assert_int_equal(note_key_make("witness.example/w", NOTE_ED25519,
				       witness.key.bytes, &as_log, NULL),
			 0);
	assert_true(as_witness.id != log_key.key.id);
	begin(&b);
	sign(&b);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, 5, &b, NULL),
			 0);
	assert_string_equal(judged(&b), "ok");
	assert_string_equal(verdict_of(buf_text(&b), &as_log, 1, NULL),
			    "reject");
	assert_string_equal(verdict_of(buf_text(&b), &as_witness, 1, NULL),
			    "reject");
	buf_free(&b);
}

static void any_other_byte_is_noticed(void **state)
{
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	struct note note;
	uint64_t time_s = 0;

	(void)state;
	begin(&b);
	sign(&b);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, 1234567890, &b, NULL),
			 0);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &witness.key, &time_s), NOTE_GOOD);
	assert_int_equal(time_s, 1234567890);
	for (size_t i = 0; i < b.len; i++) {
		b.bytes[i] ^= 1;
		if (note_parse((const char *)b.bytes, b.len, &note, NULL) == 0)
			assert_true(note_check(&note, &log_key.key, NULL) !=
					NOTE_GOOD ||
				    note_check(&note, &witness.key, NULL) !=
					NOTE_GOOD);
		b.bytes[i] ^= 1;
	}
	buf_free(&b);
}

static void the_latest_time_of_a_witness_counts(void **state)
{
	static const uint64_t times[] = {20, INT64_MAX, 10};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	uint64_t time_s = 0;
	struct note note;

	(void)state;
	begin(&b);
	for (size_t i = 0; i < LEN(times); i++)
		assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
					     witness.secret, times[i], &b,
					     NULL),
				 0);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &witness.key, &time_s), NOTE_GOOD);
	assert_true(time_s == INT64_MAX);
	buf_free(&b);
}

static void a_time_that_is_none_is_no_cosignature(void **state)
{
	uint8_t signature[64] = {0};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};
	struct note note;

	(void)state;
	assert_int_equal(note_signature_print(&witness.key,
					      (uint64_t)INT64_MAX + 1,
					      signature, &b, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(b.len, 0);
	begin(&b);
	line(&b, "witness.example/w", witness.key.id, 0x80, 72);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &witness.key, NULL), NOTE_BAD);
	/* Nor is one over a text that no note can have. */
	note.text_len = NOTE_TEXT_MAX + 1;
	memset(note.signatures[0].bytes, 0, sizeof(note.signatures[0].bytes));
	assert_int_equal(note_check(&note, &witness.key, NULL), NOTE_BAD);
	buf_free(&b);
}

static void a_text_may_have_empty_lines(void **state)
{
	static const char *const texts[] = {"a\n\nb\n", "\n", "\n\n", "a\n\n",
					    "\xe2\x80\x94 x AAAAAAA=\n"};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	struct note note;

	(void)state;
	for (size_t i = 0; i < LEN(texts); i++) {
		size_t len = strlen(texts[i]);

		buf_clear(&b);
		assert_int_equal(buf_append_text(&b, texts[i], NULL), 0);
		assert_int_equal(buf_append(&b, "\n", 1, NULL), 0);
		assert_int_equal(note_sign(texts[i], len, &log_key.key,
					   log_key.secret, &b, NULL),
				 0);
		assert_string_equal(judged(&b), "ok");
		assert_int_equal(
		    note_parse((const char *)b.bytes, b.len, &note, NULL), 0);
		assert_int_equal(note.text_len, len);
	}
	buf_free(&b);
}

static void limits_hold(void **state)
{
	struct buf b = BUF_INIT(2 * NOTE_BYTES_MAX), out = BUF_INIT(4096);
	struct err err = {0};
	struct note note;

	(void)state;
	begin(&b);
	sign(&b);
	for (size_t i = 1; i < NOTE_SIGNATURES_MAX; i++)
		line(&b, "someone.example", 1, 7, 8 + 2420);
	assert_true(b.len < NOTE_BYTES_MAX);
	assert_string_equal(judged(&b), "ok");
	line(&b, "someone.example", 1, 7, 64);
	assert_string_equal(judged(&b), "malformed");

	begin(&b);
	while (b.len <= NOTE_BYTES_MAX)
		line(&b, "someone.example", 1, 7, 8000);
	sign(&b);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, &err),
			 -1);
	assert_string_equal(err.what, "a note is too long");

	buf_clear(&b);
	while (b.len < NOTE_TEXT_MAX)
		assert_int_equal(buf_append_text(&b, "1234567\n", NULL), 0);
	assert_int_equal(b.len, NOTE_TEXT_MAX);
	assert_int_equal(note_sign((const char *)b.bytes, b.len, &log_key.key,
				   log_key.secret, &out, &err),
			 0);
	assert_int_equal(buf_append_text(&b, "\n", NULL), 0);
	assert_int_equal(note_sign((const char *)b.bytes, b.len, &log_key.key,
				   log_key.secret, &b, &err),
			 -1);
	assert_int_equal(buf_append_text(&b, "\n", NULL), 0);
	line(&b, "someone.example", 1, 7, 64);
	assert_string_equal(judged(&b), "malformed");
	buf_free(&out);
	buf_free(&b);
}

/* AAAAAAA= is a key id and one byte. */
#define SIGNED(rest) "a\n\n\xe2\x80\x94 " rest

static void what_is_no_note_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "\n",
	    "\n\n",
	    "a\n",
	    "a\n\n",
	    "a\n\n\n",
	    "\n\xe2\x80\x94 x AAAAAAA=\n",
	    "a\n\xe2\x80\x94 x AAAAAAA=\n",
	    SIGNED("x AAAAAAA="),
	    SIGNED("x AAAAAAA=\n\n"),
	    SIGNED("x AAAAAAA=\r\n"),
	    SIGNED("x AAAAAAA=\nb\n"),
	    SIGNED("x AAAAAAA= \n"),
	    SIGNED("x  AAAAAAA=\n"),
	    SIGNED(" AAAAAAA=\n"),
	    SIGNED("x\n"),
	    SIGNED("x \n"),
	    SIGNED("x AAAAAA==\n"),
	    SIGNED("x AAAAAAA\n"),
	    SIGNED("x AAAAAAB=\n"), /* bits behind the last byte */
	    SIGNED("x AAAAAAA=AAAA\n"),
	    SIGNED("x AAAA-_AA\n"),
	    SIGNED("x AAAAAAAA====\n"),
	    SIGNED("x+y AAAAAAA=\n"),
	    SIGNED("x\xc2\xa0y AAAAAAA=\n"),
	    SIGNED("x\xff AAAAAAA=\n"),
	    SIGNED("x\t AAAAAAA=\n"),
	    "a\t\n\n\xe2\x80\x94 x AAAAAAA=\n",
	    "\xc3\n\n\xe2\x80\x94 x AAAAAAA=\n",
	    "a\n\n- x AAAAAAA=\n",
	    "a\n\n\xe2\x80\x94x AAAAAAA=\n",
	    "a\n\n\xe2\x80\x93 x AAAAAAA=\n",
	    "a\n\n \xe2\x80\x94 x AAAAAAA=\n",
	};
	struct note note = {.text_len = 77};
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		err = (struct err){0};
		if (note_parse(bad[i], strlen(bad[i]), &note, &err) == 0)
			fail_msg("read: %s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(
	    note_parse("a\0b\n\n\xe2\x80\x94 x AAAAAAA=\n", 21, &note, NULL),
	    -1);
	assert_int_equal(note.text_len, 77);
	assert_int_equal(note_parse(SIGNED("x AAAAAAA=\n"),
				    strlen(SIGNED("x AAAAAAA=\n")), &note,
				    NULL),
			 0);
	assert_int_equal(note.signatures[0].bytes_len, 1);
}

/* 48 bytes are decoded at once. */
static void padding_inside_a_long_signature_is_refused(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct note note;
	size_t at;

	(void)state;
	begin(&b);
	at = b.len + strlen("\xe2\x80\x94 x ");
	line(&b, "x", 1, 0, 200);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	for (size_t i = at; i < b.len - 2; i++) {
		uint8_t was = b.bytes[i];

		b.bytes[i] = '=';
		assert_int_equal(
		    note_parse((const char *)b.bytes, b.len, &note, NULL), -1);
		b.bytes[i] = was;
	}
	buf_free(&b);
}

/* --- keys ----------------------------------------------------------------- */

static void a_key_is_read_as_it_was_written(void **state)
{
	char vkey[NOTE_VKEY_BYTES];
	struct note_key longest, back;
	char name[NOTE_NAME_BYTES];

	(void)state;
	memset(name, 'n', sizeof(name));
	name[NOTE_NAME_BYTES - 1] = '\0';
	assert_int_equal(note_key_make(name, NOTE_ED25519, log_key.key.bytes,
				       &longest, NULL),
			 0);
	note_key_print(&longest, vkey);
	assert_int_equal(strlen(vkey), NOTE_VKEY_BYTES - 1);
	assert_int_equal(note_key_parse(vkey, strlen(vkey), &back, NULL), 0);
	assert_memory_equal(&back, &longest, sizeof(back));
	note_key_print(&witness.key, vkey);
	assert_int_equal(note_key_parse(vkey, strlen(vkey), &back, NULL), 0);
	assert_memory_equal(&back, &witness.key, sizeof(back));
	/* One more byte is no name. */
	assert_false(note_name_valid("n", NOTE_NAME_BYTES));
}

/* log.example with the seed of ones, and what can be wrong with it. */
static void what_is_no_key_is_refused(void **state)
{
	char good[NOTE_VKEY_BYTES], bad[NOTE_VKEY_BYTES + 8];
	struct note_key key = {.id = 77};
	size_t len;

	(void)state;
	note_key_print(&log_key.key, good);
	len = strlen(good);
	/* Any other byte, and any end before the end. */
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(note_key_parse(good, i, &key, NULL), -1);
		memcpy(bad, good, len + 1);
		bad[i] ^= 1;
		assert_int_equal(note_key_parse(bad, len, &key, NULL), -1);
	}
	for (const char *c = "=A\n"; *c != '\0'; c++) {
		(void)snprintf(bad, sizeof(bad), "%s%c", good, *c);
		assert_int_equal(note_key_parse(bad, len + 1, &key, NULL), -1);
	}
	memcpy(bad, good, len + 1);
	for (size_t i = strlen("log.example+"); bad[i] != '+'; i++)
		if (bad[i] >= 'a')
			bad[i] = (char)(bad[i] - 'a' + 'A');
	assert_string_not_equal(bad, good);
	assert_int_equal(note_key_parse(bad, len, &key, NULL), -1);
	assert_int_equal(key.id, 77);
	assert_int_equal(note_key_parse(good, len, &key, NULL), 0);
}

static void a_key_of_another_type_is_refused(void **state)
{
	static const uint8_t types[] = {0x00, 0x02, 0x05, 0x06, 0xff};
	uint8_t bytes[33];
	char vkey[128], base64[BASE64_LEN(33) + 1];
	struct note_key key;
	struct err err;

	(void)state;
	memcpy(bytes + 1, log_key.key.bytes, 32);
	for (size_t i = 0; i < LEN(types); i++) {
		bytes[0] = types[i];
		base64_encode(bytes, sizeof(bytes), base64);
		(void)snprintf(vkey, sizeof(vkey), "log.example+%08x+%s",
			       note_key_id("log.example",
					   (enum note_key_type)types[i],
					   log_key.key.bytes),
			       base64);
		err = (struct err){0};
		assert_int_equal(note_key_parse(vkey, strlen(vkey), &key, &err),
				 -1);
		assert_string_equal(err.what, "a type of key not known here");
	}
}

/* With some of these, a signature of anything could be made to verify. */
static void a_weak_key_is_refused(void **state)
{
	static const uint8_t one[32] = {1}, zero[32] = {0};
	uint8_t large[32];
	struct note_key key;

	(void)state;
	memset(large, 0xff, sizeof(large));
	assert_int_equal(note_key_make("x", NOTE_ED25519, one, &key, NULL), -1);
	assert_int_equal(note_key_make("x", NOTE_ED25519, zero, &key, NULL),
			 -1);
	assert_int_equal(note_key_make("x", NOTE_ED25519, large, &key, NULL),
			 -1);
}

static void names_are_names(void **state)
{
	static const char *const good[] = {"a",
					   "example.com/log",
					   "M\xc3\xbcller",
					   "\xe2\x80\x8bx",
					   "\xe2\x80\xa7",
					   "\xe2\x81\xa0",
					   "\xc2\xa1"};
	static const char *const bad[] = {"",
					  " ",
					  "a b",
					  "a+b",
					  "a\n",
					  "\x7f\x01",
					  "\xc2\x85",
					  "a\xc2\xa0",
					  "\xe1\x9a\x80",
					  "\xe2\x80\x80",
					  "\xe2\x80\x8a",
					  "\xe2\x80\xa8",
					  "\xe2\x80\xa9",
					  "\xe2\x80\xaf",
					  "\xe2\x81\x9f",
					  "\xe3\x80\x80",
					  "\x80",
					  "\xed\xa0\x80",
					  "a\xe2\x80"};

	(void)state;
	for (size_t i = 0; i < LEN(good); i++)
		assert_true(note_name_valid(good[i], strlen(good[i])));
	for (size_t i = 0; i < LEN(bad); i++)
		assert_false(note_name_valid(bad[i], strlen(bad[i])));
	assert_false(note_name_valid("a\0b", 3));
	for (size_t i = 0; i < LEN(bad); i++) {
		char vkey[NOTE_VKEY_BYTES];
		struct note_key key;

		assert_int_equal(note_key_make(bad[i], NOTE_ED25519,
					       log_key.key.bytes, &key, NULL),
				 -1);
		/* As if it were one: with the id that it would have. */
		key = log_key.key;
		(void)snprintf(key.name, sizeof(key.name), "%s", bad[i]);
		key.id = note_key_id(key.name, key.type, key.bytes);
		note_key_print(&key, vkey);
		assert_int_equal(note_key_parse(vkey, strlen(vkey), &key, NULL),
				 -1);
	}
}

/* --- signing -------------------------------------------------------------- */

static void only_the_key_of_the_name_signs(void **state)
{
	struct buf b = BUF_INIT(4096);
	struct err err;

	(void)state;
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   witness.secret, &b, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &witness.key,
				   witness.secret, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &log_key.key,
				     log_key.secret, 5, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, 0, &b, &err),
			 -1);
	assert_int_equal(note_cosign(TEXT, strlen(TEXT), &witness.key,
				     witness.secret, (uint64_t)INT64_MAX + 1,
				     &b, &err),
			 -1);
	assert_int_equal(
	    note_sign("a", 1, &log_key.key, log_key.secret, &b, &err), -1);
	assert_int_equal(
	    note_sign("a\t\n", 3, &log_key.key, log_key.secret, &b, &err), -1);
	assert_int_equal(b.len, 0);
	b.cap = 100; /* a line is longer */
	assert_int_equal(note_sign(TEXT, strlen(TEXT), &log_key.key,
				   log_key.secret, &b, &err),
			 -1);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notes_are_judged_as_others_judge_them),
	    cmocka_unit_test(the_example_of_the_text_verifies),
	    cmocka_unit_test(our_signature_is_theirs),
	    cmocka_unit_test(a_cosignature_is_that_of_the_example),
	    cmocka_unit_test(what_is_not_known_is_passed_over),
	    cmocka_unit_test(a_wrong_one_of_a_known_key_rejects_the_note),
	    cmocka_unit_test(types_are_not_exchanged),
	    cmocka_unit_test(any_other_byte_is_noticed),
	    cmocka_unit_test(the_latest_time_of_a_witness_counts),
	    cmocka_unit_test(a_time_that_is_none_is_no_cosignature),
	    cmocka_unit_test(a_text_may_have_empty_lines),
	    cmocka_unit_test(limits_hold),
	    cmocka_unit_test(what_is_no_note_is_refused),
	    cmocka_unit_test(padding_inside_a_long_signature_is_refused),
	    cmocka_unit_test(a_key_is_read_as_it_was_written),
	    cmocka_unit_test(what_is_no_key_is_refused),
	    cmocka_unit_test(a_key_of_another_type_is_refused),
	    cmocka_unit_test(a_weak_key_is_refused),
	    cmocka_unit_test(names_are_names),
	    cmocka_unit_test(only_the_key_of_the_name_signs),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, signers, NULL);
}
