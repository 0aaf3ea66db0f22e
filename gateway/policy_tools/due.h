/* due.h - until when something is kept. */
#ifndef POSTERN_POLICY_TOOLS_DUE_H
#define POSTERN_POLICY_TOOLS_DUE_H

#include <jansson.h>

#include "complaint.h"
#include "postern/retention.h"

struct due_wish { /* texts as they came; NULL: not given */
	const char *start, *period, *statutory;
};

/* Exactly one of period and statutory has to be there, and start; *ret_law is
 * the rule of statutory, or NULL.  0, or -1 with a complaint. */
int due_of(const struct due_wish *wish, struct retention *ret,
	   const struct statutory **ret_law, struct complaint *why);
json_t *due_json(const struct retention *r);

#endif
