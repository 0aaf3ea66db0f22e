/* fuzz_checkpoint.c - checkpoints and receipts are read only as they would be
 * written; proofs hold exactly when the definitions of RFC 6962, 2.1, read the
 * other way round, give the root. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/checkpoint.h"

static struct note_key key;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	uint8_t public[32], secret[64], seed[32];

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	memset(seed, 1, sizeof(seed));
	(void)crypto_sign_seed_keypair(public, secret, seed);
	MUST(note_key_make("log.example", NOTE_ED25519, public, &key, NULL) ==
	     0);
	return 0;
}

/* --- texts ---------------------------------------------------------------- */

/* The lines of extensions are not kept. */
static void checkpoint_again(const char *text, size_t size)
{
	struct buf b = BUF_INIT(NOTE_TEXT_MAX);
	struct checkpoint c;

	if (checkpoint_parse(text, size, &c, NULL) != 0)
		return;
	MUST(c.size <= MERKLE_SIZE_MAX);
	MUST(checkpoint_print(&c, &b, NULL) == 0);
	MUST(b.len <= size && memcmp(b.bytes, text, b.len) == 0);
	buf_free(&b);
}

static void opened(const char *text, size_t size)
{
	struct checkpoint c;
	struct note note;
	bool good = true;

	if (checkpoint_open(text, size, &key, 1, &c, &good, NULL) != 0)
		return;
	MUST(good && strcmp(c.origin, key.name) == 0);
	MUST(note_parse(text, size, &note, NULL) == 0);
	MUST(note_check(&note, &key, NULL) == NOTE_GOOD);
}

static void receipt_again(const char *text, size_t size)
{
	struct buf b = BUF_INIT(RECEIPT_BYTES_MAX);
	struct merkle_hash leaf;
	struct checkpoint c;
	struct receipt r;

	if (receipt_parse(text, size, &r, NULL) != 0)
		return;
	MUST(receipt_print(&r, &b, NULL) == 0);
	MUST(b.len == size && memcmp(b.bytes, text, size) == 0);
	opened(r.checkpoint, r.checkpoint_len);
	if (receipt_verify(&r, &key, 1, "entry-0", 7, &c, NULL) == 0) {
		MUST(r.index < c.size);
		merkle_leaf("entry-0", 7, &leaf);
		MUST(merkle_verify_inclusion(r.index, c.size, &leaf, r.proof,
					     r.proof_len, &c.root));
	}
	receipt_free(&r);
	buf_free(&b);
}

/* --- proofs --------------------------------------------------------------- */

struct proof {
	struct merkle_hash hashes[MERKLE_PROOF_MAX + 1];
	size_t left; /* the last one is the sibling below the root */
};

static uint64_t half_below(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k *= 2;
	return k;
}

static bool last(struct proof *p, struct merkle_hash *ret)
{
	if (p->left == 0)
		return false;
	*ret = p->hashes[--p->left];
	return true;
}

/* MTH(D[n]) by PATH(m, D[n]); false: too few hashes. */
static bool root_by_path(uint64_t m, uint64_t n, const struct merkle_hash *leaf,
			 struct proof *p, struct merkle_hash *ret)
{
	struct merkle_hash sibling, below;
	uint64_t k = n == 1 ? 1 : half_below(n);
	bool left = m < k;

	if (n == 1) {
		*ret = *leaf;
		return true;
	}
	if (!last(p, &sibling) ||
	    !root_by_path(left ? m : m - k, left ? k : n - k, leaf, p, &below))
		return false;
	merkle_node(left ? &below : &sibling, left ? &sibling : &below, ret);
	return true;
}

/* Both roots by SUBPROOF(m, D[n], known). */
static bool roots_by_subproof(uint64_t m, uint64_t n,
			      const struct merkle_hash *known, struct proof *p,
			      struct merkle_hash *ret_old,
			      struct merkle_hash *ret_new)
{
	struct merkle_hash sibling, old_one, new_one;
	uint64_t k = m == n ? n : half_below(n);

	if (m == n) {
		if (known == NULL && !last(p, ret_new))
			return false;
		if (known != NULL)
			*ret_new = *known;
		*ret_old = *ret_new;
		return true;
	}
	if (!last(p, &sibling))
		return false;
	if (m <= k) {
		if (!roots_by_subproof(m, k, known, p, ret_old, &new_one))
			return false;
		merkle_node(&new_one, &sibling, ret_new);
		return true;
	}
	if (!roots_by_subproof(m - k, n - k, NULL, p, &old_one, &new_one))
		return false;
	merkle_node(&sibling, &old_one, ret_old);
	merkle_node(&sibling, &new_one, ret_new);
	return true;
}

static uint64_t feed_number(struct feed *f)
{
	unsigned int len = feed_byte(f) % 9;
	uint64_t v = 0;

	while (len-- > 0)
		v = v << 8 | feed_byte(f);
	return v;
}

static void feed_proof(struct feed *f, struct proof *ret)
{
	ret->left = feed_byte(f) % (MERKLE_PROOF_MAX + 2);
	for (size_t i = 0; i < ret->left; i++) {
		memset(&ret->hashes[i], 0, sizeof(ret->hashes[i]));
		ret->hashes[i].bytes[0] = feed_byte(f);
	}
}

static void inclusion(struct feed *f)
{
	uint64_t n = feed_number(f), m = feed_number(f);
	struct merkle_hash leaf = {.bytes = {9}}, root = {.bytes = {8}};
	struct proof p, used;
	bool want;

	feed_proof(f, &p);
	used = p;
	want = m < n && p.left <= MERKLE_PROOF_MAX &&
	       root_by_path(m, n, &leaf, &used, &root) && used.left == 0;
	MUST(merkle_verify_inclusion(m, n, &leaf, p.hashes, p.left, &root) ==
	     want);
	root.bytes[31] ^= 1;
	MUST(!merkle_verify_inclusion(m, n, &leaf, p.hashes, p.left, &root));
}

static void consistency(struct feed *f)
{
	uint64_t n = feed_number(f), m = feed_number(f);
	struct merkle_hash was = {.bytes = {9}}, is = {.bytes = {8}};
	struct merkle_hash known = was;
	struct proof p, used;
	bool want;

	feed_proof(f, &p);
	used = p;
	/* The old root is known where the old tree is perfect; else it comes
	 * out. */
	want = m > 0 && m <= n && p.left <= MERKLE_PROOF_MAX &&
	       roots_by_subproof(m, n, &known, &used, &was, &is) &&
	       used.left == 0;
	MUST(merkle_verify_consistency(m, n, &was, &is, p.hashes, p.left) ==
	     want);
	is.bytes[31] ^= 1;
	MUST(!merkle_verify_consistency(m, n, &was, &is, p.hashes, p.left));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct feed f = {data, size};

	checkpoint_again(text, size);
	opened(text, size);
	receipt_again(text, size);
	inclusion(&f);
	f = (struct feed){data, size};
	consistency(&f);
	return 0;
}
