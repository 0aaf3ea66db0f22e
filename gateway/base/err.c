/* err.c - the error object: a kind, a place and a literal. */
#include "postern/err.h"

int err_set(struct err *e, enum err_kind kind, const char *where,
	    const char *what, int native)
{
	if (e != NULL)
		*e = (struct err){.kind = kind,
				  .where = where,
				  .what = what,
				  .native = native};
	return -1;
}

const char *err_kind_name(enum err_kind kind)
{
	static const char *const names[] = {
	    [ERR_NONE] = "none",	   [ERR_INPUT] = "input",
	    [ERR_DENIED] = "denied",	   [ERR_ABSENT] = "absent",
	    [ERR_BUSY] = "busy",	   [ERR_UNCERTAIN] = "uncertain",
	    [ERR_CORRUPT] = "corrupt",	   [ERR_STORAGE] = "storage",
	    [ERR_NOMEM] = "out_of_memory",
	};
	size_t i = (size_t)kind;

	return i < sizeof(names) / sizeof(names[0]) ? names[i] : "unknown";
}

unsigned int err_http_status(enum err_kind kind)
{
	switch (kind) {
	case ERR_INPUT:
		return 400;
	case ERR_DENIED:
		return 403;
	case ERR_ABSENT:
		return 404;
	case ERR_BUSY:
	case ERR_NOMEM: /* nothing changed: the same call may work later */
		return 503;
	case ERR_NONE:
	case ERR_UNCERTAIN:
	case ERR_CORRUPT:
	case ERR_STORAGE:
		break;
	}
	return 500;
}
