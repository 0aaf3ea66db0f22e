/* ledgerofficer.h - the data protection officer's copy of a checkpoint: who
 * keeps it can tell later whether the log was rewritten.
 *
 * At most once a day, and when somebody asks, as a file in a folder; or as a
 * mail in DIR/mail, which the supervisor hands over (supervise/mail.h). */
#ifndef POSTERN_WORKER_LEDGEROFFICER_H
#define POSTERN_WORKER_LEDGEROFFICER_H

#include "postern/buf.h"
#include "postern/checkpoint.h"
#include "worker.h"

#define MAIL_FOLDER "mail" /* below DIR */
#define MAIL_SUFFIX ".eml"

/* A turn of the loop. */
int ledgerofficer_step(struct worker *w, bool *ret_moved, struct err *err);
/* With the next turn, whenever the last one was. */
void ledgerofficer_want(struct worker *w);

/* The mail onto ret: RFC 5322, in German and English, the note attached.
 * Pure. */
int ledgerofficer_mail(const struct settings *s, const struct checkpoint *c,
		       const struct buf *note, int64_t now_ms, struct buf *ret,
		       struct err *err);

#endif
