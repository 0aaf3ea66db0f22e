/* effect_count.c - the archive taken through two policies, Datenart by
 * Datenart. */
#include "postern/policy_effect.h"

#include "postern/caldate.h"
#include "simulate_scan.h"

static int count_one(void *ctx, const struct simulate_item *item,
		     const struct simulate_verdict *v, struct err *err)
{
	const enum simulate_outcome o = v->outcome[SIMULATE_AFTER];
	struct policy_effect_counts one = {.items = item->holds};

	(void)err;
	if (item->holds) {
		one.earlier = v->fate == SIMULATE_EARLIER;
		one.later = v->fate == SIMULATE_LATER;
		one.never = v->fate == SIMULATE_NEVER;
		one.unchanged = v->fate == SIMULATE_UNCHANGED;
	}
	if (item->came) {
		one.forwarded =
		    o == SIMULATE_FORWARDED || o == SIMULATE_REDUCED;
		one.held = o == SIMULATE_HELD;
		one.redacted = v->redacted[SIMULATE_AFTER];
	}
	policy_effect_add(ctx, &item->datenart, &one);
	return 0;
}

int policy_effect_count(struct store *st, const struct policy_effect_ask *ask,
			int64_t *reached, size_t most,
			struct policy_effect *effect, bool *ret_done,
			struct err *err)
{
	const struct simulate_scan_conf conf = {
	    .st = st,
	    .before = ask->before,
	    .after = ask->after,
	    .settings = ask->settings,
	    .zone = ask->zone,
	    .now_ms = ask->now_ms != 0 ? ask->now_ms : ask->at_ms,
	    .from = caldate_local(ask->zone, ask->at_ms),
	};
	struct policy_effect more = *effect;
	struct simulate_scan *scan = NULL;
	int64_t first, last, at = *reached;
	int rc = -1;

	if (simulate_scan_ends(st, &first, &last, err) != 0 ||
	    simulate_scan_open(&conf, &scan, err) != 0)
		return -1;
	more.at_ms = ask->at_ms;
	if (at < last && simulate_scan_step(scan, &at, last, most, count_one,
					    &more, err) != 0)
		goto out;
	*effect = more;
	*reached = at;
	*ret_done = at >= last;
	rc = 0;
out:
	simulate_scan_close(&scan);
	return rc;
}
