/* schedule.c - the retry schedule.
 *
 * Source: assurance section 6, "Outgoing webhooks". */
#include "schedule.h"

#include <stddef.h>

#define S   ((int64_t)1000)
#define MIN (60 * S)
#define H   (60 * MIN)

static const int64_t caps_ms[] = {
    0,	   5 * S,  5 * MIN, 30 * MIN, 2 * H,
    5 * H, 10 * H, 14 * H,  20 * H,   SCHEDULE_WAIT_MAX_MS,
};

int64_t schedule_cap_ms(int64_t attempts)
{
	const int64_t last =
	    (int64_t)(sizeof(caps_ms) / sizeof(caps_ms[0])) - 1;

	if (attempts < 0)
		attempts = 0;
	return caps_ms[attempts > last ? last : attempts];
}

int64_t schedule_wait_ms(int64_t attempts, int64_t wish_ms, uint64_t random)
{
	uint64_t span = (uint64_t)schedule_cap_ms(attempts) + 1;
	int64_t wait_ms = (int64_t)(random % span);

	if (wish_ms > SCHEDULE_WAIT_MAX_MS)
		wish_ms = SCHEDULE_WAIT_MAX_MS;
	return wish_ms > wait_ms ? wish_ms : wait_ms;
}
