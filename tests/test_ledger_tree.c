/* test_ledger_tree.c - the tree in tiles: grown in pieces or at once, read by
 * proofs; checkpoints and receipts.
 * Proves: compliance 6.1, 6.5. */
#include "ledger_house.h"

#define SIZE_MAX_HERE 600

/* --- the tree as RFC 6962 defines it ---------------------------------------
 */

static struct merkle_hash leaves[SIZE_MAX_HERE];

static void make_leaves(void)
{
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);

	for (uint64_t i = 0; i < SIZE_MAX_HERE; i++) {
		b.len = 0;
		ledger_example_bytes(i, &b);
		merkle_leaf(b.bytes, b.len, &leaves[i]);
	}
	buf_free(&b);
}

static struct merkle_hash naive_root(uint64_t from, uint64_t to)
{
	struct merkle_hash l, r, ret;
	uint64_t k = 1;

	if (to - from == 1)
		return leaves[from];
	while (k * 2 < to - from)
		k *= 2;
	l = naive_root(from, from + k);
	r = naive_root(from + k, to);
	merkle_node(&l, &r, &ret);
	return ret;
}

static void check_root(struct store *st, uint64_t size)
{
	struct merkle_hash root, want;
	struct err err = {0};

	if (size == 0)
		merkle_empty(&want);
	else
		want = naive_root(0, size);
	assert_int_equal(ledger_root(st, size, &root, &err), 0);
	if (!merkle_equal(&root, &want))
		fail_msg("root of %u", (unsigned int)size);
}

/* --- tests ---------------------------------------------------------------- */

static void an_empty_log_has_a_root(void **state)
{
	struct ledger_house *h = *state;
	struct merkle_hash hashes[TILE_WIDTH];
	struct err err = {0};
	unsigned int width = 9;
	uint64_t size = 9;
	bool left = true;

	assert_int_equal(ledger_grow(h->store, 100, &left, &err), 0);
	assert_false(left);
	assert_int_equal(ledger_size(h->store, &size, &err), 0);
	assert_true(size == 0);
	check_root(h->store, 0);
	assert_int_equal(ledger_tile(h->store, 0, 0, hashes, &width, &err), 0);
	assert_int_equal(width, 0);
	assert_int_equal(ledger_tile(h->store, 8, 0, hashes, &width, &err), 0);
	assert_int_equal(width, 0);
}

