/* tilefolder.c - a log in a folder of files; see tilefolder.h. */
#include "postern/tilefolder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLE_BYTES_MAX (TILE_WIDTH * (2 + TILE_ENTRY_MAX))

struct tilefolder {
	int fd;
	struct buf note;
	struct checkpoint body;
	uint64_t first; /* entry that is there */
	/* Where the walk over the entries is. */
	uint64_t number; /* of the bundle */
	unsigned int place;
	bool loaded, whole; /* whole: the file of a tree that went on */
	size_t at;
	struct buf bundle;
};

/* --- files ---------------------------------------------------------------- */

/* Part by part, so that no link is followed anywhere on the way. */
static int open_below(int folder, const char *path)
{
	int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);

	while (at >= 0) {
		size_t len = strcspn(path, "/");
		bool last = path[len] == '\0';
		char part[64];
		int next = -1;

		if (len > 0 && len < sizeof(part)) {
			memcpy(part, path, len);
			part[len] = '\0';
			next =
			    openat(at, part,
				   O_RDONLY | O_CLOEXEC | O_NOFOLLOW |
				       O_NONBLOCK | (last ? 0 : O_DIRECTORY));
		}
		(void)close(at); /* read only */
		if (last || next < 0)
			return next;
		at = next;
		path += len + 1;
	}
	return -1;
}

