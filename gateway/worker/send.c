/* send.c - outbox to providers.
 *
 * Per step and channel: settle what was answered, look at new rows, start
 * what is due as far as calls in flight and the provider's rate allow. */
#include "send.h"

#define SECOND_MS     INT64_C(1000)
#define START_MAX     16 /* rows marked in one transaction */
#define SPOOL_LOOK_MS INT64_C(20)
/* A withdrawal has effect within a minute; longer no backlog keeps what was
 * allowed.  Source: compliance 2.1, 7(3). */
#define SPOOL_WAIT_MS INT64_C(60000)

/* --- starting ------------------------------------------------------------- */

/* Calls of rows that were marked.  A call that cannot start was not made. */
static int start_calls(struct send_flight **flights, size_t len,
		       struct err *err)
{
	const struct send_refusal unusable = {.reason = "unusable"};

	for (size_t i = 0; i < len; i++) {
		struct send_lane *lane = flights[i]->lane;

		if (send_flight_start(flights[i], err) == 0)
			continue;
		lane->state = LANE_WAITING;
		lane->queue->flying--;
		send_flight_free(&lane->flight);
		if (err->kind == ERR_INPUT || err->kind == ERR_ABSENT ||
		    err->kind == ERR_CORRUPT) {
			if (send_settle_refusal(lane, &unusable, err) != 0)
				return -1;
		} else if (send_put_back(lane, SECOND_MS, err) != 0) {
			return -1;
		}
	}
	return 0;
}

/* Gives what was prepared back to its lanes. */
static void unprepare(struct send_flight **flights, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		struct send_lane *lane = flights[i]->lane;

		lane->state = LANE_WAITING;
		lane->queue->flying--;
		send_flight_free(&lane->flight);
	}
}

/* Only what cannot be repeated unnoticed needs the mark. */
static bool needs_mark(const struct send_flight *f)
{
	return f->phase == SEND_CALL && !f->lane->read;
}

static int mark_and_start(struct worker *w, struct send_flight **flights,
			  size_t len, struct err *err)
{
	struct send_flight *marked[START_MAX];
	size_t marked_len = 0;

	for (size_t i = 0; i < len; i++)
		if (needs_mark(flights[i]))
			marked[marked_len++] = flights[i];
	if (send_mark_unknown(w, marked, marked_len, err) != 0) {
		unprepare(flights, len);
		return -1;
	}
	return start_calls(flights, len, err);
}

/* Is anything acknowledged that is not archived?  It may be a STOP, so
 * advertising waits for it. */
static bool is_behind(struct send_queue *q)
{
	if (!q->looked)
		q->behind = receive_behind(q->w);
	q->looked = true;
	return q->behind;
}

/* One due lane: a flight, the end of its row, or another look later. */
static int prepare(struct send_lane *lane, struct send_flight **ret,
		   struct err *err)
{
	struct send_refusal refusal;

	*ret = NULL;
	if (worker_boot(lane->queue->w) < lane->spool_boot &&
	    is_behind(lane->queue)) {
		send_lane_due(lane, SPOOL_LOOK_MS);
		return 0;
	}
	if (send_flight_make(lane, ret, &refusal, err) != 0)
		return -1;
	if (*ret == NULL)
		return send_settle_refusal(lane, &refusal, err);
	if (lane->spool_boot == 0 && send_is_advertising(*ret) &&
	    is_behind(lane->queue)) {
		lane->spool_boot = worker_boot(lane->queue->w) + SPOOL_WAIT_MS;
		send_flight_free(ret);
		send_lane_due(lane, SPOOL_LOOK_MS);
		return 0;
	}
	lane->flight = *ret;
	lane->state = LANE_FLYING;
	lane->queue->flying++;
	send_pace_started(lane->queue);
	return 0;
}

/* Prepares due lanes; lanes not due yet say when to look again. */
static int prepare_due(struct send_queue *q, struct send_flight **flights,
		       size_t *ret_len, struct err *err)
{
	int64_t now = worker_boot(q->w);
	struct send_lane *next;

	q->due_boot = INT64_MAX;
	q->looked = false;
	for (struct send_lane *lane = q->first; lane != NULL; lane = next) {
		next = lane->next;
		if (lane->state != LANE_WAITING)
			continue;
		if (lane->due_boot > now) {
			if (lane->due_boot < q->due_boot)
				q->due_boot = lane->due_boot;
			continue;
		}
		if (*ret_len == START_MAX) {
			q->due_boot = 0;
			return 0;
		}
		if (!send_pace_may_start(q))
			return 0;
		if (prepare(lane, &flights[*ret_len], err) != 0)
			return -1;
		*ret_len += flights[*ret_len] != NULL;
	}
	return 0;
}

static int start_due(struct send_queue *q, bool *ret_moved, struct err *err)
{
	struct send_flight *flights[START_MAX + 1] = {0};
	size_t len = 0;

	if (prepare_due(q, flights, &len, err) != 0) {
		unprepare(flights, len);
		return -1;
	}
	if (len == 0)
		return 0;
	*ret_moved = true;
	return mark_and_start(q->w, flights, len, err);
}

/* --- settling ------------------------------------------------------------- */

static int settle_flight(struct send_lane *lane, struct err *err)
{
	struct send_flight *f = lane->flight;
	struct send_queue *q = lane->queue;
	int rc;

	f->answered = false;
	q->flying--;
	rc = send_settle_answer(f, err);
	if (rc != 0 && lane->flight == f && lane->state == LANE_FLYING) {
		f->answered = true; /* the archive or keeper was away */
		q->flying++;
	}
	return rc;
}