static void growth_is_bounded_and_complete(void **state)
{
	struct ledger_house *h = *state;
	struct err err = {0};
	uint64_t size = 0;
	bool left = false;

	ledger_fill(h->store, 10);
	assert_int_equal(ledger_grow(h->store, 4, &left, &err), 0);
	assert_true(left);
	assert_int_equal(ledger_size(h->store, &size, &err), 0);
	assert_true(size == 4);
	assert_int_equal(ledger_grow(h->store, 6, &left, &err), 0);
	assert_false(left);
	check_root(h->store, 10);
	check_root(h->store, 3);
	assert_int_equal(
	    ledger_root(h->store, 11, &(struct merkle_hash){0}, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void roots_are_those_of_the_definition(void **state)
{
	static const uint64_t sizes[] = {1,   2,   3,	127, 128, 129, 254,
					 255, 256, 257, 300, 511, 512, 513};
	struct ledger_house *h = *state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ledger_fill(h->store, sizes[i]);
		ledger_grown(h->store, 100000);
		for (size_t k = 0; k <= i; k++)
			check_root(h->store, sizes[k]);
	}
}

/* All rows of the tree, one hash. */
static void digest(struct store *st, struct merkle_hash *ret)
{
	static const char sql[] =
	    "SELECT id,hashes FROM ledger_tile ORDER BY id";
	struct store_rows *rows = NULL;
	struct buf all = BUF_INIT(1 << 24);
	struct err err = {0};
	struct store_value v;
	int rc;

	assert_int_equal(store_start(st, sql, STORE_NO_ARGS, &rows, &err), 0);
	while ((rc = store_step(st, rows, &err)) > 0) {
		v = store_column(st, rows, 0);
		assert_int_equal(buf_append_u64(&all, (uint64_t)v.num, &err),
				 0);
		v = store_column(st, rows, 1);
		assert_int_equal(buf_append(&all, v.bytes, v.len, &err), 0);
	}
	assert_int_equal(rc, 0);
	store_finish(st, &rows);
	merkle_leaf(all.bytes, all.len, ret);
	buf_free(&all);
}

static void growth_in_pieces_is_growth_at_once(void **state)
{
	static const uint64_t sizes[] = {255, 256, 257, 65535, 65536, 65537};
	static const uint64_t pieces[] = {1000, 256, 65536, 777};
	struct ledger_house *h = *state;
	struct store *other;
	struct merkle_hash a, b, root;
	struct err err = {0};

	assert_int_equal(store_open("memory", "", &other, &err), 0);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		ledger_fill(h->store, sizes[i]);
		ledger_grown(h->store, pieces[i % 4]);
		ledger_fill(other, sizes[i]);
		ledger_grown(other, 1000000);
		digest(h->store, &a);
		digest(other, &b);
		assert_true(merkle_equal(&a, &b));
		assert_int_equal(ledger_root(h->store, sizes[i], &root, &err),
				 0);
	}
	store_close(&other);
}

/* A root of the whole by the edge of merkle.h: sizes a naive tree would take
 * too long for. */
static void large_roots_are_those_of_the_edge(void **state)
{
	struct ledger_house *h = *state;
	struct merkle_edge *edge = calloc(1, sizeof(*edge));
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct merkle_hash root, want, leaf;
	struct err err = {0};

	assert_non_null(edge);
	ledger_fill(h->store, 66000);
	ledger_grown(h->store, 10000);
	for (uint64_t i = 0; i < 66000; i++) {
		b.len = 0;
		ledger_example_bytes(i, &b);
		merkle_leaf(b.bytes, b.len, &leaf);
		merkle_edge_add(edge, &leaf);
		if (i % 8191 != 0 && (i < 65530 || i > 65540) && i != 65999)
			continue;
		merkle_edge_root(edge, &want);
		assert_int_equal(ledger_root(h->store, i + 1, &root, &err), 0);
		assert_true(merkle_equal(&root, &want));
	}
	buf_free(&b);
	free(edge);
}

static void prove_all(struct store *st, uint64_t size)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX], root = naive_root(0, size);
	struct err err = {0};
	size_t len;

	for (uint64_t i = 0; i < size; i++) {
		assert_int_equal(
		    ledger_prove_inclusion(st, i, size, proof, &len, &err), 0);
		assert_true(merkle_verify_inclusion(i, size, &leaves[i], proof,
						    len, &root));
	}
	for (uint64_t old = 1; old <= size; old++) {
		struct merkle_hash was = naive_root(0, old);

		assert_int_equal(
		    ledger_prove_consistency(st, old, size, proof, &len, &err),
		    0);
		assert_true(merkle_verify_consistency(old, size, &was, &root,
						      proof, len));
	}
}

