/* test_merkle.c - the tree of RFC 6962.
 * Proves: compliance 6.1; RFC 9162, 2.1.3.2 and 2.1.4.2. */
#include "proof_house.h"

/* --- others' vectors ------------------------------------------------------ */

/* Exact, unlike what jansson makes of 2^64 - 1. */
static uint64_t number_in(const char *line, const char *key)
{
	const char *at = strstr(line, key);

	assert_non_null(at);
	return strtoull(at + strlen(key), NULL, 10);
}

/* What is no hash is refused where it is decoded (32 bytes or nothing); here
 * it is cut or filled, so that the verifier itself has to refuse. */
static void hash_in(const json_t *text, struct merkle_hash *ret)
{
	const char *base64 = json_string_value(text);
	uint8_t bytes[64] = {0};
	size_t len = 0;

	assert_non_null(base64);
	assert_true(
	    base64_decode(base64, strlen(base64), bytes, sizeof(bytes), &len));
	memcpy(ret->bytes, bytes, sizeof(ret->bytes));
}

static size_t proof_in(const json_t *row,
		       struct merkle_hash ret[MERKLE_PROOF_MAX])
{
	const json_t *list = json_object_get(row, "proof");

	assert_true(json_array_size(list) <= MERKLE_PROOF_MAX);
	for (size_t i = 0; i < json_array_size(list); i++)
		hash_in(json_array_get(list, i), &ret[i]);
	return json_array_size(list);
}

static bool inclusion_holds(const char *line, const json_t *row)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX], leaf, root;
	size_t len = proof_in(row, proof);

	hash_in(json_object_get(row, "leafHash"), &leaf);
	hash_in(json_object_get(row, "root"), &root);
	return merkle_verify_inclusion(number_in(line, "\"leafIdx\": "),
				       number_in(line, "\"treeSize\": "), &leaf,
				       proof, len, &root);
}

static bool consistency_holds(const char *line, const json_t *row)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX], from, to;
	size_t len = proof_in(row, proof);

	hash_in(json_object_get(row, "root1"), &from);
	hash_in(json_object_get(row, "root2"), &to);
	return merkle_verify_consistency(number_in(line, "\"size1\": "),
					 number_in(line, "\"size2\": "), &from,
					 &to, proof, len);
}

static void each_vector(const char *name, size_t wanted,
			bool (*holds)(const char *line, const json_t *row))
{
	FILE *in = rows_open(name);
	static char line[65536];
	size_t rows = 0;

	if (in == NULL)
		skip();
	for (; fgets(line, sizeof(line), in) != NULL; rows++) {
		json_t *row = json_loads(line, JSON_DECODE_INT_AS_REAL, NULL);

		assert_non_null(row);
		if (holds(line, row) ==
		    json_is_true(json_object_get(row, "wantErr")))
			fail_msg("%s", row_name(row));
		json_decref(row);
	}
	(void)fclose(in);
	assert_int_equal(rows, wanted);
}

static void inclusion_is_told_as_others_tell_it(void **state)
{
	(void)state;
	each_vector("rfc6962/inclusion.jsonl", 64, inclusion_holds);
}

static void consistency_is_told_as_others_tell_it(void **state)
{
	(void)state;
	each_vector("rfc6962/consistency.jsonl", 63, consistency_holds);
}

/* --- known trees ---------------------------------------------------------- */

static struct tree_of tree;

static void roots_match(const json_t *json)
{
	const json_t *value, *roots = json_object_get(json, "root_hex_by_size");
	struct merkle_hash want, got;
	const char *size;

	assert_true(json_object_size(roots) >= 7);
	json_object_foreach((json_t *)roots, size, value)
	{
		struct merkle_edge edge = {.size = 0};
		uint64_t n = strtoull(size, NULL, 10);

		hash_of_hex(json_string_value(value), &want);
		for (uint64_t i = 0; i < n; i++)
			merkle_edge_add(&edge, &tree.roots[0][i]);
		merkle_edge_root(&edge, &got);
		assert_true(merkle_equal(&got, &want));
		assert_int_equal(merkle_root(n, tree_read, &tree, &got, NULL),
				 0);
		assert_true(merkle_equal(&got, &want));
	}
}

