/* users.c - one system user per process, and which files are whose.
 *
 *   DIR             root:postern 1770   worker and keeper make files in it,
 *                                       and cannot touch each other's
 *   spool/          intake:postern 2770 the worker reads and unlinks
 *   media/          worker 0700
 *   packages/       worker:postern 2750 the intake hands them out
 *   keys/           keeper:postern 0710 the intake reads keys/spool.pub
 *   secrets/        root 0700           read before a child becomes its user
 *   run/            root:postern 0710   the sockets have modes of their own
 *   ledger/         worker:postern 2750 the intake shows it
 *   mail/           worker 0700         root hands it over
 *   postern.db*, restrictions.log, withdrawals.log,
 *   holds.log, forgotten.log worker
 *   reserve                 intake
 *   keeper.db*, erasures.log keeper
 */
#include "supervise/supervise.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/packagefile.h"
#include "worker/ledgerofficer.h"
#include "worker/ledgerpublish.h"

#define LEDGER_DEPTH 10 /* folders */

/* getpwnam(3): these say "there is none", whatever the standard says. */
static bool says_absent(int native)
{
	return native == 0 || native == ENOENT || native == ESRCH ||
	       native == EBADF || native == EPERM;
}

static int user_find(const char *name, struct user *ret, bool *ret_found,
		     struct err *err)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(name);
	if (pw == NULL && !says_absent(errno))
		return ERR_SET(err, ERR_BUSY, "cannot look up users", errno);
	*ret_found = pw != NULL && pw->pw_uid != 0;
	if (*ret_found)
		*ret = (struct user){pw->pw_uid, pw->pw_gid};
	return 0;
}

int users_find(struct users *ret, struct err *err)
{
	static const char *const names[CHILDREN] = {
	    [CHILD_KEEPER] = "postern-keeper",
	    [CHILD_WORKER] = "postern-worker",
	    [CHILD_INTAKE] = "postern-intake",
	};
	const struct group *group;
	bool found = true;

	*ret = (struct users){0};
	errno = 0;
	group = getgrnam("postern");
	if (group == NULL && !says_absent(errno))
		return ERR_SET(err, ERR_BUSY, "cannot look up groups", errno);
	if (geteuid() != 0 || group == NULL)
		return 0;
	ret->group = group->gr_gid;
	for (size_t i = 0; i < CHILDREN && found; i++)
		if (user_find(names[i], &ret->of[i], &found, err) != 0)
			return -1;
	ret->separate = found;
	return 0;
}

/* --- owners --------------------------------------------------------------- */

/* name inside folder, if it is there and no symbolic link. */
static int give(int folder, const char *name, uid_t uid, gid_t gid, mode_t mode)
{
	int fd = openat(folder, name,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int rc;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	rc = fchown(fd, uid, gid);
	if (rc == 0)
		rc = fchmod(fd, mode);
	(void)close(fd); /* nothing was written */
	return rc;
}

/* Everything below a folder, at most one level of folders deep (media/xx). */
static int give_below(int folder, const char *name, uid_t uid, gid_t gid,
		      mode_t mode, bool deeper)
{
	int fd = openat(folder, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd); /* nothing was written */
		return errno == ENOENT ? 0 : -1;
	}
	while (rc == 0 && (e = readdir(d)) != NULL) {
		bool sub = e->d_type == DT_DIR;

		if (e->d_name[0] == '.' || (sub && !deeper))
			continue;
		if (sub)
			rc = give_below(dirfd(d), e->d_name, uid, gid, mode,
					false);
		if (rc == 0 && (sub || e->d_type == DT_REG))
			rc = give(dirfd(d), e->d_name, uid, gid,
				  sub ? 0700 : mode);
	}
	(void)closedir(d); /* only read from */
	return rc;
}

/* A folder already given is not walked again: media/ can be large. */
static int give_folder(int dir, const char *name, uid_t uid, gid_t gid,
		       mode_t mode, mode_t file_mode)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (st.st_uid == uid && st.st_gid == gid &&
	    (st.st_mode & 07777) == mode)
		return 0;
	if (file_mode != 0 &&
	    give_below(dir, name, uid, gid, file_mode, true) != 0)
		return -1;
	return give(dir, name, uid, gid, mode);
}

/* A tree of folders for the group to read; tile/L/x000/x000/000.p is as deep as
 * it gets. */
static int give_tree(int folder, const char *name, uid_t uid, gid_t gid,
		     int depth)
{
	int fd = openat(folder, name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd); /* nothing was written */
		return errno == ENOENT ? 0 : -1;
	}
	while (rc == 0 && depth > 0 && (e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (e->d_type == DT_DIR)
			rc =
			    give_tree(dirfd(d), e->d_name, uid, gid, depth - 1);
		else if (e->d_type == DT_REG)
			rc = give(dirfd(d), e->d_name, uid, gid, 0644);
	}
	(void)closedir(d); /* only read from */
	return rc == 0 ? give(folder, name, uid, gid, 02750) : rc;
}

