/* receiptopening.c - see receiptopening.h. */
#include "postern/receiptopening.h"

#include <sodium.h>
#include <string.h>

#include "postern/text.h"

#define AUDIT_DOMAIN "gw-audit-v1"
#define KEY	     "{\"key\":\""
#define PAYLOAD	     "\",\"payload\":\""
#define RECORD	     "\",\"record\":\""
#define END	     "\"}"

void audit_commitment_digest(const uint8_t audit_key[32], const char *record_id,
			     const uint8_t digest[32], uint8_t ret[32])
{
	crypto_generichash_state st;

	(void)crypto_generichash_init(&st, audit_key, 32, 32);
	(void)crypto_generichash_update(&st, (const uint8_t *)AUDIT_DOMAIN,
					sizeof(AUDIT_DOMAIN));
	(void)crypto_generichash_update(&st, (const uint8_t *)record_id,
					strlen(record_id) + 1);
	(void)crypto_generichash_update(&st, digest, 32);
	(void)crypto_generichash_final(&st, ret, 32);
	sodium_memzero(&st, sizeof(st));
}

void audit_commitment(const uint8_t audit_key[32], const char *record_id,
		      const void *payload, size_t payload_len, uint8_t ret[32])
{
	uint8_t digest[32];

	(void)crypto_hash_sha256(digest, payload, payload_len);
	audit_commitment_digest(audit_key, record_id, digest, ret);
	sodium_memzero(digest, sizeof(digest));
}

/* --- reading -------------------------------------------------------------- */

struct cursor {
	const char *at;
	size_t left;
};

static bool skip(struct cursor *c, const char *text)
{
	size_t len = strlen(text);

	if (c->left < len || memcmp(c->at, text, len) != 0)
		return false;
	c->at += len;
	c->left -= len;
	return true;
}

static bool read_key(struct cursor *c, struct receiptopening *ret)
{
	if (c->left < 2 * OPENING_KEY_BYTES ||
	    !hex_decode(c->at, 2 * OPENING_KEY_BYTES, ret->key,
			OPENING_KEY_BYTES))
		return false;
	c->at += 2 * OPENING_KEY_BYTES;
	c->left -= 2 * OPENING_KEY_BYTES;
	return true;
}

/* Up to the quote that ends it. */
static bool read_payload(struct cursor *c, struct receiptopening *ret)
{
	while (c->left > 0 && *c->at != '"') {
		char one = *c->at;

		if (one == '\\' && c->left > 1 &&
		    (c->at[1] == '"' || c->at[1] == '\\')) {
			one = c->at[1];
			c->at++;
			c->left--;
		} else if (one < ' ' || one > '~' || one == '\\') {
			return false;
		}
		if (ret->payload_len == OPENING_PAYLOAD_MAX)
			return false;
		ret->payload[ret->payload_len++] = one;
		c->at++;
		c->left--;
	}
	return true;
}

static bool read_record(struct cursor *c, struct receiptopening *ret)
{
	const char *end = c->left > 0 ? memchr(c->at, '"', c->left) : NULL;
	size_t len = end != NULL ? (size_t)(end - c->at) : 0;
	enum id_kind kind;

	if (len == 0 || len >= ID_TEXT_BYTES || !id_spelled(c->at, len, &kind))
		return false;
	memcpy(ret->record.text, c->at, len);
	c->at += len;
	c->left -= len;
	return true;
}

bool receiptopening_read(const void *bytes, size_t len,
			 struct receiptopening *ret)
{
	struct cursor c = {bytes, len};
	struct receiptopening o = {.payload_len = 0};

	if (!skip(&c, KEY) || !read_key(&c, &o) || !skip(&c, PAYLOAD) ||
	    !read_payload(&c, &o) || !skip(&c, RECORD) ||
	    !read_record(&c, &o) || !skip(&c, END) || c.left != 0)
		return false;
	*ret = o;
	return true;
}

bool receiptopening_fits(const struct receiptopening *o,
			 const struct ledger_told *told)
{
	uint8_t commitment[32];

	if (!told->committed || strcmp(told->object.text, o->record.text) != 0)
		return false;
	audit_commitment(o->key, o->record.text, o->payload, o->payload_len,
			 commitment);
	return memcmp(commitment, told->commitment, sizeof(commitment)) == 0;
}
