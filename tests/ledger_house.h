/* ledger_house.h - entries and logs for the tests of the proof log. */
#ifndef POSTERN_TESTS_LEDGER_HOUSE_H
#define POSTERN_TESTS_LEDGER_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "postern/ledger.h"

#define LEDGER_FIRST_MS INT64_C(1795284000000) /* 2026-11-21T18:00:00Z */

static const struct id_mask ledger_mask = {.key = {7, 7, 7}};

/* The i-th entry of every log here: all shapes in turn, a second apart. */
static inline struct ledger_entry ledger_example(uint64_t i)
{
	struct ledger_entry e = {
	    .event = (enum ledger_event)(i % LEDGER_EVENTS_COUNT),
	    .at_ms = LEDGER_FIRST_MS + (int64_t)i * 1000,
	    .actor = (enum ledger_actor)(i % 4),
	    .object_kind = i % 2 == 0 ? ID_MESSAGE : ID_REQUEST,
	    .object = i % 3 == 0 ? 0 : (int64_t)i + 1,
	    .committed = i % 5 == 0,
	    .policy = i % 7 == 0 ? 17 : 0,
	    .reason = (enum ledger_reason)(i % LEDGER_REASONS_COUNT),
	    .counted = i % 11 == 0,
	    .count = i,
	    .rooted = i % 13 == 0,
	};

	if (e.event == LEDGER_LOG_PRUNED) /* would speak of this log */
		e.event = LEDGER_CONSENT_GIVEN;
	memset(e.commitment, (int)(i & 0xff), sizeof(e.commitment));
	memset(e.root.bytes, (int)(i >> 8 & 0xff), sizeof(e.root.bytes));
	if (e.actor == LEDGER_STAFF)
		memcpy(e.staff, "0123456789abcdef", LEDGER_STAFF_HEX);
	return e;
}

/* Its bytes onto ret. */
static inline void ledger_example_bytes(uint64_t i, struct buf *ret)
{
	struct ledger_entry e = ledger_example(i);
	struct err err = {0};

	assert_int_equal(ledger_entry_print(&e, &ledger_mask, ret, &err), 0);
}

/* Appends up to the end-th entry, some in one transaction. */
static inline void ledger_fill(struct store *st, uint64_t end)
{
	struct err err = {0};
	struct ledger_entry e;
	uint64_t at, given;

	assert_int_equal(ledger_entries(st, &at, &err), 0);
	assert_int_equal(store_begin(st, &err), 0);
	for (; at < end; at++) {
		e = ledger_example(at);
		assert_int_equal(
		    ledger_append(st, &ledger_mask, &e, &given, &err), 0);
		assert_true(given == at);
	}
	assert_int_equal(store_commit(st, &err), 0);
}

/* --- a store of every engine, for each test anew -------------------------- */

struct ledger_house {
	char dir[64], path[96];
	struct store *store;
};

static inline int ledger_house_make(void **state, const char *driver)
{
	struct ledger_house *h = calloc(1, sizeof(*h));
	struct err err = {0};

	assert_non_null(h);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-ledger-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->path, sizeof(h->path), "%s/postern.db", h->dir);
	assert_int_equal(store_open(driver, h->path, &h->store, &err), 0);
	*state = h;
	return 0;
}

static inline int ledger_on_sqlite(void **state)
{
	return ledger_house_make(state, "sqlite");
}

static inline int ledger_on_memory(void **state)
{
	return ledger_house_make(state, "memory");
}

static inline int ledger_on_failing(void **state)
{
	return ledger_house_make(state, "failing");
}

static inline int ledger_house_end(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	struct ledger_house *h = *state;
	char path[128];

	store_close(&h->store);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", h->path, ends[i]);
		(void)unlink(path); /* only a file has them */
	}
	assert_int_equal(rmdir(h->dir), 0);
	free(h);
	return 0;
}

/* The same test on each engine. */
#define ON_ENGINES(test)                                                      \
	{#test "_on_sqlite", test, ledger_on_sqlite, ledger_house_end, NULL}, \
	    {#test "_on_memory", test, ledger_on_memory, ledger_house_end,    \
	     NULL},                                                           \
	{                                                                     \
#test "_on_failing", test, ledger_on_failing,                 \
		    ledger_house_end, NULL                                    \
	}

#endif
