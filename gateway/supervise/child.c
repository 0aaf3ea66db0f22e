/* child.c - the first steps of intake, worker and keeper.
 *
 * Order matters: settings and secrets are read with the rights the supervisor
 * has, then those are given up, and only then is anything hostile read. */
#include "supervise/sandbox_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sodium.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "intake/intake.h"
#include "postern/keeper.h"
#include "postern/log.h"
#include "supervise/takeover.h"
#include "verbs.h"
#include "worker/worker.h"

#define WORKER_NICE 10

struct start {
	enum child_role role;
	const char *dir;
	struct child_fds fds;
	struct users users;
	struct rules rules;
	struct intake_counts *counts; /* the intake may write, the worker not */
	const struct processes *processes; /* the worker's */
	char credential[1024];		   /* "" none */
};

/* --- giving up ------------------------------------------------------------ */

static int give_up_rights(const struct start *s, struct err *err)
{
	const struct rlimit none = {0, 0};
	struct sandbox_path more[SANDBOX_MORE_MAX];
	const struct sandbox_conf box = {.rules = sandbox_rules_of(s->role),
					 .dir = s->dir,
					 .credential = s->credential,
					 .more = more};

	sandbox_more_of(s->role, s->rules.settings, more);

	if (s->users.separate) {
		/* Group postern reads what it is meant to; modes say what. */
		(void)umask(027);
		if (users_become(&s->users, s->role, err) != 0)
			return -1;
	}
	/* After the change of user, which resets both. */
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
		return ERR_SET(err, ERR_DENIED, "process limits", errno);
	takeover_open(s->dir, child_role_name(s->role));
	if (sandbox_enter(&box, err) != 0)
		return -1;
	takeover_act();
	return 0;
}

/* --- preparing ------------------------------------------------------------ */

/* *ret stays NULL when there is no such descriptor. */
static int map_page(int fd, size_t size, int access, void **ret,
		    struct err *err)
{
	void *page;

