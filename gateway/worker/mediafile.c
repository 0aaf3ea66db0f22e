/* mediafile.c - attachments as sealed files.
 *
 * A file is the 24-byte header of crypto_secretstream_xchacha20poly1305 and
 * chunks of up to 65536 clear bytes; the last one, possibly empty, carries
 * TAG_FINAL.  The length of a file therefore follows from the clear length,
 * and a cut, grown or reordered file never reads to its end.
 *
 * Order of writes: file, its sync, its folder's sync, then the row that names
 * it.  A crash in between leaves a file without a row; media_open() removes
 * such files.  Source: compliance 7.1, assurance P6. */
#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/text.h"

#define CHUNK_BYTES    65536u
#define OVERHEAD_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES   crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define FILE_LEN       32
#define PATH_BYTES     640

struct mediafile {
	crypto_secretstream_xchacha20poly1305_state state;
	struct env *env; /* writing only */
	int fd;
	char folder[PATH_BYTES], path[PATH_BYTES];
	int64_t clear_len, clear_done; /* reading: expected, given */
	bool final;		       /* reading: last chunk was opened */
	size_t at, len;		       /* what clear holds: [at, len) */
	uint8_t clear[CHUNK_BYTES];
	uint8_t sealed[CHUNK_BYTES + OVERHEAD_BYTES];
};

static void wipe(struct mediafile **f)
{
	if ((*f)->fd >= 0)
		(void)close((*f)->fd); /* nothing is left to write */
	sodium_memzero(*f, sizeof(**f));
	free(*f);
	*f = NULL;
}

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

/* --- writing -------------------------------------------------------------- */

