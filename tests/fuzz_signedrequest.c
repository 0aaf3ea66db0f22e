/* fuzz_signedrequest.c - whatever is in it, a deletion callback is refused or
 * names a user; one that is signed by the target itself reaches what is
 * behind the signature. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/text.h"
#include "public/signedrequest.h"

static const char secret[] = "a secret of the target itself";

static void read_it(const char *text)
{
	char user[SIGNEDREQUEST_USER_MAX + 1] = "";
	struct err err = {0};

	if (signedrequest_read(text, secret, sizeof(secret) - 1, user, &err) !=
	    0) {
		MUST(err.kind == ERR_DENIED || err.kind == ERR_INPUT ||
		     err.kind == ERR_NOMEM);
		return;
	}
	MUST(user[0] != '\0' && strlen(user) <= SIGNEDREQUEST_USER_MAX);
	for (const char *c = user; *c != '\0'; c++)
		MUST(*c > ' ' && *c <= '~');
}

static void to_url(char *text)
{
	for (; *text != '\0'; text++)
		*text = *text == '+' ? '-' : *text == '/' ? '_' : *text;
}

/* The payload as it is, signed. */
static void sign(const uint8_t *data, size_t size)
{
	uint8_t mac[crypto_auth_hmacsha256_BYTES];
	crypto_auth_hmacsha256_state st;
	char *text = malloc(64 + BASE64_LEN(size)), *part = text + 45;

	MUST(text != NULL);
	base64_encode(data, size, part);
	to_url(part);
	(void)crypto_auth_hmacsha256_init(&st, (const uint8_t *)secret,
					  sizeof(secret) - 1);
	(void)crypto_auth_hmacsha256_update(&st, (const uint8_t *)part,
					    strlen(part));
	(void)crypto_auth_hmacsha256_final(&st, mac);
	base64_encode(mac, sizeof(mac), text);
	to_url(text);
	text[44] = '.';
	read_it(text);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text;

	sign(data, size);
	text = malloc(size + 1);
	MUST(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	read_it(text);
	free(text);
	return 0;
}
