/* arena.h - the one locked piece of memory: keys, cache and frames.
 *
 * One block, because libsodium's own allocator goes on returning memory when
 * the lock limit is used up (assurance 4.6).  Never swapped, never dumped. */
#ifndef POSTERN_KEEPER_ARENA_H
#define POSTERN_KEEPER_ARENA_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/ipc.h"
#include "postern/keeper.h"
#include "keeper/instancekey.h"
#include "keeper/wrap.h"

#define CACHE_SETS	  512
#define CACHE_WAYS	  8
#define SPOOL_CACHE_SLOTS 16

struct cache_slot {
	struct key_ref ref;
	uint8_t key[WRAP_KEY_BYTES];
	uint64_t used; /* 0: free; else the tick of its last use */
};
struct cache {
	struct cache_slot slots[CACHE_SETS][CACHE_WAYS];
	uint8_t seed[16]; /* of the hash that spreads persons over sets */
	uint64_t tick;
};
struct spool_slot {
	uint8_t box[SPOOL_BOX_BYTES];
	uint8_t key[WRAP_KEY_BYTES];
	uint64_t used;
};
struct spool_cache {
	struct spool_slot slots[SPOOL_CACHE_SLOTS];
	uint64_t tick;
};

/* What a lock wipes. */
struct arena_keys {
	uint8_t root[WRAP_KEY_BYTES];
	uint8_t next_root[WRAP_KEY_BYTES]; /* during a rotation only */
	uint8_t kek[WRAP_KEY_BYTES]; /* from the passphrase, if there is one */
	uint8_t log[64];	     /* Ed25519, while something is signed */
	uint8_t instance[INSTANCE_KEYS][WRAP_KEY_BYTES];
	struct cache cache;
	struct spool_cache spool;
};
struct arena {
	struct arena_keys keys;
	uint8_t in[IPC_FRAME_MAX];
	uint8_t out[IPC_PAYLOAD_MAX];
};

/* ERR_NOMEM: the memory cannot be locked; nothing may start then. */
int arena_open(struct arena **ret, struct err *err);
void arena_wipe_keys(struct arena *a);
void arena_close(struct arena **a); /* wipes */

#endif
