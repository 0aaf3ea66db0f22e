/* secret.c - secrets from files, in guarded memory. */
#include "postern/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

int secret_set(struct secret *ret, const void *bytes, size_t len,
	       struct err *err)
{
	uint8_t *copy;

	if (len > SECRET_LEN_MAX)
		return ERR_SET(err, ERR_INPUT, "the secret is too long", 0);
	copy = sodium_malloc(len + 1);
	if (copy == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a secret", 0);
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = 0;
	ret->bytes = copy;
	ret->len = len;
	return 0;
}

void secret_wipe(struct secret *s)
{
	if (s == NULL)
		return;
	sodium_free(s->bytes); /* wipes; accepts NULL */
	s->bytes = NULL;
	s->len = 0;
}

static int check_file(int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR_SET(err, ERR_BUSY, "cannot look at the file", errno);
	if (!S_ISREG(st.st_mode))
		return ERR_SET(err, ERR_INPUT, "not a regular file", 0);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return ERR_SET(err, ERR_INPUT,
			       "others may use the file; chmod 600 it", 0);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return ERR_SET(err, ERR_INPUT, "somebody else owns the file",
			       0);
	if (st.st_size > SECRET_LEN_MAX + 2)
		return ERR_SET(err, ERR_INPUT, "the secret is too long", 0);
	return 0;
}

static int read_all(int fd, uint8_t *ret, size_t size, size_t *ret_len,
		    struct err *err)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, ret + len, size - len);

		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return ERR_SET(err, ERR_BUSY, "cannot read the file",
				       errno);
		if (n > 0)
			len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static int open_file(const char *path, int *ret_fd, struct err *err)
{
	/* O_NONBLOCK: a pipe somebody put there must not hang the start. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return ERR_SET(err, ERR_ABSENT, "no such file", errno);
	if (fd < 0)
		return ERR_SET(err, ERR_INPUT, "cannot open the file", errno);
	*ret_fd = fd;
	return 0;
}

int secret_read(const char *path, size_t len_min, struct secret *ret,
		struct err *err)
{
	uint8_t bytes[SECRET_LEN_MAX + 3];
	size_t len = 0;
	int fd = -1;
	int rc = -1;

	if (open_file(path, &fd, err) != 0)
		return -1;
	if (check_file(fd, err) != 0)
		goto out;
	if (read_all(fd, bytes, sizeof(bytes), &len, err) != 0)
		goto out;
	while (len > 0 && (bytes[len - 1] == '\n' || bytes[len - 1] == '\r'))
		len--;
	if (len == 0)
		(void)ERR_SET(err, ERR_INPUT, "the secret is empty", 0);
	else if (len < len_min)
		(void)ERR_SET(err, ERR_INPUT, "the secret is too short", 0);
	else if (memchr(bytes, 0, len) != NULL)
		(void)ERR_SET(err, ERR_INPUT, "the secret has a NUL byte", 0);
	else
		rc = secret_set(ret, bytes, len, err);
out:
	sodium_memzero(bytes, sizeof(bytes));
	(void)close(fd); /* only read from */
	return rc;
}
