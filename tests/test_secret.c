/* test_secret.c - secret files that others may see are no secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/secret.h"

static char folder[] = "/tmp/postern-secret-XXXXXX";
static char path[64];

static void put_file(const void *bytes, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static enum err_kind read_kind(size_t len_min)
{
	struct secret s = {0};
	struct err err = {0};

	if (secret_read(path, len_min, &s, &err) == 0)
		secret_wipe(&s);
	assert_null(s.bytes);
	return err.kind;
}

static void newlines_at_the_end_are_cut(void **state)
{
	struct secret s = {0};

	(void)state;
	put_file("pass word\r\n\n", 12, 0600);
	assert_int_equal(secret_read(path, 9, &s, NULL), 0);
	assert_int_equal(s.len, 9);
	assert_string_equal((const char *)s.bytes, "pass word");
	secret_wipe(&s);
	assert_null(s.bytes);
	secret_wipe(&s);
	secret_wipe(NULL);
}

static void files_that_others_may_use_are_refused(void **state)
{
	static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0601};

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put_file("secret", 6, modes[i]);
		assert_int_equal(read_kind(1), ERR_INPUT);
	}
	put_file("secret", 6, 0400);
	assert_int_equal(read_kind(1), ERR_NONE);
	(void)chmod(path, 0600);
}

static void a_file_of_somebody_else_is_refused(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put_file("secret", 6, 0600);
	assert_int_equal(chown(path, 12345, 12345), 0);
	assert_int_equal(read_kind(1), ERR_INPUT);
	assert_int_equal(unlink(path), 0);
}

static void contents_that_are_no_secret_are_refused(void **state)
{
	static uint8_t big[SECRET_LEN_MAX + 10];

	(void)state;
	memset(big, 'x', sizeof(big));
	put_file("", 0, 0600);
	assert_int_equal(read_kind(0), ERR_INPUT);
	put_file("\n\n", 2, 0600);
	assert_int_equal(read_kind(0), ERR_INPUT);
	put_file("short\n", 6, 0600);
	assert_int_equal(read_kind(6), ERR_INPUT);
	put_file("nul\0inside", 10, 0600);
	assert_int_equal(read_kind(1), ERR_INPUT);
	put_file(big, SECRET_LEN_MAX + 1, 0600);
	assert_int_equal(read_kind(1), ERR_INPUT);
	put_file(big, sizeof(big), 0600);
	assert_int_equal(read_kind(1), ERR_INPUT);
	put_file(big, SECRET_LEN_MAX, 0600);
	assert_int_equal(read_kind(1), ERR_NONE);
}

static void what_is_no_file_is_refused(void **state)
{
	(void)state;
	(void)unlink(path);
	assert_int_equal(read_kind(1), ERR_ABSENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(read_kind(1), ERR_INPUT); /* and does not hang */
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(read_kind(1), ERR_INPUT);
	(void)rmdir(path);
}

static int make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(newlines_at_the_end_are_cut),
	    cmocka_unit_test(files_that_others_may_use_are_refused),
	    cmocka_unit_test(a_file_of_somebody_else_is_refused),
	    cmocka_unit_test(contents_that_are_no_secret_are_refused),
	    cmocka_unit_test(what_is_no_file_is_refused),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests(tests, make_folder, remove_folder);
}
