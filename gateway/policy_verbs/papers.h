/* papers.h - `postern policy render`: the papers that follow from the policy.
 */
#ifndef POSTERN_POLICY_VERBS_PAPERS_H
#define POSTERN_POLICY_VERBS_PAPERS_H

#include "verbs.h"

int policy_render_papers(const struct verb_args *args);

#endif
