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
#include "postern/store.h"

/* --- append (log.c) ------------------------------------------------------- */
/* Inside a transaction of the caller's (asserted).  An error is the act's. */
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
 */
/* Removes whole bundles of entries older than before_ms that a checkpoint
 * covers; the tiles stay.  At most max entries a call. */
int ledger_prune(struct store *st, int64_t before_ms, uint64_t max,
		 uint64_t *ret_gone, bool *ret_left, struct err *err);
int ledger_first(struct store *st, uint64_t *ret, struct err *err);

#endif
