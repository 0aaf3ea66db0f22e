/* ledger.c - the proof log when it is large.
 *
 *   bench-ledger [ENTRIES]
 *
 * Makes a log of so many entries as the gateway does, by turns of a thousand:
 * appended in one transaction, taken into the tree, covered by a checkpoint.
 * Then proofs, and the check of all of it from a store that was just opened,
 * with the most memory it had, beside a check of a hundredth of it.  Exit 0
 * when every target was reached. */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>

#include "postern/ledger.h"

#define TURN	      1000
#define PROOFS	      2000
#define ORIGIN	      "gateway.example/audit"
#define PROOF_MS_MAX  10.0
#define VERIFY_S_MAX  60.0
#define GROWN_KIB_MAX 8192 /* of memory, from a hundredth of it to all */

struct bench {
	char dir[280], path[320];
	struct store *st;
	struct note_key key;
	uint8_t secret[64];
	struct buf first, last; /* notes */
	double append_s, append_cpu_s, grow_s, sign_s;
	uint64_t seed;
};

static void check(int rc, const struct err *err)
{
	if (rc == 0)
		return;
	(void)fprintf(stderr, "bench: %s: %s (%d)\n", err->where, err->what,
		      err->native);
	exit(1);
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t); /* cannot fail */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); /* cannot fail */
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t draw(struct bench *b)
{
	b->seed ^= b->seed << 13;
	b->seed ^= b->seed >> 7;
	b->seed ^= b->seed << 17;
	return b->seed;
}

/* --- making it ------------------------------------------------------------ */

/* In turn a batch of messages and an event of a person. */
static void entry_of(struct bench *b, uint64_t i, struct ledger_entry *ret)
{
	*ret = (struct ledger_entry){.event = LEDGER_MESSAGES_ARCHIVED,
				     .at_ms = INT64_C(1790000000000) +
					      (int64_t)i * 40,
				     .actor = LEDGER_SYSTEM,
				     .counted = true,
				     .count = 1 + draw(b) % 512,
				     .rooted = true};
	if (i % 2 == 0) {
		randombytes_buf(ret->root.bytes, sizeof(ret->root.bytes));
		return;
	}
	*ret = (struct ledger_entry){.event = LEDGER_CONSENT_GIVEN,
				     .at_ms = ret->at_ms,
				     .actor = LEDGER_SUBJECT,
				     .object_kind = ID_MESSAGE,
				     .object = (int64_t)(draw(b) >> 1) + 1,
				     .committed = true,
				     .policy = 17,
				     .reason = LEDGER_R_REPLY};
	randombytes_buf(ret->commitment, sizeof(ret->commitment));
}

static void append(struct bench *b, uint64_t at, uint64_t some)
{
	static const struct id_mask mask = {.key = {1}};
	struct ledger_entry entries[TURN];
	double from, cpu;
	struct err err = {0};

	for (uint64_t i = 0; i < some; i++)
		entry_of(b, at + i, &entries[i]);
	from = now_s();
	cpu = cpu_s();
	check(store_begin(b->st, &err), &err);
	for (uint64_t i = 0; i < some; i++)
		check(ledger_append(b->st, &mask, &entries[i], NULL, &err),
		      &err);
	check(store_commit(b->st, &err), &err);
	b->append_s += now_s() - from;
	b->append_cpu_s += cpu_s() - cpu;
}

static void sign(struct bench *b, uint64_t size, struct buf *ret)
{
	struct checkpoint c = {.origin = ORIGIN, .size = size};
	double from = now_s();
	size_t body;
	struct err err = {0};

	buf_clear(ret);
	check(ledger_root(b->st, size, &c.root, &err), &err);
	check(checkpoint_print(&c, ret, &err), &err);
	body = ret->len;
	check(buf_append(ret, "\n", 1, &err), &err);
	/* The text may move while it is signed. */
	check(buf_reserve(ret, 1024, &err), &err);
	check(note_sign((const char *)ret->bytes, body, &b->key, b->secret, ret,
			&err),
	      &err);
	check(
	    ledger_keep_checkpoint(b->st, size, 0, ret->bytes, ret->len, &err),
	    &err);
	b->sign_s += now_s() - from;
}

static void fill(struct bench *b, uint64_t entries)
{
	uint64_t at = 0, some, said = 0;
	double began = now_s(), from;
	struct err err = {0};
	bool left;

	while (at < entries) {
		some = entries - at < TURN ? entries - at : TURN;
		append(b, at, some);
		at += some;
		from = now_s();
		check(ledger_grow(b->st, TURN, &left, &err), &err);
		b->grow_s += now_s() - from;
		sign(b, at, at <= entries / 100 ? &b->first : &b->last);
		if (at / 1000000 == said)
			continue;
		said = at / 1000000;
		(void)printf("%llu million after %.0f s\n",
			     (unsigned long long)said, now_s() - began);
	}
}

static void say_made(const struct bench *b, uint64_t entries)
{
	struct stat st;
	double n = (double)entries;

	if (stat(b->path, &st) != 0)
		st.st_size = 0;
	(void)printf("append: %.2f us an entry, %.2f of processor\n"
		     "tree: %.2f us an entry, %.0f entries/s; checkpoint (root,"
		     " signature, row): %.2f ms\n"
		     "bytes an entry, with its tree: %.0f\n",
		     b->append_s / n * 1e6, b->append_cpu_s / n * 1e6,
		     b->grow_s / n * 1e6, n / b->grow_s,
		     b->sign_s / (n / TURN) * 1e3, (double)st.st_size / n);
}

