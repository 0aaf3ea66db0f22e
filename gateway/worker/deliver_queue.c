/* deliver_queue.c - see deliver_queue.h. */
#include "deliver_queue.h"

#include <assert.h>

#define BUCKETS 4096 /* power of two */

struct queue_lane {
	int64_t conversation;
	struct queue_row *first, *last;
	size_t len;
	/* Rows after last_id are in the outbox only. */
	bool skipped, feeding;
	int64_t last_id;
	struct queue_lane *chain;		      /* same bucket */
	struct queue_lane *hungry_prev, *hungry_next; /* skipped and empty */
};

struct list {
	struct queue_row *first, *last;
	size_t len;
};

struct queue {
	struct queue_lane *buckets[BUCKETS];
	struct list ready, blocked;
	struct queue_row *heap[QUEUE_ROWS_MAX + 1]; /* resting, by due_ms */
	size_t heap_len, heap_named;
	size_t rows;
	struct queue_lane *hungry;
};

/* --- lists ----------------------------------------------------------------
 */

static void list_put(struct list *l, struct queue_row *row, bool first)
{
	row->previous = first ? NULL : l->last;
	row->next = first ? l->first : NULL;
	if (row->previous != NULL)
		row->previous->next = row;
	else
		l->first = row;
	if (row->next != NULL)
		row->next->previous = row;
	else
		l->last = row;
	l->len++;
}

static void list_take(struct list *l, struct queue_row *row)
{
	if (row->previous != NULL)
		row->previous->next = row->next;
	else
		l->first = row->next;
	if (row->next != NULL)
		row->next->previous = row->previous;
	else
		l->last = row->previous;
	row->previous = row->next = NULL;
	l->len--;
}

/* --- heap of resting rows -------------------------------------------------
 */

static void heap_set(struct queue *q, size_t at, struct queue_row *row)
{
	q->heap[at] = row;
	row->heap_at = at;
}

static void heap_up(struct queue *q, size_t at)
{
	struct queue_row *row = q->heap[at];

	while (at > 0 && q->heap[(at - 1) / 2]->due_ms > row->due_ms) {
		heap_set(q, at, q->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_set(q, at, row);
}

static void heap_down(struct queue *q, size_t at)
{
	struct queue_row *row = q->heap[at];

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= q->heap_len)
			break;
		if (child + 1 < q->heap_len &&
		    q->heap[child + 1]->due_ms < q->heap[child]->due_ms)
			child++;
		if (q->heap[child]->due_ms >= row->due_ms)
			break;
		heap_set(q, at, q->heap[child]);
		at = child;
	}
	heap_set(q, at, row);
}

static void heap_put(struct queue *q, struct queue_row *row)
{
	assert(q->heap_len < QUEUE_ROWS_MAX + 1);
	q->heap_named += row->named;
	heap_set(q, q->heap_len++, row);
	heap_up(q, row->heap_at);
}

static void heap_take(struct queue *q, struct queue_row *row)
{
	size_t at = row->heap_at;
	struct queue_row *last = q->heap[--q->heap_len];

	q->heap_named -= row->named;
	if (last == row)
		return;
	heap_set(q, at, last);
	heap_up(q, at);
	heap_down(q, last->heap_at);
}

/* --- lanes ----------------------------------------------------------------
 */

static struct queue_lane **bucket_of(struct queue *q, int64_t conversation)
{
	/* Ids count milliseconds above bit 20 and a counter below. */
	uint64_t v = (uint64_t)conversation * 0x9e3779b97f4a7c15u;

	return &q->buckets[v >> 52 & (BUCKETS - 1)];
}

static struct queue_lane *lane_find(struct queue *q, int64_t conversation)
{
	struct queue_lane *l = *bucket_of(q, conversation);

	while (l != NULL && l->conversation != conversation)
		l = l->chain;
	return l;
}

static struct queue_lane *lane_make(struct queue *q, int64_t conversation)
{
	struct queue_lane **bucket = bucket_of(q, conversation);
	struct queue_lane *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->conversation = conversation;
	l->chain = *bucket;
	*bucket = l;
	return l;
}

static void lane_hungry(struct queue *q, struct queue_lane *l)
{
	l->feeding = true;
	l->hungry_prev = NULL;
	l->hungry_next = q->hungry;
	if (q->hungry != NULL)
		q->hungry->hungry_prev = l;
	q->hungry = l;
}

