/* test_checkpoint.c - checkpoints and receipts.
 * Proves: L2 and L3 as far as bytes go; compliance 6.3 to 6.5;
 * c2sp.org/tlog-checkpoint, c2sp.org/tlog-proof. */
#include "proof_house.h"

#include <sodium.h>

#include "postern/checkpoint.h"

#define ORIGIN "gateway.example.de/audit/tenant-1"

/* --- the examples --------------------------------------------------------- */

static void key_of(const char *vkey, struct note_key *ret)
{
	assert_int_equal(note_key_parse(vkey, strlen(vkey), ret, NULL), 0);
}

/* The log's key and the witness's. */
static void example_keys(struct note_key ret[2])
{
	json_t *json = fixture_json("c2sp/checkpoint-cosignature.json");
	json_t *row = json_array_get(json_object_get(json, "cases"), 1);

	key_of(row_text(row, "log_vkey"), &ret[0]);
	key_of(row_text(row, "witness_vkey"), &ret[1]);
	json_decref(json);
}

static void root_of(uint64_t size, struct merkle_hash *ret)
{
	struct merkle_edge edge = {.size = 0};
	struct merkle_hash leaf;

	for (uint64_t i = 0; i < size; i++) {
		example_leaf(i, &leaf);
		merkle_edge_add(&edge, &leaf);
	}
	merkle_edge_root(&edge, ret);
}

static void check_example(const json_t *row)
{
	const char *signed_one = row_text(row, "signed_checkpoint");
	const char *body = row_text(row, "body");
	struct checkpoint made = {.origin = ORIGIN}, got;
	uint8_t seed[32], public[32], secret[64];
	struct buf b = BUF_INIT(4096);
	struct note_key key;
	bool good = false;

	made.size = (uint64_t)json_integer_value(json_object_get(row, "size"));
	root_of(made.size, &made.root);
	assert_int_equal(checkpoint_print(&made, &b, NULL), 0);
	assert_string_equal(buf_text(&b), body);
	assert_int_equal(checkpoint_parse(body, strlen(body), &got, NULL), 0);
	assert_memory_equal(&got, &made, sizeof(got));

	key_of(row_text(row, "log_vkey"), &key);
	assert_true(hex_decode(row_text(row, "log_seed_hex"), 64, seed, 32));
	(void)crypto_sign_seed_keypair(public, secret, seed);
	assert_int_equal(buf_append(&b, "\n", 1, NULL), 0);
	assert_int_equal(note_sign(body, strlen(body), &key, secret, &b, NULL),
			 0);
	assert_string_equal(buf_text(&b), signed_one);
	got.size = 77;
	assert_int_equal(checkpoint_open(signed_one, strlen(signed_one), &key,
					 1, &got, &good, NULL),
			 0);
	assert_true(good);
	assert_memory_equal(&got, &made, sizeof(got));
	buf_free(&b);
}

static void checkpoints_are_those_of_the_example(void **state)
{
	json_t *json = fixture_json("c2sp/checkpoint-cosignature.json"), *row;
	json_t *rows = json_object_get(json, "cases");
	size_t i;

	(void)state;
	assert_int_equal(json_array_size(rows), 2);
	json_array_foreach(rows, i, row) check_example(row);
	json_decref(json);
}

/* --- who signed ----------------------------------------------------------- */

static const char *opened(const char *bytes, const struct note_key *keys,
			  size_t keys_len, bool *ret_good)
{
	struct err err = {0};
	struct checkpoint c;

	if (checkpoint_open(bytes, strlen(bytes), keys, keys_len, &c, ret_good,
			    &err) == 0)
		return "ok";
	return err_kind_name(err.kind);
}

static void witnesses_do_not_replace_the_log(void **state)
{
	json_t *json = fixture_json("c2sp/checkpoint-cosignature.json");
	json_t *row = json_array_get(json_object_get(json, "cases"), 1);
	const char *cosigned = row_text(row, "cosigned_checkpoint");
	const char *plain = row_text(row, "signed_checkpoint");
	struct note_key keys[2], other;
	bool good[2];

	(void)state;
	example_keys(keys);
	assert_string_equal(opened(cosigned, keys, 2, good), "ok");
	assert_true(good[0] && good[1]);
	assert_string_equal(opened(plain, keys, 2, good), "ok");
	assert_true(good[0] && !good[1]);
	assert_string_equal(opened(cosigned, keys, 1, good), "ok");
	assert_string_equal(opened(cosigned, &keys[1], 1, good), "denied");
	assert_false(good[0]);
	assert_string_equal(opened(cosigned, keys, 0, NULL), "denied");
	/* The log's key under another name is not that of this origin. */
	assert_int_equal(note_key_make("other.example", NOTE_ED25519,
				       keys[0].bytes, &other, NULL),
			 0);
	assert_string_equal(opened(cosigned, &other, 1, NULL), "denied");
	json_decref(json);
}

