/* listen.c - the sockets that outlive the processes behind them. */
#include "postern/listen.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 1024

/* "host:port" to both halves; the host may stand in brackets. */
static bool split(const char *address, char host[256], char port[8])
{
	const char *colon = strrchr(address, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - address);

	if (len == 0 || colon[1] < '0' || colon[1] > '9' ||
	    strlen(colon + 1) > 5 || strtol(colon + 1, NULL, 10) > 65535)
		return false;
	if (address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	if (len == 0 || len > 255)
		return false;
	memcpy(host, address, len);
	host[len] = 0;
	(void)snprintf(port, 8, "%s", colon + 1);
	return true;
}

static int bind_and_listen(int fd, const struct addrinfo *ai, struct err *err)
{
	int on = 1;

	/* A restart must not wait for connections of the last run. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    bind(fd, ai->ai_addr, ai->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0)
		return ERR_SET(err, errno == EADDRINUSE ? ERR_BUSY : ERR_INPUT,
			       "cannot listen", errno);
	return 0;
}

int listen_tcp(const char *address, int *ret_fd, struct err *err)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICSERV | AI_PASSIVE,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	char host[256], port[8];
	int fd;

	if (!split(address, host, port) ||
	    getaddrinfo(host, port, &hints, &ai) != 0 || ai == NULL)
		return ERR_SET(err, ERR_INPUT, "no such address", 0);
	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    0);
	if (fd < 0)
		(void)ERR_SET(err, ERR_INPUT, "no socket", errno);
	if (fd >= 0 && bind_and_listen(fd, ai, err) != 0) {
		(void)close(fd); /* never used */
		fd = -1;
	}
	freeaddrinfo(ai);
	if (fd < 0)
		return -1;
	*ret_fd = fd;
	return 0;
}

int listen_unix(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	char here[64];
	const char *name = path;
	const char *slash = strrchr(path, '/');
	int fd, dir = -1, rc = -1;

	/* The address holds 107 bytes; a longer folder is named through
	 * /proc. */
	if (strlen(path) >= sizeof(to.sun_path) && slash != NULL) {
		char folder[1024];

		(void)snprintf(folder, sizeof(folder), "%.*s",
			       (int)(slash - path), path);
		dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)snprintf(here, sizeof(here), "/proc/self/fd/%d%s", dir,
			       slash);
		name = here;
	}
	(void)snprintf(to.sun_path, sizeof(to.sun_path), "%s", name);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0 && (unlink(to.sun_path) == 0 || errno == ENOENT) &&
	    bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0 &&
	    chmod(to.sun_path, 0600) == 0 && listen(fd, BACKLOG) == 0) {
		*ret_fd = fd;
		rc = 0;
	} else {
		(void)ERR_SET(err, ERR_BUSY, "cannot listen", errno);
		if (fd >= 0)
			(void)close(fd); /* never used */
	}
	if (dir >= 0)
		(void)close(dir); /* only a handle */
	return rc;
}
