/* segment.c - the spool's files, from the side that writes them.
 *
 * Order of a new segment: create, preallocate, key record, sync the file,
 * sync the folder.  Only then may a body be written to it, so no body can be
 * on disk without the key that opens it. */
#include "intake/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "postern/log.h"
#include "postern/sealed.h"
#include "spool/folder.h"

#define CHECKED_MAX  2	  /* segments looked through at start */
#define SEGMENT_MODE 0640 /* the worker reads them by its group */

bool segment_fits(const struct segment *s, size_t len)
{
	return s->fd >= 0 && s->offset + len <= SPOOL_SEGMENT_BYTES;
}

/* Nothing of the file system but room and descriptors heals by itself. */
static enum err_kind kind_of(int native)
{
	return native == ENOSPC || native == EDQUOT || native == EMFILE ||
		       native == ENFILE
		   ? ERR_BUSY
		   : ERR_STORAGE;
}

/* A transfer that ends short is carried on; iov is not kept. */
static int write_at(struct env *env, int fd, const struct iovec *iov,
		    int iov_len, uint64_t offset, struct err *err)
{
	struct iovec left[GROUP_MAX];
	struct iovec *at = left;

	memcpy(left, iov, (size_t)iov_len * sizeof(*iov));
	while (iov_len > 0) {
		ssize_t n = env->pwritev(env, fd, at, iov_len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SET(err, ERR_STORAGE, "cannot write",
				       n < 0 ? errno : EIO);
		offset += (uint64_t)n;
		while (iov_len > 0 && (size_t)n >= at->iov_len) {
			n -= (ssize_t)at->iov_len;
			at++;
			iov_len--;
		}
		if (iov_len > 0) {
			at->iov_base = (uint8_t *)at->iov_base + n;
			at->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* The keeper's public key may have been rotated since the last segment. */
static int public_read(struct intake *in, struct err *err)
{
	struct spool_public pub;
	char path[600];
	int n =
	    snprintf(path, sizeof(path), "%s/keys/spool.pub", in->conf->dir);

	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	if (spool_public_read(path, &pub, err) != 0)
		return -1;
	in->pub = pub;
	return 0;
}

static int box_make(const struct intake *in, const struct epoch *epoch,
		    uint8_t ret[SPOOL_BOX_BYTES], struct err *err)
{
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(in->pub.pair >> (24 - 8 * i));
	if (crypto_box_seal(ret + 4, epoch->key, SEAL_KEY_BYTES, in->pub.key) !=
	    0)
		return ERR_SET(err, ERR_CORRUPT, "spool key unusable", 0);
	return 0;
}

/* Writes and syncs the key record. */
static int head_write(struct intake *in, struct segment *s, struct err *err)
{
	uint8_t box[SPOOL_BOX_BYTES], header[SPOOL_HEADER_BYTES];
	struct spool_record record = {
	    .kind = SPOOL_KEY,
	    .verdict = 1,
	    .received_ms = in->env->wall_ms(in->env),
	    .payload = box,
	    .payload_len = sizeof(box),
	};
	const struct iovec iov[2] = {
	    {.iov_base = header, .iov_len = sizeof(header)},
	    {.iov_base = box, .iov_len = sizeof(box)},
	};

	if (box_make(in, s->epoch, box, err) != 0)
		return -1;
	spool_header(&record, header);
	if (write_at(in->env, s->fd, iov, 2, 0, err) != 0)
		return -1;
	if (in->env->datasync(in->env, s->fd) != 0 || fsync(s->fd) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot sync a new segment",
			       errno);
	if (fsync(in->folder_fd) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot sync the spool folder",
			       errno);
	s->offset = sizeof(header) + sizeof(box);
	return 0;
}

static int segment_make(struct intake *in, struct segment *s, struct err *err)
{
	char name[SPOOL_FILE_BYTES];
	int rc;

	spool_file_name(s->number, false, name);
	/* the group: a worker that runs as another user; else umask cuts it */
	s->fd =
	    openat(in->folder_fd, name,
		   O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s->fd < 0)
		return ERR_SET(err, kind_of(errno), "cannot make a segment",
			       errno);
	/* Whatever the umask says. */
	if (fchmod(s->fd, SEGMENT_MODE) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot share a segment",
			       errno);
	rc = posix_fallocate(s->fd, 0, SPOOL_SEGMENT_BYTES);
	if (rc != 0) {
		/* Nobody was told of it; its number is not used again. */
		(void)unlinkat(in->folder_fd, name, 0);
		return ERR_SET(err, kind_of(rc), "no room for a segment", rc);
	}
	return head_write(in, s, err);
}

int segment_roll(struct intake *in, struct epoch *epoch, struct err *err)
{
	struct segment s = {.fd = -1, .number = in->next_number++};
	struct err e = {0};

	/* An unreadable key file must not stop the intake: the last one read
	 * is still the keeper's. */
	if (public_read(in, &e) != 0)
		LOG(LOG_LEVEL_WARN, "intake.spool_key_unreadable", LOG_ERR(&e));
	s.epoch = epoch;
	if (segment_make(in, &s, err) != 0) {
		if (s.fd >= 0)
			(void)close(s.fd); /* nothing in it counts */
		return -1;
	}
	atomic_fetch_add(&epoch->holders, 1);
	segment_close(in);
	in->segment = s;
	return 0;
}

void segment_close(struct intake *in)
{
	struct segment *s = &in->segment;

	if (s->fd >= 0) {
		/* Gives the unused rest back.  Not synced and its failure does
		 * no harm: zeros are read as the end. */
		if (ftruncate(s->fd, (off_t)s->offset) != 0)
			LOG0(LOG_LEVEL_DEBUG, "intake.segment_not_cut");
		(void)close(s->fd); /* every record was synced */
	}
	epoch_drop(&s->epoch);
	*s = (struct segment){.fd = -1};
}

int segment_append(struct intake *in, const struct iovec *iov, int iov_len,
		   size_t len, struct err *err)
{
	struct segment *s = &in->segment;

	if (write_at(in->env, s->fd, iov, iov_len, s->offset, err) != 0)
		return -1;
	if (in->env->datasync(in->env, s->fd) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot sync", errno);
	s->offset += len;
	s->has_bodies = true;
	return 0;
}

/* --- start ---------------------------------------------------------------- */

/* Walks one old segment.  Whether its end is damaged. */
static bool segment_damaged(int fd, uint8_t *window)
{
	struct spool_record record;
	size_t at = 0, len = 0, record_len;
	ssize_t n;

	while (len < SPOOL_SEGMENT_BYTES &&
	       (n = pread(fd, window + len, SPOOL_SEGMENT_BYTES - len,
			  (off_t)len)) > 0)
		len += (size_t)n;
	while (spool_parse(window + at, len - at, &record, &record_len, NULL) ==
	       0)
		at += record_len;
	return len > at && sodium_is_zero(window + at, len - at) != 1;
}

/* Only says what the last run left; the reader sets damaged ends aside and
 * this process never appends to them. */
static void segments_check(struct intake *in, const struct spool_folder *f)
{
	uint8_t *window = malloc(SPOOL_SEGMENT_BYTES);
	size_t first =
	    f->segments_len > CHECKED_MAX ? f->segments_len - CHECKED_MAX : 0;
	char name[SPOOL_FILE_BYTES];
	size_t damaged = 0;

	for (size_t i = first; window != NULL && i < f->segments_len; i++) {
		int fd;

		spool_file_name(f->segments[i], false, name);
		fd = openat(in->folder_fd, name, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		damaged += segment_damaged(fd, window);
		(void)close(fd); /* read only */
	}
	free(window);
	if (damaged > 0)
		LOG(LOG_LEVEL_WARN, "intake.torn_segments",
		    LOG_NUM("count", damaged));
}

int segment_start(struct intake *in, struct err *err)
{
	struct spool_folder f = {0};
	struct epoch *epoch = NULL;
	int rc = -1;

	if (public_read(in, err) != 0)
		return -1;
	if (spool_folder_open(in->conf->dir, &in->folder_fd, err) != 0)
		return -1;
	if (spool_folder_list(in->folder_fd, &f, err) != 0)
		return -1;
	segments_check(in, &f);
	in->next_number = spool_folder_highest(&f) + 1;
	epoch = epoch_take(in);
	if (epoch == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "no memory for the spool key", 0);
		goto out;
	}
	rc = segment_roll(in, epoch, err);
out:
	epoch_drop(&epoch);
	spool_folder_free(&f);
	return rc;
}
