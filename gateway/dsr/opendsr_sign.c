/* opendsr_sign.c - signatures over raw bodies, and whose they are.
 *
 * RSA PKCS#1 v1.5 or ECDSA P-256, SHA-256, base64; both are taken, the key
 * says which is made.  Source: compliance 5.2. */
#include "postern/opendsr.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "postern/text.h"

#define RSA_BITS_MIN  2048
#define RSA_BITS_MAX  4096
#define SIGNATURE_RAW (RSA_BITS_MAX / 8)

_Static_assert(BASE64_LEN(SIGNATURE_RAW) < OPENDSR_SIGNATURE_BYTES,
	       "room for the longest");

struct opendsr_key {
	EVP_PKEY *key;
};

static bool is_p256(const EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

static bool usable(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
		       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX;
	return EVP_PKEY_is_a(key, "EC") && is_p256(key);
}

/* No pass phrase is ever asked for. */
static int no_pass(char *ret, int size, int writing, void *ctx)
{
	(void)ret;
	(void)size;
	(void)writing;
	(void)ctx;
	return -1;
}

int opendsr_key_open(const void *pem, size_t len, struct opendsr_key **ret,
		     struct err *err)
{
	BIO *bio = len <= 65536 ? BIO_new_mem_buf(pem, (int)len) : NULL;
	struct opendsr_key *k = calloc(1, sizeof(*k));

	if (bio != NULL && k != NULL)
		k->key = PEM_read_bio_PrivateKey(bio, NULL, no_pass, NULL);
	BIO_free(bio);
	ERR_clear_error();
	if (k == NULL)
		return ERR_SET(err, ERR_NOMEM, "key", 0);
	if (k->key == NULL || !usable(k->key)) {
		opendsr_key_close(&k);
		return ERR_SET(err, ERR_INPUT,
			       "not a key in PEM, RSA of 2048 to 4096 bits or "
			       "ECDSA P-256",
			       0);
	}
	*ret = k;
	return 0;
}

void opendsr_key_close(struct opendsr_key **k)
{
	if (*k != NULL)
		EVP_PKEY_free((*k)->key);
	free(*k);
	*k = NULL;
}

int opendsr_sign(const struct opendsr_key *k, const void *body, size_t len,
		 char ret[OPENDSR_SIGNATURE_BYTES], struct err *err)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[SIGNATURE_RAW];
	size_t raw_len = sizeof(raw);
	bool good =
	    ctx != NULL &&
	    EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->key) == 1 &&
	    EVP_DigestSign(ctx, raw, &raw_len, body, len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	if (!good)
		return ERR_SET(err, ERR_NOMEM, "cannot sign", 0);
	base64_encode(raw, raw_len, ret);
	return 0;
}

/* --- certificates --------------------------------------------------------- */

static X509 *first_of(const void *pem, size_t len)
{
	BIO *bio =
	    pem != NULL && len <= 65536 ? BIO_new_mem_buf(pem, (int)len) : NULL;
	X509 *cert = NULL;

	if (bio != NULL)
		cert = PEM_read_bio_X509(bio, NULL, no_pass, NULL);
	BIO_free(bio);
	return cert;
}

/* The names of subjectAltName alone; a common name proves nothing. */
static bool names(X509 *cert, const char *domain)
{
	return X509_check_host(cert, domain, 0,
			       X509_CHECK_FLAG_NEVER_CHECK_SUBJECT, NULL) == 1;
}

static bool in_time(const X509 *cert, int64_t now_ms)
{
	time_t at = (time_t)(now_ms / 1000);

	return X509_cmp_time(X509_get0_notBefore(cert), &at) < 0 &&
	       X509_cmp_time(X509_get0_notAfter(cert), &at) > 0;
}

static bool signature_holds(EVP_PKEY *key, const char *signature,
			    const void *body, size_t len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[SIGNATURE_RAW];
	size_t raw_len = 0;
	bool good =
	    ctx != NULL &&
	    base64_decode(signature, strlen(signature), raw, sizeof(raw),
			  &raw_len) &&
	    EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestVerify(ctx, raw, raw_len, body, len) == 1;

	EVP_MD_CTX_free(ctx);
	return good;
}

enum opendsr_trust opendsr_verify(const struct opendsr_proof *p,
				  const void *body, size_t len)
{
	enum opendsr_trust trust = OPENDSR_BAD_CERTIFICATE;
	X509 *cert = first_of(p->pem, p->pem_len);
	EVP_PKEY *key = cert != NULL ? X509_get0_pubkey(cert) : NULL;

	if (key != NULL && usable(key) && in_time(cert, p->now_ms) &&
	    names(cert, p->domain))
		trust = signature_holds(key, p->signature, body, len)
			    ? OPENDSR_SIGNED
			    : OPENDSR_BAD_SIGNATURE;
	X509_free(cert);
	ERR_clear_error();
	return trust;
}

bool opendsr_fits(const struct opendsr_key *k, const void *pem, size_t pem_len,
		  const char *domain)
{
	X509 *cert = first_of(pem, pem_len);
	bool fits = cert != NULL && names(cert, domain) &&
		    X509_check_private_key(cert, k->key) == 1;

	X509_free(cert);
	ERR_clear_error();
	return fits;
}
