/* outlive.h - logs of acts that a restore must not undo: withdrawals.log,
 * holds.log and restrictions.log, beside erasures.log and like it in no
 * backup.
 *
 * Lines of random ids, configured names, times, keyed hashes and ciphertext;
 * nothing that names a person.  A line that was torn off, and nothing else, may
 * be unreadable; one that is there twice says nothing else. */
#ifndef POSTERN_WORKER_OUTLIVE_H
#define POSTERN_WORKER_OUTLIVE_H

#include "postern/buf.h"
#include "worker.h"

/* --- written -------------------------------------------------------------- */

enum outlive_file {
	OUTLIVE_WITHDRAWALS,
	OUTLIVE_HOLDS,
	OUTLIVE_FILES,
};
const char *outlive_name(enum outlive_file file);
/* A line with its end: on disk before the transaction of its act commits (so
 * before anybody is told that it was done), gone with it when it is taken
 * back.  A crash between the two leaves a line too many, never one too few. */
int outlive_add(struct worker *w, enum outlive_file file, const char *line,
		struct err *err);
/* For worker_commit() and worker_roll_back() (prove.c): all of it, synced.
 * ERR_BUSY: the disk is full. */
int outlive_write(struct worker *w, struct err *err);
void outlive_drop(struct worker *w);
/* Lines that need no act: at once. */
int outlive_append(struct worker *w, const char *name, const struct buf *lines,
		   struct err *err);

/* --- read ----------------------------------------------------------------- */

/* Digits and the byte behind them; false: none, or more than fit. */
bool outlive_number(struct cut *c, uint8_t end, int64_t *ret);
bool outlive_word(struct cut *c, const char *word);
/* 1 to size-1 of [A-Za-z0-9_-] and the byte behind them; "-" alone is "". */
bool outlive_text(struct cut *c, uint8_t end, char *ret, size_t size);

typedef int outlive_line(void *ctx, const char *line, size_t len,
			 struct err *err);
/* Every line with its end, in order; one longer than max is passed over as a
 * whole.  No file: none.  ERR_STORAGE: it cannot be read. */
int outlive_each(const char *dir, const char *name, size_t max,
		 outlive_line *each, void *ctx, struct err *err);

#endif
