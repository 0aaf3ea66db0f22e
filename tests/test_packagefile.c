/* test_packagefile.c - one link opens one package, and nothing else does.
 *
 * Proves: compliance 2.2, 9 Q4. */
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

#include "postern/packagefile.h"

#define NOW INT64_C(1790000000000)

static struct {
	char dir[64];
	uint8_t key[32];
	char file[PACKAGE_NAME_BYTES], secret[PACKAGE_SECRET_BYTES];
} fx;

static bool keep_none(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
	return false;
}

static bool keep_all_but(void *ctx, const char *name)
{
	return strcmp(ctx, name) != 0;
}

static void folder(char ret[128])
{
	(void)snprintf(ret, 128, "%s/" PACKAGE_FOLDER, fx.dir);
}

static void write_package(void)
{
	struct sealedfile *f = NULL;
	struct err err;

	assert_int_equal(
	    packagefile_create(env_system(), fx.dir, fx.key, &f, fx.file, &err),
	    0);
	assert_int_equal(sealedfile_write(f, "PK is clear", 11, &err), 0);
	assert_int_equal(sealedfile_finish(&f, &err), 0);
}

static void write_link(int64_t expires_ms)
{
	struct packagefile_link link = {.clear_len = 11,
					.expires_ms = expires_ms};
	struct err err;

	memcpy(link.file, fx.file, sizeof(link.file));
	memcpy(link.key, fx.key, sizeof(link.key));
	packagefile_secret(env_system(), fx.secret);
	assert_int_equal(packagefile_link_put(fx.dir, fx.secret, &link, &err),
			 0);
}

static int open_all(void **state)
{
	char path[128];

	(void)state;
	if (sodium_init() < 0)
		return -1;
	memcpy(fx.dir, "/tmp/postern-package-XXXXXX", 28);
	if (mkdtemp(fx.dir) == NULL)
		return -1;
	folder(path);
	randombytes_buf(fx.key, sizeof(fx.key));
	return mkdir(path, 0700);
}

static int close_all(void **state)
{
	char path[128];

	(void)state;
	(void)packagefile_tidy(fx.dir, keep_none, NULL, NULL);
	folder(path);
	(void)rmdir(path);
	return rmdir(fx.dir);
}

static size_t files(void)
{
	char path[128];
	struct dirent *e;
	size_t n = 0;
	DIR *d;

	folder(path);
	d = opendir(path);
	assert_non_null(d);
	while ((e = readdir(d)) != NULL)
		n += e->d_name[0] != '.';
	(void)closedir(d);
	return n;
}

static void the_link_opens_its_package(void **state)
{
	struct sealedfile *f = NULL;
	uint8_t bytes[64];
	int64_t whole = 0;
	size_t len = 0;
	struct err err;

	(void)state;
	write_package();
	write_link(NOW + 1);
	assert_int_equal(
	    packagefile_open(fx.dir, fx.secret, NOW, &f, &whole, &err), 0);
	assert_int_equal(whole, 11);
	assert_int_equal(sealedfile_read(f, bytes, sizeof(bytes), &len, &err),
			 0);
	assert_int_equal(len, 11);
	assert_memory_equal(bytes, "PK is clear", 11);
	assert_int_equal(sealedfile_read(f, bytes, sizeof(bytes), &len, &err),
			 0);
	assert_int_equal(len, 0);
	sealedfile_close(&f);
}

static void a_link_is_dead_from_its_last_moment_on(void **state)
{
	struct packagefile_link link;
	struct err err;

	(void)state;
	write_link(NOW);
	assert_int_equal(
	    packagefile_link_get(fx.dir, fx.secret, NOW - 1, &link, &err), 0);
	assert_int_equal(
	    packagefile_link_get(fx.dir, fx.secret, NOW, &link, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_true(sodium_is_zero(link.key, sizeof(link.key)));
}

static void other_secrets_open_nothing(void **state)
{
	static const char *const odd[] = {
	    "",
	    "x",
	    "../../../../etc/passwd",
	    "0000000000000000000000000000000000000000000000000000",
	    "000000000000000000000000000000000000000000000000000000",
	    "................................/..................."};
	struct packagefile_link link;
	char secret[PACKAGE_SECRET_BYTES];
	struct err err;

	(void)state;
	write_link(NOW + 1);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(
		    packagefile_link_get(fx.dir, odd[i], NOW, &link, &err), -1);
		assert_int_equal(err.kind, ERR_ABSENT);
	}
	for (size_t i = 0; i < PACKAGE_SECRET_BYTES - 1; i++) {
		memcpy(secret, fx.secret, sizeof(secret));
		secret[i] = secret[i] == '7' ? '8' : '7';
		assert_int_equal(
		    packagefile_link_get(fx.dir, secret, NOW, &link, &err), -1);
		assert_int_equal(err.kind, ERR_ABSENT);
	}
}

static void every_changed_byte_of_a_link_is_seen(void **state)
{
	char path[256], name[PACKAGE_NAME_BYTES];
	struct packagefile_link link;
	struct stat st;
	struct err err;
	uint8_t byte;
	int fd;

	(void)state;
	write_link(NOW + 1);
	assert_true(packagefile_link_name(fx.secret, name));
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER "/%s.link",
		       fx.dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	for (off_t i = 0; i < st.st_size; i++) {
		assert_int_equal(pread(fd, &byte, 1, i), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
		assert_int_equal(
		    packagefile_link_get(fx.dir, fx.secret, NOW, &link, &err),
		    -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, i), 1);
	}
	assert_int_equal(
	    packagefile_link_get(fx.dir, fx.secret, NOW, &link, &err), 0);
	assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
	assert_int_equal(
	    packagefile_link_get(fx.dir, fx.secret, NOW, &link, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	(void)close(fd);
}

static void nothing_in_the_folder_tells_the_secret_or_the_key(void **state)
{
	char path[256], bytes[512], name[PACKAGE_NAME_BYTES];
	ssize_t len;
	int fd;

	(void)state;
	write_link(NOW + 1);
	assert_true(packagefile_link_name(fx.secret, name));
	assert_null(strstr(fx.secret, name));
	(void)snprintf(path, sizeof(path), "%s/" PACKAGE_FOLDER "/%s.link",
		       fx.dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, bytes, sizeof(bytes));
	(void)close(fd);
	assert_true(len > 0);
	assert_null(memmem(bytes, (size_t)len, fx.key, sizeof(fx.key)));
	assert_null(memmem(bytes, (size_t)len, fx.file, 32));
	assert_null(memmem(bytes, (size_t)len, fx.secret, 16));
}

static void tidying_removes_what_nobody_wants(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(packagefile_tidy(fx.dir, keep_none, NULL, &err), 0);
	assert_int_equal(files(), 0);
	write_package();
	write_link(NOW + 1);
	assert_int_equal(files(), 2);
	assert_int_equal(packagefile_tidy(fx.dir, keep_all_but, fx.file, &err),
			 0);
	assert_int_equal(files(), 1);
	assert_int_equal(packagefile_tidy(fx.dir, keep_none, NULL, &err), 0);
	assert_int_equal(files(), 0);
	assert_int_equal(
	    packagefile_tidy("/tmp/postern-nowhere", keep_none, NULL, &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_link_opens_its_package),
	    cmocka_unit_test(a_link_is_dead_from_its_last_moment_on),
	    cmocka_unit_test(other_secrets_open_nothing),
	    cmocka_unit_test(every_changed_byte_of_a_link_is_seen),
	    cmocka_unit_test(nothing_in_the_folder_tells_the_secret_or_the_key),
	    cmocka_unit_test(tidying_removes_what_nobody_wants),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