static void proofs_hold(void **state)
{
	static const uint64_t sizes[] = {1, 2, 7, 255, 256, 257, 600};
	struct ledger_house *h = *state;
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	struct err err = {0};
	size_t len;

	ledger_fill(h->store, 600);
	ledger_grown(h->store, 1000);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		prove_all(h->store, sizes[i]);
	assert_int_equal(
	    ledger_prove_inclusion(h->store, 5, 5, proof, &len, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(
	    ledger_prove_inclusion(h->store, 5, 601, proof, &len, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(
	    ledger_prove_consistency(h->store, 0, 5, proof, &len, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(
	    ledger_prove_consistency(h->store, 6, 5, proof, &len, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void run(struct store *st, const char *sql)
{
	struct err err = {0};

	assert_int_equal(store_run(st, sql, STORE_NO_ARGS, &err), 0);
}

static void a_damaged_log_does_not_grow(void **state)
{
	static const char *const damage[] = {
	    "DELETE FROM ledger_entry WHERE id=300",
	    "DELETE FROM ledger_entry WHERE id>=250",
	    "DELETE FROM ledger_tile WHERE id=1",
	    "UPDATE ledger_tile SET hashes=x'00' WHERE id=1",
	    "UPDATE meta SET value=x'00' WHERE name='ledger_size'",
	};
	struct ledger_house *h = *state;
	struct merkle_hash a, b;
	struct err err = {0};
	bool left;

	ledger_fill(h->store, 280);
	ledger_grown(h->store, 1000);
	ledger_fill(h->store, 310);
	digest(h->store, &a);
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct store *st;

		assert_int_equal(store_open("memory", "", &st, &err), 0);
		ledger_fill(st, 280);
		ledger_grown(st, 1000);
		ledger_fill(st, 310);
		run(st, damage[i]);
		assert_int_equal(ledger_grow(st, 1000, &left, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		store_close(&st);
	}
	digest(h->store, &b);
	assert_true(merkle_equal(&a, &b));
}

static void a_store_that_fails_grows_later(void **state)
{
	struct ledger_house *h = *state;
	struct err err = {0};
	uint64_t nth = 1, size;
	bool left;
	int rc;

	ledger_fill(h->store, 250);
	ledger_grown(h->store, 1000);
	ledger_fill(h->store, 300);
	do {
		store_failing_set(h->store, nth++, true);
		rc = ledger_grow(h->store, 1000, &left, &err);
		store_failing_set(h->store, 0, false);
		assert_int_equal(ledger_size(h->store, &size, &err), 0);
		assert_true(size == (rc == 0 ? 300 : 250));
		check_root(h->store, size);
	} while (rc != 0);
	assert_true(nth > 60); /* each row was a step */
	check_root(h->store, 255);
}

/* --- checkpoints ---------------------------------------------------------- */

static void checkpoints_are_kept_and_found(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_signer s;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX),
		   got = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body;
	struct err err = {0};
	int64_t at = 0;

	ledger_signer_make(&s, 1, LEDGER_ORIGIN);
	assert_int_equal(ledger_last(h->store, &got, &body, &at, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	ledger_fill(h->store, 500);
	ledger_grown(h->store, 1000);
	ledger_sign(h->store, &s, 100, &note);
	ledger_sign(h->store, &s, 300, &note);
	assert_int_equal(ledger_last(h->store, &got, &body, &at, &err), 0);
	assert_true(body.size == 300 && at == LEDGER_FIRST_MS);
	assert_string_equal(body.origin, LEDGER_ORIGIN);
	assert_int_equal(got.len, note.len);
	assert_memory_equal(got.bytes, note.bytes, note.len);
	buf_clear(&got);
	assert_int_equal(ledger_covering(h->store, 99, &got, &body, &err), 0);
	assert_true(body.size == 100);
	buf_clear(&got);
	assert_int_equal(ledger_covering(h->store, 100, &got, &body, &err), 0);
	assert_true(body.size == 300);
	assert_int_equal(ledger_covering(h->store, 300, &got, &body, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(
	    ledger_covering(h->store, UINT64_MAX, &got, &body, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	buf_free(&got);
	buf_free(&note);
}

static void another_trees_checkpoint_is_not_kept(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_signer s;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root = naive_root(0, 50), wrong = naive_root(0, 51);
	struct err err = {0};

	ledger_signer_make(&s, 1, LEDGER_ORIGIN);
	ledger_fill(h->store, 60);
	ledger_grown(h->store, 1000);
	ledger_note(&s, 50, &root, &note);
	assert_int_equal(
	    ledger_keep_checkpoint(h->store, 51, 0, note.bytes, note.len, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(ledger_keep_checkpoint(h->store, 50, 0, note.bytes,
						note.len - 1, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_clear(&note);
	ledger_note(&s, 50, &wrong, &note);
	assert_int_equal(
	    ledger_keep_checkpoint(h->store, 50, 0, note.bytes, note.len, &err),
	    -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	buf_clear(&note);
	ledger_note(&s, 61, &wrong, &note);
	assert_int_equal(
	    ledger_keep_checkpoint(h->store, 61, 0, note.bytes, note.len, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INPUT);
	buf_free(&note);
}

static void cosignatures_gather(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_signer s, w;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX),
		   got = BUF_INIT(NOTE_BYTES_MAX), line = BUF_INIT(1024);
	struct checkpoint body;
	struct note parsed;
	struct err err = {0};

	ledger_signer_make(&s, 1, LEDGER_ORIGIN);
	ledger_signer_make(&w, 2, "witness.example");
	w.key.type = NOTE_COSIGNATURE;
	w.key.id = note_key_id(w.key.name, NOTE_COSIGNATURE, w.key.bytes);
	ledger_fill(h->store, 60);
	ledger_grown(h->store, 1000);
	ledger_sign(h->store, &s, 60, &note);
	assert_int_equal(
	    note_parse((const char *)note.bytes, note.len, &parsed, &err), 0);
	assert_int_equal(note_cosign(parsed.text, parsed.text_len, &w.key,
				     w.secret, 1795284000, &line, &err),
			 0);
	assert_int_equal(
	    ledger_add_signature(h->store, 59, line.bytes, line.len, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(
	    ledger_add_signature(h->store, 60, line.bytes, line.len - 1, &err),
	    -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* Twice is once; signing again does not lose it. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(ledger_add_signature(h->store, 60, line.bytes,
						      line.len, &err),
				 0);
	ledger_sign(h->store, &s, 60, &note);
	assert_int_equal(ledger_last(h->store, &got, &body, NULL, &err), 0);
	assert_int_equal(got.len, note.len + line.len);
	assert_int_equal(
	    note_parse((const char *)got.bytes, got.len, &parsed, &err), 0);
	assert_int_equal(note_check(&parsed, &w.key, NULL), NOTE_GOOD);
	assert_int_equal(note_check(&parsed, &s.key, NULL), NOTE_GOOD);
	buf_free(&line);
	buf_free(&got);
	buf_free(&note);
}

static void receipts_are_believed(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_signer s;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX),
		   out = BUF_INIT(RECEIPT_BYTES_MAX),
		   entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct checkpoint body;
	struct receipt r;
	struct err err = {0};

	ledger_signer_make(&s, 1, LEDGER_ORIGIN);
	ledger_fill(h->store, 400);
	ledger_grown(h->store, 1000);
	assert_int_equal(ledger_receipt(h->store, 3, NULL, 0, &out, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	ledger_sign(h->store, &s, 300, &note);
	assert_int_equal(ledger_receipt(h->store, 300, NULL, 0, &out, &err),
			 -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	for (uint64_t i = 0; i < 300; i += 37) {
		out.len = entry.len = 0;
		assert_int_equal(
		    ledger_receipt(h->store, i, "why", 3, &out, &err), 0);
		assert_int_equal(ledger_read(h->store, i, &entry, &err), 0);
		assert_int_equal(
		    receipt_parse((const char *)out.bytes, out.len, &r, &err),
		    0);
		assert_int_equal(r.extra.len, 3);
		assert_int_equal(receipt_verify(&r, &s.key, 1, entry.bytes,
						entry.len, &body, &err),
				 0);
		assert_true(body.size == 300 && r.index == i);
		entry.bytes[3] ^= 1;
		assert_int_equal(receipt_verify(&r, &s.key, 1, entry.bytes,
						entry.len, &body, &err),
				 -1);
		receipt_free(&r);
	}
	buf_free(&entry);
	buf_free(&out);
	buf_free(&note);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_ENGINES(an_empty_log_has_a_root),
	    ON_ENGINES(growth_is_bounded_and_complete),
	    ON_ENGINES(roots_are_those_of_the_definition),
	    cmocka_unit_test_setup_teardown(growth_in_pieces_is_growth_at_once,
					    ledger_on_memory, ledger_house_end),
	    cmocka_unit_test_setup_teardown(large_roots_are_those_of_the_edge,
					    ledger_on_memory, ledger_house_end),
	    ON_ENGINES(proofs_hold),
	    cmocka_unit_test_setup_teardown(a_damaged_log_does_not_grow,
					    ledger_on_memory, ledger_house_end),
	    cmocka_unit_test_setup_teardown(a_store_that_fails_grows_later,
					    ledger_on_failing,
					    ledger_house_end),
	    ON_ENGINES(checkpoints_are_kept_and_found),
	    ON_ENGINES(another_trees_checkpoint_is_not_kept),
	    ON_ENGINES(cosignatures_gather),
	    ON_ENGINES(receipts_are_believed),
	};

	make_leaves();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
