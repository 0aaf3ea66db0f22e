/* recipient.c - see recipient.h. */
#include "recipient.h"

#include <sodium.h>
#include <string.h>

#define PREFIX_LEN  4
#define CHECK_BYTES 4
#define BODY_BYTES  (RECIPIENT_KEY_BYTES + CHECK_BYTES)
#define TEXT_LEN    (RECIPIENT_TEXT_BYTES - 1)
#define VARIANT	    sodium_base64_VARIANT_URLSAFE_NO_PADDING

static void check_of(const char *prefix, const uint8_t key[RECIPIENT_KEY_BYTES],
		     uint8_t ret[CHECK_BYTES])
{
	uint8_t hash[32];

	(void)crypto_generichash(hash, sizeof(hash), key, RECIPIENT_KEY_BYTES,
				 (const uint8_t *)prefix, 0);
	memcpy(ret, hash, CHECK_BYTES);
	/* one for the other is a slip, too */
	for (size_t i = 0; i < CHECK_BYTES; i++)
		ret[i] ^= (uint8_t)prefix[i];
	sodium_memzero(hash, sizeof(hash));
}

static void format(const char *prefix, const uint8_t key[RECIPIENT_KEY_BYTES],
		   char ret[RECIPIENT_TEXT_BYTES])
{
	uint8_t body[BODY_BYTES];

	memcpy(body, key, RECIPIENT_KEY_BYTES);
	check_of(prefix, key, body + RECIPIENT_KEY_BYTES);
	memcpy(ret, prefix, PREFIX_LEN);
	(void)sodium_bin2base64(ret + PREFIX_LEN,
				RECIPIENT_TEXT_BYTES - PREFIX_LEN, body,
				sizeof(body), VARIANT);
	sodium_memzero(body, sizeof(body));
}

/* The decoder takes some bytes for letters that are none. */
static bool is_plain(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (!(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9') && c != '-' && c != '_')
			return false;
	}
	return true;
}

static bool parse(const char *prefix, const char *text, size_t len,
		  uint8_t ret[RECIPIENT_KEY_BYTES])
{
	uint8_t body[BODY_BYTES], check[CHECK_BYTES];
	size_t got = 0;
	bool good;

	if (len != TEXT_LEN || memcmp(text, prefix, PREFIX_LEN) != 0 ||
	    !is_plain(text, len) ||
	    sodium_base642bin(body, sizeof(body), text + PREFIX_LEN,
			      len - PREFIX_LEN, NULL, &got, NULL,
			      VARIANT) != 0 ||
	    got != sizeof(body))
		return false;
	check_of(prefix, body, check);
	good = memcmp(check, body + RECIPIENT_KEY_BYTES, CHECK_BYTES) == 0;
	if (good)
		memcpy(ret, body, RECIPIENT_KEY_BYTES);
	sodium_memzero(body, sizeof(body));
	return good;
}

void recipient_format(const struct recipient *r, char ret[RECIPIENT_TEXT_BYTES])
{
	format("pbr_", r->public, ret);
}

void identity_key_format(const struct identity_key *k,
			 char ret[RECIPIENT_TEXT_BYTES])
{
	format("pbi_", k->secret, ret);
}

bool recipient_parse(const char *text, size_t len, struct recipient *ret)
{
	return parse("pbr_", text, len, ret->public);
}

static bool line_parse(const char *line, size_t len, struct identity_key *ret)
{
	return parse("pbi_", line, len, ret->secret) &&
	       crypto_scalarmult_base(ret->public, ret->secret) == 0;
}

bool identity_key_parse(const char *text, size_t len, struct identity_key *ret)
{
	while (len > 0) {
		const char *end = memchr(text, '\n', len);
		size_t line = end != NULL ? (size_t)(end - text) : len;
		size_t cut =
		    line > 0 && text[line - 1] == '\r' ? line - 1 : line;

		if (cut > 0 && text[0] != '#')
			return line_parse(text, cut, ret);
		line += end != NULL;
		text += line;
		len -= line;
	}
	return false;
}

void identity_key_make(struct identity_key *ret)
{
	(void)crypto_box_keypair(ret->public, ret->secret);
}
