/* reader.c - the worker's side of the spool.
 *
 * A segment is closed once a newer one exists: the intake makes the next one
 * only when it will never write to this one again.  So the end of a segment
 * means something only if the newer one was seen before the bytes were read;
 * until then a torn record may still be on its way. */
#include "postern/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "spool/folder.h"

#define KEY_RECORD_BYTES (SPOOL_HEADER_BYTES + SPOOL_BOX_BYTES)
#define WINDOW_BYTES	 SPOOL_SEGMENT_BYTES
#define STEP_BYTES	 65536

struct spool_reader {
	int folder;
	int fd;			     /* the segment at.segment, -1 none */
	struct spool_position at;    /* next byte to read */
	struct spool_position given; /* after the last item handed out */
	bool closed;		     /* a newer segment was seen */
	uint8_t box[SPOOL_BOX_BYTES];
	uint8_t *window; /* bytes of the last read; sealed only */
};

int spool_reader_open(const char *dir, struct spool_position from,
		      struct spool_reader **ret, struct err *err)
{
	struct spool_reader *r = calloc(1, sizeof(*r));
	int rc = -1;

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "spool reader", 0);
	r->folder = -1;
	r->fd = -1;
	r->at = from;
	r->given = from;
	/* Untouched pages of the window cost nothing. */
	r->window = malloc(WINDOW_BYTES);
	if (r->window == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "spool window", 0);
		goto out;
	}
	if (spool_folder_open(dir, &r->folder, err) != 0)
		goto out;
	*ret = r;
	r = NULL;
	rc = 0;
out:
	spool_reader_close(&r);
	return rc;
}

static void segment_leave(struct spool_reader *r)
{
	if (r->fd >= 0)
		(void)close(r->fd); /* read only */
	r->fd = -1;
	r->closed = false;
}

void spool_reader_close(struct spool_reader **rp)
{
	struct spool_reader *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	segment_leave(r);
	if (r->folder >= 0)
		(void)close(r->folder); /* read only */
	free(r->window);
	free(r);
}

/* Reads len bytes unless the file ends before. */
static int bytes_read(int fd, uint8_t *into, size_t len, uint64_t offset,
		      size_t *ret_len, struct err *err)
{
	size_t have = 0;

	while (have < len) {
		ssize_t n =
		    pread(fd, into + have, len - have, (off_t)(offset + have));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SET(err, ERR_STORAGE,
				       "cannot read a segment", errno);
		if (n == 0)
			break;
		have += (size_t)n;
	}
	*ret_len = have;
	return 0;
}

static int segment_open(const struct spool_reader *r, uint64_t number, bool bad,
			int *ret_fd, struct err *err)
{
	char name[SPOOL_FILE_BYTES];
	int fd;

	spool_file_name(number, bad, name);
	fd = openat(r->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_STORAGE,
			       "cannot open a segment", errno);
	*ret_fd = fd;
	return 0;
}

/* The box at a segment's head. */
static int box_read(int fd, uint8_t ret[SPOOL_BOX_BYTES], struct err *err)
{
	uint8_t bytes[KEY_RECORD_BYTES];
	struct spool_record record;
	size_t len, record_len;

	if (bytes_read(fd, bytes, sizeof(bytes), 0, &len, err) != 0)
		return -1;
	if (spool_parse(bytes, len, &record, &record_len, err) != 0)
		return -1;
	if (record.kind != SPOOL_KEY)
		return ERR_SET(err, ERR_CORRUPT, "no key record first", 0);
	memcpy(ret, record.payload, SPOOL_BOX_BYTES);
	return 0;
}

/*
 * Moves to the segment to read: the one at the position, else the next one
 * there is.  *ret_any false: there is none.  A spool whose newest number is
 * below the position was replaced; it is read from its beginning, because a
 * repeated body is harmless and a passed-over one is lost.
 */
