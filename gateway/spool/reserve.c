/* reserve.c - a file that keeps room on the disk for erasures. */
#include "spool/reserve.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int reserve_path(const char *dir, char *ret, size_t size,
			struct err *err)
{
	int n = snprintf(ret, size, "%s/reserve", dir);

	if ((size_t)n >= size) /* below zero too */
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	return 0;
}

int reserve_keep(const char *dir, uint64_t bytes, struct err *err)
{
	struct statvfs fs;
	struct stat st;
	char path[600];
	int fd, rc;

	if (reserve_path(dir, path, sizeof(path), err) != 0)
		return -1;
	if (stat(path, &st) == 0 && (uint64_t)st.st_size >= bytes)
		return 0;
	if (statvfs(dir, &fs) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot ask for free room",
			       errno);
	if ((uint64_t)fs.f_bavail * fs.f_frsize < bytes * 2)
		return ERR_SET(err, ERR_BUSY, "too little room", 0);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "cannot make the reserve",
			       errno);
	rc = posix_fallocate(fd, 0, (off_t)bytes);
	/* Half a reserve helps nobody.  Cut, not removed: the sandbox lets the
	 * intake write this file, and make none. */
	if (rc != 0 && ftruncate(fd, 0) != 0)
		(void)unlink(path); /* outside of one */
	(void)close(fd);	    /* holds no data */
	if (rc != 0) {
		return ERR_SET(err, ERR_BUSY, "cannot fill the reserve", rc);
	}
	return 0;
}

/* Cut, as above. */
int reserve_give(const char *dir, bool *ret_given, struct err *err)
{
	char path[600];
	struct stat st;
	int fd, rc = 0;

	*ret_given = false;
	if (reserve_path(dir, path, sizeof(path), err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 || fstat(fd, &st) != 0 ||
	    (st.st_size > 0 && ftruncate(fd, 0) != 0))
		rc =
		    ERR_SET(err, ERR_STORAGE, "cannot free the reserve", errno);
	else
		*ret_given = st.st_size > 0;
	if (fd >= 0)
		(void)close(fd); /* holds no data */
	return rc;
}
