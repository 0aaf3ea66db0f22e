/* decide.h - `postern policy decide`: what becomes of records. */
#ifndef POSTERN_POLICY_VERBS_DECIDE_H
#define POSTERN_POLICY_VERBS_DECIDE_H

#include "verbs.h"

/* `postern policy decide FILE|-` */
int policy_decide_file(const struct verb_args *args);

#endif