static int segment_enter(struct spool_reader *r, bool *ret_any, struct err *err)
{
	struct spool_folder f = {0};
	uint64_t number = 0;
	int rc = -1;

	*ret_any = false;
	if (spool_folder_list(r->folder, &f, err) != 0)
		return -1;
	for (size_t i = 0; i < f.segments_len && number == 0; i++)
		if (f.segments[i] >= r->at.segment)
			number = f.segments[i];
	if (number == 0 && f.segments_len > 0)
		number = f.segments[0];
	if (number == 0) {
		rc = 0;
		goto out;
	}
	if (number != r->at.segment) {
		r->at = (struct spool_position){.segment = number};
		r->given = r->at;
	}
	if (segment_open(r, number, false, &r->fd, err) != 0)
		goto out;
	r->closed = f.segments[f.segments_len - 1] > number;
	*ret_any = true;
	rc = 0;
out:
	spool_folder_free(&f);
	return rc;
}

/* Is there a newer segment than the one being read? */
static int newer_exists(const struct spool_reader *r, bool *ret,
			struct err *err)
{
	struct spool_folder f = {0};

	if (spool_folder_list(r->folder, &f, err) != 0)
		return -1;
	*ret = f.segments_len > 0 &&
	       f.segments[f.segments_len - 1] > r->at.segment;
	spool_folder_free(&f);
	return 0;
}

static int segment_size(int fd, uint64_t *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot stat a segment",
			       errno);
	*ret = (uint64_t)st.st_size;
	return 0;
}

/* --- damaged ends -------------------------------------------------------- */

static int all_written(int fd, const uint8_t *bytes, size_t len,
		       struct err *err)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_SET(err,
				       errno == ENOSPC ? ERR_BUSY : ERR_STORAGE,
				       "cannot keep a damaged segment", errno);
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Writes the head and the damaged rest to <number>.bad and syncs both. */
static int bad_write(struct spool_reader *r, const uint8_t *head,
		     size_t head_len, const uint8_t *rest, size_t rest_len,
		     struct err *err)
{
	char name[SPOOL_FILE_BYTES];
	int fd, rc = -1;

	spool_file_name(r->at.segment, true, name);
	/* A second reading after a crash writes the same bytes again. */
	fd =
	    openat(r->folder, name,
		   O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_SET(err, errno == ENOSPC ? ERR_BUSY : ERR_STORAGE,
			       "cannot keep a damaged segment", errno);
	if (all_written(fd, head, head_len, err) != 0 ||
	    all_written(fd, rest, rest_len, err) != 0)
		goto out;
	if (fsync(fd) != 0 || fsync(r->folder) != 0) {
		(void)ERR_SET(err, ERR_STORAGE, "cannot sync a .bad file",
			      errno);
		goto out;
	}
	rc = 0;
out:
	(void)close(fd); /* synced or given up */
	return rc;
}

/* Looks at what follows the last good record of a closed segment.  Zeros are
 * the preallocated rest; anything else is kept aside. */
static int rest_keep(struct spool_reader *r, size_t *ret_damaged,
		     struct err *err)
{
	uint8_t head[KEY_RECORD_BYTES];
	size_t rest_len, head_len = 0;

	if (bytes_read(r->fd, r->window, WINDOW_BYTES, r->at.offset, &rest_len,
		       err) != 0)
		return -1;
	while (rest_len > 0 && r->window[rest_len - 1] == 0)
		rest_len--;
	if (rest_len == 0)
		return 0;
	if (r->at.offset >= KEY_RECORD_BYTES &&
	    bytes_read(r->fd, head, sizeof(head), 0, &head_len, err) != 0)
		return -1;
	if (bad_write(r, head, head_len, r->window, rest_len, err) != 0)
		return -1;
	(*ret_damaged)++;
	return 0;
}

/* What a record's header says of its length. */
static uint64_t payload_of(const uint8_t *header)
{
	return (uint64_t)header[8] << 24 | (uint64_t)header[9] << 16 |
	       (uint64_t)header[10] << 8 | (uint64_t)header[11];
}

/* --- reading ------------------------------------------------------------- */

struct batch {
	struct spool_item *items;
	size_t items_max, bytes_max;
	size_t len, bytes;
};

/* Takes the whole records of the window from *used on.  Whether the batch
 * could take more. */
static bool window_take(struct spool_reader *r, size_t window_len, size_t *used,
			struct batch *b)
{
	struct spool_record record;
	size_t record_len;

