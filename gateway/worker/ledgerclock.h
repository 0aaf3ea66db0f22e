/* ledgerclock.h - the proof log while the gateway serves: its tree grows, the
 * keeper signs it from time to time, and nothing is served that does not extend
 * what the keeper signed last.
 *
 * Nothing here holds up a message: a keeper that is away or locked, a full
 * disk, a folder that is gone mean later. */
#ifndef POSTERN_WORKER_LEDGERCLOCK_H
#define POSTERN_WORKER_LEDGERCLOCK_H

#include "worker.h"

/* Of the process, and of `postern serve`: starting anew is of no use
 * (EX_CONFIG of sysexits.h). */
#define EXIT_LOG_REFUSED 78

struct ledger_clock;

int ledgerclock_open(struct worker *w, struct ledger_clock **ret,
		     struct err *err);
void ledgerclock_close(struct ledger_clock **c);

/*
 * ledgerclock_prove - does this archive extend what the keeper signed last?
 *
 * Asks the keeper, once, unless it is known.  Says so itself, in the log and to
 * people, when it does not.  Returns 0, or -1 with an error of the archive.
 */
int ledgerclock_prove(struct worker *w, struct err *err);
/* It does not: this process has to end with EXIT_LOG_REFUSED. */
bool ledgerclock_refused(const struct worker *w);
/* May a step take its turn?  operator_only: it decides nothing about messages
 * and serves those who may unlock the keeper. */
bool ledgerclock_lets(const struct worker *w, bool operator_only);

/* A turn of the loop. */
int ledgerclock_step(struct worker *w, bool *ret_moved, struct err *err);
/* Signs what there is now, if it is more than was signed last.  ERR_ABSENT:
 * there is no entry yet.  ERR_BUSY: the keeper is away or locked. */
int ledgerclock_sign(struct worker *w, struct err *err);
/* A next key for the log, and a note that both sign.  ERR_DENIED: it has had
 * too many.  After ERR_BUSY the next note is signed by both. */
int ledgerclock_rotate(struct worker *w, struct err *err);
/* At an orderly end: signs what is not signed yet.  Failures are for the next
 * start. */
void ledgerclock_end(struct worker *w);

#endif
