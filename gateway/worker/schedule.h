/* schedule.h - when to try again.  Pure. */
#ifndef POSTERN_WORKER_SCHEDULE_H
#define POSTERN_WORKER_SCHEDULE_H

#include <stdint.h>

#define SCHEDULE_WAIT_MAX_MS ((int64_t)24 * 60 * 60 * 1000)

/* The longest wait before the attempt after attempts failed ones: 0 s, 5 s,
 * 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, then 24 h each. */
int64_t schedule_cap_ms(int64_t attempts);
/*
 * schedule_wait_ms - full jitter: anything from 0 to the cap, but not before
 * the receiver's own wish.
 *
 *   wish_ms	Retry-After, -1 none; clamped to 24 h
 *   random	any 64 random bits
 */
int64_t schedule_wait_ms(int64_t attempts, int64_t wish_ms, uint64_t random);

#endif
