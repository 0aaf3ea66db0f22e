/* tools.h - what the calls of the policy tools share.  They say what the verbs
 * say with --json, by the same functions (policy_tools/). */
#ifndef POSTERN_API_TOOLS_H
#define POSTERN_API_TOOLS_H

#include "job.h"
#include "policy_tools/complaint.h"
#include "postern/diag.h"
#include "postern/policy.h"
#include "postern/tongue.h"

/* [{"line","column","text"}] */
json_t *tools_findings(const struct diag *diag);
/* The text of a policy in a body; member is what it is called there.  -1:
 * refused with its findings. */
int tools_parse(struct job *job, const char *member, const uint8_t *bytes,
		size_t len, struct policy **ret, struct err *err);
/* The same of a member; *ret NULL when absent. */
int tools_policy(struct job *job, const json_t *body, const char *member,
		 struct policy **ret, struct err *err);

/* sent, if there is one, else the policy in force.  -1: refused, while it is
 * not yet vouched for that it is. */
int tools_or_in_force(struct worker *w, struct job *job,
		      const struct policy *sent, const struct policy **ret);

/* What a tool complained of; always returns -1. */
struct problem;
int tools_refuse(struct job *job, const struct problem *problem,
		 const struct complaint *why, struct err *err);

/* Of a member "language" or of the query; German when it is absent, as the
 * verbs have it.  -1: refused. */
int tools_tongue(struct job *job, const struct problem *problem,
		 const char *text, enum tongue *ret);
/* NULL for "". */
const char *tools_query(const struct job *job, enum job_query query);

#endif
