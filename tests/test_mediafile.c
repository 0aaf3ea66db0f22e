/* test_mediafile.c - sealed files: whole, or not at all.
 *
 * Proves: assurance P6; compliance 7.1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "worker/worker.h"

static struct {
	char dir[64];
	struct settings settings;
	struct worker w;
	uint8_t key[32];
} fx;

static int open_all(void **state)
{
	(void)state;
	if (sodium_init() < 0)
		return -1;
	memset(&fx, 0, sizeof(fx));
	memcpy(fx.dir, "/tmp/postern-media-XXXXXX", 26);
	if (mkdtemp(fx.dir) == NULL)
		return -1;
	memcpy(fx.settings.dir, fx.dir, sizeof(fx.dir));
	fx.w.settings = &fx.settings;
	fx.w.env = env_system();
	randombytes_buf(fx.key, sizeof(fx.key));
	return 0;
}

static void path_of(const char *file, char ret[256])
{
	(void)snprintf(ret, 256, "%s/media/%.2s/%s", fx.dir, file, file);
}

static int close_all(void **state)
{
	char path[256];

	(void)state;
	for (unsigned int i = 0; i < 256; i++) {
		struct dirent *e;
		DIR *d;

		(void)snprintf(path, sizeof(path), "%s/media/%02x", fx.dir, i);
		d = opendir(path);
		while (d != NULL && (e = readdir(d)) != NULL)
			(void)unlinkat(dirfd(d), e->d_name, 0);
		if (d != NULL)
			(void)closedir(d);
		(void)rmdir(path);
	}
	(void)snprintf(path, sizeof(path), "%s/media", fx.dir);
	(void)rmdir(path);
	return rmdir(fx.dir);
}

static uint8_t byte_at(size_t i)
{
	return (uint8_t)(i * 131 + i / 65536);
}

/* A file of len bytes, written in pieces of piece. */
static void make(size_t len, size_t piece, char ret_file[33])
{
	struct sealedfile *f = NULL;
	uint8_t bytes[4096];
	struct err err;

	assert_int_equal(mediafile_create(&fx.w, fx.key, &f, ret_file, &err),
			 0);
	for (size_t at = 0; at < len;) {
		size_t n = len - at < piece ? len - at : piece;

		for (size_t i = 0; i < n; i++)
			bytes[i] = byte_at(at + i);
		assert_int_equal(sealedfile_write(f, bytes, n, &err), 0);
		at += n;
	}
	assert_int_equal(sealedfile_finish(&f, &err), 0);
	assert_null(f);
}

/* Reads to the end; -1 or the number of right bytes. */
static int64_t read_back(const char *file, const uint8_t key[32],
			 int64_t expected, enum err_kind *ret_kind)
{
	struct sealedfile *f = NULL;
	struct err err = {0};
	uint8_t bytes[1000];
	size_t len, total = 0;
	int rc;

	*ret_kind = ERR_NONE;
	if (mediafile_open(fx.dir, file, key, expected, &f, &err) != 0) {
		*ret_kind = err.kind;
		return -1;
	}
	while ((rc = sealedfile_read(f, bytes, sizeof(bytes), &len, &err)) ==
		   0 &&
	       len > 0) {
		for (size_t i = 0; i < len; i++)
			assert_int_equal(bytes[i], byte_at(total + i));
		total += len;
	}
	*ret_kind = err.kind;
	sealedfile_close(&f);
	return rc == 0 ? (int64_t)total : -1;
}

static const size_t lengths[] = {0,	1,	65535,	65536,
				 65537, 131072, 131073, 200000};

static void what_was_written_is_read(void **state)
{
	static const size_t pieces[] = {1, 777, 4096};
	enum err_kind kind;
	char file[33];

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		for (size_t p = lengths[i] > 70000 ? 1 : 0; p < 3; p++) {
			make(lengths[i], pieces[p], file);
			assert_int_equal(
			    read_back(file, fx.key, (int64_t)lengths[i], &kind),
			    lengths[i]);
		}
}

static void nothing_clear_lies_on_disk(void **state)
{
	char file[33], path[256];
	uint8_t disk[70000], clear[64];
	ssize_t len;
	int fd;

	(void)state;
	make(65600, 4096, file);
	path_of(file, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, disk, sizeof(disk));
	(void)close(fd);
	assert_int_equal(len, 24 + 65600 + 2 * 17);
	for (size_t i = 0; i < sizeof(clear); i++)
		clear[i] = byte_at(i);
	assert_null(memmem(disk, (size_t)len, clear, sizeof(clear)));
}

