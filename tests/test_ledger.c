/* test_ledger.c - entries as rows: an act and its entry together or neither.
 * Proves: assurance 5.7 (entry in the transaction of the act). */
#include "ledger_house.h"

static uint64_t entries(struct store *st)
{
	struct err err = {0};
	uint64_t n = UINT64_MAX;

	assert_int_equal(ledger_entries(st, &n, &err), 0);
	return n;
}

static void entries_stand_in_their_order(void **state)
{
	struct ledger_house *h = *state;
	struct buf got = BUF_INIT(LEDGER_ENTRY_MAX),
		   want = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};

	assert_true(entries(h->store) == 0);
	assert_int_equal(ledger_read(h->store, 0, &got, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	ledger_fill(h->store, 1);
	ledger_fill(h->store, 300);
	assert_true(entries(h->store) == 300);
	for (uint64_t i = 0; i < 300; i++) {
		got.len = want.len = 0;
		assert_int_equal(ledger_read(h->store, i, &got, &err), 0);
		ledger_example_bytes(i, &want);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.bytes, want.bytes, got.len);
	}
	assert_int_equal(ledger_read(h->store, 300, &got, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(ledger_read(h->store, UINT64_MAX, &got, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	buf_free(&want);
	buf_free(&got);
}

static void an_act_taken_back_takes_its_entries_along(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_entry e = ledger_example(4);
	struct err err = {0};
	uint64_t index = 0;

	ledger_fill(h->store, 3);
	assert_int_equal(store_begin(h->store, &err), 0);
	for (uint64_t i = 3; i < 10; i++) {
		assert_int_equal(
		    ledger_append(h->store, &ledger_mask, &e, &index, &err), 0);
		assert_true(index == i);
	}
	assert_true(entries(h->store) == 10);
	store_roll_back(h->store);
	assert_true(entries(h->store) == 3);
	ledger_fill(h->store, 5); /* their places are taken again */
	assert_true(entries(h->store) == 5);
}

static void what_is_no_entry_is_not_appended(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_entry person = {.object_kind = ID_PERSON, .object = 1};
	struct err err = {0};
	uint64_t index = 77;

	assert_int_equal(store_begin(h->store, &err), 0);
	assert_int_equal(
	    ledger_append(h->store, &ledger_mask, &person, &index, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_true(index == 77);
	store_roll_back(h->store);
}

/* Whichever call fails, the caller hears of it, and after taking back there
 * is nothing of the act. */
static void a_store_that_fails_leaves_no_half_entry(void **state)
{
	struct ledger_house *h = *state;
	struct ledger_entry e = ledger_example(2);
	struct err err = {0};
	uint64_t nth = 1;
	int rc;

	ledger_fill(h->store, 2);
	do {
		store_failing_set(h->store, nth, true);
		rc = store_begin(h->store, &err);
		if (rc == 0)
			rc = ledger_append(h->store, &ledger_mask, &e, NULL,
					   &err);
		if (rc == 0)
			rc = store_commit(h->store, &err);
		store_roll_back(h->store);
		store_failing_set(h->store, 0, false);
		if (rc != 0) {
			assert_int_equal(err.kind, ERR_BUSY);
			assert_true(entries(h->store) == 2);
		}
		nth++;
	} while (rc != 0);
	assert_true(nth > 4); /* begin, start, steps, commit were reached */
	assert_true(entries(h->store) == 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_ENGINES(entries_stand_in_their_order),
	    ON_ENGINES(an_act_taken_back_takes_its_entries_along),
	    ON_ENGINES(what_is_no_entry_is_not_appended),
	    cmocka_unit_test_setup_teardown(
		a_store_that_fails_leaves_no_half_entry, ledger_on_failing,
		ledger_house_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
