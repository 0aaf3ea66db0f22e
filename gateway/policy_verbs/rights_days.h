/* rights_days.h - the subverbs of `postern rights` that need no instance. */
#ifndef POSTERN_POLICY_VERBS_RIGHTS_DAYS_H
#define POSTERN_POLICY_VERBS_RIGHTS_DAYS_H

#include "verbs.h"

int rights_due(const struct verb_args *args);
int rights_holidays(const struct verb_args *args);
int rights_breach_clock(const struct verb_args *args);

#endif
