/* reason.h - why the keeper is locked, or refused something: one byte on the
 * wire, one sentence for people.  A table, so that no text crosses the
 * socket. */
#ifndef POSTERN_KEEPER_REASON_H
#define POSTERN_KEEPER_REASON_H

#include "postern/err.h"

enum reason {
	REASON_NONE,
	REASON_LOCKED,	      /* by an operator */
	REASON_PASSPHRASE,    /* none given yet */
	REASON_WRONG_PHRASE,  /* it does not open the root key */
	REASON_NO_FILE,	      /* root key file absent */
	REASON_UNREADABLE,    /* not a regular file, not ours, I/O error */
	REASON_OPEN_TO_ALL,   /* group or others may read it */
	REASON_EMPTY,	      /* zero bytes */
	REASON_NO_KEY_FILE,   /* something else altogether */
	REASON_LENGTH,	      /* a key of another length */
	REASON_TRUNCATED,     /* the check at its end is wrong or missing */
	REASON_OTHER_ONE,     /* of another instance */
	REASON_OTHER_EPOCH,   /* an older root key of this instance */
	REASON_WRONG_KEY,     /* right labels, wrong key */
	REASON_NO_STORE,      /* keeper.db absent */
	REASON_STORE_DAMAGED, /* keeper.db cannot be used */
	REASON_STORE_NEWER,   /* made by a newer version */
	REASON_CREDENTIAL,    /* cannot be rotated from here */
	REASON_LOG_ORIGIN,    /* of the proof log, not of the keeper: */
	REASON_LOG_ROOT,
	REASON_LOG_SHORTER,
	REASON_LOG_KEYS,
	REASON_END
};

/* A static sentence of at most 63 characters; "" for REASON_NONE and for
 * numbers that are none. */
const char *reason_text(unsigned int reason);
/* Fills *e with the reason's text and evaluates to -1. */
#define REASON_SET(e, kind, reason) \
	err_set((e), (kind), __func__, reason_text(reason), 0)
/* The reason an error was made from; REASON_NONE when from none. */
enum reason reason_of(const struct err *err);

#endif
