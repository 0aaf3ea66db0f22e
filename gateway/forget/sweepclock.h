/* sweepclock.h - a day that may be trusted to delete by (assurance 5.6;
 * compliance 3.2, 9 R7).
 *
 * Floor: the highest time ever seen (last ledger entry, last run, a stamp's
 * time).  Ceiling: floor, plus what the boot clock measured since, plus 24
 * hours.  A clock below the floor, a jump forward of more than P2D that no
 * person confirmed, or one the kernel calls unsynchronised for a day: nothing
 * is deleted and an alarm is raised; the intake goes on. */
#ifndef POSTERN_FORGET_SWEEPCLOCK_H
#define POSTERN_FORGET_SWEEPCLOCK_H

#include "worker/worker.h"

enum sweepclock_verdict {
	SWEEPCLOCK_GOOD,
	SWEEPCLOCK_BACK,
	SWEEPCLOCK_AHEAD, /* until sweepclock_confirm() */
	SWEEPCLOCK_UNSYNCED,
};
int sweepclock_today(struct worker *w, enum sweepclock_verdict *ret,
		     int64_t *ret_day, struct err *err);
/* A person looked at the clock and says it is right; in the transaction. */
int sweepclock_confirm(struct worker *w, struct err *err);

#endif
