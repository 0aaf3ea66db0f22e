/* migrate_4.c - from schema 3 to 4: the proof log.
 *
 * Only new tables, so its time does not follow the archive. */
#include "migrate.h"
#include "schema.h"

static const char *const made[] = {SCHEMA_SQLITE_4};

int migrate_to_4(struct store *st, struct err *err)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (store_run(st, made[i], STORE_NO_ARGS, err) != 0)
			return -1;
	return 0;
}