/* A key that is known, but as the name of another log: its signature is good,
 * and still says nothing about this origin. */
static void another_log_does_not_sign_for_this_one(void **state)
{
	static const uint8_t seed[32] = {9};
	uint8_t public[32], secret[64];
	struct checkpoint c = {.origin = ORIGIN, .size = 0};
	struct buf b = BUF_INIT(4096);
	struct note_key key;
	bool good = true;
	size_t len;

	(void)state;
	(void)crypto_sign_seed_keypair(public, secret, seed);
	assert_int_equal(
	    note_key_make("other.example", NOTE_ED25519, public, &key, NULL),
	    0);
	merkle_empty(&c.root);
	assert_int_equal(checkpoint_print(&c, &b, NULL), 0);
	len = b.len;
	assert_int_equal(buf_append(&b, "\n", 1, NULL), 0);
	assert_int_equal(
	    note_sign((const char *)b.bytes, len, &key, secret, &b, NULL), 0);
	assert_string_equal(opened(buf_text(&b), &key, 1, &good), "denied");
	assert_false(good);
	buf_free(&b);
}

/* --- what is no checkpoint ------------------------------------------------ */

#define ROOT "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static int parses(const char *text, struct checkpoint *ret)
{
	struct err err = {0};
	int rc = checkpoint_parse(text, strlen(text), ret, &err);

	assert_int_equal(err.kind, rc == 0 ? ERR_NONE : ERR_INPUT);
	return rc;
}

static void what_is_no_checkpoint_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "\n",
	    "o\n0\n",
	    "o\n0\n" ROOT,
	    "\n0\n" ROOT "\n",
	    "o\n\n" ROOT "\n",
	    "o\n00\n" ROOT "\n",
	    "o\n01\n" ROOT "\n",
	    "o\n+1\n" ROOT "\n",
	    "o\n-1\n" ROOT "\n",
	    "o\n 1\n" ROOT "\n",
	    "o\n1 \n" ROOT "\n",
	    "o\n0x1\n" ROOT "\n",
	    "o\n9223372036854775808\n" ROOT "\n",
	    "o\n18446744073709551616\n" ROOT "\n",
	    "o\n111111111111111111111111\n" ROOT "\n",
	    "o\n1\n\n",
	    "o\n1\n" ROOT "=\n",
	    "o\n1\n " ROOT "\n",
	    "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\n",
	    "o\n1\n47DEQpj8HBSa+_TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
	    "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=\n",
	    "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==\n",
	    "o\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFWq\n",
	    "o\n1\n" ROOT "\n\n",
	    "o\n1\n" ROOT "\nx\n\ny\n",
	    "o\n1\n" ROOT "\nx",
	    "o\r\n1\n" ROOT "\n",
	    "o\t\n1\n" ROOT "\n",
	    "o\xff\n1\n" ROOT "\n",
	};
	struct checkpoint c = {.size = 77};
	char text[NOTE_NAME_BYTES + 80];

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		if (parses(bad[i], &c) == 0)
			fail_msg("read: %s", bad[i]);
	assert_int_equal(c.size, 77);
	/* Extensions of others, an origin that is no name, the largest. */
	assert_int_equal(parses("o\n1\n" ROOT "\nx\ny z\n", &c), 0);
	assert_int_equal(parses("o + o\n1\n" ROOT "\n", &c), 0);
	assert_string_equal(c.origin, "o + o");
	assert_int_equal(parses("o\n9223372036854775807\n" ROOT "\n", &c), 0);
	assert_true(c.size == MERKLE_SIZE_MAX);
	for (int len = NOTE_NAME_BYTES - 1; len <= NOTE_NAME_BYTES; len++) {
		(void)snprintf(text, sizeof(text), "%0*d\n1\n" ROOT "\n", len,
			       7);
		assert_int_equal(parses(text, &c),
				 len < NOTE_NAME_BYTES ? 0 : -1);
	}
}

