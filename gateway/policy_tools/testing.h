/* testing.h - the tests inside a policy: how each ended, and which rules none
 * of them names. */
#ifndef POSTERN_POLICY_TOOLS_TESTING_H
#define POSTERN_POLICY_TOOLS_TESTING_H

#include <jansson.h>

#include "postern/err.h"
#include "postern/policy.h"

/* Of a message about a test that failed. */
#define TESTING_WHY_BYTES 160

struct testing { /* borrowed */
	const char *file, *zone_name;
	const struct policy *policy;
	struct policy_test_facts facts;
};

/* {"file","timezone","land","passed","failed","tests","uncovered"}.  0, or -1
 * with ERR_NOMEM. */
int testing_json(const struct testing *t, json_t **ret, size_t *ret_failed,
		 struct err *err);

#endif
