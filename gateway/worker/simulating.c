/* simulating.c - a simulation under way, in turns of the loop. */
#include "simulating.h"

#include <stdlib.h>
#include <string.h>

#include "lifecycle/simulate_scan.h"
#include "postern/log.h"

/* A slice takes a third of a millisecond, and a pause follows where nothing
 * else is to be done: who waits for this processor to acknowledge a message
 * does not wait longer than that. */
#define SLICE_ROWS 250
#define PAUSE_MS   1
#define LIMITS_MAX (SIMULATE_LIMITS * SETTINGS_CHANNELS_MAX)

struct simulating {
	enum simulating_state state;
	const struct policy *before; /* w->policy of then */
	struct policy *after;
	struct simulate_scan *scan;
	int64_t first, last, reached, items;
	int64_t begun_ms, begun_boot_ms, took_ms, from;
	struct simulating_policy policy[SIMULATE_SIDES];
	struct simulating_limit limits[LIMITS_MAX];
	size_t limits_len;
	const char *why;
};

void simulating_close(struct simulating **s)
{
	if (*s != NULL) {
		simulate_scan_close(&(*s)->scan);
		policy_free(&(*s)->after);
	}
	free(*s);
	*s = NULL;
}

/* --- beginning ------------------------------------------------------------ */

static void note_policy(const struct policy *p, struct simulating_policy *ret)
{
	*ret = (struct simulating_policy){.name = *policy_name(p),
					  .version = policy_version(p)};
	memcpy(ret->digest, policy_digest(p), POLICY_DIGEST_BYTES);
}

/* While both policies are there. */
static void note_limits(const struct worker *w, struct simulating *s)
{
	const struct simulate *table = simulate_scan_table(s->scan);

	for (size_t i = 0; i < w->settings->channels_len; i++)
		for (int l = 0; l < SIMULATE_LIMITS; l++) {
			const struct simulating_limit one = {
			    .limit = (enum simulate_limit)l,
			    .channel = w->settings->channels[i].name,
			};

			if (s->limits_len < LIMITS_MAX &&
			    simulate_limited(table, one.limit, &one.channel))
				s->limits[s->limits_len++] = one;
		}
}

static bool is_same(const struct simulating *s, const struct policy *after,
		    int64_t from)
{
	return s->from == from &&
	       memcmp(s->policy[SIMULATE_AFTER].digest, policy_digest(after),
		      POLICY_DIGEST_BYTES) == 0;
}

static int begin(struct worker *w, struct policy *after, int64_t from,
		 struct simulating *s, struct err *err)
{
	const struct simulate_scan_conf conf = {
	    .st = w->store,
	    .before = w->policy,
	    .after = after,
	    .settings = w->settings,
	    .zone = w->zone,
	    .now_ms = worker_now(w),
	    .from = from,
	};

	if (simulate_scan_ends(w->store, &s->first, &s->last, err) != 0 ||
	    simulate_scan_open(&conf, &s->scan, err) != 0)
		return -1;
	s->state = SIMULATING_RUNNING;
	s->before = w->policy;
	s->from = from;
	s->begun_ms = conf.now_ms;
	s->begun_boot_ms = worker_boot(w);
	note_policy(w->policy, &s->policy[SIMULATE_BEFORE]);
	note_policy(after, &s->policy[SIMULATE_AFTER]);
	note_limits(w, s);
	return 0;
}

int simulating_begin(struct worker *w, struct policy **after, int64_t from,
		     bool *ret_busy, struct err *err)
{
	struct simulating *s = w->simulating;

	*ret_busy = false;
	if (s != NULL && s->state == SIMULATING_RUNNING) {
		*ret_busy = !is_same(s, *after, from);
		return 0;
	}
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory to simulate", 0);
	if (begin(w, *after, from, s, err) != 0) {
		simulating_close(&s);
		return -1;
	}
	s->after = *after;
	*after = NULL;
	simulating_close(&w->simulating);
	w->simulating = s;
	LOG0(LOG_LEVEL_INFO, "policy.simulating");
	return 0;
}

