/* needles.c - many words looked for in one reading. */
#include "needles.h"

#include <assert.h>
#include <string.h>

void needles_add(struct needles *n, const char *word)
{
	uint64_t bit = UINT64_C(1) << n->len;

	assert(n->len < NEEDLES_MAX && word[0] != '\0');
	n->words[n->len++] = word;
	n->first[(uint8_t)word[0]] |= bit;
	if (word[1] != '\0') {
		n->second[(uint8_t)word[1]] |= bit;
		return;
	}
	for (size_t i = 0; i < 256; i++) /* anything may follow it */
		n->second[i] |= bit;
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

static bool stands_at(const char *word, const char *text, size_t len, size_t at,
		      bool whole)
{
	size_t word_len = strlen(word), end = at + word_len;

	if (len - at < word_len || memcmp(text + at, word, word_len) != 0)
		return false;
	return !whole || ((at == 0 || !is_word_byte(text[at - 1])) &&
			  (end == len || !is_word_byte(text[end])));
}

/* Those of maybe that stand there. */
static uint64_t standing(const struct needles *n, uint64_t maybe,
			 const char *text, size_t len, size_t at, bool whole)
{
	uint64_t found = 0;

	for (; maybe != 0; maybe &= maybe - 1)
		if (stands_at(n->words[__builtin_ctzll(maybe)], text, len, at,
			      whole))
			found |= maybe & -maybe;
	return found;
}

uint64_t needles_in(const struct needles *n, const char *text, size_t len,
		    bool whole)
{
	const uint8_t *bytes = (const uint8_t *)text;
	uint64_t found = 0, maybe;
	uint8_t here, next;

	if (len == 0)
		return 0;
	next = bytes[0];
	for (size_t at = 0; at < len - 1; at++) {
		here = next;
		next = bytes[at + 1];
		maybe = n->first[here] & n->second[next];
		if (maybe != 0)
			found |=
			    standing(n, maybe & ~found, text, len, at, whole);
	}
	/* Behind the last byte no word goes on: second of 0 leaves those of
	 * one byte. */
	maybe = n->first[next] & n->second[0];
	return found | standing(n, maybe, text, len, len - 1, whole);
}
