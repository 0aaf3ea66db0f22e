/* send_pace.c - how fast an account may be used.
 *
 * A bucket of the driver's rate; a window of calls under way, which a "too
 * fast" cuts to one, the probe, and each call that is taken opens by one; and
 * a rest, for which the longest is a minute: so a minute after a storm things
 * move again.  Source: assurance T40. */
#include "retry.h"
#include "send.h"

#define SECOND_MS INT64_C(1000)
#define REST_MS	  250
#define REST_CAP  (60 * SECOND_MS)

static size_t window_max(const struct send_queue *q)
{
	return (size_t)q->w->settings->limits.in_flight_max;
}

void send_pace_begin(struct send_queue *q)
{
	q->window = window_max(q);
	q->tokens_milli = 1000;
	q->tokens_boot = worker_boot(q->w);
}

/* A bucket of one second's worth, in thousandths of a call. */
static void refill(struct send_queue *q)
{
	int64_t rate = q->w->channels[q->channel]->driver->rate_per_s;
	int64_t now = worker_boot(q->w), passed = now - q->tokens_boot;

	if (passed > SECOND_MS)
		passed = SECOND_MS;
	q->tokens_boot = now;
	q->tokens_milli += passed * rate;
	if (q->tokens_milli > rate * 1000)
		q->tokens_milli = rate * 1000;
}

bool send_pace_may_start(struct send_queue *q)
{
	int64_t now = worker_boot(q->w);
	int64_t rate = q->w->channels[q->channel]->driver->rate_per_s;

	if (now < q->pause_boot) {
		q->due_boot = q->pause_boot;
		return false;
	}
	/* The end of a flight looks again. */
	if (q->flying >= q->window) {
		q->due_boot = INT64_MAX;
		return false;
	}
	if (rate <= 0)
		return true;
	refill(q);
	if (q->tokens_milli >= 1000)
		return true;
	q->due_boot = now + (1000 - q->tokens_milli) / rate + 1;
	return false;
}

void send_pace_started(struct send_queue *q)
{
	if (q->tokens_milli >= 1000)
		q->tokens_milli -= 1000;
}

void send_pace_good(struct send_queue *q)
{
	q->failures = 0;
	if (q->window < window_max(q))
		q->window++;
}

void send_pace_rest(struct send_queue *q, int64_t named_ms)
{
	int64_t now = worker_boot(q->w), until;

	/* Calls that were under way together count once. */
	if (now >= q->pause_boot)
		q->failures++;
	if (named_ms > REST_CAP)
		named_ms = REST_CAP;
	until =
	    now + retry_wait_ms(q->w->env, q->failures, REST_MS, REST_CAP, -1);
	if (until < now + named_ms)
		until = now + named_ms;
	if (until > q->pause_boot)
		q->pause_boot = until;
}

void send_pace_too_fast(struct send_queue *q, int64_t named_ms)
{
	send_pace_rest(q, named_ms);
	q->window = 1;
	q->tokens_milli = 0;
}
