/* container.c - secretstream over a file, chunk by chunk (assurance 4.6: a
 * cut stream opens without error, only the final tag tells). */
#include "keeper/container.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/buf.h"

#define MAGIC_1	     "PSTRNKB1" /* read, no longer written */
#define MAGIC	     "PSTRNKB2"
#define SALT_BYTES   crypto_pwhash_SALTBYTES
#define HEADER_1     (8 + 8 + 8 + SALT_BYTES)
#define HEADER_BYTES (HEADER_1 + 8 + 8)
#define STREAM_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define TAG_BYTES    crypto_secretstream_xchacha20poly1305_ABYTES
#define FINAL	     crypto_secretstream_xchacha20poly1305_TAG_FINAL
#define CHUNK_BYTES  65536
#define OPS_MAX	     16
#define MEMORY_MAX   (1024ull * 1024 * 1024)

struct container {
	int fd;
	char path[DURABLE_PATH_BYTES];
	uint8_t header[HEADER_BYTES]; /* AAD of the first chunk */
	size_t header_len;
	bool first, final;
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t clear[CHUNK_BYTES];
	size_t at, len; /* of clear */
	uint8_t sealed[CHUNK_BYTES + TAG_BYTES];
};

static void number_out(uint64_t v, size_t len, uint8_t *ret)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static int derive(const uint8_t header[HEADER_BYTES], const void *phrase,
		  size_t phrase_len, uint8_t ret[32], struct err *err)
{
	struct cut c = CUT(header + 8, HEADER_1 - 8);
	uint64_t ops = cut_u64(&c), memory = cut_u64(&c);

	if (ops == 0 || ops > OPS_MAX || memory < crypto_pwhash_MEMLIMIT_MIN ||
	    memory > MEMORY_MAX)
		return ERR_SET(err, ERR_INPUT, "not a backup of keys", 0);
	if (crypto_pwhash(ret, 32, phrase, phrase_len,
			  header + HEADER_1 - SALT_BYTES, ops, (size_t)memory,
			  crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_SET(err, ERR_NOMEM,
			       "no memory to check the passphrase", 0);
	return 0;
}

static int new_container(const char *file, int flags, struct container **ret,
			 struct err *err)
{
	struct container *c = calloc(1, sizeof(*c));
	int n;

	if (c == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	n = snprintf(c->path, sizeof(c->path), "%s", file);
	if (n < 0 || (size_t)n >= sizeof(c->path)) {
		free(c);
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	}
	c->first = true;
	c->fd = open(file, flags | O_CLOEXEC, 0600);
	if (c->fd < 0) {
		free(c);
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_INPUT,
			       "cannot open the backup file", errno);
	}
	*ret = c;
	return 0;
}

void container_close(struct container **c)
{
	if (*c == NULL)
		return;
	if ((*c)->fd >= 0)
		(void)close((*c)->fd); /* synced by container_finish */
	sodium_memzero(*c, sizeof(**c));
	free(*c);
	*c = NULL;
}

void container_abandon(struct container **c)
{
	if (*c != NULL)
		(void)unlink((*c)->path); /* half a backup is none */
	container_close(c);
}

/* --- writing ---------------------------------------------------------------
 */

int container_create(const char *file, const void *phrase, size_t phrase_len,
		     const struct container_life *life, struct container **ret,
		     struct err *err)
{
	uint8_t key[32], start[STREAM_BYTES];
	struct container *c = NULL;
	int rc = -1;

	if (new_container(file, O_WRONLY | O_CREAT | O_EXCL, &c, err) != 0)
		return -1;
	memcpy(c->header, MAGIC, 8);
	number_out(crypto_pwhash_OPSLIMIT_MODERATE, 8, c->header + 8);
	number_out(crypto_pwhash_MEMLIMIT_MODERATE, 8, c->header + 16);
	randombytes_buf(c->header + 24, SALT_BYTES);
	number_out((uint64_t)life->made_ms, 8, c->header + HEADER_1);
	number_out((uint64_t)life->expires_ms, 8, c->header + HEADER_1 + 8);
	c->header_len = HEADER_BYTES;
	if (derive(c->header, phrase, phrase_len, key, err) != 0)
		goto out;
	(void)crypto_secretstream_xchacha20poly1305_init_push(&c->stream, start,
							      key);
	if (durable_write(c->fd, c->header, HEADER_BYTES, err) != 0 ||
	    durable_write(c->fd, start, sizeof(start), err) != 0)
		goto out;
	*ret = c;
	c = NULL;
	rc = 0;
out:
	sodium_memzero(key, sizeof(key));
	container_abandon(&c);
	return rc;
}

static int push(struct container *c, uint8_t tag, struct err *err)
{
	(void)crypto_secretstream_xchacha20poly1305_push(
	    &c->stream, c->sealed, NULL, c->clear, c->len,
	    c->first ? c->header : NULL, c->first ? c->header_len : 0, tag);
	c->first = false;
	if (durable_write(c->fd, c->sealed, c->len + TAG_BYTES, err) != 0)
		return -1;
	c->len = 0;
	return 0;
}

static int add(struct container *c, const uint8_t *bytes, size_t len,
	       struct err *err)
{
	while (len > 0) {
		size_t n = CHUNK_BYTES - c->len;

		/* a full chunk waits: it may have to carry the final tag */
		if (n == 0) {
			if (push(c, 0, err) != 0)
				return -1;
			continue;
		}
		if (n > len)
			n = len;
		memcpy(c->clear + c->len, bytes, n);
		c->len += n;
		bytes += n;
		len -= n;
	}
	return 0;
}

static int add_len(struct container *c, size_t len, struct err *err)
{
	uint8_t bytes[4];

	if (len > UINT32_MAX)
		return ERR_SET(err, ERR_INPUT, "too large for a backup", 0);
	number_out(len, 4, bytes);
	return add(c, bytes, sizeof(bytes), err);
}

int container_add_bytes(struct container *c, const void *bytes, size_t len,
			struct err *err)
{
	if (add_len(c, len, err) != 0)
		return -1;
	return add(c, bytes, len, err);
}

int container_add_file(struct container *c, const char *path, size_t len_max,
		       struct err *err)
{
	uint8_t bytes[4096];
	struct stat st;
	off_t left;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot read a file", errno);
		goto out;
	}
	if (st.st_size < 0 || (uint64_t)st.st_size > len_max) {
		ERR_SET(err, ERR_INPUT, "too large for a backup", 0);
		goto out;
	}
	if (add_len(c, (size_t)st.st_size, err) != 0)
		goto out;
	for (left = st.st_size; left > 0;) {
		ssize_t n = read(fd, bytes, sizeof(bytes));

		if (n <= 0 || n > left) {
			ERR_SET(err, ERR_STORAGE, "cannot read a file", errno);
			goto out;
		}
		if (add(c, bytes, (size_t)n, err) != 0)
			goto out;
		left -= n;
	}
	rc = 0;
out:
	if (fd >= 0)
		(void)close(fd); /* read only */
	return rc;
}

int container_finish(struct container **c, struct err *err)
{
	int rc = push(*c, FINAL, err);

	if (rc == 0 && fsync((*c)->fd) != 0)
		rc = ERR_SET(err, ERR_STORAGE, "cannot sync the backup", errno);
	if (rc == 0)
		rc = durable_sync_around((*c)->path, err);
	if (rc != 0)
		container_abandon(c);
	else
		container_close(c);
	return rc;
}

/* --- reading ---------------------------------------------------------------
 */

static int read_up_to(int fd, uint8_t *ret, size_t size, size_t *ret_len,
		      struct err *err)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, ret + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SET(err, ERR_STORAGE,
				       "cannot read the backup", errno);
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_len = len;
	return 0;
}

