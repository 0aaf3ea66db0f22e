/* archive.c - does the archive keep its speed as it grows?
 *
 *   bench-archive [ROWS [old]]     old: with the indexes of schema 1
 *   bench-archive log              what the proof log costs, nothing else
 *
 * Fills one archive to ROWS messages, then times rounds into it and into an
 * empty one in turn, so that a noisy machine hits both.  Exit 0 when every
 * target of design.md section 6 that it measures was reached. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "archive_world.h"
#include "erase.h"
#include "postern/ledgerbatch.h"
#include "postern/lookup.h"

#define ROUNDS	       7
#define ROUND_ROWS     40960
#define BATCH	       512
#define WAITING	       100000
#define PERSONS_LOOKED 20
#define LOG_SINGLE     4096
#define MS	       1000000.0

/* What other work on the machine does not change. */
struct usage {
	int64_t cpu_us, reads, writes;
};

struct figures {
	double rate;   /* median of rounds, messages per second */
	double p99_ms; /* of a batch */
	struct usage used;
};

static void usage_add(struct usage *sum, int sign)
{
	static const char reads[] = "syscr: ", writes[] = "syscw: ";
	char line[128];
	struct rusage now;
	FILE *f = fopen("/proc/self/io", "r");

	(void)getrusage(RUSAGE_SELF, &now); /* cannot fail */
	sum->cpu_us += sign * ((now.ru_utime.tv_sec + now.ru_stime.tv_sec) *
				   INT64_C(1000000) +
			       now.ru_utime.tv_usec + now.ru_stime.tv_usec);
	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, reads, sizeof(reads) - 1) == 0)
			sum->reads += sign * strtoll(line + 7, NULL, 10);
		if (strncmp(line, writes, sizeof(writes) - 1) == 0)
			sum->writes += sign * strtoll(line + 7, NULL, 10);
	}
	(void)fclose(f); /* read only */
}

static void say(const char *name, const struct figures *f)
{
	double all = (double)ROUNDS * ROUND_ROWS;

	(void)printf("  %s %7.0f/s, p99 %5.1f ms; per message %4.1f us of"
		     " processor, %.2f reads, %.2f writes\n",
		     name, f->rate, f->p99_ms, (double)f->used.cpu_us / all,
		     (double)f->used.reads / all, (double)f->used.writes / all);
}

static int compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void summarize(int64_t *batches, size_t len, const int64_t *rounds,
		      struct figures *ret)
{
	int64_t sorted[ROUNDS];

	memcpy(sorted, rounds, sizeof(sorted));
	qsort(sorted, ROUNDS, sizeof(sorted[0]), compare);
	qsort(batches, len, sizeof(batches[0]), compare);
	ret->rate = ROUND_ROWS * 1e9 / (double)sorted[ROUNDS / 2];
	ret->p99_ms = (double)batches[len * 99 / 100] / MS;
}

static int64_t round_of(struct world *world, size_t rows, size_t batch,
			int64_t *batches, struct usage *used)
{
	int64_t sum = 0;

	usage_add(used, -1);
	for (size_t i = 0; i < rows / batch; i++) {
		batches[i] = world_batch(world, batch);
		sum += batches[i];
	}
	usage_add(used, 1);
	return sum;
}

static bool compare_worlds(struct world *full, struct world *empty,
			   size_t batch)
{
	size_t per = ROUND_ROWS / batch;
	int64_t *times = calloc(2 * ROUNDS * per, sizeof(*times));
	int64_t full_rounds[ROUNDS], empty_rounds[ROUNDS];
	struct figures f = {0}, e = {0};

	if (times == NULL)
		return false;
	for (size_t i = 0; i < ROUNDS; i++) {
		empty_rounds[i] = round_of(empty, ROUND_ROWS, batch,
					   times + i * per, &e.used);
		full_rounds[i] = round_of(full, ROUND_ROWS, batch,
					  times + (ROUNDS + i) * per, &f.used);
	}
	summarize(times, ROUNDS * per, empty_rounds, &e);
	summarize(times + ROUNDS * per, ROUNDS * per, full_rounds, &f);
	free(times);
	(void)printf("batches of %zu: ratio %.2f, of processor time %.2f\n",
		     batch, f.rate / e.rate,
		     (double)e.used.cpu_us / (double)f.used.cpu_us);
	say("empty", &e);
	say("full ", &f);
	return f.rate >= 0.9 * e.rate;
}

static void fill(struct world *world, uint64_t rows)
{
	int64_t from = world_ns();
	uint64_t said = 0;

	while (world->messages < rows) {
		(void)world_batch(world, 2048);
		if (world->messages / 1000000 == said)
			continue;
		said = world->messages / 1000000;
		(void)printf("%llu million after %.0f s\n",
			     (unsigned long long)said,
			     (double)(world_ns() - from) / 1e9);
		(void)fflush(stdout);
	}
}

static bool look_persons(struct world *world)
{
	size_t len = 0, all = 0;
	double worst = 0, ms;

	for (uint64_t i = 0; i < PERSONS_LOOKED; i++) {
		ms = (double)world_person(
			 world, world->persons / PERSONS_LOOKED * i, &len) /
		     MS;
		all += len;
		worst = ms > worst ? ms : worst;
	}
	(void)printf("a person's messages (%.0f each) found and read: worst"
		     " of %d %.1f ms\n",
		     (double)all / PERSONS_LOOKED, PERSONS_LOOKED, worst);
	return all > 0 && worst < 1000;
}

