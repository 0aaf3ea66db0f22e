/* unsubscribe.c - tokens of unsubscribe addresses, made and read. */
#include "postern/unsubscribe.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "postern/text.h"

#define PROOF_BYTES 16
#define PROOF_LEN   26
#define HEAD_LEN    (UNSUBSCRIBE_PERSON_LEN + 1 + PROOF_LEN + 1)

_Static_assert(BASE32_LEN(PROOF_BYTES) == PROOF_LEN, "the proof as text");

void unsubscribe_key(const void *secret, size_t len,
		     uint8_t ret[UNSUBSCRIBE_KEY_BYTES])
{
	static const char label[] = "gw-unsubscribe-v1";

	(void)crypto_generichash(ret, UNSUBSCRIBE_KEY_BYTES, secret, len,
				 (const uint8_t *)label, sizeof(label) - 1);
}

static void prove(const uint8_t key[UNSUBSCRIBE_KEY_BYTES],
		  const struct unsubscribe *of, uint8_t ret[PROOF_BYTES])
{
	crypto_generichash_state state;

	(void)crypto_generichash_init(&state, key, UNSUBSCRIBE_KEY_BYTES,
				      PROOF_BYTES);
	/* The person has a fixed length: no two pairs give the same bytes. */
	(void)crypto_generichash_update(&state, (const uint8_t *)of->person,
					UNSUBSCRIBE_PERSON_LEN);
	(void)crypto_generichash_update(&state,
					(const uint8_t *)of->channel.text,
					strlen(of->channel.text));
	(void)crypto_generichash_final(&state, ret, PROOF_BYTES);
}

void unsubscribe_token(const uint8_t key[UNSUBSCRIBE_KEY_BYTES],
		       const struct unsubscribe *of,
		       char ret[UNSUBSCRIBE_TOKEN_BYTES])
{
	uint8_t proof[PROOF_BYTES];
	char text[PROOF_LEN + 1];

	prove(key, of, proof);
	base32_encode(proof, sizeof(proof), text);
	(void)snprintf(ret, UNSUBSCRIBE_TOKEN_BYTES, "%s.%s.%s", of->person,
		       text, of->channel.text);
}

bool unsubscribe_read(const uint8_t key[UNSUBSCRIBE_KEY_BYTES],
		      const char *text, size_t len, struct unsubscribe *ret)
{
	uint8_t told[PROOF_BYTES], proof[PROOF_BYTES];
	struct unsubscribe of = {0};

	if (len <= HEAD_LEN || text[UNSUBSCRIBE_PERSON_LEN] != '.' ||
	    text[HEAD_LEN - 1] != '.' ||
	    !name_set(&of.channel, text + HEAD_LEN, len - HEAD_LEN) ||
	    !base32_decode(text + UNSUBSCRIBE_PERSON_LEN + 1, PROOF_LEN, told,
			   sizeof(told)))
		return false;
	memcpy(of.person, text, UNSUBSCRIBE_PERSON_LEN);
	prove(key, &of, proof);
	if (sodium_memcmp(told, proof, sizeof(proof)) != 0)
		return false;
	*ret = of;
	return true;
}

/* --- bodies --------------------------------------------------------------- */

static bool same(const char *text, size_t len, const char *want)
{
	return len == strlen(want) && memcmp(text, want, len) == 0;
}

/* One of the fields of a form. */
static bool in_form(const char *body, size_t len)
{
	while (len > 0) {
		const char *end = memchr(body, '&', len);
		size_t field = end != NULL ? (size_t)(end - body) : len;

		if (same(body, field, UNSUBSCRIBE_POST))
			return true;
		if (end == NULL)
			return false;
		body += field + 1;
		len -= field + 1;
	}
	return false;
}

/* One of the parts, as mail programs write it. */
static bool in_parts(const char *body, size_t len)
{
	static const char part[] = "name=\"List-Unsubscribe\"\r\n\r\n"
				   "One-Click\r\n--";

	return len >= 2 && memcmp(body, "--", 2) == 0 &&
	       memmem(body, len, part, sizeof(part) - 1) != NULL;
}

bool unsubscribe_clicked(const void *body, size_t len)
{
	return in_form(body, len) || in_parts(body, len);
}
