/* keeperrestore.h - the keeper's files when data are restored; while no keeper
 * runs (docs/backup.md). */
#ifndef POSTERN_KEEPERRESTORE_H
#define POSTERN_KEEPERRESTORE_H

#include "postern/checkpoint.h"
#include "postern/keeper.h"

/* Every erasure that log_dir/erasures.log tells of is done again to the key
 * store of dir. */
int keeper_erasures_again(const char *dir, const char *log_dir,
			  uint32_t *ret_count, struct err *err);
/* Told of each: when, whose, which Datenart (NULL: all).  ERR_ABSENT: there is
 * no such log. */
typedef int keeper_erasures_fn(void *ctx, int64_t at_ms, int64_t person,
			       const struct name *datenart, struct err *err);
int keeper_erasures_each(const char *log_dir, keeper_erasures_fn *each,
			 void *ctx, struct err *err);

/* What the key store knows of the proof log; ERR_ABSENT: nothing yet. */
int keeper_log_last(const char *dir, char ret_origin[NOTE_NAME_BYTES],
		    uint64_t *ret_size, struct err *err);
/*
 * keeper_log_end - this proof log is never signed again.
 *
 * Its keys are destroyed and what was signed is forgotten: the next start makes
 * another log with another name and key.  For an archive that was taken back on
 * purpose: the same name for two histories would be a lie.  Doing it again does
 * nothing.
 */
int keeper_log_end(const char *dir, struct err *err);

#endif
