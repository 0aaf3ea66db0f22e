/* replay.h - an archive that came back from a backup is brought up to date
 * with what was deleted and restricted since, before anything is served
 * (compliance 7.4, 9 R6, X3).
 *
 * restore.h leaves in table replay what went since; until all of it went again
 * the loop takes no other turn than this one, the erasures it begins, the
 * proof log and the operator's socket. */
#ifndef POSTERN_BACKUP_REPLAY_H
#define POSTERN_BACKUP_REPLAY_H

#include "worker/worker.h"

enum replay_phase {
	REPLAY_NONE, /* nothing was restored, or it is over */
	REPLAY_LOG,  /* entry backup.restored */
	REPLAY_MESSAGES,
	REPLAY_ATTACHMENTS,
	REPLAY_NOTES,
	REPLAY_QUARANTINE,
	REPLAY_RECORDS, /* deleted while others kept their key */
	REPLAY_SEALED,	/* addresses, evidence, what requests say */
	REPLAY_PERSONS, /* erasures begun */
	REPLAY_ERASING, /* until they are done */
	REPLAY_OVER,
};
/* Is one under way?  Sets w->restoring. */
int replay_open(struct worker *w, struct err *err);
/* A turn of the loop, before all others. */
int replay_step(struct worker *w, bool *ret_moved, struct err *err);

#endif
