/* holding_words.h - the words a hold looks for.  Pure. */
#ifndef POSTERN_FORGET_HOLDING_WORDS_H
#define POSTERN_FORGET_HOLDING_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "holding.h"
#include "postern/buf.h"

/* Normalised (keyword.h).  Wiped by whoever has it. */
struct holding_words {
	size_t len, lens[HOLDING_WORDS_MAX];
	char words[HOLDING_WORDS_MAX][HOLDING_WORD_MAX + 1];
};
/* {"words":[...],...}.  ERR_CORRUPT: it is not. */
int holding_words_read(const void *json, size_t len, struct holding_words *ret,
		       struct err *err);

struct holding_look {
	const struct holding_words *words;
	struct buf normal; /* of the text at hand */
	bool found;
};
/*
 * Is one of them in what was sealed?  Of JSON every text that somebody wrote
 * (raw: every text), of anything else the bytes.  Spelling is compared as
 * keyword.h has it, words are found inside longer ones, numbers are not.
 */
int holding_words_in(const struct holding_words *words, const void *clear,
		     size_t len, bool raw, bool *ret, struct err *err);
bool holding_word_in(const char *text, size_t len, const char *word,
		     size_t word_len);

#endif
