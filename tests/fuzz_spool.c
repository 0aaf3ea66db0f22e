/* fuzz_spool.c - any bytes as segments of the spool.
 *
 * The first byte chooses: 1 mends the checks, so that more than the first
 * record is looked at; 2 a newer segment exists, so that the end of this one
 * is final; 4 the bytes are two segments.  Properties: a record that is
 * accepted has one spelling; positions grow; reading on from a position gives
 * what was left; what cannot be read is kept aside, never dropped. */
#include <sodium.h>
#include <sys/mman.h>
#include <xxhash.h>

#include "fuzz_house.h"
#include "postern/spool.h"
#include "spool/folder.h"

#define ITEMS 5

/* A reader has a window of a whole segment.  To get it anew for every one of
 * six readers took the address checker 30 ms; so one is lent, of which only
 * what these inputs reach may be touched. */
#define WINDOW_USED (256u * 1024)

static void *window;
static bool window_lent;

void *__real_malloc(size_t size);
void __real_free(void *p);
void *__wrap_malloc(size_t size);
void __wrap_free(void *p);

void *__wrap_malloc(size_t size)
{
	if (size < SPOOL_SEGMENT_BYTES || window_lent)
		return __real_malloc(size);
	if (window == NULL) {
		window =
		    mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		MUST(window != MAP_FAILED);
		MUST(mprotect((char *)window + WINDOW_USED, size - WINDOW_USED,
			      PROT_NONE) == 0);
	}
	window_lent = true;
	return window;
}

void __wrap_free(void *p)
{
	if (p == NULL || p != window) {
		__real_free(p);
		return;
	}
	/* What is left of it must help nobody. */
	memset(window, 0xbe, 8192);
	window_lent = false;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char path[96];

	(void)argc;
	(void)argv;
	MUST(sodium_init() >= 0);
	fuzz_dir_begin();
	(void)snprintf(path, sizeof(path), "%s/spool", fuzz_dir);
	MUST(mkdir(path, 0700) == 0);
	return 0;
}

static size_t payload_len(const uint8_t *at)
{
	return (size_t)at[8] << 24 | (size_t)at[9] << 16 | (size_t)at[10] << 8 |
	       at[11];
}

/* The check of a record as its magic wants it. */
static void check_of(const uint8_t *at, size_t len, uint8_t ret[16])
{
	const uint8_t *payload = at + SPOOL_HEADER_BYTES;
	crypto_generichash_state state;
	XXH128_canonical_t sum;
	uint8_t both[80];

	if (memcmp(at, "PSR1", 4) == 0) {
		(void)crypto_generichash_init(&state, NULL, 0, 16);
		(void)crypto_generichash_update(&state, at, 64);
		(void)crypto_generichash_update(&state, payload, len);
		(void)crypto_generichash_final(&state, ret, 16);
		return;
	}
	memcpy(both, at, 64);
	XXH128_canonicalFromHash(&sum, XXH3_128bits(payload, len));
	memcpy(both + 64, &sum, 16);
	XXH128_canonicalFromHash(&sum, XXH3_128bits(both, sizeof(both)));
	memcpy(ret, &sum, 16);
}

/* Writes the right check into everything that has the length of a record. */
static void mend(uint8_t *at, size_t left)
{
	while (left >= SPOOL_HEADER_BYTES &&
	       payload_len(at) <= left - SPOOL_HEADER_BYTES) {
		size_t len = payload_len(at);

		check_of(at, len, at + 64);
		at += SPOOL_HEADER_BYTES + len;
		left -= SPOOL_HEADER_BYTES + len;
	}
}

static void check_one(const uint8_t *bytes, size_t len)
{
	uint8_t header[SPOOL_HEADER_BYTES];
	struct spool_record record;
	size_t record_len;
	struct err err = {0};

	if (spool_parse(bytes, len, &record, &record_len, &err) != 0) {
		MUST(err.kind == ERR_ABSENT || err.kind == ERR_CORRUPT);
		return;
	}
	MUST(record_len == SPOOL_HEADER_BYTES + record.payload_len);
	MUST(record_len <= len);
	spool_header(&record, header);
	MUST(memcmp(header, "PSR2", 4) == 0);
	/* An older record differs in its magic and its check only. */
	MUST(memcmp(header + 4, bytes + 4, 60) == 0);
	check_of(bytes, record.payload_len, header + 64);
	MUST(memcmp(header + 64, bytes + 64, 16) == 0);
}

