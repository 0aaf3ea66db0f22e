/* merkle.h - the tree of RFC 6962 (= RFC 9162 with SHA-256): hashes, proofs
 * and their verification.  Pure; proofs read the tree through a callback, so
 * that it may lie in a database, in tiles or in memory. */
#ifndef POSTERN_MERKLE_H
#define POSTERN_MERKLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define MERKLE_HASH_BYTES 32
#define MERKLE_PROOF_MAX  63 /* hashes of one proof */
/* Leaves of a tree: what a database and most implementations count to; its
 * proofs are never longer than MERKLE_PROOF_MAX. */
#define MERKLE_SIZE_MAX ((uint64_t)INT64_MAX)

struct merkle_hash {
	uint8_t bytes[MERKLE_HASH_BYTES];
};

void merkle_empty(struct merkle_hash *ret); /* MTH({}) = SHA-256("") */
void merkle_leaf(const void *entry, size_t len, struct merkle_hash *ret);
void merkle_node(const struct merkle_hash *left,
		 const struct merkle_hash *right, struct merkle_hash *ret);
bool merkle_equal(const struct merkle_hash *a, const struct merkle_hash *b);

/* Verification (RFC 9162, 2.1.3.2 and 2.1.4.2).  Every input is hostile:
 * false for whatever does not prove, also for a size of 0 and for more than
 * MERKLE_PROOF_MAX hashes. */
bool merkle_verify_inclusion(uint64_t index, uint64_t size,
			     const struct merkle_hash *leaf,
			     const struct merkle_hash *proof, size_t proof_len,
			     const struct merkle_hash *root);
bool merkle_verify_consistency(uint64_t old_size, uint64_t new_size,
			       const struct merkle_hash *old_root,
			       const struct merkle_hash *new_root,
			       const struct merkle_hash *proof,
			       size_t proof_len);

/* The right edge of a growing tree: the roots of its perfect subtrees, largest
 * first (one for each bit set in size).  A leaf costs two hashes on average.
 * Zeroed: empty. */
struct merkle_edge {
	uint64_t size;
	struct merkle_hash roots[64];
};
void merkle_edge_add(struct merkle_edge *edge, const struct merkle_hash *leaf);
void merkle_edge_root(const struct merkle_edge *edge, struct merkle_hash *ret);

/* Gives the root of the perfect subtree of 2^level leaves that starts at leaf
 * index << level; asked only for subtrees that lie in the tree of the proof. */
typedef int (*merkle_read)(void *ctx, unsigned int level, uint64_t index,
			   struct merkle_hash *ret, struct err *err);

/* The root of the first size leaves; of 0 merkle_empty.  In all three, a size
 * above MERKLE_SIZE_MAX is ERR_INPUT, an error of read is passed on, and
 * nothing is written then. */
int merkle_root(uint64_t size, merkle_read read, void *ctx,
		struct merkle_hash *ret, struct err *err);
/* PATH(index, D[0:size]); index < size, else ERR_INPUT. */
int merkle_prove_inclusion(uint64_t index, uint64_t size, merkle_read read,
			   void *ctx, struct merkle_hash ret[MERKLE_PROOF_MAX],
			   size_t *ret_len, struct err *err);
/* PROOF(old_size, D[0:new_size]); 0 < old_size <= new_size, else ERR_INPUT. */
int merkle_prove_consistency(uint64_t old_size, uint64_t new_size,
			     merkle_read read, void *ctx,
			     struct merkle_hash ret[MERKLE_PROOF_MAX],
			     size_t *ret_len, struct err *err);

#endif
