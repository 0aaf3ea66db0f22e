/* runs.h - an index that is written in sorted runs.
 *
 * Random keys ruin a B-tree that has outgrown its cache: every row dirties a
 * page of its own.  Here the youngest entries are in memory, and when
 * RUNS_YOUNG of them have gathered they are written as one sorted run, block
 * by block at the end of a table.  Runs are merged, RUNS_FANOUT of a level
 * into one of the next, in slices of a few blocks, so there are tens of them.
 * An entry is never changed and never taken out.
 *
 * A run in memory is its fences (the first key of each block) and, if the
 * index is filtered, a Bloom filter: looking for what is not there reads
 * nothing.  Both are stored with the run, so opening reads no block.
 *
 * Only lookup.c and tests use this.  One thread. */
#ifndef POSTERN_STORE_RUNS_H
#define POSTERN_STORE_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/store.h"

#define RUNS_KEY_BYTES	   16
#define RUNS_ENTRY_BYTES   24  /* key, value big endian */
#define RUNS_BLOCK_ENTRIES 339 /* one page of SQLITE_PAGE_BYTES */
#define RUNS_BLOCK_BYTES   ((size_t)RUNS_BLOCK_ENTRIES * RUNS_ENTRY_BYTES)
#define RUNS_YOUNG	   20000
#define RUNS_FANOUT	   8
#define RUNS_INPUTS_MAX	   16
#define RUNS_LEVELS	   12
#define RUNS_SLICE_BLOCKS  32
#define RUNS_DROP_BLOCKS   128
#define RUNS_FILTER_BITS   14 /* per entry: of 400 looks one is vain */
/* Runs that no longer fit go without: the oldest and largest, few. */
#define RUNS_FILTER_MAX (32u * 1024 * 1024)

/* Stored: do not renumber. */
enum runs_kind { RUNS_REF = 0, RUNS_CONVERSATION = 1 };
#define RUNS_KINDS 2

struct runs_entry {
	uint8_t key[RUNS_KEY_BYTES];
	int64_t value;
};

struct run {
	int64_t id, level;
	int64_t up_to; /* what the run covers, as its owner counts */
	size_t entries, blocks_len;
	uint8_t *fences;     /* blocks_len keys */
	uint8_t *filter;     /* NULL: none */
	size_t filter_bytes; /* a multiple of 64 */
};

struct runs_merge;
struct runs {
	struct store *st;
	enum runs_kind kind;
	size_t prefix_len; /* bytes of a key that find it in memory */
	bool filtered;
	/* Set by tests to see many runs soon. */
	size_t young_max, fanout, slice_blocks, block_entries;
	struct run **at; /* newest first */
	size_t len, size;
	int64_t *dead; /* ids of runs whose blocks are to go */
	size_t dead_len, dead_size;
	struct runs_merge *merges[RUNS_LEVELS];
	int64_t last_id;
	size_t filter_total;
	/* The youngest, in order of arrival */
	struct runs_entry *young;
	uint32_t *next, *heads;
	size_t young_len, young_size;
};

/* --- runs.c: memory and reading ------------------------------------------- */

/* Reads what is stored; writes nothing. */
int runs_open(struct store *st, enum runs_kind kind, struct runs **ret,
	      struct err *err);
void runs_free(struct runs **r);
int runs_young_add(struct runs *r, const struct runs_entry *entry,
		   struct err *err);
/* Takes back all but the first len. */
void runs_young_cut(struct runs *r, size_t len);
/* The value of a key; *ret_found false: there is none. */
int runs_get(struct runs *r, const uint8_t key[RUNS_KEY_BYTES], int64_t *ret,
	     bool *ret_found, struct err *err);
/* Keys of two big-endian numbers: of those with this first, the largest
 * second ones below before, downwards; up to size. */
int runs_below(struct runs *r, int64_t first, int64_t before, int64_t *ret,
	       size_t size, size_t *ret_len, struct err *err);
/* The greatest up_to of a run; 0 without runs. */
int64_t runs_up_to(const struct runs *r);

/* Inside: one block of a run; ret holds RUNS_BLOCK_BYTES. */
int runs_block(struct store *st, const struct run *run, size_t block,
	       uint8_t *ret, size_t *ret_entries, struct err *err);
void runs_key(int64_t first, int64_t second, uint8_t ret[RUNS_KEY_BYTES]);
void runs_filter_add(struct run *run, const uint8_t key[RUNS_KEY_BYTES]);
int runs_list_add(struct runs *r, struct run *run, struct err *err);
int runs_dead_add(struct runs *r, int64_t id, struct err *err);
void run_free(struct runs *r, struct run **run);

/* --- runs_write.c: writing ------------------------------------------------ */

struct runs_writer {
	struct runs *r;
	struct run *run;
	size_t blocks_max, block_len;
	uint8_t block[RUNS_BLOCK_BYTES];
};
/* In the caller's transaction: entries come in growing order, expected of
 * them at most.  _end gives the run; whoever fails calls _abandon. */
int runs_writer_begin(struct runs_writer *w, struct runs *r, int64_t level,
		      size_t expected, int64_t up_to, struct err *err);
int runs_writer_add(struct runs_writer *w, const uint8_t *entry,
		    struct err *err);
int runs_writer_end(struct runs_writer *w, struct err *err);
void runs_writer_abandon(struct runs_writer *w);
/* The level at which a run of so many entries belongs. */
int64_t runs_level_of(const struct runs *r, size_t entries);
/* A transaction of its own: everything young becomes a run, done_sql (one
 * parameter, up_to; or NULL) runs with it. */
int runs_seal(struct runs *r, int64_t up_to, const char *done_sql,
	      struct err *err);

/* --- runs_merge.c: merging ------------------------------------------------ */

/* One slice of merging or dropping in a transaction of its own; *ret_worked
 * false: there was nothing to do. */
int runs_tend(struct runs *r, bool *ret_worked, struct err *err);
/* Forgets merges under way, without writing. */
void runs_merges_free(struct runs *r);

#endif
