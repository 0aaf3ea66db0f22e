/* show.h - a person, as far as the policy lets a helpdesk see one. */
#ifndef POSTERN_API_SHOW_H
#define POSTERN_API_SHOW_H

#include "job.h"

/* {"id","alias","name","address"}; name and address null unless level says
 * so. */
int show_person(struct worker *w, int64_t person, enum policy_person level,
		json_t **ret, struct err *err);

#endif
