/* ledgerpublish.c - tiles and bundles first, the checkpoint last: whoever reads
 * the checkpoint finds all it covers.
 *
 * How far the folder is, its own checkpoint says: after a crash, files are
 * written again from there.  Partial tiles go once their tile is full, bundles
 * once their entries are pruned. */
#include "ledgerpublish.h"

#include <fcntl.h>
#include <unistd.h>

#include "ledgerfile.h"
#include "postern/keeperlog.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "postern/tile.h"

#define LOOK_MS	     500
#define RETRY_MS     60000
#define FILES_MAX    8 /* of one turn: each is synced */
#define REMOVE_MAX   256
#define BUNDLE_BYTES (TILE_WIDTH * (2 + LEDGER_ENTRY_MAX))
#define KEYS_FILE    "vkey" /* gateway/verify/wholelog.c reads it */
#define KEYS_BYTES   (KEEPER_LOG_KEYS_MAX * (NOTE_VKEY_BYTES + 1))

struct ledger_publish {
	char folder[640];
	int64_t look_boot_ms;
	bool said;	  /* that it fails */
	uint64_t done;	  /* size of what is published */
	struct buf shown; /* the checkpoint there is */
	struct buf keys;  /* and the keys, as they were written */
	/* what is being written; size 0: nothing */
	struct buf note;
	uint64_t size;
	int level;
	uint64_t number;
	uint64_t gone; /* bundles before it are removed */
};

/* --- opening -------------------------------------------------------------- */

/* What stands in the folder; anything else is written over. */
static void read_shown(struct ledger_publish *p)
{
	char path[720], bytes[NOTE_BYTES_MAX];
	struct checkpoint c;
	struct note note;
	struct err err;
	ssize_t len = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "%s/" LEDGER_CHECKPOINT_FILE,
		       p->folder);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	len = read(fd, bytes, sizeof(bytes));
	(void)close(fd); /* only read from */
	if (len <= 0 || note_parse(bytes, (size_t)len, &note, &err) != 0 ||
	    checkpoint_parse(note.text, note.text_len, &c, &err) != 0 ||
	    buf_append(&p->shown, bytes, (size_t)len, &err) != 0)
		return;
	p->done = c.size;
}

int ledgerpublish_open(struct worker *w, struct ledger_publish **ret,
		       struct err *err)
{
	struct ledger_publish *p;
	int n;

	if (!w->settings->ledger.publish)
		return 0;
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		return ERR_SET(err, ERR_NOMEM, "publishing", 0);
	p->shown = BUF_INIT(NOTE_BYTES_MAX);
	p->note = BUF_INIT(NOTE_BYTES_MAX);
	p->keys = BUF_INIT(KEYS_BYTES);
	n = snprintf(p->folder, sizeof(p->folder), "%s/" LEDGER_FOLDER,
		     w->settings->dir);
	if (n < 0 || (size_t)n >= sizeof(p->folder)) {
		free(p);
		return ERR_SET(err, ERR_INPUT, "path too long", 0);
	}
	read_shown(p);
	*ret = p;
	return 0;
}

void ledgerpublish_close(struct ledger_publish **p)
{
	if (*p == NULL)
		return;
	buf_free(&(*p)->shown);
	buf_free(&(*p)->note);
	buf_free(&(*p)->keys);
	free(*p);
	*p = NULL;
}

/* --- files ---------------------------------------------------------------- */

static int put_hashes(struct worker *w, const struct tile *t, const char *path,
		      struct err *err)
{
	struct merkle_hash hashes[TILE_WIDTH];
	unsigned int width = 0;

	if (ledger_tile(w->store, t->level, t->number, hashes, &width, err) !=
	    0)
		return -1;
	if (width < t->width)
		return ERR_SET(err, ERR_CORRUPT, "a tile is too short", 0);
	return ledgerfile_put(w->publish->folder, path, hashes,
			      t->width * sizeof(hashes[0]), err);
}

/* Pruned ones are left out. */
static int put_entries(struct worker *w, const struct tile *t, const char *path,
		       struct err *err)
{
	struct buf bundle = BUF_INIT(BUNDLE_BYTES);
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	int rc = 0;

	for (unsigned int i = 0; i < t->width && rc == 0; i++) {
		entry.len = 0;
		rc = ledger_read(w->store, t->number * TILE_WIDTH + i, &entry,
				 err);
		if (rc == 0)
			rc = tile_bundle_add(&bundle, entry.bytes, entry.len,
					     err);
	}
	if (rc == 0)
		rc = ledgerfile_put(w->publish->folder, path, bundle.bytes,
				    bundle.len, err);
	else if (err->kind == ERR_ABSENT)
		rc = 0;
	buf_free(&entry);
	buf_free(&bundle);
	return rc;
}

static int put_tile(struct worker *w, const struct tile *t, struct err *err)
{
	char path[TILE_PATH_BYTES], partial[TILE_PATH_BYTES + 2];
	int rc;

	tile_path(t, path);
	rc = t->level == TILE_ENTRIES ? put_entries(w, t, path, err)
				      : put_hashes(w, t, path, err);
	if (rc == 0 && t->width == TILE_WIDTH) {
		(void)snprintf(partial, sizeof(partial), "%s.p", path);
		ledgerfile_remove(w->publish->folder, partial);
	}
	return rc;
}

/* Hashes, or entries, that a level has in a tree of this size. */
static uint64_t level_width(int level, uint64_t size)
{
	return level <= 0 ? size : size >> (TILE_HEIGHT * level);
}

/* To the first tile of the next level that has something new. */
static void next_level(struct ledger_publish *p)
{
	do
		p->level++;
	while (p->level <= TILE_LEVEL_MAX &&
	       level_width(p->level, p->size) ==
		   level_width(p->level, p->done));
	p->number = p->level <= TILE_LEVEL_MAX
			? level_width(p->level, p->done) / TILE_WIDTH
			: 0;
}

