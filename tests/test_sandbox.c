/* test_sandbox.c - what a process can still do, and that its work is among it.
 *
 * Each case enters the sandbox in a child, which says by its exit status how
 * far it came.  The whole gateway inside it: tests/e2e/20-takeover.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/store.h"
#include "supervise/sandbox_rules.h"

struct house {
	char dir[64];
};

static void put(const struct house *h, const char *name)
{
	struct err err = {0};

	assert_int_equal(durable_create(h->dir, name, 0600, "x", 1, &err), 0);
}

static int setup(void **state)
{
	static const char *const folders[] = {"spool", "media", "packages",
					      "keys", "run"};
	static const char *const files[] = {"postern.yaml",
					    "keeper.db",
					    "keys/root",
					    "keys/spool.pub",
					    "spool/0000000000000001.seg",
					    "packages/file"};
	struct house *h = calloc(1, sizeof(*h));
	char path[128];

	assert_non_null(h);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/postern-box-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", h->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		put(h, files[i]);
	*state = h;
	return 0;
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int teardown(void **state)
{
	struct house *h = *state;

	(void)nftw(h->dir, drop, 8, FTW_DEPTH | FTW_PHYS);
	free(h);
	return 0;
}

/* --- a process of its own ------------------------------------------------- */

static bool enter(const struct house *h, enum child_role role)
{
	const struct sandbox_conf conf = {
	    .rules = sandbox_rules_of(role), .dir = h->dir, .credential = ""};
	struct err err = {0};

	return sandbox_enter(&conf, &err) == 0;
}

static int status_of(pid_t pid)
{
	int status = -1;

	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

/* 0, or the error's number. */
static int opened(const struct house *h, const char *name, int flags)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s%s%s",
		       name[0] == '/' ? "" : h->dir, name[0] == '/' ? "" : "/",
		       name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static void need_sandbox(void)
{
#ifdef SANDBOX_OFF
	skip();
#else
	if (syscall(SYS_landlock_create_ruleset, NULL, 0,
		    LANDLOCK_CREATE_RULESET_VERSION) <= 0)
		skip();
#endif
}

/* --- cases ---------------------------------------------------------------- */

static const struct {
	enum child_role role;
	const char *name;
	int flags, wanted;
} tries[] = {
    {CHILD_INTAKE, "spool/0000000000000001.seg", O_RDONLY, 0},
    {CHILD_INTAKE, "spool/0000000000000002.seg", O_RDWR | O_CREAT, 0},
    {CHILD_INTAKE, "reserve", O_WRONLY | O_CREAT, 0},
    {CHILD_INTAKE, "keys/spool.pub", O_RDONLY, 0},
    {CHILD_INTAKE, "keys/spool.pub", O_WRONLY, EACCES},
    {CHILD_INTAKE, "keys/root", O_RDONLY, EACCES},
    {CHILD_INTAKE, "keeper.db", O_RDONLY, EACCES},
    {CHILD_INTAKE, "packages/file", O_RDONLY, 0},
    {CHILD_INTAKE, "packages/file", O_RDWR, EACCES},
    {CHILD_INTAKE, "packages/made", O_WRONLY | O_CREAT, EACCES},
    {CHILD_INTAKE, "postern.yaml", O_RDONLY, EACCES},
    {CHILD_INTAKE, "made", O_WRONLY | O_CREAT, EACCES},
    {CHILD_INTAKE, "/etc/passwd", O_RDONLY, EACCES},
    {CHILD_WORKER, "postern.db", O_RDWR, 0},
    {CHILD_WORKER, "postern.db-wal", O_RDWR | O_CREAT, 0},
    {CHILD_WORKER, "media/file", O_WRONLY | O_CREAT, 0},
    {CHILD_WORKER, "packages/made", O_WRONLY | O_CREAT, 0},
    {CHILD_WORKER, "/etc/nsswitch.conf", O_RDONLY, 0},
    {CHILD_WORKER, "keys/root", O_RDONLY, EACCES},
    {CHILD_WORKER, "keys/spool.pub", O_RDONLY, EACCES},
    {CHILD_WORKER, "keeper.db", O_RDONLY, EACCES},
    {CHILD_WORKER, "made", O_WRONLY | O_CREAT, EACCES},
    {CHILD_WORKER, "/etc/passwd", O_RDONLY, EACCES},
    {CHILD_KEEPER, "keys/root", O_RDWR, 0},
    {CHILD_KEEPER, "keys/root.new", O_WRONLY | O_CREAT, 0},
    {CHILD_KEEPER, "keeper.db", O_RDWR, 0},
    {CHILD_KEEPER, "erasures.log", O_RDWR | O_CREAT, 0},
    {CHILD_KEEPER, "postern.yaml", O_RDONLY, EACCES},
    {CHILD_KEEPER, "spool/0000000000000001.seg", O_RDONLY, EACCES},
    {CHILD_KEEPER, "media", O_RDONLY, 0}, /* names are no secret */
    {CHILD_KEEPER, "media/file", O_WRONLY | O_CREAT, EACCES},
    {CHILD_KEEPER, "packages/file", O_RDONLY, EACCES},
};

static void each_role_opens_its_own_files_only(void **state)
{
	const struct house *h = *state;

	need_sandbox();
	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		pid_t pid = fork();
		int got;

		if (pid == 0)
			_exit(enter(h, tries[i].role)
				  ? opened(h, tries[i].name, tries[i].flags)
				  : 101);
		got = status_of(pid);
		if (got != tries[i].wanted)
			print_message("%s %s\n", child_role_name(tries[i].role),
				      tries[i].name);
		assert_int_equal(got, tries[i].wanted);
	}
}

