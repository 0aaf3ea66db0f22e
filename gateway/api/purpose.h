/* purpose.h - what for somebody looks at what a person wrote. */
#ifndef POSTERN_API_PURPOSE_H
#define POSTERN_API_PURPOSE_H

#include "job.h"

/* What the work of a helpdesk is for, where nothing else is said. */
#define PURPOSE_SUPPORT "support"

/*
 * purpose_check - may the caller see what is this person's?
 *
 *   conversation	0: no one in particular
 *
 * Of what is restricted (Art. 18 GDPR) a helpdesk sees nothing; who answers
 * for rights sees it for a purpose they state in the query, one of Art. 18(2)
 * or of the restriction itself.  Who answers for rights alone states one for
 * every conversation.  -1: refused, or err.
 */
int purpose_check(struct worker *w, struct job *job, int64_t person,
		  int64_t conversation, struct err *err);
/* The one that was stated, static; NULL: none. */
const char *purpose_stated(const struct job *job);
/* Sees all there is, not only what a helpdesk was told. */
bool purpose_opens_all(const struct job *job);

#endif
