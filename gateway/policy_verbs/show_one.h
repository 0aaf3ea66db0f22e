/* show_one.h - what the running instance says of one id. */
#ifndef POSTERN_POLICY_VERBS_SHOW_ONE_H
#define POSTERN_POLICY_VERBS_SHOW_ONE_H

#include <jansson.h>

#include "options.h"

struct show_one {
	const char *prefix;	     /* of the id: "msg" */
	const char *before, *behind; /* of the id in the path of the API */
	int (*words)(const json_t *answer, enum tongue t); /* exit status */
};

/* ID [--language de|en] in args; prints the answer, as it came with --json. */
int show_one(const struct verb_args *args, const struct show_one *what);

#endif
