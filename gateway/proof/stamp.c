/* stamp.c - see stamp.h.
 *
 * Source: RFC 3161; OpenSSL 3.0, whose TS_REQ_to_TS_VERIFY_CTX leaves the
 * signature unchecked, so every flag is set here by name. */
#include "postern/stamp.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ts.h>
#include <openssl/x509_vfy.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* --- what is stamped ------------------------------------------------------ */

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

static bool signed_by(const char *line, size_t len, const char *name,
		      size_t name_len)
{
	size_t head = sizeof(DASH) - 1;

	return len > head + name_len && memcmp(line, DASH, head) == 0 &&
	       memcmp(line + head, name, name_len) == 0 &&
	       line[head + name_len] == ' ';
}

size_t stamp_covers(const void *note, size_t len)
{
	const char *text = note, *end = text + len;
	const char *line = memmem(text, len, "\n\n", 2);
	const char *name_end = memchr(text, '\n', len), *next;

	if (line == NULL || name_end == NULL)
		return len;
	for (line += 2; line < end; line = next + 1) {
		next = memchr(line, '\n', (size_t)(end - line));
		if (next == NULL || !signed_by(line, (size_t)(next - line),
					       text, (size_t)(name_end - text)))
			break;
	}
	return (size_t)(line - text);
}

/* --- the query ------------------------------------------------------------ */

static TS_MSG_IMPRINT *imprint_of(const void *data, size_t len)
{
	TS_MSG_IMPRINT *imprint = TS_MSG_IMPRINT_new();
	X509_ALGOR *algo = X509_ALGOR_new();
	uint8_t digest[SHA256_DIGEST_LENGTH];
	int ok;

	(void)SHA256(data, len, digest);
	ok = imprint != NULL && algo != NULL &&
	     X509_ALGOR_set0(algo, OBJ_nid2obj(NID_sha256), V_ASN1_NULL,
			     NULL) == 1 &&
	     TS_MSG_IMPRINT_set_algo(imprint, algo) == 1 &&
	     TS_MSG_IMPRINT_set_msg(imprint, digest, sizeof(digest)) == 1;
	X509_ALGOR_free(algo); /* was copied */
	if (ok != 0)
		return imprint;
	TS_MSG_IMPRINT_free(imprint);
	return NULL;
}

static ASN1_INTEGER *number_of(const uint8_t nonce[STAMP_NONCE_BYTES])
{
	BIGNUM *big = BN_bin2bn(nonce, STAMP_NONCE_BYTES, NULL);
	ASN1_INTEGER *number =
	    big != NULL ? BN_to_ASN1_INTEGER(big, NULL) : NULL;

	BN_free(big);
	return number;
}

static TS_REQ *request_of(const void *data, size_t len,
			  const uint8_t nonce[STAMP_NONCE_BYTES])
{
	TS_REQ *req = TS_REQ_new();
	TS_MSG_IMPRINT *imprint = imprint_of(data, len);
	ASN1_INTEGER *number = number_of(nonce);
	int ok;

	ok = req != NULL && imprint != NULL && number != NULL &&
	     TS_REQ_set_version(req, 1) == 1 &&
	     TS_REQ_set_msg_imprint(req, imprint) == 1 &&
	     TS_REQ_set_nonce(req, number) == 1 &&
	     TS_REQ_set_cert_req(req, 1) == 1;
	TS_MSG_IMPRINT_free(imprint);
	ASN1_INTEGER_free(number);
	if (ok != 0)
		return req;
	TS_REQ_free(req);
	return NULL;
}

int stamp_request(const void *data, size_t len,
		  const uint8_t nonce[STAMP_NONCE_BYTES], struct buf *ret,
		  struct err *err)
{
	TS_REQ *req = request_of(data, len, nonce);
	uint8_t *der = NULL;
	int der_len = req != NULL ? i2d_TS_REQ(req, &der) : -1;
	int rc;

	rc = der_len > 0 ? buf_append(ret, der, (size_t)der_len, err)
			 : ERR_SET(err, ERR_NOMEM, "time stamp query", 0);
	OPENSSL_free(der);
	TS_REQ_free(req);
	ERR_clear_error();
	return rc;
}

/* --- the reply -------------------------------------------------------------
 */

