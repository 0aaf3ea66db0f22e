/* public.h - what the public may ask of the worker: the portal, its status
 * pages, OpenDSR, DRP, the deletion callback.
 *
 * The intake reads the internet and passes a whole, bounded request through a
 * hatch (postern/hatch.h); it parses no body and sees no archive.  The worker
 * answers from this table, in its loop, in one transaction. */
#ifndef POSTERN_PUBLIC_PUBLIC_H
#define POSTERN_PUBLIC_PUBLIC_H

#include "postern/hatch.h"
#include "worker/worker.h"

/* 0: answered (refusals too); -1: ERR_BUSY ... as a step of the worker: what
 * was done is taken back and the client gets 503. */
typedef int public_run(struct worker *w, const struct public_request *rq,
		       struct public_answer *ret, struct err *err);
struct public_route {
	const char *method;  /* "GET", "POST", "DELETE" */
	const char *pattern; /* "/privacy/status/{}": one part is open */
	public_run *run;
};
/* Does the path fit, and what stands there for {}: one part, not empty; "" in a
 * pattern without it. */
bool public_part(const char *pattern, const char *path,
		 char ret[PUBLIC_PATH_MAX + 1]);

/* --- answers -------------------------------------------------------------- */

/* application/problem+json; the status says what; 0, to be returned. */
int public_problem(struct public_answer *ret, unsigned int status,
		   int64_t retry_after_s);
/* Both texts are copied.  ERR_INPUT: no room for one more, or too long. */
int public_header_add(struct public_answer *ret, const char *name,
		      const char *value, struct err *err);

/* A turn of the loop. */
int public_step(struct worker *w, bool *ret_moved, struct err *err);

/* Handlers, by file. */
public_run public_portal_get, public_portal_post; /* portal.c */
public_run public_status_get, public_status_post; /* status.c */
public_run public_proof_get, public_proof_post;	  /* proof.c */
public_run public_fetch_get, public_fetch_done;	  /* fetch.c */
public_run public_receipt_get;			  /* receipt.c */
public_run public_meta_post;			  /* metadeletion.c */
public_run opendsr_discovery, opendsr_create, opendsr_status, opendsr_cancel,
    opendsr_callback, opendsr_certificate; /* opendsr.c */
public_run drp_create, drp_status, drp_revoke, drp_agent_put,
    drp_agent_get; /* drp.c */

#endif
