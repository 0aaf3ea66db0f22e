/* test_ledger_tamper.c - 10 000 changes of a log covered by a checkpoint: every
 * one is found and placed, and a log that was not changed is never accused.
 * Proves: compliance L1, L2; assurance 5.7.
 *
 * Each change is made inside a transaction that is taken back after the check.
 * LEDGER_SEED=N tries others. */
#include "ledger_changes.h"

/* All of them where it is fastest; the other builds look for other things. */
#if defined(__clang__) || defined(__SANITIZE_ADDRESS__)
#define CHANGES 2600
#else
#define CHANGES 10000
#endif

/* --- all of them ---------------------------------------------------------- */

/* clang-format off */
#define CHANGE(f) {#f, f}
/* clang-format on */
static const struct change {
	const char *name;
	struct expected (*make)(struct store *st);
} changes[] = {
    CHANGE(a_bit_of_an_entry),
    CHANGE(an_entry_cut_off),
    CHANGE(another_entry_there),
    CHANGE(two_swapped),
    CHANGE(neighbours_swapped),
    CHANGE(some_reordered),
    CHANGE(some_removed),
    CHANGE(some_removed_the_rest_moved),
    CHANGE(one_put_in),
    CHANGE(a_bit_of_a_tile),
    CHANGE(a_tile_cut_off),
    CHANGE(a_tile_removed),
    CHANGE(tiles_swapped),
    CHANGE(an_entry_with_its_hash),
    CHANGE(an_entry_and_the_tree),
    CHANGE(entries_rolled_back),
    CHANGE(tiles_rolled_back),
    CHANGE(all_rolled_back),
    CHANGE(all_rolled_back_and_on),
    CHANGE(a_bit_of_a_checkpoint),
    CHANGE(a_checkpoint_cut_off),
    CHANGE(a_checkpoint_of_another_log),
    CHANGE(a_checkpoint_by_a_stranger),
    CHANGE(a_checkpoint_under_another_size),
    CHANGE(nothing),
    CHANGE(what_is_not_signed),
};
#define CHANGES_COUNT (sizeof(changes) / sizeof(changes[0]))

/* Of a log that was pruned: those that need not make its tree anew. */
static const struct change pruned_changes[] = {
    CHANGE(a_bit_of_an_entry),
    CHANGE(an_entry_cut_off),
    CHANGE(another_entry_there),
    CHANGE(two_swapped),
    CHANGE(neighbours_swapped),
    CHANGE(some_reordered),
    CHANGE(some_removed),
    CHANGE(some_removed_the_rest_moved),
    CHANGE(one_put_in),
    CHANGE(a_bit_of_a_tile),
    CHANGE(a_tile_cut_off),
    CHANGE(a_tile_removed),
    CHANGE(tiles_swapped),
    CHANGE(entries_rolled_back),
    CHANGE(a_bit_of_a_checkpoint),
    CHANGE(a_checkpoint_of_another_log),
    CHANGE(nothing),
    CHANGE(what_is_not_signed),
};
#define PRUNED_COUNT (sizeof(pruned_changes) / sizeof(pruned_changes[0]))

static void judge(const struct change *c, const struct expected *want,
		  const struct ledger_finding *f)
{
	if (want->sound ? f->fault == LEDGER_SOUND
			: (want->faults & ONE_OF(f->fault)) != 0 &&
			      f->index >= want->from && f->index <= want->to)
		return;
	fail_msg("%s: found fault %d at %u, wanted %s%x at %u..%u", c->name,
		 f->fault, (unsigned int)f->index,
		 want->sound ? "none, " : "one of ", want->faults,
		 (unsigned int)want->from, (unsigned int)want->to);
}

static void make_changes(struct store *st, unsigned int n,
			 const struct change *of, size_t kinds)
{
	struct ledger_finding f;
	struct expected want;
	struct err err = {0};

	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(store_begin(st, &err), 0);
		want = of[i % kinds].make(st);
		f = ledger_checked(st, &head, &signer.key);
		judge(&of[i % kinds], &want, &f);
		store_roll_back(st);
	}
	f = ledger_checked(st, &head, &signer.key);
	assert_int_equal(f.fault, LEDGER_SOUND);
}

static void every_change_is_found_and_placed(void **state)
{
	struct ledger_house *h = *state;

	make_changes(h->store, CHANGES, changes, CHANGES_COUNT);
}

