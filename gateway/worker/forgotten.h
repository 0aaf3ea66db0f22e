/* forgotten.h - forgotten.log: which records were deleted, kept outside every
 * backup, so that a restore can delete them again (docs/backup.md).
 *
 * erasures.log has the keys that were destroyed; a record whose key others
 * still need is only here, and a person some of whose keys a law still needs.
 * Random ids. */
#ifndef POSTERN_WORKER_FORGOTTEN_H
#define POSTERN_WORKER_FORGOTTEN_H

#include "postern/buf.h"
#include "worker.h"

#define FORGOTTEN_FILE	   "forgotten.log"
#define FORGOTTEN_KIND_MAX 16
struct forgotten {
	int64_t at_ms, id;
	char kind[FORGOTTEN_KIND_MAX]; /* as item_kind_name(), or person */
};
/* One line onto lines. */
int forgotten_add(struct buf *lines, int64_t now_ms, const char *kind,
		  int64_t id, struct err *err);
/* The lines are on disk when it returns: before the commit that deletes, so
 * that a crash leaves a line too many and never one too few.  ERR_BUSY: the
 * disk is full. */
int forgotten_append(struct worker *w, const struct buf *lines,
		     struct err *err);
/* Pure, fuzzed: one line without its end.  false: not one of ours. */
bool forgotten_parse(const char *line, size_t len, struct forgotten *ret);

#endif
