/* tilefolder.h - a log in a folder, as c2sp.org/tlog-tiles lays it out:
 * "checkpoint", "tile/<level>/<number>", "tile/entries/<number>".
 *
 * Reads files and nothing else.  The folder is hostile: no symbolic link in it
 * is followed, what is no regular file is not there, and no file is read that
 * is longer than its kind can be. */
#ifndef POSTERN_TILEFOLDER_H
#define POSTERN_TILEFOLDER_H

#include "postern/ledgerverify.h"

struct tilefolder;

/* ERR_ABSENT: no folder, or none with a checkpoint; ERR_INPUT: its checkpoint
 * cannot be read. */
int tilefolder_open(const char *path, struct tilefolder **ret, struct err *err);
void tilefolder_close(struct tilefolder **f);

/* The note in "checkpoint"; valid until it is closed. */
const char *tilefolder_note(const struct tilefolder *f, size_t *ret_len);
/* Fills ret; it borrows f.  Bundles that are not there are left out: at the
 * beginning they were pruned (ret->first), later it is a gap. */
void tilefolder_source(struct tilefolder *f, struct ledger_source *ret);
/* Another file of the folder, at most max bytes, onto ret. */
int tilefolder_file(const struct tilefolder *f, const char *name, size_t max,
		    struct buf *ret, struct err *err);

#endif
