/* merkle_prove.c - roots and proofs of a tree that is read through a callback.
 *
 * From the leaf upwards, as the verifier goes: at each level the sibling, which
 * is perfect (one read) unless it is the last of its level (one read for each
 * bit of its size). */
#include "postern/merkle.h"

#include <assert.h>

struct tree {
	uint64_t size;
	merkle_read read;
	void *ctx;
};

/* The root of the leaves [begin, end): its perfect subtrees, smallest first,
 * as each is joined on the left of what is already there. */
static int range_root(const struct tree *t, uint64_t begin, uint64_t end,
		      struct merkle_hash *ret, struct err *err)
{
	struct merkle_hash hash, left;
	bool some = false;

	assert(begin < end && end <= t->size);
	for (unsigned int level = 0; begin < end; level++) {
		uint64_t width = (uint64_t)1 << level;

		if (((end - begin) & width) == 0)
			continue;
		end -= width;
		if (t->read(t->ctx, level, end >> level, &left, err) != 0)
			return -1;
		if (some)
			merkle_node(&left, &hash, &hash);
		else
			hash = left;
		some = true;
	}
	*ret = hash;
	return 0;
}

int merkle_root(uint64_t size, merkle_read read, void *ctx,
		struct merkle_hash *ret, struct err *err)
{
	struct tree t = {.size = size, .read = read, .ctx = ctx};

	if (size > MERKLE_SIZE_MAX)
		return ERR_SET(err, ERR_INPUT, "no tree is that large", 0);
	if (size == 0) {
		merkle_empty(ret);
		return 0;
	}
	return range_root(&t, 0, size, ret, err);
}

struct proof {
	struct merkle_hash hashes[MERKLE_PROOF_MAX];
	size_t len;
};

static int sibling(const struct tree *t, unsigned int level, uint64_t place,
		   struct proof *proof, struct err *err)
{
	uint64_t begin = place << level;
	uint64_t width = (uint64_t)1 << level;
	uint64_t end = t->size - begin < width ? t->size : begin + width;

	assert(proof->len < MERKLE_PROOF_MAX);
	return range_root(t, begin, end, &proof->hashes[proof->len++], err);
}

/* Siblings of the node fn of this level, whose last node is sn, to the root. */
static int climb(const struct tree *t, unsigned int level, uint64_t fn,
		 uint64_t sn, struct proof *proof, struct err *err)
{
	for (; sn > 0; fn >>= 1, sn >>= 1, level++) {
		/* The last of a level in an even place has no sibling. */
		if ((fn & 1) == 0 && fn == sn)
			continue;
		if (sibling(t, level, fn ^ 1, proof, err) != 0)
			return -1;
	}
	return 0;
}

static void give(const struct proof *proof,
		 struct merkle_hash ret[MERKLE_PROOF_MAX], size_t *ret_len)
{
	for (size_t i = 0; i < proof->len; i++)
		ret[i] = proof->hashes[i];
	*ret_len = proof->len;
}

int merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_read read,
			   void *ctx, struct merkle_hash ret[MERKLE_PROOF_MAX],
			   size_t *ret_len, struct err *err)
{
	struct tree t = {.size = size, .read = read, .ctx = ctx};
	struct proof proof = {.len = 0};

	if (size > MERKLE_SIZE_MAX)
		return ERR_SET(err, ERR_INPUT, "no tree is that large", 0);
	if (index >= size)
		return ERR_SET(err, ERR_INPUT, "not in a tree of this size", 0);
	if (climb(&t, 0, index, size - 1, &proof, err) != 0)
		return -1;
	give(&proof, ret, ret_len);
	return 0;
}

int merkle_prove_consistency(uint64_t old_size, uint64_t new_size,
			     merkle_read read, void *ctx,
			     struct merkle_hash ret[MERKLE_PROOF_MAX],
			     size_t *ret_len, struct err *err)
{
	struct tree t = {.size = new_size, .read = read, .ctx = ctx};
	struct proof proof = {.len = 0};
	uint64_t fn = old_size - 1, sn = new_size - 1;
	unsigned int level = 0;

	if (new_size > MERKLE_SIZE_MAX)
		return ERR_SET(err, ERR_INPUT, "no tree is that large", 0);
	if (old_size == 0 || old_size > new_size)
		return ERR_SET(err, ERR_INPUT, "no earlier size of it", 0);
	for (; (fn & 1) != 0; fn >>= 1, sn >>= 1)
		level++;
	/* Equal sizes prove themselves; of a perfect old tree the verifier has
	 * the first hash already. */
	if (old_size < new_size &&
	    ((fn != 0 && sibling(&t, level, fn, &proof, err) != 0) ||
	     climb(&t, level, fn, sn, &proof, err) != 0))
		return -1;
	give(&proof, ret, ret_len);
	return 0;
}
