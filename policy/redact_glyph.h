/* redact_glyph.h - one character of a text as redact.c sees it. */
#ifndef POSTERN_POLICY_REDACT_GLYPH_H
#define POSTERN_POLICY_REDACT_GLYPH_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct text {
	const char *bytes;
	size_t len;
};

struct glyph {
	char c;		/* ASCII, letters large, full width as plain; else 0 */
	bool separates; /* a blank, dash, dot, slash or bracket */
	bool foreign;	/* a letter beyond ASCII, perhaps */
	size_t len;	/* bytes, at least 1 */
};

static inline char glyph_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

struct glyph glyph_at(const struct text *t, size_t i);
/* The character that ends before i; a zero glyph at the beginning. */
struct glyph glyph_back(const struct text *t, size_t i);

static inline char glyph_before(const struct text *t, size_t i)
{
	return glyph_back(t, i).c;
}

#endif
