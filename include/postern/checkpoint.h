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
/* Strict: decimal without leading zeros and at most MERKLE_SIZE_MAX, base64
 * with padding.  Extension lines of other logs are passed over (they are
 * signed); ours have none.  ERR_INPUT: malformed, or an origin that is longer
 * than a name. */
int checkpoint_parse(const char *text, size_t len, struct checkpoint *ret,
		     struct err *err);
/* The three lines onto ret, all or nothing. */
int checkpoint_print(const struct checkpoint *c, struct buf *ret,
		     struct err *err);
/*
 * checkpoint_open - a signed checkpoint, from bytes to what may be believed.
 *
 * keys: those of the log (NOTE_ED25519, named as its origin) and of witnesses.
 * No key's signature may be wrong and the log's own must be there, however many
 * witnesses signed.  ret_good (may be NULL) as of note_verify.
 *
 * ERR_INPUT: malformed; ERR_DENIED: not signed so.
 */
int checkpoint_open(const char *bytes, size_t len, const struct note_key *keys,
		    size_t keys_len, struct checkpoint *ret, bool *ret_good,
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
#define RECEIPT_BYTES_MAX 262144
#define RECEIPT_EXTRA_MAX 65536 /* decoded */
/* Borrows bytes; extra is to be freed.  ERR_INPUT: malformed; the checkpoint
 * is a signed note, but nothing of it was verified. */
int receipt_parse(const char *bytes, size_t len, struct receipt *ret,
		  struct err *err);
/* All or nothing. */
int receipt_print(const struct receipt *r, struct buf *ret, struct err *err);
void receipt_free(struct receipt *r);
/* Whether entry is at r->index of the log whose keys these are (as of
 * checkpoint_open).  ERR_INPUT, ERR_DENIED (signature), ERR_CORRUPT (not
 * included) say why not. */
int receipt_verify(const struct receipt *r, const struct note_key *keys,
		   size_t keys_len, const void *entry, size_t entry_len,
		   struct checkpoint *ret_checkpoint, struct err *err);

#endif
