/* item_tell.c - messages whose time is over, by conversation.
 *
 * Source: Art. 19 GDPR; design 3, "Forget". */
#include "item_inside.h"

#include <stdlib.h>

#include "worker/expired.h"

#define OVER_BYTES (1024 * 1024)

struct over {
	int64_t conversation, message;
};

int expire(struct forgetting *f, int64_t conversation, int64_t message,
	   struct err *err)
{
	const struct over over = {conversation, message};

	f->expired.cap = OVER_BYTES;
	return buf_append(&f->expired, &over, sizeof(over), err);
}

static int by_conversation(const void *a, const void *b)
{
	const struct over *l = a, *r = b;

	if (l->conversation != r->conversation)
		return l->conversation < r->conversation ? -1 : 1;
	return (l->message > r->message) - (l->message < r->message);
}

/* The messages of one after another, at all's beginning. */
static int tell_all(struct forgetting *f, struct over *all, int64_t *ids,
		    size_t len, struct err *err)
{
	size_t n;

	qsort(all, len, sizeof(*all), by_conversation);
	for (size_t i = 0; i < len; i += n) {
		for (n = 0; i + n < len &&
			    all[i + n].conversation == all[i].conversation;
		     n++)
			ids[n] = all[i + n].message;
		if (expired_gather(f->w, all[i].conversation, ids, n, err) != 0)
			return -1;
	}
	return 0;
}

int expire_tell(struct forgetting *f, struct err *err)
{
	const size_t len = f->expired.len / sizeof(struct over);
	struct over *all;
	int64_t *ids;
	int rc = -1;

	if (len == 0)
		return 0;
	all = malloc(f->expired.len);
	ids = calloc(len, sizeof(*ids));
	if (all == NULL || ids == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "who is told of an end", 0);
	} else {
		memcpy(all, f->expired.bytes, f->expired.len);
		rc = tell_all(f, all, ids, len, err);
	}
	free(all);
	free(ids);
	return rc;
}
