/* addcheckpoint.h - what a log and a witness say to each other
 * (c2sp.org/tlog-witness, v1.0.0).  Pure. */
#ifndef POSTERN_ADDCHECKPOINT_H
#define POSTERN_ADDCHECKPOINT_H

#include <stdbool.h>

#include "postern/checkpoint.h"
#include "postern/merkle.h"
#include "postern/signednote.h"

#define ADDCHECKPOINT_BYTES_MAX	 (NOTE_BYTES_MAX + 4096)
#define ADDCHECKPOINT_SIZE_TYPE	 "text/x.tlog.size"
#define ADDCHECKPOINT_SIZE_BYTES 22 /* 20 digits, newline, NUL */

/* POST add-checkpoint: "this is my checkpoint, and this proves that it extends
 * the one of old_size, which you saw last". */
struct addcheckpoint {
	uint64_t old_size;
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t proof_len;
	struct note note; /* borrows from the bytes */
	struct checkpoint body;
};
/* Hostile input; borrows bytes.  ERR_INPUT: malformed.  Whether old_size and
 * proof fit the checkpoint is the witness's to judge. */
int addcheckpoint_parse(const char *bytes, size_t len,
			struct addcheckpoint *ret, struct err *err);
/* checkpoint: a signed note.  Onto ret. */
int addcheckpoint_print(uint64_t old_size, const struct merkle_hash *proof,
			size_t proof_len, const void *checkpoint, size_t len,
			struct buf *ret, struct err *err);

/* The body of the answer 409: the size the witness saw last, and a newline. */
void addcheckpoint_size_print(uint64_t size,
			      char ret[ADDCHECKPOINT_SIZE_BYTES]);
/* Strict inverse, but for a newline that may be missing. */
bool addcheckpoint_size_parse(const void *bytes, size_t len, uint64_t *ret);

#endif
