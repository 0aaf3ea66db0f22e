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
/* The same of a conversation whose person is not at hand. */
int restriction_of_conversation(struct worker *w, int64_t conversation,
				bool *ret, struct err *err);

/*
 * restriction_place - from now on; inside the caller's transaction.
 *
 *   conversation	whose person it concerns
 *   whole	everything of the person, not this conversation alone
 *   ground	"a" to "d" of Art. 18(1)
 *   actor	token id; 0: the operator of this host
 *   request	what the person asked for it with; 0: nobody asked
 *
 * The helpdesks concerned are told.  Returns 0, or -1: ERR_DENIED: it is
 * restricted already; else the store's.
 */
struct restriction {
	int64_t conversation, person;
	bool whole;
	const char *ground;
	int64_t actor, request;
};
int restriction_place(struct worker *w, const struct restriction *r,
		      struct err *err);

/* That the person was told before it is lifted (Art. 18(3) GDPR): when, how,
 * and who says so. */
struct restriction_notice {
	int64_t day;	 /* caldate.h: from its setting to today */
	const char *how; /* restriction_how() */
	int64_t by;	 /* token id; 0: the operator of this host */
};
/* The word itself, static; NULL: there is no such way. */
const char *restriction_how(const char *word);
/* Lifts every restriction of this conversation and of its person; what waits
 * goes on.  ERR_ABSENT: there is none.  ERR_INPUT: the notice is of before it
 * was set, or not of today yet. */
int restriction_lift(struct worker *w, int64_t person, int64_t conversation,
		     const struct restriction_notice *notice, struct err *err);
/* The person wants it erased: that ends grounds b and c, which were theirs to
 * choose; nobody needs to be told.  Inside the caller's transaction. */
int restriction_wish_erasure(struct worker *w, int64_t person, struct err *err);

/* A row of the outbox waits until then; outside a transaction. */
int restriction_park(struct worker *w, int64_t row, struct err *err);

/* Helpdesks of a person who is not to be used any more although no row of table
 * restriction says so: all of them is kept for a hold. */
int restriction_tell(struct worker *w, int64_t person, struct err *err);

#endif