static void inclusions_match(const json_t *list, const char *path)
{
	struct merkle_hash want[MERKLE_PROOF_MAX], got[MERKLE_PROOF_MAX], root;
	size_t i, len;
	json_t *row;

	assert_true(json_array_size(list) >= 4);
	json_array_foreach((json_t *)list, i, row)
	{
		uint64_t index =
		    (uint64_t)json_integer_value(json_object_get(row, "index"));
		uint64_t size =
		    (uint64_t)json_integer_value(json_object_get(row, "size"));
		size_t wanted = hashes_of_hex(json_object_get(row, path), want);

		assert_int_equal(merkle_prove_inclusion(index, size, tree_read,
							&tree, got, &len, NULL),
				 0);
		assert_int_equal(len, wanted);
		assert_memory_equal(got, want, wanted * sizeof(*want));
		assert_int_equal(
		    merkle_root(size, tree_read, &tree, &root, NULL), 0);
		assert_true(merkle_verify_inclusion(
		    index, size, &tree.roots[0][index], want, wanted, &root));
	}
}

static void consistencies_match(const json_t *list, const char *path)
{
	struct merkle_hash want[MERKLE_PROOF_MAX], got[MERKLE_PROOF_MAX];
	struct merkle_hash from, to;
	size_t i, len;
	json_t *row;

	assert_true(json_array_size(list) >= 3);
	json_array_foreach((json_t *)list, i, row)
	{
		uint64_t was =
		    (uint64_t)json_integer_value(json_object_get(row, "size1"));
		uint64_t is =
		    (uint64_t)json_integer_value(json_object_get(row, "size2"));
		size_t wanted = hashes_of_hex(json_object_get(row, path), want);

		assert_int_equal(merkle_prove_consistency(was, is, tree_read,
							  &tree, got, &len,
							  NULL),
				 0);
		assert_int_equal(len, wanted);
		assert_memory_equal(got, want, wanted * sizeof(*want));
		naive_mth(&tree, 0, was, &from);
		naive_mth(&tree, 0, is, &to);
		assert_true(merkle_verify_consistency(was, is, &from, &to, want,
						      wanted));
	}
}

static void the_reference_tree_comes_out(void **state)
{
	json_t *json = fixture_json("rfc6962/reference-tree.json");
	json_t *leaves = json_object_get(json, "leaves_hex");
	json_t *hashes = json_object_get(json, "leaf_hash_hex");
	struct merkle_hash want[8];

	(void)state;
	assert_int_equal(json_array_size(leaves), 8);
	assert_int_equal(hashes_of_hex(hashes, want), 8);
	tree_fill(&tree, 8);
	for (size_t i = 0; i < 8; i++) {
		const char *hex = json_string_value(json_array_get(leaves, i));
		uint8_t entry[32];

		assert_true(
		    hex_decode(hex, strlen(hex), entry, strlen(hex) / 2));
		merkle_leaf(entry, strlen(hex) / 2, &tree.roots[0][i]);
		assert_true(merkle_equal(&tree.roots[0][i], &want[i]));
	}
	for (unsigned int l = 1; l <= 3; l++)
		for (size_t i = 0; i < (size_t)8 >> l; i++)
			merkle_node(&tree.roots[l - 1][2 * i],
				    &tree.roots[l - 1][2 * i + 1],
				    &tree.roots[l][i]);
	roots_match(json);
	inclusions_match(json_object_get(json, "inclusion_paths_hex"), "path");
	consistencies_match(json_object_get(json, "consistency_paths_hex"),
			    "path");
	json_decref(json);
}

static void the_large_tree_comes_out(void **state)
{
	json_t *json = fixture_json("rfc6962/large-tree.json");

	(void)state;
	tree_fill(&tree, 1000);
	roots_match(json);
	inclusions_match(json_object_get(json, "inclusion"), "path_hex");
	consistencies_match(json_object_get(json, "consistency"), "path_hex");
	json_decref(json);
}

/* --- every size ----------------------------------------------------------- */

/* Every pair of the small sizes and of those where a tree changes its shape,
 * else every seventh. */
static uint64_t stride(uint64_t size)
{
	bool edge = size <= 130 || (size & (size - 1)) == 0 ||
		    ((size - 1) & (size - 2)) == 0 || ((size + 1) & size) == 0;

	return edge ? 1 : 7;
}

