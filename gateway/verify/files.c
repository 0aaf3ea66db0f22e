/* files.c - small files, read as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "verify.h"

static int read_open(int fd, size_t max, struct buf *ret, struct err *err)
{
	uint8_t part[8192];
	size_t len = 0;

	for (;;) {
		ssize_t n = read(fd, part, sizeof(part));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SET(err, ERR_BUSY, "cannot be read", errno);
		if (n == 0)
			return 0;
		len += (size_t)n;
		if (len > max)
			return ERR_SET(err, ERR_INPUT,
				       "is longer than its kind can be", 0);
		if (buf_append(ret, part, (size_t)n, err) != 0)
			return -1;
	}
}

int verify_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
	int fd, rc;

	if (strcmp(path, "-") == 0)
		return read_open(STDIN_FILENO, max, ret, err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return errno == ENOENT
			   ? ERR_SET(err, ERR_ABSENT, "no such file", errno)
			   : ERR_SET(err, ERR_BUSY, "cannot be opened", errno);
	rc = read_open(fd, max, ret, err);
	(void)close(fd); /* read only */
	return rc;
}

bool verify_beside(const char *path, const char *name, char *ret, size_t size)
{
	const char *slash = strrchr(path, '/');
	int len = slash != NULL ? (int)(slash - path) + 1 : 0;
	int n = snprintf(ret, size, "%.*s%s", len, path, name);

	return n > 0 && (size_t)n < size;
}

bool verify_exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISDIR(st.st_mode);
}
