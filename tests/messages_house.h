/* messages_house.h - an archive whose messages come, change and go as a worker
 * does it, for the tests of what the proof log knows of them. */
#ifndef POSTERN_TESTS_MESSAGES_HOUSE_H
#define POSTERN_TESTS_MESSAGES_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "postern/ledger.h"
#include "postern/ledgerbatch.h"

#define T0	  INT64_C(1790000000000)
#define CONTENT	  48
#define KNOWN_MAX 4096

struct fixture {
	struct store *store;
	uint64_t seed;
	int64_t next;		  /* id */
	int64_t known[KNOWN_MAX]; /* ids whose rows are there, with content */
	size_t known_len;
	int64_t empty[KNOWN_MAX]; /* forgotten, the row is there */
	size_t empty_len;
};

static const char put_sql[] =
    "INSERT INTO message(id,conversation,key_person,direction,kind,state,"
    "datenart,year,received_ms,content_sealed,policy)"
    " VALUES(?,1,1,'in','text','received','MSG',2026,0,?,0)";
static const char set_sql[] = "UPDATE message SET content_sealed=? WHERE id=?";
static const char drop_sql[] = "DELETE FROM message WHERE id=?";

static inline uint64_t draw(struct fixture *f)
{
	uint64_t z = (f->seed += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

static inline void content_of(struct fixture *f, uint8_t ret[CONTENT])
{
	for (size_t i = 0; i < CONTENT; i++)
		ret[i] = (uint8_t)draw(f);
}

static inline void run(struct fixture *f, const char *sql)
{
	struct err err = {0};

	if (store_run(f->store, sql, STORE_NO_ARGS, &err) != 0)
		fail_msg("%s: %s", sql, err.what);
}

static inline int64_t number_of(struct fixture *f, const char *sql)
{
	struct err err = {0};
	int64_t n = -1;
	bool found;

	assert_int_equal(
	    store_one_int(f->store, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return n;
}

/* --- what a worker does --------------------------------------------------- */

static inline int told(struct fixture *f, enum ledger_fate fate, int64_t id,
		       struct store_value sealed, struct err *err)
{
	const struct ledger_message m = {.fate = fate,
					 .id = id,
					 .sealed = sealed.bytes,
					 .len = sealed.len,
					 .at_ms = T0};

	return ledger_batch_add(f->store, &m, err);
}

static inline int put(struct fixture *f, int64_t id, bool empty,
		      struct err *err)
{
	uint8_t bytes[CONTENT];
	struct store_value sealed = S_NULL;

	content_of(f, bytes);
	if (!empty)
		sealed = S_BLOB(bytes, sizeof(bytes));
	if (store_run(f->store, put_sql, STORE_ARGS(S_INT(id), sealed), err) !=
	    0)
		return -1;
	return told(f, LEDGER_ARCHIVED, id, sealed, err);
}

static inline int change(struct fixture *f, int64_t id, struct err *err)
{
	uint8_t bytes[CONTENT];
	struct store_value sealed = S_BLOB(bytes, sizeof(bytes));

	content_of(f, bytes);
	if (store_run(f->store, set_sql, STORE_ARGS(sealed, S_INT(id)), err) !=
	    0)
		return -1;
	return told(f, LEDGER_CHANGED, id, sealed, err);
}

static inline int forget(struct fixture *f, int64_t id, struct err *err)
{
	if (store_run(f->store, set_sql, STORE_ARGS(S_NULL, S_INT(id)), err) !=
	    0)
		return -1;
	return told(f, LEDGER_FORGOTTEN, id, S_NULL, err);
}

static inline int take_away(struct fixture *f, int64_t id, struct err *err)
{
	if (store_run(f->store, drop_sql, STORE_ARGS(S_INT(id)), err) != 0)
		return -1;
	return told(f, LEDGER_REMOVED, id, S_NULL, err);
}

static inline void begin(struct fixture *f)
{
	struct err err = {0};

	assert_int_equal(store_begin(f->store, &err), 0);
}

static inline void commit(struct fixture *f)
{
	struct err err = {0};

	assert_int_equal(store_commit(f->store, &err), 0);
}

static inline void arrive(struct fixture *f, size_t len)
{
	struct err err = {0};
	bool empty;

	for (size_t i = 0; i < len; i++) {
		f->next += 1 + (int64_t)(draw(f) % 5);
		empty = draw(f) % 16 == 0;
		assert_int_equal(put(f, f->next, empty, &err), 0);
		if (!empty)
			f->known[f->known_len++] = f->next;
		else
			f->empty[f->empty_len++] = f->next;
	}
}

/* Takes one out of those with content. */
static inline int64_t choose(struct fixture *f)
{
	size_t at = draw(f) % f->known_len;
	int64_t id = f->known[at];

	f->known[at] = f->known[--f->known_len];
	return id;
}

static inline void touch(struct fixture *f)
{
	struct err err = {0};
	int64_t id;

	if (f->known_len < 2)
		return;
	id = choose(f);
	switch (draw(f) % 4) {
	case 0:
		assert_int_equal(forget(f, id, &err), 0);
		f->empty[f->empty_len++] = id;
		break;
	case 1:
		assert_int_equal(take_away(f, id, &err), 0);
		break;
	case 2: /* twice in one transaction */
		assert_int_equal(change(f, id, &err), 0);
		/* fall through */
	default:
		assert_int_equal(change(f, id, &err), 0);
		f->known[f->known_len++] = id;
	}
}

/* Something else that leaves an entry. */
static inline void other(struct fixture *f)
{
	const struct ledger_entry entry = {.event = LEDGER_TOKEN_CREATED,
					   .at_ms = T0};
	struct err err = {0};

	assert_int_equal(ledger_append(f->store, NULL, &entry, NULL, &err), 0);
}

/* What is taken back is not known to the fixture either. */
static inline void history(struct fixture *f, size_t transactions)
{
	struct fixture *before = malloc(sizeof(*before));

	assert_non_null(before);
	for (size_t i = 0; i < transactions; i++) {
		*before = *f;
		begin(f);
		if (draw(f) % 8 == 0)
			other(f);
		if (draw(f) % 3 != 0)
			arrive(f, 1 + draw(f) % 20);
		for (uint64_t n = draw(f) % 4; n > 0; n--)
			touch(f);
		if (draw(f) % 10 != 0) {
			commit(f);
			continue;
		}
		store_roll_back(f->store);
		before->seed = f->seed;
		*f = *before;
	}
	free(before);
}

static inline struct ledger_message_finding look(struct fixture *f)
{
	struct ledger_message_finding found = {0};
	struct err err = {0};

	assert_int_equal(
	    ledger_check_messages(f->store, NULL, NULL, &found, &err), 0);
	return found;
}

static inline void is_sound(struct fixture *f)
{
	struct ledger_message_finding found = look(f);

	assert_int_equal(found.fault, LEDGER_MESSAGES_SOUND);
	assert_int_equal(found.message, 0);
	assert_true(found.entry == UINT64_MAX);
}

static inline void finds(struct fixture *f, enum ledger_message_fault fault,
			 uint64_t entry, int64_t message)
{
	struct ledger_message_finding found = look(f);

	assert_int_equal(found.fault, fault);
	assert_true(found.entry == entry);
	assert_int_equal(found.message, message);
}

static inline int make_with(void **state, const char *driver)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {0};

	assert_non_null(f);
	assert_int_equal(store_open(driver, "", &f->store, &err), 0);
	f->seed = 1;
	f->next = 1000;
	*state = f;
	return 0;
}

static inline int make(void **state)
{
	return make_with(state, "memory");
}

static inline int make_failing(void **state)
{
	return make_with(state, "failing");
}

static inline int unmake(void **state)
{
	struct fixture *f = *state;

	store_close(&f->store);
	free(f);
	return 0;
}

/* Three messages archived by entry 0: 1001, 1002, 1003.  Entry 1 changes
 * 1002, entry 2 is about something else, entry 3 forgets 1003, entry 4 changes
 * 1002 once more and 1001, entry 5 archives 1004. */
static inline void small(struct fixture *f)
{
	struct err err = {0};

	begin(f);
	for (int64_t id = 1001; id <= 1003; id++)
		assert_int_equal(put(f, id, false, &err), 0);
	commit(f);
	begin(f);
	assert_int_equal(change(f, 1002, &err), 0);
	commit(f);
	begin(f);
	other(f);
	assert_int_equal(forget(f, 1003, &err), 0);
	commit(f);
	begin(f);
	assert_int_equal(change(f, 1002, &err), 0);
	assert_int_equal(change(f, 1001, &err), 0);
	commit(f);
	begin(f);
	assert_int_equal(put(f, 1004, false, &err), 0);
	commit(f);
}

/* As prune.c does it. */
static inline void prune(struct fixture *f, int64_t first)
{
	static const char sql[] = "DELETE FROM ledger_entry WHERE id<?";
	struct err err = {0};

	begin(f);
	assert_int_equal(ledger_batch_prune(f->store, (uint64_t)first, &err),
			 0);
	assert_int_equal(
	    store_run(f->store, sql, STORE_ARGS(S_INT(first)), &err), 0);
	commit(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
#define TEST_FAILING(name) \
	cmocka_unit_test_setup_teardown(name, make_failing, unmake)

#endif
