/* test_faults_spool.c - the reader of the spool while memory or the disk
 * fails: no body is lost, repeated out of order or handed out half.
 *
 * Proves: assurance P1, 4.3. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "faults.h"
#include "postern/spool.h"
#include "spool/folder.h"
#include "spool/reserve.h"

#define BODIES	  9
#define BIG	  200000 /* larger than one window of a small batch */
#define SEGMENTS  4
#define HEAD_PAIR 7

static char dir[64];

static void path_of(uint64_t number, bool bad, char ret[128])
{
	char name[SPOOL_FILE_BYTES];

	spool_file_name(number, bad, name);
	(void)snprintf(ret, 128, "%s/spool/%s", dir, name);
}

static void put(int fd, enum spool_kind kind, const void *payload, size_t len)
{
	struct spool_record r = {.kind = kind,
				 .verdict = 1,
				 .received_ms = 1,
				 .payload = payload,
				 .payload_len = len};
	uint8_t header[SPOOL_HEADER_BYTES];

	if (kind == SPOOL_BODY)
		assert_true(name_set(&r.channel, "shop", 4));
	spool_header(&r, header);
	assert_int_equal(write(fd, header, sizeof(header)), sizeof(header));
	assert_int_equal(write(fd, payload, len), len);
}

/* Bodies 0..8 in segments 1 to 3, a torn end in the second, an empty newest
 * one. */
static void fill(void)
{
	static uint8_t body[BIG];
	uint8_t box[SPOOL_BOX_BYTES] = {0, 0, 0, HEAD_PAIR};
	char path[128];

	for (uint64_t s = 1; s <= SEGMENTS; s++) {
		int fd;

		path_of(s, true, path);
		(void)unlink(path);
		path_of(s, false, path);
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
		assert_true(fd >= 0);
		put(fd, SPOOL_KEY, box, sizeof(box));
		for (uint8_t i = 0; i < 3 && s < SEGMENTS; i++) {
			body[0] = (uint8_t)((s - 1) * 3 + i);
			put(fd, SPOOL_BODY, body, body[0] == 4 ? BIG : 40);
		}
		if (s == 2)
			assert_int_equal(write(fd, "PSR2 torn", 9), 9);
		(void)close(fd);
	}
}

/* One life of a worker: reads and trims as far as it goes.  *next is the body
 * that must come, archived the position after the one before. */
static int live(uint8_t *next, struct spool_position *archived, struct err *err)
{
	struct spool_reader *r = NULL;
	struct spool_item items[2];
	size_t len = 1, damaged = 0;
	uint32_t pair = 0;
	int rc = -1;

	if (spool_reader_open(dir, *archived, &r, err) != 0)
		return -1;
	(void)spool_backlog_bytes(r);
	while (len > 0) {
		if (spool_read(r, items, 2, 100, &len, &damaged, err) != 0)
			goto out;
		for (size_t i = 0; i < len; i++) {
			assert_int_equal(items[i].record.payload[0], *next);
			assert_int_equal(items[i].record.payload_len,
					 *next == 4 ? BIG : 40);
			*archived = items[i].after;
			(*next)++;
		}
		if (spool_trim(r, *archived, &pair, err) != 0)
			goto out;
		/* 0: something could not be read, nothing is forgotten */
		assert_true(pair == HEAD_PAIR || pair == 0);
	}
	rc = 0;
out:
	spool_reader_close(&r);
	return rc;
}

static bool exists(uint64_t number, bool bad)
{
	char path[128];

	path_of(number, bad, path);
	return access(path, F_OK) == 0;
}

static void survive(unsigned int kind, int code)
{
	unsigned int failures = 0;
	uint64_t n;

	fill();
	for (n = 1; faults_arm(kind, n, code); n++) {
		struct spool_position archived = {0};
		struct err err = {0};
		uint8_t next = 0;
		int rc;

		rc = live(&next, &archived, &err);
		faults_off();
		assert_true(rc == 0 || err.kind == ERR_NOMEM ||
			    err.kind == ERR_STORAGE || err.kind == ERR_BUSY ||
			    err.kind == ERR_ABSENT);
		failures += rc != 0;
		/* The next life finds the rest. */
		assert_int_equal(live(&next, &archived, &err), 0);
		assert_int_equal(next, BODIES);
		assert_true(exists(2, true));
		assert_true(exists(SEGMENTS, false));
		assert_false(exists(1, false));
		fill();
	}
	assert_true(failures > 0 || code == EINTR);
}

