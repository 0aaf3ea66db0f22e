/* ledgerverify.h - inside the check of a log: one pass over its entries.
 *
 * Each hash that the entries give is held against the one that the tiles have
 * there.  Where they differ, one of the two is wrong; which, a trusted hash
 * above them says: one that hangs together with the signed root. */
#ifndef POSTERN_PROOF_LEDGERVERIFY_H
#define POSTERN_PROOF_LEDGERVERIFY_H

#include "postern/ledgerentry.h"
#include "postern/ledgerverify.h"

/* One level: the tile that is being gone through. */
struct layer {
	struct merkle_hash own[TILE_WIDTH]; /* of the entries */
	unsigned int len;
	struct merkle_hash stored[TILE_WIDTH];
	unsigned int width;
	bool trusted; /* what is stored leads to the signed root */
};

/* The entry that comes next. */
struct ahead {
	bool looked;
	bool there;   /* else the end */
	bool damaged; /* its place cannot be read */
	uint64_t index;
	struct merkle_hash leaf;
	bool canonical;
	uint64_t stays; /* n of log.pruned; else 0 */
	bool rotated;	/* it is log.key_rotated */
};

enum verify_signature {
	VERIFY_BAD, /* not a checkpoint, or a signature that does not verify */
	VERIFY_GOOD,
	VERIFY_UNKNOWN, /* of none of the keys */
};

struct verifier {
	const struct ledger_source *source;
	const struct note_key *keys;
	size_t keys_len;
	struct checkpoint head;
	uint64_t first;	   /* entries before it were pruned */
	bool edge_trusted; /* the tiles give the signed root */
	struct layer layers[TILE_LEVEL_MAX + 1];
	uint64_t done; /* entries in own */
	struct ahead ahead;
	uint64_t stays; /* largest n of log.pruned */
	bool rotated;	/* there was a log.key_rotated */
	/* Entries and tiles differ here, first; who is wrong is not known. */
	bool suspected;
	struct ledger_finding suspect;
	bool found;
	struct ledger_finding finding;
	/* Older checkpoints. */
	bool older_looked, older_there, older_bad;
	bool older_known;      /* one was signed by a key that we have */
	bool older_unknown;    /* and some before it were not */
	uint64_t unknown_size; /* the last of these */
	struct checkpoint older;
	uint64_t older_good; /* size of the last one that is a prefix */
	struct ledger_finding older_finding;
	struct merkle_hash scratch[TILE_WIDTH];
};

/* By a key of the log that the note names. */
enum verify_signature verify_signed(const struct note_key *keys,
				    size_t keys_len, const char *note,
				    size_t len, struct checkpoint *ret);
/* The first thing found, unless a suspect lies before it. */
void verify_conclude(struct verifier *v, enum ledger_fault fault,
		     uint64_t index);
/* Root of the first size leaves; size lies in the tile of level 0 that is being
 * gone through. */
void verify_root_at(struct verifier *v, uint64_t size, struct merkle_hash *ret);
/* Looks at the next entry without taking it. */
int verify_look(struct verifier *v, struct err *err);

/* --- ledgerverify_tiles.c ------------------------------------------------- */
int verify_edge(struct verifier *v, struct err *err);
/* The stored tiles that begin at done. */
int verify_load(struct verifier *v, struct err *err);
/* Whether what stands at place of the level-0 tile is an entry that should
 * come later, and so does what follows: something was taken out. */
int verify_moved(struct verifier *v, unsigned int place, bool *ret,
		 struct err *err);

/* --- ledgerverify_older.c ------------------------------------------------- */
/* Holds the older checkpoints up to this size against the entries. */
int verify_older(struct verifier *v, uint64_t size, struct err *err);
/* At the end: whether those of unknown keys may be of earlier ones. */
void verify_older_keys(struct verifier *v);

#endif
