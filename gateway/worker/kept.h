/* kept.h - records that were to go and are kept: stored, shown to nobody.
 *
 * Whoever shows, lists, forwards or counts a message asks here, as with
 * restriction.h. */
#ifndef POSTERN_WORKER_KEPT_H
#define POSTERN_WORKER_KEPT_H

#include "worker.h"

/* id: of a message, an attachment, or of a person who was to go.  Costs nothing
 * while there are none. */
int kept_is(struct worker *w, int64_t id, bool *ret, struct err *err);
/* The case they are of was reopened: what only its end took out of use is
 * looked at again by the next run.  In the transaction. */
int kept_reopened(struct worker *w, int64_t person, int64_t conversation,
		  struct err *err);
/* Rows of table kept were written or removed. */
void kept_changed(struct worker *w);

#endif
