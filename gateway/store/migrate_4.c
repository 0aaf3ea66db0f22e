/* migrate_4.c - from schema 3 to 4: the proof log.
 *
 * Only new tables, so its time does not follow the archive.  Messages that
 * are there already are in no entry: where they end is remembered, for who
 * holds the archive against the log. */
#include "migrate.h"
#include "schema.h"

static const char *const made[] = {SCHEMA_SQLITE_4};
static const char last_sql[] = "SELECT max(id) FROM message";
static const char from_sql[] = "INSERT INTO meta(name,value) VALUES"
			       "('ledger_messages_from',?)";

static int remember_messages(struct store *st, struct err *err)
{
	int64_t last = 0;
	uint8_t from[8];
	bool any = false;

	if (store_one_int(st, last_sql, STORE_NO_ARGS, &last, &any, err) != 0)
		return -1;
	last = any ? last + 1 : 1;
	for (unsigned int i = 0; i < 8; i++)
		from[i] = (uint8_t)((uint64_t)last >> (56 - 8 * i));
	return store_run(st, from_sql, STORE_ARGS(S_BLOB(from, sizeof(from))),
			 err);
}

int migrate_to_4(struct store *st, struct err *err)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (store_run(st, made[i], STORE_NO_ARGS, err) != 0)
			return -1;
	return remember_messages(st, err);
}
