/* judge.h - facts of a record, and what becomes of it (compliance 3.3).
 *
 * The one place that asks policy for the end of a record: from its row, its
 * start events, holds and restrictions to erasure_decide().  Reads only. */
#ifndef POSTERN_FORGET_JUDGE_H
#define POSTERN_FORGET_JUDGE_H

#include "item.h"
#include "postern/retention.h"

struct judged {
	struct erasure_facts facts;
	struct erasure_decision decision;
	int64_t hold;	   /* which one holds it; 0: none */
	const char *norm;  /* the law that says keep, as the policy spells it;
			    * NULL: none, or no name */
	bool unclassified; /* its Datenart has no rule: for a person to say */
};
/* today: local day of the controller, as sweepclock.h trusts it. */
int judge_item(struct worker *w, const struct item *item,
	       enum erasure_trigger trigger, int64_t today, struct judged *ret,
	       struct err *err);

/* --- what is kept although it was to go ----------------------------------- */

/* Row of table kept; in the transaction.  erasure 0: the sweep. */
int kept_put(struct worker *w, const struct item *item,
	     const struct judged *judged, int64_t erasure, struct err *err);
int kept_forget(struct worker *w, int64_t id, struct err *err);

#endif
