/* migrate_5.c - from schema 4 to 5: requests, erasures, holds, packages.
 *
 * Only new tables and columns with defaults, and one index over conversations
 * that are closed, so its time does not follow the messages. */
#include "migrate.h"
#include "schema.h"

static const char *const made[] = {SCHEMA_SQLITE_5, SCHEMA_SQLITE_5_HOLDS};

int migrate_to_5(struct store *st, struct err *err)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (store_run(st, made[i], STORE_NO_ARGS, err) != 0)
			return -1;
	return 0;
}
