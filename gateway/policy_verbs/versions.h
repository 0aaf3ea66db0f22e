/* versions.h - `postern policy propose|approve|stop|history|shadow`. */
#ifndef POSTERN_POLICY_VERBS_VERSIONS_H
#define POSTERN_POLICY_VERBS_VERSIONS_H

#include <jansson.h>
#include <stdbool.h>

#include "postern/buf.h"
#include "postern/tongue.h"
#include "verbs.h"

int policy_propose(const struct verb_args *args);
int policy_approve(const struct verb_args *args);
int policy_stop(const struct verb_args *args);
int policy_history(const struct verb_args *args);
int policy_shadow_report(const struct verb_args *args);

/* The file of the policy in force; false: no instance is running here, or it
 * cannot be asked by this account. */
bool versions_in_force(const struct verb_args *args, struct buf *ret);

/* In words (versions_print.c): one version in short, or with all there is to
 * know; what a list says beside its versions; what one would have done. */
void versions_print_line(const json_t *version, enum tongue t);
void versions_print(const json_t *version, enum tongue t);
void versions_print_list(const json_t *answer, enum tongue t);
void versions_print_shadow(const json_t *answer, enum tongue t);

#endif
