/* zipout.h - a ZIP that is written in one go and sealed while it is written.
 *
 * The library writes the container; every byte it gives goes through a sealed
 * file at once, so that nothing of it is ever clear on disk and memory does
 * not grow with it (but for the list of its files, which ends a ZIP). */
#ifndef POSTERN_PACKAGE_ZIPOUT_H
#define POSTERN_PACKAGE_ZIPOUT_H

#include <stdbool.h>

#include "postern/packagefile.h"

struct zipout;

/* ret_file: PACKAGE_NAME_BYTES; the name in packages/. */
int zipout_open(struct env *env, const char *dir, const uint8_t key[32],
		struct zipout **ret, char *ret_file, struct err *err);
/* A file in it.  path: ASCII of ours.  bytes: its length, or -1 unknown;
 * packed: its bytes are packed already. */
int zipout_begin(struct zipout *z, const char *path, int64_t bytes, bool packed,
		 struct err *err);
int zipout_write(struct zipout *z, const void *bytes, size_t len,
		 struct err *err);
int zipout_end(struct zipout *z, uint8_t ret_sha256[32], int64_t *ret_bytes,
	       struct err *err);
/* Ends the ZIP and the file.  Closes in every case. */
int zipout_finish(struct zipout **z, uint8_t ret_sha256[32], int64_t *ret_bytes,
		  struct err *err);
void zipout_abandon(struct zipout **z); /* removes the file; accepts NULL */

#endif
