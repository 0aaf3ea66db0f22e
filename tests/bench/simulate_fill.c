/* simulate_fill.c - an archive of three years, for a simulation to count.
 *
 *   bench-simulate-fill ROWS CHANNEL FILE
 *
 * Messages as bench-archive makes them, spread over the years; every other
 * conversation is closed, every fourth person was asked for consent and half of
 * those gave it.  FILE is the archive, whole. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "archive_world.h"

#define BATCH	 2048
#define FIRST_MS INT64_C(1704400000000) /* January 2024; ids begin there */
#define YEARS_MS (INT64_C(34) * 30 * 86400000)

static const char *const after_sql[] = {
    "DELETE FROM outbox",
    "UPDATE conversation SET state='closed', closed_ms=opened_ms+86400000"
    " WHERE id/1048576%2=0",
    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms,channel)"
    " SELECT id+1,id,'marketing',CASE WHEN id/1048576%8=0 THEN 'given' ELSE"
    " 'refused' END,'reply',created_ms,'' FROM person WHERE id/1048576%4=0",
};

static int fail(const char *what)
{
	(void)fprintf(stderr, "bench: %s\n", what);
	return 1;
}

static void fill(struct world *world, uint64_t rows)
{
	uint64_t batches = rows / BATCH + 1;

	while (world->messages < rows) {
		world->ms += YEARS_MS / (int64_t)batches - BATCH;
		(void)world_batch(world, BATCH);
	}
}

int main(int argc, char **argv)
{
	struct world *world = calloc(1, sizeof(*world));
	struct err err = {0};
	int status = 0;

	if (argc != 4 || world == NULL || sodium_init() < 0)
		return fail("ROWS CHANNEL FILE");
	world_make(world, false);
	if (!name_set(&world->channel.name, argv[2], strlen(argv[2])))
		return fail("that is no name of a channel");
	world->route.channel = world->channel.name;
	world->ms = FIRST_MS;
	fill(world, strtoull(argv[1], NULL, 10));
	for (size_t i = 0; i < sizeof(after_sql) / sizeof(after_sql[0]); i++)
		if (store_run(world->w.store, after_sql[i], STORE_NO_ARGS,
			      &err) != 0)
			status = fail(err.what);
	world_close(world); /* the log goes into the file */
	if (status == 0 && rename(world->db, argv[3]) != 0)
		status = fail("the archive could not be moved to FILE");
	world_unmake(world);
	free(world);
	return status;
}
