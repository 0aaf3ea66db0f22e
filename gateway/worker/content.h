/* content.h - the JSON that is sealed: message content, profile, media.
 *
 * Written by hand so that every byte of clear text lies in a buffer that is
 * wiped.  Bytes that are not UTF-8 become U+FFFD. */
#ifndef POSTERN_WORKER_CONTENT_H
#define POSTERN_WORKER_CONTENT_H

#include "postern/buf.h"
#include "postern/event.h"

/* A body's text can grow sixfold by escapes. */
#define CONTENT_BYTES_MAX (31u * 1024 * 1024)

/* FIELD_CONTENT {"text","id","reply_to","target","emoji","removed"}. */
int content_message(const struct event *e, struct buf *ret, struct err *err);
/* FIELD_PROFILE {"name","username"}. */
int content_profile(const struct party *p, struct buf *ret, struct err *err);
/* FIELD_MEDIA {"id","name","mime","sha256"}. */
int content_media(const struct event_media *m, struct buf *ret,
		  struct err *err);

#endif