static void segment_path(uint64_t number, bool bad, char ret[128])
{
	char name[SPOOL_FILE_BYTES];

	spool_file_name(number, bad, name);
	(void)snprintf(ret, 128, "%s/spool/%s", fuzz_dir, name);
}

static void segment_put(uint64_t number, const uint8_t *bytes, size_t len)
{
	char path[128];

	segment_path(number, false, path);
	fuzz_file(path, bytes, len, "", 0);
}

static void tidy(void)
{
	char path[128];

	for (uint64_t number = 1; number <= 3; number++) {
		segment_path(number, false, path);
		(void)unlink(path);
		segment_path(number, true, path);
		(void)unlink(path);
	}
}

/* Reads to the end.  Returns how many bodies; *ret_middle: the position after
 * half of limit of them. */
static size_t read_all(struct spool_position from, size_t middle,
		       struct spool_position *ret_middle,
		       struct spool_position *ret_last, size_t *ret_damaged)
{
	struct spool_item items[ITEMS];
	struct spool_reader *r = NULL;
	size_t len, damaged, count = 0;

	*ret_damaged = 0;
	*ret_last = from;
	MUST(spool_reader_open(fuzz_dir, from, &r, NULL) == 0);
	(void)spool_backlog_bytes(r);
	do {
		MUST(spool_read(r, items, ITEMS, 300, &len, &damaged, NULL) ==
		     0);
		MUST(len <= ITEMS);
		for (size_t i = 0; i < len; i++) {
			MUST(items[i].record.kind == SPOOL_BODY);
			MUST(items[i].after.segment > ret_last->segment ||
			     (items[i].after.segment == ret_last->segment &&
			      items[i].after.offset > ret_last->offset));
			*ret_last = items[i].after;
			if (++count == middle)
				*ret_middle = *ret_last;
		}
		*ret_damaged += damaged;
	} while (len > 0);
	MUST(spool_read(r, items, ITEMS, 300, &len, &damaged, NULL) == 0);
	MUST(len == 0 && damaged == 0);
	spool_reader_close(&r);
	return count;
}

static void check_bad(size_t damaged)
{
	size_t files = 0;
	char path[128];
	struct stat st;

	for (uint64_t number = 1; number <= 3; number++) {
		segment_path(number, true, path);
		if (stat(path, &st) != 0)
			continue;
		MUST(st.st_size > 0);
		files++;
	}
	MUST(files == damaged);
}

static void read_and_trim(void)
{
	struct spool_position middle = {0}, last, again;
	struct spool_reader *r = NULL;
	size_t damaged, count, half;
	uint32_t pair;

	count =
	    read_all((struct spool_position){0}, 0, &middle, &last, &damaged);
	check_bad(damaged);
	half = (count + 1) / 2;
	MUST(read_all((struct spool_position){0}, half, &middle, &again,
		      &damaged) == count);
	if (half > 0)
		MUST(read_all(middle, 0, &again, &again, &damaged) ==
		     count - half);
	MUST(spool_reader_open(fuzz_dir, last, &r, NULL) == 0);
	MUST(spool_trim(r, last, &pair, NULL) == 0);
	spool_reader_close(&r);
	MUST(read_all(last, 0, &middle, &again, &damaged) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	uint8_t choice = feed_byte(&f);
	size_t first = choice & 4 ? f.left / 2 : f.left;
	uint8_t *copy = malloc(f.left + 1);

	MUST(copy != NULL);
	memcpy(copy, f.at, f.left);
	if (choice & 1) {
		mend(copy, first);
		mend(copy + first, f.left - first);
	}
	check_one(copy, f.left);
	segment_put(1, copy, first);
	if (choice & 4)
		segment_put(2, copy + first, f.left - first);
	if (choice & 2)
		segment_put(3, copy, 0);
	read_and_trim();
	tidy();
	free(copy);
	return 0;
}
