/* tree.c - reads the tree: tiles, roots, proofs.
 *
 * A perfect subtree of 2^level leaves lies inside one tile, as 2^(level mod 8)
 * of its hashes.  A proof asks for at most two tiles of each tile level: the
 * one over its leaf and the last one; both are kept while it is made. */
#include "rows.h"

static const char tile_sql[] = "SELECT hashes FROM ledger_tile WHERE id=?";

int ledger_size(struct store *st, uint64_t *ret, struct err *err)
{
	return ledger_meta_get(st, LEDGER_META_SIZE, ret, err);
}

static int copy_hashes(const struct store_value *v,
		       struct merkle_hash ret[TILE_WIDTH],
		       unsigned int *ret_width, struct err *err)
{
	if (v->type != STORE_BLOB || v->len % MERKLE_HASH_BYTES != 0 ||
	    v->len > TILE_BYTES)
		return ERR_SET(err, ERR_CORRUPT, "not the form of a tile", 0);
	memcpy(ret, v->bytes, v->len);
	*ret_width = (unsigned int)(v->len / MERKLE_HASH_BYTES);
	return 0;
}

int ledger_tile(struct store *st, int level, uint64_t number,
		struct merkle_hash ret[TILE_WIDTH], unsigned int *ret_width,
		struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value hashes;
	int rc;

	if (level < 0 || level > TILE_LEVEL_MAX ||
	    number >= MERKLE_SIZE_MAX >> TILE_HEIGHT) {
		*ret_width = 0;
		return 0;
	}
	if (store_start(st, tile_sql,
			STORE_ARGS(S_INT(ledger_tile_id(level, number))), &rows,
			err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc == 0)
		*ret_width = 0;
	if (rc > 0) {
		hashes = store_column(st, rows, 0);
		rc = copy_hashes(&hashes, ret, ret_width, err);
	}
	store_finish(st, &rows);
	return rc;
}

/* --- subtrees ------------------------------------------------------------- */

struct kept {
	bool there;
	uint64_t number;
	unsigned int width;
	struct merkle_hash hashes[TILE_WIDTH];
};
struct tree {
	struct store *st;
	uint64_t size;
	struct kept tiles[TILE_LEVEL_MAX + 1][2];
};

static int get_tile(struct tree *t, int level, uint64_t number,
		    const struct kept **ret, struct err *err)
{
	unsigned int shift = TILE_HEIGHT * ((unsigned int)level + 1);
	uint64_t last = shift > 63 ? 0 : (t->size - 1) >> shift;
	struct kept *k = &t->tiles[level][number == last];

	*ret = k;
	if (k->there && k->number == number)
		return 0;
	k->there = false;
	if (ledger_tile(t->st, level, number, k->hashes, &k->width, err) != 0)
		return -1;
	k->there = true;
	k->number = number;
	return 0;
}

static int read_subtree(void *ctx, unsigned int level, uint64_t index,
			struct merkle_hash *ret, struct err *err)
{
	unsigned int inside = level % TILE_HEIGHT, width = 1u << inside, at;
	const struct kept *k;
	uint64_t first = index << inside;

	if (get_tile(ctx, (int)(level / TILE_HEIGHT), first / TILE_WIDTH, &k,
		     err) != 0)
		return -1;
	at = (unsigned int)(first % TILE_WIDTH);
	if (at + width > k->width)
		return ERR_SET(err, ERR_CORRUPT, "a tile lacks hashes", 0);
	tile_root(k->hashes + at, width, ret);
	return 0;
}

static int open_tree(struct store *st, uint64_t size, struct tree **ret,
		     struct err *err)
{
	uint64_t all;
	struct tree *t;

	if (ledger_size(st, &all, err) != 0)
		return -1;
	if (size > all)
		return ERR_SET(err, ERR_INPUT, "the tree is not that large", 0);
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "tree", 0);
	t->st = st;
	t->size = size;
	*ret = t;
	return 0;
}

int ledger_root(struct store *st, uint64_t size, struct merkle_hash *ret,
		struct err *err)
{
	struct tree *t;
	int rc;

	if (open_tree(st, size, &t, err) != 0)
		return -1;
	rc = merkle_root(size, read_subtree, t, ret, err);
	free(t);
	return rc;
}

int ledger_prove_inclusion(struct store *st, uint64_t index, uint64_t size,
			   struct merkle_hash ret[MERKLE_PROOF_MAX],
			   size_t *ret_len, struct err *err)
{
	struct tree *t;
	int rc;

	if (open_tree(st, size, &t, err) != 0)
		return -1;
	rc = merkle_prove_inclusion(index, size, read_subtree, t, ret, ret_len,
				    err);
	free(t);
	return rc;
}

int ledger_prove_consistency(struct store *st, uint64_t old_size,
			     uint64_t new_size,
			     struct merkle_hash ret[MERKLE_PROOF_MAX],
			     size_t *ret_len, struct err *err)
{
	struct tree *t;
	int rc;

	if (open_tree(st, new_size, &t, err) != 0)
		return -1;
	rc = merkle_prove_consistency(old_size, new_size, read_subtree, t, ret,
				      ret_len, err);
	free(t);
	return rc;
}
