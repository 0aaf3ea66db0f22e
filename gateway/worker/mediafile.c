/* mediafile.c - attachments as sealed files: where they lie.
 *
 * Order of writes: file, its sync, its folder's sync, then the row that names
 * it.  A crash in between leaves a file without a row; media_open() removes
 * such files.  Source: compliance 7.1, assurance P6. */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/text.h"

#define FILE_LEN   32
#define PATH_BYTES 640

static bool is_file_name(const char *file)
{
	return strspn(file, "0123456789abcdef") == FILE_LEN &&
	       file[FILE_LEN] == '\0';
}

static int set_paths(const char *dir, const char *file, char *ret_folder,
		     char *ret_path, struct err *err)
{
	int len;

	if (!is_file_name(file))
		return ERR_SET(err, ERR_INPUT, "not a media file name", 0);
	(void)snprintf(ret_folder, PATH_BYTES, "%s/media/%.2s", dir, file);
	len =
	    snprintf(ret_path, PATH_BYTES, "%s/media/%.2s/%s", dir, file, file);
	if (len < 0 || len >= PATH_BYTES)
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	return 0;
}

/* A full disk passes; any other failure to write is a broken disk. */
static int failed(struct err *err, const char *where)
{
	enum err_kind kind = ERR_STORAGE;

	if (errno == ENOSPC || errno == EDQUOT || errno == EMFILE ||
	    errno == ENFILE)
		kind = ERR_BUSY;
	return err_set(err, kind, where, "media file", errno);
}

static int sync_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return failed(err, __func__);
	if (fsync(fd) != 0)
		rc = failed(err, __func__);
	(void)close(fd);
	return rc;
}

/* Makes DIR/media and DIR/media/xx; a new folder is made durable at once. */
static int make_folder(const char *dir, const char *folder, struct err *err)
{
	char media[PATH_BYTES];

	if (mkdir(folder, 0700) == 0) {
		(void)snprintf(media, sizeof(media), "%s/media", dir);
		return sync_folder(media, err);
	}
	if (errno == EEXIST)
		return 0;
	if (errno != ENOENT)
		return failed(err, __func__);
	(void)snprintf(media, sizeof(media), "%s/media", dir);
	if (mkdir(media, 0700) != 0 && errno != EEXIST)
		return failed(err, __func__);
	if (sync_folder(dir, err) != 0)
		return -1;
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return failed(err, __func__);
	return sync_folder(media, err);
}

int mediafile_create(struct worker *w, const uint8_t key[32],
		     struct sealedfile **ret, char ret_file[33],
		     struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES], file[FILE_LEN + 1];
	uint8_t name[FILE_LEN / 2];

	w->env->random(w->env, name, sizeof(name));
	hex_encode(name, sizeof(name), file);
	if (set_paths(w->settings->dir, file, folder, path, err) != 0 ||
	    make_folder(w->settings->dir, folder, err) != 0 ||
	    sealedfile_create(w->env, path, 0600, key, ret, err) != 0)
		return -1;
	memcpy(ret_file, file, sizeof(file));
	return 0;
}

int mediafile_open(const char *dir, const char *file, const uint8_t key[32],
		   int64_t clear_len, struct sealedfile **ret, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];

	if (set_paths(dir, file, folder, path, err) != 0)
		return -1;
	return sealedfile_open(path, key, clear_len, ret, err);
}

int mediafile_unlink(const char *dir, const char *file, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];

	if (set_paths(dir, file, folder, path, err) != 0)
		return -1;
	return sealedfile_unlink(path, err);
}
