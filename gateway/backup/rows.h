/* rows.h - table backup: which copies there are, and how long those of keys
 * may be used.
 *
 * An erasure is complete when the last backup that has its keys has expired
 * (compliance 7.4, 9 E4); forget/erasure.h reads the rows. */
#ifndef POSTERN_BACKUP_ROWS_H
#define POSTERN_BACKUP_ROWS_H

#include "worker/worker.h"

struct backup_row {
	int64_t id, made_ms, expires_ms; /* expires_ms 0: never */
	bool keys;
};
/* When a copy of the keys made now may no longer be used, UTC ms. */
int64_t backup_expires_ms(const struct worker *w, int64_t made_ms);
/* Row and entry backup.made; in the caller's transaction. */
int backup_made(struct worker *w, bool keys, struct backup_row *ret,
		struct err *err);

/* A turn of the loop: the day of a copy of the keys has passed. */
int backup_step(struct worker *w, bool *ret_moved, struct err *err);

#endif
