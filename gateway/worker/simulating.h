/* simulating.h - a simulation under way, one at a time, in turns of the loop.
 *
 * Rejected: a thread with a connection of its own.  It would share the
 * processor no better, the policy in force may be replaced under it, and the
 * pages it reads are the same. */
#ifndef POSTERN_WORKER_SIMULATING_H
#define POSTERN_WORKER_SIMULATING_H

#include "postern/simulate.h"
#include "worker.h"

enum simulating_state {
	SIMULATING_NONE,
	SIMULATING_RUNNING,
	SIMULATING_DONE,
	SIMULATING_FAILED,
};

struct simulating_policy {
	struct name name;
	int64_t version;
	uint8_t digest[POLICY_DIGEST_BYTES];
};
struct simulating_limit {
	enum simulate_limit limit;
	struct name channel;
};
struct simulating_view {
	enum simulating_state state;
	int percent;
	int64_t items; /* looked at so far */
	int64_t begun_ms, took_ms;
	int64_t from; /* day */
	struct simulating_policy policy[SIMULATE_SIDES];
	/* Borrowed until the next turn of the loop. */
	const struct simulating_limit *limits;
	size_t limits_len;
	const struct simulate *table; /* DONE: sorted; else NULL */
	const char *why;	      /* FAILED: static */
};

/*
 * simulating_begin - what would change if another policy took over.
 *
 *   after	taken over when it begins, else left
 *   from	day it takes effect; not before today
 *
 * Whatever was counted before is forgotten.  *ret_busy: another one is under
 * way, and goes on; the same one asked for twice is no other.  Returns 0, or
 * -1 with what the store said or ERR_NOMEM.
 */
int simulating_begin(struct worker *w, struct policy **after, int64_t from,
		     bool *ret_busy, struct err *err);
void simulating_look(const struct worker *w, struct simulating_view *ret);
int simulating_step(struct worker *w, bool *ret_moved, struct err *err);
int64_t simulating_due_in_ms(const struct worker *w);
void simulating_close(struct simulating **s);

#endif
