/* prove_message.h - what is done to messages, told to the proof log. */
#ifndef POSTERN_WORKER_PROVE_MESSAGE_H
#define POSTERN_WORKER_PROVE_MESSAGE_H

#include "postern/ledgerbatch.h"
#include "worker.h"

/* By whoever writes or empties message.content_sealed, in its transaction
 * (tests/house).  sealed: what the row has now, S_NULL: nothing. */
int prove_message(struct worker *w, enum ledger_fate fate, int64_t message,
		  struct store_value sealed, struct err *err);

#endif