/* The next tile; false: all are written. */
static bool next_tile(struct ledger_publish *p, struct tile *ret)
{
	uint64_t width, left;

	while (p->level <= TILE_LEVEL_MAX) {
		width = level_width(p->level, p->size);
		if (p->number * TILE_WIDTH < width) {
			left = width - p->number * TILE_WIDTH;
			*ret = (struct tile){.level = p->level,
					     .number = p->number,
					     .width = left < TILE_WIDTH
							  ? (unsigned int)left
							  : TILE_WIDTH};
			return true;
		}
		next_level(p);
	}
	return false;
}

/* --- turns ---------------------------------------------------------------- */

static bool shows(const struct ledger_publish *p, const struct buf *note)
{
	return p->shown.len == note->len &&
	       memcmp(p->shown.bytes, note->bytes, note->len) == 0;
}

/* Is there a note that is not shown yet?  Also with one more cosignature. */
static int begin(struct worker *w, struct err *err)
{
	struct ledger_publish *p = w->publish;
	struct checkpoint c;
	int64_t at_ms;

	p->note.len = 0;
	if (ledger_last(w->store, &p->note, &c, &at_ms, err) != 0)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (shows(p, &p->note))
		return 0;
	/* A folder of another log, or of a later one: from the beginning. */
	if (p->done > c.size)
		p->done = 0;
	p->size = c.size;
	p->level = TILE_ENTRIES;
	p->number = p->done / TILE_WIDTH;
	if (p->done == p->size)
		p->level = TILE_LEVEL_MAX + 1;
	return 0;
}

/* A line for each key the log was ever signed with. */
static int print_keys(struct worker *w, struct buf *ret, struct err *err)
{
	struct keeper_log_key *keys =
	    calloc(KEEPER_LOG_KEYS_MAX, sizeof(*keys));
	char vkey[NOTE_VKEY_BYTES];
	size_t len = 0;
	int rc;

	if (keys == NULL)
		return ERR_SET(err, ERR_NOMEM, "keys of the log", 0);
	rc = keeper_log_keys(w->keeper, keys, &len, err);
	for (size_t i = 0; i < len && rc == 0; i++) {
		note_key_print(&keys[i].key, vkey);
		rc = buf_append_text(ret, vkey, err);
		if (rc == 0)
			rc = buf_append_u8(ret, '\n', err);
	}
	free(keys);
	return rc;
}

/* Who has no key from elsewhere can at least see that the folder agrees with
 * itself.  While the keeper cannot be asked, the file stays as it is. */
static int put_keys(struct worker *w, struct err *err)
{
	struct ledger_publish *p = w->publish;
	struct buf keys = BUF_INIT(KEYS_BYTES);
	struct err why = {0};
	int rc = 0;

	if (print_keys(w, &keys, &why) == 0 &&
	    (keys.len != p->keys.len ||
	     memcmp(keys.bytes, p->keys.bytes, keys.len) != 0)) {
		rc = ledgerfile_put(p->folder, KEYS_FILE, keys.bytes, keys.len,
				    err);
		p->keys.len = 0;
		if (rc == 0)
			rc = buf_append(&p->keys, keys.bytes, keys.len, err);
	}
	buf_free(&keys);
	return rc;
}

static int finish(struct worker *w, struct err *err)
{
	struct ledger_publish *p = w->publish;

	if (put_keys(w, err) != 0 ||
	    ledgerfile_put(p->folder, LEDGER_CHECKPOINT_FILE, p->note.bytes,
			   p->note.len, err) != 0)
		return -1;
	p->shown.len = 0;
	if (buf_append(&p->shown, p->note.bytes, p->note.len, err) != 0)
		return -1;
	p->done = p->size;
	p->size = 0;
	return 0;
}

static int write_some(struct worker *w, struct err *err)
{
	struct ledger_publish *p = w->publish;
	struct tile t;

	for (int i = 0; i < FILES_MAX; i++) {
		if (!next_tile(p, &t))
			return finish(w, err);
		if (put_tile(w, &t, err) != 0)
			return -1;
		p->number++;
	}
	return 0;
}

/* Bundles of pruned entries. */
static int remove_some(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_publish *p = w->publish;
	char path[TILE_PATH_BYTES];
	uint64_t first = 0;

	if (ledger_first(w->store, &first, err) != 0)
		return -1;
	for (int i = 0; i < REMOVE_MAX && p->gone < first / TILE_WIDTH; i++) {
		tile_path(&(struct tile){.level = TILE_ENTRIES,
					 .number = p->gone++,
					 .width = TILE_WIDTH},
			  path);
		ledgerfile_remove(p->folder, path);
		*ret_moved = true;
	}
	return 0;
}

static int turn(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_publish *p = w->publish;

	if (p->size == 0 && begin(w, err) != 0)
		return -1;
	if (p->size == 0)
		return remove_some(w, ret_moved, err);
	*ret_moved = true;
	return write_some(w, err);
}

int ledgerpublish_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_publish *p = w->publish;

	if (p == NULL || (p->size == 0 && worker_boot(w) < p->look_boot_ms))
		return 0;
	p->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (turn(w, ret_moved, err) == 0) {
		p->said = false;
		return 0;
	}
	if (err->kind != ERR_BUSY)
		return -1;
	/* The folder; nothing else waits for it. */
	if (!p->said)
		LOG(LOG_LEVEL_WARN, "ledger.publish_fails", LOG_ERR(err));
	p->said = true;
	p->size = 0;
	p->look_boot_ms = worker_boot(w) + RETRY_MS;
	return 0;
}
