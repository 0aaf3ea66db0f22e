/* spawn.c - fork and exec of one child with exactly what it needs. */
#include "supervise/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <unistd.h>

#define FD_FIRST  3
#define FD_PARK	  100 /* above every number a child gets */
#define EXEC_FAIL 127

static bool take_standard(void)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Standard error stays: it is the log. */
	return null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
	       dup2(null, STDOUT_FILENO) >= 0;
}

/* Moves what is given to 3, 4, ... and closes all the rest. */
static bool take_descriptors(const struct child_fds *given)
{
	int parked[CHILD_FDS];
	size_t count = 0;

	for (size_t i = 0; i < CHILD_FDS; i++) {
		if (given->fds[i] < 0)
			continue;
		parked[count] = fcntl(given->fds[i], F_DUPFD_CLOEXEC, FD_PARK);
		if (parked[count] < 0)
			return false;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		if (dup2(parked[i], FD_FIRST + (int)i) < 0)
			return false;
	return close_range(FD_FIRST + (unsigned int)count, ~0u, 0) == 0;
}

static bool take_signals(void)
{
	static const int ours[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGPIPE};
	sigset_t none;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (signal(ours[i], SIG_DFL) == SIG_ERR)
			return false;
	(void)sigemptyset(&none); /* cannot fail */
	return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

_Noreturn static void become(char **argv, char **envp,
			     const struct child_fds *given)
{
	/* A group of its own: Ctrl-C reaches the supervisor only, which
	 * stops the children in order. */
	(void)setpgid(0, 0);
	if (take_standard() && take_descriptors(given) && take_signals())
		(void)execve("/proc/self/exe", argv, envp);
	_exit(EXEC_FAIL);
}

int spawn_child(enum child_role role, const char *dir,
		const struct child_fds *given, pid_t *ret_pid, struct err *err)
{
	char name[16], fds[CHILD_FDS_TEXT_BYTES], path[1024], credentials[1100];
	char program[] = "postern", flag[] = "-d";
	char *argv[] = {program, name, flag, path, fds, NULL};
	char *envp[] = {NULL, NULL};
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	pid_t pid;

	(void)snprintf(name, sizeof(name), "@%s", child_role_name(role));
	(void)snprintf(path, sizeof(path), "%s", dir);
	(void)child_fds_print(given, fds);
	/* Where systemd put the secrets: the one variable that settings read.
	 */
	if (folder != NULL && strlen(folder) < sizeof(path)) {
		(void)snprintf(credentials, sizeof(credentials),
			       "CREDENTIALS_DIRECTORY=%s", folder);
		envp[0] = credentials;
	}
	pid = fork();
	if (pid < 0)
		return ERR_SET(err, ERR_BUSY, "cannot fork", errno);
	if (pid == 0)
		become(argv, envp, given);
	*ret_pid = pid;
	return 0;
}
