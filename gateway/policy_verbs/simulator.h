/* simulator.h - `postern policy simulate`: another policy over the archive of
 * the running instance, in numbers. */
#ifndef POSTERN_POLICY_VERBS_SIMULATOR_H
#define POSTERN_POLICY_VERBS_SIMULATOR_H

#include <jansson.h>

#include "postern/tongue.h"
#include "verbs.h"

int policy_simulate_file(const struct verb_args *args);

/* simulator_print.c: the counts in words.  Returns EXIT_DONE or
 * EXIT_REFUSED. */
int simulator_print(const json_t *answer, enum tongue tongue);

#endif