	if (fd < 0)
		return 0;
	page = mmap(NULL, size, access, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		return ERR_SET(err, ERR_NOMEM, "no shared page", errno);
	(void)close(fd); /* the mapping stays */
	*ret = page;
	return 0;
}

static int map_pages(struct start *s, struct err *err)
{
	int access =
	    s->role == CHILD_INTAKE ? PROT_READ | PROT_WRITE : PROT_READ;
	void *counts = NULL, *processes = NULL;

	if (map_page(s->fds.fds[CHILD_FD_COUNTS], sizeof(struct intake_counts),
		     access, &counts, err) != 0 ||
	    map_page(s->fds.fds[CHILD_FD_PROCESSES], sizeof(struct processes),
		     PROT_READ, &processes, err) != 0)
		return -1;
	s->counts = counts;
	s->processes = processes;
	return 0;
}

/* A credential is root's; the keeper gets a copy that never was on a disk. */
static int lend_credential(struct start *s, struct err *err)
{
	const struct user *u = &s->users.of[CHILD_KEEPER];
	uint8_t bytes[4096];
	int from = open(s->credential, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int to = memfd_create("postern-credential", MFD_CLOEXEC);
	ssize_t len = from < 0 ? -1 : read(from, bytes, sizeof(bytes));
	int rc = -1;

	if (len > 0 && to >= 0 && write(to, bytes, (size_t)len) == len &&
	    fchmod(to, 0400) == 0 && fchown(to, u->uid, u->gid) == 0) {
		(void)snprintf(s->credential, sizeof(s->credential),
			       "/proc/self/fd/%d", to);
		rc = 0;
	} else {
		(void)ERR_SET(err, ERR_ABSENT, "no credential", errno);
	}
	sodium_memzero(bytes, sizeof(bytes));
	if (from >= 0)
		(void)close(from); /* only read from */
	if (rc != 0 && to >= 0)
		(void)close(to); /* never used */
	return rc;
}

static int find_credential(struct start *s, struct err *err)
{
	const struct settings *set = s->rules.settings;

	if (s->role != CHILD_KEEPER ||
	    strcmp(set->keys_source, "credential") != 0)
		return 0;
	if (settings_credential_path(set->keys_credential, s->credential,
				     sizeof(s->credential), err) != 0)
		return -1;
	return s->users.separate ? lend_credential(s, err) : 0;
}

static int prepare(struct start *s, struct err *err)
{
	static const enum settings_role roles[CHILDREN] = {
	    [CHILD_KEEPER] = ROLE_KEEPER,
	    [CHILD_WORKER] = ROLE_WORKER,
	    [CHILD_INTAKE] = ROLE_INTAKE,
	};

	if (rules_load(s->dir, roles[s->role], stderr, &s->rules) != 0)
		return ERR_SET(err, ERR_INPUT, "settings or policy", 0);
	rules_set_log(&s->rules);
	if (users_find(&s->users, err) != 0 || map_pages(s, err) != 0 ||
	    find_credential(s, err) != 0)
		return -1;
	/* Archiving has time, an acknowledgement has not: where processors are
	 * few the intake goes first and the spool holds what waits.  Staying
	 * as it was is no harm. */
	if (s->role == CHILD_WORKER)
		(void)setpriority(PRIO_PROCESS, 0, WORKER_NICE);
	return give_up_rights(s, err);
}

/* --- becoming one --------------------------------------------------------- */

static int serve_intake(const struct start *s)
{
	const struct intake_conf conf = {
	    .dir = s->dir,
	    .settings = s->rules.settings,
	    .listen_fd = s->fds.fds[CHILD_FD_LISTEN],
	    .wake_fd = s->fds.fds[CHILD_FD_WAKE],
	    .hatch_fd = s->fds.fds[CHILD_FD_HATCH],
	    .lifeline_fd = s->fds.fds[CHILD_FD_LIFELINE],
	    .counts = s->counts,
	};

	return intake_serve(env_system(), &conf);
}

static int serve_worker(const struct start *s)
{
	const struct worker_conf conf = {
	    .dir = s->dir,
	    .settings = s->rules.settings,
	    .policy = s->rules.policy,
	    .listen_fd = s->fds.fds[CHILD_FD_LISTEN],
	    .operator_fd = s->fds.fds[CHILD_FD_OPERATOR],
	    .wake_fd = s->fds.fds[CHILD_FD_WAKE],
	    .hatch_fd = s->fds.fds[CHILD_FD_HATCH],
	    .lifeline_fd = s->fds.fds[CHILD_FD_LIFELINE],
	    .intake = s->counts,
	    .processes = s->processes,
	};

	return worker_serve(env_system(), &conf);
}

static int serve_keeper(const struct start *s)
{
	const struct keeper_conf conf = {
	    .dir = s->dir,
	    .credential = s->credential[0] != 0 ? s->credential : NULL,
	    .listen_fd = s->fds.fds[CHILD_FD_LISTEN],
	    .peer_uid =
		s->users.separate ? s->users.of[CHILD_WORKER].uid : geteuid(),
	    .lifeline_fd = s->fds.fds[CHILD_FD_LIFELINE],
	};

	return keeper_serve(env_system(), &conf);
}

static const struct role {
	const char *argument, *title; /* as ps shows it */
	int (*serve)(const struct start *s);
	enum child_fd needs[CHILD_FDS]; /* ends with the lifeline */
} roles[CHILDREN] = {
    [CHILD_KEEPER] = {"@keeper",
		      "postern-keeper",
		      serve_keeper,
		      {CHILD_FD_LISTEN, CHILD_FD_LIFELINE}},
    [CHILD_WORKER] = {"@worker",
		      "postern-worker",
		      serve_worker,
		      {CHILD_FD_LISTEN, CHILD_FD_OPERATOR, CHILD_FD_WAKE,
		       CHILD_FD_COUNTS, CHILD_FD_PROCESSES, CHILD_FD_HATCH,
		       CHILD_FD_LIFELINE}},
    [CHILD_INTAKE] = {"@intake",
		      "postern-intake",
		      serve_intake,
		      {CHILD_FD_LISTEN, CHILD_FD_WAKE, CHILD_FD_COUNTS,
		       CHILD_FD_HATCH, CHILD_FD_LIFELINE}},
};

static bool has_all(const struct start *s)
{
	const enum child_fd *need = roles[s->role].needs;

	while (s->fds.fds[*need] >= 0) {
		if (*need == CHILD_FD_LIFELINE)
			return true;
		need++;
	}
	return false;
}

/* argv: "postern", "@intake", "-d", DIR, "--fds=...". */
static bool parse(int argc, char **argv, struct start *s)
{
	size_t i = 0;

	while (i < CHILDREN && strcmp(argv[1], roles[i].argument) != 0)
		i++;
	if (i == CHILDREN || argc != 5 || strcmp(argv[2], "-d") != 0)
		return false;
	s->role = (enum child_role)i;
	s->dir = argv[3];
	return child_fds_parse(argv[4], &s->fds) && has_all(s);
}

static void close_on_exec(const struct child_fds *fds)
{
	for (size_t i = 0; i < CHILD_FDS; i++)
		if (fds->fds[i] >= 0)
			(void)fcntl(fds->fds[i], F_SETFD, FD_CLOEXEC);
}

int child_main(int argc, char **argv)
{
	struct start s = {0};
	struct err err = {0};
	int status = EXIT_REFUSED;

	if (!parse(argc, argv, &s)) {
		(void)fprintf(stderr,
			      "postern: %s is for postern serve; "
			      "start that\n",
			      argv[1]);
		return EXIT_USAGE;
	}
	(void)umask(077);
	close_on_exec(&s.fds);
	(void)signal(SIGPIPE, SIG_IGN); /* a closed peer is an error code */
	(void)prctl(PR_SET_NAME, roles[s.role].title, 0, 0, 0);
	log_open(child_role_name(s.role));
	if (prepare(&s, &err) == 0) {
		log_start();
		status = roles[s.role].serve(&s);
		log_stop();
	} else {
		LOG(LOG_LEVEL_ERROR, "child.refused", LOG_ERR(&err));
	}
	rules_free(&s.rules);
	return status;
}
