/* trail.h - where the records of a person are: over their conversations, and
 * those of others they wrote in, to the messages; never over the archive. */
#ifndef POSTERN_FORGET_TRAIL_H
#define POSTERN_FORGET_TRAIL_H

#include "worker/worker.h"

/* Everybody who is this person, ascending.  ERR_INPUT: more than fit. */
#define TRAIL_FAMILY_MAX 256
struct family {
	int64_t ids[TRAIL_FAMILY_MAX];
	size_t len;
};
int trail_family(struct worker *w, int64_t person, struct family *ret,
		 struct err *err);
bool trail_has(const struct family *family, int64_t person);

/* The conversation with the next larger id; 0: that was the last. */
int trail_conversation(struct worker *w, int64_t person, int64_t after,
		       int64_t *ret, struct err *err);
/* Told of every conversation, ascending; not 0 ends it. */
typedef int trail_each(void *ctx, int64_t conversation, struct err *err);
int trail_conversations(struct worker *w, int64_t person, trail_each *each,
			void *ctx, struct err *err);

#endif