/* --- folders that only the settings name ---------------------------------- */

static const struct {
	enum child_role role;
	bool named; /* the settings name them */
	const char *name;
	int flags, wanted;
} named[] = {
    {CHILD_INTAKE, true, "ledger/tile/0/000", O_RDONLY, 0},
    {CHILD_INTAKE, true, "ledger/tile/0/000", O_WRONLY, EACCES},
    {CHILD_INTAKE, true, "ledger/new", O_WRONLY | O_CREAT, EACCES},
    {CHILD_INTAKE, true, "ledger", O_RDONLY | O_DIRECTORY, EACCES},
    {CHILD_INTAKE, true, "mail/1.eml", O_RDONLY, EACCES},
    {CHILD_INTAKE, true, "officer/1.txt", O_RDONLY, EACCES},
    {CHILD_INTAKE, false, "ledger/tile/0/000", O_RDONLY, EACCES},
    {CHILD_WORKER, true, "ledger/new", O_WRONLY | O_CREAT, 0},
    {CHILD_WORKER, true, "mail/2.eml", O_WRONLY | O_CREAT, 0},
    {CHILD_WORKER, true, "officer/2.txt", O_WRONLY | O_CREAT, 0},
    {CHILD_WORKER, false, "ledger/tile/0/000", O_RDONLY, EACCES},
    {CHILD_WORKER, false, "mail/2.eml", O_WRONLY | O_CREAT, EACCES},
    {CHILD_WORKER, false, "officer/2.txt", O_WRONLY | O_CREAT, EACCES},
    {CHILD_KEEPER, true, "ledger/tile/0/000", O_RDONLY, EACCES},
    {CHILD_KEEPER, true, "mail/1.eml", O_RDONLY, EACCES},
};

static bool enter_named(const struct house *h, enum child_role role,
			const struct settings *s)
{
	struct sandbox_path more[SANDBOX_MORE_MAX];
	const struct sandbox_conf conf = {.rules = sandbox_rules_of(role),
					  .dir = h->dir,
					  .credential = "",
					  .more = more};
	struct err err = {0};

	sandbox_more_of(role, s, more);
	return sandbox_enter(&conf, &err) == 0;
}

static void what_the_settings_name_is_left_to_who_needs_it(void **state)
{
	static const char *const folders[] = {
	    "ledger", "ledger/tile", "ledger/tile/0", "mail", "officer"};
	const struct house *h = *state;
	struct settings *s;
	char path[128];

	need_sandbox();
	s = calloc(2, sizeof(*s));
	assert_non_null(s);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", h->dir, folders[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	put(h, "ledger/tile/0/000");
	put(h, "mail/1.eml");
	put(h, "officer/1.txt");
	s[1].ledger.publish = true;
	(void)snprintf(s[1].ledger.officer_folder,
		       sizeof(s[1].ledger.officer_folder), "%s/officer",
		       h->dir);
	(void)snprintf(s[1].ledger.officer_sendmail,
		       sizeof(s[1].ledger.officer_sendmail), "/bin/true");
	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		pid_t pid = fork();
		int got;

		if (pid == 0)
			_exit(enter_named(h, named[i].role, &s[named[i].named])
				  ? opened(h, named[i].name, named[i].flags)
				  : 101);
		got = status_of(pid);
		if (got != named[i].wanted)
			print_message("%s %s\n", child_role_name(named[i].role),
				      named[i].name);
		assert_int_equal(got, named[i].wanted);
	}
	free(s);
}

/* Bits of what was possible. */
static int calls_tried(void)
{
	int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pid_t pid = fork();
	char *argv[] = {NULL};
	int done = socket_fd >= 0 ? 1 : 0;

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		done |= 2;
	if (execve("/bin/true", argv, argv) != 0 && errno != EPERM)
		done |= 4;
	if (listen(STDERR_FILENO, 1) != 0 && errno != EPERM)
		done |= 8;
	return done;
}

