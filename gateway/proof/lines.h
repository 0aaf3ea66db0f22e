/* lines.h - what the text formats of the proof log share: lines, numbers and
 * hashes in one spelling only, texts without control characters. */
#ifndef POSTERN_PROOF_LINES_H
#define POSTERN_PROOF_LINES_H

#include "postern/buf.h"
#include "postern/merkle.h"

#define HASH_TEXT_LEN	44 /* a hash in base64 */
#define NUMBER_TEXT_MAX 20 /* digits of 2^64 - 1 */

/* A walk over text; every line ends with a newline. */
struct lines {
	const char *at;
	size_t left;
};
/* The next line without its newline; false: the end, or no newline. */
bool lines_next(struct lines *l, const char **ret, size_t *ret_len);

/* UTF-8 without control characters except newline, the last byte one. */
bool text_is_plain(const char *text, size_t len);
/* Decimal without zeros in front, at most INT64_MAX. */
bool number_parse(const char *text, size_t len, uint64_t *ret);
/* Exactly HASH_TEXT_LEN characters. */
bool hash_parse(const char *text, size_t len, struct merkle_hash *ret);
/* With a newline. */
int hash_print(const struct merkle_hash *hash, struct buf *ret,
	       struct err *err);

#endif