static TS_RESP *reply_of(const void *reply, size_t len, struct err *err)
{
	const uint8_t *at = reply;
	TS_RESP *resp;

	if (len == 0 || len > STAMP_BYTES_MAX) {
		(void)ERR_SET(err, ERR_INPUT, "time stamp: length", 0);
		return NULL;
	}
	resp = d2i_TS_RESP(NULL, &at, (long)len);
	if (resp == NULL || at != (const uint8_t *)reply + len) {
		TS_RESP_free(resp);
		(void)ERR_SET(err, ERR_INPUT, "not a time stamp reply", 0);
		return NULL;
	}
	return resp;
}

/* PKIFailureInfo (RFC 3161, 2.4.2) as a sentence. */
static const char *refusal(TS_RESP *resp)
{
	static const struct {
		int bit;
		const char *what;
	} failures[] = {
	    {0, "the authority refused: it does not know the hash (badAlg)"},
	    {2, "the authority refused: no request it takes (badRequest)"},
	    {5, "the authority refused: wrong format (badDataFormat)"},
	    {14, "the authority refused: its clock is not available "
		 "(timeNotAvailable)"},
	    {15, "the authority refused: not this policy (unacceptedPolicy)"},
	    {16, "the authority refused: an extension "
		 "(unacceptedExtension)"},
	    {17, "the authority refused: what was asked for is not available "
		 "(addInfoNotAvailable)"},
	    {25, "the authority refused: it failed (systemFailure)"},
	};
	const ASN1_BIT_STRING *info =
	    TS_STATUS_INFO_get0_failure_info(TS_RESP_get_status_info(resp));

	for (size_t i = 0;
	     info != NULL && i < sizeof(failures) / sizeof(failures[0]); i++)
		if (ASN1_BIT_STRING_get_bit(info, failures[i].bit) != 0)
			return failures[i].what;
	return "the authority refused and does not say why";
}

/* RFC 3161, 2.4.2: 0 granted, 1 grantedWithMods; a token only with these. */
static int check_status(TS_RESP *resp, struct err *err)
{
	const ASN1_INTEGER *status =
	    TS_STATUS_INFO_get0_status(TS_RESP_get_status_info(resp));
	long number = ASN1_INTEGER_get(status);

	if (number != TS_STATUS_GRANTED &&
	    number != TS_STATUS_GRANTED_WITH_MODS)
		return err_set(err, ERR_DENIED, __func__, refusal(resp),
			       (int)(number & 0xff));
	if (TS_RESP_get_tst_info(resp) == NULL)
		return ERR_SET(err, ERR_INPUT, "time stamp without a token", 0);
	return 0;
}

static int time_of(TS_TST_INFO *info, int64_t *ret_s)
{
	const ASN1_GENERALIZEDTIME *t = TS_TST_INFO_get_time(info);
	struct tm tm = {0};

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	*ret_s = (int64_t)timegm(&tm);
	return *ret_s > 0 ? 0 : -1;
}

/* Certificates are judged at the time of the stamp: an archived one outlives
 * the certificate of its authority. */
static X509_STORE *trusted(const char *pem, size_t len, int64_t at_s)
{
	X509_STORE *store = X509_STORE_new();
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	X509 *cert = NULL;
	int ok = store != NULL && bio != NULL;

	while (ok != 0 &&
	       (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
		ok = X509_STORE_add_cert(store, cert);
		X509_free(cert); /* the store has its own reference */
	}
	BIO_free(bio);
	if (ok == 0) {
		X509_STORE_free(store);
		return NULL;
	}
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), (time_t)at_s);
	return store;
}

/* OpenSSL's own check of the nonce cannot be had without its request. */
static bool nonce_matches(TS_TST_INFO *info, const uint8_t *nonce)
{
	const ASN1_INTEGER *there = TS_TST_INFO_get_nonce(info);
	ASN1_INTEGER *number = nonce != NULL ? number_of(nonce) : NULL;
	bool same = nonce == NULL || (number != NULL && there != NULL &&
				      ASN1_INTEGER_cmp(there, number) == 0);

	ASN1_INTEGER_free(number);
	return same;
}

/* The bytes of the imprint alone would let another hash stand for ours. */
static bool made_of_sha256(TS_TST_INFO *info)
{
	X509_ALGOR *algo =
	    TS_MSG_IMPRINT_get_algo(TS_TST_INFO_get_msg_imprint(info));
	const ASN1_OBJECT *oid = NULL;

	X509_ALGOR_get0(&oid, NULL, NULL, algo);
	return OBJ_obj2nid(oid) == NID_sha256;
}

