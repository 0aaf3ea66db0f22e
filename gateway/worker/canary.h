/* canary.h - made-up persons that nobody has a reason to open
 * (compliance 2.7; assurance 5).
 *
 * Whoever shows, forwards, packs or deletes data of a person asks here; while
 * there are no canaries that costs nothing.  They are made and ended by
 * breach/canaries.h. */
#ifndef POSTERN_WORKER_CANARY_H
#define POSTERN_WORKER_CANARY_H

#include "worker.h"

enum canary_touch {
	CANARY_VIEWED,	  /* content was read over the API */
	CANARY_EXPORTED,  /* packed, or proof of a consent handed out */
	CANARY_FORWARDED, /* told to a helpdesk */
	CANARY_ASKED,	  /* a request was opened for them */
};

/*
 * canary_touched - if this is one, an entry of the proof log and an alarm
 * that says what and who (w->acting; its pseudonym).
 *
 * In the caller's transaction.  The alarm is raised once until somebody ends
 * it by ending the canary; the log has every touch.
 */
int canary_touched(struct worker *w, int64_t person, enum canary_touch what,
		   struct err *err);
/* Is the person one?  Figures leave them out, the sweep leaves them alone. */
int canary_is(struct worker *w, int64_t person, bool *ret, struct err *err);
/* Is there any?  So that nobody looks up a person for nothing. */
int canary_any(struct worker *w, bool *ret, struct err *err);
/* Rows of table canary were written. */
void canary_changed(struct worker *w);

#endif
