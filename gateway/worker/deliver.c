/* deliver.c - the step that tells helpdesks what the outbox says.
 *
 * Per helpdesk a window of waiting rows (deliver_queue.h), a breaker and a
 * number of calls under way; rows of one conversation go one after the other,
 * everything else side by side.  A row leaves the outbox only after the
 * helpdesk said 2xx, so a crash repeats at most what was under way, with the
 * same webhook-id. */
#include "deliver.h"

#define BATCH_ROWS	64
#define KEEPER_WAIT_MS	500
#define BLOCKED_MS	250   /* between two looks after a wake */
#define BLOCKED_IDLE_MS 30000 /* ... and without one */
#define ENOUGH_ROWS	256
#define ENOUGH_IDLE_MS	5
#define ENOUGH_MS	10

/* --- open, close, wake ----------------------------------------------------
 */

int deliver_open(struct worker *w, struct deliver **ret, struct err *err)
{
	const struct settings *s = w->settings;
	struct deliver *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	d->w = w;
	d->targets = calloc(s->helpdesks_len + 1, sizeof(*d->targets));
	if (d->targets == NULL) {
		deliver_close(&d);
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	}
	for (size_t i = 0; i < s->helpdesks_len; i++) {
		struct target *t = &d->targets[i];

		if (queue_new(&t->queue, err) != 0) {
			deliver_close(&d);
			return -1;
		}
		d->targets_len++;
		t->conf = &s->helpdesks[i];
		t->hd = w->helpdesks[i];
		t->more = true;
		breaker_init(&t->breaker, (size_t)s->limits.in_flight_max);
	}
	*ret = d;
	return 0;
}

static void free_flights(struct flight *f)
{
	struct flight *next;

	for (; f != NULL; f = next) {
		next = f->next;
		free(f);
	}
}

void deliver_close(struct deliver **d)
{
	struct deliver *gone = *d;

	*d = NULL;
	if (gone == NULL)
		return;
	/* Calls under way are dropped with the client, without a callback. */
	free_flights(gone->flying);
	free_flights(gone->finished);
	kept_drop(&gone->kept, 0);
	for (size_t i = 0; i < gone->targets_len; i++)
		queue_free(&gone->targets[i].queue);
	free(gone->targets);
	free(gone);
}

static struct target *target_find(struct worker *w, const char *helpdesk)
{
	int i;

	if (w->deliver == NULL)
		return NULL;
	i = worker_helpdesk_index(w, helpdesk);
	return i < 0 ? NULL : &w->deliver->targets[i];
}

void deliver_wake(struct worker *w, const char *helpdesk)
{
	struct target *t = target_find(w, helpdesk);

	if (t == NULL)
		return;
	t->more = true;
	t->woken = true;
}

void deliver_readmit(struct worker *w, const char *helpdesk,
		     const struct queue_row *row)
{
	struct target *t = target_find(w, helpdesk);
	struct queue_row now = *row;

	if (t == NULL || queue_hurry(t->queue, row->conversation, row->id))
		return;
	now.due_ms = worker_boot(w);
	/* Without memory it is found when the window has run empty. */
	(void)queue_add(t->queue, &now, now.due_ms, NULL);
	t->more = true;
}

/* --- what was archived a moment ago ---------------------------------------
 */

void deliver_keep(struct worker *w, const char *helpdesk,
		  const struct archived *what)
{
	const struct target *t = target_find(w, helpdesk);

	/* Nobody there: it would only grow old here. */
	if (t == NULL || t->gone || t->breaker.state != BREAKER_CLOSED)
		return;
	if (!kept_add(&w->deliver->kept, helpdesk, what, worker_boot(w)))
		return;
	w->deliver->kept_ms = worker_boot(w);
	w->deliver->kept_waited_us = http_waited_us(w->http);
}

void deliver_forget(struct worker *w, int64_t message)
{
	if (w->deliver != NULL)
		kept_drop(&w->deliver->kept, message);
}

bool deliver_has_enough(const struct worker *w)
{
	const struct deliver *d = w->deliver;
	uint64_t waited_us;
	int64_t since_ms;

	if (d == NULL || d->kept.live < ENOUGH_ROWS)
		return false;
	since_ms = worker_boot(w) - d->kept_ms;
	waited_us = http_waited_us(w->http) - d->kept_waited_us;
	return (int64_t)waited_us < (since_ms + ENOUGH_MS) * 1000 / 2;
}

