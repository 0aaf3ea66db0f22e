/* test_users.c - each process its user, each file its process.
 *
 * Needs root; the users need not exist, numbers do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/supervise.h"

static const struct users strangers = {
    .separate = true,
    .of = {[CHILD_KEEPER] = {40001, 40001},
	   [CHILD_WORKER] = {40002, 40002},
	   [CHILD_INTAKE] = {40003, 40003}},
    .group = 40000,
};

static void a_child_that_became_its_user_cannot_go_back(void **state)
{
	int status = -1;
	pid_t pid;

	(void)state;
	if (geteuid() != 0)
		skip();
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct err err = {0};
		gid_t groups[4] = {0};

		if (users_become(&strangers, CHILD_WORKER, &err) != 0)
			_exit(1);
		if (geteuid() != 40002 || getgroups(4, groups) != 1 ||
		    groups[0] != 40000 || setuid(0) == 0 || seteuid(0) == 0)
			_exit(2);
		/* And not to another of the three. */
		_exit(users_become(&strangers, CHILD_KEEPER, &err) == 0 ? 3
									: 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* Without a descriptor nobody can tell whether there are users. */
static void a_look_up_that_fails_does_not_say_there_are_none(void **state)
{
	int status = -1;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		const struct rlimit none = {0, 0};
		struct err err = {0};
		struct users users;

		if (setrlimit(RLIMIT_NOFILE, &none) != 0)
			_exit(1);
		if (users_find(&users, &err) != -1)
			_exit(2);
		_exit(err.kind == ERR_BUSY && err.native == EMFILE ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

struct place {
	const char *name;
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

static void make_places(const char *dir)
{
	static const char *const folders[] = {
	    "spool", "media", "media/ab", "packages", "keys", "run", "secrets"};
	static const char *const files[] = {
	    "spool/1.seg", "media/ab/1",     "packages/1",
	    "keys/root",   "keys/spool.pub", "postern.db",
	    "keeper.db",   "postern.yaml",   "secrets/desk"};
	char path[256];

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd;

		(void)snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		assert_true(fd >= 0);
		(void)close(fd);
	}
	/* A link must not lead the chown out of the folder. */
	(void)snprintf(path, sizeof(path), "%s/spool/evil.seg", dir);
	assert_int_equal(symlink("../postern.yaml", path), 0);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void every_file_goes_to_the_process_that_owns_it(void **state)
{
	static const struct place places[] = {
	    {"", 0, 40000, 01770},
	    {"spool", 40003, 40000, 02770},
	    {"spool/1.seg", 40003, 40000, 0640},
	    {"media", 40002, 40002, 0700},
	    {"media/ab", 40002, 40002, 0700},
	    {"media/ab/1", 40002, 40002, 0600},
	    {"packages", 40002, 40000, 02750},
	    {"packages/1", 40002, 40000, 0640},
	    {"keys", 40001, 40000, 0710},
	    {"keys/root", 40001, 40000, 0600},
	    {"keys/spool.pub", 40001, 40000, 0640},
	    {"run", 0, 40000, 0710},
	    {"postern.db", 40002, 40002, 0600},
	    {"keeper.db", 40001, 40001, 0600},
	    {"postern.yaml", 0, 0, 0600},
	    {"secrets", 0, 0, 0700},
	    {"secrets/desk", 0, 0, 0600},
	};
	char dir[] = "/tmp/postern-owners-XXXXXX";
	char path[256];
	struct err err = {0};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(dir));
	make_places(dir);
	for (int round = 0; round < 2; round++)
		assert_int_equal(users_own(&strangers, dir, &err), 0);
	assert_true(users_reach(&strangers, dir));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct stat st = {0};

		(void)snprintf(path, sizeof(path), "%s/%s", dir,
			       places[i].name);
		assert_int_equal(lstat(path, &st), 0);
		assert_int_equal(st.st_uid, places[i].uid);
		assert_int_equal(st.st_gid, places[i].gid);
		assert_int_equal(st.st_mode & 07777, places[i].mode);
	}
	assert_int_equal(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void a_closed_folder_above_is_noticed(void **state)
{
	char top[] = "/tmp/postern-closed-XXXXXX"; /* mode 0700 */
	char dir[64];

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_non_null(mkdtemp(top));
	(void)snprintf(dir, sizeof(dir), "%s/data", top);
	assert_int_equal(mkdir(dir, 0755), 0);
	assert_false(users_reach(&strangers, dir));
	assert_int_equal(chmod(top, 0711), 0);
	assert_true(users_reach(&strangers, dir));
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rmdir(top), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_child_that_became_its_user_cannot_go_back),
	    cmocka_unit_test(a_look_up_that_fails_does_not_say_there_are_none),
	    cmocka_unit_test(every_file_goes_to_the_process_that_owns_it),
	    cmocka_unit_test(a_closed_folder_above_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
