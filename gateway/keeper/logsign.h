/* logsign.h - the proof log's key at work: make, sign, rotate.  All need an
 * unlocked vault and leave no transaction open. */
#ifndef POSTERN_KEEPER_LOGSIGN_H
#define POSTERN_KEEPER_LOGSIGN_H

#include "keeper/logstate.h"
#include "keeper/logwire.h"
#include "keeper/vault.h"

/* The state, made when there is none.  ERR_DENIED: signed under another
 * origin. */
int logkey_open(struct vault *v, const char *origin, struct log_state *ret,
		struct err *err);
/* Signs what extends the last one; it is on disk when this returns.  The note
 * is ret->note.  ERR_DENIED: does not extend it. */
int logkey_sign(struct vault *v, const struct log_request *r,
		struct log_state *ret, struct err *err);
/* A next key, unless one waits already. */
int logkey_rotate(struct vault *v, struct log_state *ret, struct err *err);

#endif