static void lane_not_hungry(struct queue *q, struct queue_lane *l)
{
	if (!l->feeding)
		return;
	l->feeding = false;
	if (l->hungry_prev != NULL)
		l->hungry_prev->hungry_next = l->hungry_next;
	else
		q->hungry = l->hungry_next;
	if (l->hungry_next != NULL)
		l->hungry_next->hungry_prev = l->hungry_prev;
}

static void lane_drop(struct queue *q, struct queue_lane *l)
{
	struct queue_lane **at = bucket_of(q, l->conversation);

	lane_not_hungry(q, l);
	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	free(l);
}

/* The first of a lane starts to count. */
static void lane_lead(struct queue *q, struct queue_row *row, int64_t boot_ms)
{
	if (row->due_ms > boot_ms) {
		row->state = QUEUE_RESTING;
		heap_put(q, row);
	} else {
		row->state = QUEUE_READY;
		list_put(&q->ready, row, false);
	}
}

/* Where row goes: after the last with a smaller id, but never before the
 * first, which may be under way.  false: it is there already. */
static bool lane_insert(struct queue_lane *l, struct queue_row *row)
{
	struct queue_row *at = l->first;

	for (struct queue_row *r = l->first; r != NULL; r = r->behind) {
		if (r->id == row->id)
			return false;
		if (r->id < row->id)
			at = r;
	}
	if (at == NULL) {
		l->first = row;
	} else {
		row->behind = at->behind;
		at->behind = row;
	}
	if (row->behind == NULL)
		l->last = row;
	l->len++;
	return true;
}

/* --- queue ----------------------------------------------------------------
 */

int queue_new(struct queue **ret, struct err *err)
{
	struct queue *q = calloc(1, sizeof(*q));

	if (q == NULL)
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	*ret = q;
	return 0;
}

static void lane_free(struct queue_lane *l)
{
	struct queue_row *behind;

	for (struct queue_row *r = l->first; r != NULL; r = behind) {
		behind = r->behind;
		free(r);
	}
	free(l);
}

void queue_free(struct queue **q)
{
	struct queue *gone = *q;
	struct queue_lane *chain;

	*q = NULL;
	if (gone == NULL)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct queue_lane *l = gone->buckets[i]; l != NULL;
		     l = chain) {
			chain = l->chain;
			lane_free(l);
		}
	free(gone);
}

bool queue_full(const struct queue *q)
{
	return q->rows >= QUEUE_ROWS_MAX;
}

size_t queue_rows(const struct queue *q)
{
	return q->rows;
}

size_t queue_ready(const struct queue *q)
{
	return q->ready.len;
}

/* A row younger than one that was left out must be left out too. */
static bool lane_takes(struct queue_lane *l, int64_t id)
{
	if (l->skipped && !l->feeding && id > l->last_id)
		return false;
	if (l->len < QUEUE_LANE_MAX)
		return true;
	if (!l->skipped) {
		l->skipped = true;
		l->last_id = l->last->id;
	}
	return false;
}

int queue_add(struct queue *q, const struct queue_row *row, int64_t boot_ms,
	      struct err *err)
{
	struct queue_lane *l;
	struct queue_row *copy;

	if (queue_full(q))
		return 0;
	l = lane_find(q, row->conversation);
	if (l == NULL)
		l = lane_make(q, row->conversation);
	if (l == NULL)
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	if (!lane_takes(l, row->id))
		return 0;
	copy = calloc(1, sizeof(*copy));
	if (copy == NULL) {
		if (l->len == 0 && !l->skipped)
			lane_drop(q, l);
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	}
	copy->id = row->id;
	copy->conversation = row->conversation;
	copy->due_ms = row->due_ms;
	copy->created_ms = row->created_ms;
	copy->attempts = row->attempts;
	copy->lane = l;
	copy->state = QUEUE_BEHIND;
	if (!lane_insert(l, copy)) {
		free(copy);
		return 0;
	}
	q->rows++;
	if (l->skipped && row->id > l->last_id)
		l->last_id = row->id;
	if (l->first == copy)
		lane_lead(q, copy, boot_ms);
	return 0;
}

void queue_mature(struct queue *q, int64_t boot_ms)
{
	struct queue_row *row;

	while (q->heap_len > 0 && q->heap[0]->due_ms <= boot_ms) {
		row = q->heap[0];
		heap_take(q, row);
		row->state = QUEUE_READY;
		list_put(&q->ready, row, false);
	}
}

