/* jsonout.c - see jsonout.h. */
#include "postern/jsonout.h"

#include <stdbool.h>

#include "postern/text.h"

static const char hex_digits[] = "0123456789ABCDEF";

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))
#define HIGH_BITS    EACH_BYTE(0x80)

/* Nonzero if a byte is zero; or, for the second, below limit (1 to 128). */
static uint64_t has_zero(uint64_t v)
{
	return (v - EACH_BYTE(1)) & ~v & HIGH_BITS;
}

static uint64_t has_below(uint64_t v, uint64_t limit)
{
	return (v - EACH_BYTE(limit)) & ~v & HIGH_BITS;
}

static bool plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

size_t jsonout_plain(const uint8_t *s, size_t len)
{
	size_t n = 0;
	uint64_t v;

	for (; n + sizeof(v) <= len; n += sizeof(v)) {
		memcpy(&v, s + n, sizeof(v));
		if (((v & HIGH_BITS) | has_below(v, 0x20) |
		     has_zero(v ^ EACH_BYTE('"')) |
		     has_zero(v ^ EACH_BYTE('\\'))) != 0)
			break;
	}
	while (n < len && plain(s[n]))
		n++;
	return n;
}

static bool escaped(uint8_t c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static int put_escape(struct buf *b, uint8_t c, struct err *err)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	uint8_t escape[6] = {'\\', 'u', '0', '0'};
	const char *at = c != 0 ? strchr(from, c) : NULL;

	if (at != NULL) {
		escape[1] = (uint8_t)to[at - from];
		return buf_append(b, escape, 2, err);
	}
	escape[4] = (uint8_t)hex_digits[c >> 4];
	escape[5] = (uint8_t)hex_digits[c & 15];
	return buf_append(b, escape, 6, err);
}

/* Bytes from s on that go as they are; *ret_broken: what follows is no UTF-8.
 */
static size_t run_of(const uint8_t *s, size_t len, bool *ret_broken)
{
	size_t n = jsonout_plain(s, len), sequence;

	*ret_broken = false;
	while (n < len && !escaped(s[n])) {
		sequence = utf8_sequence(s + n, len - n);
		*ret_broken = sequence == 0;
		if (*ret_broken)
			break;
		n += sequence;
		n += jsonout_plain(s + n, len - n);
	}
	return n;
}

int jsonout_text(struct buf *b, const char *text, size_t len, struct err *err)
{
	const uint8_t *s = (const uint8_t *)text;
	bool broken;
	size_t n;

	if (buf_append_u8(b, '"', err) != 0)
		return -1;
	for (size_t at = 0; at < len;) {
		n = run_of(s + at, len - at, &broken);
		if (buf_append(b, s + at, n, err) != 0)
			return -1;
		at += n;
		if (broken)
			return ERR_SET(err, ERR_INPUT, "a text is not UTF-8",
				       0);
		if (at < len && put_escape(b, s[at++], err) != 0)
			return -1;
	}
	return buf_append_u8(b, '"', err);
}