static int pull(struct container *c, struct err *err)
{
	unsigned long long clear_len;
	unsigned char tag;
	size_t len;

	if (c->final)
		return ERR_SET(err, ERR_CORRUPT, "the backup ends too early",
			       0);
	if (read_up_to(c->fd, c->sealed, sizeof(c->sealed), &len, err) != 0)
		return -1;
	if (len < TAG_BYTES ||
	    crypto_secretstream_xchacha20poly1305_pull(
		&c->stream, c->clear, &clear_len, &tag, c->sealed, len,
		c->first ? c->header : NULL, c->first ? c->header_len : 0) != 0)
		return ERR_SET(err, ERR_CORRUPT,
			       "wrong passphrase, or a damaged backup", 0);
	c->first = false;
	c->final = tag == FINAL;
	c->at = 0;
	c->len = (size_t)clear_len;
	return 0;
}

/* The header of either kind; the old one knows no end. */
static int read_header(struct container *c, struct container_life *ret_life,
		       struct err *err)
{
	struct cut life;
	size_t got, more = 0;

	*ret_life = (struct container_life){.expires_ms = INT64_MAX};
	if (read_up_to(c->fd, c->header, HEADER_1, &got, err) != 0)
		return -1;
	c->header_len = HEADER_1;
	if (got == HEADER_1 && memcmp(c->header, MAGIC_1, 8) == 0)
		return 0;
	if (got != HEADER_1 || memcmp(c->header, MAGIC, 8) != 0)
		return ERR_SET(err, ERR_INPUT, "not a backup of keys", 0);
	if (read_up_to(c->fd, c->header + HEADER_1, HEADER_BYTES - HEADER_1,
		       &more, err) != 0)
		return -1;
	if (more != HEADER_BYTES - HEADER_1)
		return ERR_SET(err, ERR_INPUT, "not a backup of keys", 0);
	c->header_len = HEADER_BYTES;
	life = CUT(c->header + HEADER_1, HEADER_BYTES - HEADER_1);
	ret_life->made_ms = (int64_t)cut_u64(&life);
	ret_life->expires_ms = (int64_t)cut_u64(&life);
	return 0;
}

