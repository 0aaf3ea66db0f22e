/* signedrequest.c - deletion callbacks, checked and read. */
#include "signedrequest.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "postern/jsonmem.h"
#include "postern/text.h"

#define TEXT_MAX  (16 * 1024)
#define ALGORITHM "HMAC-SHA256"

/* base64url, with or without its padding.  ret has text_len bytes. */
static bool decode(const char *text, size_t text_len, uint8_t *ret,
		   size_t *ret_len)
{
	char *plain = malloc(text_len + 4);
	size_t len = 0;
	bool good = plain != NULL;

	while (text_len > 0 && text[text_len - 1] == '=' && text_len % 4 != 1)
		text_len--;
	for (; good && len < text_len; len++) {
		char c = text[len];

		good = c != '+' && c != '/' && c != '=';
		plain[len] = c == '-' ? '+' : c == '_' ? '/' : c;
	}
	for (; good && len % 4 != 0; len++)
		plain[len] = '=';
	good = good && base64_decode(plain, len, ret, text_len + 1, ret_len);
	free(plain);
	return good;
}

static bool is_signed(const char *text, const char *dot, const void *secret,
		      size_t secret_len)
{
	uint8_t given[64], expected[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	size_t len = 0, given_text = (size_t)(dot - text);

	/* 32 bytes are 43 characters, or 44 with their padding. */
	if (given_text < 43 || given_text > 44 ||
	    !decode(text, given_text, given, &len) || len != sizeof(expected))
		return false;
	(void)crypto_auth_hmacsha256_init(&st, secret, secret_len);
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)dot + 1,
					    strlen(dot + 1));
	(void)crypto_auth_hmacsha256_final(&st, expected);
	sodium_memzero(&st, sizeof(st));
	return sodium_memcmp(given, expected, sizeof(expected)) == 0;
}

/* Digits in all that was ever seen; what else could be an id is one. */
static bool is_user(const char *user)
{
	size_t len = strlen(user);

	if (len == 0 || len > SIGNEDREQUEST_USER_MAX)
		return false;
	for (; *user != '\0'; user++)
		if (*user <= ' ' || *user > '~')
			return false;
	return true;
}

static int read_user(const json_t *payload,
		     char ret[SIGNEDREQUEST_USER_MAX + 1], struct err *err)
{
	const json_t *user = json_object_get(payload, "user_id");
	const json_t *issued = json_object_get(payload, "issued_at");
	const char *algorithm =
	    json_string_value(json_object_get(payload, "algorithm"));

	if (algorithm == NULL || strcmp(algorithm, ALGORITHM) != 0)
		return ERR_SET(err, ERR_DENIED, "another algorithm", 0);
	if (issued != NULL && !json_is_integer(issued))
		return ERR_SET(err, ERR_INPUT, "no time", 0);
	if (json_is_integer(user) && json_integer_value(user) > 0)
		(void)snprintf(ret, SIGNEDREQUEST_USER_MAX + 1, "%" PRId64,
			       (int64_t)json_integer_value(user));
	else if (json_is_string(user) && is_user(json_string_value(user)) &&
		 json_string_length(user) == strlen(json_string_value(user)))
		(void)snprintf(ret, SIGNEDREQUEST_USER_MAX + 1, "%s",
			       json_string_value(user));
	else
		return ERR_SET(err, ERR_INPUT, "no user", 0);
	return 0;
}

static int read_payload(const char *text, char ret[SIGNEDREQUEST_USER_MAX + 1],
			struct err *err)
{
	size_t text_len = strlen(text), len = 0;
	uint8_t *bytes = malloc(text_len + 1);
	json_t *payload = NULL;
	bool low = false;
	int rc = -1;

	if (bytes == NULL)
		return ERR_SET(err, ERR_NOMEM, "a signed request", 0);
	if (decode(text, text_len, bytes, &len))
		payload =
		    jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES, &low);
	if (low)
		(void)ERR_SET(err, ERR_NOMEM, "a signed request", 0);
	else if (payload == NULL || !json_is_object(payload))
		(void)ERR_SET(err, ERR_INPUT, "no JSON", 0);
	else
		rc = read_user(payload, ret, err);
	json_decref(payload);
	sodium_memzero(bytes, text_len + 1);
	free(bytes);
	return rc;
}

int signedrequest_read(const char *text, const void *secret, size_t secret_len,
		       char ret_user[SIGNEDREQUEST_USER_MAX + 1],
		       struct err *err)
{
	const char *dot = strchr(text, '.');

	if (secret_len == 0 || dot == NULL || strlen(text) > TEXT_MAX ||
	    strchr(dot + 1, '.') != NULL ||
	    !is_signed(text, dot, secret, secret_len))
		return ERR_SET(err, ERR_DENIED, "not signed", 0);
	return read_payload(dot + 1, ret_user, err);
}
