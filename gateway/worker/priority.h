/* priority.h - how far the worker steps back behind the intake. */
#ifndef POSTERN_WORKER_PRIORITY_H
#define POSTERN_WORKER_PRIORITY_H

#include <stdbool.h>
#include <stdint.h>

#define PRIORITY_LATE_MS   10000
#define PRIORITY_CAUGHT_MS 1000

struct priority_work {
	/* One turn; false: that was the last.  *ret_lag_ms: how long what is
	 * worked on has waited. */
	bool (*turn)(void *ctx, int64_t *ret_lag_ms);
	void *ctx;
};

/* Takes turn after turn until the last.  Two threads, the caller's and one
 * that counts as idle, but never both at once: what a turn does needs no lock.
 * The idle one works until a lag is PRIORITY_LATE_MS, then the caller's does
 * until one is below PRIORITY_CAUGHT_MS. */
void priority_run(const struct priority_work *work);

#endif
