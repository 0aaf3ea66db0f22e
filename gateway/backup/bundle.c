/* bundle.c - see bundle.h. */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"

#define MAGIC	     "PSTRNDB1"
#define BOX_BYTES    (crypto_box_SEALBYTES + STREAM_KEY)
#define STREAM_KEY   crypto_secretstream_xchacha20poly1305_KEYBYTES
#define STREAM_BYTES crypto_secretstream_xchacha20poly1305_HEADERBYTES
#define TAG_BYTES    crypto_secretstream_xchacha20poly1305_ABYTES
#define FINAL	     crypto_secretstream_xchacha20poly1305_TAG_FINAL
#define HEADER_BYTES (8 + 8 + BOX_BYTES)
#define CHUNK_BYTES  65536

struct bundle {
	int fd;
	char path[DURABLE_PATH_BYTES], part[DURABLE_PATH_BYTES];
	uint8_t header[HEADER_BYTES]; /* AAD of the first chunk */
	bool first;
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t clear[CHUNK_BYTES];
	size_t len;
	uint8_t sealed[CHUNK_BYTES + TAG_BYTES];
};

/* --- writing -------------------------------------------------------------- */

static int make_header(struct bundle *b, const struct recipient *to,
		       int64_t made_ms, struct err *err)
{
	uint8_t key[STREAM_KEY], start[STREAM_BYTES];
	int rc = -1;

	memcpy(b->header, MAGIC, 8);
	for (int i = 0; i < 8; i++)
		b->header[8 + i] = (uint8_t)((uint64_t)made_ms >> (56 - 8 * i));
	crypto_secretstream_xchacha20poly1305_keygen(key);
	if (crypto_box_seal(b->header + 16, key, sizeof(key), to->public) !=
	    0) {
		ERR_SET(err, ERR_INPUT, "no key to seal for", 0);
		goto out;
	}
	(void)crypto_secretstream_xchacha20poly1305_init_push(&b->stream, start,
							      key);
	if (durable_write(b->fd, b->header, sizeof(b->header), err) == 0)
		rc = durable_write(b->fd, start, sizeof(start), err);
out:
	sodium_memzero(key, sizeof(key));
	return rc;
}

static int set_paths(struct bundle *b, const char *file, struct err *err)
{
	struct stat st;
	int n = snprintf(b->part, sizeof(b->part), "%s.part", file);

	if (n < 0 || (size_t)n >= sizeof(b->part))
		return ERR_SET(err, ERR_INPUT, "path is too long", 0);
	(void)snprintf(b->path, sizeof(b->path), "%s", file);
	if (lstat(file, &st) == 0)
		return ERR_SET(err, ERR_INPUT, "the file exists", EEXIST);
	return 0;
}

int bundle_create(const char *file, const struct recipient *to, int64_t made_ms,
		  struct bundle **ret, struct err *err)
{
	struct bundle *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a backup", 0);
	b->fd = -1;
	b->first = true;
	if (set_paths(b, file, err) != 0) {
		free(b);
		return -1;
	}
	b->fd =
	    open(b->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
		 0600);
	if (b->fd < 0) {
		free(b);
		return ERR_SET(err, ERR_INPUT, "cannot make the backup file",
			       errno);
	}
	if (make_header(b, to, made_ms, err) != 0) {
		bundle_abandon(&b);
		return -1;
	}
	*ret = b;
	return 0;
}

static void bundle_free(struct bundle **b)
{
	if ((*b)->fd >= 0)
		(void)close((*b)->fd); /* synced, or removed */
	sodium_memzero(*b, sizeof(**b));
	free(*b);
	*b = NULL;
}

void bundle_abandon(struct bundle **b)
{
	if (*b == NULL)
		return;
	(void)unlink((*b)->part); /* half a backup is none */
	bundle_free(b);
}

static int push(struct bundle *b, uint8_t tag, struct err *err)
{
	(void)crypto_secretstream_xchacha20poly1305_push(
	    &b->stream, b->sealed, NULL, b->clear, b->len,
	    b->first ? b->header : NULL, b->first ? HEADER_BYTES : 0, tag);
	b->first = false;
	if (durable_write(b->fd, b->sealed, b->len + TAG_BYTES, err) != 0)
		return -1;
	b->len = 0;
	return 0;
}

static int add(struct bundle *b, const void *from, size_t len, struct err *err)
{
	const uint8_t *bytes = from;

	while (len > 0) {
		size_t n = CHUNK_BYTES - b->len;

		/* a full chunk waits: it may have to carry the final tag */
		if (n == 0) {
			if (push(b, 0, err) != 0)
				return -1;
			continue;
		}
		n = n < len ? n : len;
		memcpy(b->clear + b->len, bytes, n);
		b->len += n;
		bytes += n;
		len -= n;
	}
	return 0;
}

static int add_head(struct bundle *b, const char *name, uint64_t len,
		    struct err *err)
{
	struct buf head = BUF_INIT(256);
	int rc = members_head(name, len, &head, err);

	if (rc == 0)
		rc = add(b, head.bytes, head.len, err);
	buf_free(&head);
	return rc;
}

