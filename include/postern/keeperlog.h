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
 * The size that was signed last is answered with the note of then (if its root
 * is the same), so that a note that was lost can be asked for again.  proof is
 * empty for that size and for the first one.  ERR_DENIED: does not extend
 * it. */
int keeper_log_sign(struct keeper *k, uint64_t size,
		    const struct merkle_hash *root,
		    const struct merkle_hash *proof, size_t proof_len,
		    struct buf *ret, struct err *err);
/* A new key; the next checkpoint is signed by both, then the old one is
 * destroyed.  Nothing happens while one is waiting for that.  ERR_DENIED: there
 * have been KEEPER_LOG_KEYS_MAX of them. */
int keeper_log_rotate(struct keeper *k, struct keeper_log *ret,
		      struct err *err);

/* Every key there was, oldest first: what an auditor needs to verify any
 * checkpoint of this log.  Only the last one or, while rotating, two have a
 * private half. */
#define KEEPER_LOG_KEYS_MAX 128
struct keeper_log_key {
	struct note_key key;
	uint64_t from_size; /* first tree it signed; UINT64_MAX: none yet */
	int64_t made_s;
};
int keeper_log_keys(struct keeper *k,
		    struct keeper_log_key ret[KEEPER_LOG_KEYS_MAX],
		    size_t *ret_len, struct err *err);

#endif
