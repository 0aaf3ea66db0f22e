/* test_ledger_batch.c - what a transaction does to messages is in the log, all
 * of it or nothing.
 *
 * Proves: docs/ledger.md, "Messages". */
#include "messages_house.h"

/* --- told ----------------------------------------------------------------- */

static void entry_of(struct fixture *f, uint64_t index, struct ledger_told *ret)
{
	struct buf body = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};

	assert_int_equal(ledger_read(f->store, index, &body, &err), 0);
	assert_int_equal(ledger_entry_parse(body.bytes, body.len, ret, &err),
			 0);
	buf_free(&body);
}

static void record_of(uint8_t id, const char *content, int fill,
		      struct merkle_hash *ret)
{
	uint8_t record[40] = {0};
	struct merkle_hash hash;

	record[7] = id;
	memset(record + 8, fill, 32);
	if (content != NULL) {
		merkle_leaf(content, strlen(content), &hash);
		memcpy(record + 8, hash.bytes, 32);
	}
	merkle_leaf(record, sizeof(record), ret);
}

/* By the letter of ledgerbatch.h. */
static void a_transaction_leaves_number_and_root(void **state)
{
	struct fixture *f = *state;
	struct merkle_hash leaves[3], left, root;
	struct ledger_told entry;
	struct err err = {0};

	begin(f);
	assert_int_equal(told(f, LEDGER_ARCHIVED, 1, S_BLOB("sealed", 6), &err),
			 0);
	assert_int_equal(told(f, LEDGER_ARCHIVED, 2, S_NULL, &err), 0);
	assert_int_equal(told(f, LEDGER_ARCHIVED, 3, S_BLOB("x", 1), &err), 0);
	assert_int_equal(told(f, LEDGER_REMOVED, 3, S_NULL, &err), 0);
	commit(f);
	record_of(1, "sealed", 0, &leaves[0]);
	record_of(2, NULL, 0, &leaves[1]);
	record_of(3, "x", 0, &leaves[2]);
	merkle_node(&leaves[0], &leaves[1], &left);
	merkle_node(&left, &leaves[2], &root);
	entry_of(f, 0, &entry);
	assert_int_equal(entry.event, LEDGER_MESSAGES_ARCHIVED);
	assert_int_equal(entry.at_ms, T0);
	assert_int_equal(entry.actor, LEDGER_SYSTEM);
	assert_true(entry.counted && entry.count == 3);
	assert_true(entry.rooted && merkle_equal(&entry.root, &root));
	record_of(3, NULL, 0xff, &root);
	entry_of(f, 1, &entry);
	assert_int_equal(entry.event, LEDGER_MESSAGES_FORGOTTEN);
	assert_true(entry.counted && entry.count == 1);
	assert_true(entry.rooted && merkle_equal(&entry.root, &root));
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_entry"), 2);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_batch WHERE"
				      " (entry=0 AND length(messages)=120) OR"
				      " (entry=1 AND length(messages)=40)"),
			 2);
	assert_int_equal(
	    number_of(f, "SELECT message*100+entry FROM ledger_gone"), 301);
}

static void what_came_is_told_before_what_became_of_it(void **state)
{
	static const enum ledger_event events[] = {LEDGER_MESSAGES_ARCHIVED,
						   LEDGER_MESSAGES_CHANGED,
						   LEDGER_MESSAGES_FORGOTTEN};
	struct fixture *f = *state;
	struct ledger_told entry;
	struct err err = {0};

	begin(f);
	assert_int_equal(put(f, 1, false, &err), 0);
	assert_int_equal(change(f, 1, &err), 0);
	assert_int_equal(change(f, 1, &err), 0);
	assert_int_equal(forget(f, 1, &err), 0);
	assert_int_equal(put(f, 2, false, &err), 0);
	commit(f);
	for (uint64_t i = 0; i < 3; i++) {
		entry_of(f, i, &entry);
		assert_int_equal(entry.event, events[i]);
		assert_int_equal(entry.count, i < 2 ? 2 : 1);
	}
	assert_int_equal(
	    number_of(f, "SELECT message*100+entry FROM ledger_gone"), 102);
	is_sound(f);
}

/* No act does that today. */
static void what_was_forgotten_and_filled_again_is_told_in_order(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	begin(f);
	assert_int_equal(put(f, 1, false, &err), 0);
	assert_int_equal(put(f, 2, false, &err), 0);
	assert_int_equal(forget(f, 1, &err), 0);
	assert_int_equal(change(f, 2, &err), 0);
	assert_int_equal(change(f, 1, &err), 0);
	commit(f);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_entry"), 4);
	is_sound(f);
}

static void what_is_taken_back_is_not_told(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	begin(f);
	assert_int_equal(put(f, 1, false, &err), 0);
	store_roll_back(f->store);
	begin(f);
	other(f);
	commit(f);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_entry"), 1);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_batch"), 0);
	begin(f);
	assert_int_equal(put(f, 2, false, &err), 0);
	commit(f);
	begin(f);
	commit(f);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_entry"), 2);
	is_sound(f);
}

static void many_messages_have_several_entries(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	begin(f);
	for (int64_t id = 1; id <= 2 * LEDGER_BATCH_MAX + 1; id++) {
		assert_int_equal(put(f, id, false, &err), 0);
		/* Told by an entry after the one that tells of its coming. */
		assert_int_equal(change(f, id, &err), 0);
	}
	commit(f);
	assert_int_equal(number_of(f, "SELECT count(*) FROM ledger_entry"), 6);
	assert_int_equal(
	    number_of(f, "SELECT max(length(messages)) FROM ledger_batch"),
	    LEDGER_BATCH_MAX * LEDGER_RECORD_BYTES);
	is_sound(f);
	run(f, "DELETE FROM message WHERE id=1500");
	finds(f, LEDGER_MESSAGE_MISSING, 3, 1500);
}

/* All of a transaction or nothing, whichever call fails; and it can be done
 * again. */
static int scene(struct fixture *f, struct err *err)
{
	if (store_begin(f->store, err) != 0)
		return -1;
	for (int64_t id = 1; id <= 3; id++)
		if (put(f, id, false, err) != 0)
			goto undo;
	if (change(f, 2, err) != 0 || forget(f, 3, err) != 0 ||
	    take_away(f, 1, err) != 0)
		goto undo;
	return store_commit(f->store, err);
undo:
	store_roll_back(f->store);
	return -1;
}

static void failing_the_nth_call_tells_all_or_nothing(void **state)
{
	static const char all[] =
	    "SELECT (SELECT count(*) FROM message)*1000+(SELECT count(*) FROM"
	    " ledger_entry)*100+(SELECT count(*) FROM ledger_batch)*10+"
	    "(SELECT count(*) FROM ledger_gone)";
	struct fixture *f = *state;
	struct err err = {0};
	uint64_t nth = 0;
	int rc = -1;

	while (rc != 0) {
		assert_true(++nth < 1000);
		store_failing_set(f->store, nth, true);
		rc = scene(f, &err);
		store_failing_set(f->store, 0, false);
		assert_int_equal(number_of(f, all), rc == 0 ? 2333 : 0);
		is_sound(f);
	}
	assert_true(nth > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_transaction_leaves_number_and_root),
	    TEST(what_came_is_told_before_what_became_of_it),
	    TEST(what_was_forgotten_and_filled_again_is_told_in_order),
	    TEST(what_is_taken_back_is_not_told),
	    TEST(many_messages_have_several_entries),
	    TEST_FAILING(failing_the_nth_call_tells_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
