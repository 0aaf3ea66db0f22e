/* text.h - hex, base32 and base64 codecs, one step of UTF-8.  Strict: any other
 * character, length or padding is refused; decoding never reads past len. */
#ifndef POSTERN_TEXT_H
#define POSTERN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ret has 2*len+1 bytes. */
void hex_encode(const uint8_t *bytes, size_t len, char *ret);
/* Exactly 2*ret_len hex digits of either case. */
bool hex_decode(const char *text, size_t text_len, uint8_t *ret,
		size_t ret_len);
/* Crockford-like lower-case base32 without padding (0-9a-z less i l o u).
 * ret has BASE32_LEN(len)+1 bytes. */
#define BASE32_LEN(len) (((len)*8 + 4) / 5)
void base32_encode(const uint8_t *bytes, size_t len, char *ret);
bool base32_decode(const char *text, size_t text_len, uint8_t *ret,
		   size_t ret_len);
/* Standard alphabet with padding; ret has BASE64_LEN(len)+1 bytes. */
#define BASE64_LEN(len) ((((len) + 2) / 3) * 4)
void base64_encode(const uint8_t *bytes, size_t len, char *ret);
bool base64_decode(const char *text, size_t text_len, uint8_t *ret,
		   size_t ret_size, size_t *ret_len);

/* Length of the UTF-8 sequence at s, of which left bytes are there; 0: it is
 * none.  Source: RFC 3629. */
size_t utf8_sequence(const uint8_t *s, size_t left);

#endif
