/* notice.h - who was sent which notice, so that nobody is sent it twice.
 *
 * A row of notice_sent per notice of first contact and per answer outside
 * office hours.  What is known is kept in memory, so that the message of
 * somebody who was told costs no query. */
#ifndef POSTERN_WORKER_NOTICE_H
#define POSTERN_WORKER_NOTICE_H

#include "worker.h"

struct notices; /* what is known; may be lost at any time */
struct notices *notices_new(void);
void notices_free(struct notices **n);
/* A transaction was rolled back: what it wrote is not there. */
void notices_forget(struct notices *n);

/* Was this person sent the notice of first contact as it is worded now, in
 * any language?  Source: Art. 13 GDPR; compliance 9, I1. */
int notice_was_sent(struct worker *w, int64_t person,
		    const struct name *channel, bool *ret, struct err *err);
/* Told on this local day that the office is closed? */
int notice_told_closed(struct worker *w, int64_t person,
		       const struct name *channel, int64_t day, bool *ret,
		       struct err *err);
/* One row, and the wording itself once for all time.  Inside the caller's
 * transaction. */
struct notice_row {
	int64_t person, message;
	const struct name *channel;
	const struct policy_notice *notice;
};
int notice_add(struct worker *w, const struct notice_row *row, struct err *err);
int notice_add_wording(struct worker *w, const struct policy_notice *notice,
		       struct err *err);
/* The message did not reach the person: then nobody was told.  Inside the
 * caller's transaction; of a message that is no notice it does nothing. */
int notice_failed(struct worker *w, int64_t message, struct err *err);

#endif