static void every_change_of_a_pruned_log_too(void **state)
{
	struct ledger_house *h = *state;

	begins = PRUNED;
	make_changes(h->store, CHANGES / 10, pruned_changes, PRUNED_COUNT);
	begins = 0;
}

/* The one that somebody outside holds. */
static void a_changed_last_checkpoint_is_refused(void **state)
{
	struct ledger_house *h = *state;
	struct buf b = BUF_INIT(NOTE_BYTES_MAX);
	struct ledger_finding f;
	struct err err = {0};

	assert_int_equal(buf_append(&b, head.bytes, head.len, &err), 0);
	for (size_t bit = 0; bit < head.len * 8; bit++) {
		b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		f = ledger_checked(h->store, &b, &signer.key);
		assert_int_equal(f.fault, LEDGER_BAD_SIGNATURE);
		b.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (b.len = 0; b.len < head.len; b.len++) {
		f = ledger_checked(h->store, &b, &signer.key);
		assert_int_equal(f.fault, LEDGER_BAD_SIGNATURE);
	}
	buf_free(&b);
}

static void keep_copies(struct store *st, uint64_t from)
{
	struct err err = {0};

	for (uint64_t i = from; i < ALL; i++) {
		copies[i] = BUF_INIT(LEDGER_ENTRY_MAX);
		assert_int_equal(ledger_read(st, i, &copies[i], &err), 0);
		merkle_leaf(copies[i].bytes, copies[i].len, &leaves[i]);
	}
}

static int make_log(void **state)
{
	struct ledger_house *h;

	if (ledger_on_memory(state) != 0)
		return -1;
	h = *state;
	ledger_fill(h->store, ALL);
	ledger_grown(h->store, 400);
	head = BUF_INIT(NOTE_BYTES_MAX);
	for (size_t k = 0; k < OLDERS; k++)
		ledger_sign(h->store, &signer, olders[k], &head);
	ledger_sign(h->store, &signer, SIGNED, &head);
	keep_copies(h->store, 0);
	return 0;
}

/* Entry 1400 says that 512 go; the checkpoint of 1500 covers it. */
static int make_pruned_log(void **state)
{
	struct ledger_cut cut = {
	    .now_ms = LEDGER_FIRST_MS, .before_ms = INT64_MAX, .max = PRUNED};
	struct ledger_house *h;
	struct err err = {0};
	uint64_t gone = 0;
	bool left;

	if (ledger_on_memory(state) != 0)
		return -1;
	h = *state;
	ledger_fill(h->store, olders[OLDERS - 1]);
	ledger_grown(h->store, 400);
	head = BUF_INIT(NOTE_BYTES_MAX);
	for (size_t k = 0; k < OLDERS; k++)
		ledger_sign(h->store, &signer, olders[k], &head);
	assert_int_equal(ledger_prune(h->store, &cut, &gone, &left, &err), 0);
	ledger_fill(h->store, ALL);
	ledger_grown(h->store, 400);
	ledger_sign(h->store, &signer, SIGNED, &head);
	assert_int_equal(ledger_prune(h->store, &cut, &gone, &left, &err), 0);
	assert_true(gone == PRUNED);
	memset(copies, 0, sizeof(copies));
	keep_copies(h->store, PRUNED);
	return 0;
}

static int end_log(void **state)
{
	for (uint64_t i = 0; i < ALL; i++)
		buf_free(&copies[i]);
	buf_free(&head);
	return ledger_house_end(state);
}

int main(void)
{
	const char *seed = getenv("LEDGER_SEED");
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(every_change_is_found_and_placed,
					    make_log, end_log),
	    cmocka_unit_test_setup_teardown(every_change_of_a_pruned_log_too,
					    make_pruned_log, end_log),
	    cmocka_unit_test_setup_teardown(
		a_changed_last_checkpoint_is_refused, make_log, end_log),
	};

	random_state = seed == NULL ? 20261122 : strtoull(seed, NULL, 10);
	print_message("LEDGER_SEED=%llu\n", (unsigned long long)random_state);
	ledger_signer_make(&signer, 1, LEDGER_ORIGIN);
	ledger_signer_make(&stranger, 2, LEDGER_ORIGIN);
	return random_state == 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