static void what_is_no_checkpoint_is_not_written(void **state)
{
	static const char *const bad[] = {"", "a\nb", "a\tb", "\xff", "\n"};
	struct checkpoint c = {.size = 1};
	struct buf b = BUF_INIT(1024);

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		(void)snprintf(c.origin, sizeof(c.origin), "%s", bad[i]);
		assert_int_equal(checkpoint_print(&c, &b, NULL), -1);
		assert_int_equal(b.len, 0);
	}
	(void)snprintf(c.origin, sizeof(c.origin), "o");
	c.size = MERKLE_SIZE_MAX + 1;
	assert_int_equal(checkpoint_print(&c, &b, NULL), -1);
	c.size = MERKLE_SIZE_MAX;
	/* All or nothing: the root does not fit. */
	b.cap = 40;
	assert_int_equal(checkpoint_print(&c, &b, NULL), -1);
	assert_int_equal(b.len, 0);
	b.cap = 100;
	assert_int_equal(checkpoint_print(&c, &b, NULL), 0);
	buf_free(&b);
}

/* --- receipts ------------------------------------------------------------- */

static enum err_kind verified(const struct receipt *r, uint64_t entry_index,
			      const struct note_key *keys, size_t keys_len)
{
	struct err err = {0};
	struct checkpoint c;
	char entry[32];
	size_t len = example_entry(entry_index, entry);

	if (receipt_verify(r, keys, keys_len, entry, len, &c, &err) != 0)
		return err.kind;
	assert_int_equal(c.size, 257);
	assert_string_equal(c.origin, ORIGIN);
	return ERR_NONE;
}

static void check_receipt(const char *name, uint64_t index, const char *extra,
			  size_t proof_len)
{
	size_t len = 0;
	char *text = fixture_text(name, &len);
	struct buf again = BUF_INIT(RECEIPT_BYTES_MAX);
	struct note_key keys[2];
	struct receipt r;

	example_keys(keys);
	assert_int_equal(receipt_parse(text, len, &r, NULL), 0);
	assert_int_equal(r.index, index);
	assert_int_equal(r.proof_len, proof_len);
	assert_int_equal(r.extra.len, strlen(extra));
	if (r.extra.len > 0)
		assert_memory_equal(r.extra.bytes, extra, strlen(extra));
	/* The leaf "entry-<index>", and no other; with or without a witness. */
	assert_int_equal(verified(&r, index, keys, 2), ERR_NONE);
	assert_int_equal(verified(&r, index, keys, 1), ERR_NONE);
	assert_int_equal(verified(&r, index + 1, keys, 2), ERR_CORRUPT);
	assert_int_equal(verified(&r, index, keys + 1, 1), ERR_DENIED);
	assert_int_equal(receipt_print(&r, &again, NULL), 0);
	assert_int_equal(again.len, len);
	assert_memory_equal(again.bytes, text, len);
	receipt_free(&r);
	buf_free(&again);
	free(text);
}

static void receipts_of_the_example_prove_their_entry(void **state)
{
	(void)state;
	check_receipt("c2sp/receipt-000-of-257.tlog-proof", 0, "opening", 9);
	check_receipt("c2sp/receipt-256-of-257.tlog-proof", 256, "", 1);
}

/* It is the receipt of entry 0 and says 1: neither of them is there. */
static void the_invalid_receipt_is_refused(void **state)
{
	size_t len = 0;
	char *text =
	    fixture_text("c2sp/receipt-wrong-index.invalid.tlog-proof", &len);
	struct note_key keys[2];
	struct receipt r;

	(void)state;
	example_keys(keys);
	assert_int_equal(receipt_parse(text, len, &r, NULL), 0);
	for (uint64_t i = 0; i < 257; i++)
		assert_int_equal(verified(&r, i, keys, 2), ERR_CORRUPT);
	receipt_free(&r);
	free(text);
}

/* Whether it still proves entry 0, as both keys say. */
static bool still_proves(const char *text, size_t len,
			 const struct note_key keys[2])
{
	struct checkpoint c;
	struct receipt r;
	bool good[2], ret;

	if (receipt_parse(text, len, &r, NULL) != 0)
		return false;
	ret = verified(&r, 0, keys, 2) == ERR_NONE &&
	      checkpoint_open(r.checkpoint, r.checkpoint_len, keys, 2, &c, good,
			      NULL) == 0 &&
	      good[0] && good[1];
	receipt_free(&r);
	return ret;
}

