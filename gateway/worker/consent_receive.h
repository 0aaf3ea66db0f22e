/* consent_receive.h - what a message does to the consents of who wrote it.
 *
 * Source: compliance 4.3, 4.4; channels.md 1.6. */
#ifndef POSTERN_WORKER_CONSENT_RECEIVE_H
#define POSTERN_WORKER_CONSENT_RECEIVE_H

#include "consent.h"
#include "inbound.h"

/* --- while the batch is planned ------------------------------------------- */

/* Before the policy decides: is it the answer to a question that waits, from
 * the identifier that was asked?  language NULL: not known. */
int consent_answer(struct batch *b, struct step *s, const char *language,
		   struct err *err);
/* What facts.consent of a message is: of the purpose its channel asks for. */
int consent_of_channel(struct batch *b, const struct step *s,
		       const struct policy_channel *channel,
		       enum consent_state *ret, struct err *err);
/* After it decided: STOP, ERASE, ACCESS and what a person has to read. */
int consent_keyword(struct batch *b, struct step *s,
		    const struct policy_decision *d, struct err *err);
/* A question, and the event that it was asked.  One that waits already is
 * repeated once; who agreed already is not asked. */
int consent_ask(struct batch *b, struct step *s, const struct policy_say *say,
		struct err *err);

/* --- consent_click.c: one click on an unsubscribe address ------------------
 *
 * Checked once more: what comes out of the spool is only as good as the
 * process that wrote it. */

/* The token becomes an event, or the item is quarantined. */
int consent_click_parse(struct worker *w, struct inbound_item *item,
			struct err *err);
/* Of that event: s->person, 0 when there is no such person any more. */
int consent_click_person(struct worker *w, struct step *s, struct err *err);

/* --- while it is written -------------------------------------------------- */

/* A signal of the provider's, or a click of the person's. */
int consent_signal(struct batch *b, struct step *s, struct err *err);
/* The provider says that the person stopped it.  Of the conversation. */
int consent_stopped_there(struct batch *b, int64_t conversation,
			  const struct name *channel, int64_t at_ms,
			  struct err *err);
/* Once all is sealed: evidence, and addresses for the suppression list. */
int consent_archive(struct batch *b, struct err *err);
void consent_batch_free(struct batch *b);

#endif
