/* needles.h - which of some words stand in a message.
 *
 * A message is read once for all of them: two loads say of nearly every byte
 * that no word begins there, and only what is left is compared. */
#ifndef POSTERN_POLICY_NEEDLES_H
#define POSTERN_POLICY_NEEDLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEEDLES_MAX 64 /* at once; of more, one heap after the other */

struct needles {
	/* Bit i: words that have this byte first, that have it second. */
	uint64_t first[256], second[256];
	const char *words[NEEDLES_MAX]; /* borrowed */
	size_t len;
};

/* Not full, and word not "". */
void needles_add(struct needles *n, const char *word);
/*
 * needles_in - bit i is set if word i stands in text.
 *
 *   whole	only with neighbours that are no letters or digits
 *   text	any bytes
 */
uint64_t needles_in(const struct needles *n, const char *text, size_t len,
		    bool whole);

#endif