	while (b->len < b->items_max &&
	       (b->len == 0 || b->bytes < b->bytes_max)) {
		if (spool_parse(r->window + *used, window_len - *used, &record,
				&record_len, NULL) != 0 ||
		    record.kind != SPOOL_BODY)
			return true;
		*used += record_len;
		b->bytes += record.payload_len;
		b->items[b->len].record = record;
		b->items[b->len].after.segment = r->at.segment;
		b->items[b->len].after.offset = r->at.offset + *used;
		memcpy(b->items[b->len].box, r->box, SPOOL_BOX_BYTES);
		b->len++;
	}
	return false;
}

/* Would more bytes make a record of these? */
static bool record_cut(const uint8_t *bytes, size_t len)
{
	uint64_t payload;

	if (len < SPOOL_HEADER_BYTES)
		return true;
	if (bytes[0] != 'P')
		return false;
	payload = payload_of(bytes);
	return payload <= SPOOL_PAYLOAD_MAX &&
	       SPOOL_HEADER_BYTES + payload > len;
}

/* Reads what the current segment has at the position.  In steps: an open
 * segment is as long as it may become, so that reading all a batch could take
 * copies megabytes of zeros for every single body that comes in. */
static int segment_take(struct spool_reader *r, struct batch *b,
			struct err *err)
{
	size_t step = STEP_BYTES, have = 0, used = 0, n;

	do {
		if (step > WINDOW_BYTES - have)
			step = WINDOW_BYTES - have;
		if (bytes_read(r->fd, r->window + have, step,
			       r->at.offset + have, &n, err) != 0)
			return -1;
		have += n;
		if (!window_take(r, have, &used, b) || n < step)
			break;
		step *= 2;
	} while (have < WINDOW_BYTES &&
		 record_cut(r->window + used, have - used));
	r->at.offset += used;
	return 0;
}

/* Reads the segment's head if the position is before it.  *ret_ready false:
 * it is not (whole) there. */
static int head_take(struct spool_reader *r, bool *ret_ready, struct err *err)
{
	struct err e = {0};

	*ret_ready = false;
	if (box_read(r->fd, r->box, &e) != 0) {
		if (e.kind != ERR_STORAGE)
			return 0;
		*err = e;
		return -1;
	}
	if (r->at.offset < KEY_RECORD_BYTES)
		r->at.offset = KEY_RECORD_BYTES;
	*ret_ready = true;
	return 0;
}

/* One look at the current segment. */
static int segment_look(struct spool_reader *r, struct batch *b,
			struct err *err)
{
	bool ready;

