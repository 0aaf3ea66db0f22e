/* problem.c - the table of refusals. */
#include "problem.h"

#define X(n, s, t)                             \
	const struct problem problem_##n = {   \
	    .status = (s),                     \
	    .type = "urn:postern:problem:" #n, \
	    .title = (t),                      \
	};
PROBLEMS(X)
#undef X

const struct problem *problem_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT:
		return &problem_invalid;
	case ERR_DENIED:
		return &problem_forbidden;
	case ERR_ABSENT:
		return &problem_absent;
	case ERR_BUSY:
	case ERR_NOMEM: /* nothing changed */
		return &problem_unavailable;
	case ERR_NONE:
	case ERR_UNCERTAIN:
	case ERR_CORRUPT:
	case ERR_STORAGE:
		break;
	}
	return &problem_internal;
}
