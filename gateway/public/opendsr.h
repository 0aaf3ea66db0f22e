/* opendsr.h - inside public: what the addresses of OpenDSR share. */
#ifndef POSTERN_PUBLIC_OPENDSR_H
#define POSTERN_PUBLIC_OPENDSR_H

#include <jansson.h>

#include "../rights/rights.h"
#include "inside.h"
#include "postern/caldate.h"
#include "postern/opendsr.h"

/* What a state of ours is to the other side (compliance 2.3). */
enum opendsr_status opendsr_status_of(enum rights_state state);
/* The last second of the legal due day. */
void opendsr_due(const struct rights_request *r, char ret[INSTANT_BYTES]);
/* How it ended, if it did, for an answer or a callback: records that are gone,
 * messages in a copy; of a refusal none, and that it was one. */
int opendsr_end(struct worker *w, const struct rights_request *r, json_t *body,
		struct err *err);

/* Answers: signed, over their raw bytes; takes the reference.  0 or -1. */
int opendsr_say(struct worker *w, const struct public_request *rq,
		unsigned int status, json_t *body, struct public_answer *ret,
		struct err *err);
int opendsr_refuse(struct worker *w, const struct public_request *rq,
		   unsigned int status, const struct opendsr_faults *faults,
		   struct public_answer *ret, struct err *err);
int opendsr_refuse_one(struct worker *w, const struct public_request *rq,
		       unsigned int status, const char *reason,
		       const char *message, struct public_answer *ret,
		       struct err *err);

/* Who calls: "Bearer" and the token of one of the settings; NULL: nobody. */
const struct settings_controller *opendsr_caller(
    const struct worker *w, const struct public_request *rq);
bool opendsr_offered(const struct worker *w);
/* Version 1 is asked for by its old address. */
bool opendsr_older(const struct public_request *rq);

/* Where a copy is fetched, once: a new link each time, the one before is dead.
 * ret "": there is no copy to fetch. */
#define RESULTS_URL_BYTES 512
int public_results(struct worker *w, const struct rights_request *r,
		   char ret[RESULTS_URL_BYTES], int64_t *ret_expires_ms,
		   struct err *err);

/* The text behind "Bearer "; NULL: there is none. */
const char *public_bearer(const struct public_request *rq);

#endif