static int settle_queue(struct send_queue *q, bool *ret_moved, struct err *err)
{
	int64_t now = worker_boot(q->w);
	struct send_lane *next;

	for (struct send_lane *lane = q->first; lane != NULL; lane = next) {
		next = lane->next;
		if (lane->state == LANE_UNKNOWN && lane->due_boot <= now) {
			*ret_moved = true;
			if (send_settle_unknown(lane, true, err) != 0)
				return -1;
		} else if (lane->state == LANE_FLYING &&
			   lane->flight->answered) {
			*ret_moved = true;
			if (settle_flight(lane, err) != 0)
				return -1;
		}
	}
	return 0;
}

/* --- the step ------------------------------------------------------------- */

static struct send_lane *lane_of_message(struct send *s, int64_t message)
{
	for (size_t i = 0; i < s->queues_len; i++)
		for (struct send_lane *lane = s->queues[i].first; lane != NULL;
		     lane = lane->next)
			if (lane->message == message && !lane->read)
				return lane;
	return NULL;
}

/* A lane in flight settles itself when its call ends. */
static int settle_statuses(struct worker *w, bool *ret_moved, struct err *err)
{
	struct send *s = w->send;

	while (s->settled_len > 0) {
		int64_t message = s->settled[s->settled_len - 1];
		struct send_lane *lane = lane_of_message(s, message);
		int rc = 0;

		if (lane == NULL)
			rc = send_settle_status(w, message, err);
		else if (lane->state == LANE_UNKNOWN)
			rc = send_settle_unknown(lane, false, err);
		if (rc != 0)
			return -1;
		s->settled_len--;
		*ret_moved = true;
	}
	return 0;
}

static int step_queue(struct send_queue *q, bool *ret_moved, struct err *err)
{
	if (settle_queue(q, ret_moved, err) != 0 ||
	    send_queue_load(q, err) != 0)
		return -1;
	if (q->w->stopping || worker_boot(q->w) < q->due_boot)
		return 0;
	return start_due(q, ret_moved, err);
}

int send_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct send *s = w->send;

	if (settle_statuses(w, ret_moved, err) != 0)
		return -1;
	for (size_t i = 0; i < s->queues_len; i++) {
		if (step_queue(&s->queues[i], ret_moved, err) == 0)
			continue;
		/* Keeper or archive away: not at once again. */
		s->queues[i].due_boot = worker_boot(w);
		if (s->queues[i].pause_boot < worker_boot(w) + SECOND_MS)
			s->queues[i].pause_boot = worker_boot(w) + SECOND_MS;
		return -1;
	}
	return 0;
}

int send_open(struct worker *w, struct send **ret, struct err *err)
{
	struct send *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for sending", 0);
	s->queues_len = w->settings->channels_len;
	s->queues = calloc(s->queues_len + 1, sizeof(*s->queues));
	if (s->queues == NULL) {
		free(s);
		return ERR_SET(err, ERR_NOMEM, "no memory for sending", 0);
	}
	for (size_t i = 0; i < s->queues_len; i++) {
		s->queues[i].w = w;
		s->queues[i].channel = (int)i;
		s->queues[i].more = true;
		send_pace_begin(&s->queues[i]);
	}
	/* Lanes look for their index through the worker. */
	w->send = s;
	if (send_queue_load_unknown(w, err) != 0) {
		send_close(&w->send);
		return -1;
	}
	*ret = s;
	return 0;
}

void send_close(struct send **s)
{
	struct send *gone = s != NULL ? *s : NULL;

	if (gone == NULL)
		return;
	for (size_t i = 0; i < gone->queues_len; i++)
		while (gone->queues[i].first != NULL)
			send_lane_free(gone, gone->queues[i].first);
	free(gone->queues);
	free(gone);
	*s = NULL;
}

void send_wake(struct worker *w, const char *channel)
{
	int index = worker_channel_index(w, channel);

	if (w->send == NULL || index < 0)
		return;
	w->send->queues[index].more = true;
	w->send->queues[index].due_boot = 0;
}

void send_settled(struct worker *w, int64_t message)
{
	struct send *s = w->send;

	/* Full: the row waits for the end of its ten minutes. */
	if (s != NULL && s->settled_len < SEND_SETTLED_MAX)
		s->settled[s->settled_len++] = message;
}

/* When this queue has something to do, boot clock. */
static int64_t queue_due_boot(const struct send_queue *q)
{
	int64_t due = q->due_boot;

	if (q->more && q->lanes_len < SEND_LANES_MAX)
		return 0;
	for (const struct send_lane *lane = q->first; lane != NULL;
	     lane = lane->next) {
		if (lane->state == LANE_FLYING && lane->flight->answered)
			return 0;
		if (lane->state == LANE_UNKNOWN && lane->due_boot < due)
			due = lane->due_boot;
	}
	if (due < q->pause_boot)
		due = q->pause_boot;
	return due < q->rescan_boot ? due : q->rescan_boot;
}

int64_t send_due_in_ms(const struct worker *w)
{
	const struct send *s = w->send;
	int64_t due = INT64_MAX, wait_ms;

	if (s->settled_len > 0)
		return 0;
	for (size_t i = 0; i < s->queues_len; i++) {
		int64_t one = queue_due_boot(&s->queues[i]);

		if (one < due)
			due = one;
	}
	if (due == INT64_MAX)
		return -1;
	wait_ms = due - worker_boot(w);
	return wait_ms > 0 ? wait_ms : 0;
}
