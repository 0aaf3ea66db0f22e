/* cache.h - unwrapped data keys of persons in use: a fixed number in sets of
 * eight, the least recently used of a set makes room. */
#ifndef POSTERN_KEEPER_CACHE_H
#define POSTERN_KEEPER_CACHE_H

#include "keeper/arena.h"

/* The key, or NULL.  Lives until the next call with this cache. */
const uint8_t *cache_find(struct cache *c, const struct key_ref *ref);
const uint8_t *cache_put(struct cache *c, const struct key_ref *ref,
			 const uint8_t key[WRAP_KEY_BYTES]);
/* Forgets a person, or one Datenart of theirs. */
void cache_drop(struct cache *c, int64_t person, const struct name *datenart);
/* Forgets everybody. */
void cache_wipe(struct cache *c);

#endif
