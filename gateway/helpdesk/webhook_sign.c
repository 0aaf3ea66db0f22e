/* webhook_sign.c - signatures of Standard Webhooks 1.0.
 *
 * By OpenSSL, which uses what the processor has for SHA-256: libsodium's own
 * takes three times as long, and a body has a kilobyte. */
#include "webhook.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>
#include <sodium.h>

#include "postern/text.h"

#define MAC_BYTES 32

int webhook_mac_open(struct webhook_mac *m, const uint8_t *key, size_t key_len,
		     struct err *err)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end(),
	};
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);

	m->keyed = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	EVP_MAC_free(mac); /* the context holds it */
	if (m->keyed != NULL &&
	    EVP_MAC_init(m->keyed, key, key_len, params) == 1)
		return 0;
	ERR_clear_error();
	webhook_mac_close(m);
	return ERR_SET(err, ERR_NOMEM, "no HMAC", 0);
}

void webhook_mac_close(struct webhook_mac *m)
{
	EVP_MAC_CTX_free(m->keyed);
	m->keyed = NULL;
}

static bool add(const struct webhook_mac *m, const void *bytes, size_t len)
{
	return EVP_MAC_update(m->keyed, bytes, len) == 1;
}

int webhook_sign(const struct webhook_mac *m, const char *id,
		 const char *timestamp, const void *body, size_t body_len,
		 char ret[WEBHOOK_SIGNATURE_BYTES], struct err *err)
{
	uint8_t mac[MAC_BYTES];
	size_t len = 0;

	/* Begins anew with the key it has. */
	if (EVP_MAC_init(m->keyed, NULL, 0, NULL) != 1 ||
	    !add(m, id, strlen(id)) || !add(m, ".", 1) ||
	    !add(m, timestamp, strlen(timestamp)) || !add(m, ".", 1) ||
	    !add(m, body, body_len) ||
	    EVP_MAC_final(m->keyed, mac, &len, sizeof(mac)) != 1 ||
	    len != sizeof(mac)) {
		ERR_clear_error();
		return ERR_SET(err, ERR_NOMEM, "HMAC failed", 0);
	}
	memcpy(ret, "v1,", 3);
	base64_encode(mac, sizeof(mac), ret + 3);
	return 0;
}
