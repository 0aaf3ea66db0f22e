/* test_supervise.c - children are kept up, reloaded and taken down in order.
 *
 * The loop runs in a process of its own with fake children that are forked,
 * not executed; what it did is read from its log.  spawn_child executes this
 * program again, which then checks what it was given. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/listen.h"
#include "postern/log.h"
#include "supervise/supervise.h"

extern char **environ;

/* --- pure parts ----------------------------------------------------------- */

static void waits_double_up_to_a_limit_and_begin_anew_after_a_good_life(
    void **state)
{
	static const struct {
		int64_t last_ms, lived_ms, wait_ms;
	} cases[] = {
	    {0, 0, 100},	 {100, 5, 200},	     {200, 5, 400},
	    {1600, 5, 3200},	 {3200, 5, 5000},    {5000, 5, 5000},
	    {5000, 29999, 5000}, {5000, 30000, 100}, {0, 99999, 100},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(
		    restart_wait_ms(cases[i].last_ms, cases[i].lived_ms),
		    cases[i].wait_ms);
}

static void descriptors_are_named_on_the_command_line(void **state)
{
	struct child_fds given = CHILD_FDS_NONE, got = CHILD_FDS_NONE;
	char text[CHILD_FDS_TEXT_BYTES];

	(void)state;
	given.fds[CHILD_FD_LIFELINE] = 17;
	given.fds[CHILD_FD_LISTEN] = 12;
	assert_int_equal(child_fds_print(&given, text), 2);
	assert_string_equal(text, "--fds=lifeline:3,listen:4");
	assert_true(child_fds_parse(text, &got));
	assert_int_equal(got.fds[CHILD_FD_LIFELINE], 3);
	assert_int_equal(got.fds[CHILD_FD_LISTEN], 4);
	assert_int_equal(got.fds[CHILD_FD_WAKE], -1);
	for (size_t i = 0; i < CHILD_FDS; i++)
		given.fds[i] = 20;
	assert_int_equal(child_fds_print(&given, text), CHILD_FDS);
	assert_true(child_fds_parse(text, &got));
	assert_int_equal(got.fds[CHILD_FD_COUNTS], 8);
	assert_int_equal(got.fds[CHILD_FD_HATCH], 10);
}

static void malformed_descriptor_lists_are_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "--fds=",
	    "--fds=lifeline",
	    "--fds=lifeline:",
	    "--fds=lifeline:33",
	    "--fds=lifeline:2",
	    "--fds=lifeline:11",
	    "--fds=lifeline:03",
	    "--fds=lifeline:1x",
	    "--fds=x:3",
	    "--fds=lifeline:3,",
	    "--fds=,lifeline:3",
	    "fds=lifeline:3",
	    "--fds=wake:3,wake:4",
	};
	struct child_fds got = CHILD_FDS_NONE;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(child_fds_parse(bad[i], &got));
	assert_int_equal(got.fds[CHILD_FD_LIFELINE], -1);
}

/* --- sockets -------------------------------------------------------------- */

