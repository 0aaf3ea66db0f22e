/* decide.c - facts about an inbound event, for the policy to judge. */
#include "inbound.h"

void decide_receive(const struct worker *w, const struct name *channel,
		    bool media, struct policy_decision *ret)
{
	const struct settings_helpdesk *desk =
	    settings_route(w->settings, channel);
	const struct policy_facts facts = {
	    .act = ACT_RECEIVE,
	    .channel = channel,
	    .helpdesk = desk != NULL ? &desk->name : NULL,
	    .media = media,
	};

	*ret = (struct policy_decision){0};
	policy_decide(w->policy, &facts, ret);
}

int64_t decide_policy_number(const struct worker *w)
{
	struct cut cut = CUT(policy_digest(w->policy), POLICY_DIGEST_BYTES);

	return (int64_t)cut_u64(&cut);
}
