/* erasure.h - everything of a person is deleted, step by step (compliance
 * 7.4; Art. 17 GDPR).
 *
 * Each step is idempotent, done in transactions of its own, and has one row
 * of erasure_step when it is done; killed anywhere, it goes on where it was.
 * What a law or a hold keeps stays, restricted (judge.h), and is looked at
 * again when that ends. */
#ifndef POSTERN_FORGET_ERASURE_H
#define POSTERN_FORGET_ERASURE_H

#include "postern/caldate.h"
#include "judge.h"

enum erasure_step {
	ERASURE_DECIDE, /* every record judged: request_item, kept */
	ERASURE_FREEZE, /* queues stop, nothing is told from memory */
	ERASURE_ROWS, /* messages, files, notes, outbox, quarantine, packages */
	ERASURE_INDEX,	/* identities; the suppression list stays */
	ERASURE_KEYS,	/* wrapped keys, and with them erasures.log */
	ERASURE_WAL,	/* both logs of writes truncated */
	ERASURE_LEDGER, /* entry erase.executed */
	ERASURE_TELL,	/* recipients/telling.h: rows made, not waited for */
	ERASURE_VERIFY, /* read back: look-up, rows, files, keys; entry */
	ERASURE_STAMP,	/* checkpoint and time stamp asked for */
	ERASURE_ANSWER, /* waits for erasure_answered() where there is a request
			 */
	ERASURE_STEPS,
};
const char *erasure_step_name(enum erasure_step step);

struct erasure_order {
	int64_t request; /* 0: none */
	int64_t person;
	enum erasure_trigger trigger;
};
/* In the caller's transaction.  ERR_INPUT: nobody.  One is under way for that
 * person: *ret_id is that one's, and it is that request's, too, if nothing was
 * judged yet; else the request has to ask again when that one is over. */
int erasure_begin(struct worker *w, const struct erasure_order *order,
		  int64_t *ret_id, struct err *err);
/* A hold was released, a restriction lifted: what was kept for that is judged
 * again.  In the caller's transaction. */
int erasure_again(struct worker *w, int64_t person, struct err *err);

struct erasure_view {
	int64_t id, person, request;
	enum erasure_step step; /* ERASURE_STEPS: done */
	int64_t started_ms, ended_ms;
	uint64_t n, of_n, files, keys, kept;
	struct maybe_day waits; /* backups that still have its keys */
	int64_t entry;		/* index of erase.executed; -1: not yet */
	size_t told, told_open; /* recipients, and of these not yet settled */
};
int erasure_of_request(struct worker *w, int64_t request,
		       struct erasure_view *ret, bool *ret_found,
		       struct err *err);
int erasure_look(struct worker *w, int64_t id, struct erasure_view *ret,
		 bool *ret_found, struct err *err);
/* The answer is with the person (or cannot be); in the transaction. */
int erasure_answered(struct worker *w, int64_t id, struct err *err);

/* A turn of the loop. */
int erasure_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t erasure_due_in_ms(const struct worker *w);

#endif
