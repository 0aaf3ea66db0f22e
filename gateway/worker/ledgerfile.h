/* ledgerfile.h - files about the proof log for others to read: whole or not
 * there.  Nothing in them is secret or personal. */
#ifndef POSTERN_WORKER_LEDGERFILE_H
#define POSTERN_WORKER_LEDGERFILE_H

#include <stddef.h>

#include "postern/err.h"

/*
 * ledgerfile_put - root/name with these bytes, and the folders on the way.
 *
 * Written beside it, synced, renamed, its folder synced.  Every error is
 * ERR_BUSY: a folder that is full or gone may be better later.
 */
int ledgerfile_put(const char *root, const char *name, const void *bytes,
		   size_t len, struct err *err);
/* A file, or a folder of files, that need not be there. */
void ledgerfile_remove(const char *root, const char *name);

#endif
