/* test_signednote.c - signed notes, as others wrote them and as nobody may.
 * Proves: compliance 6.2, 6.4; c2sp.org/signed-note, c2sp.org/tlog-cosignature.
 */
#include "note_house.h"

/* --- notes of others ------------------------------------------------------ */

static size_t keys_of(const json_t *list, struct note_key ret[4])
{
	size_t i;
	json_t *vkey;

	assert_true(json_array_size(list) <= 4);
	json_array_foreach((json_t *)list, i, vkey)
	    key_of(json_string_value(vkey), &ret[i]);
	return json_array_size(list);
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

/* --- reading -------------------------------------------------------------- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(notes_are_judged_as_others_judge_them),
	    cmocka_unit_test(the_example_of_the_text_verifies),
	    cmocka_unit_test(our_signature_is_theirs),
	    cmocka_unit_test(a_cosignature_is_that_of_the_example),
	    cmocka_unit_test(a_text_may_have_empty_lines),
	    cmocka_unit_test(limits_hold),
	    cmocka_unit_test(what_is_no_note_is_refused),
	    cmocka_unit_test(padding_inside_a_long_signature_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, signers, NULL);
}
