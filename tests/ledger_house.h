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
#include <sodium.h>

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

	/* These would speak of this log. */
	if (e.event == LEDGER_LOG_PRUNED || e.event == LEDGER_LOG_KEY_ROTATED)
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

/* --- trees and checkpoints ------------------------------------------------ */

/* All of it into the tree. */
static inline void ledger_grown(struct store *st, uint64_t piece)
{
	struct err err = {0};
	bool left = true;

	while (left)
		assert_int_equal(ledger_grow(st, piece, &left, &err), 0);
}

struct ledger_signer {
	struct note_key key;
	uint8_t secret[64];
};

#define LEDGER_ORIGIN "gateway.example/audit"

static inline void ledger_signer_make(struct ledger_signer *s, uint8_t seed,
				      const char *name)
{
	uint8_t seeds[32], key[32];
	struct err err = {0};

	assert_true(sodium_init() >= 0);
	memset(seeds, seed, sizeof(seeds));
	assert_int_equal(crypto_sign_seed_keypair(key, s->secret, seeds), 0);
	assert_int_equal(note_key_make(name, NOTE_ED25519, key, &s->key, &err),
			 0);
}

/* A signed note of this size and root onto ret. */
static inline void ledger_note(const struct ledger_signer *s, uint64_t size,
			       const struct merkle_hash *root, struct buf *ret)
{
	struct checkpoint c = {.origin = LEDGER_ORIGIN, .size = size};
	struct err err = {0};
	struct buf body = BUF_INIT(NOTE_BYTES_MAX);

	c.root = *root;
	assert_int_equal(checkpoint_print(&c, &body, &err), 0);
	assert_int_equal(buf_append(ret, body.bytes, body.len, &err), 0);
	assert_int_equal(buf_append_text(ret, "\n", &err), 0);
	assert_int_equal(note_sign((const char *)body.bytes, body.len, &s->key,
				   s->secret, ret, &err),
			 0);
	buf_free(&body);
}

/* Signs the tree of this size, and keeps that. */
static inline void ledger_sign(struct store *st, const struct ledger_signer *s,
			       uint64_t size, struct buf *ret)
{
	struct err err = {0};
	struct merkle_hash root;

	buf_clear(ret);
	assert_int_equal(ledger_root(st, size, &root, &err), 0);
	ledger_note(s, size, &root, ret);
	assert_int_equal(ledger_keep_checkpoint(st, size, LEDGER_FIRST_MS,
						ret->bytes, ret->len, &err),
			 0);
}

/* What the check says of the log of a store. */
static inline struct ledger_finding ledger_checked(struct store *st,
						   const struct buf *note,
						   const struct note_key *key)
{
	struct ledger_finding ret = {.fault = LEDGER_SHORT};
	struct ledger_reading *reading;
	struct ledger_source source;
	struct err err = {0};

	assert_int_equal(ledger_source_open(st, &reading, &source, &err), 0);
	assert_int_equal(ledger_verify(&source, (const char *)note->bytes,
				       note->len, key, 1, NULL, NULL, &ret,
				       &err),
			 0);
	ledger_source_close(&reading);
	return ret;
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