/* But those of extra, which nothing covers. */
static void any_other_byte_of_a_receipt_is_noticed(void **state)
{
	size_t len = 0, unnoticed = 0;
	char *text = fixture_text("c2sp/receipt-000-of-257.tlog-proof", &len);
	const char *extra = strstr(text, "b3BlbmluZw==");
	struct note_key keys[2];

	(void)state;
	assert_non_null(extra);
	example_keys(keys);
	assert_true(still_proves(text, len, keys));
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		if (still_proves(text, len, keys)) {
			unnoticed++;
			assert_true(text + i >= extra &&
				    text + i < extra + strlen("b3BlbmluZw"));
		}
		text[i] ^= 1;
	}
	assert_true(unnoticed > 0);
	free(text);
}

static void a_receipt_that_is_cut_is_refused(void **state)
{
	size_t len = 0;
	char *text = fixture_text("c2sp/receipt-000-of-257.tlog-proof", &len);
	struct note_key keys[2];
	struct receipt r;

	(void)state;
	example_keys(keys);
	for (size_t cut = 0; cut < len; cut++) {
		if (receipt_parse(text, cut, &r, NULL) != 0)
			continue;
		/* Without the witness's line it is a receipt still. */
		assert_int_equal(text[cut - 1], '\n');
		assert_true(strstr(text + cut, "\xe2\x80\x94 witness") ==
			    text + cut);
		receipt_free(&r);
	}
	free(text);
}

#define HEAD "c2sp.org/tlog-proof@v1\n"
#define NOTE "o\n1\n" ROOT "\n\n\xe2\x80\x94 x AAAAAAA=\n"

static void what_is_no_receipt_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    HEAD,
	    "c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
	    "c2sp.org/tlog-proof@v1 \nindex 0\n\n" NOTE,
	    "c2sp.org/tlog-proof@v1\r\nindex 0\n\n" NOTE,
	    HEAD "\nindex 0\n\n" NOTE,
	    HEAD "index 00\n\n" NOTE,
	    HEAD "index -1\n\n" NOTE,
	    HEAD "index \n\n" NOTE,
	    HEAD "index  0\n\n" NOTE,
	    HEAD "Index 0\n\n" NOTE,
	    HEAD "index 9223372036854775808\n\n" NOTE,
	    HEAD "index 0\nindex 0\n\n" NOTE,
	    HEAD "index 0\n" NOTE,
	    HEAD "index 0\n\n\n" NOTE "x",
	    HEAD "index 0\n\n",
	    HEAD "index 0\n\no\n1\n" ROOT "\n",
	    HEAD "index 0\n" ROOT "x\n\n" NOTE,
	    HEAD "index 0\nAAAA\n\n" NOTE,
	    HEAD "extra \nindex 0\n\n" NOTE,
	    HEAD "extra AAA\nindex 0\n\n" NOTE,
	    HEAD "extra AAB=\nindex 0\n\n" NOTE,
	    HEAD "extra  AAAA\nindex 0\n\n" NOTE,
	    HEAD "extra AAAA\nextra AAAA\nindex 0\n\n" NOTE,
	    HEAD "index 0\nextra AAAA\n\n" NOTE,
	    HEAD "extra AAAA\n",
	    HEAD "extra AAAA",
	};
	struct receipt r = {.index = 77};
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		err = (struct err){0};
		if (receipt_parse(bad[i], strlen(bad[i]), &r, &err) == 0)
			fail_msg("read: %s", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(r.index, 77);
	assert_int_equal(receipt_parse(HEAD "index 0\n\n" NOTE,
				       strlen(HEAD "index 0\n\n" NOTE), &r,
				       NULL),
			 0);
	receipt_free(&r);
	receipt_free(NULL);
}

