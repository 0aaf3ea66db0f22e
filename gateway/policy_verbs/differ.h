/* differ.h - `postern policy diff`: two files, in words. */
#ifndef POSTERN_POLICY_VERBS_DIFFER_H
#define POSTERN_POLICY_VERBS_DIFFER_H

#include "verbs.h"

int policy_diff_files(const struct verb_args *args);

#endif
