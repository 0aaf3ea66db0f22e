/* durable.h - small files that are whole or not there, whenever the power
 * goes. */
#ifndef POSTERN_DURABLE_H
#define POSTERN_DURABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "postern/err.h"

#define DURABLE_PATH_BYTES 1024

/* "dir/name"; ERR_INPUT when too long. */
int durable_path(const char *dir, const char *name,
		 char ret[DURABLE_PATH_BYTES], struct err *err);
int durable_sync_dir(const char *dir, struct err *err);
/* The folder of the file at path; "." when it names none. */
int durable_sync_around(const char *path, struct err *err);
/* A file that must not exist yet: written, synced, directory synced.
 * ERR_INPUT: it exists.  Nothing is left behind on failure. */
int durable_create(const char *dir, const char *name, mode_t mode,
		   const void *bytes, size_t len, struct err *err);
/* The same through another name, so that a file is never there half written,
 * whoever looks and whenever this process ends: replaces what was there, or is
 * refused by it (ERR_INPUT, EEXIST).  One writer per name. */
int durable_put(const char *dir, const char *name, mode_t mode,
		const void *bytes, size_t len, bool replace, struct err *err);
/* Written over in place and synced, or made: readers with a file rule of
 * Landlock keep their way to it, which a rename would cut.  A reader may see
 * half of it: only for a content with a check of its own. */
int durable_overwrite(const char *dir, const char *name, mode_t mode,
		      const void *bytes, size_t len, struct err *err);
/* Overwrites the content with zeros and removes the file: what it held stays
 * on no block of ours, as far as the file system writes in place. */
int durable_shred(const char *dir, const char *name, struct err *err);
/* Moves from over to and overwrites what to was. */
int durable_move(const char *dir, const char *from, const char *to,
		 struct err *err);
/* Appends whole lines and syncs file and directory; made (0600) if absent.  A
 * line that an earlier write left torn is ended first. */
struct env;
int durable_append(struct env *env, const char *dir, const char *name,
		   const void *lines, size_t len, struct err *err);
/* Writes all of it. */
int durable_write(int fd, const void *bytes, size_t len, struct err *err);

#endif
