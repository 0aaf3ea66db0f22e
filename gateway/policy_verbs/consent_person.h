/* consent_person.h - one person's consents, from the running instance. */
#ifndef POSTERN_POLICY_VERBS_CONSENT_PERSON_H
#define POSTERN_POLICY_VERBS_CONSENT_PERSON_H

#include "verbs.h"

/* `consent show PERSON`: states and how they came about. */
int consent_show(const struct verb_args *args);
/* `consent proof PERSON PURPOSE`: what proves it, to standard output. */
int consent_proof(const struct verb_args *args);

#endif
