/* content.h - the JSON that is sealed: message content, profile, media.
 *
 * Written by hand so that every byte of clear text lies in a buffer that is
 * wiped.  Bytes that are not UTF-8 become U+FFFD. */
#ifndef POSTERN_WORKER_CONTENT_H
#define POSTERN_WORKER_CONTENT_H

#include "postern/buf.h"
#include "postern/event.h"
#include "postern/policy.h"

/* A body's text can grow sixfold by escapes. */
#define CONTENT_BYTES_MAX (31u * 1024 * 1024)

/* FIELD_CONTENT {"text","id","reply_to","target","emoji","removed","why",
 * "redacted"}.
 * why: reasons beside those every plain message has, [{"code","line"}], of
 * the policy the row names. */
struct content_more {
	const struct policy_decision *decision; /* NULL: no reasons */
	const char *redacted; /* names, each with its end; NULL: none */
	size_t redacted_len;
};
int content_message(const struct event *e, const struct content_more *more,
		    struct buf *ret, struct err *err);
/* FIELD_CONTENT of the gateway's own {"text","notice","version","why"}. */
struct content_automatic {
	const char *text, *notice; /* name of the text */
	size_t text_len;
	int64_t version;		 /* of the policy */
	const struct policy_reason *why; /* NULL: none */
};
int content_automatic(const struct content_automatic *c, struct buf *ret,
		      struct err *err);
/* FIELD_PROFILE {"name","username"}. */
int content_profile(const struct party *p, struct buf *ret, struct err *err);
/* FIELD_MEDIA {"id","name","mime","sha256"}. */
int content_media(const struct event_media *m, struct buf *ret,
		  struct err *err);

#endif
