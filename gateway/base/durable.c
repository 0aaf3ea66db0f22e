/* durable.c - write, sync, rename, sync the directory. */
#include "postern/durable.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/env.h"

int durable_path(const char *dir, const char *name,
		 char ret[DURABLE_PATH_BYTES], struct err *err)
{
	int n = snprintf(ret, DURABLE_PATH_BYTES, "%s/%s", dir, name);

	if (n < 0 || n >= DURABLE_PATH_BYTES)
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	return 0;
}

int durable_sync_dir(const char *dir, struct err *err)
{
	int rc = 0;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		rc =
		    ERR_SET(err, ERR_STORAGE, "cannot sync a directory", errno);
	if (fd >= 0)
		(void)close(fd); /* read-only descriptor */
	return rc;
}

int durable_sync_around(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash != NULL ? (size_t)(slash - path) : 0;
	char folder[DURABLE_PATH_BYTES];

	if (slash == NULL)
		return durable_sync_dir(".", err);
	if (len >= sizeof(folder))
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	memcpy(folder, path, len);
	folder[len] = '\0';
	return durable_sync_dir(len == 0 ? "/" : folder, err);
}

int durable_write(int fd, const void *bytes, size_t len, struct err *err)
{
	const unsigned char *at = bytes;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == ENOSPC || errno == EDQUOT))
			return ERR_SET(err, ERR_BUSY, "the disk is full",
				       errno);
		if (n <= 0)
			return ERR_SET(err, ERR_STORAGE, "cannot write a file",
				       errno);
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

int durable_create(const char *dir, const char *name, mode_t mode,
		   const void *bytes, size_t len, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd = -1;
	int rc = -1;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  mode);
	if (fd < 0)
		return errno == EEXIST
			   ? ERR_SET(err, ERR_INPUT, "the file exists", errno)
			   : ERR_SET(err, ERR_STORAGE, "cannot make a file",
				     errno);
	if (durable_write(fd, bytes, len, err) != 0)
		goto out;
	/* the umask may have taken bits the reader needs */
	if (fchmod(fd, mode) != 0 || fsync(fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync a file", errno);
		goto out;
	}
	if (durable_sync_dir(dir, err) != 0)
		goto out;
	rc = 0;
out:
	if (close(fd) != 0 && rc == 0)
		rc = ERR_SET(err, ERR_STORAGE, "cannot close a file", errno);
	if (rc != 0)
		(void)unlink(path); /* half a file is worse than none */
	return rc;
}

#define NEW ".new"

int durable_put(const char *dir, const char *name, mode_t mode,
		const void *bytes, size_t len, bool replace, struct err *err)
{
	char path[DURABLE_PATH_BYTES], new_path[DURABLE_PATH_BYTES];
	const char *new_name = new_path + strlen(dir) + 1;
	int rc = 0;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	if (strlen(path) + sizeof(NEW) > sizeof(new_path))
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	(void)snprintf(new_path, sizeof(new_path), "%s" NEW, path);
	/* left by a process that was killed */
	if (unlink(new_path) != 0 && errno != ENOENT)
		return ERR_SET(err, ERR_STORAGE, "cannot remove a file", errno);
	if (durable_create(dir, new_name, mode, bytes, len, err) != 0)
		return -1;
	if (replace)
		rc = rename(new_path, path);
	else
		rc = link(new_path, path);
	if (rc != 0)
		rc = ERR_SET(err, errno == EEXIST ? ERR_INPUT : ERR_STORAGE,
			     "cannot give a file its name", errno);
	/* after a rename it has no such name */
	(void)unlink(new_path);
	return rc == 0 ? durable_sync_dir(dir, err) : -1;
}

int durable_overwrite(const char *dir, const char *name, mode_t mode,
		      const void *bytes, size_t len, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd, rc = -1;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return durable_create(dir, name, mode, bytes, len, err);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open a file", errno);
	if (durable_write(fd, bytes, len, err) != 0)
		goto out;
	if (ftruncate(fd, (off_t)len) != 0 || fsync(fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync a file", errno);
		goto out;
	}
	rc = 0;
out:
	(void)close(fd); /* synced, or failed already */
	return rc;
}

/* Zeros over an open file.  Best effort: the name is gone in any case. */
static void overwrite(int fd)
{
	static const unsigned char zeros[512];
	struct stat st;

	if (fstat(fd, &st) != 0 || st.st_size > 64 * 1024)
		return;
	for (off_t at = 0; at < st.st_size; at += (off_t)sizeof(zeros)) {
		size_t len = sizeof(zeros);

		if (st.st_size - at < (off_t)sizeof(zeros))
			len = (size_t)(st.st_size - at);
		if (pwrite(fd, zeros, len, at) != (ssize_t)len)
			return;
	}
	(void)fdatasync(fd); /* best effort, see above */
}

int durable_shred(const char *dir, const char *name, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int fd;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0) {
		overwrite(fd);
		(void)close(fd); /* nothing of value was written */
	}
	if (unlink(path) != 0 && errno != ENOENT)
		return ERR_SET(err, ERR_STORAGE, "cannot remove a file", errno);
	return durable_sync_dir(dir, err);
}

int durable_move(const char *dir, const char *from, const char *to,
		 struct err *err)
{
	char from_path[DURABLE_PATH_BYTES], to_path[DURABLE_PATH_BYTES];
	int old = -1;
	int rc = -1;

	if (durable_path(dir, from, from_path, err) != 0 ||
	    durable_path(dir, to, to_path, err) != 0)
		return -1;
	old = open(to_path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (rename(from_path, to_path) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot rename a file", errno);
		goto out;
	}
	if (durable_sync_dir(dir, err) != 0)
		goto out;
	/* only now: before the rename is on disk the old one is needed */
	if (old >= 0)
		overwrite(old);
	rc = 0;
out:
	if (old >= 0)
		(void)close(old); /* of a file without a name */
	return rc;
}

/* A write that was cut off leaves half a line; the next one begins anew. */
static int end_torn_line(int fd, struct err *err)
{
	struct stat st;
	char last;

	if (fstat(fd, &st) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot see a log", errno);
	if (st.st_size == 0)
		return 0;
	if (pread(fd, &last, 1, st.st_size - 1) != 1)
		return ERR_SET(err, ERR_STORAGE, "cannot read a log", errno);
	return last == '\n' ? 0 : durable_write(fd, "\n", 1, err);
}

int durable_append(struct env *env, const char *dir, const char *name,
		   const void *lines, size_t len, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	int rc = -1;
	int fd;

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot open a log", errno);
	if (end_torn_line(fd, err) != 0 ||
	    durable_write(fd, lines, len, err) != 0)
		goto out;
	if (env->datasync(env, fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync a log", errno);
		goto out;
	}
	rc = durable_sync_dir(dir, err);
out:
	(void)close(fd); /* synced above, or failed already */
	return rc;
}
