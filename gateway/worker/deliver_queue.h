/* deliver_queue.h - the waiting rows of one destination, in memory.
 *
 * A window over the outbox, loaded by growing id.  Rows of one conversation
 * form a lane; only the first of a lane may be ready, under way or resting,
 * so order per conversation holds and lanes do not wait for each other.
 * Bounds: QUEUE_ROWS_MAX rows, QUEUE_LANE_MAX of them in one lane; a lane
 * that is longer in the outbox is filled up again by its conversation
 * (queue_hungry). */
#ifndef POSTERN_WORKER_DELIVER_QUEUE_H
#define POSTERN_WORKER_DELIVER_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

#define QUEUE_ROWS_MAX 8192
#define QUEUE_LANE_MAX 32

enum queue_state {
	QUEUE_BEHIND,  /* another row of the lane comes first */
	QUEUE_READY,   /* may start */
	QUEUE_FLYING,  /* popped */
	QUEUE_RESTING, /* until due_ms */
	QUEUE_BLOCKED, /* until its attachment is there */
};

struct queue_lane;
struct queue_row {
	int64_t id, conversation;
	int64_t due_ms; /* boot clock */
	int64_t created_ms;
	int64_t attempts;
	enum queue_state state;
	bool named;	     /* rests because the destination said until when */
	bool hurried;	     /* was made ready before due_ms */
	unsigned int probes; /* tried as a probe before due_ms */
	struct queue_lane *lane;
	struct queue_row *behind;	   /* next of the lane */
	struct queue_row *previous, *next; /* ready or blocked list */
	size_t heap_at;			   /* resting */
};

struct queue;
int queue_new(struct queue **ret, struct err *err);
void queue_free(struct queue **q);

/* A row as read from the outbox; a row that is there already is ignored, one
 * that does not fit its lane is left in the outbox.  Returns 0 or -1 with
 * ERR_NOMEM. */
int queue_add(struct queue *q, const struct queue_row *row, int64_t boot_ms,
	      struct err *err);
bool queue_full(const struct queue *q);
size_t queue_rows(const struct queue *q);
size_t queue_ready(const struct queue *q);

/* Resting rows whose time has come become ready. */
void queue_mature(struct queue *q, int64_t boot_ms);
/* The oldest ready row, now flying; NULL: none. */
struct queue_row *queue_pop(struct queue *q);
/* A flying row: back to the head of the ready ones, to rest, to wait for its
 * attachment, or gone (frees it; the next of its lane moves up). */
void queue_back(struct queue *q, struct queue_row *row);
void queue_rest(struct queue *q, struct queue_row *row, int64_t due_ms);
/* A row popped before its due_ms rests until then, as if it had not been. */
void queue_rest_again(struct queue *q, struct queue_row *row);
void queue_block(struct queue *q, struct queue_row *row);
void queue_done(struct queue *q, struct queue_row *row, int64_t boot_ms);
/* All blocked rows become ready again. */
void queue_unblock(struct queue *q);
size_t queue_blocked(const struct queue *q);
/* A resting row becomes ready at once, as if its time had come; false: no such
 * row at rest. */
bool queue_hurry(struct queue *q, int64_t conversation, int64_t id);
/* All resting rows become ready before their time, except those named, and
 * those hurried already since their due_ms was set: a message that always
 * fails would be tried at every call. */
void queue_hurry_all(struct queue *q);
/* The resting row to probe with before its time, now flying: the least probed,
 * of these the earliest, none that is named.  NULL: none. */
struct queue_row *queue_pop_early(struct queue *q);
bool queue_has_early(const struct queue *q);

/* When the next resting row is due; INT64_MAX: none rests. */
int64_t queue_due_ms(const struct queue *q);

/* A lane whose rows ran out while the outbox has more: *ret_after is the last
 * id it had.  false: none. */
bool queue_hungry(const struct queue *q, int64_t *ret_conversation,
		  int64_t *ret_after);
/* That lane was read from there; complete: there was no more. */
void queue_fed(struct queue *q, int64_t conversation, bool complete);

#endif