static void a_taken_port_is_told_apart_from_a_bad_address(void **state)
{
	static const char *const bad[] = {"",
					  "8080",
					  ":1",
					  "127.0.0.1:",
					  "192.0.2.1:8080",
					  "127.0.0.1:x",
					  "127.0.0.1:65536"};
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);
	struct err err = {0};
	char taken[32];
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(listen_tcp("127.0.0.1:0", &first, &err), 0);
	assert_int_equal(getsockname(first, (struct sockaddr *)&at, &len), 0);
	(void)snprintf(taken, sizeof(taken), "127.0.0.1:%u",
		       ntohs(((struct sockaddr_in *)&at)->sin_port));
	assert_int_equal(listen_tcp(taken, &second, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(err.native, EADDRINUSE);
	assert_true(fcntl(first, F_GETFD) & FD_CLOEXEC);
	(void)close(first);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(listen_tcp(bad[i], &second, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(second, -1);
}

static void the_operators_socket_is_the_owners_only(void **state)
{
	char top[] = "/tmp/postern-supervise-XXXXXX";
	char path[256];
	struct err err = {0};
	struct stat st;
	int fd = -1;

	(void)state;
	assert_non_null(mkdtemp(top));
	(void)snprintf(path, sizeof(path), "%s/%0100d", top, 7);
	assert_int_equal(mkdir(path, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/%0100d/operator.sock", top, 7);
	assert_int_equal(listen_unix(path, &fd, &err), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 0777, 0600);
	(void)close(fd);
	(void)unlink(path);
	*strrchr(path, '/') = 0;
	(void)rmdir(path);
	(void)rmdir(top);
}

/* --- the loop, with fake children ------------------------------------------
 */

struct fake {
	unsigned int crashes[CHILDREN]; /* of the first starts */
	bool deaf[CHILDREN];		/* does not see the lifeline end */
	bool reload;
	bool asks; /* the worker waits for an answer, and for nothing else */
	int listener, client; /* ... here */
	unsigned int starts[CHILDREN];
};

_Noreturn static void be_child(const struct fake *f, enum child_role role,
			       int lifeline)
{
	struct pollfd p = {.fd = lifeline, .events = POLLIN};

	if (f->starts[role] <= f->crashes[role])
		_exit(75);
	(void)send(lifeline, "R", 1, MSG_NOSIGNAL);
	if (f->asks && role == CHILD_WORKER)
		p.fd = lifeline + 1;
	if (f->deaf[role])
		(void)sleep(60);
	else
		(void)poll(&p, 1, 60000);
	_exit(0);
}

static int start_fake(void *ctx, enum child_role role, int lifeline_fd,
		      pid_t *ret_pid, struct err *err)
{
	struct fake *f = ctx;
	pid_t pid;

	f->starts[role]++;
	pid = fork();
	if (pid < 0)
		return ERR_SET(err, ERR_BUSY, "cannot fork", errno);
	if (pid == 0) {
		sigset_t none;
		/* Out of the way of the two numbers. */
		int client = f->asks ? fcntl(f->client, F_DUPFD, 5) : -1;
		int fd = dup2(lifeline_fd, 3);

		if (f->asks)
			(void)dup2(client, 4);
		(void)sigemptyset(&none);
		(void)sigprocmask(SIG_SETMASK, &none, NULL);
		(void)close_range(f->asks ? 5 : 4, ~0u, 0);
		be_child(f, role, fd);
	}
	*ret_pid = pid;
	return 0;
}

static bool reload_fake(void *ctx)
{
	return ((const struct fake *)ctx)->reload;
}

static void gone_fake(void *ctx, enum child_role role)
{
	struct fake *f = ctx;

	if (role != CHILD_KEEPER || !f->asks || f->listener < 0)
		return;
	(void)close(f->listener);
	f->listener = -1;
}

static struct processes *page; /* shared with the supervisor */

struct run {
	pid_t pid;
	int log;
	char text[65536];
	size_t len;
};

static void begin(struct run *r, const struct fake *f)
{
	int fds[2];

	memset(r, 0, sizeof(*r));
	memset(page, 0, sizeof(*page));
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	r->pid = fork();
	assert_true(r->pid >= 0);
	if (r->pid == 0) {
		struct fake copy = *f;
		struct loop_conf conf = {.env = env_system(),
					 .processes = page,
					 .start = start_fake,
					 .gone = gone_fake,
					 .reload = reload_fake,
					 .ctx = &copy};

		(void)dup2(fds[1], STDERR_FILENO);
		(void)close(fds[0]);
		(void)close(fds[1]);
		log_open("serve");
		_exit(loop_run(&conf));
	}
	(void)close(fds[1]);
	r->log = fds[0];
}

/* Reads the log until text has come (true) or seconds have passed. */
static bool heard(struct run *r, const char *text, int seconds)
{
	int64_t end = env_system()->boot_ms(NULL) + seconds * 1000;

	while (strstr(r->text, text) == NULL) {
		struct pollfd p = {.fd = r->log, .events = POLLIN};
		int64_t left = end - env_system()->boot_ms(NULL);
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0)
			return false;
		n = read(r->log, r->text + r->len,
			 sizeof(r->text) - 1 - r->len);
		if (n <= 0)
			return false;
		r->len += (size_t)n;
	}
	return true;
}

/* The position of the first line after from with both words. */
static const char *line_with(const char *from, const char *event,
			     const char *child)
{
	for (const char *at = from; (at = strstr(at, event)) != NULL; at++) {
		const char *end = strchr(at, '\n');
		const char *found = strstr(at, child);

		if (found != NULL && (end == NULL || found < end))
			return at;
	}
	return NULL;
}

static void finish(struct run *r)
{
	int status = -1;

	(void)kill(r->pid, SIGTERM);
	assert_true(heard(r, "serve.stopped", 20));
	assert_int_equal(waitpid(r->pid, &status, 0), r->pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	(void)close(r->log);
}

static struct run run;

static void all_ready_is_said_once_and_the_drain_goes_in_order(void **state)
{
	const struct fake f = {0};
	const char *intake, *worker, *keeper;

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	finish(&run);
	intake = line_with(run.text, "child.ended", "\"intake\"");
	worker = line_with(run.text, "child.ended", "\"worker\"");
	keeper = line_with(run.text, "child.ended", "\"keeper\"");
	assert_true(intake != NULL && worker != NULL && keeper != NULL);
	assert_true(intake < worker && worker < keeper);
	assert_null(strstr(strstr(run.text, "serve.ready") + 1, "serve.ready"));
	assert_null(strstr(run.text, "child.restart"));
}

static void a_dead_child_is_started_again(void **state)
{
	const struct fake f = {.crashes = {[CHILD_WORKER] = 2}};

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	for (unsigned int i = 0; i < PROCESSES; i++) {
		assert_string_equal(process_name(i),
				    child_role_name((enum child_role)i));
		assert_string_equal(process_state(&page->of[i]), "ready");
		assert_int_equal(page->of[i].starts,
				 i == PROCESS_WORKER ? 3 : 1);
	}
	finish(&run);
	for (unsigned int i = 0; i < PROCESSES; i++)
		assert_string_equal(process_state(&page->of[i]), "away");
	assert_non_null(line_with(run.text, "child.ended", "\"status\":75"));
	assert_non_null(line_with(run.text, "child.restart", "100"));
	assert_non_null(line_with(run.text, "child.restart", "200"));
	assert_null(line_with(run.text, "child.restart", "400"));
}

static void a_killed_child_is_named_with_its_signal(void **state)
{
	const struct fake f = {0};
	const char *at;
	pid_t pid;

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	at = line_with(run.text, "child.started", "\"keeper\"");
	assert_non_null(at);
	pid = (pid_t)strtol(strstr(at, "\"pid\":") + 6, NULL, 10);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_true(heard(&run, "child.restart", 5));
	assert_non_null(line_with(run.text, "child.ended", "\"signal\":9"));
	finish(&run);
}

/* Nobody waits for the deaf one but the end itself. */
static void deaf_children_are_killed_and_hold_up_nobody(void **state)
{
	const struct fake f = {
	    .deaf = {[CHILD_INTAKE] = true, [CHILD_KEEPER] = true}};
	const char *intake, *worker, *keeper;

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	finish(&run);
	intake = line_with(run.text, "child.killed", "\"intake\"");
	keeper = line_with(run.text, "child.killed", "\"keeper\"");
	worker = line_with(run.text, "child.ended", "\"worker\"");
	assert_true(intake != NULL && keeper != NULL && worker != NULL);
	assert_true(worker < intake && intake < keeper);
	assert_null(line_with(run.text, "child.killed", "\"worker\""));
}

/* A keeper that had ended at the start held up the stop: the worker, who had
 * connected, waited longer than he had time, and was killed. */
static void who_asks_a_child_that_is_gone_is_not_killed_at_the_end(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	struct fake f = {.crashes = {[CHILD_KEEPER] = 1000}, .asks = true};
	struct err err = {0};

	(void)state;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/tmp/postern-ask-%ld",
		       (long)getpid());
	assert_int_equal(listen_unix(at.sun_path, &f.listener, &err), 0);
	f.client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(f.client, (struct sockaddr *)&at, sizeof(at)),
			 0);
	begin(&run, &f);
	assert_int_equal(close(f.listener), 0);
	assert_true(heard(&run, "child.restart", 5));
	finish(&run);
	assert_null(strstr(run.text, "child.killed"));
	assert_non_null(line_with(run.text, "child.ended", "\"worker\""));
	assert_int_equal(close(f.client), 0);
	assert_int_equal(unlink(at.sun_path), 0);
}

static void a_good_reload_renews_worker_then_intake_only(void **state)
{
	const struct fake f = {.reload = true};
	const char *from, *worker, *intake;

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	(void)kill(run.pid, SIGHUP);
	assert_true(heard(&run, "serve.reloaded", 5));
	from = strstr(run.text, "serve.reload\"");
	assert_non_null(from);
	worker = line_with(from, "child.ready", "\"worker\"");
	intake = line_with(from, "child.ended", "\"intake\"");
	assert_true(worker != NULL && intake != NULL && worker < intake);
	assert_null(line_with(from, "child.ended", "\"keeper\""));
	finish(&run);
}

static void a_refused_reload_leaves_everything_running(void **state)
{
	const struct fake f = {.reload = false};

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	(void)kill(run.pid, SIGHUP);
	assert_true(heard(&run, "serve.reload.refused", 5));
	assert_null(strstr(run.text, "child.ended"));
	finish(&run);
}

static void a_stop_during_a_reload_still_drains(void **state)
{
	const struct fake f = {.reload = true, .crashes = {[CHILD_INTAKE] = 0}};

	(void)state;
	begin(&run, &f);
	assert_true(heard(&run, "serve.ready", 5));
	(void)kill(run.pid, SIGHUP);
	assert_true(heard(&run, "serve.reload\"", 5));
	finish(&run);
}

/* --- what an executed child gets -------------------------------------------
 */

/* Runs in the executed copy: says over its lifeline what is wrong. */
static int check_inheritance(int argc, char **argv)
{
	struct child_fds fds = CHILD_FDS_NONE;
	char word = 'R';

	if (argc != 5 || strcmp(argv[1], "@worker") != 0 ||
	    strcmp(argv[2], "-d") != 0 || strcmp(argv[3], "/some dir") != 0 ||
	    !child_fds_parse(argv[4], &fds))
		return 1;
	if (environ[0] != NULL)
		word = 'e';
	for (int fd = 5; fd < 256; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			word = 'f';
	if (getpgrp() != getpid())
		word = 'g';
	return send(fds.fds[CHILD_FD_LIFELINE], &word, 1, MSG_NOSIGNAL) == 1
		   ? 0
		   : 1;
}

static void an_executed_child_inherits_what_it_was_given_and_no_more(
    void **state)
{
	struct child_fds given = CHILD_FDS_NONE;
	struct err err = {0};
	int ends[2], spare[2], status = -1;
	char word = 0;
	pid_t pid = 0;

	(void)state;
	/* Not close-on-exec on purpose. */
	assert_int_equal(pipe(spare), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	given.fds[CHILD_FD_LIFELINE] = ends[1];
	given.fds[CHILD_FD_LISTEN] = spare[0];
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(
	    spawn_child(CHILD_WORKER, "/some dir", &given, &pid, &err), 0);
	(void)close(ends[1]);
	assert_int_equal(recv(ends[0], &word, 1, 0), 1);
	assert_int_equal(word, 'R');
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(ends[0]);
	(void)close(spare[0]);
	(void)close(spare[1]);
}

/* --- descriptors ---------------------------------------------------------- */

/* In a process of its own: limits cannot be taken back. */
static int64_t raised_from(rlim_t soft, rlim_t hard, bool as_root, int64_t most)
{
	const struct rlimit r = {soft, hard};
	struct rlimit now;
	int64_t got = -1;
	int pipes[2], status;
	pid_t pid;

	assert_int_equal(pipe(pipes), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		if (setrlimit(RLIMIT_NOFILE, &r) != 0 ||
		    (!as_root && geteuid() == 0 &&
		     setresuid(65534, 65534, 65534) != 0))
			_exit(1);
		got = limits_raise(most);
		_exit(getrlimit(RLIMIT_NOFILE, &now) != 0 ||
		      (int64_t)now.rlim_cur != got ||
		      write(pipes[1], &got, sizeof(got)) != sizeof(got));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(read(pipes[0], &got, sizeof(got)), sizeof(got));
	close(pipes[0]);
	close(pipes[1]);
	return got;
}

/* Root in a container often may not. */
static bool hard_limit_may_rise(void)
{
	const struct rlimit down = {64, 300}, up = {64, 301};
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0)
		_exit(setrlimit(RLIMIT_NOFILE, &down) != 0 ||
		      setrlimit(RLIMIT_NOFILE, &up) != 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status == 0;
}

static void descriptors_are_raised_to_what_the_connections_need(void **state)
{
	(void)state;
	/* up to the hard limit anybody may */
	assert_true(raised_from(64, 4096, false, 1000) >= 2000);
	assert_true(raised_from(64, 4096, false, 1000) <= 4096);
	/* what is there already stays */
	assert_true(raised_from(4096, 4096, false, 1000) == 4096);
	/* refused: as many as may be, and nobody dies of it */
	assert_true(raised_from(64, 300, false, 1000) == 300);
	if (hard_limit_may_rise())
		assert_true(raised_from(64, 300, true, 1000) >= 2000);
	else
		assert_true(raised_from(64, 300, true, 1000) == 300);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		waits_double_up_to_a_limit_and_begin_anew_after_a_good_life),
	    cmocka_unit_test(descriptors_are_named_on_the_command_line),
	    cmocka_unit_test(malformed_descriptor_lists_are_refused),
	    cmocka_unit_test(
		descriptors_are_raised_to_what_the_connections_need),
	    cmocka_unit_test(a_taken_port_is_told_apart_from_a_bad_address),
	    cmocka_unit_test(the_operators_socket_is_the_owners_only),
	    cmocka_unit_test(
		all_ready_is_said_once_and_the_drain_goes_in_order),
	    cmocka_unit_test(a_dead_child_is_started_again),
	    cmocka_unit_test(a_killed_child_is_named_with_its_signal),
	    cmocka_unit_test(deaf_children_are_killed_and_hold_up_nobody),
	    cmocka_unit_test(
		who_asks_a_child_that_is_gone_is_not_killed_at_the_end),
	    cmocka_unit_test(a_good_reload_renews_worker_then_intake_only),
	    cmocka_unit_test(a_refused_reload_leaves_everything_running),
	    cmocka_unit_test(a_stop_during_a_reload_still_drains),
	    cmocka_unit_test(
		an_executed_child_inherits_what_it_was_given_and_no_more),
	};

	if (argc > 1 && argv[1][0] == '@')
		return check_inheritance(argc, argv);
	page = mmap(NULL, sizeof(*page), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
