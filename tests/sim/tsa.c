/* tsa.c - a time-stamp authority of RFC 3161 with throw-away keys.
 *
 * POST /tsr is the service, GET /state counts, POST /mode {"mode"} makes it
 * misbehave: ok, refuse (a status instead of a token), other (a stamp of the
 * first query), stranger (signed by an unknown authority), broken (half a
 * reply), error (503). */
#include "sim.h"

#include <openssl/pem.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

struct authority {
	X509 *root, *cert;
	EVP_PKEY *root_key, *key;
};

struct tsa {
	pthread_mutex_t lock;
	struct authority known, stranger;
	char mode[16];
	uint8_t *before; /* the first query */
	size_t before_len;
	json_int_t asked, stamped;
	long serial;
};

/* --- certificates --------------------------------------------------------- */

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void extend(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	must(ext != NULL && X509_add_ext(cert, ext, -1) == 1);
	X509_EXTENSION_free(ext);
}

static X509 *certificate(EVP_PKEY *key, const char *name, X509 *issuer,
			 EVP_PKEY *issuer_key, long serial)
{
	X509 *cert = X509_new();
	X509_NAME *subject;

	must(cert != NULL && X509_set_version(cert, 2) == 1 &&
	     ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) == 1 &&
	     X509_gmtime_adj(X509_getm_notBefore(cert), -86400) != NULL &&
	     X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * 365) != NULL &&
	     X509_set_pubkey(cert, key) == 1);
	subject = X509_get_subject_name(cert);
	must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
					(const unsigned char *)name, -1, -1,
					0) == 1);
	must(X509_set_issuer_name(cert, issuer != NULL
					    ? X509_get_subject_name(issuer)
					    : subject) == 1);
	if (issuer == NULL)
		extend(cert, NID_basic_constraints, "critical,CA:TRUE");
	else
		extend(cert, NID_ext_key_usage, "critical,timeStamping");
	must(X509_sign(cert, issuer_key, EVP_sha256()) > 0);
	return cert;
}

static void found(struct authority *a, const char *name)
{
	a->root_key = EVP_EC_gen("P-256");
	a->key = EVP_EC_gen("P-256");
	must(a->root_key != NULL && a->key != NULL);
	a->root = certificate(a->root_key, name, NULL, a->root_key, 1);
	a->cert = certificate(a->key, "Stamps", a->root, a->root_key, 2);
}

static void publish(const struct authority *a, const char *path)
{
	FILE *file = fopen(path, "we");

	must(file != NULL && PEM_write_X509(file, a->root) == 1 &&
	     fclose(file) == 0);
}

/* --- stamps ----------------------------------------------------------------
 */

static ASN1_INTEGER *next_serial(TS_RESP_CTX *ctx, void *data)
{
	struct tsa *t = data;
	ASN1_INTEGER *serial = ASN1_INTEGER_new();

	(void)ctx;
	must(serial != NULL && ASN1_INTEGER_set(serial, ++t->serial) == 1);
	return serial;
}

/* Of the DER of a query; *ret_len 0: it is none. */
static uint8_t *stamp(struct tsa *t, const struct authority *a,
		      const uint8_t *query, size_t len, size_t *ret_len)
{
	bool refuse = strcmp(t->mode, "refuse") == 0;
	TS_RESP_CTX *ctx = TS_RESP_CTX_new();
	ASN1_OBJECT *policy = OBJ_txt2obj("1.2.3.4.1", 1);
	BIO *bio = BIO_new_mem_buf(query, (int)len);
	uint8_t *der = NULL;
	TS_RESP *resp;
	int der_len;

	must(ctx != NULL && policy != NULL && bio != NULL &&
	     TS_RESP_CTX_set_signer_cert(ctx, a->cert) == 1 &&
	     TS_RESP_CTX_set_signer_key(ctx, a->key) == 1 &&
	     TS_RESP_CTX_set_def_policy(ctx, policy) == 1 &&
	     TS_RESP_CTX_set_signer_digest(ctx, EVP_sha256()) == 1 &&
	     TS_RESP_CTX_set_ess_cert_id_digest(ctx, EVP_sha256()) == 1 &&
	     TS_RESP_CTX_add_md(ctx, refuse ? EVP_sha512() : EVP_sha256()) ==
		 1);
	TS_RESP_CTX_set_serial_cb(ctx, next_serial, t);
	resp = TS_RESP_create_response(ctx, bio);
	der_len = resp != NULL ? i2d_TS_RESP(resp, &der) : 0;
	TS_RESP_free(resp);
	TS_RESP_CTX_free(ctx);
	ASN1_OBJECT_free(policy);
	BIO_free(bio);
	*ret_len = der_len > 0 ? (size_t)der_len : 0;
	return der;
}

static void remember(struct tsa *t, const struct sim_request *rq)
{
	if (t->before != NULL)
		return;
	t->before = malloc(rq->body_len + 1);
	must(t->before != NULL);
	memcpy(t->before, rq->body, rq->body_len);
	t->before_len = rq->body_len;
}

static void serve(struct tsa *t, const struct sim_request *rq,
		  struct sim_answer *an)
{
	bool other = strcmp(t->mode, "other") == 0 && t->before != NULL;
	const struct authority *a =
	    strcmp(t->mode, "stranger") == 0 ? &t->stranger : &t->known;
	size_t len = 0;
	uint8_t *der;

	t->asked++;
	if (strcmp(t->mode, "error") == 0 ||
	    strcmp(sim_header(rq, "Content-Type"),
		   "application/timestamp-query") != 0) {
		sim_answer_text(an, 503, "text/plain", "later");
		return;
	}
	der = stamp(t, a, other ? t->before : rq->body,
		    other ? t->before_len : rq->body_len, &len);
	remember(t, rq);
	if (strcmp(t->mode, "broken") == 0)
		len /= 2;
	if (strcmp(t->mode, "ok") == 0)
		t->stamped++;
	sim_answer_bytes(an, 200, "application/timestamp-reply", der, len);
	OPENSSL_free(der);
}

static void behave(struct tsa *t, const struct sim_request *rq,
		   struct sim_answer *an)
{
	json_t *body =
	    json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *mode = json_string_value(json_object_get(body, "mode"));

	snprintf(t->mode, sizeof(t->mode), "%s", mode != NULL ? mode : "ok");
	json_decref(body);
	sim_answer_json(an, 200, json_pack("{s:s}", "mode", t->mode));
}

static void on_request(void *ctx, const struct sim_request *rq,
		       struct sim_answer *an)
{
	struct tsa *t = ctx;

	pthread_mutex_lock(&t->lock);
	if (strcmp(rq->path, "/tsr") == 0)
		serve(t, rq, an);
	else if (strcmp(rq->path, "/mode") == 0)
		behave(t, rq, an);
	else
		sim_answer_json(an, 200,
				json_pack("{s:I, s:I}", "asked", t->asked,
					  "stamped", t->stamped));
	pthread_mutex_unlock(&t->lock);
}

int sim_tsa_main(int argc, char **argv)
{
	static struct tsa t = {.lock = PTHREAD_MUTEX_INITIALIZER, .mode = "ok"};
	struct MHD_Daemon *d;

	found(&t.known, "Test time");
	found(&t.stranger, "Test stranger");
	publish(&t.known,
		sim_option(argc, argv, "--root-file", "tsa-root.pem"));
	d = sim_listen(sim_option(argc, argv, "--listen", "127.0.0.1:9300"),
		       on_request, &t);
	sim_wait();
	MHD_stop_daemon(d);
	return 0;
}
