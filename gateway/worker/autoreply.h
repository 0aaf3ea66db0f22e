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
/* A provider took such a message: says so in the log. */
void autoreply_log_sent(const struct name *channel, const char *kind,
			const json_t *content);

#endif
