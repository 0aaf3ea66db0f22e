/* shadow.h - a proposed policy that watches.
 *
 * Every message is judged a second time, by the version that watches; where it
 * would have been treated otherwise, a number goes up.  Numbers only: what was
 * done, what would have been done, the rule; no content, no persons. */
#ifndef POSTERN_WORKER_SHADOW_H
#define POSTERN_WORKER_SHADOW_H

#include "worker.h"

/* The version that watches from now on; 0: none. */
int shadow_set(struct worker *w, int64_t version, struct err *err);
/* The policy that watches now; NULL: none. */
const struct policy *shadow_policy(const struct worker *w);
void shadow_free(struct shadow **s);

/* Counts where the decisions about one message differ, inside the caller's
 * transaction. */
int shadow_note(struct worker *w, const struct name *channel,
		const struct policy_decision *was,
		const struct policy_decision *would, struct err *err);
/* The same for a reply on its way out, the first time it is judged. */
int shadow_note_send(struct worker *w, const struct policy_facts *facts,
		     const struct policy_decision *was, struct err *err);

#endif
