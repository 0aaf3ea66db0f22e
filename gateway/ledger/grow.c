/* grow.c - takes entries into the tree.
 *
 * Of the tree a growth needs the last tile of each level that is not full:
 * they are read, added to, and written back with the new size, in one
 * transaction.  A hash is written where it stays; only the last tile of level 0
 * is written again and again until it is full. */
#include <assert.h>

#include "rows.h"

static const char entries_sql[] =
    "SELECT id,body FROM ledger_entry WHERE id>=? AND id<? ORDER BY id";
static const char put_sql[] =
    "INSERT INTO ledger_tile(id,hashes) VALUES(?,?)"
    " ON CONFLICT(id) DO UPDATE SET hashes=excluded.hashes";

struct level {
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned int width;
	bool changed;
};
struct growing {
	struct store *st;
	uint64_t size;
	struct level levels[TILE_LEVEL_MAX + 1];
};

/* The tile of a level that the next hash goes into. */
static uint64_t open_tile(const struct growing *g, int level)
{
	return level == TILE_LEVEL_MAX ? 0
				       : g->size >> (TILE_HEIGHT * (level + 1));
}

static int load(struct growing *g, struct err *err)
{
	for (int level = 0; level <= TILE_LEVEL_MAX; level++) {
		unsigned int want = tile_partial_width(level, g->size);
		struct level *l = &g->levels[level];

		if (want == 0)
			continue;
		if (ledger_tile(g->st, level, open_tile(g, level), l->hashes,
				&l->width, err) != 0)
			return -1;
		if (l->width != want)
			return ERR_SET(err, ERR_CORRUPT,
				       "a tile does not fit the tree", 0);
	}
	return 0;
}

static int put(struct growing *g, int level, uint64_t number, struct err *err)
{
	struct level *l = &g->levels[level];

	l->changed = false;
	return store_run(
	    g->st, put_sql,
	    STORE_ARGS(S_INT(ledger_tile_id(level, number)),
		       S_BLOB(l->hashes, (size_t)l->width * MERKLE_HASH_BYTES)),
	    err);
}

/* One leaf; a tile that it fills is a hash of the tile above. */
static int add(struct growing *g, struct merkle_hash hash, struct err *err)
{
	for (int level = 0; level <= TILE_LEVEL_MAX; level++) {
		struct level *l = &g->levels[level];

		l->hashes[l->width++] = hash;
		l->changed = true;
		if (l->width < TILE_WIDTH)
			break;
		if (put(g, level, open_tile(g, level), err) != 0)
			return -1;
		tile_root(l->hashes, TILE_WIDTH, &hash);
		l->width = 0;
	}
	g->size++;
	return 0;
}

static int add_rows(struct growing *g, uint64_t end, struct store_rows *rows,
		    struct err *err)
{
	struct store_value body;
	struct merkle_hash leaf;
	int rc;

	while ((rc = store_step(g->st, rows, err)) > 0) {
		if (store_column(g->st, rows, 0).num != (int64_t)g->size)
			return ERR_SET(err, ERR_CORRUPT, "an entry is missing",
				       0);
		body = store_column(g->st, rows, 1);
		merkle_leaf(body.bytes, body.len, &leaf);
		if (add(g, leaf, err) != 0)
			return -1;
	}
	if (rc == 0 && g->size != end)
		return ERR_SET(err, ERR_CORRUPT, "an entry is missing", 0);
	return rc;
}

static int add_entries(struct growing *g, uint64_t end, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(g->st, entries_sql,
			STORE_ARGS(S_INT(g->size), S_INT(end)), &rows,
			err) != 0)
		return -1;
	rc = add_rows(g, end, rows, err);
	store_finish(g->st, &rows);
	return rc;
}

static int grow_to(struct growing *g, uint64_t end, struct err *err)
{
	if (load(g, err) != 0 || add_entries(g, end, err) != 0)
		return -1;
	for (int level = 0; level <= TILE_LEVEL_MAX; level++)
		if (g->levels[level].changed && g->levels[level].width > 0 &&
		    put(g, level, open_tile(g, level), err) != 0)
			return -1;
	return ledger_meta_set(g->st, LEDGER_META_SIZE, g->size, err);
}

int ledger_grow(struct store *st, uint64_t max, bool *ret_left, struct err *err)
{
	uint64_t size, entries, end;
	struct growing *g;
	int rc;

	assert(max > 0);
	if (ledger_size(st, &size, err) != 0 ||
	    ledger_entries(st, &entries, err) != 0)
		return -1;
	if (entries < size)
		return ERR_SET(err, ERR_CORRUPT,
			       "fewer entries than are in the tree", 0);
	end = entries - size > max ? size + max : entries;
	*ret_left = end < entries;
	if (end == size)
		return 0;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return ERR_SET(err, ERR_NOMEM, "tree", 0);
	g->st = st;
	g->size = size;
	rc = store_begin(st, err);
	if (rc == 0) {
		rc = grow_to(g, end, err);
		if (rc == 0)
			rc = store_commit(st, err);
		else
			store_roll_back(st);
	}
	free(g);
	return rc;
}
