/* making.h - a backup of the data, beside a running gateway.
 *
 * postern.db as of one moment, the files it names, settings and policy.
 * Never: keys, secrets, what remembers erasures and restrictions, the spool. */
#ifndef POSTERN_BACKUP_MAKING_H
#define POSTERN_BACKUP_MAKING_H

#include "bundle.h"

struct making_order {
	const char *dir, *file;
	const struct recipient *to;
	int64_t made_ms;
	/* How far it is; NULL: nobody looks. */
	void (*progress)(void *ctx, uint64_t done, uint64_t all);
	void *ctx;
};
struct making_result {
	uint64_t files, files_absent; /* deleted since the moment */
	uint64_t bytes;
	uint64_t entries; /* of the proof log */
};
/* ERR_ABSENT: no archive in dir. */
int making_run(const struct making_order *order, struct making_result *ret,
	       struct err *err);

#endif
