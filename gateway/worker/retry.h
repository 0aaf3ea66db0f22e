/* retry.h - how long to wait before the next attempt. */
#ifndef POSTERN_WORKER_RETRY_H
#define POSTERN_WORKER_RETRY_H

#include <stdint.h>

#include "postern/env.h"

/*
 * retry_wait_ms - exponential back-off with full jitter.
 *
 *   attempt	attempts made so far, from 1
 *   named_ms	what the other side asked for; negative: nothing.  Never less
 *		than that is waited.
 *
 * Between 0 and min(cap_ms, base_ms * 2^(attempt-1)), drawn evenly, added to
 * named_ms.
 */
int64_t retry_wait_ms(struct env *env, int64_t attempt, int64_t base_ms,
		      int64_t cap_ms, int64_t named_ms);

#endif
