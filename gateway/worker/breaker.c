/* breaker.c - see breaker.h.  Source: assurance T40. */
#include "breaker.h"

void breaker_init(struct breaker *b, size_t window_max)
{
	*b = (struct breaker){
	    .state = BREAKER_CLOSED,
	    .window_max = window_max > 0 ? window_max : 1,
	    .back_off_ms = BREAKER_BACK_OFF_MS,
	};
	b->window = BREAKER_WINDOW_FIRST < b->window_max ? BREAKER_WINDOW_FIRST
							 : b->window_max;
}

size_t breaker_room(const struct breaker *b, size_t under_way, int64_t boot_ms)
{
	if (boot_ms < b->until_ms)
		return 0;
	switch (b->state) {
	case BREAKER_CLOSED:
		return under_way < b->window ? b->window - under_way : 0;
	case BREAKER_OPEN:
		/* calls of better days must end before the probe */
		return under_way == 0 ? 1 : 0;
	case BREAKER_PROBING:
		break;
	}
	return 0;
}

uint64_t breaker_start(struct breaker *b)
{
	if (b->state == BREAKER_OPEN)
		b->state = BREAKER_PROBING;
	return ++b->started;
}

void breaker_taken(struct breaker *b)
{
	b->failures = 0;
	b->back_off_ms = BREAKER_BACK_OFF_MS;
	if (b->state != BREAKER_CLOSED) {
		b->state = BREAKER_CLOSED;
		b->until_ms = 0;
		b->window = 1;
	}
	if (b->window < b->window_max)
		b->window++;
}

/* Opens for the back-off of now, half of it jitter, and doubles it. */
static void open_up(struct breaker *b, int64_t boot_ms, uint64_t random)
{
	int64_t half_ms = b->back_off_ms / 2;

	b->state = BREAKER_OPEN;
	b->until_ms =
	    boot_ms + half_ms + (int64_t)(random % (uint64_t)(half_ms + 1));
	b->back_off_ms *= 2;
	if (b->back_off_ms > BREAKER_BACK_OFF_MAX)
		b->back_off_ms = BREAKER_BACK_OFF_MAX;
}

void breaker_failed(struct breaker *b, int64_t boot_ms, uint64_t random)
{
	if (b->failures < BREAKER_FAILURES)
		b->failures++;
	if (b->state == BREAKER_PROBING ||
	    (b->state == BREAKER_CLOSED && b->failures >= BREAKER_FAILURES))
		open_up(b, boot_ms, random);
}

void breaker_slow(struct breaker *b, uint64_t number, int64_t boot_ms,
		  int64_t wish_ms, uint64_t random)
{
	int64_t until_ms;

	breaker_failed(b, boot_ms, random);
	if (wish_ms > BREAKER_BACK_OFF_MAX)
		wish_ms = BREAKER_BACK_OFF_MAX;
	until_ms = boot_ms + wish_ms;
	if (wish_ms > 0 && until_ms > b->until_ms)
		b->until_ms = until_ms;
	if (number <= b->cut_at)
		return;
	b->cut_at = b->started;
	b->window = b->window > 1 ? b->window / 2 : 1;
}

void breaker_withdrawn(struct breaker *b)
{
	if (b->state == BREAKER_PROBING)
		b->state = BREAKER_OPEN;
}