static void limits_of_a_receipt_hold(void **state)
{
	struct buf text = BUF_INIT(2 * RECEIPT_BYTES_MAX);
	struct buf again = BUF_INIT(2 * RECEIPT_BYTES_MAX);
	struct receipt r = {.checkpoint = NOTE, .checkpoint_len = strlen(NOTE)};

	(void)state;
	for (size_t len = MERKLE_PROOF_MAX; len <= MERKLE_PROOF_MAX + 1;
	     len++) {
		struct receipt back;

		buf_clear(&text);
		assert_int_equal(buf_append_text(&text, HEAD "index 5\n", NULL),
				 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(
			    buf_append_text(&text, ROOT "\n", NULL), 0);
		assert_int_equal(buf_append_text(&text, "\n" NOTE, NULL), 0);
		assert_int_equal(receipt_parse((const char *)text.bytes,
					       text.len, &back, NULL),
				 len <= MERKLE_PROOF_MAX ? 0 : -1);
		if (len <= MERKLE_PROOF_MAX)
			receipt_free(&back);
	}
	r.extra = BUF_INIT(RECEIPT_EXTRA_MAX + 1);
	for (size_t i = 0; i < RECEIPT_EXTRA_MAX; i++)
		assert_int_equal(buf_append_u8(&r.extra, (uint8_t)i, NULL), 0);
	assert_int_equal(receipt_print(&r, &again, NULL), 0);
	assert_int_equal(buf_append_u8(&r.extra, 0, NULL), 0);
	assert_int_equal(receipt_print(&r, &text, NULL), -1);
	receipt_free(&r);
	assert_int_equal(
	    receipt_parse((const char *)again.bytes, again.len, &r, NULL), 0);
	assert_int_equal(r.extra.len, RECEIPT_EXTRA_MAX);
	assert_int_equal(r.extra.bytes[RECEIPT_EXTRA_MAX - 1], 255);
	/* All or nothing. */
	text.cap = text.len + again.len - 1;
	assert_int_equal(receipt_print(&r, &text, NULL), -1);
	assert_int_equal(text.len, text.cap + 1 - again.len);
	receipt_free(&r);
	buf_free(&text);
	buf_free(&again);
}

static void what_is_no_receipt_is_not_written(void **state)
{
	struct receipt r = {.checkpoint = NOTE, .checkpoint_len = strlen(NOTE)};
	struct buf b = BUF_INIT(4096);

	(void)state;
	r.index = MERKLE_SIZE_MAX + 1;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	r.index = 0;
	r.proof_len = MERKLE_PROOF_MAX + 1;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	r.proof_len = 0;
	r.checkpoint_len--;
	assert_int_equal(receipt_print(&r, &b, NULL), -1);
	assert_int_equal(b.len, 0);
	buf_free(&b);
}

/* --- what a witness is asked ---------------------------------------------- */

/* The pieces of a request: "old N", hashes, an empty line, a checkpoint. */
static void the_example_for_a_witness_holds(void **state)
{
	size_t len = 0, proof_len = 0, got;
	char *text = fixture_text("c2sp/add-checkpoint-200-257.txt", &len);
	const char *note = strstr(text, "\n\n"), *at = strchr(text, '\n');
	struct merkle_hash proof[MERKLE_PROOF_MAX], old_root;
	struct note_key keys[2];
	struct checkpoint c;

	(void)state;
	example_keys(keys);
	assert_int_equal(strncmp(text, "old 200\n", 8), 0);
	for (at++; at < note; at = strchr(at, '\n') + 1) {
		assert_true(
		    base64_decode(at, 44, proof[proof_len].bytes, 32, &got));
		assert_int_equal(got, 32);
		proof_len++;
	}
	note += 2;
	assert_int_equal(checkpoint_open(note, len - (size_t)(note - text),
					 keys, 1, &c, NULL, NULL),
			 0);
	assert_int_equal(c.size, 257);
	root_of(200, &old_root);
	assert_true(merkle_verify_consistency(200, 257, &old_root, &c.root,
					      proof, proof_len));
	assert_false(merkle_verify_consistency(201, 257, &old_root, &c.root,
					       proof, proof_len));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checkpoints_are_those_of_the_example),
	    cmocka_unit_test(witnesses_do_not_replace_the_log),
	    cmocka_unit_test(another_log_does_not_sign_for_this_one),
	    cmocka_unit_test(what_is_no_checkpoint_is_refused),
	    cmocka_unit_test(what_is_no_checkpoint_is_not_written),
	    cmocka_unit_test(receipts_of_the_example_prove_their_entry),
	    cmocka_unit_test(the_invalid_receipt_is_refused),
	    cmocka_unit_test(any_other_byte_of_a_receipt_is_noticed),
	    cmocka_unit_test(a_receipt_that_is_cut_is_refused),
	    cmocka_unit_test(what_is_no_receipt_is_refused),
	    cmocka_unit_test(limits_of_a_receipt_hold),
	    cmocka_unit_test(what_is_no_receipt_is_not_written),
	    cmocka_unit_test(the_example_for_a_witness_holds),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
