/* token.c - the text of an API token. */
#include "postern/token.h"

#include <sodium.h>

#include "postern/text.h"

#define ID_BYTES       8
#define CHECK_BYTES    4
#define ID_CHARS       BASE32_LEN(ID_BYTES)
#define SECRET_CHARS   BASE32_LEN(TOKEN_SECRET_BYTES)
#define CHECK_CHARS    BASE32_LEN(CHECK_BYTES)
#define ID_AT	       4 /* after "pst_" */
#define SECRET_AT      (ID_AT + ID_CHARS + 1)
#define CHECK_AT       (SECRET_AT + SECRET_CHARS)
#define TOKEN_TEXT_LEN (CHECK_AT + CHECK_CHARS)

_Static_assert(TOKEN_TEXT_LEN + 1 == TOKEN_TEXT_BYTES,
	       "TOKEN_TEXT_BYTES is the token and its NUL");

static void token_check(const char *text, uint8_t ret[CHECK_BYTES])
{
	uint8_t hash[crypto_generichash_BYTES];

	crypto_generichash(hash, sizeof(hash), (const uint8_t *)text, CHECK_AT,
			   NULL, 0);
	memcpy(ret, hash, CHECK_BYTES);
	sodium_memzero(hash, sizeof(hash));
}

void token_make(struct env *env, int64_t id, char ret[TOKEN_TEXT_BYTES])
{
	uint8_t secret[TOKEN_SECRET_BYTES], number[ID_BYTES];
	uint8_t check[CHECK_BYTES];

	for (size_t i = 0; i < ID_BYTES; i++)
		number[i] = (uint8_t)((uint64_t)id >> (8 * (ID_BYTES - 1 - i)));
	env->random(env, secret, sizeof(secret));
	memcpy(ret, "pst_", ID_AT);
	base32_encode(number, sizeof(number), ret + ID_AT);
	ret[SECRET_AT - 1] = '_';
	base32_encode(secret, sizeof(secret), ret + SECRET_AT);
	token_check(ret, check);
	base32_encode(check, sizeof(check), ret + CHECK_AT);
	sodium_memzero(secret, sizeof(secret));
}

int token_parse(const char *text, size_t len, int64_t *ret_id,
		uint8_t *ret_secret, struct err *err)
{
	uint8_t secret[TOKEN_SECRET_BYTES], number[ID_BYTES];
	uint8_t check[CHECK_BYTES], wanted[CHECK_BYTES];
	uint64_t id = 0;
	int rc = -1;

	if (len != TOKEN_TEXT_LEN || memcmp(text, "pst_", ID_AT) != 0 ||
	    text[SECRET_AT - 1] != '_' ||
	    !base32_decode(text + ID_AT, ID_CHARS, number, sizeof(number)) ||
	    !base32_decode(text + SECRET_AT, SECRET_CHARS, secret,
			   sizeof(secret)) ||
	    !base32_decode(text + CHECK_AT, CHECK_CHARS, check,
			   sizeof(check))) {
		ERR_SET(err, ERR_DENIED, "not a token", 0);
		goto out;
	}
	token_check(text, wanted);
	for (size_t i = 0; i < ID_BYTES; i++)
		id = id << 8 | number[i];
	if (sodium_memcmp(check, wanted, CHECK_BYTES) != 0 || id > INT64_MAX) {
		ERR_SET(err, ERR_DENIED, "not a token", 0);
		goto out;
	}
	*ret_id = (int64_t)id;
	if (ret_secret)
		memcpy(ret_secret, secret, TOKEN_SECRET_BYTES);
	rc = 0;
out:
	sodium_memzero(secret, sizeof(secret));
	return rc;
}
