/* params.h - every number of postern.yaml is one row. */
#ifndef POSTERN_PARAMS_H
#define POSTERN_PARAMS_H

#include <stddef.h>
#include <stdint.h>

struct param {
	const char *name; /* key under limits: */
	int64_t min, max, fallback;
	const char *unit;
	const char *help; /* one sentence, for manual and schema */
	size_t offset;	  /* of an int64_t in struct settings */
};

extern const struct param params[];
extern const size_t params_len;

#endif