/* --- a turn --------------------------------------------------------------- */

static int count_one(void *ctx, const struct simulate_item *item,
		     const struct simulate_verdict *verdict, struct err *err)
{
	struct simulating *s = ctx;

	s->items++;
	return simulate_count(simulate_scan_table(s->scan), item, verdict, err);
}

static void end(struct worker *w, struct simulating *s, const char *why)
{
	s->state = why == NULL ? SIMULATING_DONE : SIMULATING_FAILED;
	s->why = why;
	s->took_ms = worker_boot(w) - s->begun_boot_ms;
	s->before = NULL;
	policy_free(&s->after);
	if (why == NULL)
		simulate_scan_rest(s->scan);
	else
		simulate_scan_close(&s->scan);
	LOG(why == NULL ? LOG_LEVEL_INFO : LOG_LEVEL_WARN, "policy.simulated",
	    LOG_NUM("items", s->items), LOG_NUM("ms", s->took_ms));
}

/* The policy in force may have been replaced: then it is not to be asked. */
static bool still_in_force(const struct worker *w, const struct simulating *s)
{
	return w->policy == s->before &&
	       memcmp(policy_digest(w->policy),
		      s->policy[SIMULATE_BEFORE].digest,
		      POLICY_DIGEST_BYTES) == 0;
}

static int slice(struct worker *w, struct simulating *s, struct err *err)
{
	if (simulate_scan_step(s->scan, &s->reached, s->last, SLICE_ROWS,
			       count_one, s, err) != 0)
		return -1;
	if (s->reached < s->last)
		return 0;
	if (simulate_sort(simulate_scan_table(s->scan), err) != 0)
		return -1;
	end(w, s, NULL);
	return 0;
}

int simulating_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct simulating *s = w->simulating;
	struct err e = {0};

	(void)ret_moved; /* the loop may pause all the same */
	if (s == NULL || s->state != SIMULATING_RUNNING)
		return 0;
	if (!still_in_force(w, s)) {
		end(w, s, "the policy in force was replaced meanwhile");
		return 0;
	}
	if (slice(w, s, &e) == 0)
		return 0;
	if (e.kind == ERR_STORAGE || e.kind == ERR_CORRUPT) {
		*err = e;
		return -1;
	}
	/* What was counted of a slice that failed cannot be taken back. */
	LOG(LOG_LEVEL_WARN, "policy.simulation_failed", LOG_ERR(&e));
	end(w, s, e.what);
	return 0;
}

int64_t simulating_due_in_ms(const struct worker *w)
{
	const struct simulating *s = w->simulating;

	return s != NULL && s->state == SIMULATING_RUNNING ? PAUSE_MS : -1;
}

/* --- looking -------------------------------------------------------------- */

static int percent_of(const struct simulating *s)
{
	if (s->state == SIMULATING_DONE)
		return 100;
	if (s->reached <= s->first || s->last <= s->first)
		return 0;
	/* Ids grow with time: no product of two of them fits. */
	return (int)((double)(s->reached - s->first) * 100 /
		     (double)(s->last - s->first));
}

void simulating_look(const struct worker *w, struct simulating_view *ret)
{
	const struct simulating *s = w->simulating;

	*ret = (struct simulating_view){.state = SIMULATING_NONE};
	if (s == NULL)
		return;
	*ret = (struct simulating_view){
	    .state = s->state,
	    .percent = percent_of(s),
	    .items = s->items,
	    .begun_ms = s->begun_ms,
	    .took_ms = s->took_ms,
	    .from = s->from,
	    .limits = s->limits,
	    .limits_len = s->limits_len,
	    .why = s->why,
	};
	if (s->state == SIMULATING_DONE)
		ret->table = simulate_scan_table(s->scan);
	memcpy(ret->policy, s->policy, sizeof(ret->policy));
}