static void every_size_has_its_root(void **state)
{
	struct merkle_edge edge = {.size = 0};
	struct merkle_hash want, got;

	(void)state;
	tree_fill(&tree, TREE_LEAVES);
	for (uint64_t n = 1; n <= TREE_LEAVES; n++) {
		merkle_edge_add(&edge, &tree.roots[0][n - 1]);
		naive_mth(&tree, 0, n, &want);
		merkle_edge_root(&edge, &got);
		assert_true(merkle_equal(&got, &want));
		assert_int_equal(merkle_root(n, tree_read, &tree, &got, NULL),
				 0);
		assert_true(merkle_equal(&got, &want));
	}
}

static void every_entry_is_proved(void **state)
{
	struct merkle_hash want[MERKLE_PROOF_MAX], got[MERKLE_PROOF_MAX], root;
	size_t len, wanted;

	(void)state;
	tree_fill(&tree, TREE_LEAVES);
	for (uint64_t n = 1; n <= TREE_LEAVES; n++) {
		naive_mth(&tree, 0, n, &root);
		for (uint64_t i = n % stride(n); i < n; i += stride(n)) {
			assert_int_equal(merkle_prove_inclusion(i, n, tree_read,
								&tree, got,
								&len, NULL),
					 0);
			wanted = naive_path(&tree, i, 0, n, want, 0);
			assert_int_equal(len, wanted);
			assert_memory_equal(got, want, len * sizeof(*got));
			assert_true(merkle_verify_inclusion(
			    i, n, &tree.roots[0][i], got, len, &root));
		}
	}
}

static void every_earlier_size_is_proved(void **state)
{
	struct merkle_hash want[MERKLE_PROOF_MAX], got[MERKLE_PROOF_MAX];
	struct merkle_hash from, to;
	size_t len, wanted;

	(void)state;
	tree_fill(&tree, TREE_LEAVES);
	for (uint64_t n = 1; n <= TREE_LEAVES; n++) {
		naive_mth(&tree, 0, n, &to);
		for (uint64_t m = 1 + n % stride(n); m <= n; m += stride(n)) {
			assert_int_equal(
			    merkle_prove_consistency(m, n, tree_read, &tree,
						     got, &len, NULL),
			    0);
			wanted = naive_subproof(&tree, m, 0, n, true, want, 0);
			assert_int_equal(len, wanted);
			assert_memory_equal(got, want, len * sizeof(*got));
			naive_mth(&tree, 0, m, &from);
			assert_true(merkle_verify_consistency(m, n, &from, &to,
							      got, len));
		}
	}
}

/* --- what does not prove -------------------------------------------------- */

static void spoil(struct merkle_hash *hash, uint64_t seed)
{
	hash->bytes[seed % 32] ^= (uint8_t)(1u << seed % 8);
}

static void a_false_inclusion_is_refused(void **state)
{
	static const uint64_t sizes[] = {1, 2, 3, 5, 8, 13, 64, 65, 127};
	struct merkle_hash proof[MERKLE_PROOF_MAX + 1] = {0}, root;
	size_t len;

	(void)state;
	tree_fill(&tree, 127);
	for (size_t s = 0; s < LEN(sizes); s++) {
		uint64_t n = sizes[s], i = n * 2 / 3;
		const struct merkle_hash *leaf = &tree.roots[0][i];

		naive_mth(&tree, 0, n, &root);
		len = naive_path(&tree, i, 0, n, proof, 0);
		for (uint64_t other = 0; other < 2 * n; other++)
			assert_int_equal(merkle_verify_inclusion(
					     other, n, leaf, proof, len, &root),
					 other == i);
		for (size_t bad = 0; bad < len; bad++) {
			spoil(&proof[bad], bad + n);
			assert_false(merkle_verify_inclusion(i, n, leaf, proof,
							     len, &root));
			spoil(&proof[bad], bad + n);
		}
		for (size_t cut = 0; cut < len; cut++)
			assert_false(merkle_verify_inclusion(i, n, leaf, proof,
							     cut, &root));
		for (size_t more = len + 1; more <= LEN(proof); more++)
			assert_false(merkle_verify_inclusion(i, n, leaf, proof,
							     more, &root));
	}
}

