/* outgoing.h - a message on its way to a person: row, sealed content, outbox.
 */
#ifndef POSTERN_API_OUTGOING_H
#define POSTERN_API_OUTGOING_H

#include "conversation.h"
#include "worker/figures.h"

struct outgoing {
	const char *kind; /* text, image, ..., template, reaction */
	struct name datenart;
	int64_t target;	 /* message replied or reacted to; 0 none */
	json_t *content; /* borrowed */
	char campaign[FIGURE_DETAIL_BYTES]; /* rates.h; "": none */
};

/* Seals the content under the person's key and writes message and outbox
 * row; inside the caller's transaction.  Wakes the send step. */
int outgoing_put(struct worker *w, const struct conversation *cnv,
		 const struct outgoing *out, int64_t *ret_message,
		 struct err *err);
/* msg_... to a message of this conversation with its provider id, which the
 * channel needs to quote it.  Refuses by member name. */
struct quoted {
	int64_t message;
	bool inbound;
	char id[256];
};
int outgoing_quoted(struct worker *w, struct job *job,
		    const struct conversation *cnv, const char *member,
		    const char *text, struct quoted *ret, struct err *err);
/* Would the channel's driver make a call of this act?  409 if not. */
int outgoing_possible(struct worker *w, struct job *job,
		      const struct conversation *cnv,
		      const struct channel_act *act, struct err *err);
int outgoing_answer(struct worker *w, struct job *job, int64_t message,
		    struct err *err);

#endif
