/* diff.h - what changes from one policy to another. */
#ifndef POSTERN_POLICY_TOOLS_DIFF_H
#define POSTERN_POLICY_TOOLS_DIFF_H

#include <jansson.h>

#include "postern/policydiff.h"
#include "postern/tongue.h"

struct diff_side {	  /* borrowed */
	const char *file; /* how the caller calls it */
	const struct policy *policy;
};

/* {"old","new","nothing","shortens_retention","shows_more","changes"}.  0, or
 * -1 with ERR_NOMEM or what policy_diff() has. */
int diff_json(const struct diff_side *old, const struct diff_side *new,
	      enum tongue tongue, json_t **ret, struct err *err);

#endif
