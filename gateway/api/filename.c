/* filename.c - names of uploads and downloads in headers. */
#include "filename.h"

#include <stdint.h>
#include <strings.h>

#define PREFIX "UTF-8''"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* attr-char of RFC 8187. */
static bool is_attr(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') ||
	       (c != '\0' && strchr("!#$&+-.^_`|~", c) != NULL);
}

/* Length and code point of the UTF-8 sequence at s; 0 if it is none. */
static size_t utf8_at(const unsigned char *s, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80		   ? 1
		   : (s[0] & 0xe0) == 0xc0 ? 2
		   : (s[0] & 0xf0) == 0xe0 ? 3
		   : (s[0] & 0xf8) == 0xf0 ? 4
					   : 0;
	uint32_t c;

	if (n == 0)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fu);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*ret = c;
	return n;
}

/* Characters that steer a file system, a header or the reader's eye. */
static bool is_steering(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '/' || c == '\\' ||
	       c == ':' || c == '*' || c == '?' || c == '"' || c == '<' ||
	       c == '>' || c == '|' || (c >= 0x200b && c <= 0x200f) ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
	       c == 0xfeff;
}

bool filename_clean(char *name)
{
	unsigned char *in = (unsigned char *)name, *out = in;

	while (*in != '\0') {
		uint32_t c;
		size_t n = utf8_at(in, &c);

		if (n == 0)
			return false;
		if (is_steering(c)) {
			*out++ = '_';
			in += n;
			continue;
		}
		for (size_t i = 0; i < n; i++)
			*out++ = *in++;
	}
	*out = '\0';
	/* No hidden file, no parent folder. */
	for (char *p = name; *p == '.'; p++)
		*p = '_';
	return true;
}

bool filename_read(const char *header, size_t len, char *ret, size_t ret_size)
{
	bool extended = len >= strlen(PREFIX) &&
			strncasecmp(header, PREFIX, strlen(PREFIX)) == 0;
	size_t out = 0;

	for (size_t i = extended ? strlen(PREFIX) : 0; i < len; i++) {
		char c = header[i];

		if (extended && c == '%') {
			int hi = i + 2 < len ? hex_digit(header[i + 1]) : -1;
			int lo = hi >= 0 ? hex_digit(header[i + 2]) : -1;

			if (lo < 0)
				return false;
			c = (char)(hi << 4 | lo);
			i += 2;
			if (c == '\0')
				return false;
		} else if (!is_attr((unsigned char)c) &&
			   (extended || c != ' ')) {
			return false;
		}
		if (out + 1 >= ret_size)
			return false;
		ret[out++] = c;
	}
	ret[out] = '\0';
	return out > 0 && filename_clean(ret);
}

/* Adds c to a text of ret_size bytes, always leaving room for the NUL. */
static void put(char *ret, size_t ret_size, size_t *at, char c)
{
	if (*at + 1 < ret_size)
		ret[(*at)++] = c;
	ret[*at] = '\0';
}

static void put_text(char *ret, size_t ret_size, size_t *at, const char *text)
{
	for (; *text != '\0'; text++)
		put(ret, ret_size, at, *text);
}

void filename_disposition(const char *name, char *ret, size_t ret_size)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t at = 0;

	put_text(ret, ret_size, &at, "attachment");
	if (name == NULL || *name == '\0')
		return;
	put_text(ret, ret_size, &at, "; filename=\"");
	for (const char *p = name; *p != '\0'; p++)
		put(ret, ret_size, &at,
		    is_attr((unsigned char)*p) || *p == ' ' ? *p : '_');
	put_text(ret, ret_size, &at, "\"; filename*=" PREFIX);
	for (const unsigned char *p = (const unsigned char *)name; *p != '\0';
	     p++) {
		/* A cut escape would be another name: stop before it. */
		if (at + 4 > ret_size)
			return;
		if (is_attr(*p)) {
			put(ret, ret_size, &at, (char)*p);
			continue;
		}
		put(ret, ret_size, &at, '%');
		put(ret, ret_size, &at, hex[*p >> 4]);
		put(ret, ret_size, &at, hex[*p & 15]);
	}
}

const char *filename_type(const char *mime)
{
	static const char fallback[] = "application/octet-stream";
	size_t slashes = 0;

	if (mime == NULL || *mime == '\0' || strlen(mime) > 100)
		return fallback;
	for (const char *p = mime; *p != '\0'; p++) {
		if (*p == '/')
			slashes++;
		else if (!is_attr((unsigned char)*p))
			return fallback;
	}
	if (slashes != 1 || mime[0] == '/' || mime[strlen(mime) - 1] == '/')
		return fallback;
	return mime;
}
