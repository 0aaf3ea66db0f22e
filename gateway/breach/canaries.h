/* canaries.h - making and ending made-up persons (worker/canary.h says who
 * touches them).
 *
 * A canary is a person with a conversation whose messages are sealed like any
 * other; nobody wrote them, no helpdesk was told of them, no figure counts
 * them.  Only table canary knows. */
#ifndef POSTERN_BREACH_CANARIES_H
#define POSTERN_BREACH_CANARIES_H

#include "worker/worker.h"

#define CANARY_TEXTS_MAX 16
struct canary_order {
	const struct name *channel;
	const struct name *helpdesk; /* whose it is; NULL: nobody's */
	const char *name;	     /* of the made-up person */
	const char *texts[CANARY_TEXTS_MAX];
	size_t texts_len;
};
struct canary {
	int64_t id, person, conversation, made_ms, ended_ms;
};
/* In the caller's transaction.  ERR_INPUT: the policy does not know the
 * channel, or a text is no UTF-8. */
int canary_make(struct worker *w, const struct canary_order *order,
		struct canary *ret, struct err *err);
/* Rows and keys go, and its alarm ends.  ERR_ABSENT: it ended before. */
int canary_end(struct worker *w, int64_t id, struct err *err);

#endif