int container_open(const char *file, const void *phrase, size_t phrase_len,
		   struct container_life *ret_life, struct container **ret,
		   struct err *err)
{
	uint8_t key[32] = {0}, start[STREAM_BYTES];
	struct container *c = NULL;
	size_t started;
	int rc = -1;

	if (new_container(file, O_RDONLY, &c, err) != 0)
		return -1;
	if (read_header(c, ret_life, err) != 0 ||
	    read_up_to(c->fd, start, sizeof(start), &started, err) != 0)
		goto out;
	if (started != sizeof(start)) {
		ERR_SET(err, ERR_INPUT, "not a backup of keys", 0);
		goto out;
	}
	if (derive(c->header, phrase, phrase_len, key, err) != 0)
		goto out;
	if (crypto_secretstream_xchacha20poly1305_init_pull(&c->stream, start,
							    key) != 0) {
		ERR_SET(err, ERR_CORRUPT, "a damaged backup", 0);
		goto out;
	}
	if (pull(c, err) != 0)
		goto out;
	*ret = c;
	c = NULL;
	rc = 0;
out:
	sodium_memzero(key, sizeof(key));
	container_close(&c);
	return rc;
}

/* A piece of what is left, at most size bytes. */
static int take(struct container *c, size_t size, const uint8_t **ret,
		size_t *ret_len, struct err *err)
{
	if (c->at == c->len && pull(c, err) != 0)
		return -1;
	*ret = c->clear + c->at;
	*ret_len = c->len - c->at < size ? c->len - c->at : size;
	c->at += *ret_len;
	return 0;
}

static int take_exactly(struct container *c, uint8_t *ret, size_t len,
			struct err *err)
{
	while (len > 0) {
		const uint8_t *piece;
		size_t n;

		if (take(c, len, &piece, &n, err) != 0)
			return -1;
		memcpy(ret, piece, n);
		ret += n;
		len -= n;
	}
	return 0;
}

static int take_len(struct container *c, size_t *ret, struct err *err)
{
	uint8_t bytes[4];

	if (take_exactly(c, bytes, sizeof(bytes), err) != 0)
		return -1;
	*ret = (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 |
	       (size_t)bytes[2] << 8 | bytes[3];
	return 0;
}

int container_take_bytes(struct container *c, void *ret, size_t size,
			 size_t *ret_len, struct err *err)
{
	size_t len;

	if (take_len(c, &len, err) != 0)
		return -1;
	if (len > size)
		return ERR_SET(err, ERR_CORRUPT, "an impossible backup", 0);
	if (take_exactly(c, ret, len, err) != 0)
		return -1;
	*ret_len = len;
	return 0;
}

int container_take_file(struct container *c, const char *path, struct err *err)
{
	size_t left;
	int rc = -1;
	int fd;

	if (take_len(c, &left, err) != 0)
		return -1;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return ERR_SET(err, ERR_INPUT, "the file exists", errno);
	while (left > 0) {
		const uint8_t *piece;
		size_t n;

		if (take(c, left, &piece, &n, err) != 0 ||
		    durable_write(fd, piece, n, err) != 0)
			goto out;
		left -= n;
	}
	if (fsync(fd) != 0) {
		ERR_SET(err, ERR_STORAGE, "cannot sync a file", errno);
		goto out;
	}
	rc = 0;
out:
	(void)close(fd); /* synced, or removed by the caller */
	return rc;
}

int container_end(struct container *c, struct err *err)
{
	uint8_t one;
	size_t len;

	if (c->at != c->len || !c->final)
		return ERR_SET(err, ERR_CORRUPT, "the backup is not complete",
			       0);
	if (read_up_to(c->fd, &one, 1, &len, err) != 0)
		return -1;
	if (len != 0)
		return ERR_SET(err, ERR_CORRUPT, "bytes after the backup", 0);
	return 0;
}
