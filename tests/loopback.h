/* loopback.h - a small hostile or friendly HTTP server for tests: one thread
 * per connection, on 127.0.0.1 and a port of the kernel's choice. */
#ifndef POSTERN_TESTS_LOOPBACK_H
#define POSTERN_TESTS_LOOPBACK_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define LOOPBACK_REQUEST_MAX (256 * 1024)
#define LOOPBACK_THREADS_MAX 512

struct loopback;
/* Serves one connection; closes nothing. */
typedef void (*loopback_serve)(struct loopback *s, int fd);

struct loopback {
	int fd;
	uint16_t port;
	char address[32]; /* "127.0.0.1:12345" */
	loopback_serve serve;
	void *ctx;
	_Atomic bool stop;
	_Atomic int connections, requests;
	pthread_t thread;
	pthread_t threads[LOOPBACK_THREADS_MAX];
	size_t threads_len;
};

struct loopback_connection {
	struct loopback *server;
	int fd;
};

static inline void *loopback_one(void *ctx)
{
	struct loopback_connection c = *(struct loopback_connection *)ctx;

	free(ctx);
	c.server->serve(c.server, c.fd);
	(void)close(c.fd);
	return NULL;
}

static inline void *loopback_run(void *ctx)
{
	struct loopback *s = ctx;
	struct timeval wait = {.tv_usec = 200000};

	while (!s->stop) {
		struct pollfd p = {.fd = s->fd, .events = POLLIN};
		struct loopback_connection *c;
		int fd;

		if (poll(&p, 1, 20) != 1)
			continue;
		fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			continue;
		s->connections++;
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait,
				 sizeof(wait));
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait,
				 sizeof(wait));
		c = malloc(sizeof(*c));
		if (c == NULL || s->threads_len == LOOPBACK_THREADS_MAX)
			abort();
		c->server = s;
		c->fd = fd;
		if (pthread_create(&s->threads[s->threads_len], NULL,
				   loopback_one, c) != 0)
			abort();
		s->threads_len++;
	}
	return NULL;
}

static inline void loopback_open(struct loopback *s, loopback_serve serve,
				 void *ctx)
{
	struct sockaddr_in in = {.sin_family = AF_INET};
	socklen_t len = sizeof(in);

	memset(s, 0, sizeof(*s));
	s->serve = serve;
	s->ctx = ctx;
	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&in, sizeof(in)) != 0 ||
	    listen(s->fd, 128) != 0 ||
	    getsockname(s->fd, (struct sockaddr *)&in, &len) != 0)
		abort();
	s->port = ntohs(in.sin_port);
	(void)snprintf(s->address, sizeof(s->address), "127.0.0.1:%u",
		       (unsigned int)s->port);
	if (pthread_create(&s->thread, NULL, loopback_run, s) != 0)
		abort();
}

static inline void loopback_close(struct loopback *s)
{
	s->stop = true;
	(void)pthread_join(s->thread, NULL);
	for (size_t i = 0; i < s->threads_len; i++)
		(void)pthread_join(s->threads[i], NULL);
	(void)close(s->fd);
}

/* Waits until the server stops or ms passed. */
static inline void loopback_stall(struct loopback *s, int ms)
{
	for (; ms > 0 && !s->stop; ms -= 10)
		(void)usleep(10000);
}

static inline bool loopback_say(int fd, const void *bytes, size_t len)
{
	const char *at = bytes;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static inline bool loopback_text(int fd, const char *text)
{
	return loopback_say(fd, text, strlen(text));
}

/* One request with Content-Length into ret (NUL-terminated); false at the
 * end of the connection or of the server.  ret_body points into ret. */
static inline bool loopback_read(struct loopback *s, int fd, char *ret,
				 size_t size, char **ret_body)
{
	size_t len = 0, want = 0;
	char *end = NULL, *at;

	while (!s->stop && len + 1 < size) {
		ssize_t n;

		if (end != NULL && len >= want)
			break;
		n = recv(fd, ret + len, size - 1 - len, 0);
		if (n == 0)
			return false;
		if (n < 0)
			continue; /* time-out: look at stop again */
		len += (size_t)n;
		ret[len] = '\0';
		if (end != NULL)
			continue;
		end = strstr(ret, "\r\n\r\n");
		if (end == NULL)
			continue;
		at = strcasestr(ret, "\r\ncontent-length:");
		want = (size_t)(end - ret) + 4;
		if (at != NULL && at < end)
			want += strtoul(at + 17, NULL, 10);
	}
	if (end == NULL || s->stop)
		return false;
	*ret_body = end + 4;
	s->requests++;
	return true;
}

#endif
