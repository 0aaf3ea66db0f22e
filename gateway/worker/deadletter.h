/* deadletter.h - the outbox as an operator sees it: what waits, what was set
 * aside, and the two things to do about it.  No personal data. */
#ifndef POSTERN_WORKER_DEADLETTER_H
#define POSTERN_WORKER_DEADLETTER_H

#include "worker.h"

struct outbox_item {
	int64_t id;    /* ID_DELIVERY outside */
	char kind[16]; /* helpdesk, channel */
	struct name destination;
	char type[40], state[16], reason[64]; /* reason: token or "" */
	int64_t conversation, message;	      /* message 0: none */
	int64_t attempts, next_ms, created_ms;
};

/*
 * outbox_list - rows by id.
 *
 *   state	"dead", "waiting", "unknown", or NULL for all of them
 *   after	only ids above this one; 0 from the start
 *   size	room in ret_items
 */
int outbox_list(struct worker *w, const char *state, int64_t after,
		struct outbox_item *ret_items, size_t size, size_t *ret_len,
		struct err *err);

/*
 * outbox_retry - a row is tried again now, with all its attempts; ERR_DENIED:
 * it is held until somebody agrees.
 *
 * For dead and unknown rows, and waiting ones that rest.  One transaction;
 * wakes the step concerned.  ERR_ABSENT: no such row.
 */
int outbox_retry(struct worker *w, int64_t id, struct err *err);

/*
 * outbox_drop - a row is forgotten.  A send that is dropped leaves its
 * message failed.  One transaction.  ERR_ABSENT: no such row.
 */
int outbox_drop(struct worker *w, int64_t id, struct err *err);

#endif
