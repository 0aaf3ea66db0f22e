/* vault.h - the key tree in memory and on disk: what the keeper's process
 * opens, locks, uses and rotates.  One thread.
 *
 *   root key (keys/root) wraps everything in keeper.db:
 *     data keys, instance keys, secrets of spool pairs
 *
 * ERR_STORAGE of any call means: end this process. */
#ifndef POSTERN_KEEPER_VAULT_H
#define POSTERN_KEEPER_VAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/env.h"
#include "postern/err.h"
#include "postern/keeper.h"
#include "keeper/arena.h"
#include "postern/durable.h"
#include "keeper/keystore.h"
#include "keeper/reason.h"
#include "keeper/rootkey.h"

#define ROOT_FILE     "root"
#define ROOT_NEW_FILE "root.new"
#define SPOOL_FILE    "spool.pub"

struct vault {
	struct env *env;
	char dir[DURABLE_PATH_BYTES];
	char keys_dir[DURABLE_PATH_BYTES];
	const char *credential; /* path, or NULL for keys/root */
	struct arena *arena;
	struct keystore *store; /* open while unlocked */
	struct keystore_meta meta;
	struct rootkey file; /* labels; its key is wiped */
	bool file_read;	     /* labels are there */
	enum reason reason;  /* REASON_NONE: unlocked */
	uint32_t pair;	     /* newest spool pair */
	bool truncate_due;   /* deleted rows are still in the WAL */
	struct buf erasures; /* lines for erasures.log, not yet written */
};

/* Starts locked (REASON_LOCKED).  credential is borrowed. */
int vault_open(struct env *env, const char *dir, const char *credential,
	       struct vault **ret, struct err *err);
void vault_close(struct vault **v); /* wipes */
/* Wipes every key. */
void vault_lock(struct vault *v, enum reason reason);
/*
 * vault_unlock - open key file and key store, finish what a crash left.
 *
 * Already unlocked: nothing happens.  Otherwise, -1 with ERR_INPUT, ERR_ABSENT
 * or ERR_STORAGE: stays locked, v->reason says why, no key file was changed.
 */
int vault_unlock(struct vault *v, const void *phrase, size_t phrase_len,
		 struct err *err);
int vault_status(struct vault *v, struct keeper_status *ret, struct err *err);

/* --- keys; all need an unlocked vault ------------------------------------ */

/* The data key; it lives until the next call.  Without make, ERR_ABSENT when
 * there is none; with make, a new one is put into the open transaction.
 * ERR_CORRUPT: its row does not open. */
int vault_key(struct vault *v, const struct key_ref *ref, bool make,
	      const uint8_t **ret, struct err *err);
/* Deletes keys in the open transaction and notes the erasure. */
int vault_shred(struct vault *v, int64_t person, const struct name *datenart,
		uint32_t *ret_count, struct err *err);
/* Ends what the calls above began: erasures.log, commit, and the WAL emptied
 * when something was deleted.  ERR_BUSY: call the same operations again. */
int vault_finish(struct vault *v, struct err *err);
/* Takes the open transaction back; if even that fails the vault is locked
 * (REASON_STORE_DAMAGED), and the next unlock finds a clean store. */
void vault_abandon(struct vault *v);
/* Opens a transaction unless there is one. */
int vault_write(struct vault *v, struct err *err);

/* --- rotation (rotate.c) -------------------------------------------------- */

/* The steps in order; after each of them a crash leaves files that open. */
enum rotate_step {
	ROTATE_NEW_FILE, /* keys/root.new with the next epoch, synced */
	ROTATE_STORE,	 /* one transaction: all rows under the next root */
	ROTATE_FILE,	 /* root.new becomes root, the old one overwritten */
	ROTATE_TIDY,	 /* WAL emptied, new spool pair */
	ROTATE_STEPS
};
int vault_rotate_step(struct vault *v, enum rotate_step step, struct err *err);
/* All steps.  ERR_DENIED: the root key is a credential. */
int vault_rotate(struct vault *v, struct err *err);

/* --- spool pairs (spoolpair.c) -------------------------------------------- */

/* Makes a pair and publishes it when there is none or the newest is older
 * than a day; publishes it again when keys/spool.pub says otherwise. */
int spoolpair_tend(struct vault *v, struct err *err);
/* A new pair now. */
int spoolpair_make(struct vault *v, struct err *err);
/* The spool key in a box.  ERR_ABSENT: the pair was destroyed; ERR_CORRUPT. */
int spoolpair_open(struct vault *v, const uint8_t box[SPOOL_BOX_BYTES],
		   const uint8_t **ret, struct err *err);
/* Destroys pairs below oldest_in_use, never the newest; a number that was
 * never given out destroys nothing.  In the open transaction. */
int spoolpair_forget(struct vault *v, uint32_t oldest_in_use,
		     uint32_t *ret_count, struct err *err);

/* --- erasures.log (erasurelog.c) ------------------------------------------ */

#define ERASURE_FILE "erasures.log"
/* Notes one line: "erased <UTC ms> <person> <Datenart or *> <keys>". */
int erasure_note(struct buf *lines, int64_t now_ms, int64_t person,
		 const struct name *datenart, uint32_t count, struct err *err);
struct erasure {
	int64_t at_ms, person;
	bool all; /* or this Datenart: */
	struct name datenart;
};
/* Pure, fuzzed: one whole line, with its end.  false: not one of ours. */
bool erasure_parse(const void *line, size_t len, struct erasure *ret);
/* The next erasure of a log; returns 1, 0 at its end, -1 with ERR_STORAGE. */
int erasure_next(FILE *file, struct erasure *ret, struct err *err);
/* Appends the lines and has them on disk. */
int erasure_append(struct env *env, const char *dir, const struct buf *lines,
		   struct err *err);
/* Does every erasure of the log again, to keys made before it. */
int erasure_replay(const char *dir, struct keystore *store, uint32_t *ret_count,
		   struct err *err);

#endif
