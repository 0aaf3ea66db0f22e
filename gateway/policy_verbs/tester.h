/* tester.h - `postern policy test`: the tests inside a policy. */
#ifndef POSTERN_POLICY_VERBS_TESTER_H
#define POSTERN_POLICY_VERBS_TESTER_H

#include "verbs.h"

int policy_test_file(const struct verb_args *args);

#endif
