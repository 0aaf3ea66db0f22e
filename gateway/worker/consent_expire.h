/* consent_expire.h - questions nobody answered, and what waited for them. */
#ifndef POSTERN_WORKER_CONSENT_EXPIRE_H
#define POSTERN_WORKER_CONSENT_EXPIRE_H

#include "worker.h"

/*
 * consent_step - forgets what ran out: a question with its text, and with it
 * who was asked if nothing else is known of them; a message held back.
 *
 * A clock that is set back forgets nothing.  Rests until everything received
 * so far is archived: the answer may be among it.
 */
int consent_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t consent_due_in_ms(const struct worker *w);

#endif
