/* sweepclock.h - a day that may be trusted to delete by (assurance 5.6;
 * compliance 3.2, 9 R7).
 *
 * Floor: the highest time that was ever trusted (kept in the archive), that of
 * the last entry of the proof log, and of the last time stamp.  A time that is
 * ahead of all that counts as soon as it is within reach: two days after a
 * start, and then what the boot clock measured since, and 24 hours.
 *
 * A clock behind the floor, one that is ahead until a person confirms it, or
 * one the kernel calls unsynchronised for a day: nothing is deleted and an
 * alarm is raised; the intake goes on.  A time ahead that nobody confirmed
 * never becomes the floor, nor do the entries that were written under it: when
 * the clock is put right, all is as before.
 *
 * Everything that deletes because time passed asks here. */
#ifndef POSTERN_WORKER_SWEEPCLOCK_H
#define POSTERN_WORKER_SWEEPCLOCK_H

#include "worker.h"

enum sweepclock_verdict {
	SWEEPCLOCK_GOOD,
	SWEEPCLOCK_BACK,
	SWEEPCLOCK_AHEAD, /* until sweepclock_confirm() */
	SWEEPCLOCK_UNSYNCED,
	SWEEPCLOCK_VERDICTS,
};
const char *sweepclock_verdict_name(enum sweepclock_verdict verdict);

/* *ret_day: local day of the controller by the clock, whatever the verdict.
 * Reads only, and nearly always memory only. */
int sweepclock_today(struct worker *w, enum sweepclock_verdict *ret,
		     int64_t *ret_day, struct err *err);
/* The same for those who need no day. */
int sweepclock_good(struct worker *w, bool *ret, struct err *err);
/* A person looked at the clock and says it is right; in the transaction. */
int sweepclock_confirm(struct worker *w, struct err *err);
/* The highest time that was trusted. */
int sweepclock_floor(struct worker *w, int64_t *ret_ms, struct err *err);
/* Keeps it; in the transaction of whoever deleted by it. */
int sweepclock_note(struct worker *w, struct err *err);

/* A turn of the loop: keeps what was seen, raises and ends the alarms. */
int sweepclock_step(struct worker *w, bool *ret_moved, struct err *err);

#endif