static void a_false_consistency_is_refused(void **state)
{
	static const uint64_t sizes[][2] = {{1, 2},  {1, 8},   {2, 5},
					    {4, 8},  {6, 8},   {7, 8},
					    {8, 64}, {13, 64}, {65, 127}};
	struct merkle_hash proof[MERKLE_PROOF_MAX + 1] = {0}, from, to;
	size_t len;

	(void)state;
	tree_fill(&tree, 127);
	for (size_t s = 0; s < LEN(sizes); s++) {
		uint64_t m = sizes[s][0], n = sizes[s][1];

		naive_mth(&tree, 0, m, &from);
		naive_mth(&tree, 0, n, &to);
		len = naive_subproof(&tree, m, 0, n, true, proof, 0);
		assert_false(
		    merkle_verify_consistency(n, m, &to, &from, proof, len));
		assert_false(
		    merkle_verify_consistency(m, n, &to, &from, proof, len));
		assert_false(
		    merkle_verify_consistency(m, n, &to, &to, proof, len));
		for (size_t bad = 0; bad < len; bad++) {
			spoil(&proof[bad], bad + n);
			assert_false(merkle_verify_consistency(m, n, &from, &to,
							       proof, len));
			spoil(&proof[bad], bad + n);
		}
		for (size_t cut = 0; cut < len; cut++)
			assert_false(merkle_verify_consistency(m, n, &from, &to,
							       proof, cut));
		for (size_t more = len + 1; more <= LEN(proof); more++)
			assert_false(merkle_verify_consistency(m, n, &from, &to,
							       proof, more));
	}
}

/* The tree of which only the number of leaves is known. */
static int read_anything(void *ctx, unsigned int level, uint64_t index,
			 struct merkle_hash *ret, struct err *err)
{
	(void)err;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->bytes, &index, sizeof(index));
	ret->bytes[31] = (uint8_t)level;
	++*(uint64_t *)ctx;
	return 0;
}

static void the_largest_tree_is_proved(void **state)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX], root, leaf, old_root;
	uint64_t n = MERKLE_SIZE_MAX, reads = 0;
	size_t len = 0;

	(void)state;
	assert_int_equal(merkle_root(n, read_anything, &reads, &root, NULL), 0);
	assert_int_equal(reads, 63);
	assert_int_equal(merkle_prove_inclusion(0, n, read_anything, &reads,
						proof, &len, NULL),
			 0);
	assert_int_equal(len, MERKLE_PROOF_MAX);
	(void)read_anything(&reads, 0, 0, &leaf, NULL);
	/* Nothing hangs together in it, so the root is that of the proof. */
	root = leaf;
	for (size_t i = 0; i < len; i++)
		merkle_node(&root, &proof[i], &root);
	assert_true(merkle_verify_inclusion(0, n, &leaf, proof, len, &root));
	assert_int_equal(merkle_prove_consistency(1, n, read_anything, &reads,
						  proof, &len, NULL),
			 0);
	assert_int_equal(len, MERKLE_PROOF_MAX);
	old_root = leaf;
	assert_true(
	    merkle_verify_consistency(1, n, &old_root, &root, proof, len));
	assert_false(merkle_verify_consistency(1, UINT64_MAX, &old_root, &root,
					       proof, len));
}

/* A root that is made for it: of a tree with one more level than there is. */
static void a_proof_of_another_shape_is_refused(void **state)
{
	static const uint64_t sizes[] = {1, 2, 3, 8, 13, 127};
	struct merkle_hash proof[MERKLE_PROOF_MAX], above, root, other = {0};
	size_t len;

	(void)state;
	tree_fill(&tree, 127);
	for (size_t s = 0; s < LEN(sizes); s++) {
		uint64_t n = sizes[s], i = n * 2 / 3;
		const struct merkle_hash *leaf = &tree.roots[0][i];

		naive_mth(&tree, 0, n, &root);
		len = naive_path(&tree, i, 0, n, proof, 0);
		proof[len] = other;
		merkle_node(&other, &root, &above);
		assert_false(merkle_verify_inclusion(i, n, leaf, proof, len + 1,
						     &above));
		merkle_node(&root, &other, &above);
		assert_false(merkle_verify_inclusion(i, n, leaf, proof, len + 1,
						     &above));
		len = naive_subproof(&tree, 1, 0, n, true, proof, 0);
		proof[len] = other;
		assert_false(merkle_verify_consistency(1, n, &tree.roots[0][0],
						       &above, proof, len + 1));
		merkle_node(&other, &root, &above);
		merkle_node(&other, &tree.roots[0][0], &root);
		assert_false(merkle_verify_consistency(1, n, &root, &above,
						       proof, len + 1));
	}
}

