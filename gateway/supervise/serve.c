/* serve.c - the verb: checks, opens what outlives the children, and starts
 * the loop. */
#include "supervise/mail.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake/intake.h"
#include "postern/hatch.h"
#include "postern/ipc.h"
#include "postern/listen.h"
#include "postern/log.h"
#include "verbs.h"
#include "postern/packagefile.h"
#include "worker/ledgerofficer.h"
#include "worker/ledgerpublish.h"

#define LOCK_TRIES    100 /* while the children of a dead one end */
#define LOCK_PAUSE_US 100000

struct serve {
	const char *said; /* DIR as the user wrote it, for messages */
	const char *version;
	char dir[PATH_MAX];
	struct rules rules;
	struct users users;
	int lock, public, internal, local, keeper, wake;
	int counts, counts_read; /* the same page, the second read only */
	int processes_read;
	int hatch[2]; /* of the intake, of the worker */
	struct processes *processes;
	struct mail mail;
};

/* --- one instance per data directory -------------------------------------- */

static long lock_owner(int fd)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? strtol(text, NULL, 10) : 0;
}

static int write_owner(int fd)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%ld\n", (long)getpid());

	return ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) == n
		   ? 0
		   : -1;
}

static bool alive(long pid)
{
	/* Our own number: it is a former life's, as in a container. */
	return pid != (long)getpid() &&
	       (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* Children hold the lock too, so that after a crash nobody starts a second
 * intake beside one that is still ending; those last moments are waited for. */
/* What lies there is of two times. */
static int refuse_half_restored(const struct serve *s)
{
	char path[PATH_MAX + 24];

	/* Of a backup that was killed; a copy nobody would delete from. */
	(void)snprintf(path, sizeof(path), "%s/postern.db.backup", s->dir);
	(void)unlink(path); /* may not be there */
	(void)snprintf(path, sizeof(path), "%s/restore.ready", s->dir);
	if (access(path, F_OK) != 0)
		return 0;
	(void)fprintf(stderr,
		      "a restore of %s is half done; run the same postern "
		      "restore again, it goes on\n",
		      s->said);
	return -1;
}

static int take_lock(struct serve *s)
{
	char path[PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/lock", s->dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0) {
		(void)fprintf(stderr, "cannot open %s/lock: %s\n", s->said,
			      strerror(errno));
		return -1;
	}
	for (int i = 0; flock(s->lock, LOCK_EX | LOCK_NB) != 0; i++) {
		long owner = lock_owner(s->lock);

		if (i < LOCK_TRIES && owner > 0 && !alive(owner)) {
			(void)usleep(LOCK_PAUSE_US);
			continue;
		}
		(void)fprintf(stderr,
			      "another postern serves %s (process %ld)\n",
			      s->said, owner);
		return -1;
	}
	return write_owner(s->lock);
}

/* --- sockets and pages ---------------------------------------------------- */

static int open_tcp(const struct serve *s, const char *which,
		    const char *address, int *ret_fd)
{
	struct err err = {0};

	if (listen_tcp(address, ret_fd, &err) == 0)
		return 0;
	if (err.native == EADDRINUSE)
		(void)fprintf(stderr,
			      "listen.%s %s is in use; choose another address "
			      "in %s/postern.yaml\n",
			      which, address, s->said);
	else if (err.native == EACCES)
		(void)fprintf(stderr,
			      "listen.%s %s needs more rights; choose a port "
			      "from 1024 up in %s/postern.yaml\n",
			      which, address, s->said);
	else
		(void)fprintf(stderr,
			      "listen.%s %s is no address of this host; choose "
			      "another in %s/postern.yaml\n",
			      which, address, s->said);
	return -1;
}

static int open_local(struct serve *s)
{
	char path[PATH_MAX + 32];
	struct err err = {0};

	(void)snprintf(path, sizeof(path), "%s/run/operator.sock", s->dir);
	if (listen_unix(path, &s->local, &err) != 0) {
		(void)fprintf(stderr,
			      "cannot listen at %s/run/operator.sock: "
			      "%s\n",
			      s->said, strerror(err.native));
		return -1;
	}
	(void)snprintf(path, sizeof(path), "%s/run/keeper.sock", s->dir);
	if (ipc_listen(path, 0600, &s->keeper, &err) != 0) {
		(void)fprintf(stderr,
			      "cannot listen at %s/run/keeper.sock: "
			      "%s (%s)\n",
			      s->said, err.what, strerror(err.native));
		return -1;
	}
	/* The keeper has one thread: a client that went away between poll and
	 * accept must not make it wait. */
	if (fcntl(s->keeper, F_SETFL, O_NONBLOCK) != 0) {
		perror("run/keeper.sock");
		return -1;
	}
	/* Only the worker talks to the keeper. */
	if (s->users.separate &&
	    lchown(path, s->users.of[CHILD_WORKER].uid, (gid_t)-1) != 0) {
		perror("run/keeper.sock");
		return -1;
	}
	return 0;
}

/* Memory of size bytes, once to write and once to read only. */
static int make_page(const char *name, size_t size, int *ret_fd, int *ret_read)
{
	char path[64];

	*ret_fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	/* Sealed, so that no child can shrink it under the other's feet. */
	if (*ret_fd < 0 || ftruncate(*ret_fd, (off_t)size) != 0 ||
	    fcntl(*ret_fd, F_ADD_SEALS,
		  F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", *ret_fd);
	*ret_read = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_read < 0 ? -1 : 0;
}

static int open_processes(struct serve *s, const char *version)
{
	int fd = -1;
	void *page = MAP_FAILED;

	if (make_page("postern-processes", sizeof(*s->processes), &fd,
		      &s->processes_read) == 0)
		page = mmap(NULL, sizeof(*s->processes), PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);
	if (fd >= 0)
		(void)close(fd); /* the mapping stays */
	if (page == MAP_FAILED)
		return -1;
	s->processes = page;
	(void)snprintf(s->processes->version, sizeof(s->processes->version),
		       "%s", version != NULL ? version : "");
	return 0;
}

static int open_pages(struct serve *s)
{
	struct err err = {0};

	if (make_page("postern-counts", sizeof(struct intake_counts),
		      &s->counts, &s->counts_read) != 0 ||
	    open_processes(s, s->version) != 0) {
		perror("shared pages");
		return -1;
	}
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (s->wake < 0) {
		perror("eventfd");
		return -1;
	}
	if (hatch_pair(s->hatch, &err) != 0) {
		(void)fprintf(stderr, "hatch: %s: %s\n", err.what,
			      strerror(err.native));
		return -1;
	}
	return 0;
}

static int make_folder(const struct serve *s, const char *name)
{
	char path[PATH_MAX + 8];

	(void)snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	(void)fprintf(stderr, "cannot make %s/%s: %s\n", s->said, name,
		      strerror(errno));
	return -1;
}

/* Those that a restore, or whoever cleaned up, may have left out; and those
 * that the settings ask for. */
static int make_folders(const struct serve *s, const struct settings *set)
{
	static const char *const names[] = {"run", "spool", "media",
					    PACKAGE_FOLDER};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (make_folder(s, names[i]) != 0)
			return -1;
	if (set->ledger.publish && make_folder(s, LEDGER_FOLDER) != 0)
		return -1;
	return set->ledger.officer_sendmail[0] != '\0'
		   ? make_folder(s, MAIL_FOLDER)
		   : 0;
}

static int open_all(struct serve *s)
{
	const struct settings *set = s->rules.settings;
	struct err err = {0};

	if (open_tcp(s, "public", set->listen.public, &s->public) != 0 ||
	    open_tcp(s, "internal", set->listen.internal, &s->internal) != 0)
		return -1;
	if (make_folders(s, set) != 0)
		return -1;
	if (users_find(&s->users, &err) != 0) {
		(void)fprintf(stderr, "%s: %s: %s\n", s->said, err.what,
			      strerror(err.native));
		return -1;
	}
	if (geteuid() == 0 && !s->users.separate)
		LOG0(LOG_LEVEL_WARN, "serve.as_root.users_missing");
	if (users_own(&s->users, s->dir, &err) != 0) {
		(void)fprintf(stderr, "%s: %s: %s\n", s->said, err.what,
			      strerror(err.native));
		return -1;
	}
	if (s->users.separate && !users_reach(&s->users, s->dir)) {
		(void)fprintf(stderr,
			      "the users of the three processes cannot reach "
			      "%s; move it, or chmod o+x the folders above\n",
			      s->said);
		return -1;
	}
	if (open_local(s) != 0)
		return -1;
	return open_pages(s);
}

static void close_all(struct serve *s)
{
	const int fds[] = {
	    s->public,	 s->internal, s->local,	      s->keeper,
	    s->wake,	 s->counts,   s->counts_read, s->processes_read,
	    s->hatch[0], s->hatch[1], s->lock};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			(void)close(fds[i]); /* none was written to */
	if (s->processes != NULL)
		(void)munmap(s->processes, sizeof(*s->processes));
	rules_free(&s->rules);
}

/* --- what the loop asks for ----------------------------------------------- */

static int start_child(void *ctx, enum child_role role, int lifeline_fd,
		       pid_t *ret_pid, struct err *err)
{
	const struct serve *s = ctx;
	struct child_fds fds = CHILD_FDS_NONE;

	fds.fds[CHILD_FD_LIFELINE] = lifeline_fd;
	fds.fds[CHILD_FD_LOCK] = s->lock;
	switch (role) {
	case CHILD_KEEPER:
		fds.fds[CHILD_FD_LISTEN] = s->keeper;
		break;
	case CHILD_WORKER:
		fds.fds[CHILD_FD_LISTEN] = s->internal;
		fds.fds[CHILD_FD_OPERATOR] = s->local;
		fds.fds[CHILD_FD_WAKE] = s->wake;
		fds.fds[CHILD_FD_COUNTS] = s->counts_read;
		fds.fds[CHILD_FD_PROCESSES] = s->processes_read;
		fds.fds[CHILD_FD_HATCH] = s->hatch[1];
		break;
	case CHILD_INTAKE:
		fds.fds[CHILD_FD_LISTEN] = s->public;
		fds.fds[CHILD_FD_WAKE] = s->wake;
		fds.fds[CHILD_FD_COUNTS] = s->counts;
		fds.fds[CHILD_FD_HATCH] = s->hatch[0];
		break;
	case CHILDREN:
		break;
	}
	return spawn_child(role, s->dir, &fds, ret_pid, err);
}

/* Nobody is there to accept any more: a worker that has connected and waits
 * for an answer learns it from the closed socket.  His own patience is longer
 * than he has to stop. */
static void child_gone(void *ctx, enum child_role role)
{
	struct serve *s = ctx;

	if (role != CHILD_KEEPER || s->keeper < 0)
		return;
	(void)close(s->keeper); /* nothing was written */
	s->keeper = -1;
}

static bool reload(void *ctx)
{
	struct serve *s = ctx;
	struct rules new = {0};
	struct err err = {0};

	if (rules_load(s->dir, ROLE_CHECK, stderr, &new) != 0)
		return false;
	if (make_folders(s, new.settings) != 0 ||
	    users_own(&s->users, s->dir, &err) != 0) {
		rules_free(&new);
		return false;
	}
	/* The sockets are bound; they are what clients wait at meanwhile. */
	if (strcmp(new.settings->listen.public,
		   s->rules.settings->listen.public) != 0 ||
	    strcmp(new.settings->listen.internal,
		   s->rules.settings->listen.internal) != 0)
		LOG0(LOG_LEVEL_WARN, "serve.reload.listen_needs_restart");
	/* What is compared with next time is what is bound. */
	memcpy(new.settings->listen.public, s->rules.settings->listen.public,
	       sizeof(new.settings->listen.public));
	memcpy(new.settings->listen.internal,
	       s->rules.settings->listen.internal,
	       sizeof(new.settings->listen.internal));
	rules_free(&s->rules);
	s->rules = new;
	rules_set_log(&s->rules);
	(void)limits_raise(s->rules.settings->limits.connections_max);
	return true;
}

static int64_t tend(void *ctx, int64_t now_ms)
{
	struct serve *s = ctx;
	const char *command = s->rules.settings->ledger.officer_sendmail;

	if (command[0] == '\0' && s->mail.pid == 0)
		return 0;
	return mail_tend(&s->mail, s->dir, command, &s->users, now_ms);
}

static void other_ended(void *ctx, pid_t pid, int status, int64_t now_ms)
{
	struct serve *s = ctx;

	(void)mail_ended(&s->mail, s->dir, pid, status, now_ms);
}

/* Closed standard descriptors would become sockets that a print writes to. */
static int keep_standard(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
	if (fd < 0)
		return -1;
	(void)close(fd); /* the one too many */
	return 0;
}

int verb_serve(const struct verb_args *args)
{
	struct serve s = {.said = args->dir,
			  .lock = -1,
			  .public = -1,
			  .internal = -1,
			  .local = -1,
			  .keeper = -1,
			  .wake = -1,
			  .counts = -1,
			  .counts_read = -1,
			  .processes_read = -1,
			  .hatch = {-1, -1},
			  .version = args->version};
	int status = EXIT_REFUSED;

	if (args->argc > 0) {
		(void)fprintf(stderr, "postern serve takes no arguments\n");
		return EXIT_USAGE;
	}
	(void)umask(077);
	(void)signal(SIGPIPE, SIG_IGN); /* a closed log must not end it */
	log_open("serve");
	if (keep_standard() != 0 || realpath(args->dir, s.dir) == NULL) {
		(void)fprintf(stderr, "%s: %s; `postern init` makes it\n",
			      args->dir, strerror(errno));
		return EXIT_REFUSED;
	}
	if (take_lock(&s) == 0 && refuse_half_restored(&s) == 0 &&
	    rules_load(s.dir, ROLE_CHECK, stderr, &s.rules) == 0 &&
	    open_all(&s) == 0) {
		const struct loop_conf conf = {.env = env_system(),
					       .processes = s.processes,
					       .start = start_child,
					       .gone = child_gone,
					       .reload = reload,
					       .tend = tend,
					       .ended = other_ended,
					       .ctx = &s};

		rules_set_log(&s.rules);
		/* Said in the log if refused; the intake takes fewer then. */
		(void)limits_raise(s.rules.settings->limits.connections_max);
		status = loop_run(&conf);
	}
	close_all(&s);
	return status;
}
