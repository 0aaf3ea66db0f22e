/* tile.h - names and contents of tiles (c2sp.org/tlog-tiles).  Pure. */
#ifndef POSTERN_TILE_H
#define POSTERN_TILE_H

#include <stdbool.h>

#include "postern/buf.h"
#include "postern/merkle.h"

#define TILE_WIDTH	256 /* hashes, or entries, of a full one */
#define TILE_HEIGHT	8   /* levels of the tree in one tile */
#define TILE_BYTES	(TILE_WIDTH * MERKLE_HASH_BYTES)
#define TILE_LEVEL_MAX	7    /* 2^64 leaves */
#define TILE_ENTRIES	(-1) /* level of a bundle of entries */
#define TILE_PATH_BYTES 64
#define TILE_ENTRY_MAX	65535

struct tile {
	int level; /* 0..TILE_LEVEL_MAX, or TILE_ENTRIES */
	uint64_t number;
	unsigned int width; /* 1..256 */
};
/* "tile/0/x001/234.p/17", "tile/entries/000". */
void tile_path(const struct tile *t, char ret[TILE_PATH_BYTES]);
/* Strict inverse; false: no name of a tile. */
bool tile_parse(const char *path, size_t len, struct tile *ret);
/* Hashes of level's last, partial tile at this size: floor(size/256^level)
 * mod 256; 0: there is none. */
unsigned int tile_partial_width(int level, uint64_t size);
/* Whether t lies in a tree of this size. */
bool tile_in_tree(const struct tile *t, uint64_t size);
/* Root of hashes[0:width], width 1..256: for reading what lies inside a tile
 * and for the hash one tile level up. */
void tile_root(const struct merkle_hash *hashes, size_t width,
	       struct merkle_hash *ret);

/* A bundle: each entry after its length in two bytes, big endian. */
int tile_bundle_add(struct buf *bundle, const void *entry, size_t len,
		    struct err *err);
/* Walks it: 1 an entry (borrowed), 0 the end, -1 ERR_CORRUPT. */
int tile_bundle_next(const uint8_t *bundle, size_t len, size_t *at,
		     const uint8_t **ret_entry, size_t *ret_len,
		     struct err *err);

#endif
