/* ledger.h - the proof log in the archive: entries, tree, proofs, checkpoints.
 *
 * An entry is a row, written in the transaction of the act it tells; its index
 * is its place in the log.  The tree grows later, from the rows: nothing of it
 * lives in memory between calls, so a transaction that is taken back takes its
 * entries along and nothing has to be put right.  A signed checkpoint covers
 * only what the tree has.
 *
 * One thread: that of the store handle. */
#ifndef POSTERN_LEDGER_H
#define POSTERN_LEDGER_H

#include "postern/checkpoint.h"
#include "postern/ledgerentry.h"
#include "postern/ledgerverify.h"
#include "postern/store.h"

/* --- append (entries.c) --------------------------------------------------  */
/* Inside a transaction of the caller's (asserted).  An error is the act's.
 * ret_index may be NULL; mask too when the entry is about nothing. */
int ledger_append(struct store *st, const struct id_mask *mask,
		  const struct ledger_entry *entry, uint64_t *ret_index,
		  struct err *err);
/* Entries there are, in the tree or not. */
int ledger_entries(struct store *st, uint64_t *ret, struct err *err);
/* One of them; ERR_ABSENT: never was, or was pruned.  Onto ret. */
int ledger_read(struct store *st, uint64_t index, struct buf *ret,
		struct err *err);

/* --- tree (tree.c) ---------------------------------------------------------
 */
/* Takes up to max entries into the tree, in a transaction of its own;
 * *ret_left false: it has all of them.  Bounded work: a turn of the loop. */
int ledger_grow(struct store *st, uint64_t max, bool *ret_left,
		struct err *err);
/* Entries in the tree. */
int ledger_size(struct store *st, uint64_t *ret, struct err *err);
int ledger_root(struct store *st, uint64_t size, struct merkle_hash *ret,
		struct err *err);
/* ERR_INPUT: no such index or size.  Few tile reads, whatever the size. */
int ledger_prove_inclusion(struct store *st, uint64_t index, uint64_t size,
			   struct merkle_hash ret[MERKLE_PROOF_MAX],
			   size_t *ret_len, struct err *err);
int ledger_prove_consistency(struct store *st, uint64_t old_size,
			     uint64_t new_size,
			     struct merkle_hash ret[MERKLE_PROOF_MAX],
			     size_t *ret_len, struct err *err);
/* The hashes of a tile, as many as the tree has (at most 256); *ret_width 0:
 * none yet. */
int ledger_tile(struct store *st, int level, uint64_t number,
		struct merkle_hash ret[256], unsigned int *ret_width,
		struct err *err);

/* --- checkpoints (checkpoints.c) -------------------------------------------
 */
/* The last signed note (with the cosignatures gathered so far) onto ret;
 * ERR_ABSENT: none yet. */
int ledger_last(struct store *st, struct buf *ret, struct checkpoint *ret_body,
		int64_t *ret_at_ms, struct err *err);
/* The smallest one that covers index. */
int ledger_covering(struct store *st, uint64_t index, struct buf *ret,
		    struct checkpoint *ret_body, struct err *err);
int ledger_keep_checkpoint(struct store *st, uint64_t size, int64_t at_ms,
			   const void *note, size_t len, struct err *err);
/* One more signature line of a witness onto the note of this size. */
int ledger_add_signature(struct store *st, uint64_t size, const void *line,
			 size_t len, struct err *err);
/* A .tlog-proof of one entry under the last checkpoint that covers it. */
int ledger_receipt(struct store *st, uint64_t index, const void *extra,
		   size_t extra_len, struct buf *ret, struct err *err);

/* --- pruning (prune.c) ------------------------------------------------------
 * In two steps, so that no copy of the log lacks entries unless its signed part
 * says so: an entry log.pruned names the first index that stays (its n); when a
 * checkpoint covers that entry, what lies before goes.  Tiles stay, and so do
 * the last entries. */
struct ledger_cut {
	int64_t now_ms;	   /* of the entry log.pruned */
	int64_t before_ms; /* older ones may go */
	uint64_t max;	   /* entries looked at, or removed, by this call */
};
/* Takes the next step, in a transaction of its own: names, or removes, whole
 * bundles of entries that are all older than before_ms, that a checkpoint
 * covers and that are what the tree says (else ERR_CORRUPT: evidence stays).
 * *ret_left: there is more to do now; else it waits for the next checkpoint,
 * or for time. */
int ledger_prune(struct store *st, const struct ledger_cut *cut,
		 uint64_t *ret_gone, bool *ret_left, struct err *err);
/* The first entry that was not pruned. */
int ledger_first(struct store *st, uint64_t *ret, struct err *err);

/* --- checking (source.c) ----------------------------------------------------
 * This log as ledger_verify reads it: some rows at a time, no transaction kept
 * open in between, so that the gateway may go on writing and pruning beside
 * it.  Read the note that is to be checked first. */
struct ledger_reading;
int ledger_source_open(struct store *st, struct ledger_reading **ret,
		       struct ledger_source *ret_source, struct err *err);
void ledger_source_close(struct ledger_reading **reading);

#endif
