/* proof_house.h - for the tests of the proof log's formats: fixtures, hashes
 * from their texts, and a tree by the definitions of RFC 6962, 2.1, read word
 * for word. */
#ifndef POSTERN_TESTS_PROOF_HOUSE_H
#define POSTERN_TESTS_PROOF_HOUSE_H

#include "rows.h"

#include "postern/merkle.h"
#include "postern/text.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- fixtures ------------------------------------------------------------- */

/* Skips the test without the file. */
static inline json_t *fixture_json(const char *name)
{
	FILE *in = rows_open(name);
	json_t *ret;

	if (in == NULL)
		skip();
	ret = json_loadf(in, 0, NULL);
	(void)fclose(in);
	assert_non_null(ret);
	return ret;
}

/* The same as bytes, with a NUL behind; to be freed. */
static inline char *fixture_text(const char *name, size_t *ret_len)
{
	FILE *in = rows_open(name);
	char *ret;

	if (in == NULL)
		skip();
	ret = calloc(1, 65536);
	assert_non_null(ret);
	*ret_len = fread(ret, 1, 65535, in);
	assert_true(*ret_len > 0 && *ret_len < 65535);
	(void)fclose(in);
	return ret;
}

static inline void hash_of_hex(const char *hex, struct merkle_hash *ret)
{
	assert_true(hex_decode(hex, strlen(hex), ret->bytes, 32));
}

/* A list of hashes in hex; their number. */
static inline size_t hashes_of_hex(const json_t *list, struct merkle_hash *ret)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		hash_of_hex(json_string_value(json_array_get(list, i)),
			    &ret[i]);
	return json_array_size(list);
}

/* Leaf number i of the example logs. */
static inline size_t example_entry(uint64_t i, char ret[32])
{
	return (size_t)snprintf(ret, 32, "entry-%llu", (unsigned long long)i);
}

static inline void example_leaf(uint64_t i, struct merkle_hash *ret)
{
	char entry[32];
	size_t len = example_entry(i, entry);

	merkle_leaf(entry, len, ret);
}

/* --- a tree --------------------------------------------------------------- */

#define TREE_LEVELS 11
#define TREE_LEAVES 1025

/* Roots of perfect subtrees, so that the definitions end there. */
struct tree_of {
	struct merkle_hash roots[TREE_LEVELS][TREE_LEAVES];
	uint64_t size;
	uint64_t fails_after; /* reads */
	uint64_t reads;
};

static inline void tree_fill(struct tree_of *t, uint64_t size)
{
	t->size = size;
	t->fails_after = UINT64_MAX;
	t->reads = 0;
	for (uint64_t i = 0; i < size; i++)
		example_leaf(i, &t->roots[0][i]);
	for (unsigned int l = 1; l < TREE_LEVELS; l++)
		for (uint64_t i = 0; i < size >> l; i++)
			merkle_node(&t->roots[l - 1][2 * i],
				    &t->roots[l - 1][2 * i + 1],
				    &t->roots[l][i]);
}

/* A merkle_read. */
static inline int tree_read(void *ctx, unsigned int level, uint64_t index,
			    struct merkle_hash *ret, struct err *err)
{
	struct tree_of *t = ctx;

	assert_true(level < TREE_LEVELS && index < t->size >> level);
	if (t->reads++ == t->fails_after)
		return ERR_SET(err, ERR_STORAGE, "made to fail", 0);
	*ret = t->roots[level][index];
	return 0;
}

static inline uint64_t half_below(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

/* MTH(D[begin:begin + n]), n > 0 */
static inline void naive_mth(const struct tree_of *t, uint64_t begin,
			     uint64_t n, struct merkle_hash *ret)
{
	struct merkle_hash left, right;
	unsigned int level = 0;
	uint64_t k;

	while ((uint64_t)1 << level < n)
		level++;
	if ((uint64_t)1 << level == n && begin % n == 0) {
		*ret = t->roots[level][begin >> level];
		return;
	}
	k = half_below(n);
	naive_mth(t, begin, k, &left);
	naive_mth(t, begin + k, n - k, &right);
	merkle_node(&left, &right, ret);
}

/* PATH(m, D[begin:begin + n]) onto ret; the new length. */
static inline size_t naive_path(const struct tree_of *t, uint64_t m,
				uint64_t begin, uint64_t n,
				struct merkle_hash *ret, size_t len)
{
	uint64_t k;

	if (n == 1)
		return len;
	k = half_below(n);
	if (m < k) {
		len = naive_path(t, m, begin, k, ret, len);
		naive_mth(t, begin + k, n - k, &ret[len]);
	} else {
		len = naive_path(t, m - k, begin + k, n - k, ret, len);
		naive_mth(t, begin, k, &ret[len]);
	}
	return len + 1;
}

/* SUBPROOF(m, D[begin:begin + n], known) */
static inline size_t naive_subproof(const struct tree_of *t, uint64_t m,
				    uint64_t begin, uint64_t n, bool known,
				    struct merkle_hash *ret, size_t len)
{
	uint64_t k;

	if (m == n) {
		if (!known)
			naive_mth(t, begin, n, &ret[len++]);
		return len;
	}
	k = half_below(n);
	if (m <= k) {
		len = naive_subproof(t, m, begin, k, known, ret, len);
		naive_mth(t, begin + k, n - k, &ret[len]);
	} else {
		len =
		    naive_subproof(t, m - k, begin + k, n - k, false, ret, len);
		naive_mth(t, begin, k, &ret[len]);
	}
	return len + 1;
}

#endif
