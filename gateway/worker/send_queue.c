/* send_queue.c - which row is next. */
#include "send.h"

#define SECOND_MS INT64_C(1000)
#define RESCAN_MS (60 * SECOND_MS)
#define PAGE_ROWS 256

#define COLUMNS "id,conversation,message,type,attempts,next_ms,created_ms"
#define SQL_PAGE                                                        \
	"SELECT " COLUMNS                                               \
	" FROM outbox WHERE destination=? AND id>? AND state='waiting'" \
	" AND kind='channel' ORDER BY id LIMIT 256"
#define SQL_NEXT                                                \
	"SELECT " COLUMNS                                       \
	" FROM outbox WHERE conversation=? AND state='waiting'" \
	" AND kind='channel' ORDER BY id LIMIT 1"
#define SQL_UNKNOWN                                                         \
	"SELECT " COLUMNS                                                   \
	",destination FROM outbox WHERE state='unknown' AND kind='channel'" \
	" ORDER BY id"

/* --- lanes ---------------------------------------------------------------- */

static struct send_lane **bucket_of(struct send *s, int64_t conversation)
{
	uint64_t mixed = (uint64_t)conversation * UINT64_C(0x9e3779b97f4a7c15);

	return &s->buckets[(mixed >> 32) % SEND_BUCKETS];
}

struct send_lane *send_lane_find(struct send *s, int64_t conversation)
{
	struct send_lane *lane = *bucket_of(s, conversation);

	while (lane != NULL && lane->conversation != conversation)
		lane = lane->bucket_next;
	return lane;
}

static struct send_lane *lane_new(struct send_queue *q, struct send *s,
				  int64_t conversation)
{
	struct send_lane *lane = calloc(1, sizeof(*lane));
	struct send_lane **bucket = bucket_of(s, conversation);

	if (lane == NULL)
		return NULL;
	lane->queue = q;
	lane->conversation = conversation;
	lane->bucket_next = *bucket;
	*bucket = lane;
	lane->previous = q->last;
	if (q->last != NULL)
		q->last->next = lane;
	else
		q->first = lane;
	q->last = lane;
	q->lanes_len++;
	return lane;
}

static void unlink_from_queue(struct send_lane *lane)
{
	struct send_queue *q = lane->queue;

	if (lane->previous != NULL)
		lane->previous->next = lane->next;
	else
		q->first = lane->next;
	if (lane->next != NULL)
		lane->next->previous = lane->previous;
	else
		q->last = lane->previous;
	q->lanes_len--;
}

void send_lane_free(struct send *s, struct send_lane *lane)
{
	struct send_lane **at = bucket_of(s, lane->conversation);

	while (*at != lane)
		at = &(*at)->bucket_next;
	*at = lane->bucket_next;
	unlink_from_queue(lane);
	send_flight_free(&lane->flight);
	free(lane);
}

void send_lane_due(struct send_lane *lane, int64_t wait_ms)
{
	struct send_queue *q = lane->queue;

	lane->due_boot = worker_boot(q->w) + (wait_ms > 0 ? wait_ms : 0);
	if (lane->due_boot < q->due_boot)
		q->due_boot = lane->due_boot;
}

static void lane_read(struct send_lane *lane, struct store_rows *rows)
{
	struct worker *w = lane->queue->w;
	struct store_value type = store_column(w->store, rows, 3);
	int64_t next_ms = store_column(w->store, rows, 5).num;

	lane->row = store_column(w->store, rows, 0).num;
	lane->message = store_column(w->store, rows, 2).num;
	lane->read = type.len == 4 && memcmp(type.bytes, "read", 4) == 0;
	lane->attempts = store_column(w->store, rows, 4).num;
	lane->created_ms = store_column(w->store, rows, 6).num;
	lane->too_fast = 0;
	lane->spool_boot = 0;
	send_lane_due(lane, next_ms - worker_now(w));
}

int send_lane_advance(struct send_lane *lane, struct err *err)
{
	static const char sql[] = SQL_NEXT;
	struct worker *w = lane->queue->w;
	struct store_rows *rows = NULL;
	int rc;

	send_flight_free(&lane->flight);
	lane->state = LANE_WAITING;
	if (store_start(w->store, sql, STORE_ARGS(S_INT(lane->conversation)),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc == 1)
		lane_read(lane, rows);
	store_finish(w->store, &rows);
	if (rc == 0)
		send_lane_free(w->send, lane);
	return rc < 0 ? -1 : 0;
}

/* --- loading -------------------------------------------------------------- */

/* Takes rows until a page ends or lanes do; the rows of a conversation that
 * has a lane are found again when it advances. */
static int load_page(struct send_queue *q, struct store_rows *rows,
		     size_t *ret_rows, struct err *err)
{
	struct worker *w = q->w;
	struct send_lane *lane;
	int rc = 0;

	while (q->lanes_len < SEND_LANES_MAX &&
	       (rc = store_step(w->store, rows, err)) == 1) {
		int64_t conversation = store_column(w->store, rows, 1).num;

		++*ret_rows;
		if (send_lane_find(w->send, conversation) == NULL) {
			lane = lane_new(q, w->send, conversation);
			if (lane == NULL)
				return ERR_SET(err, ERR_NOMEM,
					       "no memory for a lane", 0);
			lane_read(lane, rows);
		}
		q->cursor = store_column(w->store, rows, 0).num;
	}
	return rc < 0 ? -1 : 0;
}

int send_queue_load(struct send_queue *q, struct err *err)
{
	static const char sql[] = SQL_PAGE;
	struct worker *w = q->w;
	const struct name *channel = &w->channels[q->channel]->name;
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc;

	if (worker_boot(w) >= q->rescan_boot && !q->more) {
		q->rescan_boot = worker_boot(w) + RESCAN_MS;
		q->cursor = 0;
		q->more = true;
	}
	if (!q->more || q->lanes_len >= SEND_LANES_MAX)
		return 0;
	if (store_start(w->store, sql,
			STORE_ARGS(S_TEXT(channel->text), S_INT(q->cursor)),
			&rows, err) != 0)
		return -1;
	rc = load_page(q, rows, &len, err);
	store_finish(w->store, &rows);
	if (rc == 0 && len < PAGE_ROWS && q->lanes_len < SEND_LANES_MAX)
		q->more = false;
	return rc;
}

static int load_unknown_row(struct worker *w, struct store_rows *rows,
			    struct err *err)
{
	struct store_value v = store_column(w->store, rows, 7);
	struct send_lane *lane;
	struct name channel;
	int index = -1;

	if (v.type == STORE_TEXT && name_set(&channel, v.bytes, v.len))
		index = worker_channel_index(w, channel.text);
	v = store_column(w->store, rows, 1);
	if (index < 0 || send_lane_find(w->send, v.num) != NULL)
		return 0;
	lane = lane_new(&w->send->queues[index], w->send, v.num);
	if (lane == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a lane", 0);
	lane->state = LANE_UNKNOWN;
	lane_read(lane, rows);
	return 0;
}

/* Once, at the start: the whole table is looked through. */
int send_queue_load_unknown(struct worker *w, struct err *err)
{
	static const char sql[] = SQL_UNKNOWN;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) == 1) {
		rc = load_unknown_row(w, rows, err);
		if (rc != 0)
			break;
	}
	store_finish(w->store, &rows);
	return rc;
}
