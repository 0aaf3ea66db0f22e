/* takeover.c - hands of an attacker inside a process; make TAKEOVER=1 only.
 *
 * A line of the list is a verb and its argument; the answer is a line of the
 * verb, the argument and "done" or the error's name.  What the answers have
 * to be, tests/e2e/20-takeover.py knows. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervise/takeover.h"

static int list_fd = -1, out_fd = -1;

void takeover_open(const char *dir, const char *role)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/takeover-%s", dir, role);
	list_fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "%s/takeover-%s.out", dir, role);
	out_fd = open(path, O_WRONLY | O_CLOEXEC);
	/* No call for it is left later. */
	if (out_fd >= 0)
		(void)dprintf(out_fd, "dumpable - %d\n",
			      prctl(PR_GET_DUMPABLE, 0, 0, 0, 0));
}

/* All of them: 0, or -1 with errno. */
static int try_read(const char *path)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = fd < 0 || pread(fd, &byte, 1, 0) < 0 ? -1 : 0;

	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* An address no process has mapped reads as EIO, not as a refusal. */
static int try_mem(const char *pid)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%s/mem", pid);
	return try_read(path);
}

static int try_write(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_make(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		(void)close(fd);
	return fd < 0 ? -1 : 0;
}

static int try_unix(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	return fd < 0 ? -1 : connect(fd, (struct sockaddr *)&to, sizeof(to));
}

static struct sockaddr_in loopback(const char *port)
{
	return (struct sockaddr_in){
	    .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)strtoul(port, NULL, 10))};
}

static int try_tcp(const char *port)
{
	const struct sockaddr_in to = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? -1
		      : connect(fd, (const struct sockaddr *)&to, sizeof(to));
}

/* With a socket of another's making: descriptor 3 and up were given. */
static int try_connect(const char *port)
{
	const struct sockaddr_in to = loopback(port);

	return connect(STDERR_FILENO, (const struct sockaddr *)&to, sizeof(to));
}

static int try_listen(const char *port)
{
	const struct sockaddr_in at = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&at, sizeof(at)) != 0)
		return -1;
	return listen(fd, 1);
}

static int try_exec(const char *path)
{
	char *argv[] = {NULL, NULL};
	char *envp[] = {NULL};
	char name[256];

	(void)snprintf(name, sizeof(name), "%s", path);
	argv[0] = name;
	return execve(path, argv, envp); /* comes back only with an error */
}

static int try_fork(const char *unused)
{
	pid_t pid = fork();

	(void)unused;
	if (pid == 0)
		_exit(0);
	return pid < 0 ? -1 : (int)(waitpid(pid, NULL, 0) < 0);
}

static int try_ptrace(const char *pid)
{
	return ptrace(PTRACE_SEIZE, (pid_t)strtol(pid, NULL, 10), NULL, NULL) <
		       0
		   ? -1
		   : 0;
}

/* Needs the resolver's files, sockets and threads. */
static int try_resolve(const char *name)
{
	const struct addrinfo hints = {.ai_flags = AI_ADDRCONFIG,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	int rc = getaddrinfo(name, "443", &hints, &ai);

	if (ai != NULL)
		freeaddrinfo(ai);
	errno = EHOSTUNREACH;
	return rc == 0 ? 0 : -1;
}

static int try_signal(const char *pid)
{
	return kill((pid_t)strtol(pid, NULL, 10), 0);
}

static const struct {
	const char *verb;
	int (*act)(const char *argument);
} verbs[] = {
    {"read", try_read},	      {"write", try_write},	{"make", try_make},
    {"unlink", unlink},	      {"unix", try_unix},	{"tcp", try_tcp},
    {"connect", try_connect}, {"listen", try_listen},	{"exec", try_exec},
    {"fork", try_fork},	      {"ptrace", try_ptrace},	{"mem", try_mem},
    {"signal", try_signal},   {"resolve", try_resolve},
};

static void act(FILE *out, const char *verb, const char *argument)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const char *how = "done";

		if (strcmp(verbs[i].verb, verb) != 0)
			continue;
		errno = 0;
		if (verbs[i].act(argument) != 0)
			how = strerrorname_np(errno);
		(void)fprintf(out, "%s %s %s\n", verb, argument, how);
		return;
	}
	(void)fprintf(out, "%s %s unknown\n", verb, argument);
}

void takeover_act(void)
{
	char verb[16], argument[512];
	FILE *list = list_fd < 0 ? NULL : fdopen(list_fd, "r");
	FILE *out = out_fd < 0 ? NULL : fdopen(out_fd, "w");

	if (list != NULL && out != NULL) {
		while (fscanf(list, "%15s %511s", verb, argument) == 2)
			act(out, verb, argument);
		(void)fprintf(out, "end\n");
	}
	if (list != NULL)
		(void)fclose(list);
	if (out != NULL)
		(void)fclose(out);
}
