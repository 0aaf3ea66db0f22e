/* request_receive.h - a chat message that asks for the data, or for their end,
 * and the answer to the question who asks.
 *
 * Only rows are written here; what becomes of a request is rights/'s.
 * Source: Art. 12, 15, 17 GDPR; compliance 4.4. */
#ifndef POSTERN_WORKER_REQUEST_RECEIVE_H
#define POSTERN_WORKER_REQUEST_RECEIVE_H

#include "inbound.h"
#include "postern/ledgerentry.h"

/* type: LEDGER_R_ERASURE, LEDGER_R_ACCESS. */
int request_asked(struct batch *b, const struct step *s,
		  enum ledger_reason type, int64_t at_ms, struct err *err);
/*
 * request_answered - may this message be the code that proves who asks, or
 * take the request back?
 *
 * Only in a conversation with a request that waits for one, or that is not
 * carried out yet.  Such a message is nobody's business but ours: it is told to
 * no helpdesk and starts nothing.
 */
int request_answered(struct batch *b, const struct step *s, bool *ret,
		     struct err *err);
/* Does a whole message, normalised (keyword.h), take a request back?  "CANCEL"
 * alone is a STOP. */
bool request_takes_back(const char *normal, size_t len);

#endif
