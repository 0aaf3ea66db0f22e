/* checkpoint.h - the body of a checkpoint (c2sp.org/tlog-checkpoint, v1.0.0)
 * and receipts (c2sp.org/tlog-proof).  Pure. */
#ifndef POSTERN_CHECKPOINT_H
#define POSTERN_CHECKPOINT_H

#include "postern/merkle.h"
#include "postern/signednote.h"

struct checkpoint {
	char origin[NOTE_NAME_BYTES];
	uint64_t size;
	struct merkle_hash root;
};
/* Strict: decimal without leading zeros, base64 with padding.  Extension lines
 * of other logs are passed over (they are signed); ours have none. */
int checkpoint_parse(const char *text, size_t len, struct checkpoint *ret,
		     struct err *err);
/* The three lines onto ret. */
int checkpoint_print(const struct checkpoint *c, struct buf *ret,
		     struct err *err);

/* A receipt: that one entry is in a log of a signed size. */
struct receipt {
	uint64_t index;
	struct buf extra; /* decoded; not authenticated; may be empty */
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t proof_len;
	const char *checkpoint; /* borrowed: the signed note */
	size_t checkpoint_len;
};
#define RECEIPT_BYTES_MAX 131072
/* Borrows bytes.  ERR_INPUT: malformed. */
int receipt_parse(const char *bytes, size_t len, struct receipt *ret,
		  struct err *err);
int receipt_print(const struct receipt *r, struct buf *ret, struct err *err);
void receipt_free(struct receipt *r);
/* Whether entry is at r->index of the log that key signs.  ERR_INPUT,
 * ERR_DENIED (signature), ERR_CORRUPT (not included) say why not. */
int receipt_verify(const struct receipt *r, const struct note_key *keys,
		   size_t keys_len, const void *entry, size_t entry_len,
		   struct checkpoint *ret_checkpoint, struct err *err);

#endif
