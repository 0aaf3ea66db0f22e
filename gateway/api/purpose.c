/* purpose.c - see purpose.h.
 *
 * Source: Art. 5(1)(b), 18(2), 18(3) GDPR; compliance 2.3, 9 X1. */
#include "purpose.h"

#include "problem.h"
#include "route.h"
#include "worker/restriction.h"

/* Nothing that is typed in: who looks could write about the person there. */
static const char *const purposes[] = {
    "accuracy",	      /* is it right?  Art. 18(1)(a) */
    "consent",	      /* the person agrees to this use */
    "legal_claims",   /* Art. 18(2) */
    "objection",      /* whose interests prevail?  Art. 18(1)(d) */
    "protect_person", /* Art. 18(2) */
    "public_interest", "rights_request", "security",
};

#define NEEDED                                                         \
	"purpose: one of accuracy, consent, legal_claims, objection, " \
	"protect_person, public_interest, rights_request, security"

const char *purpose_stated(const struct job *job)
{
	for (size_t i = 0; i < sizeof(purposes) / sizeof(purposes[0]); i++)
		if (strcmp(purposes[i], job->query[QUERY_PURPOSE]) == 0)
			return purposes[i];
	return NULL;
}

bool purpose_opens_all(const struct job *job)
{
	return (job->caller.scopes & SCOPE_RIGHTS) != 0 &&
	       purpose_stated(job) != NULL;
}

static int refuse_restricted(struct job *job)
{
	return job_refuse_with(job, &problem_policy,
			       (job->caller.scopes & SCOPE_RIGHTS) != 0 ? NEEDED
									: NULL,
			       json_pack("{s:[{s:s, s:i, s:s}]}", "reasons",
					 "code", "person.restricted", "line", 0,
					 "article", "Art. 18(2) GDPR"));
}

int purpose_check(struct worker *w, struct job *job, int64_t person,
		  int64_t conversation, struct err *err)
{
	bool restricted = false;

	if (job->query[QUERY_PURPOSE][0] != '\0' && purpose_stated(job) == NULL)
		return job_refuse(job, &problem_malformed, NEEDED);
	if (restriction_of(w, person, conversation, &restricted, err) != 0)
		return -1;
	if (purpose_opens_all(job))
		return 0;
	if (restricted)
		return refuse_restricted(job);
	return (job->route->scope & SCOPE_DESK) == 0 ||
		       (job->caller.scopes & SCOPE_DESK) != 0
		   ? 0
		   : job_refuse(job, &problem_malformed, NEEDED);
}
