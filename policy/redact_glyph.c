/* redact_glyph.c - UTF-8 to what matters for finding numbers.  Bytes that are
 * no UTF-8 count one by one. */
#include "redact_glyph.h"

/* A code point of two to four bytes at i; 0 if it is none.  One that needs
 * fewer is none: its first byte would not tell what it is (redact_look). */
static uint32_t wide_at(const struct text *t, size_t i, size_t *ret_len)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)t->bytes + i;
	size_t len = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : b[0] >= 0xc0 ? 2 : 0;
	uint32_t c;

	if (len == 0 || b[0] > 0xf4 || len > t->len - i)
		return 0;
	c = b[0] & (0xffu >> (len + 1));
	for (size_t k = 1; k < len; k++) {
		if ((b[k] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (b[k] & 0x3fu);
	}
	if (c < least[len])
		return 0;
	*ret_len = len;
	return c;
}

/* Blanks, joiners and dashes that people or programs put into numbers. */
static bool wide_separates(uint32_t c)
{
	return c == 0xa0 || c == 0xad || c == 0xb7 ||
	       (c >= 0x2000 && c <= 0x2015) || c == 0x2022 ||
	       (c >= 0x2028 && c <= 0x202f) || c == 0x205f ||
	       (c >= 0x2060 && c <= 0x2064) || c == 0x2212 || c == 0x3000 ||
	       c == 0xfeff || c == 0xff0d || c == 0xff0e || c == 0xff0f;
}

static struct glyph wide(uint32_t c, size_t len)
{
	struct glyph g = {.len = len};

	if (c >= 0xff10 && c <= 0xff19)
		g.c = (char)('0' + (c - 0xff10));
	else if (c >= 0xff21 && c <= 0xff3a)
		g.c = (char)('A' + (c - 0xff21));
	else if (c >= 0xff41 && c <= 0xff5a)
		g.c = (char)('A' + (c - 0xff41));
	else if (c == 0xff20)
		g.c = '@';
	else if (c == 0xff0b)
		g.c = '+';
	else if (wide_separates(c))
		g.separates = true;
	else
		g.foreign = c < 0x2000 || c >= 0x3040;
	return g;
}

struct glyph glyph_wide_at(const struct text *t, size_t i)
{
	size_t len = 1;
	uint32_t c = i < t->len ? wide_at(t, i, &len) : 0;

	return c == 0 ? (struct glyph){.len = 1} : wide(c, len);
}

struct glyph glyph_wide_back(const struct text *t, size_t i)
{
	size_t start = i;

	if (i == 0)
		return (struct glyph){.len = 1};
	do
		start--;
	while (start > 0 && i - start < 4 &&
	       ((unsigned char)t->bytes[start] & 0xc0) == 0x80);
	return start + glyph_at(t, start).len == i ? glyph_at(t, start)
						   : (struct glyph){.len = 1};
}
