/* test_ledger_prune.c - old entries go, proofs stay.
 * Proves: compliance 6.7 (pruning). */
#include "ledger_house.h"

#define OLD(n) (LEDGER_FIRST_MS + (int64_t)(n)*1000)

struct log {
	struct store *st;
	struct ledger_signer signer;
	struct buf note;
};

static void begin(struct log *l, struct store *st, uint64_t size)
{
	*l = (struct log){.st = st, .note = BUF_INIT(NOTE_BYTES_MAX)};
	ledger_signer_make(&l->signer, 1, LEDGER_ORIGIN);
	ledger_fill(st, size);
}

static void sign(struct log *l)
{
	struct err err = {0};
	uint64_t size;

	ledger_grown(l->st, 100000);
	assert_int_equal(ledger_size(l->st, &size, &err), 0);
	ledger_sign(l->st, &l->signer, size, &l->note);
}

static uint64_t prune(struct log *l, int64_t before, uint64_t max, bool want)
{
	struct ledger_cut cut = {.now_ms = LEDGER_FIRST_MS + INT64_C(99999999),
				 .before_ms = before,
				 .max = max};
	struct err err = {0};
	uint64_t gone = 99;
	bool left = !want;

	assert_int_equal(ledger_prune(l->st, &cut, &gone, &left, &err), 0);
	assert_int_equal(left, want);
	return gone;
}

static uint64_t first(struct log *l)
{
	struct err err = {0};
	uint64_t ret = 0;

	assert_int_equal(ledger_first(l->st, &ret, &err), 0);
	return ret;
}

static uint64_t entries(struct log *l)
{
	struct err err = {0};
	uint64_t ret = 0;

	assert_int_equal(ledger_entries(l->st, &ret, &err), 0);
	return ret;
}

static void is_sound(struct log *l)
{
	struct ledger_finding f =
	    ledger_checked(l->st, &l->note, &l->signer.key);

	assert_int_equal(f.fault, LEDGER_SOUND);
}

static void what_is_named_and_signed_goes(void **state)
{
	struct ledger_house *h = *state;
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct ledger_told told;
	struct err err = {0};
	struct log l;

	begin(&l, h->store, 1000);
	assert_true(prune(&l, OLD(600), 10000, false) == 0);
	assert_true(entries(&l) == 1000); /* nothing is signed */
	sign(&l);
	assert_true(prune(&l, OLD(600), 10000, false) == 0);
	assert_true(entries(&l) == 1001);
	assert_int_equal(ledger_read(l.st, 1000, &b, &err), 0);
	assert_int_equal(ledger_entry_parse(b.bytes, b.len, &told, &err), 0);
	assert_true(told.event == LEDGER_LOG_PRUNED && told.counted &&
		    told.count == 512);
	assert_true(prune(&l, OLD(600), 10000, false) == 0);
	assert_true(first(&l) == 0 && entries(&l) == 1001);
	is_sound(&l);
	sign(&l);
	assert_true(prune(&l, OLD(600), 10000, false) == 512);
	assert_true(first(&l) == 512);
	is_sound(&l);
	assert_int_equal(ledger_read(l.st, 511, &b, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_true(prune(&l, OLD(600), 10000, false) == 0);
	assert_true(entries(&l) == 1001); /* nothing more is old */
	buf_free(&b);
	buf_free(&l.note);
}

static void proofs_of_what_went_still_hold(void **state)
{
	struct ledger_house *h = *state;
	struct merkle_hash proof[MERKLE_PROOF_MAX], root, leaf, was;
	struct buf b = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};
	struct log l;
	size_t len;

	begin(&l, h->store, 700);
	sign(&l);
	assert_int_equal(ledger_root(l.st, 300, &was, &err), 0);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 0);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 512);
	ledger_fill(l.st, 900);
	sign(&l);
	is_sound(&l);
	assert_int_equal(ledger_root(l.st, 900, &root, &err), 0);
	for (uint64_t i = 0; i < 700; i += 9) {
		b.len = 0;
		ledger_example_bytes(i, &b);
		merkle_leaf(b.bytes, b.len, &leaf);
		assert_int_equal(
		    ledger_prove_inclusion(l.st, i, 900, proof, &len, &err), 0);
		assert_true(
		    merkle_verify_inclusion(i, 900, &leaf, proof, len, &root));
	}
	assert_int_equal(
	    ledger_prove_consistency(l.st, 300, 900, proof, &len, &err), 0);
	assert_true(
	    merkle_verify_consistency(300, 900, &was, &root, proof, len));
	buf_free(&b);
	buf_free(&l.note);
}