static int read_all(int fd, size_t len, struct buf *ret, struct err *err)
{
	if (buf_reserve(ret, len, err) != 0)
		return -1;
	while (len > 0) {
		ssize_t n = read(fd, ret->bytes + ret->len, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return ERR_SET(err, ERR_BUSY, "file cannot be read",
				       n < 0 ? errno : 0);
		ret->len += (size_t)n;
		len -= (size_t)n;
	}
	return 0;
}

static int read_below(int folder, const char *path, size_t max, struct buf *ret,
		      struct err *err)
{
	int fd = open_below(folder, path);
	struct stat st;
	int rc;

	if (fd < 0)
		return ERR_SET(err, ERR_ABSENT, "no such file", errno);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		rc = ERR_SET(err, ERR_ABSENT, "no regular file", 0);
	else if ((uint64_t)st.st_size > max)
		rc = ERR_SET(err, ERR_CORRUPT, "file is too long", 0);
	else
		rc = read_all(fd, (size_t)st.st_size, ret, err);
	(void)close(fd); /* read only */
	return rc;
}

static bool is_there(int folder, const char *path)
{
	int fd = open_below(folder, path);
	struct stat st;
	bool found;

	if (fd < 0)
		return false;
	found = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	(void)close(fd); /* nothing read */
	return found;
}

int tilefolder_file(const struct tilefolder *f, const char *name, size_t max,
		    struct buf *ret, struct err *err)
{
	return read_below(f->fd, name, max, ret, err);
}

/* --- tiles ---------------------------------------------------------------- */

/* How many hashes, or entries, of tile number are in the tree. */
static unsigned int width_of(const struct tilefolder *f, int level,
			     uint64_t number)
{
	unsigned int shift = level > 0 ? (unsigned int)level * TILE_HEIGHT : 0;
	uint64_t all = f->body.size >> shift;

	if (number > UINT64_MAX / TILE_WIDTH || number * TILE_WIDTH >= all)
		return 0;
	all -= number * TILE_WIDTH;
	return all < TILE_WIDTH ? (unsigned int)all : TILE_WIDTH;
}

/* The partial tile, or the full one of a tree that went on meanwhile. */
static int read_tile(const struct tilefolder *f, const struct tile *t,
		     size_t max, struct buf *ret, bool *ret_whole,
		     struct err *err)
{
	struct tile full = *t;
	char path[TILE_PATH_BYTES];

	tile_path(t, path);
	*ret_whole = false;
	if (read_below(f->fd, path, max, ret, err) == 0)
		return 0;
	if (t->width == TILE_WIDTH || err->kind != ERR_ABSENT)
		return -1;
	full.width = TILE_WIDTH;
	tile_path(&full, path);
	*ret_whole = true;
	return read_below(f->fd, path, max, ret, err);
}

/* A tile of another length is none: what is below it is then said to be
 * wrong, rather than that nobody could look. */
static int on_tile(void *ctx, int level, uint64_t number,
		   struct merkle_hash ret[256], unsigned int *ret_width,
		   struct err *err)
{
	const struct tilefolder *f = ctx;
	struct buf bytes = BUF_INIT(TILE_BYTES);
	struct tile t = {.level = level, .number = number};
	struct err why = {0};
	bool whole;
	int rc = 0;

	*ret_width = 0;
	t.width = width_of(f, level, number);
	if (level < 0 || level > TILE_LEVEL_MAX || t.width == 0)
		return 0;
	if (read_tile(f, &t, TILE_BYTES, &bytes, &whole, &why) == 0) {
		size_t want =
		    whole ? TILE_BYTES : (size_t)t.width * MERKLE_HASH_BYTES;

		if (bytes.len == want) {
			memcpy(ret, bytes.bytes,
			       (size_t)t.width * MERKLE_HASH_BYTES);
			*ret_width = t.width;
		}
	} else if (why.kind != ERR_ABSENT && why.kind != ERR_CORRUPT) {
		*err = why;
		rc = -1;
	}
	buf_free(&bytes);
	return rc;
}

/* --- entries -------------------------------------------------------------- */

static int load_bundle(struct tilefolder *f, unsigned int width,
		       struct err *err)
{
	const struct tile t = {
	    .level = TILE_ENTRIES, .number = f->number, .width = width};

	f->at = 0;
	f->place = 0;
	f->bundle.len = 0;
	f->loaded = false;
	if (read_tile(f, &t, BUNDLE_BYTES_MAX, &f->bundle, &f->whole, err) != 0)
		return -1;
	f->loaded = true;
	return 0;
}

static void leave_bundle(struct tilefolder *f)
{
	f->number++;
	f->loaded = false;
}

/* 1 an entry, 0 no more in this bundle.  One that breaks off or is longer
 * than it can be is a gap, which the check names by its index. */
static int next_in_bundle(struct tilefolder *f, unsigned int width,
			  const uint8_t **ret, size_t *ret_len, struct err *err)
{
	struct err why = {0};
	int rc;

	if (f->place == width) {
		if (f->whole || f->at == f->bundle.len)
			return 0;
		return ERR_SET(err, ERR_CORRUPT,
			       "bytes behind the last entry of a bundle", 0);
	}
	rc = tile_bundle_next(f->bundle.bytes, f->bundle.len, &f->at, ret,
			      ret_len, &why);
	if (rc != 1)
		return 0;
	f->place++;
	return 1;
}

static uint64_t last_bundle(const struct tilefolder *f)
{
	return f->body.size == 0 ? 0 : (f->body.size - 1) / TILE_WIDTH;
}

static bool has_bundle(const struct tilefolder *f, uint64_t number)
{
	struct tile t = {.level = TILE_ENTRIES, .number = number};
	char path[TILE_PATH_BYTES];

	t.width = width_of(f, TILE_ENTRIES, number);
	if (t.width == 0)
		return false;
	tile_path(&t, path);
	if (is_there(f->fd, path))
		return true;
	if (t.width == TILE_WIDTH)
		return false;
	t.width = TILE_WIDTH;
	tile_path(&t, path);
	return is_there(f->fd, path);
}

/* The first bundle that is there: those before it were pruned.  Halving, as a
 * checkpoint nobody has verified yet may claim any size. */
static uint64_t first_bundle(const struct tilefolder *f)
{
	uint64_t without = 0, with = last_bundle(f);

	if (has_bundle(f, 0) || !has_bundle(f, with))
		return 0;
	while (with - without > 1) {
		uint64_t middle = without + (with - without) / 2;

		if (has_bundle(f, middle))
			with = middle;
		else
			without = middle;
	}
	return with;
}

/* What follows a bundle that is not there: the last one, which shows the gap,
 * or the end.  Not each in between, for the same reason. */
static void jump(struct tilefolder *f)
{
	uint64_t last = last_bundle(f);

	f->number = f->number < last && has_bundle(f, last) ? last : last + 1;
	f->loaded = false;
}

static int on_next(void *ctx, uint64_t *ret_index, const uint8_t **ret_entry,
		   size_t *ret_len, struct err *err)
{
	struct tilefolder *f = ctx;
	unsigned int width;
	int rc;

	while ((width = width_of(f, TILE_ENTRIES, f->number)) > 0) {
		struct err why = {0};

		if (!f->loaded && load_bundle(f, width, &why) != 0) {
			if (why.kind != ERR_ABSENT && why.kind != ERR_CORRUPT) {
				*err = why;
				return -1;
			}
			jump(f);
			continue;
		}
		rc = next_in_bundle(f, width, ret_entry, ret_len, err);
		if (rc < 0)
			return -1;
		if (rc == 1) {
			*ret_index = f->number * TILE_WIDTH + f->place - 1;
			return 1;
		}
		leave_bundle(f);
	}
	return 0;
}

/* --- opening -------------------------------------------------------------- */

static int read_note(struct tilefolder *f, struct err *err)
{
	struct note note;

	if (read_below(f->fd, "checkpoint", NOTE_BYTES_MAX, &f->note, err) != 0)
		return err->kind == ERR_ABSENT
			   ? ERR_SET(err, ERR_ABSENT,
				     "no file \"checkpoint\" in the folder", 0)
			   : -1;
	if (note_parse((const char *)f->note.bytes, f->note.len, &note, err) !=
	    0)
		return -1;
	return checkpoint_parse(note.text, note.text_len, &f->body, err);
}

int tilefolder_open(const char *path, struct tilefolder **ret, struct err *err)
{
	struct tilefolder *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "folder", 0);
	f->note = BUF_INIT(NOTE_BYTES_MAX);
	f->bundle = BUF_INIT(BUNDLE_BYTES_MAX);
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		(void)ERR_SET(err, ERR_ABSENT, "no such folder", errno);
	else if (read_note(f, err) == 0) {
		f->number = first_bundle(f);
		f->first = f->number * TILE_WIDTH;
		*ret = f;
		return 0;
	}
	tilefolder_close(&f);
	return -1;
}

void tilefolder_close(struct tilefolder **f)
{
	if (f == NULL || *f == NULL)
		return;
	if ((*f)->fd >= 0)
		(void)close((*f)->fd); /* read only */
	buf_free(&(*f)->note);
	buf_free(&(*f)->bundle);
	free(*f);
	*f = NULL;
}

const char *tilefolder_note(const struct tilefolder *f, size_t *ret_len)
{
	*ret_len = f->note.len;
	return (const char *)f->note.bytes;
}

void tilefolder_source(struct tilefolder *f, struct ledger_source *ret)
{
	*ret = (struct ledger_source){
	    .ctx = f, .next = on_next, .tile = on_tile, .first = f->first};
}
