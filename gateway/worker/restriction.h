/* restriction.h - data that are stored and not used (Art. 18 GDPR).
 *
 * A restriction is a row: of one conversation, or of everything of a person
 * and whoever joined with them.  While one is open, nothing of it is told to
 * a helpdesk, shown to one or sent to the person; what is to be told waits in
 * the outbox in state restricted until it is lifted. */
#ifndef POSTERN_WORKER_RESTRICTION_H
#define POSTERN_WORKER_RESTRICTION_H

#include "worker.h"

/* Costs nothing while no restriction is open.  Errors: the store's. */
int restriction_of(struct worker *w, int64_t person, int64_t conversation,
		   bool *ret, struct err *err);

/*
 * restriction_place - from now on; inside the caller's transaction.
 *
 *   conversation	whose person it concerns
 *   whole	everything of the person, not this conversation alone
 *   ground	"a" to "d" of Art. 18(1)
 *   actor	token id; 0: the operator of this host
 *
 * The helpdesks concerned are told.  Returns 0, or -1: ERR_DENIED: it is
 * restricted already; else the store's.
 */
struct restriction {
	int64_t conversation, person;
	bool whole;
	const char *ground;
	int64_t actor;
};
int restriction_place(struct worker *w, const struct restriction *r,
		      struct err *err);
/* Lifts every restriction of this conversation and of its person; what waits
 * goes on.  informed_day: when the person was told before (Art. 18(3)),
 * caldate.h.  ERR_ABSENT: there is none. */
int restriction_lift(struct worker *w, int64_t person, int64_t conversation,
		     int64_t informed_day, struct err *err);

/* A row of the outbox waits until then; outside a transaction. */
int restriction_park(struct worker *w, int64_t row, struct err *err);

#endif
