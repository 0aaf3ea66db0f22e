/* ledgerprune.h - entries of the proof log go after their own period; their
 * hashes stay, so what was proved before can be proved again. */
#ifndef POSTERN_WORKER_LEDGERPRUNE_H
#define POSTERN_WORKER_LEDGERPRUNE_H

#include "worker.h"

/* A turn of the loop: some entries. */
int ledgerprune_step(struct worker *w, bool *ret_moved, struct err *err);
/* Entries from before this may go: the first millisecond that is not yet a
 * whole period old, by the calendar.  INT64_MIN: none.  Pure. */
int64_t ledgerprune_before(const char *keep, int64_t now_ms);

#endif
