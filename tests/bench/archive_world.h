/* archive_world.h - an archive and the stream of messages that fills it.
 *
 * Everything a batch writes without the keeper, by the worker's own
 * functions: persons and addresses, conversations, provider ids, messages,
 * outbox rows, the slice of index work after the commit.  Sealed bytes are
 * random ones of the right length.  At any time 4096 persons talk, each about
 * 16 messages long: of 32 messages one is the first of somebody new, one the
 * first of anybody of old who comes again, the rest goes on.  Outbox rows go
 * after some batches, as a helpdesk that answers takes them. */
#ifndef POSTERN_TESTS_BENCH_ARCHIVE_WORLD_H
#define POSTERN_TESTS_BENCH_ARCHIVE_WORLD_H

#include "worker/inbound.h"

#define SEALED_BYTES 320
#define LAG_MESSAGES 20000
#define ACTIVE	     4096

struct world {
	char dir[256], db[288];
	bool old;    /* indexes as in schema 1, for comparison */
	bool silent; /* the proof log is told nothing, for comparison */
	struct env env;
	int64_t ms;
	struct settings settings;
	struct settings_channel channel;
	struct settings_helpdesk desk;
	struct settings_route route;
	struct helpdesk *helpdesks[2]; /* called by nobody here */
	struct worker w;
	uint64_t persons, messages, seed;
	uint64_t active[ACTIVE];
	size_t active_len;
	int64_t lag[LAG_MESSAGES];
	size_t lag_len;
};

void world_make(struct world *world, bool old);
void world_unmake(struct world *world); /* removes the files */
void world_open(struct world *world);
void world_close(struct world *world);
/* One batch of messages; the nanoseconds it took. */
int64_t world_batch(struct world *world, size_t len);
/* Waiting outbox rows, in transactions of a thousand. */
void world_outbox(struct world *world, size_t len);
/* All messages of one person: how many, and the nanoseconds to read them. */
int64_t world_person(struct world *world, uint64_t person, size_t *ret_len);
int64_t world_ns(void);
int64_t world_file_bytes(const struct world *world);

#endif
