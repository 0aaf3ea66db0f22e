/* erase.h - what every way to delete ends with: content and files.
 *
 * Files are named in meta.unlink by the transaction that forgets their rows
 * and unlinked after its commit: a crash between the two leaves no file behind
 * for good. */
#ifndef POSTERN_WORKER_ERASE_H
#define POSTERN_WORKER_ERASE_H

#include "postern/buf.h"
#include "worker.h"

#define MEDIA_NAME_BYTES 32

/* The content of a message goes and that of its masked versions, a bare row
 * stays, and the helpdesk that knew it is told.  Names of its files are added
 * to files. */
int erase_message(struct worker *w, int64_t message, struct buf *files,
		  bool *ret_media, struct err *err);
/* Adds the names of a message's files; in the transaction. */
int erase_note_files(struct worker *w, int64_t message, struct buf *files,
		     struct err *err);
/* Writes names of files to meta.unlink, in the transaction. */
int unlink_remember(struct worker *w, struct buf *files, struct err *err);
/* Unlinks what meta.unlink names; a crash before leaves them there. */
int unlink_pending(struct worker *w, struct err *err);

#endif
