/* show.h - a person, as far as the policy lets a helpdesk see one. */
#ifndef POSTERN_API_SHOW_H
#define POSTERN_API_SHOW_H

#include "job.h"

struct conversation;

/* The person of a conversation: {"id","alias","name","address"}; name and
 * address null unless level says so. */
int show_person(struct worker *w, const struct conversation *cnv,
		enum policy_person level, json_t **ret, struct err *err);

#endif
