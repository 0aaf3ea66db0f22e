/* policies.h - a version of the policy as JSON. */
#ifndef POSTERN_API_POLICIES_H
#define POSTERN_API_POLICIES_H

#include "job.h"
#include "lifecycle/version.h"

/* All of it; NULL with err. */
json_t *policies_json(struct worker *w, const struct version *v,
		      struct err *err);
/* Who holds a token: {"id", "label"}; null for token 0. */
json_t *policies_person(struct worker *w, int64_t token, struct err *err);

#endif
