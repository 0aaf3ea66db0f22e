/* outbox.h - what is still to be told, to helpdesks and to providers.
 *
 * Rows are written in the transaction of what caused them, so that neither
 * is there without the other. */
#ifndef POSTERN_WORKER_OUTBOX_H
#define POSTERN_WORKER_OUTBOX_H

#include "worker.h"

/* Between the parts of a detail that has two; in no name. */
#define OUTBOX_PART ":"

/*
 * outbox_add - one row, inside the caller's transaction.
 *
 *   kind		"helpdesk" or "channel"
 *   destination	name of the helpdesk or channel
 *   message		0: none
 *   type, detail	static or configured words; detail may be NULL
 *   next_ms		not before this time (UTC ms)
 *
 * Wakes the step concerned.  Errors: those of store_run().
 */
int outbox_add(struct worker *w, const char *kind, const char *destination,
	       int64_t conversation, int64_t message, const char *type,
	       const char *detail, int64_t next_ms, struct err *err);

/*
 * outbox_add_message - a message for a helpdesk, as outbox_add() does it.
 *
 *   type	static word
 *   ret_row	id of the row
 */
int outbox_add_message(struct worker *w, const char *helpdesk,
		       int64_t conversation, int64_t message, const char *type,
		       int64_t *ret_row, struct err *err);

/*
 * outbox_hold - a message for a helpdesk that waits for a consent: state held,
 * until until_ms (UTC ms).  Wakes nobody.
 */
int outbox_hold(struct worker *w, const char *helpdesk, int64_t conversation,
		int64_t message, int64_t until_ms, struct err *err);

/*
 * outbox_tell - the same to the helpdesk that has this conversation; does
 * nothing if none has it, or if it was never told of the message: one held
 * back or kept, or one of the gateway's own.
 */
int outbox_tell(struct worker *w, int64_t conversation, int64_t message,
		const char *type, const char *detail, struct err *err);

#endif
