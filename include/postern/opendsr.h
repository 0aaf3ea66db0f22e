/* opendsr.h - OpenDSR 2.0 as bytes: requests, answers, callbacks and their
 * signatures.  Pure: no clock, no network, no archive.
 *
 * Source: OpenDSR 2.0 (June 2020); compliance 5.2. */
#ifndef POSTERN_OPENDSR_H
#define POSTERN_OPENDSR_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"

#define OPENDSR_UUID_BYTES 37 /* with its end */
#define OPENDSR_VERSION	   "2.0"
/* Version 4, lower case, and nothing behind it. */
bool opendsr_uuid(const char *text);

enum opendsr_type { OPENDSR_ACCESS, OPENDSR_PORTABILITY, OPENDSR_ERASURE };

enum opendsr_status {
	OPENDSR_PENDING,
	OPENDSR_IN_PROGRESS,
	OPENDSR_COMPLETED,
	OPENDSR_CANCELLED,
};
const char *opendsr_status_name(enum opendsr_status status);

/* --- a request (opendsr_request.c) ---------------------------------------- */

enum opendsr_format {
	OPENDSR_RAW,
	OPENDSR_SHA256,
	OPENDSR_SHA1,
	OPENDSR_MD5,
};

#define OPENDSR_IDENTITIES_MAX 8
#define OPENDSR_CALLBACKS_MAX  8
#define OPENDSR_KIND_MAX       32
struct opendsr_identity {
	/* As OpenDSR calls it ("email"), or, from extensions, our kind of
	 * address ("phone"). */
	char type[OPENDSR_KIND_MAX + 1];
	enum opendsr_format format;
	const char *value; /* borrowed from doc */
	bool ours;	   /* from extensions */
};
struct opendsr_request {
	char id[OPENDSR_UUID_BYTES];
	enum opendsr_type type;
	bool ccpa;
	int64_t submitted_ms;
	struct opendsr_identity identities[OPENDSR_IDENTITIES_MAX];
	size_t identities_len;
	const char *callbacks[OPENDSR_CALLBACKS_MAX];
	size_t callbacks_len;
	json_t *doc;
};
struct opendsr_rules {
	const char *domain; /* of extensions that are meant for us */
	bool weak_hashes;   /* sha1 and md5 are taken, too */
	bool older;	    /* version 1: it knows no regulation */
	/* Targets on the own network a callback may name (http.h). */
	const char *const *allow;
	size_t allow_len;
};
/* What is wrong, for people of the other side: static, never a value. */
struct opendsr_fault {
	const char *reason, *message;
};
#define OPENDSR_FAULTS_MAX 8
struct opendsr_faults {
	struct opendsr_fault all[OPENDSR_FAULTS_MAX];
	size_t len;
};
/*
 * opendsr_request_read - a body of POST /requests.
 *
 * -1 with ERR_INPUT: faults says why, at least one; ERR_NOMEM.  What was read
 * is for opendsr_request_free, which wipes.
 */
int opendsr_request_read(const void *bytes, size_t len,
			 const struct opendsr_rules *rules,
			 struct opendsr_request *ret,
			 struct opendsr_faults *ret_faults, struct err *err);
void opendsr_request_free(struct opendsr_request *r);

/* The other way: an erasure asked of a processor.  identities: a list of
 * {"kind","value"}; kinds OpenDSR has no word for go into the extension of
 * its domain.  callback NULL: none. */
struct opendsr_ask {
	const char *id, *domain, *callback;
	const json_t *identities;
	int64_t at_ms;
};
int opendsr_request_print(const struct opendsr_ask *ask, struct buf *ret,
			  struct err *err);

/* --- what a processor answers (opendsr_answer.c) -------------------------- */

struct opendsr_answer {
	char id[OPENDSR_UUID_BYTES];
	bool told; /* request_status was there */
	enum opendsr_status status;
	char url[1024]; /* status_callback_url; "" none */
};
/* A callback, or the answer to a request or a question; ERR_INPUT: neither. */
int opendsr_answer_read(const void *bytes, size_t len,
			struct opendsr_answer *ret, struct err *err);

/* --- signatures (opendsr_sign.c) ------------------------------------------ */

struct opendsr_key;
/* A private key in PEM, RSA of at least 2048 bits or ECDSA P-256. */
int opendsr_key_open(const void *pem, size_t len, struct opendsr_key **ret,
		     struct err *err);
void opendsr_key_close(struct opendsr_key **k);
#define OPENDSR_SIGNATURE_BYTES 700 /* base64, with its end */
int opendsr_sign(const struct opendsr_key *k, const void *body, size_t len,
		 char ret[OPENDSR_SIGNATURE_BYTES], struct err *err);

enum opendsr_trust {
	OPENDSR_SIGNED,
	OPENDSR_BAD_CERTIFICATE, /* unreadable, not (yet) valid, other domain */
	OPENDSR_BAD_SIGNATURE,
};
/* Is body signed by the key of this certificate, which is valid at now_ms and
 * for this domain?  pem: the first certificate in it. */
struct opendsr_proof {
	const void *pem;
	size_t pem_len;
	const char *domain, *signature;
	int64_t now_ms;
};
enum opendsr_trust opendsr_verify(const struct opendsr_proof *p,
				  const void *body, size_t len);
/* Does the certificate belong to the key and name the domain? */
bool opendsr_fits(const struct opendsr_key *k, const void *pem, size_t pem_len,
		  const char *domain);

#endif