static void no_body_is_lost_without_memory(void **state)
{
	(void)state;
	survive(FAULT_MEMORY, ENOMEM);
}

static void no_body_is_lost_on_a_failing_disk(void **state)
{
	(void)state;
	survive(FAULT_FILES, EIO);
}

static void no_body_is_lost_on_a_full_disk(void **state)
{
	(void)state;
	survive(FAULT_FILES, ENOSPC);
}

static void an_interrupted_call_is_made_again(void **state)
{
	(void)state;
	survive(FAULT_FILES, EINTR);
}

/* Somebody tidies up between a list and an open. */
static void a_file_that_goes_meanwhile_takes_no_other_with_it(void **state)
{
	(void)state;
	survive(FAULT_FILES, ENOENT);
}

static void the_reserve_is_whole_or_not_there(void **state)
{
	char file[128], longer[1024];
	struct stat st;
	bool given;
	uint64_t n;

	(void)state;
	(void)snprintf(file, sizeof(file), "%s/reserve", dir);
	for (n = 1; faults_arm(FAULT_FILES, n, EIO); n++) {
		struct err err = {0};
		int rc = reserve_keep(dir, 65536, &err);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		assert_true(rc == 0 || err.kind == ERR_STORAGE ||
			    err.kind == ERR_BUSY);
		assert_true(stat(file, &st) != 0 || st.st_size == 0 ||
			    st.st_size == 65536);
	}
	assert_int_equal(reserve_keep(dir, 65536, NULL), 0);
	assert_int_equal(reserve_keep(dir, UINT64_MAX / 4, NULL), -1);
	for (n = 1; faults_arm(FAULT_FILES, n, EIO); n++) {
		int rc = reserve_give(dir, &given, NULL);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		assert_int_equal(given, rc == 0);
		assert_int_equal(stat(file, &st), 0);
		assert_int_equal(st.st_size, given ? 0 : 65536);
	}
	assert_int_equal(reserve_give(dir, &given, NULL), 0);
	assert_false(given);
	/* A path longer than any is refused, not cut. */
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(reserve_keep(longer, 1, NULL), -1);
	assert_int_equal(reserve_give(longer, &given, NULL), -1);
}

static void a_folder_that_is_not_there_is_named(void **state)
{
	struct spool_position start = {0};
	struct spool_reader *r = NULL;
	struct err err = {0};
	char longer[2048];

	(void)state;
	assert_int_equal(spool_reader_open("/nowhere", start, &r, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(spool_reader_open(longer, start, &r, &err), -1);
}

static int open_all(void **state)
{
	char path[96];

	(void)state;
	memcpy(dir, "/tmp/postern-faults-XXXXXX", 27);
	if (sodium_init() < 0 || mkdtemp(dir) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/spool", dir);
	return mkdir(path, 0700);
}

static int close_all(void **state)
{
	char path[128];

	(void)state;
	faults_off();
	for (uint64_t s = 1; s <= SEGMENTS; s++) {
		path_of(s, false, path);
		(void)unlink(path);
		path_of(s, true, path);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof(path), "%s/reserve", dir);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/spool", dir);
	return rmdir(path) != 0 ? -1 : rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(no_body_is_lost_without_memory),
	    cmocka_unit_test(no_body_is_lost_on_a_failing_disk),
	    cmocka_unit_test(no_body_is_lost_on_a_full_disk),
	    cmocka_unit_test(an_interrupted_call_is_made_again),
	    cmocka_unit_test(a_file_that_goes_meanwhile_takes_no_other_with_it),
	    cmocka_unit_test(the_reserve_is_whole_or_not_there),
	    cmocka_unit_test(a_folder_that_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
