/* public.h - what the public may ask of the worker: the portal, its status
 * pages, OpenDSR, DRP, the deletion callback.
 *
 * The intake reads the internet and passes a whole, bounded request through a
 * hatch (hatch.h); it parses no body and sees no archive.  The worker answers
 * from this table, in its loop, in one transaction. */
#ifndef POSTERN_PUBLIC_PUBLIC_H
#define POSTERN_PUBLIC_PUBLIC_H

#include "postern/buf.h"
#include "worker/worker.h"

#define PUBLIC_BODY_MAX	  (64 * 1024)
#define PUBLIC_PATH_MAX	  255
#define PUBLIC_HEADER_MAX 1023
#define PUBLIC_ANSWER_MAX (256 * 1024)

/* Of the headers only these pass. */
enum public_header {
	PUBLIC_TYPE, /* Content-Type */
	PUBLIC_AUTHORIZATION,
	PUBLIC_LANGUAGE,  /* Accept-Language */
	PUBLIC_DOMAIN,	  /* X-OpenDSR-Processor-Domain, X-OpenGDPR-... */
	PUBLIC_SIGNATURE, /* X-OpenDSR-Signature, X-OpenGDPR-... */
	PUBLIC_HEADERS,
};
struct public_request {
	const char *method, *path, *query;  /* decoded by nobody */
	const char *header[PUBLIC_HEADERS]; /* "" absent */
	const uint8_t *body;
	size_t body_len;
	int64_t at_ms;
};
struct public_answer {
	unsigned int status;
	const char *type; /* static */
	struct buf body;
	char headers[6][2][700]; /* name, value; "" none */
	size_t headers_len;
	int64_t retry_after_s;
	bool wipe; /* the body is personal */
};
/* 0: answered (refusals too); -1: ERR_BUSY ... as a step of the worker: the
 * client gets 503. */
typedef int public_run(struct worker *w, const struct public_request *rq,
		       struct public_answer *ret, struct err *err);
struct public_route {
	const char *method;  /* "GET", "POST", "DELETE" */
	const char *pattern; /* "/privacy/status/{}": one part is open */
	public_run *run;
};
/* The part that {} stands for. */
bool public_part(const struct public_route *route, const char *path,
		 char ret[PUBLIC_PATH_MAX + 1]);

/* A turn of the loop. */
int public_step(struct worker *w, bool *ret_moved, struct err *err);

/* Handlers, by file. */
public_run public_portal_get, public_portal_post; /* portal.c */
public_run public_status_get, public_status_post; /* status.c */
public_run public_proof_get, public_proof_post;	  /* proof.c */
public_run public_meta_post;			  /* metadeletion.c */
public_run opendsr_discovery, opendsr_create, opendsr_status, opendsr_cancel,
    opendsr_callback, opendsr_certificate; /* opendsr.c */
public_run drp_create, drp_status, drp_revoke, drp_agent_put,
    drp_agent_get; /* drp.c */

#endif
