/* entries_house.h - what stands in the proof log of a test. */
#ifndef POSTERN_TESTS_ENTRIES_HOUSE_H
#define POSTERN_TESTS_ENTRIES_HOUSE_H

#include "postern/ledger.h"

#define ENTRIES_MAX 64

struct entries {
	struct ledger_told all[ENTRIES_MAX];
	size_t len;
};

/* All there are; the schema check is the reader. */
static inline void entries_read(struct store *st, struct entries *ret)
{
	uint64_t there = 0;
	struct err err = {0};

	assert_int_equal(ledger_entries(st, &there, &err), 0);
	assert_true(there <= ENTRIES_MAX);
	ret->len = 0;
	for (uint64_t i = 0; i < there; i++) {
		struct buf bytes = BUF_INIT(LEDGER_ENTRY_MAX);

		assert_int_equal(ledger_read(st, i, &bytes, &err), 0);
		assert_int_equal(ledger_entry_parse(bytes.bytes, bytes.len,
						    &ret->all[ret->len++],
						    &err),
				 0);
		buf_free(&bytes);
	}
}

static inline size_t entries_count(struct store *st, enum ledger_event event)
{
	struct entries e;
	size_t n = 0;

	entries_read(st, &e);
	for (size_t i = 0; i < e.len; i++)
		n += e.all[i].event == event;
	return n;
}

/* The last of its kind. */
static inline struct ledger_told entries_last(struct store *st,
					      enum ledger_event event)
{
	struct entries e;

	entries_read(st, &e);
	for (size_t i = e.len; i-- > 0;)
		if (e.all[i].event == event)
			return e.all[i];
	fail_msg("no entry %s", ledger_event_name(event));
	return (struct ledger_told){0};
}

#endif