static void only_the_worker_makes_sockets_and_nobody_a_process(void **state)
{
	const struct house *h = *state;

	need_sandbox();
	for (int role = 0; role < CHILDREN; role++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(enter(h, (enum child_role)role) ? calls_tried()
							      : 101);
		assert_int_equal(status_of(pid), role == CHILD_WORKER ? 1 : 0);
	}
}

static void a_key_published_anew_stays_readable_to_the_intake(void **state)
{
	const struct house *h = *state;
	struct err err = {0};
	char keys[96], byte = 0;
	int ready[2], go[2];
	pid_t pid;

	need_sandbox();
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(go), 0);
	pid = fork();
	if (pid == 0) {
		if (!enter(h, CHILD_INTAKE) || write(ready[1], "r", 1) != 1 ||
		    read(go[0], &byte, 1) != 1)
			_exit(101);
		_exit(opened(h, "keys/spool.pub", O_RDONLY));
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)snprintf(keys, sizeof(keys), "%s/keys", h->dir);
	assert_int_equal(
	    durable_overwrite(keys, "spool.pub", 0644, "later", 5, &err), 0);
	assert_int_equal(write(go[1], "g", 1), 1);
	assert_int_equal(status_of(pid), 0);
	for (int i = 0; i < 2; i++) {
		(void)close(ready[i]);
		(void)close(go[i]);
	}
}

static void the_worker_makes_and_opens_an_archive(void **state)
{
	const struct house *h = *state;
	struct store *st = NULL;
	struct err err = {0};
	char path[128];
	pid_t pid;

	need_sandbox();
	(void)snprintf(path, sizeof(path), "%s/postern.db", h->dir);
	pid = fork();
	if (pid == 0) {
		if (!enter(h, CHILD_WORKER))
			_exit(101);
		if (store_open("sqlite", path, &st, &err) != 0)
			_exit(102);
		store_close(&st);
		/* Closed for good, it can be opened again. */
		_exit(store_open("sqlite", path, &st, &err) == 0 ? 0 : 103);
	}
	assert_int_equal(status_of(pid), 0);
}

static int lent_key_opened(const struct house *h)
{
	char path[32];
	struct sandbox_conf conf = {.rules = sandbox_rules_of(CHILD_KEEPER),
				    .dir = h->dir,
				    .credential = path};
	struct err err = {0};
	int fd = memfd_create("lent", MFD_CLOEXEC);

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || sandbox_enter(&conf, &err) != 0)
		return 101;
	return opened(h, path, O_RDONLY);
}

/* The root key as a credential, where each process has a user of its own. */
static void a_key_lent_in_memory_is_read_by_the_keeper(void **state)
{
	const struct house *h = *state;
	pid_t pid;

	need_sandbox();
	pid = fork();
	if (pid == 0)
		_exit(lent_key_opened(h));
	assert_int_equal(status_of(pid), 0);
}

static bool listed(const struct sandbox_call *call, int number)
{
	for (; call->number != -1; call++)
		if (call->number == number)
			return true;
	return false;
}

static void no_table_names_what_nobody_needs(void **state)
{
	static const int never[] = {
	    SCMP_SYS(execve),
	    SCMP_SYS(execveat),
	    SCMP_SYS(fork),
	    SCMP_SYS(vfork),
	    SCMP_SYS(ptrace),
	    SCMP_SYS(process_vm_readv),
	    SCMP_SYS(process_vm_writev),
	    SCMP_SYS(io_uring_setup),
	    SCMP_SYS(bpf),
	    SCMP_SYS(mount),
	    SCMP_SYS(keyctl),
	    SCMP_SYS(listen),
	    SCMP_SYS(kill),
	    SCMP_SYS(setuid),
	    SCMP_SYS(chroot),
	    SCMP_SYS(unshare),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
		for (int role = 0; role < CHILDREN; role++) {
			assert_false(listed(sandbox_common_calls(), never[i]));
			assert_false(listed(
			    sandbox_rules_of((enum child_role)role)->calls,
			    never[i]));
		}
	assert_false(
	    listed(sandbox_rules_of(CHILD_KEEPER)->calls, SCMP_SYS(socket)));
	assert_false(
	    listed(sandbox_rules_of(CHILD_INTAKE)->calls, SCMP_SYS(connect)));
	assert_true(listed(sandbox_common_calls(), SCMP_SYS(read)));
}

#define IN_HOUSE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    IN_HOUSE(each_role_opens_its_own_files_only),
	    IN_HOUSE(what_the_settings_name_is_left_to_who_needs_it),
	    IN_HOUSE(only_the_worker_makes_sockets_and_nobody_a_process),
	    IN_HOUSE(a_key_published_anew_stays_readable_to_the_intake),
	    IN_HOUSE(the_worker_makes_and_opens_an_archive),
	    IN_HOUSE(a_key_lent_in_memory_is_read_by_the_keeper),
	    cmocka_unit_test(no_table_names_what_nobody_needs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
