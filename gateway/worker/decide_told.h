/* decide_told.h - what a helpdesk may see of a message in the archive, and
 * whether a channel may be used at all. */
#ifndef POSTERN_WORKER_DECIDE_TOLD_H
#define POSTERN_WORKER_DECIDE_TOLD_H

#include "store/schema.h"
#include "worker.h"

/* Contract and transfer of a channel's provider, as the settings say and on
 * this day (caldate.h).  Source: compliance 2.8. */
enum policy_mechanism decide_mechanism(const struct worker *w,
				       const struct name *channel);
/* A message in the archive, whose fate was decided when it came. */
struct decide_stored {
	const struct name *channel, *helpdesk; /* helpdesk NULL: none */
	const struct name *datenart;	       /* NULL: none */
	enum message_outcome outcome;
	bool media;
};
/* What its helpdesk may see of it by the policy of now. */
void decide_told(const struct worker *w, const struct decide_stored *m,
		 struct policy_decision *ret);

#endif