struct queue_row *queue_pop(struct queue *q)
{
	struct queue_row *row = q->ready.first;

	if (row == NULL)
		return NULL;
	list_take(&q->ready, row);
	row->state = QUEUE_FLYING;
	return row;
}

void queue_back(struct queue *q, struct queue_row *row)
{
	assert(row->state == QUEUE_FLYING);
	row->state = QUEUE_READY;
	list_put(&q->ready, row, true);
}

void queue_rest(struct queue *q, struct queue_row *row, int64_t due_ms)
{
	assert(row->state == QUEUE_FLYING);
	row->state = QUEUE_RESTING;
	row->due_ms = due_ms;
	row->hurried = false;
	row->probes = 0;
	heap_put(q, row);
}

void queue_rest_again(struct queue *q, struct queue_row *row)
{
	assert(row->state == QUEUE_FLYING);
	row->state = QUEUE_RESTING;
	heap_put(q, row);
}

void queue_block(struct queue *q, struct queue_row *row)
{
	assert(row->state == QUEUE_FLYING);
	row->state = QUEUE_BLOCKED;
	list_put(&q->blocked, row, false);
}

void queue_done(struct queue *q, struct queue_row *row, int64_t boot_ms)
{
	struct queue_lane *l = row->lane;

	assert(row->state == QUEUE_FLYING && l->first == row);
	l->first = row->behind;
	if (l->first == NULL)
		l->last = NULL;
	l->len--;
	q->rows--;
	free(row);
	if (l->first != NULL)
		lane_lead(q, l->first, boot_ms);
	else if (l->skipped)
		lane_hungry(q, l);
	else
		lane_drop(q, l);
}

void queue_unblock(struct queue *q)
{
	struct queue_row *row;

	while ((row = q->blocked.first) != NULL) {
		list_take(&q->blocked, row);
		row->state = QUEUE_READY;
		list_put(&q->ready, row, false);
	}
}

size_t queue_blocked(const struct queue *q)
{
	return q->blocked.len;
}

bool queue_hurry(struct queue *q, int64_t conversation, int64_t id)
{
	struct queue_lane *l = lane_find(q, conversation);

	if (l == NULL || l->first == NULL || l->first->id != id ||
	    l->first->state != QUEUE_RESTING)
		return false;
	heap_take(q, l->first);
	l->first->due_ms = 0;
	l->first->state = QUEUE_READY;
	list_put(&q->ready, l->first, true);
	return true;
}

void queue_hurry_all(struct queue *q)
{
	size_t len = q->heap_len;
	struct queue_row *row;

	/* Puts back at most what it has taken, so never over a row to come. */
	q->heap_len = q->heap_named = 0;
	for (size_t i = 0; i < len; i++) {
		row = q->heap[i];
		if (row->named || row->hurried) {
			heap_put(q, row);
			continue;
		}
		row->hurried = true;
		row->state = QUEUE_READY;
		list_put(&q->ready, row, false);
	}
}

static bool probes_before(const struct queue_row *a, const struct queue_row *b)
{
	return a->probes != b->probes ? a->probes < b->probes
				      : a->due_ms < b->due_ms;
}

struct queue_row *queue_pop_early(struct queue *q)
{
	struct queue_row *best = NULL, *row;

	/* All of them, but only after a pause of the breaker. */
	for (size_t i = 0; i < q->heap_len; i++) {
		row = q->heap[i];
		if (!row->named && (best == NULL || probes_before(row, best)))
			best = row;
	}
	if (best == NULL)
		return NULL;
	heap_take(q, best);
	best->probes++;
	best->state = QUEUE_FLYING;
	return best;
}

bool queue_has_early(const struct queue *q)
{
	return q->heap_len > q->heap_named;
}

int64_t queue_due_ms(const struct queue *q)
{
	return q->heap_len > 0 ? q->heap[0]->due_ms : INT64_MAX;
}

bool queue_hungry(const struct queue *q, int64_t *ret_conversation,
		  int64_t *ret_after)
{
	if (q->hungry == NULL)
		return false;
	*ret_conversation = q->hungry->conversation;
	*ret_after = q->hungry->last_id;
	return true;
}

void queue_fed(struct queue *q, int64_t conversation, bool complete)
{
	struct queue_lane *l = lane_find(q, conversation);

	if (l == NULL)
		return;
	if (complete)
		l->skipped = false;
	if (l->len > 0)
		lane_not_hungry(q, l);
	else if (complete)
		lane_drop(q, l);
}