/* --- proofs --------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void verify_one(struct bench *b, uint64_t index, uint64_t size,
		       const struct merkle_hash *proof, size_t len)
{
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct merkle_hash leaf, root;
	struct err err = {0};

	check(ledger_read(b->st, index, &entry, &err), &err);
	check(ledger_root(b->st, size, &root, &err), &err);
	merkle_leaf(entry.bytes, entry.len, &leaf);
	buf_free(&entry);
	if (merkle_verify_inclusion(index, size, &leaf, proof, len, &root))
		return;
	(void)fprintf(stderr, "bench: a proof does not prove\n");
	exit(1);
}

static bool prove(struct bench *b, uint64_t entries, bool consistency)
{
	static double ms[PROOFS];
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	struct err err = {0};
	uint64_t index;
	size_t len = 0;
	double from;

	for (size_t i = 0; i < PROOFS; i++) {
		index = draw(b) % entries;
		from = now_s();
		if (consistency)
			check(ledger_prove_consistency(
				  b->st, index + 1, entries, proof, &len, &err),
			      &err);
		else
			check(ledger_prove_inclusion(b->st, index, entries,
						     proof, &len, &err),
			      &err);
		ms[i] = (now_s() - from) * 1e3;
		if (!consistency && i % 64 == 0)
			verify_one(b, index, entries, proof, len);
	}
	qsort(ms, PROOFS, sizeof(ms[0]), compare);
	(void)printf("%s proof: median %.3f ms, p99 %.3f, worst %.3f\n",
		     consistency ? "consistency" : "inclusion", ms[PROOFS / 2],
		     ms[PROOFS * 99 / 100], ms[PROOFS - 1]);
	return ms[PROOFS * 99 / 100] < PROOF_MS_MAX;
}

/* --- the check ------------------------------------------------------------ */

/* The most memory since it was last forgotten, in KiB; 0: not known. */
static long most_memory(bool forget)
{
	char line[128];
	long kib = 0;
	FILE *f;

	if (forget) {
		f = fopen("/proc/self/clear_refs", "w");
		if (f == NULL || fputs("5", f) < 0)
			kib = -1;
		if (f != NULL && fclose(f) != 0)
			kib = -1;
		return kib;
	}
	f = fopen("/proc/self/status", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, "VmHWM:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	if (f != NULL)
		(void)fclose(f); /* read only */
	return kib;
}

static void progress(void *ctx, uint64_t done, uint64_t all)
{
	unsigned int *calls = ctx;

	(void)done;
	(void)all;
	(*calls)++;
}

static double verify(struct bench *b, const struct buf *note, const char *what,
		     long *ret_kib)
{
	struct ledger_finding f = {.fault = LEDGER_SHORT};
	struct ledger_reading *reading;
	struct ledger_source source;
	unsigned int calls = 0;
	struct err err = {0};
	double from, took;

	store_close(&b->st);
	check(store_open("sqlite", b->path, &b->st, &err), &err);
	if (most_memory(true) != 0)
		(void)printf("memory is counted from the beginning\n");
	from = now_s();
	check(ledger_source_open(b->st, &reading, &source, &err), &err);
	check(ledger_verify(&source, (const char *)note->bytes, note->len,
			    &b->key, 1, progress, &calls, &f, &err),
	      &err);
	ledger_source_close(&reading);
	took = now_s() - from;
	*ret_kib = most_memory(false);
	(void)printf("verify %s: %.2f s, told of %u times; at most %ld KiB\n",
		     what, took, calls, *ret_kib);
	if (f.fault == LEDGER_SOUND)
		return took;
	(void)fprintf(stderr, "bench: a sound log is accused\n");
	exit(1);
}

/* --- all ------------------------------------------------------------------ */

static void begin(struct bench *b)
{
	static const uint8_t seed[32] = {9};
	const char *tmp = getenv("TMPDIR");
	uint8_t key[32];
	struct err err = {0};

	*b = (struct bench){.first = BUF_INIT(NOTE_BYTES_MAX),
			    .last = BUF_INIT(NOTE_BYTES_MAX),
			    .seed = 88172645463325252};
	(void)snprintf(b->dir, sizeof(b->dir), "%.220s/postern-bench-XXXXXX",
		       tmp != NULL ? tmp : "/tmp");
	if (sodium_init() < 0 || mkdtemp(b->dir) == NULL) {
		(void)fprintf(stderr, "bench: no folder\n");
		exit(1);
	}
	(void)snprintf(b->path, sizeof(b->path), "%s/postern.db", b->dir);
	(void)crypto_sign_seed_keypair(key, b->secret, seed); /* cannot fail */
	check(note_key_make(ORIGIN, NOTE_ED25519, key, &b->key, &err), &err);
	check(store_open("sqlite", b->path, &b->st, &err), &err);
}

static void end(struct bench *b)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char path[336];

	store_close(&b->st);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", b->path, ends[i]);
		(void)unlink(path);
	}
	(void)rmdir(b->dir);
	buf_free(&b->first);
	buf_free(&b->last);
}

int main(int argc, char **argv)
{
	uint64_t entries = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	long some_kib = 0, all_kib = 0;
	struct bench b;
	bool good;
	double took;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (entries < 100 * TURN) {
		(void)fprintf(stderr, "bench: at least %d entries\n",
			      100 * TURN);
		return 1;
	}
	begin(&b);
	fill(&b, entries);
	say_made(&b, entries);
	good = prove(&b, entries, false);
	good = prove(&b, entries, true) && good;
	(void)verify(&b, &b.first, "a hundredth", &some_kib);
	took = verify(&b, &b.last, "all", &all_kib);
	good =
	    good && took < VERIFY_S_MAX && all_kib - some_kib < GROWN_KIB_MAX;
	end(&b);
	(void)printf("%s\n", good ? "reached" : "NOT reached");
	return good ? 0 : 1;
}
