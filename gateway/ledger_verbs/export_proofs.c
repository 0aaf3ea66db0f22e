/* export_proofs.c - proofs of one entry after the other.
 *
 * Neighbours share nearly all of their paths, so of each level of tiles the one
 * in use and the last one, where every path ends, are kept with all hashes
 * inside them.  Proof by proof, most would be computed anew each time. */
#include "export.h"

struct export_tile {
	bool loaded;
	uint64_t number;
	unsigned int width;
	/* [0]: as stored; [8][0]: the root of a full one. */
	struct merkle_hash nodes[TILE_HEIGHT + 1][TILE_WIDTH];
};

struct export_proofs {
	struct store *st;
	uint64_t size;
	struct export_tile tiles[TILE_LEVEL_MAX + 1][2]; /* [1]: the last */
};

struct export_proofs *export_proofs_new(struct store *st, uint64_t size)
{
	struct export_proofs *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->st = st;
	p->size = size;
	return p;
}

static struct export_tile *slot_of(struct export_proofs *p, int level,
				   uint64_t number)
{
	uint64_t last = (p->size >> (TILE_HEIGHT * level)) / TILE_WIDTH;

	return &p->tiles[level][number == last];
}

static int load(struct export_proofs *p, int level, uint64_t number,
		struct err *err)
{
	struct export_tile *t = slot_of(p, level, number);
	size_t width;

	if (t->loaded && t->number == number)
		return 0;
	t->loaded = false;
	if (ledger_tile(p->st, level, number, t->nodes[0], &t->width, err) != 0)
		return -1;
	width = t->width;
	for (size_t l = 0; l < TILE_HEIGHT; l++, width /= 2)
		for (size_t i = 0; i + 1 < width; i += 2)
			merkle_node(&t->nodes[l][i], &t->nodes[l][i + 1],
				    &t->nodes[l + 1][i / 2]);
	t->number = number;
	t->loaded = true;
	return 0;
}

static int on_read(void *ctx, unsigned int level, uint64_t index,
		   struct merkle_hash *ret, struct err *err)
{
	struct export_proofs *p = ctx;
	const struct export_tile *t;
	unsigned int inside = level % TILE_HEIGHT;
	int tiles = (int)(level / TILE_HEIGHT);
	uint64_t per_tile = TILE_WIDTH >> inside;
	size_t at = (size_t)(index % per_tile);

	if (load(p, tiles, index / per_tile, err) != 0)
		return -1;
	t = slot_of(p, tiles, index / per_tile);
	if ((at + 1) << inside > t->width)
		return ERR_SET(err, ERR_CORRUPT, "a tile lacks hashes", 0);
	*ret = t->nodes[inside][at];
	return 0;
}

int export_prove(struct export_proofs *p, uint64_t index, uint64_t size,
		 struct merkle_hash ret[MERKLE_PROOF_MAX], size_t *ret_len,
		 struct err *err)
{
	return merkle_prove_inclusion(index, size, on_read, p, ret, ret_len,
				      err);
}