/* --- starting calls -------------------------------------------------------
 */

static void flying_in(struct deliver *d, struct flight *f)
{
	f->previous = NULL;
	f->next = d->flying;
	if (d->flying != NULL)
		d->flying->previous = f;
	d->flying = f;
}

static void flying_out(struct deliver *d, struct flight *f)
{
	if (f->previous != NULL)
		f->previous->next = f->next;
	else
		d->flying = f->next;
	if (f->next != NULL)
		f->next->previous = f->previous;
}

static void on_done(void *ctx, const struct http_reply *reply)
{
	struct flight *f = ctx;
	const struct target *t = f->target;
	struct helpdesk_outcome outcome;

	flying_out(f->d, f);
	t->hd->driver->answer(t->hd, reply, &outcome);
	deliver_judge(f, &outcome);
	deliver_finish(f);
}

static struct flight *flight_new(struct deliver *d, struct target *t,
				 struct queue_row *row)
{
	struct flight *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->d = d;
	f->target = t;
	f->row = row;
	f->attempts = row->attempts;
	f->early = row->due_ms > worker_boot(d->w);
	return f;
}

static int start_call(struct flight *f, const struct note *note,
		      struct err *err)
{
	struct deliver *d = f->d;
	struct target *t = f->target;
	struct http_call call = {0};

	if (t->hd->driver->request(t->hd, note_get(note), &call, err) != 0) {
		if (err->kind != ERR_INPUT)
			return -1;
		f->after = AFTER_DEAD; /* no attempt would go better */
		f->reason = "note.unfit";
		deliver_finish(f);
		return 0;
	}
	if (http_start(d->w->http, &call, on_done, f, err) != 0)
		return -1;
	f->number = breaker_start(&t->breaker, f->early && !f->row->hurried);
	t->under_way++;
	flying_in(d, f);
	return 0;
}

static int start_row(struct deliver *d, struct target *t, struct queue_row *row,
		     const struct note *note, struct err *err)
{
	struct flight *f;

	switch (note_fate(note)) {
	case NOTE_ABSENT:
		queue_done(t->queue, row, worker_boot(d->w));
		return 0;
	case NOTE_BLOCKED:
		queue_block(t->queue, row);
		return 0;
	case NOTE_READY:
	case NOTE_DROP:
	case NOTE_DEAD:
		break;
	}
	f = flight_new(d, t, row);
	if (f == NULL) {
		queue_back(t->queue, row);
		return ERR_SET(err, ERR_NOMEM, "out of memory", 0);
	}
	if (note_fate(note) == NOTE_READY) {
		if (start_call(f, note, err) == 0)
			return 0;
		queue_back(t->queue, row);
		free(f);
		return -1;
	}
	f->after = note_fate(note) == NOTE_DROP ? AFTER_DELETE : AFTER_DEAD;
	f->reason = note_reason(note);
	deliver_finish(f);
	return 0;
}

struct pick {
	struct target *targets[BATCH_ROWS];
	struct queue_row *rows[BATCH_ROWS];
	int64_t ids[BATCH_ROWS];
	size_t len;
};

static void pick_row(struct pick *p, struct target *t, struct queue_row *row)
{
	p->targets[p->len] = t;
	p->rows[p->len] = row;
	p->ids[p->len] = row->id;
	p->len++;
}

static void pick_from(struct target *t, int64_t boot_ms, struct pick *p)
{
	size_t room = breaker_room(&t->breaker, t->under_way, boot_ms);
	struct queue_row *row = NULL;

	if (queue_ready(t->queue) == 0 && p->len < BATCH_ROWS &&
	    breaker_room_early(&t->breaker, t->under_way, boot_ms))
		row = queue_pop_early(t->queue);
	if (row != NULL) {
		pick_row(p, t, row);
		return;
	}
	while (room > 0 && p->len < BATCH_ROWS &&
	       (row = queue_pop(t->queue)) != NULL) {
		pick_row(p, t, row);
		room--;
	}
}

static void pick_back(struct pick *p, size_t from)
{
	for (size_t i = p->len; i > from; i--)
		queue_back(p->targets[i - 1]->queue, p->rows[i - 1]);
}

