/* data.c - is there a rule for this class of data? */
#include "model.h"

bool policy_has_data(const struct policy *p, const struct name *datenart)
{
	return policy_find_rule(p, datenart) != NULL;
}
