/* autoreply.h - what the gateway itself sends: a notice, a question, a
 * confirmation.
 *
 * An outgoing message like any other: sealed, in the outbox, sent by the step
 * that sends replies with its window and limits.  It is told to no helpdesk
 * and starts nothing itself. */
#ifndef POSTERN_WORKER_AUTOREPLY_H
#define POSTERN_WORKER_AUTOREPLY_H

#include <jansson.h>

#include "inbound.h"

/* Kinds of message nobody wrote: "notice", "ask", "reply". */
bool autoreply_is(const char *kind);

/*
 * autoreply_add - one message to who wrote, while the batch is planned.
 *
 * Writes what is not sealed (wording, notice_sent) and leaves the rest to
 * autoreply_write.  say is borrowed for the call; the notice for as long as
 * the policy.  Errors: those of store_run(); ERR_NOMEM.
 */
int autoreply_add(struct batch *b, struct step *s, const struct policy_say *say,
		  int64_t *ret_message, struct err *err);
/* Message and outbox rows of what a step caused, in the order of their ids,
 * once all is sealed. */
int autoreply_write(struct batch *b, const struct step *s, struct err *err);
/* The class of such a message: one of its own where the policy has it, because
 * what proves a notice or a consent is kept longer than what was talked about,
 * else that of the channel.  False: the policy does not know the channel. */
bool autoreply_datenart(const struct worker *w, const struct name *on,
			enum policy_say_kind say, struct name *ret);
/* The rows of one that nobody's message caused, inside the caller's
 * transaction. */
struct autoreply_row {
	int64_t message, conversation, at_ms;
	const char *kind; /* "ask", ... */
	struct key_ref key;
	const struct name *channel;
};
int autoreply_put(struct worker *w, const struct autoreply_row *row,
		  const void *sealed, size_t len, struct err *err);
/* A provider took such a message: says so in the log. */
void autoreply_log_sent(const struct name *channel, const char *kind,
			const json_t *content);

#endif
