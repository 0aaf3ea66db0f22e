/* sandbox_rules.h - what is left to intake, worker and keeper. */
#ifndef POSTERN_SUPERVISE_SANDBOX_RULES_H
#define POSTERN_SUPERVISE_SANDBOX_RULES_H

#include "sandbox/sandbox.h"
#include "supervise/supervise.h"

const struct sandbox_rules *sandbox_rules_of(enum child_role role);

#endif
