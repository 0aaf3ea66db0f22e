/* drp.h - inside public: what the addresses of the Data Rights Protocol share.
 */
#ifndef POSTERN_PUBLIC_DRP_H
#define POSTERN_PUBLIC_DRP_H

#include <jansson.h>

#include "../rights/rights.h"
#include "inside.h"
#include "postern/drp.h"

/* A refusal: {"code","message","fatal"}; 0. */
int drp_refuse(unsigned int status, const char *code, const char *message,
	       struct public_answer *ret, struct err *err);
/* Takes the reference. */
int drp_say(json_t *body, struct public_answer *ret, struct err *err);

/* Which representative's token came along; in *ret, "" none. */
int drp_caller(struct worker *w, const struct public_request *rq,
	       struct drp_agent *ret, struct err *err);
/* From the directory; *ret_found false: it is not trusted. */
int drp_trusted(const struct worker *w, const char *id, struct drp_agent *ret,
		bool *ret_found, struct err *err);
/* A signed body; *ret NULL: there is a refusal already. */
int drp_signed(struct worker *w, const struct public_request *rq,
	       const struct drp_agent *agent, json_t **ret,
	       struct public_answer *answer, struct err *err);

/* The status object of a request; NULL: no memory. */
json_t *drp_object(struct worker *w, const struct rights_request *r);

#endif
