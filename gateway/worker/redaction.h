/* redaction.h - what the policy takes out of texts: before they are stored,
 * and before a helpdesk sees them.
 *
 * Texts are all an event carries in words: what was written, a button's or a
 * list's title, a caption, a reaction, names of files and of the sender.
 * Addresses are not: without them there is no answer. */
#ifndef POSTERN_WORKER_REDACTION_H
#define POSTERN_WORKER_REDACTION_H

#include "postern/redact.h"

/* What a channel's texts are shown without, by the policy of now: also what
 * it wants out before storing, for texts that are older than it. */
struct redaction {
	struct policy_finder finders[POLICY_FINDERS_MAX];
	size_t counts[POLICY_FINDERS_MAX]; /* taken out so far */
	size_t len;
};
void redaction_shown(const struct policy *p, const struct name *channel,
		     struct redaction *ret);
/*
 * redaction_mask - a text as it is shown.
 *
 *   ret	emptied first; the text, if anything was taken out of it
 *
 * Returns 1 if so, 0 if the text is shown as it is, -1 with ERR_NOMEM.
 */
int redaction_mask(struct redaction *r, const char *text, size_t text_len,
		   struct buf *ret, struct err *err);

#endif
