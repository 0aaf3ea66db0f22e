/* consent_send.h - rows of a file to the running instance. */
#ifndef POSTERN_POLICY_VERBS_CONSENT_SEND_H
#define POSTERN_POLICY_VERBS_CONSENT_SEND_H

#include "consent_file.h"

/* Some at a time, each judged and written there; prints what came of them.
 * EXIT_DONE: every row was taken, now or before. */
int consent_send(struct consent_file *f);

#endif
