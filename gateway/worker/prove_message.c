/* prove_message.c - see prove_message.h. */
#include "prove_message.h"

int prove_message(struct worker *w, enum ledger_fate fate, int64_t message,
		  struct store_value sealed, struct err *err)
{
	const struct ledger_message m = {
	    .fate = fate,
	    .id = message,
	    .sealed = sealed.bytes,
	    .len = sealed.len,
	    .at_ms = worker_now(w),
	};

	return ledger_batch_add(w->store, &m, err);
}
