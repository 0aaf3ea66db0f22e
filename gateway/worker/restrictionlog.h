/* restrictionlog.h - DIR/restrictions.log: which restrictions were set and
 * lifted.  Random ids only, beside erasures.log and like it kept outside every
 * backup, so that a restore can restrict again (compliance 9, X3).
 *
 *	restricted MS ID PERSON CONVERSATION|* GROUND OF
 *	lifted MS ID DAY
 *
 * OF is ID, but for those who turned out to be the same person: in an older
 * archive they may be two.  A line of a restriction is on disk before it is
 * committed; that it was lifted is written after, so that what is not known to
 * be lifted stays restricted. */
#ifndef POSTERN_WORKER_RESTRICTIONLOG_H
#define POSTERN_WORKER_RESTRICTIONLOG_H

#include "postern/buf.h"
#include "worker.h"

#define RESTRICTION_FILE     "restrictions.log"
#define RESTRICTION_LINE_MAX 160

struct restriction_line {
	bool lifted;
	int64_t at_ms, id;
	/* of one that was set */
	int64_t person, conversation; /* conversation 0: the whole person */
	char ground;
	int64_t of;
	/* of one that was lifted */
	int64_t informed_day;
};
/* Pure.  One line with its end, nothing else. */
bool restriction_line_parse(const void *line, size_t len,
			    struct restriction_line *ret);

/* --- written -------------------------------------------------------------- */

/* The row of this id, just inserted, and everybody who is the same person;
 * synced.  In the transaction, before its commit. */
int restriction_log_set(struct worker *w, int64_t id, struct err *err);
/* A turn of the loop: what is not in it yet (lifted, or older than the file).
 * Costs nothing while there is nothing. */
int restriction_log_step(struct worker *w, bool *ret_moved, struct err *err);

/* --- replayed ------------------------------------------------------------- */

struct restriction_replayed {
	uint64_t set, lifted; /* rows that were added and ended */
};
/* After a restore, before the first request is served: the archive is made to
 * know what the log knows.  In the caller's transaction; doing it again does
 * nothing.  No file: nothing.  ERR_STORAGE: it cannot be read. */
int restriction_log_replay(struct store *st, const char *dir,
			   struct restriction_replayed *ret, struct err *err);

#endif
