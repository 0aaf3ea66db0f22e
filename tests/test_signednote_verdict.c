/* test_signednote_verdict.c - which signatures decide about a note, and how.
 * Proves: compliance 6.2, 6.4; c2sp.org/signed-note, c2sp.org/tlog-cosignature.
 */
#include "note_house.h"

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

/* Right as far as it goes, and more behind it. */
static void a_signature_has_its_length(void **state)
{
	const struct signer *const signers[] = {&log_key, &witness};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	uint8_t bytes[4 + NOTE_SIGNATURE_BYTES + 8] = {0};
	char base64[BASE64_LEN(sizeof(bytes)) + 1];
	struct note note;

	(void)state;
	for (size_t k = 0; k < LEN(signers); k++) {
		const struct note_key *key = &signers[k]->key;

		begin(&b);
		if (k == 0)
			sign(&b);
		else
			assert_int_equal(note_cosign(TEXT, strlen(TEXT), key,
						     witness.secret, 5, &b,
						     NULL),
					 0);
		assert_int_equal(
		    note_parse((const char *)b.bytes, b.len, &note, NULL), 0);
		assert_int_equal(note_check(&note, key, NULL), NOTE_GOOD);
		for (size_t i = 0; i < 4; i++)
			bytes[i] = (uint8_t)(key->id >> (24 - 8 * i));
		memcpy(bytes + 4, note.signatures[0].bytes,
		       note.signatures[0].bytes_len);
		for (size_t more = 0; more <= 8; more++) {
			base64_encode(bytes,
				      4 + note.signatures[0].bytes_len + more,
				      base64);
			begin(&b);
			assert_int_equal(
			    buf_append_text(&b, "\xe2\x80\x94 ", NULL), 0);
			assert_int_equal(buf_append_text(&b, key->name, NULL),
					 0);
			assert_int_equal(buf_append(&b, " ", 1, NULL), 0);
			assert_int_equal(buf_append_text(&b, base64, NULL), 0);
			assert_int_equal(buf_append(&b, "\n", 1, NULL), 0);
			assert_string_equal(
			    verdict_of(buf_text(&b), key, 1, NULL),
			    more == 0 ? "ok" : "reject");
		}
	}
	buf_free(&b);
}

static void nothing_is_good_about_a_rejected_note(void **state)
{
	const struct note_key keys[3] = {log_key.key, witness.key, log_key.key};
	bool good[3] = {true, true, true};
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);

	(void)state;
	begin(&b);
	sign(&b);
	line(&b, "witness.example/w", witness.key.id, 7, 72);
	assert_string_equal(verdict_of(buf_text(&b), keys, 3, good), "reject");
	assert_false(good[0] || good[1] || good[2]);
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

static void cosignature_line(struct buf *b, uint64_t time_s,
			     const uint8_t signature[64])
{
	uint8_t bytes[4 + 8 + 64];
	char base64[BASE64_LEN(sizeof(bytes)) + 1];

	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(witness.key.id >> (24 - 8 * i));
	for (size_t i = 0; i < 8; i++)
		bytes[4 + i] = (uint8_t)(time_s >> (56 - 8 * i));
	memcpy(bytes + 12, signature, 64);
	base64_encode(bytes, sizeof(bytes), base64);
	assert_int_equal(
	    buf_append_text(b, "\xe2\x80\x94 witness.example/w ", NULL), 0);
	assert_int_equal(buf_append_text(b, base64, NULL), 0);
	assert_int_equal(buf_append(b, "\n", 1, NULL), 0);
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
	/* Signed as it says. */
	(void)crypto_sign_detached(
	    signature, NULL,
	    (const uint8_t *)"cosignature/v1\ntime 9223372036854775808\n" TEXT,
	    strlen("cosignature/v1\ntime 9223372036854775808\n" TEXT),
	    witness.secret);
	begin(&b);
	cosignature_line(&b, (uint64_t)INT64_MAX + 1, signature);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &witness.key, NULL), NOTE_BAD);
	/* Nor is one over a text that no note can have. */
	note.text_len = NOTE_TEXT_MAX + 1;
	note.signatures[0].bytes[0] = 0;
	assert_int_equal(note_check(&note, &witness.key, NULL), NOTE_BAD);
	buf_free(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_not_known_is_passed_over),
	    cmocka_unit_test(a_wrong_one_of_a_known_key_rejects_the_note),
	    cmocka_unit_test(a_signature_has_its_length),
	    cmocka_unit_test(nothing_is_good_about_a_rejected_note),
	    cmocka_unit_test(types_are_not_exchanged),
	    cmocka_unit_test(any_other_byte_is_noticed),
	    cmocka_unit_test(the_latest_time_of_a_witness_counts),
	    cmocka_unit_test(a_time_that_is_none_is_no_cosignature),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, signers, NULL);
}