/* It would be the proof of a tree that is larger than any. */
static void a_proof_that_is_too_long_is_refused(void **state)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX + 1] = {0}, leaf = {0};
	struct merkle_hash root = leaf;

	(void)state;
	for (size_t i = 0; i < MERKLE_PROOF_MAX; i++)
		merkle_node(&root, &proof[i], &root);
	assert_true(merkle_verify_inclusion(0, (uint64_t)1 << 63, &leaf, proof,
					    MERKLE_PROOF_MAX, &root));
	assert_true(merkle_verify_consistency(1, (uint64_t)1 << 63, &leaf,
					      &root, proof, MERKLE_PROOF_MAX));
	merkle_node(&root, &proof[MERKLE_PROOF_MAX], &root);
	assert_false(merkle_verify_inclusion(0, UINT64_MAX, &leaf, proof,
					     MERKLE_PROOF_MAX + 1, &root));
	assert_false(merkle_verify_consistency(1, UINT64_MAX, &leaf, &root,
					       proof, MERKLE_PROOF_MAX + 1));
}

static void what_no_tree_has_is_an_error(void **state)
{
	static const uint64_t bad[][2] = {
	    {8, 8}, {9, 8}, {0, 0}, {UINT64_MAX, 8}, {0, MERKLE_SIZE_MAX + 1}};
	struct merkle_hash proof[MERKLE_PROOF_MAX], root;
	struct err err;
	size_t len = 77;

	(void)state;
	tree_fill(&tree, 8);
	for (size_t i = 0; i < LEN(bad); i++) {
		err = (struct err){0};
		assert_int_equal(merkle_prove_inclusion(bad[i][0], bad[i][1],
							tree_read, &tree, proof,
							&len, &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	for (size_t i = 1; i < LEN(bad); i++) {
		err = (struct err){0};
		assert_int_equal(merkle_prove_consistency(bad[i][0], bad[i][1],
							  tree_read, &tree,
							  proof, &len, &err),
				 -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	err = (struct err){0};
	assert_int_equal(
	    merkle_root(MERKLE_SIZE_MAX + 1, tree_read, &tree, &root, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(len, 77);
}

static void a_reader_that_fails_is_passed_on(void **state)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX], root = {.bytes = {7}};
	size_t len = 77;
	uint64_t failed = 0;

	(void)state;
	tree_fill(&tree, 13);
	for (tree.fails_after = 0;; tree.fails_after++, failed++) {
		struct err err = {0};

		tree.reads = 0;
		if (merkle_root(13, tree_read, &tree, &root, &err) == 0)
			break;
		assert_int_equal(err.kind, ERR_STORAGE);
		assert_int_equal(root.bytes[0], 7);
	}
	assert_int_equal(failed, 3);
	for (tree.fails_after = failed = 0;; tree.fails_after++, failed++) {
		struct err err = {0};

		tree.reads = 0;
		if (merkle_prove_consistency(5, 13, tree_read, &tree, proof,
					     &len, &err) == 0)
			break;
		assert_int_equal(err.kind, ERR_STORAGE);
		assert_int_equal(len, 77);
	}
	assert_true(failed >= 5 && len == 5);
	for (tree.fails_after = failed = 0;; tree.fails_after++, failed++) {
		tree.reads = 0;
		if (merkle_prove_inclusion(3, 13, tree_read, &tree, proof, &len,
					   NULL) == 0)
			break;
	}
	assert_true(failed >= 4 && len == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inclusion_is_told_as_others_tell_it),
	    cmocka_unit_test(consistency_is_told_as_others_tell_it),
	    cmocka_unit_test(the_reference_tree_comes_out),
	    cmocka_unit_test(the_large_tree_comes_out),
	    cmocka_unit_test(every_size_has_its_root),
	    cmocka_unit_test(every_entry_is_proved),
	    cmocka_unit_test(every_earlier_size_is_proved),
	    cmocka_unit_test(a_false_inclusion_is_refused),
	    cmocka_unit_test(a_false_consistency_is_refused),
	    cmocka_unit_test(the_largest_tree_is_proved),
	    cmocka_unit_test(a_proof_of_another_shape_is_refused),
	    cmocka_unit_test(a_proof_that_is_too_long_is_refused),
	    cmocka_unit_test(what_no_tree_has_is_an_error),
	    cmocka_unit_test(a_reader_that_fails_is_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
