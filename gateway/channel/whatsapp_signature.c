/* whatsapp_signature.c - is this request from the provider?
 *
 * Source: channels.md 4.1, 4.2. */
#include "whatsapp.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <sodium.h>
#include <stdlib.h>

#include "postern/text.h"

#define PREFIX	   "sha256="
#define PREFIX_LEN (sizeof(PREFIX) - 1)

int whatsapp_hmac_open(struct whatsapp_hmac *h, const struct secret *key,
		       struct err *err)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};

	/* OpenSSL computes happily without a key: a public secret. */
	if (key == NULL || key->len == 0)
		return ERR_SET(err, ERR_INPUT, "empty app secret", 0);
	h->mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	h->keyed = h->mac != NULL ? EVP_MAC_CTX_new(h->mac) : NULL;
	h->spare = calloc(1, sizeof(*h->spare));
	if (h->keyed != NULL && h->spare != NULL &&
	    EVP_MAC_init(h->keyed, key->bytes, key->len, params) == 1 &&
	    (h->spare->ctx = EVP_MAC_CTX_dup(h->keyed)) != NULL)
		return 0;
	ERR_clear_error();
	whatsapp_hmac_close(h);
	return ERR_SET(err, ERR_NOMEM, "no HMAC", 0);
}

void whatsapp_hmac_close(struct whatsapp_hmac *h)
{
	if (h->spare != NULL)
		EVP_MAC_CTX_free(h->spare->ctx);
	free(h->spare);
	EVP_MAC_CTX_free(h->keyed);
	EVP_MAC_free(h->mac);
	*h = (struct whatsapp_hmac){0};
}

static bool compute(EVP_MAC_CTX *ctx, const void *bytes, size_t len,
		    uint8_t ret[32])
{
	size_t ret_len = 0;

	return EVP_MAC_update(ctx, bytes, len) == 1 &&
	       EVP_MAC_final(ctx, ret, &ret_len, 32) == 1 && ret_len == 32;
}

int whatsapp_hmac(const struct whatsapp_hmac *h, const void *bytes, size_t len,
		  uint8_t ret[32], struct err *err)
{
	bool done;

	if (!atomic_flag_test_and_set(&h->spare->busy)) {
		/* Without a key: back to where the last one began. */
		done = EVP_MAC_init(h->spare->ctx, NULL, 0, NULL) == 1 &&
		       compute(h->spare->ctx, bytes, len, ret);
		atomic_flag_clear(&h->spare->busy);
	} else {
		EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(h->keyed);

		done = ctx != NULL && compute(ctx, bytes, len, ret);
		EVP_MAC_CTX_free(ctx);
	}
	if (done)
		return 0;
	ERR_clear_error();
	return ERR_SET(err, ERR_NOMEM, "HMAC failed", 0);
}

bool whatsapp_signature_parse(const char *value, size_t len, uint8_t ret[32])
{
	if (len != PREFIX_LEN + 64 || memcmp(value, PREFIX, PREFIX_LEN) != 0)
		return false;
	return hex_decode(value + PREFIX_LEN, 64, ret, 32);
}

static enum channel_admission admit_body(const struct whatsapp *wa,
					 const struct channel_request *rq)
{
	const void *body = rq->body_len > 0 ? (const void *)rq->body : "";
	uint8_t expected[32], given[32];
	unsigned int count = 0;
	size_t len = 0;
	const char *value;

	value = rq->header(rq->ctx, WHATSAPP_SIGNATURE, &len, &count);
	if (value == NULL || count != 1 ||
	    !whatsapp_signature_parse(value, len, given))
		return ADMIT_FORGED;
	if (whatsapp_hmac(&wa->hmac, body, rq->body_len, expected, NULL) != 0)
		return ADMIT_FORGED;
	if (sodium_memcmp(expected, given, sizeof(expected)) != 0)
		return ADMIT_FORGED;
	return rq->body_len == 0 ? ADMIT_MALFORMED : ADMIT_BODY;
}

/* --- handshake ------------------------------------------------------------ */

/* Both sides are hashed first, so that neither length nor prefix shows. */
static bool token_fits(const struct secret *token, const char *given,
		       size_t given_len)
{
	uint8_t a[32], b[32];

	crypto_generichash(a, sizeof(a), token->bytes, token->len, NULL, 0);
	crypto_generichash(b, sizeof(b), (const uint8_t *)given, given_len,
			   NULL, 0);
	return sodium_memcmp(a, b, sizeof(a)) == 0;
}

static bool challenge_is_harmless(const char *text, size_t len)
{
	if (len == 0 || len > WHATSAPP_CHALLENGE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if ((c < '0' || c > '9') && (c < 'a' || c > 'z') &&
		    (c < 'A' || c > 'Z') && c != '_' && c != '.' && c != '-')
			return false;
	}
	return true;
}

/* A parameter that must come exactly once. */
static const char *single(const struct channel_request *rq, const char *name,
			  size_t *ret_len)
{
	unsigned int count = 0;
	const char *value = rq->query(rq->ctx, name, ret_len, &count);

	return count == 1 ? value : NULL;
}

static enum channel_admission admit_handshake(const struct whatsapp *wa,
					      const struct channel_request *rq,
					      struct buf *ret_answer)
{
	size_t mode_len = 0, token_len = 0, challenge_len = 0;
	const char *mode = single(rq, "hub.mode", &mode_len);
	const char *token = single(rq, "hub.verify_token", &token_len);
	const char *challenge = single(rq, "hub.challenge", &challenge_len);

	if (mode == NULL || mode_len != 9 || memcmp(mode, "subscribe", 9) != 0)
		return ADMIT_FORGED;
	if (token == NULL || !token_fits(&wa->verify_token, token, token_len))
		return ADMIT_FORGED;
	if (challenge == NULL ||
	    !challenge_is_harmless(challenge, challenge_len))
		return ADMIT_MALFORMED;
	if (buf_append(ret_answer, challenge, challenge_len, NULL) != 0)
		return ADMIT_MALFORMED;
	return ADMIT_ANSWER;
}

enum channel_admission whatsapp_admit(const struct channel *ch,
				      const struct channel_request *rq,
				      struct buf *ret_answer)
{
	const struct whatsapp *wa = (const struct whatsapp *)ch;

	if (ch->driver != &whatsapp_driver || wa->hmac.keyed == NULL ||
	    wa->verify_token.len == 0)
		return ADMIT_FORGED;
	if (rq->get)
		return admit_handshake(wa, rq, ret_answer);
	return admit_body(wa, rq);
}
