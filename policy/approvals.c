/* approvals.c - how many people have to agree, and how long a change waits. */
#include "model.h"

#define PEOPLE_MAX 9

void policy_parse_approvals(struct policy *p, const struct yaml *map,
			    struct diag *diag)
{
	int64_t *const people[] = {&p->approvals.policy, &p->approvals.hold,
				   &p->approvals.unmask};
	const struct yaml *node;

	if (!policy_is_map(map, "approvals", diag))
		return;
	p->approvals_at = place_of_key(map);
	(void)policy_known_keys(map, KEYS_APPROVALS, diag);
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		node = yaml_get(map, policy_keys[KEYS_APPROVALS].words[i]);
		if (node)
			(void)policy_field_int(node, 1, PEOPLE_MAX, people[i],
					       diag);
	}
	(void)policy_opt_period(map, "delay", &p->approvals.delay, diag);
	node = yaml_get(map, "tolerance");
	if (node)
		(void)policy_field_int(node, 0, 100, &p->approvals.tolerance,
				       diag);
}

struct policy_approvals policy_approvals(const struct policy *p)
{
	return p->approvals;
}
