/* decide.h - facts about what comes in, for the policy to judge. */
#ifndef POSTERN_WORKER_DECIDE_H
#define POSTERN_WORKER_DECIDE_H

#include "decide_told.h"
#include "inbound.h"

/* Why nobody may read a body of this channel for now, a static code; NULL:
 * it may be read. */
const char *decide_quarantine(const struct worker *w,
			      const struct name *channel);
/* The controller's clock on the wall. */
void decide_local(const struct worker *w, int64_t at_ms,
		  struct policy_local *ret);

/* Makes b->normal of the text of an event; empty when it has none. */
int decide_normalise(struct batch *b, const struct event *e, struct err *err);
/*
 * decide_receive - what the policy says to a message of a known person.
 *
 * c is the conversation as it is; b->normal the text.  Inside the
 * transaction: looks up what the person was told before.  Errors are the
 * store's.
 */
int decide_receive(struct batch *b, const struct step *s,
		   const struct conversation *c, struct policy_decision *ret,
		   struct err *err);
/* Is it something a person said to us, just now?  An edit changes what was
 * said; what was taken back before it came is not answered. */
bool decide_speaks(const struct step *s);
/* A reaction or something unreadable is no question to an office. */
bool decide_expects_answer(const struct event *e);
enum message_outcome decide_outcome(const struct policy_decision *d);
/* Last moment a message of now may be held back, UTC ms: the end of the day
 * the period ends on. */
int64_t decide_hold_ends(const struct worker *w, const struct period *hold_for,
			 int64_t now_ms);

#endif