static int write_all(struct mediafile *f, const uint8_t *bytes, size_t len,
		     struct err *err)
{
	while (len > 0) {
		ssize_t n = write(f->fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(err, __func__);
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static int seal_chunk(struct mediafile *f, uint8_t tag, struct err *err)
{
	unsigned long long sealed_len = 0;

	(void)crypto_secretstream_xchacha20poly1305_push(
	    &f->state, f->sealed, &sealed_len, f->clear, f->len, NULL, 0, tag);
	f->len = 0;
	return write_all(f, f->sealed, (size_t)sealed_len, err);
}

int mediafile_create(struct worker *w, const uint8_t key[32],
		     struct mediafile **ret, char ret_file[33], struct err *err)
{
	struct mediafile *f = calloc(1, sizeof(*f));
	uint8_t header[HEADER_BYTES], name[FILE_LEN / 2];
	char file[FILE_LEN + 1];

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a file", 0);
	f->fd = -1;
	f->env = w->env;
	w->env->random(w->env, name, sizeof(name));
	hex_encode(name, sizeof(name), file);
	if (set_paths(w->settings->dir, file, f->folder, f->path, err) != 0 ||
	    make_folder(w->settings->dir, f->folder, err) != 0) {
		wipe(&f);
		return -1;
	}
	f->fd =
	    open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 0600);
	if (f->fd < 0) {
		(void)failed(err, __func__);
		wipe(&f);
		return -1;
	}
	(void)crypto_secretstream_xchacha20poly1305_init_push(&f->state, header,
							      key);
	if (write_all(f, header, sizeof(header), err) != 0) {
		mediafile_abandon(&f);
		return -1;
	}
	memcpy(ret_file, file, sizeof(file));
	*ret = f;
	return 0;
}

int mediafile_write(struct mediafile *f, const void *clear, size_t len,
		    struct err *err)
{
	const uint8_t *bytes = clear;

	while (len > 0) {
		size_t room = CHUNK_BYTES - f->len, n = len < room ? len : room;

		/* A full chunk waits: it may turn out to be the last. */
		if (room == 0) {
			if (seal_chunk(f, 0, err) != 0)
				return -1;
			continue;
		}
		memcpy(f->clear + f->len, bytes, n);
		f->len += n;
		bytes += n;
		len -= n;
	}
	return 0;
}

int mediafile_finish(struct mediafile **f, struct err *err)
{
	struct mediafile *m = *f;

	if (seal_chunk(m, crypto_secretstream_xchacha20poly1305_TAG_FINAL,
		       err) != 0) {
		mediafile_abandon(f);
		return -1;
	}
	if (m->env->datasync(m->env, m->fd) != 0) {
		(void)failed(err, __func__);
		mediafile_abandon(f);
		return -1;
	}
	if (sync_folder(m->folder, err) != 0) {
		mediafile_abandon(f);
		return -1;
	}
	wipe(f);
	return 0;
}

void mediafile_abandon(struct mediafile **f)
{
	if (f == NULL || *f == NULL)
		return;
	if ((*f)->fd >= 0)
		(void)unlink((*f)->path); /* else removed at the next start */
	wipe(f);
}

/* --- reading -------------------------------------------------------------- */

static int64_t sealed_size(int64_t clear_len)
{
	int64_t chunks = clear_len == 0 ? 1
					: (clear_len + CHUNK_BYTES - 1) /
					      (int64_t)CHUNK_BYTES;

	return HEADER_BYTES + clear_len + chunks * OVERHEAD_BYTES;
}

/* Up to len bytes; fewer only at the end of the file. */
static int read_up_to(int fd, uint8_t *ret, size_t len, size_t *ret_len,
		      struct err *err)
{
	size_t n = 0;

	while (n < len) {
		ssize_t got = read(fd, ret + n, len - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return failed(err, __func__);
		if (got == 0)
			break;
		n += (size_t)got;
	}
	*ret_len = n;
	return 0;
}

static int read_header(struct mediafile *f, const uint8_t key[32],
		       struct err *err)
{
	uint8_t header[HEADER_BYTES];
	struct stat st;
	size_t len = 0;

	if (fstat(f->fd, &st) != 0)
		return failed(err, __func__);
	if (!S_ISREG(st.st_mode) || st.st_size != sealed_size(f->clear_len))
		return ERR_SET(err, ERR_CORRUPT, "media file has wrong length",
			       0);
	if (read_up_to(f->fd, header, sizeof(header), &len, err) != 0)
		return -1;
	if (len != sizeof(header) ||
	    crypto_secretstream_xchacha20poly1305_init_pull(&f->state, header,
							    key) != 0)
		return ERR_SET(err, ERR_CORRUPT, "media file has no header", 0);
	return 0;
}

int mediafile_open(const char *dir, const char *file, const uint8_t key[32],
		   int64_t clear_len, struct mediafile **ret, struct err *err)
{
	struct mediafile *f;

	if (clear_len < 0 || clear_len > INT64_MAX / 2)
		return ERR_SET(err, ERR_INPUT, "no length", 0);
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a file", 0);
	f->fd = -1;
	f->clear_len = clear_len;
	if (set_paths(dir, file, f->folder, f->path, err) != 0) {
		wipe(&f);
		return -1;
	}
	f->fd = open(f->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0) {
		if (errno == ENOENT)
			ERR_SET(err, ERR_ABSENT, "no such media file", errno);
		else
			(void)failed(err, __func__);
		wipe(&f);
		return -1;
	}
	if (read_header(f, key, err) != 0) {
		wipe(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

static int open_chunk(struct mediafile *f, struct err *err)
{
	unsigned long long clear_len = 0;
	unsigned char tag = 0;
	size_t len = 0;

	if (read_up_to(f->fd, f->sealed, sizeof(f->sealed), &len, err) != 0)
		return -1;
	if (len < OVERHEAD_BYTES || crypto_secretstream_xchacha20poly1305_pull(
					&f->state, f->clear, &clear_len, &tag,
					f->sealed, len, NULL, 0) != 0)
		return ERR_SET(err, ERR_CORRUPT, "media file does not open", 0);
	f->at = 0;
	f->len = (size_t)clear_len;
	f->clear_done += (int64_t)clear_len;
	f->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (f->clear_done > f->clear_len ||
	    f->final != (f->clear_done == f->clear_len))
		return ERR_SET(err, ERR_CORRUPT, "media file ends wrongly", 0);
	return 0;
}

int mediafile_read(struct mediafile *f, uint8_t *ret, size_t size,
		   size_t *ret_len, struct err *err)
{
	size_t n;

	while (f->at == f->len && !f->final)
		if (open_chunk(f, err) != 0)
			return -1;
	n = f->len - f->at < size ? f->len - f->at : size;
	memcpy(ret, f->clear + f->at, n);
	f->at += n;
	*ret_len = n;
	return 0;
}

void mediafile_close(struct mediafile **f)
{
	if (f != NULL && *f != NULL)
		wipe(f);
}

int mediafile_unlink(const char *dir, const char *file, struct err *err)
{
	char folder[PATH_BYTES], path[PATH_BYTES];

	if (set_paths(dir, file, folder, path, err) != 0)
		return -1;
	if (unlink(path) == 0)
		return sync_folder(folder, err);
	return errno == ENOENT ? 0 : failed(err, __func__);
}
