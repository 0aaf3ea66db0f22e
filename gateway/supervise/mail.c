/* mail.c - `sendmail -t -i` with a file as its standard input.
 *
 * A mail is removed when the command has taken it (exit status 0); one that was
 * taken when this process was killed is handed over twice, which a reader of
 * checkpoints does not mind. */
#include "supervise/mail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "postern/log.h"
#include "worker/ledgerofficer.h"

static bool is_mail(const char *name)
{
	size_t len = strlen(name), end = sizeof(MAIL_SUFFIX) - 1;

	return name[0] != '.' && len > end &&
	       len < sizeof(((struct mail *)0)->name) &&
	       strcmp(name + len - end, MAIL_SUFFIX) == 0;
}

/* The folder is the worker's, and this process may be root: nothing in it is
 * followed anywhere else. */
static int open_folder(const char *dir)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/" MAIL_FOLDER, dir);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* Any of those that wait. */
static bool find_mail(const char *dir, char *ret, size_t size)
{
	int fd = open_folder(dir);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;
	bool found = false;

	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd); /* nothing was read */
		return false;
	}
	while (!found && (e = readdir(d)) != NULL)
		if (is_mail(e->d_name)) {
			(void)snprintf(ret, size, "%s", e->d_name);
			found = true;
		}
	(void)closedir(d); /* only read from */
	return found;
}

static int open_mail(const char *dir, const char *name,
		     const struct users *users)
{
	const uid_t owner =
	    users->separate ? users->of[CHILD_WORKER].uid : geteuid();
	int folder = open_folder(dir);
	struct stat st;
	int fd;

	if (folder < 0)
		return -1;
	fd = openat(folder, name,
		    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	(void)close(folder); /* only looked into */
	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) ||
			st.st_uid != owner || st.st_nlink != 1)) {
		(void)close(fd); /* none of the worker's */
		errno = EPERM;
		return -1;
	}
	return fd;
}

static int remove_mail(const char *dir, const char *name)
{
	int folder = open_folder(dir);
	int rc = -1;

	if (folder < 0)
		return -1;
	if (unlinkat(folder, name, 0) == 0 || errno == ENOENT)
		rc = 0;
	(void)close(folder); /* only looked into */
	return rc;
}

/* Between fork and exec: nothing may allocate, lock or log. */
_Noreturn static void become(const char *command, const struct users *users,
			     int in)
{
	static char name[] = "sendmail", t[] = "-t", i[] = "-i",
		    path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
	char *argv[] = {name, t, i, NULL}, *envp[] = {path, NULL};
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	sigset_t none;

	(void)setpgid(0, 0);
	(void)sigemptyset(&none); /* cannot fail */
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_SETMASK, &none, NULL) != 0 || null < 0 ||
	    dup2(in, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 ||
	    dup2(null, STDERR_FILENO) < 0 || close_range(3, ~0u, 0) != 0)
		_exit(127);
	/* What a mail program quotes is nothing for our log; and it gets no
	 * more rights than whoever wrote the mail. */
	if (!users->separate || users_become(users, CHILD_WORKER, NULL) == 0)
		(void)execve(command, argv, envp);
	_exit(127);
}

static void again_later(struct mail *m, int64_t now_ms)
{
	m->wait_ms = m->wait_ms == 0 ? MAIL_WAIT_MS : m->wait_ms * 2;
	if (m->wait_ms > MAIL_MOST_MS)
		m->wait_ms = MAIL_MOST_MS;
	m->due_ms = now_ms + m->wait_ms;
}

static void hand_over(struct mail *m, const char *dir, const char *command,
		      const struct users *users, int64_t now_ms)
{
	int fd = open_mail(dir, m->name, users);
	pid_t pid = fd < 0 ? -1 : fork();

	if (pid == 0)
		become(command, users, fd);
	if (fd >= 0)
		(void)close(fd); /* the child has its own */
	if (pid < 0) {
		LOG(LOG_LEVEL_WARN, "mail.cannot_start",
		    LOG_NUM("native", errno));
		again_later(m, now_ms);
		return;
	}
	m->pid = pid;
	m->due_ms = now_ms + MAIL_LIMIT_MS;
}

int64_t mail_tend(struct mail *m, const char *dir, const char *command,
		  const struct users *users, int64_t now_ms)
{
	if (now_ms < m->due_ms)
		return m->due_ms;
	if (m->pid != 0) {
		LOG0(LOG_LEVEL_WARN, "mail.killed");
		(void)kill(m->pid, SIGKILL); /* ours, and not yet waited for */
		m->due_ms = now_ms + MAIL_LIMIT_MS;
		return m->due_ms;
	}
	m->due_ms = now_ms + MAIL_LOOK_MS;
	if (command[0] != '\0' && find_mail(dir, m->name, sizeof(m->name)))
		hand_over(m, dir, command, users, now_ms);
	return m->due_ms;
}

bool mail_ended(struct mail *m, const char *dir, pid_t pid, int status,
		int64_t now_ms)
{
	if (m->pid == 0 || pid != m->pid)
		return false;
	m->pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		again_later(m, now_ms);
		LOG(LOG_LEVEL_WARN, "mail.refused",
		    LOG_NUM("status",
			    WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		    LOG_NUM("wait_ms", m->wait_ms));
		return true;
	}
	if (remove_mail(dir, m->name) != 0) {
		/* It would go out again and again. */
		again_later(m, now_ms);
		LOG(LOG_LEVEL_ERROR, "mail.stays", LOG_NUM("native", errno));
		return true;
	}
	m->wait_ms = 0;
	m->due_ms = now_ms;
	LOG0(LOG_LEVEL_INFO, "mail.handed_over");
	return true;
}
