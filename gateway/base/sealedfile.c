/* sealedfile.c - see sealedfile.h. */
#include "postern/sealedfile.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES    65536u
#define OVERHEAD_BYTES crypto_secretstream_xchacha20poly1305_ABYTES
#define HEADER_BYTES   crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define PATH_BYTES     640

struct sealedfile {
	crypto_secretstream_xchacha20poly1305_state state;
	struct env *env; /* writing only */
	int fd;
	char path[PATH_BYTES];
	int64_t clear_len, clear_done; /* reading: expected, given */
	bool final;		       /* reading: last chunk was opened */
	size_t at, len;		       /* what clear holds: [at, len) */
	uint8_t clear[CHUNK_BYTES];
	uint8_t sealed[CHUNK_BYTES + OVERHEAD_BYTES];
};

static void wipe(struct sealedfile **f)
{
	if ((*f)->fd >= 0)
		(void)close((*f)->fd); /* nothing is left to write */
	sodium_memzero(*f, sizeof(**f));
	free(*f);
	*f = NULL;
}

/* A full disk passes; any other failure to write is a broken disk. */
static int failed(struct err *err, const char *where)
{
	enum err_kind kind = ERR_STORAGE;

	if (errno == ENOSPC || errno == EDQUOT || errno == EMFILE ||
	    errno == ENFILE)
		kind = ERR_BUSY;
	return err_set(err, kind, where, "sealed file", errno);
}

/* Of the file at path. */
static int sync_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_BYTES] = ".";
	int fd, rc = 0;

	if (slash != NULL)
		(void)snprintf(folder, sizeof(folder), "%.*s",
			       (int)(slash - path), path);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return failed(err, __func__);
	if (fsync(fd) != 0)
		rc = failed(err, __func__);
	(void)close(fd); /* nothing was written */
	return rc;
}

static int set_path(struct sealedfile *f, const char *path, struct err *err)
{
	int len = snprintf(f->path, sizeof(f->path), "%s", path);

	if (len < 0 || (size_t)len >= sizeof(f->path))
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	return 0;
}

/* --- writing -------------------------------------------------------------- */

static int write_all(struct sealedfile *f, const uint8_t *bytes, size_t len,
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

static int seal_chunk(struct sealedfile *f, uint8_t tag, struct err *err)
{
	unsigned long long sealed_len = 0;

	(void)crypto_secretstream_xchacha20poly1305_push(
	    &f->state, f->sealed, &sealed_len, f->clear, f->len, NULL, 0, tag);
	f->len = 0;
	return write_all(f, f->sealed, (size_t)sealed_len, err);
}

int sealedfile_create(struct env *env, const char *path, mode_t mode,
		      const uint8_t key[32], struct sealedfile **ret,
		      struct err *err)
{
	struct sealedfile *f = calloc(1, sizeof(*f));
	uint8_t header[HEADER_BYTES];

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a file", 0);
	f->fd = -1;
	f->env = env;
	if (set_path(f, path, err) != 0) {
		wipe(&f);
		return -1;
	}
	f->fd =
	    open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 mode);
	if (f->fd < 0) {
		if (errno == ENOENT)
			ERR_SET(err, ERR_ABSENT, "no such folder", errno);
		else
			(void)failed(err, __func__);
		wipe(&f);
		return -1;
	}
	(void)crypto_secretstream_xchacha20poly1305_init_push(&f->state, header,
							      key);
	/* The umask may have taken bits that its reader needs. */
	if (fchmod(f->fd, mode) != 0) {
		(void)failed(err, __func__);
		sealedfile_abandon(&f);
		return -1;
	}
	if (write_all(f, header, sizeof(header), err) != 0) {
		sealedfile_abandon(&f);
		return -1;
	}
	*ret = f;
	return 0;
}

int sealedfile_write(struct sealedfile *f, const void *clear, size_t len,
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

int sealedfile_finish(struct sealedfile **f, struct err *err)
{
	struct sealedfile *m = *f;

	if (seal_chunk(m, crypto_secretstream_xchacha20poly1305_TAG_FINAL,
		       err) != 0) {
		sealedfile_abandon(f);
		return -1;
	}
	if (m->env->datasync(m->env, m->fd) != 0) {
		(void)failed(err, __func__);
		sealedfile_abandon(f);
		return -1;
	}
	if (sync_folder(m->path, err) != 0) {
		sealedfile_abandon(f);
		return -1;
	}
	wipe(f);
	return 0;
}

void sealedfile_abandon(struct sealedfile **f)
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

static int read_header(struct sealedfile *f, const uint8_t key[32],
		       struct err *err)
{
	uint8_t header[HEADER_BYTES];
	struct stat st;
	size_t len = 0;

	if (fstat(f->fd, &st) != 0)
		return failed(err, __func__);
	if (!S_ISREG(st.st_mode) || st.st_size != sealed_size(f->clear_len))
		return ERR_SET(err, ERR_CORRUPT, "sealed file has wrong length",
			       0);
	if (read_up_to(f->fd, header, sizeof(header), &len, err) != 0)
		return -1;
	if (len != sizeof(header) ||
	    crypto_secretstream_xchacha20poly1305_init_pull(&f->state, header,
							    key) != 0)
		return ERR_SET(err, ERR_CORRUPT, "sealed file has no header",
			       0);
	return 0;
}

int sealedfile_open(const char *path, const uint8_t key[32], int64_t clear_len,
		    struct sealedfile **ret, struct err *err)
{
	struct sealedfile *f;

	if (clear_len < 0 || clear_len > INT64_MAX / 2)
		return ERR_SET(err, ERR_INPUT, "no length", 0);
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a file", 0);
	f->fd = -1;
	f->clear_len = clear_len;
	if (set_path(f, path, err) != 0) {
		wipe(&f);
		return -1;
	}
	f->fd = open(f->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (f->fd < 0) {
		if (errno == ENOENT)
			ERR_SET(err, ERR_ABSENT, "no such file", errno);
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

static int open_chunk(struct sealedfile *f, struct err *err)
{
	unsigned long long clear_len = 0;
	unsigned char tag = 0;
	size_t len = 0;

	if (read_up_to(f->fd, f->sealed, sizeof(f->sealed), &len, err) != 0)
		return -1;
	if (len < OVERHEAD_BYTES || crypto_secretstream_xchacha20poly1305_pull(
					&f->state, f->clear, &clear_len, &tag,
					f->sealed, len, NULL, 0) != 0)
		return ERR_SET(err, ERR_CORRUPT, "sealed file does not open",
			       0);
	f->at = 0;
	f->len = (size_t)clear_len;
	f->clear_done += (int64_t)clear_len;
	f->final = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
	if (f->clear_done > f->clear_len ||
	    f->final != (f->clear_done == f->clear_len))
		return ERR_SET(err, ERR_CORRUPT, "sealed file ends wrongly", 0);
	return 0;
}

int sealedfile_read(struct sealedfile *f, uint8_t *ret, size_t size,
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

void sealedfile_close(struct sealedfile **f)
{
	if (f != NULL && *f != NULL)
		wipe(f);
}

int sealedfile_unlink(const char *path, struct err *err)
{
	if (unlink(path) == 0)
		return sync_folder(path, err);
	return errno == ENOENT ? 0 : failed(err, __func__);
}