/* Takes store, also on failure. */
static TS_VERIFY_CTX *checks(const void *data, size_t len, X509_STORE *store)
{
	TS_VERIFY_CTX *ctx = TS_VERIFY_CTX_new();
	uint8_t *digest = OPENSSL_malloc(SHA256_DIGEST_LENGTH);

	if (ctx == NULL || digest == NULL) {
		TS_VERIFY_CTX_free(ctx);
		OPENSSL_free(digest);
		X509_STORE_free(store);
		return NULL;
	}
	(void)SHA256(data, len, digest);
	(void)TS_VERIFY_CTX_set_flags(ctx, TS_VFY_VERSION | TS_VFY_IMPRINT |
					       TS_VFY_SIGNER |
					       TS_VFY_SIGNATURE);
	/* The context owns both from here on. */
	(void)TS_VERIFY_CTX_set_imprint(ctx, digest, SHA256_DIGEST_LENGTH);
	(void)TS_VERIFY_CTX_set_store(ctx, store);
	return ctx;
}

/* What OpenSSL found first, as a sentence. */
static const char *disproof(void)
{
	unsigned long code;

	while ((code = ERR_get_error()) != 0) {
		if (ERR_GET_LIB(code) != ERR_LIB_TS)
			continue;
		switch (ERR_GET_REASON(code)) {
		case TS_R_MESSAGE_IMPRINT_MISMATCH:
			return "the time stamp is of other bytes";
		case TS_R_SIGNATURE_FAILURE:
			return "the time stamp was changed: its signature is "
			       "wrong";
		case TS_R_CERTIFICATE_VERIFY_ERROR:
			return "the signer of the time stamp is not trusted "
			       "by this root, or not for time stamps";
		default:
			break;
		}
	}
	return "the time stamp is not of these bytes, was changed, or its "
	       "signer is not trusted";
}

static int check_token(TS_RESP *resp, const void *data, size_t data_len,
		       const struct stamp_trust *trust, int64_t at_s,
		       struct err *err)
{
	X509_STORE *store = trusted(trust->root_pem, trust->root_len, at_s);
	TS_VERIFY_CTX *ctx =
	    store != NULL ? checks(data, data_len, store) : NULL;
	int ok;

	if (ctx == NULL)
		return ERR_SET(err, ERR_NOMEM, "time stamp: certificates", 0);
	ok = TS_RESP_verify_response(ctx, resp);
	TS_VERIFY_CTX_free(ctx);
	return ok == 1 ? 0 : err_set(err, ERR_CORRUPT, __func__, disproof(), 0);
}

static void tell(TS_TST_INFO *info, int64_t at_s, struct stamp *ret)
{
	BIGNUM *big = ASN1_INTEGER_to_BN(TS_TST_INFO_get_serial(info), NULL);
	char *hex = big != NULL ? BN_bn2hex(big) : NULL;

	*ret = (struct stamp){.at_ms = at_s * 1000};
	if (hex != NULL)
		(void)snprintf(ret->serial, sizeof(ret->serial), "%s", hex);
	(void)OBJ_obj2txt(ret->policy, sizeof(ret->policy),
			  TS_TST_INFO_get_policy_id(info), 1);
	OPENSSL_free(hex);
	BN_free(big);
}

static int verify(TS_RESP *resp, const void *data, size_t data_len,
		  const struct stamp_trust *trust, struct stamp *ret,
		  struct err *err)
{
	TS_TST_INFO *info;
	int64_t at_s = 0;

	if (check_status(resp, err) != 0)
		return -1;
	info = TS_RESP_get_tst_info(resp);
	if (time_of(info, &at_s) != 0)
		return ERR_SET(err, ERR_INPUT, "time stamp without a time", 0);
	if (!made_of_sha256(info))
		return ERR_SET(err, ERR_CORRUPT, "time stamp of another hash",
			       0);
	if (!nonce_matches(info, trust->nonce))
		return ERR_SET(err, ERR_CORRUPT,
			       "time stamp of another request", 0);
	if (check_token(resp, data, data_len, trust, at_s, err) != 0)
		return -1;
	tell(info, at_s, ret);
	return 0;
}

int stamp_verify(const void *reply, size_t reply_len, const void *data,
		 size_t data_len, const struct stamp_trust *trust,
		 struct stamp *ret, struct err *err)
{
	TS_RESP *resp = reply_of(reply, reply_len, err);
	int rc =
	    resp != NULL ? verify(resp, data, data_len, trust, ret, err) : -1;

	TS_RESP_free(resp);
	ERR_clear_error(); /* what OpenSSL says of hostile bytes */
	return rc;
}