static int start_picked(struct deliver *d, struct pick *p, struct err *err)
{
	struct note *notes[BATCH_ROWS] = {0};
	size_t i = 0;
	int rc = 0;

	if (notes_read(d->w, p->ids, p->len, notes, err) != 0) {
		pick_back(p, 0);
		if (err->kind != ERR_BUSY)
			return -1;
		COUNT(d->w, keeper_waits);
		d->keeper_ms = worker_boot(d->w) + KEEPER_WAIT_MS;
		return -1;
	}
	for (; i < p->len && rc == 0; i++)
		rc = start_row(d, p->targets[i], p->rows[i], notes[i], err);
	pick_back(p, i);
	for (i = 0; i < p->len; i++)
		note_free(&notes[i]);
	return rc;
}

/* --- the step -------------------------------------------------------------
 */

static int64_t blocked_due_ms(const struct target *t)
{
	/* The more rows wait for attachments, the rarer each look. */
	int64_t pause_ms = BLOCKED_MS + 2 * (int64_t)queue_blocked(t->queue);

	if (queue_blocked(t->queue) == 0)
		return INT64_MAX;
	return t->blocked_ms + (t->woken ? pause_ms : BLOCKED_IDLE_MS);
}

static int prepare(struct worker *w, struct target *t, int64_t boot_ms,
		   struct err *err)
{
	if (boot_ms >= blocked_due_ms(t)) {
		queue_unblock(t->queue);
		t->blocked_ms = boot_ms;
		t->woken = false;
	}
	queue_mature(t->queue, boot_ms);
	return deliver_load(w, t, err);
}

int deliver_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct deliver *d = w->deliver;
	int64_t boot_ms = worker_boot(w);
	struct pick p = {0};
	struct target *t;

	kept_expire(&d->kept, boot_ms);
	if (deliver_settle(d, ret_moved, err) != 0)
		return -1;
	if (w->stopping || boot_ms < d->keeper_ms)
		return 0;
	for (size_t i = 0; i < d->targets_len; i++) {
		t = &d->targets[(d->turn + i) % d->targets_len];
		if (t->gone)
			continue;
		if (prepare(w, t, boot_ms, err) != 0) {
			pick_back(&p, 0);
			return -1;
		}
		pick_from(t, boot_ms, &p);
	}
	d->turn++;
	if (p.len == 0)
		return 0;
	*ret_moved = true;
	return start_picked(d, &p, err);
}

/* When a resting row may be tried before its time. */
static int64_t early_due_ms(const struct target *t)
{
	if (!queue_has_early(t->queue))
		return INT64_MAX;
	return breaker_early_due_ms(&t->breaker, t->under_way);
}

static int64_t target_due_ms(const struct target *t, int64_t boot_ms)
{
	const struct breaker *b = &t->breaker;
	int64_t due_ms = queue_due_ms(t->queue), blocked_ms, early_ms;

	if (t->gone)
		return INT64_MAX;
	blocked_ms = blocked_due_ms(t);
	if (blocked_ms < due_ms)
		due_ms = blocked_ms;
	if (deliver_may_load(t))
		return boot_ms;
	early_ms = early_due_ms(t);
	if (queue_ready(t->queue) == 0)
		return early_ms < due_ms ? early_ms : due_ms;
	if (breaker_room(b, t->under_way, boot_ms) > 0)
		return boot_ms;
	/* Either time opens the way, or the end of a call, which http_poll
	 * will tell. */
	if (b->until_ms > boot_ms && b->until_ms < due_ms)
		due_ms = b->until_ms;
	return due_ms;
}

int64_t deliver_due_in_ms(const struct worker *w)
{
	const struct deliver *d = w->deliver;
	int64_t boot_ms = worker_boot(w), due_ms = INT64_MAX, one_ms;

	if (w->stopping)
		return d->finished != NULL ? 0 : -1;
	due_ms = deliver_settle_due_ms(d);
	if (kept_due_ms(&d->kept) < due_ms)
		due_ms = kept_due_ms(&d->kept);
	/* Whoever waits for it wants to know when it is so no more. */
	if (deliver_has_enough(w) && boot_ms + ENOUGH_IDLE_MS < due_ms)
		due_ms = boot_ms + ENOUGH_IDLE_MS;
	for (size_t i = 0; i < d->targets_len; i++) {
		one_ms = target_due_ms(&d->targets[i], boot_ms);
		if (one_ms < d->keeper_ms)
			one_ms = d->keeper_ms;
		if (one_ms < due_ms)
			due_ms = one_ms;
	}
	if (due_ms == INT64_MAX)
		return -1;
	return due_ms > boot_ms ? due_ms - boot_ms : 0;
}