static void another_key_or_length_reads_nothing(void **state)
{
	uint8_t other[32] = {1};
	enum err_kind kind;
	char file[33];

	(void)state;
	make(70000, 4096, file);
	assert_int_equal(read_back(file, other, 70000, &kind), -1);
	assert_int_equal(kind, ERR_CORRUPT);
	assert_int_equal(read_back(file, fx.key, 69999, &kind), -1);
	assert_int_equal(kind, ERR_CORRUPT);
	assert_int_equal(read_back(file, fx.key, 70001, &kind), -1);
	assert_int_equal(kind, ERR_CORRUPT);
}

static void every_cut_and_every_changed_byte_is_seen(void **state)
{
	static const off_t places[] = {0, 23, 24, 100, 65576, 65577, 70057};
	enum err_kind kind;
	char file[33], path[256];
	uint8_t byte;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		make(70000, 4096, file);
		path_of(file, path);
		fd = open(path, O_RDWR | O_CLOEXEC);
		assert_int_equal(pread(fd, &byte, 1, places[i]), 1);
		byte ^= 0x20;
		assert_int_equal(pwrite(fd, &byte, 1, places[i]), 1);
		(void)close(fd);
		assert_int_equal(read_back(file, fx.key, 70000, &kind), -1);
		assert_int_equal(kind, ERR_CORRUPT);
		assert_int_equal(truncate(path, places[i]), 0);
		assert_int_equal(read_back(file, fx.key, 70000, &kind), -1);
		assert_int_equal(kind, ERR_CORRUPT);
	}
}

/* The first chunk alone, with the length a row for it would claim. */
static void a_file_without_its_last_chunk_does_not_end(void **state)
{
	enum err_kind kind;
	char file[33], path[256];

	(void)state;
	make(70000, 4096, file);
	path_of(file, path);
	assert_int_equal(truncate(path, 24 + 65536 + 17), 0);
	assert_int_equal(read_back(file, fx.key, 65536, &kind), -1);
	assert_int_equal(kind, ERR_CORRUPT);
}

static void an_abandoned_file_is_gone(void **state)
{
	struct sealedfile *f = NULL;
	enum err_kind kind;
	char file[33];
	struct err err;

	(void)state;
	assert_int_equal(mediafile_create(&fx.w, fx.key, &f, file, &err), 0);
	assert_int_equal(sealedfile_write(f, "x", 1, &err), 0);
	sealedfile_abandon(&f);
	assert_null(f);
	assert_int_equal(read_back(file, fx.key, 1, &kind), -1);
	assert_int_equal(kind, ERR_ABSENT);
	sealedfile_abandon(&f);
}

static void unlinking_twice_is_no_error(void **state)
{
	enum err_kind kind;
	char file[33];
	struct err err;

	(void)state;
	make(10, 10, file);
	assert_int_equal(mediafile_unlink(fx.dir, file, &err), 0);
	assert_int_equal(mediafile_unlink(fx.dir, file, &err), 0);
	assert_int_equal(read_back(file, fx.key, 10, &kind), -1);
	assert_int_equal(kind, ERR_ABSENT);
	assert_int_equal(
	    mediafile_unlink(fx.dir, "00000000000000000000000000000000", &err),
	    0);
}

static void names_cannot_lead_elsewhere(void **state)
{
	static const char *const names[] = {"",
					    "../../etc/passwd",
					    "0123456789abcdef0123456789abcde",
					    "0123456789abcdef0123456789abcdef0",
					    "0123456789ABCDEF0123456789abcdef",
					    "..23456789abcdef0123456789abcde"};
	enum err_kind kind;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(read_back(names[i], fx.key, 1, &kind), -1);
		assert_int_equal(kind, ERR_INPUT);
	}
}

static int failing_sync(struct env *env, int fd)
{
	(void)env;
	(void)fd;
	return -1;
}

static void a_file_that_cannot_be_synced_is_no_file(void **state)
{
	struct env env = *env_system();
	struct sealedfile *f = NULL;
	enum err_kind kind;
	char file[33];
	struct err err;

	(void)state;
	env.datasync = failing_sync;
	fx.w.env = &env;
	assert_int_equal(mediafile_create(&fx.w, fx.key, &f, file, &err), 0);
	assert_int_equal(sealedfile_finish(&f, &err), -1);
	assert_null(f);
	assert_int_equal(read_back(file, fx.key, 0, &kind), -1);
	assert_int_equal(kind, ERR_ABSENT);
	fx.w.env = env_system();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_written_is_read),
	    cmocka_unit_test(nothing_clear_lies_on_disk),
	    cmocka_unit_test(another_key_or_length_reads_nothing),
	    cmocka_unit_test(every_cut_and_every_changed_byte_is_seen),
	    cmocka_unit_test(a_file_without_its_last_chunk_does_not_end),
	    cmocka_unit_test(an_abandoned_file_is_gone),
	    cmocka_unit_test(unlinking_twice_is_no_error),
	    cmocka_unit_test(names_cannot_lead_elsewhere),
	    cmocka_unit_test(a_file_that_cannot_be_synced_is_no_file),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