	if (head_take(r, &ready, err) != 0)
		return -1;
	return ready ? segment_take(r, b, err) : 0;
}

int spool_read(struct spool_reader *r, struct spool_item *ret_items,
	       size_t items_max, size_t bytes_max, size_t *ret_len,
	       size_t *ret_damaged, struct err *err)
{
	struct batch b = {
	    .items = ret_items, .items_max = items_max, .bytes_max = bytes_max};
	size_t damaged = 0;
	bool any = true, final;

	assert(items_max > 0);
	for (;;) {
		if (r->fd < 0 && segment_enter(r, &any, err) != 0)
			return -1;
		if (!any)
			break;
		final = r->closed; /* known before the bytes are read */
		if (segment_look(r, &b, err) != 0)
			return -1;
		if (b.len > 0)
			break;
		if (!final) {
			if (newer_exists(r, &r->closed, err) != 0)
				return -1;
			if (!r->closed)
				break;
			continue; /* once more, now that it cannot grow */
		}
		if (rest_keep(r, &damaged, err) != 0)
			return -1;
		segment_leave(r);
		r->at = (struct spool_position){.segment = r->at.segment + 1};
	}
	if (b.len > 0)
		r->given = ret_items[b.len - 1].after;
	*ret_len = b.len;
	*ret_damaged = damaged;
	return 0;
}

/* --- trimming ------------------------------------------------------------ */

static bool position_reached(struct spool_position at,
			     struct spool_position wanted)
{
	return at.segment > wanted.segment ||
	       (at.segment == wanted.segment && at.offset >= wanted.offset);
}

/* The pair number of one file; 0 if it has no readable head. */
static uint32_t pair_of(const struct spool_reader *r, uint64_t number, bool bad)
{
	uint8_t box[SPOOL_BOX_BYTES];
	uint32_t pair = 0;
	int fd;

	if (segment_open(r, number, bad, &fd, NULL) != 0)
		return 0;
	if (box_read(fd, box, NULL) == 0)
		pair = (uint32_t)box[0] << 24 | (uint32_t)box[1] << 16 |
		       (uint32_t)box[2] << 8 | (uint32_t)box[3];
	(void)close(fd); /* read only */
	return pair;
}

/* Oldest pair still needed.  An unreadable head of a segment gives 0, so that
 * nothing is forgotten; one of a .bad file means it cannot be opened anyway. */
static uint32_t oldest_pair(const struct spool_reader *r,
			    const struct spool_folder *f, size_t first)
{
	uint32_t oldest = UINT32_MAX, pair;

	for (size_t i = first; i < f->segments_len; i++) {
		pair = pair_of(r, f->segments[i], false);
		if (pair < oldest)
			oldest = pair;
	}
	for (size_t i = 0; i < f->bad_len; i++) {
		pair = pair_of(r, f->bad[i], true);
		if (pair != 0 && pair < oldest)
			oldest = pair;
	}
	return oldest == UINT32_MAX ? 0 : oldest;
}

int spool_trim(struct spool_reader *r, struct spool_position archived,
	       uint32_t *ret_oldest_pair, struct err *err)
{
	struct spool_folder f = {0};
	char name[SPOOL_FILE_BYTES];
	uint64_t keep = r->at.segment;
	size_t first = 0;
	int rc = -1;

	/* With everything archived that was handed out, all segments this
	 * reader left behind are done, the one of the position too. */
	if (!position_reached(archived, r->given) && archived.segment < keep)
		keep = archived.segment;
	if (spool_folder_list(r->folder, &f, err) != 0)
		return -1;
	while (first + 1 < f.segments_len && f.segments[first] < keep) {
		spool_file_name(f.segments[first], false, name);
		if (unlinkat(r->folder, name, 0) != 0 && errno != ENOENT) {
			(void)ERR_SET(err, ERR_STORAGE,
				      "cannot unlink a segment", errno);
			goto out;
		}
		first++;
	}
	/* A key may die only when its last segment is gone for good. */
	if (first > 0 && fsync(r->folder) != 0) {
		(void)ERR_SET(err, ERR_STORAGE, "cannot sync the spool folder",
			      errno);
		goto out;
	}
	*ret_oldest_pair = oldest_pair(r, &f, first);
	rc = 0;
out:
	spool_folder_free(&f);
	return rc;
}

/* --- metrics ------------------------------------------------------------- */

/* Payload bytes of the records from offset on, by their headers alone. */
static uint64_t walk_bytes(int fd, uint64_t offset)
{
	uint8_t h[SPOOL_HEADER_BYTES];
	uint64_t bytes = 0;
	size_t len;

	while (offset < SPOOL_SEGMENT_BYTES) {
		uint64_t payload;

		if (bytes_read(fd, h, sizeof(h), offset, &len, NULL) != 0 ||
		    len < sizeof(h) || h[0] != 'P')
			break;
		payload = payload_of(h);
		if (payload > SPOOL_PAYLOAD_MAX)
			break;
		offset += SPOOL_HEADER_BYTES + payload;
		bytes += SPOOL_HEADER_BYTES + payload;
	}
	return bytes;
}

static uint64_t segment_backlog(const struct spool_reader *r, uint64_t number)
{
	uint64_t offset = KEY_RECORD_BYTES, size = 0, bytes = 0;
	int fd;

	if (number == r->at.segment && r->at.offset > offset)
		offset = r->at.offset;
	if (segment_open(r, number, false, &fd, NULL) != 0)
		return 0;
	/* A closed segment was cut to its length, unless there was a crash. */
	if (segment_size(fd, &size, NULL) != 0 || size <= offset)
		bytes = 0;
	else if (size < SPOOL_SEGMENT_BYTES)
		bytes = size - offset;
	else
		bytes = walk_bytes(fd, offset);
	(void)close(fd); /* read only */
	return bytes;
}

uint64_t spool_backlog_bytes(struct spool_reader *r)
{
	struct spool_folder f = {0};
	uint64_t bytes = 0;

	if (spool_folder_list(r->folder, &f, NULL) != 0)
		return 0;
	for (size_t i = 0; i < f.segments_len; i++)
		if (f.segments[i] >= r->at.segment)
			bytes += segment_backlog(r, f.segments[i]);
	spool_folder_free(&f);
	return bytes;
}
