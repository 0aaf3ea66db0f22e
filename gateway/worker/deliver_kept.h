/* deliver_kept.h - messages archived a moment ago, in clear, by their row of
 * the outbox.
 *
 * Saves reading a row back and having the keeper open what it has just
 * sealed.  The archive stays the truth: what is not here is read there, so
 * anything may be forgotten at any time, and is when its row or message is
 * touched (deliver_forget).  Clear text stays at most KEPT_MS and is wiped;
 * each message is taken out at its first attempt. */
#ifndef POSTERN_WORKER_DELIVER_KEPT_H
#define POSTERN_WORKER_DELIVER_KEPT_H

#include "worker.h"

#define KEPT_ROWS_MAX  1024
#define KEPT_BYTES_MAX (1024u * 1024)
#define KEPT_MS	       2000

/* One block of memory with its texts behind it. */
struct kept {
	size_t size;
	int64_t since_ms; /* boot clock */
	struct archived what;
	struct name kind, channel, helpdesk;
	char texts[];
};

/* By growing row; what was taken out leaves a hole. */
struct kept_ring {
	struct {
		int64_t row;
		struct kept *kept; /* NULL: a hole */
	} at[KEPT_ROWS_MAX];
	size_t first, len; /* with holes */
	size_t live, bytes;
};

/* Copies; false: no room, or not the youngest row. */
bool kept_add(struct kept_ring *r, const char *helpdesk,
	      const struct archived *what, int64_t boot_ms);
/* Gives it away, to be freed with kept_free(); NULL: not here. */
struct kept *kept_take(struct kept_ring *r, int64_t row);
void kept_free(struct kept **k); /* wipes */
/* Those about this message; 0: all. */
void kept_drop(struct kept_ring *r, int64_t message);
/* Those that have been here for too long. */
void kept_expire(struct kept_ring *r, int64_t boot_ms);
/* When the next one will have been; INT64_MAX: none is here. */
int64_t kept_due_ms(const struct kept_ring *r);

#endif
