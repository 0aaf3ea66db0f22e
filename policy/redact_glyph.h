/* redact_glyph.h - one character of a text as redact.c sees it. */
#ifndef POSTERN_POLICY_REDACT_GLYPH_H
#define POSTERN_POLICY_REDACT_GLYPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
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

/* One beyond ASCII, or behind the end. */
struct glyph glyph_wide_at(const struct text *t, size_t i);
struct glyph glyph_wide_back(const struct text *t, size_t i);

static inline bool glyph_is_plain(char c)
{
	return (unsigned char)c < 0x80;
}

/* One of " \t\r\n-./()", as bits. */
static inline bool glyph_separates(char c)
{
	return c < 64 &&
	       ((UINT64_C(1) << ' ' | 1u << '\t' | 1u << '\r' | 1u << '\n' |
		 UINT64_C(1) << '-' | UINT64_C(1) << '.' | UINT64_C(1) << '/' |
		 UINT64_C(1) << '(' | UINT64_C(1) << ')') >>
		    c &
		1) != 0;
}

static inline struct glyph glyph_at(const struct text *t, size_t i)
{
	if (i >= t->len || !glyph_is_plain(t->bytes[i]))
		return glyph_wide_at(t, i);
	return (struct glyph){.c = glyph_upper(t->bytes[i]),
			      .separates = glyph_separates(t->bytes[i]),
			      .len = 1};
}

/* The character that ends before i; a zero glyph at the beginning. */
static inline struct glyph glyph_back(const struct text *t, size_t i)
{
	return i > 0 && glyph_is_plain(t->bytes[i - 1]) ? glyph_at(t, i - 1)
							: glyph_wide_back(t, i);
}

static inline char glyph_before(const struct text *t, size_t i)
{
	return glyph_back(t, i).c;
}

#endif