static bool look_size(struct world *world)
{
	double bytes;

	world_close(world); /* the log goes into the file */
	bytes = (double)world_file_bytes(world) / (double)world->messages;
	(void)printf("bytes per message %.0f, of them sealed %d; limit %d\n",
		     bytes, SEALED_BYTES, 2 * SEALED_BYTES + 300);
	return bytes < 2 * SEALED_BYTES + 300;
}

/* What a worker does before it serves, with much waiting. */
static bool look_start(struct world *world)
{
	struct worker *w = &world->w;
	struct err err = {0};
	int64_t from, at[6];
	size_t none = 0;
	bool opened;

	world_open(world);
	world_outbox(world, WAITING);
	world_close(world);
	at[0] = from = world_ns();
	world_open(world);
	at[1] = world_ns();
	opened = deliver_open(w, &w->deliver, &err) == 0;
	at[2] = world_ns();
	opened = opened && send_open(w, &w->send, &err) == 0;
	at[3] = world_ns();
	opened = opened && media_open(w, &w->media, &err) == 0 &&
		 receive_open(w, &w->receive, &err) == 0;
	at[4] = world_ns();
	opened = opened && lookup_conversation(w->store, 1, INT64_MAX, at, 1,
					       &none, &err) == 0;
	at[5] = world_ns();
	(void)printf("start with %d waiting: archive %.0f, deliver %.0f, send"
		     " %.0f, media and receive %.0f, indexes %.0f ms\n",
		     WAITING, (double)(at[1] - from) / MS,
		     (double)(at[2] - at[1]) / MS, (double)(at[3] - at[2]) / MS,
		     (double)(at[4] - at[3]) / MS,
		     (double)(at[5] - at[4]) / MS);
	if (w->receive != NULL)
		receive_close(&w->receive);
	if (w->media != NULL)
		media_close(&w->media);
	if (w->send != NULL)
		send_close(&w->send);
	if (w->deliver != NULL)
		deliver_close(&w->deliver);
	return opened && at[5] - from < INT64_C(2000000000);
}

static void say_memory(void)
{
	char line[128];
	FILE *f = fopen("/proc/self/status", "r");

	if (f == NULL)
		return;
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmRSS", 5) == 0)
			(void)printf("%s", line);
	(void)fclose(f); /* read only */
}

/* Every message of an archive held against its log. */
static void time_check(struct world *world, size_t all)
{
	struct ledger_message_finding found = {0};
	int64_t from = world_ns();
	struct err err = {0};

	if (ledger_check_messages(world->w.store, NULL, NULL, &found, &err) !=
		0 ||
	    found.fault != LEDGER_MESSAGES_SOUND)
		exit(1);
	(void)printf("%zu messages checked in %.1f s\n", all,
		     (double)(world_ns() - from) / 1e9);
}

/* Two empty archives in turn, one of which tells its log nothing. */
static void compare_log(size_t batch)
{
	struct world *worlds[] = {calloc(1, sizeof(struct world)),
				  calloc(1, sizeof(struct world))};
	size_t rows = batch < 32 ? LOG_SINGLE : ROUND_ROWS, all = ROUNDS * rows;
	int64_t *batches = calloc(rows / batch, sizeof(*batches));
	double us[2], bytes[2];
	struct usage used[2] = {{0}};

	if (worlds[0] == NULL || worlds[1] == NULL || batches == NULL)
		exit(1);
	for (size_t i = 0; i < 2; i++) {
		world_make(worlds[i], false);
		worlds[i]->silent = i == 0;
	}
	for (size_t r = 0; r < ROUNDS; r++)
		for (size_t i = 0; i < 2; i++)
			(void)round_of(worlds[i], rows, batch, batches,
				       &used[i]);
	if (batch == BATCH)
		time_check(worlds[1], all);
	for (size_t i = 0; i < 2; i++) {
		us[i] = (double)used[i].cpu_us / (double)all;
		world_close(worlds[i]); /* the log of writes goes into it */
		bytes[i] = (double)world_file_bytes(worlds[i]) / (double)all;
		world_open(worlds[i]);
		world_unmake(worlds[i]);
		free(worlds[i]);
	}
	free(batches);
	(void)printf("batches of %3zu: %6.2f us of processor a message, %6.2f"
		     " with the log (%+.2f, %.1f %%), %+.1f bytes\n",
		     batch, us[0], us[1], us[1] - us[0],
		     100 * (us[1] - us[0]) / us[0], bytes[1] - bytes[0]);
}

int main(int argc, char **argv)
{
	static const size_t groups[] = {512, 128, 32, 1};
	uint64_t rows = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	bool old = argc > 2 && strcmp(argv[2], "old") == 0, good = true;
	struct world *full = calloc(1, sizeof(*full));
	struct world *empty = calloc(1, sizeof(*empty));

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (full == NULL || empty == NULL || sodium_init() < 0)
		return 1;
	if (argc > 1 && strcmp(argv[1], "log") == 0) {
		for (size_t i = 0; i < 4; i++)
			compare_log(groups[i]);
		free(full);
		free(empty);
		return 0;
	}
	world_make(full, old);
	/* Out of a tenth, and out of all of it: the same. */
	fill(full, rows / 10);
	good = old || bench_erase(full);
	fill(full, rows);
	good = (old || bench_erase(full)) && good;
	for (size_t batch = BATCH; batch >= 128; batch /= 4) {
		world_make(empty, old);
		good = compare_worlds(full, empty, batch) && good;
		world_unmake(empty);
	}
	if (!old)
		good = look_persons(full) && good;
	say_memory();
	good = look_size(full) && good;
	good = look_start(full) && good;
	world_unmake(full);
	free(full);
	free(empty);
	(void)printf("%s\n", good ? "reached" : "NOT reached");
	return good ? 0 : 1;
}
