/* sandbox_rules.h - what is left to intake, worker and keeper. */
#ifndef POSTERN_SUPERVISE_SANDBOX_RULES_H
#define POSTERN_SUPERVISE_SANDBOX_RULES_H

#include "sandbox/sandbox.h"
#include "supervise/supervise.h"

const struct sandbox_rules *sandbox_rules_of(enum child_role role);
/* Folders that only the settings name; lives as long as they do. */
#define SANDBOX_MORE_MAX 4
void sandbox_more_of(enum child_role role, const struct settings *s,
		     struct sandbox_path ret[SANDBOX_MORE_MAX]);

#endif
