/* breaker.c - see breaker.h.  Source: assurance T40. */
#include "breaker.h"

void breaker_init(struct breaker *b, size_t window_max)
{
	*b = (struct breaker){
	    .state = BREAKER_CLOSED,
	    .window_max = window_max > 0 ? window_max : 1,
	    .back_off_ms = BREAKER_BACK_OFF_MS,
	    .early_back_off_ms = BREAKER_BACK_OFF_MS,
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

int64_t breaker_early_due_ms(const struct breaker *b, size_t under_way)
{
	if (b->state != BREAKER_OPEN || under_way > 0)
		return INT64_MAX;
	return b->early_until_ms > b->until_ms ? b->early_until_ms
					       : b->until_ms;
}

bool breaker_room_early(const struct breaker *b, size_t under_way,
			int64_t boot_ms)
{
	return boot_ms >= breaker_early_due_ms(b, under_way);
}

uint64_t breaker_start(struct breaker *b, bool early)
{
	if (b->state == BREAKER_OPEN) {
		b->state = BREAKER_PROBING;
		b->early = early;
	}
	return ++b->started;
}

void breaker_taken(struct breaker *b)
{
	b->failures = 0;
	b->back_off_ms = BREAKER_BACK_OFF_MS;
	b->early_back_off_ms = BREAKER_BACK_OFF_MS;
	b->early_until_ms = 0;
	b->early = false;
	if (b->state != BREAKER_CLOSED) {
		b->state = BREAKER_CLOSED;
		b->until_ms = 0;
		b->window = 1;
	}
	if (b->window < b->window_max)
		b->window++;
}

/* The end of a pause that begins now, half of it jitter; the next one will be
 * twice as long. */
static int64_t pause_end(int64_t *back_off_ms, int64_t boot_ms, uint64_t random)
{
	int64_t half_ms = *back_off_ms / 2;

	*back_off_ms *= 2;
	if (*back_off_ms > BREAKER_BACK_OFF_MAX)
		*back_off_ms = BREAKER_BACK_OFF_MAX;
	return boot_ms + half_ms + (int64_t)(random % (uint64_t)(half_ms + 1));
}

static void open_up(struct breaker *b, int64_t boot_ms, uint64_t random)
{
	b->state = BREAKER_OPEN;
	if (b->early)
		b->early_until_ms =
		    pause_end(&b->early_back_off_ms, boot_ms, random);
	else
		b->until_ms = pause_end(&b->back_off_ms, boot_ms, random);
	b->early = false;
}

void breaker_failed(struct breaker *b, int64_t boot_ms, uint64_t random)
{
	if (b->failures < BREAKER_FAILURES)
		b->failures++;
	if (b->state == BREAKER_PROBING ||
	    (b->state == BREAKER_CLOSED && b->failures >= BREAKER_FAILURES))
		open_up(b, boot_ms, random);
}

void breaker_unreachable(struct breaker *b, int64_t boot_ms, uint64_t random)
{
	b->failures = BREAKER_FAILURES;
	if (b->state != BREAKER_OPEN)
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
	b->early = false;
}
