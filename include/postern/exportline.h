/* exportline.h - one line of an exported log:
 *
 *   {"index":17,"entry":{...},"proof":["<base64>",...]}
 *   {"index":16,"outside":true,"entry":{...},"proof":[...]}
 *
 * The entry stands there as it was hashed, so a program that prints JSON with
 * sorted keys and without spaces has its bytes again.  "outside" marks the
 * neighbours of the period, which show that nothing is left out at its ends.
 * Pure. */
#ifndef POSTERN_EXPORTLINE_H
#define POSTERN_EXPORTLINE_H

#include "postern/ledgerentry.h"
#include "postern/merkle.h"

struct exportline {
	uint64_t index;
	bool outside;
	const void *entry; /* borrowed; canonical */
	size_t entry_len;
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t proof_len;
};
#define EXPORTLINE_BYTES_MAX 8192

/* With its newline. */
int exportline_print(const struct exportline *line, struct buf *ret,
		     struct err *err);
/* Without its newline.  Exactly what is printed, else ERR_INPUT; whether the
 * entry is a good one is not looked at. */
int exportline_parse(const char *text, size_t len, struct exportline *ret,
		     struct err *err);

#endif
