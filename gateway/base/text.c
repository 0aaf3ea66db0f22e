/* text.c - hex, base32 and base64.
 *
 * Secrets pass through here, so table lookups by secret index are avoided
 * for hex and base64 (libsodium does them in constant time). */
#include "postern/text.h"

#include <sodium.h>

void hex_encode(const uint8_t *bytes, size_t len, char *ret)
{
	sodium_bin2hex(ret, 2 * len + 1, bytes, len);
}

bool hex_decode(const char *text, size_t text_len, uint8_t *ret, size_t ret_len)
{
	size_t len = 0;

	if (text_len % 2 != 0 || text_len / 2 != ret_len)
		return false;
	if (sodium_hex2bin(ret, ret_len, text, text_len, NULL, &len, NULL) != 0)
		return false;
	return len == ret_len;
}

static const char base32_digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

void base32_encode(const uint8_t *bytes, size_t len, char *ret)
{
	unsigned int bits = 0, held = 0;

	for (size_t i = 0; i < len; i++) {
		held = (held << 8 | bytes[i]) & 0xffff;
		for (bits += 8; bits >= 5; bits -= 5)
			*ret++ = base32_digits[held >> (bits - 5) & 31];
	}
	if (bits > 0)
		*ret++ = base32_digits[held << (5 - bits) & 31];
	*ret = 0;
}

static int base32_value(char c)
{
	const char *at = c == 0 ? NULL : strchr(base32_digits, c);

	return at == NULL ? -1 : (int)(at - base32_digits);
}

bool base32_decode(const char *text, size_t text_len, uint8_t *ret,
		   size_t ret_len)
{
	unsigned int bits = 0, held = 0;

	if (ret_len > SIZE_MAX / 8 - 1 || text_len != BASE32_LEN(ret_len))
		return false;
	for (size_t i = 0; i < text_len; i++) {
		int v = base32_value(text[i]);

		if (v < 0)
			return false;
		held = (held << 5 | (unsigned int)v) & 0xffff;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			*ret++ = (uint8_t)(held >> bits);
		}
	}
	/* One spelling per value: the bits left over are zero. */
	return (held & ((1u << bits) - 1)) == 0;
}

void base64_encode(const uint8_t *bytes, size_t len, char *ret)
{
	sodium_bin2base64(ret, BASE64_LEN(len) + 1, bytes, len,
			  sodium_base64_VARIANT_ORIGINAL);
}

/* libsodium 1.0.18 reads some bytes from 0x80 on as if they were digits. */
static bool is_ascii(const char *text, size_t len)
{
	unsigned int all = 0;

	for (size_t i = 0; i < len; i++)
		all |= (unsigned char)text[i];
	return all < 0x80;
}

bool base64_decode(const char *text, size_t text_len, uint8_t *ret,
		   size_t ret_size, size_t *ret_len)
{
	size_t len = 0;

	if (text_len % 4 != 0 || !is_ascii(text, text_len) ||
	    sodium_base642bin(ret, ret_size, text, text_len, NULL, &len, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0)
		return false;
	*ret_len = len;
	return true;
}

size_t utf8_sequence(const uint8_t *s, size_t left)
{
	uint32_t code;
	size_t len;

	if (s[0] < 0x80)
		return 1;
	len = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || left < len)
		return 0;
	code = s[0] & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3f);
	}
	if ((len == 3 && (code < 0x800 || (code >= 0xd800 && code < 0xe000))) ||
	    (len == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	return len;
}