/* Large as well, and given when its top is. */
static int give_ledger(const struct users *u, int dir)
{
	const struct user *worker = &u->of[CHILD_WORKER];
	struct stat st;

	if (fstatat(dir, LEDGER_FOLDER, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? 0 : -1;
	if (st.st_uid == worker->uid && st.st_gid == u->group &&
	    (st.st_mode & 07777) == 02750)
		return 0;
	return give_tree(dir, LEDGER_FOLDER, worker->uid, u->group,
			 LEDGER_DEPTH);
}

static int give_files(const struct users *u, int dir)
{
	static const struct {
		const char *name;
		enum child_role role;
	} files[] = {
	    {"postern.db", CHILD_WORKER},
	    {"postern.db-wal", CHILD_WORKER},
	    {"postern.db-shm", CHILD_WORKER},
	    {"keeper.db", CHILD_KEEPER},
	    {"keeper.db-wal", CHILD_KEEPER},
	    {"keeper.db-shm", CHILD_KEEPER},
	    {"erasures.log", CHILD_KEEPER},
	    {"reserve", CHILD_INTAKE},
	    {"postern.db.lock", CHILD_WORKER},
	    {"restrictions.log", CHILD_WORKER},
	    {"withdrawals.log", CHILD_WORKER},
	    {"holds.log", CHILD_WORKER},
	    {"forgotten.log", CHILD_WORKER},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct user *to = &u->of[files[i].role];

		if (give(dir, files[i].name, to->uid, to->gid, 0600) != 0)
			return -1;
	}
	return 0;
}

int users_own(const struct users *u, const char *dir, struct err *err)
{
	const struct user *intake = &u->of[CHILD_INTAKE];
	const struct user *worker = &u->of[CHILD_WORKER];
	const struct user *keeper = &u->of[CHILD_KEEPER];
	int fd, rc = -1;

	if (!u->separate)
		return 0;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return ERR_SET(err, ERR_ABSENT, "no data directory", errno);
	if (give_folder(fd, "spool", intake->uid, u->group, 02770, 0640) == 0 &&
	    give_folder(fd, "media", worker->uid, worker->gid, 0700, 0600) ==
		0 &&
	    give_folder(fd, PACKAGE_FOLDER, worker->uid, u->group, 02750,
			0640) == 0 &&
	    give_folder(fd, "keys", keeper->uid, u->group, 0710, 0600) == 0 &&
	    give_folder(fd, "run", 0, u->group, 0710, 0) == 0 &&
	    give_folder(fd, MAIL_FOLDER, worker->uid, worker->gid, 0700,
			0600) == 0 &&
	    give_ledger(u, fd) == 0 &&
	    give(fd, "keys/spool.pub", keeper->uid, u->group, 0640) == 0 &&
	    give_files(u, fd) == 0 && fchown(fd, 0, u->group) == 0 &&
	    fchmod(fd, 01770) == 0)
		rc = 0;
	else
		(void)ERR_SET(err, ERR_DENIED,
			      "cannot give the files to the users", errno);
	(void)close(fd); /* nothing was written */
	return rc;
}

/* --- becoming one --------------------------------------------------------- */

int users_become(const struct users *users, enum child_role role,
		 struct err *err)
{
	const struct user *u = &users->of[role];
	uid_t r, e, s;
	gid_t gr, ge, gs;

	if (setgroups(1, &users->group) != 0 ||
	    setresgid(u->gid, u->gid, u->gid) != 0 ||
	    setresuid(u->uid, u->uid, u->uid) != 0)
		return ERR_SET(err, ERR_DENIED, "cannot become the user",
			       errno);
	if (getresuid(&r, &e, &s) != 0 || getresgid(&gr, &ge, &gs) != 0 ||
	    r != u->uid || e != u->uid || s != u->uid || gr != u->gid ||
	    ge != u->gid || gs != u->gid || setuid(0) == 0 || setgid(0) == 0)
		return ERR_SET(err, ERR_DENIED, "privileges were kept", 0);
	return 0;
}

/* Asked of the kernel by becoming each of them: modes and access lists of all
 * folders above are its business. */
bool users_reach(const struct users *users, const char *dir)
{
	for (int role = 0; role < CHILDREN; role++) {
		int status = -1;
		pid_t pid = fork();

		if (pid == 0)
			_exit(users_become(users, (enum child_role)role,
					   NULL) == 0 &&
				      access(dir, X_OK) == 0
				  ? 0
				  : 1);
		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			return false;
	}
	return true;
}
