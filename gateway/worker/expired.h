/* expired.h - a helpdesk hears what was deleted because its time was over, so
 * that it deletes its copy (Art. 5(1)(e), 19 GDPR; design 3, "Forget").
 *
 * One row of the outbox per conversation and run of the sweep, so that a
 * million records do not make a million calls: the transactions that delete
 * gather ids in it (state gathering), and it is told when the run is over or
 * has had its share of the day. */
#ifndef POSTERN_WORKER_EXPIRED_H
#define POSTERN_WORKER_EXPIRED_H

#include "worker.h"

#define EXPIRED_TYPE "messages.expired"
/* Of a row m of message: some helpdesk was told of it, and of no end of it so
 * far.  3, 4: MSG_HELD, MSG_KEPT. */
#define EXPIRED_TOLD                                                        \
	"(m.content_sealed IS NOT NULL AND m.outcome NOT IN (3,4)"          \
	" AND m.kind<>'version' AND NOT (m.direction='out' AND m.kind IN (" \
	"'notice','ask','reply')))"

/*
 * expired_gather - these messages of a conversation go, in the caller's
 * transaction.
 *
 * Does nothing if no helpdesk has the conversation, or one that wants to hear
 * nothing of it (told_expired: false).  Nobody is woken.
 */
int expired_gather(struct worker *w, int64_t conversation, const int64_t *ids,
		   size_t len, struct err *err);
/* Some of what was gathered is to be told from now on; a transaction of its
 * own.  *ret_more: there may be more. */
int expired_release(struct worker *w, bool *ret_more, struct err *err);

/* Ids of a row's detail; free(*ret).  ERR_CORRUPT: not what was gathered. */
int expired_parse(struct store_value detail, int64_t **ret, size_t *ret_len,
		  struct err *err);
/* Is nothing left of what a helpdesk was told in the conversation?  Of a very
 * long one "no" may also mean that it was not looked at to its end. */
int expired_all(struct worker *w, int64_t conversation, bool *ret,
		struct err *err);

#endif
