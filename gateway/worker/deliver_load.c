/* deliver_load.c - from the outbox into the window of one helpdesk.
 *
 * By growing id along the index of waiting rows, LOAD_ROWS at a time, so that
 * a hundred thousand waiting rows are read once.  When the window has run
 * empty the next look starts from the beginning: then nothing may be waiting,
 * so it costs nothing, and a row that was committed behind the cursor is
 * found. */
#include "deliver.h"

#define LOAD_ROWS  1000
#define READY_LOW  500
#define FEEDS_ONCE 64

#define COLUMNS "id,conversation,attempts,next_ms,created_ms"
#define SQL_LOAD                                                        \
	"SELECT " COLUMNS " FROM outbox WHERE destination=?"            \
	" AND state='waiting' AND kind='helpdesk' AND id>? ORDER BY id" \
	" LIMIT 1000"
#define SQL_FEED                                                     \
	"SELECT " COLUMNS " FROM outbox WHERE conversation=?"        \
	" AND destination=? AND state='waiting' AND kind='helpdesk'" \
	" AND id>? AND id<=? ORDER BY id LIMIT 32"

_Static_assert(QUEUE_LANE_MAX == 32, "the limit of SQL_FEED");

static int64_t column(struct worker *w, struct store_rows *rows, unsigned int i)
{
	return store_column(w->store, rows, i).num;
}

/* Wall time in the outbox, boot time in memory: a clock that is set back
 * cannot hold a row longer than a day. */
static int64_t rest_ms(int64_t next_ms, int64_t now_ms)
{
	const int64_t day_ms = (int64_t)24 * 60 * 60 * 1000;

	if (next_ms <= now_ms)
		return 0;
	return next_ms - now_ms > day_ms ? day_ms : next_ms - now_ms;
}

static int add_rows(struct worker *w, struct target *t, const char *sql,
		    const struct store_value *args, size_t args_len,
		    size_t *ret_len, int64_t *ret_last, struct err *err)
{
	int64_t now_ms = worker_now(w), boot_ms = worker_boot(w);
	struct store_rows *rows = NULL;
	struct queue_row row = {0};
	size_t len = 0;
	int more;

	if (store_start(w->store, sql, args, args_len, &rows, err) != 0)
		return -1;
	while ((more = store_step(w->store, rows, err)) == 1) {
		row.id = column(w, rows, 0);
		row.conversation = column(w, rows, 1);
		row.attempts = column(w, rows, 2);
		row.due_ms = boot_ms + rest_ms(column(w, rows, 3), now_ms);
		row.created_ms = column(w, rows, 4);
		if (queue_add(t->queue, &row, boot_ms, err) != 0) {
			more = -1;
			break;
		}
		*ret_last = row.id;
		len++;
	}
	store_finish(w->store, &rows);
	*ret_len = len;
	return more;
}

static int feed(struct worker *w, struct target *t, struct err *err)
{
	static const char sql[] = SQL_FEED;
	int64_t conversation, after, last;
	size_t len = 0;

	for (int i = 0; i < FEEDS_ONCE; i++) {
		if (queue_rows(t->queue) + QUEUE_LANE_MAX > QUEUE_ROWS_MAX ||
		    !queue_hungry(t->queue, &conversation, &after))
			return 0;
		if (add_rows(w, t, sql,
			     STORE_ARGS(S_INT(conversation),
					S_TEXT(t->conf->name.text),
					S_INT(after), S_INT(t->cursor)),
			     &len, &last, err) != 0)
			return -1;
		queue_fed(t->queue, conversation, len < QUEUE_LANE_MAX);
	}
	return 0;
}

bool deliver_may_load(const struct target *t)
{
	int64_t conversation, after;

	if (queue_rows(t->queue) + LOAD_ROWS > QUEUE_ROWS_MAX)
		return false;
	if (queue_hungry(t->queue, &conversation, &after))
		return true;
	return t->more && queue_ready(t->queue) < READY_LOW;
}

int deliver_load(struct worker *w, struct target *t, struct err *err)
{
	static const char sql[] = SQL_LOAD;
	size_t len = 0;

	if (feed(w, t, err) != 0)
		return -1;
	/* A hungry lane that could not be fed keeps its place: t->cursor may
	 * not pass 0 then. */
	if (!t->more && queue_rows(t->queue) == 0 && t->cursor != 0) {
		t->cursor = 0;
		t->more = true;
	}
	if (!t->more || queue_ready(t->queue) >= READY_LOW ||
	    queue_rows(t->queue) + LOAD_ROWS > QUEUE_ROWS_MAX)
		return 0;
	if (add_rows(w, t, sql,
		     STORE_ARGS(S_TEXT(t->conf->name.text), S_INT(t->cursor)),
		     &len, &t->cursor, err) != 0)
		return -1;
	t->more = len == LOAD_ROWS;
	return 0;
}
