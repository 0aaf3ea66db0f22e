/* retry.c - back-off with full jitter. */
#include "retry.h"

int64_t retry_wait_ms(struct env *env, int64_t attempt, int64_t base_ms,
		      int64_t cap_ms, int64_t named_ms)
{
	int64_t most = base_ms;
	uint64_t draw;

	for (int64_t i = 1; i < attempt && most < cap_ms; i++)
		most *= 2;
	if (most > cap_ms)
		most = cap_ms;
	env->random(env, &draw, sizeof(draw));
	return (int64_t)(draw % ((uint64_t)most + 1)) +
	       (named_ms > 0 ? named_ms : 0);
}
