/* blindindex.c - one spelling per address, then a keyed hash of it.
 *
 * ASCII only: bytes above 127 stay as they are, so no table of letters can
 * change an index after an update.  Source: compliance 7.5. */
#include "postern/blindindex.h"

#include <sodium.h>
#include <stdbool.h>

#include "postern/receiptopening.h"

#define INDEX_DOMAIN "gw-bidx-v1"

struct spelling {
	char *ret;
	size_t len;
	bool too_long;
};

static void put(struct spelling *s, char c)
{
	if (s->len >= ADDRESS_LEN_MAX) {
		s->too_long = true;
		return;
	}
	s->ret[s->len++] = c;
}

static void put_text(struct spelling *s, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		put(s, text[i]);
}

static bool blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void trim(const char **text, size_t *len)
{
	while (*len > 0 && blank((*text)[0])) {
		(*text)++;
		(*len)--;
	}
	while (*len > 0 && blank((*text)[*len - 1]))
		(*len)--;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool phone_filler(char c)
{
	return blank(c) || c == '-' || c == '.' || c == '/' || c == '(' ||
	       c == ')';
}

static bool all_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return len > 0;
}

/* False: a national number, and nobody said which nation. */
static bool spell_phone(const char *country, const char *text, size_t len,
			struct spelling *s)
{
	struct spelling bare = {.ret = (char[ADDRESS_LEN_MAX]){0}};

	for (size_t i = 0; i < len; i++) {
		if (len - i >= 3 && memcmp(text + i, "(0)", 3) == 0)
			i += 2;
		else if (!phone_filler(text[i]))
			put(&bare, text[i]);
	}
	s->too_long = bare.too_long;
	if (!all_digits(bare.ret, bare.len)) {
		/* +49..., or a sender's name in place of a number */
		put_text(s, bare.ret, bare.len);
	} else if (bare.len >= 2 && memcmp(bare.ret, "00", 2) == 0) {
		put(s, '+');
		put_text(s, bare.ret + 2, bare.len - 2);
	} else if (bare.ret[0] == '0') {
		if (country == NULL || country[0] == '\0')
			return false;
		put(s, '+');
		put_text(s, country, strlen(country));
		put_text(s, bare.ret + 1, bare.len - 1);
	} else {
		put(s, '+');
		put_text(s, bare.ret, bare.len);
	}
	sodium_memzero(bare.ret, ADDRESS_LEN_MAX);
	return s->len != 1 || s->ret[0] != '+'; /* "+" alone is no number */
}

/* What stands around it goes, however often: the spelling of a spelling is
 * itself. */
static void spell_email(const char *text, size_t len, struct spelling *s)
{
	while (len > 0 && (text[0] == '<' || blank(text[0]))) {
		text++;
		len--;
	}
	while (len > 0 && (text[len - 1] == '>' || blank(text[len - 1])))
		len--;
	for (size_t i = 0; i < len; i++)
		put(s, lower(text[i]));
}

static void spell_threema(const char *text, size_t len, struct spelling *s)
{
	for (size_t i = 0; i < len; i++)
		put(s, upper(text[i]));
}

static void spell_username(const char *text, size_t len, struct spelling *s)
{
	while (len > 0 && (text[0] == '@' || blank(text[0]))) {
		text++;
		len--;
	}
	for (size_t i = 0; i < len; i++)
		put(s, lower(text[i]));
}

int blind_index_normalise(const char *kind, const char *country,
			  const char *address, size_t address_len, char *ret,
			  size_t *ret_len, struct err *err)
{
	char spelt[ADDRESS_LEN_MAX + 2];
	struct spelling s = {.ret = spelt};
	bool known = true;
	int rc = -1;

	if (kind[0] == '\0' ||
	    (address_len > 0 && memchr(address, '\0', address_len)))
		return ERR_SET(err, ERR_INPUT, "not an address", 0);
	trim(&address, &address_len);
	if (strcmp(kind, "phone") == 0)
		known = spell_phone(country, address, address_len, &s);
	else if (strcmp(kind, "email") == 0)
		spell_email(address, address_len, &s);
	else if (strcmp(kind, "threema") == 0)
		spell_threema(address, address_len, &s);
	else if (strcmp(kind, "username") == 0)
		spell_username(address, address_len, &s);
	else
		put_text(&s, address, address_len);
	if (!known || s.len == 0 || s.too_long) {
		ERR_SET(err, ERR_INPUT, "not an address", 0);
		goto out;
	}
	memcpy(ret, spelt, s.len);
	ret[s.len] = '\0';
	*ret_len = s.len;
	rc = 0;
out:
	sodium_memzero(spelt, sizeof(spelt));
	return rc;
}

int blind_index(const uint8_t key[32], const char *kind, const char *country,
		const char *address, size_t address_len,
		uint8_t ret[BLIND_INDEX_BYTES], struct err *err)
{
	char spelt[ADDRESS_LEN_MAX + 2];
	crypto_generichash_state st;
	size_t len;

	if (blind_index_normalise(kind, country, address, address_len, spelt,
				  &len, err) != 0)
		return -1;
	(void)crypto_generichash_init(&st, key, 32, BLIND_INDEX_BYTES);
	/* sizeof counts the NUL that separates the parts */
	(void)crypto_generichash_update(&st, (const uint8_t *)INDEX_DOMAIN,
					sizeof(INDEX_DOMAIN));
	(void)crypto_generichash_update(&st, (const uint8_t *)kind,
					strlen(kind) + 1);
	(void)crypto_generichash_update(&st, (const uint8_t *)spelt, len);
	(void)crypto_generichash_final(&st, ret, BLIND_INDEX_BYTES);
	sodium_memzero(&st, sizeof(st));
	sodium_memzero(spelt, sizeof(spelt));
	return 0;
}
