/* ledgerverify.h - is this log what was signed?  Reads through callbacks, so
 * that a database, a folder of tiles and a test pass the same check; knows no
 * key but the one it is given.  No network, no database: also in
 * postern-verify. */
#ifndef POSTERN_LEDGERVERIFY_H
#define POSTERN_LEDGERVERIFY_H

#include "postern/checkpoint.h"
#include "postern/tile.h"

struct ledger_source {
	void *ctx;
	/* Entries from *at on: 1 one (borrowed until the next call), 0 the
	 * end, -1 error.  *ret_index is its place: a gap is a finding. */
	int (*next)(void *ctx, uint64_t *ret_index, const uint8_t **ret_entry,
		    size_t *ret_len, struct err *err);
	/* As ledger_tile; width 0: absent. */
	int (*tile)(void *ctx, int level, uint64_t number,
		    struct merkle_hash ret[256], unsigned int *ret_width,
		    struct err *err);
	/* Older checkpoints, rising: 1 one, 0 the end; may be NULL. */
	int (*checkpoint)(void *ctx, const char **ret_note, size_t *ret_len,
			  struct err *err);
	uint64_t first; /* entries before it were pruned */
	/* The same by now; NULL: nothing is pruned while it is read. */
	int (*begins)(void *ctx, uint64_t *ret, struct err *err);
	/* Somebody else's log: an entry is whatever was signed, but none of
	 * ours; if one is, the first was to be one, too. */
	bool foreign;
};

enum ledger_fault {
	LEDGER_SOUND,
	LEDGER_BAD_SIGNATURE, /* of the checkpoint */
	LEDGER_BAD_ENTRY,     /* index: changed, or not canonical */
	LEDGER_MISSING_ENTRY, /* index: removed; what follows may have moved */
	LEDGER_BAD_TILE,      /* index: first leaf below the wrong hash */
	LEDGER_BAD_ROOT,      /* entries and tiles agree, the signed root not */
	LEDGER_SHORT,	      /* fewer entries than were signed */
	LEDGER_BAD_CHECKPOINT, /* an older one is not a prefix of this log */
};
struct ledger_finding {
	enum ledger_fault fault;
	/* The first bad one, as far as it can be known; BAD_ROOT: it lies there
	 * or after; BAD_CHECKPOINT: size of the last older one that is good. */
	uint64_t index;
	uint64_t size; /* of the checkpoint meant; 0: it cannot be read */
};
typedef void (*ledger_progress)(void *ctx, uint64_t done, uint64_t all);

/*
 * ledger_verify - is this log what the note says?
 *
 *   note	the signed checkpoint; best one that somebody outside holds
 *   keys	the log's own (its name is the origin); earlier ones too, where
 *		they are known: older checkpoints by others are held against
 *		the entries, and accepted before the first known one if the log
 *		tells of a rotation
 *   progress	may be NULL; told now and then
 *
 * One pass over the entries, memory that does not follow the log.  Looks at
 * nothing that the note does not cover, except for a word of pruning.  What the
 * source reports as ERR_CORRUPT is a finding, not an error.
 *
 * Returns 0 with *ret, also when it found something; -1: could not look (the
 * source's error, ERR_NOMEM).
 */
int ledger_verify(const struct ledger_source *source, const char *note,
		  size_t note_len, const struct note_key *keys, size_t keys_len,
		  ledger_progress progress, void *progress_ctx,
		  struct ledger_finding *ret, struct err *err);
/* In words, one line, without a newline: English, or German. */
int ledger_finding_print(const struct ledger_finding *f, bool german,
			 struct buf *ret, struct err *err);

#endif
