/* keeperlog.h - the keeper's part of the proof log: it holds the signing key
 * and remembers what it signed last, in its own store, so that nobody with the
 * archive alone can take a signed state back. */
#ifndef POSTERN_KEEPERLOG_H
#define POSTERN_KEEPERLOG_H

#include "postern/checkpoint.h"
#include "postern/keeper.h"

struct keeper_log {
	char origin[NOTE_NAME_BYTES]; /* name of the log and of its keys */
	struct note_key key;	      /* signs */
	bool rotating;		      /* next signs along with it, once */
	struct note_key next;
	uint64_t size; /* last signed; 0: nothing yet */
	struct merkle_hash root;
	int64_t signed_s;
};
/* Makes the key when first asked.  origin "": "postern/" and random hex; else
 * it is taken while nothing was signed, and ERR_DENIED if another one was. */
int keeper_log_status(struct keeper *k, const char *origin,
		      struct keeper_log *ret, struct err *err);
/* Signs the tree of this size if proof shows that it extends the last signed
 * one, and has that on disk before it answers.  The signed note onto ret.
 * ERR_DENIED: does not extend it. */
int keeper_log_sign(struct keeper *k, uint64_t size,
		    const struct merkle_hash *root,
		    const struct merkle_hash *proof, size_t proof_len,
		    struct buf *ret, struct err *err);
/* A new key; the next checkpoint is signed by both, then the old one is
 * destroyed (compliance.md 7.6). */
int keeper_log_rotate(struct keeper *k, struct keeper_log *ret,
		      struct err *err);

#endif
