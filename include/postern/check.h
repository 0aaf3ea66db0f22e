/* check.h - both edited files, read together. */
#ifndef POSTERN_CHECK_H
#define POSTERN_CHECK_H

#include <stdio.h>

#include "postern/policy.h"
#include "postern/settings.h"

/*
 * settings_check - read DIR/postern.yaml, the secrets it names and
 * DIR/policy.yaml, and hold one against the other.  Changes nothing.
 *
 *   ret, ret_policy	may be NULL; no secret is kept.
 *   out		findings, one per line.
 *
 * Returns 0, or -1 after findings.
 */
int settings_check(const char *dir, struct settings **ret,
		   struct policy **ret_policy, FILE *out);

/* The same, with findings and remarks left in the caller's lists. */
struct check_lists {
	struct diag settings, policy, notes, policy_notes;
	struct diag place; /* the data directory itself */
};
int settings_check_lists(const char *dir, struct check_lists *lists,
			 struct settings **ret, struct policy **ret_policy);

#endif