static void a_step_is_bounded(void **state)
{
	struct ledger_house *h = *state;
	struct log l;

	begin(&l, h->store, 1500);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 0);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 256, true) == 256);
	is_sound(&l);
	assert_true(prune(&l, INT64_MAX, 500, true) == 512);
	assert_true(prune(&l, INT64_MAX, 1, true) == 256);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 256);
	assert_true(first(&l) == 1280);
	is_sound(&l);
	buf_free(&l.note);
}

static void the_last_entries_stay(void **state)
{
	struct ledger_house *h = *state;
	struct log l;

	begin(&l, h->store, 256);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 0);
	assert_true(entries(&l) == 256); /* nothing named: all would go */
	ledger_fill(l.st, 257);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 0);
	assert_true(entries(&l) == 258);
	sign(&l);
	assert_true(prune(&l, INT64_MAX, 10000, false) == 256);
	ledger_fill(l.st, 300);
	assert_true(entries(&l) == 300); /* no place is used twice */
	sign(&l);
	is_sound(&l);
	buf_free(&l.note);
}

static void evidence_is_not_pruned(void **state)
{
	static const char *const damage[] = {
	    "UPDATE ledger_entry SET body=x'7b7d' WHERE id=300",
	    "DELETE FROM ledger_entry WHERE id=300",
	    "DELETE FROM ledger_entry WHERE id=0",
	    "UPDATE ledger_tile SET hashes=x'' WHERE id=1",
	};
	struct ledger_cut cut = {.before_ms = INT64_MAX, .max = 10000};
	struct ledger_house *h = *state;
	struct err err = {0};
	uint64_t gone;
	bool left;

	(void)h;
	for (size_t i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		struct store *st;
		struct log l;

		assert_int_equal(store_open("memory", "", &st, &err), 0);
		begin(&l, st, 700);
		sign(&l);
		assert_int_equal(store_run(st, damage[i], STORE_NO_ARGS, &err),
				 0);
		assert_int_equal(ledger_prune(st, &cut, &gone, &left, &err),
				 -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_true(entries(&l) == 700);
		buf_free(&l.note);
		store_close(&st);
	}
}

static void a_store_that_fails_prunes_all_or_nothing(void **state)
{
	struct ledger_cut cut = {.before_ms = INT64_MAX, .max = 10000};
	struct ledger_house *h = *state;
	struct err err = {0};
	struct log l;
	uint64_t gone;
	bool left;
	int rc;

	begin(&l, h->store, 600);
	for (int step = 0; step < 2; step++) {
		uint64_t nth = 1;

		sign(&l);
		do {
			store_failing_set(l.st, nth++, true);
			rc = ledger_prune(l.st, &cut, &gone, &left, &err);
			store_failing_set(l.st, 0, false);
			if (rc != 0) {
				assert_true(first(&l) == 0);
				assert_true(entries(&l) ==
					    (step == 0 ? 600 : 601));
			}
			if (rc != 0 && nth % 64 != 0)
				continue; /* looking takes longest */
			is_sound(&l);
		} while (rc != 0);
		assert_true(nth > 10);
	}
	assert_true(first(&l) == 512);
	buf_free(&l.note);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_ENGINES(what_is_named_and_signed_goes),
	    ON_ENGINES(proofs_of_what_went_still_hold),
	    ON_ENGINES(a_step_is_bounded),
	    ON_ENGINES(the_last_entries_stay),
	    cmocka_unit_test_setup_teardown(evidence_is_not_pruned,
					    ledger_on_memory, ledger_house_end),
	    cmocka_unit_test_setup_teardown(
		a_store_that_fails_prunes_all_or_nothing, ledger_on_failing,
		ledger_house_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
