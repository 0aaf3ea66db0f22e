/* ledgerverify_tiles.c - the stored tiles, and which of them to trust. */
#include "ledgerverify.h"

static uint64_t hashes_of(int level, uint64_t size)
{
	return size >> (TILE_HEIGHT * level);
}

/* A tile that cannot be read counts as absent. */
static int read_tile(struct verifier *v, int level, uint64_t number,
		     struct merkle_hash ret[TILE_WIDTH],
		     unsigned int *ret_width, struct err *err)
{
	struct err why = {0};

	if (v->source->tile(v->source->ctx, level, number, ret, ret_width,
			    &why) == 0)
		return 0;
	*ret_width = 0;
	if (why.kind == ERR_CORRUPT)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

/* --- the root of the tiles ------------------------------------------------ */

/* As verify_root_at: every hash of the last tile of each level counts. */
int verify_edge(struct verifier *v, struct err *err)
{
	struct merkle_hash hash;
	bool some = false;

	for (int level = 0; level <= TILE_LEVEL_MAX; level++) {
		uint64_t hashes = hashes_of(level, v->head.size);
		unsigned int want = (unsigned int)(hashes % TILE_WIDTH), width;

		if (want > 0) {
			if (read_tile(v, level, hashes / TILE_WIDTH, v->scratch,
				      &width, err) != 0)
				return -1;
			if (width < want)
				return 0;
		}
		if (some)
			v->scratch[want++] = hash;
		if (want == 0)
			continue;
		tile_root(v->scratch, want, &hash);
		some = true;
	}
	v->edge_trusted = some && merkle_equal(&hash, &v->head.root);
	return 0;
}

static bool is_trusted(const struct verifier *v, int level, uint64_t number)
{
	const struct layer *l = &v->layers[level], *above = l + 1;
	uint64_t hashes = hashes_of(level, v->head.size);
	unsigned int at = (unsigned int)(number % TILE_WIDTH);
	struct merkle_hash root;

	if (hashes - number * TILE_WIDTH < TILE_WIDTH)
		return v->edge_trusted;
	if (level == TILE_LEVEL_MAX || !above->trusted || l->width < TILE_WIDTH)
		return false;
	tile_root(l->stored, TILE_WIDTH, &root);
	return merkle_equal(&root, &above->stored[at]);
}

int verify_load(struct verifier *v, struct err *err)
{
	for (int level = TILE_LEVEL_MAX; level >= 0; level--) {
		struct layer *l = &v->layers[level];
		uint64_t place = hashes_of(level, v->done);
		uint64_t number = place / TILE_WIDTH;

		/* Only where one begins. */
		if (place << (TILE_HEIGHT * level) != v->done ||
		    place % TILE_WIDTH != 0)
			continue;
		l->width = 0;
		l->trusted = false;
		if (number * TILE_WIDTH >= hashes_of(level, v->head.size))
			continue;
		if (read_tile(v, level, number, l->stored, &l->width, err) != 0)
			return -1;
		l->trusted = is_trusted(v, level, number);
	}
	return 0;
}

/* --- entries that moved --------------------------------------------------- */

/* Where this leaf is stored from index on; size: nowhere. */
static int find_leaf(struct verifier *v, const struct merkle_hash *leaf,
		     uint64_t index, uint64_t *ret, struct err *err)
{
	unsigned int width = 0;

	for (uint64_t i = index; i < v->head.size; i++) {
		unsigned int at = (unsigned int)(i % TILE_WIDTH);

		if ((i == index || at == 0) &&
		    read_tile(v, 0, i / TILE_WIDTH, v->scratch, &width, err) !=
			0)
			return -1;
		if (at < width && merkle_equal(leaf, &v->scratch[at])) {
			*ret = i;
			return 0;
		}
	}
	*ret = v->head.size;
	return 0;
}

/* The leaf after place, as far as there is one. */
static int leaf_after(struct verifier *v, unsigned int place,
		      const struct merkle_hash **ret, struct err *err)
{
	const struct layer *l = &v->layers[0];

	*ret = NULL;
	if (place + 1 < l->len) {
		*ret = &l->own[place + 1];
		return 0;
	}
	if (verify_look(v, err) != 0)
		return -1;
	if (v->ahead.there && !v->ahead.damaged &&
	    v->ahead.index == v->done + place + 1)
		*ret = &v->ahead.leaf;
	return 0;
}

/* Whether what follows an entry found at place was follows it here too.  After
 * the last signed one comes what is not signed, or nothing. */
static int follows(struct verifier *v, const struct merkle_hash *after,
		   uint64_t was, bool *ret, struct err *err)
{
	uint64_t then;

	*ret = after == NULL;
	if (*ret)
		return 0;
	if (was + 1 < v->head.size) {
		unsigned int width, at = (unsigned int)((was + 1) % TILE_WIDTH);

		if (read_tile(v, 0, (was + 1) / TILE_WIDTH, v->scratch, &width,
			      err) != 0)
			return -1;
		*ret = at < width && merkle_equal(after, &v->scratch[at]);
		return 0;
	}
	if (find_leaf(v, after, 0, &then, err) != 0)
		return -1;
	*ret = then == v->head.size;
	return 0;
}

int verify_moved(struct verifier *v, unsigned int place, bool *ret,
		 struct err *err)
{
	const struct merkle_hash *after;
	uint64_t index = v->done + place, was;

	*ret = false;
	if (index < v->first)
		return 0;
	if (find_leaf(v, &v->layers[0].own[place], index + 1, &was, err) != 0 ||
	    leaf_after(v, place, &after, err) != 0)
		return -1;
	if (was == v->head.size)
		return 0;
	return follows(v, after, was, ret, err);
}
