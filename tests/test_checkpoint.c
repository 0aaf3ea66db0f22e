/* test_checkpoint.c - checkpoints.
 * Proves: L2 as far as bytes go; compliance 6.3, 6.4;
 * c2sp.org/tlog-checkpoint. */
#include "checkpoint_house.h"

/* --- the examples --------------------------------------------------------- */

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

/* Nor does a witness that calls itself like the log. */
static void a_witness_with_the_name_of_the_log_is_none(void **state)
{
	static const uint8_t seed[32] = {9};
	uint8_t public[32], secret[64];
	struct checkpoint c = {.origin = ORIGIN, .size = 0};
	struct buf b = BUF_INIT(4096);
	struct note_key key;
	struct note note;
	size_t len;

	(void)state;
	(void)crypto_sign_seed_keypair(public, secret, seed);
	assert_int_equal(
	    note_key_make(ORIGIN, NOTE_COSIGNATURE, public, &key, NULL), 0);
	merkle_empty(&c.root);
	assert_int_equal(checkpoint_print(&c, &b, NULL), 0);
	len = b.len;
	assert_int_equal(buf_append(&b, "\n", 1, NULL), 0);
	assert_int_equal(
	    note_cosign((const char *)b.bytes, len, &key, secret, 5, &b, NULL),
	    0);
	assert_int_equal(note_parse((const char *)b.bytes, b.len, &note, NULL),
			 0);
	assert_int_equal(note_check(&note, &key, NULL), NOTE_GOOD);
	assert_string_equal(opened(buf_text(&b), &key, 1, NULL), "denied");
	buf_free(&b);
}

/* --- what is no checkpoint ------------------------------------------------ */

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
	    "o",
	    "o\n",
	    "o\n0",
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
	    "o\n1:\n" ROOT "\n",
	    "o\n1/\n" ROOT "\n",
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
	    "o\x1f\n1\n" ROOT "\n",
	    "o\xff\n1\n" ROOT "\n",
	};
	struct checkpoint c = {.size = 77};
	char text[NOTE_NAME_BYTES + 80];

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		if (parses(bad[i], &c) == 0)
			fail_msg("read: %s", bad[i]);
	assert_int_equal(c.size, 77);
	assert_string_equal(
	    opened("x\n\n\xe2\x80\x94 x AAAAAAA=\n", NULL, 0, NULL), "input");
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

static void a_checkpoint_has_a_length(void **state)
{
	struct buf b = BUF_INIT(2 * NOTE_TEXT_MAX);
	struct checkpoint c;

	(void)state;
	assert_int_equal(buf_append_text(&b, "o\n1\n" ROOT "\n", NULL), 0);
	while (b.len < NOTE_TEXT_MAX - 1)
		assert_int_equal(buf_append_u8(&b, 'x', NULL), 0);
	assert_int_equal(buf_append_u8(&b, '\n', NULL), 0);
	assert_int_equal(parses(buf_text(&b), &c), 0);
	assert_int_equal(buf_append_text(&b, "x\n", NULL), 0);
	assert_int_equal(parses(buf_text(&b), &c), -1);
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

/* L2: the last ten entries are removed, others take their place, and the whole
 * is signed again. */
static void what_was_cosigned_is_not_taken_back(void **state)
{
	static struct tree_of forged;
	struct merkle_hash proof[MERKLE_PROOF_MAX], cosigned, root;
	size_t len = 0;

	(void)state;
	root_of(257, &cosigned);
	tree_fill(&forged, 300);
	assert_int_equal(merkle_prove_consistency(257, 300, tree_read, &forged,
						  proof, &len, NULL),
			 0);
	naive_mth(&forged, 0, 300, &root);
	assert_true(
	    merkle_verify_consistency(257, 300, &cosigned, &root, proof, len));
	for (uint64_t i = 247; i < 300; i++)
		example_leaf(i + 1000, &forged.roots[0][i]);
	for (unsigned int l = 1; l < TREE_LEVELS; l++)
		for (uint64_t i = 0; i < (uint64_t)300 >> l; i++)
			merkle_node(&forged.roots[l - 1][2 * i],
				    &forged.roots[l - 1][2 * i + 1],
				    &forged.roots[l][i]);
	for (uint64_t size = 247; size <= 300; size++) {
		naive_mth(&forged, 0, size, &root);
		len = 0;
		if (size >= 257)
			assert_int_equal(merkle_prove_consistency(
					     257, size, tree_read, &forged,
					     proof, &len, NULL),
					 0);
		assert_false(merkle_verify_consistency(257, size, &cosigned,
						       &root, proof, len));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(checkpoints_are_those_of_the_example),
	    cmocka_unit_test(witnesses_do_not_replace_the_log),
	    cmocka_unit_test(another_log_does_not_sign_for_this_one),
	    cmocka_unit_test(a_witness_with_the_name_of_the_log_is_none),
	    cmocka_unit_test(what_is_no_checkpoint_is_refused),
	    cmocka_unit_test(what_is_no_checkpoint_is_not_written),
	    cmocka_unit_test(a_checkpoint_has_a_length),
	    cmocka_unit_test(the_example_for_a_witness_holds),
	    cmocka_unit_test(what_was_cosigned_is_not_taken_back),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