static int add_content(struct bundle *b, int fd, uint64_t len,
		       bundle_told *told, void *ctx, struct err *err)
{
	uint8_t bytes[16384];

	for (uint64_t done = 0; done < len;) {
		size_t want = len - done < sizeof(bytes) ? (size_t)(len - done)
							 : sizeof(bytes);
		ssize_t n = read(fd, bytes, want);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SET(err, ERR_STORAGE, "cannot read a file",
				       n < 0 ? errno : 0);
		if (add(b, bytes, (size_t)n, err) != 0)
			return -1;
		done += (uint64_t)n;
		if (told != NULL)
			told(ctx, (uint64_t)n);
	}
	return 0;
}

int bundle_add_file(struct bundle *b, const char *name, const char *path,
		    bundle_told *told, void *ctx, struct err *err)
{
	struct stat st;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_STORAGE,
			       "cannot read a file", errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		ERR_SET(err, ERR_STORAGE, "cannot read a file", errno);
	else if (add_head(b, name, (uint64_t)st.st_size, err) == 0)
		rc = add_content(b, fd, (uint64_t)st.st_size, told, ctx, err);
	(void)close(fd); /* read only */
	return rc;
}

int bundle_finish(struct bundle **b, struct err *err)
{
	int rc = add(*b, "", 1, err); /* the end of the members */

	if (rc == 0)
		rc = push(*b, FINAL, err);
	if (rc == 0 && fsync((*b)->fd) != 0)
		rc = ERR_SET(err, ERR_STORAGE, "cannot sync the backup", errno);
	/* Never over a file that came meanwhile. */
	if (rc == 0 && link((*b)->part, (*b)->path) != 0)
		rc = ERR_SET(err, ERR_INPUT, "the file exists", errno);
	if (rc == 0)
		rc = durable_sync_around((*b)->path, err);
	bundle_abandon(b); /* of its other name */
	return rc;
}

/* --- reading -------------------------------------------------------------- */

struct reading {
	int fd;
	uint8_t header[HEADER_BYTES];
	bool first, final;
	crypto_secretstream_xchacha20poly1305_state stream;
	uint8_t clear[CHUNK_BYTES];
	uint8_t sealed[CHUNK_BYTES + TAG_BYTES];
	struct members members;
};

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

static int open_header(struct reading *r, const struct identity_key *identity,
		       int64_t *ret_made_ms, struct err *err)
{
	uint8_t key[STREAM_KEY], start[STREAM_BYTES];
	struct cut time = CUT(r->header + 8, 8);
	size_t got, started;
	int rc = -1;

	if (read_up_to(r->fd, r->header, HEADER_BYTES, &got, err) != 0 ||
	    read_up_to(r->fd, start, sizeof(start), &started, err) != 0)
		return -1;
	if (got != HEADER_BYTES || started != sizeof(start) ||
	    memcmp(r->header, MAGIC, 8) != 0)
		return ERR_SET(err, ERR_INPUT, "not a backup of data", 0);
	if (crypto_box_seal_open(key, r->header + 16, BOX_BYTES,
				 identity->public, identity->secret) != 0)
		return ERR_SET(err, ERR_DENIED,
			       "the backup is not for this identity", 0);
	if (crypto_secretstream_xchacha20poly1305_init_pull(&r->stream, start,
							    key) != 0)
		ERR_SET(err, ERR_CORRUPT, "a damaged backup", 0);
	else
		rc = 0;
	sodium_memzero(key, sizeof(key));
	*ret_made_ms = (int64_t)cut_u64(&time);
	return rc;
}

static int pull(struct reading *r, const struct members_sink *sink,
		struct err *err)
{
	unsigned long long clear_len;
	unsigned char tag;
	size_t len;

	if (read_up_to(r->fd, r->sealed, sizeof(r->sealed), &len, err) != 0)
		return -1;
	if (len < TAG_BYTES ||
	    crypto_secretstream_xchacha20poly1305_pull(
		&r->stream, r->clear, &clear_len, &tag, r->sealed, len,
		r->first ? r->header : NULL, r->first ? HEADER_BYTES : 0) != 0)
		return ERR_SET(err, ERR_CORRUPT,
			       "the backup was changed, or is cut off", 0);
	r->first = false;
	r->final = tag == FINAL;
	return members_feed(&r->members, r->clear, (size_t)clear_len, sink,
			    err);
}

static int read_all(struct reading *r, const struct members_sink *sink,
		    struct err *err)
{
	uint8_t one;
	size_t len;

	while (!r->final)
		if (pull(r, sink, err) != 0)
			return -1;
	if (!r->members.over)
		return ERR_SET(err, ERR_CORRUPT, "the backup is not complete",
			       0);
	if (read_up_to(r->fd, &one, 1, &len, err) != 0)
		return -1;
	return len == 0
		   ? 0
		   : ERR_SET(err, ERR_CORRUPT, "bytes after the backup", 0);
}

int bundle_read(const char *file, const struct identity_key *identity,
		const struct members_sink *sink, int64_t *ret_made_ms,
		struct err *err)
{
	struct reading *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a backup", 0);
	r->first = true;
	r->fd = open(file, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		ERR_SET(err, ERR_ABSENT, "the backup cannot be opened", errno);
	else if (open_header(r, identity, ret_made_ms, err) == 0)
		rc = read_all(r, sink, err);
	if (r->fd >= 0)
		(void)close(r->fd); /* read only */
	sodium_memzero(r, sizeof(*r));
	free(r);
	return rc;
}
