/* hold.h - Loeschaussetzung: what is not deleted although it is due
 * (compliance 3.4; Art. 17(3)(e) GDPR).
 *
 * This half is asked by every step that deletes, and looks at what comes in;
 * placing, approving and releasing is forget/holding.h. */
#ifndef POSTERN_WORKER_HOLD_H
#define POSTERN_WORKER_HOLD_H

#include "worker.h"

/* What a hold can be about. */
struct hold_facts {
	int64_t item, person, conversation;
	const struct name *channel, *datenart;
	int64_t received_ms;
};
/* The first active hold over it; *ret 0: none.  Costs nothing while no hold is
 * active. */
int hold_of(struct worker *w, const struct hold_facts *facts, int64_t *ret,
	    struct err *err);

#endif
