/* ledgerfile.c - write beside, sync, rename, sync the folder. */
#include "ledgerfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"

#define TEMP ".new"

/* The folders of path below its first len bytes. */
static int make_folders(char *path, size_t len, struct err *err)
{
	for (char *at = strchr(path + len + 1, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		int rc;

		*at = '\0';
		rc = mkdir(path, 0755);
		*at = '/';
		if (rc != 0 && errno != EEXIST)
			return ERR_SET(err, ERR_BUSY, "cannot make a folder",
				       errno);
	}
	return 0;
}

static int write_synced(const char *path, const void *bytes, size_t len,
			struct err *err)
{
	int fd = open(
	    path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	int rc;

	if (fd < 0)
		return ERR_SET(err, ERR_BUSY, "cannot make a file", errno);
	rc = durable_write(fd, bytes, len, err);
	/* The umask may have taken bits that its reader needs. */
	if (rc == 0 && (fchmod(fd, 0644) != 0 || fsync(fd) != 0))
		rc = ERR_SET(err, ERR_BUSY, "cannot sync a file", errno);
	if (close(fd) != 0 && rc == 0)
		rc = ERR_SET(err, ERR_BUSY, "cannot close a file", errno);
	if (rc != 0)
		(void)unlink(path); /* half a file is worse than none */
	return rc;
}

int ledgerfile_put(const char *root, const char *name, const void *bytes,
		   size_t len, struct err *err)
{
	char path[DURABLE_PATH_BYTES], temp[DURABLE_PATH_BYTES];
	int rc = -1, n;

	if (durable_path(root, name, path, err) != 0)
		goto out;
	n = snprintf(temp, sizeof(temp), "%s" TEMP, path);
	if (n < 0 || (size_t)n >= sizeof(temp)) {
		ERR_SET(err, ERR_BUSY, "path is too long", 0);
		goto out;
	}
	if (make_folders(path, strlen(root), err) != 0 ||
	    write_synced(temp, bytes, len, err) != 0)
		goto out;
	if (rename(temp, path) != 0) {
		ERR_SET(err, ERR_BUSY, "cannot rename a file", errno);
		(void)unlink(temp); /* nobody looks for it */
		goto out;
	}
	*strrchr(path, '/') = '\0';
	rc = durable_sync_dir(path, err);
out:
	if (rc != 0)
		err->kind = ERR_BUSY;
	return rc;
}

void ledgerfile_remove(const char *root, const char *name)
{
	char path[DURABLE_PATH_BYTES];
	const struct dirent *e;
	DIR *d;

	if (durable_path(root, name, path, NULL) != 0 || unlink(path) == 0 ||
	    errno == ENOENT)
		return;
	d = opendir(path);
	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			/* what stays keeps the folder */
			(void)unlinkat(dirfd(d), e->d_name, 0);
	(void)closedir(d); /* only read from */
	(void)rmdir(path); /* superfluous files do no harm */
}
