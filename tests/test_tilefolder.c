/* test_tilefolder.c - a log in a folder of files, read and checked.
 * Proves: compliance 6.5, L1; c2sp.org/tlog-tiles. */
#include "ledger_house.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "postern/tilefolder.h"

#define ENTRIES 70000 /* three levels of tiles */
#define SMALL	600

struct folder {
	char dir[64];
	struct ledger_signer signer;
	struct merkle_hash *leaves;
	uint64_t size;
};

/* --- writing one ---------------------------------------------------------- */

static void path_in(const struct folder *f, const char *name, char ret[160])
{
	(void)snprintf(ret, 160, "%s/%s", f->dir, name);
}

/* With the folders on the way. */
static void write_file(const struct folder *f, const char *name,
		       const void *bytes, size_t len)
{
	char path[160];
	int fd;

	path_in(f, name, path);
	for (char *at = path + strlen(f->dir) + 1;
	     (at = strchr(at, '/')) != NULL; at++) {
		*at = '\0';
		(void)mkdir(path, 0700); /* it may be there */
		*at = '/';
	}
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	(void)close(fd);
}

static void write_tile(const struct folder *f, const struct tile *t,
		       const void *bytes, size_t len)
{
	char name[TILE_PATH_BYTES];

	tile_path(t, name);
	write_file(f, name, bytes, len);
}

static void write_bundles(const struct folder *f)
{
	struct buf bundle = BUF_INIT(TILE_BYTES * 64);
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct err err = {0};

	for (uint64_t i = 0; i < f->size; i++) {
		struct tile t = {.level = TILE_ENTRIES, .number = i / 256};

		entry.len = 0;
		ledger_example_bytes(i, &entry);
		merkle_leaf(entry.bytes, entry.len, &f->leaves[i]);
		assert_int_equal(
		    tile_bundle_add(&bundle, entry.bytes, entry.len, &err), 0);
		t.width = (unsigned int)(i % 256) + 1;
		if (t.width < 256 && i + 1 < f->size)
			continue;
		write_tile(f, &t, bundle.bytes, bundle.len);
		bundle.len = 0;
	}
	buf_free(&bundle);
	buf_free(&entry);
}

/* Level by level; the hashes of one are roots of tiles of the one below. */
static void write_tiles(const struct folder *f, struct merkle_hash *hashes,
			uint64_t len)
{
	for (int level = 0; len > 0; level++, len /= 256)
		for (uint64_t n = 0; n * 256 < len; n++) {
			uint64_t left = len - n * 256;
			struct tile t = {.level = level, .number = n};

			t.width = left < 256 ? (unsigned int)left : 256;
			write_tile(f, &t, &hashes[n * 256], t.width * 32u);
			if (t.width == 256)
				tile_root(&hashes[n * 256], 256, &hashes[n]);
		}
}

static void sign(const struct folder *f, const struct merkle_edge *edge)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root;

	merkle_edge_root(edge, &root);
	ledger_note(&f->signer, edge->size, &root, &note);
	write_file(f, "checkpoint", note.bytes, note.len);
	buf_free(&note);
}

static int make(void **state, uint64_t size)
{
	struct folder *f = calloc(1, sizeof(*f));
	struct merkle_edge edge = {0};

	assert_non_null(f);
	f->size = size;
	f->leaves = calloc(size, sizeof(*f->leaves));
	assert_non_null(f->leaves);
	ledger_signer_make(&f->signer, 1, LEDGER_ORIGIN);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/postern-tiles-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	write_bundles(f);
	for (uint64_t i = 0; i < size; i++)
		merkle_edge_add(&edge, &f->leaves[i]);
	write_tiles(f, f->leaves, size);
	sign(f, &edge);
	*state = f;
	return 0;
}

static int make_small(void **state)
{
	return make(state, SMALL);
}

static int make_large(void **state)
{
	return make(state, ENTRIES);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static int end(void **state)
{
	struct folder *f = *state;

	assert_int_equal(nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	free(f->leaves);
	free(f);
	return 0;
}

/* --- checking one --------------------------------------------------------- */

static struct ledger_finding check(const struct folder *f)
{
	struct ledger_finding found = {0};
	struct ledger_source source;
	struct tilefolder *t = NULL;
	struct err err = {0};
	const char *note;
	size_t len;

	assert_int_equal(tilefolder_open(f->dir, &t, &err), 0);
	tilefolder_source(t, &source);
	note = tilefolder_note(t, &len);
	assert_int_equal(ledger_verify(&source, note, len, &f->signer.key, 1,
				       NULL, NULL, &found, &err),
			 0);
	tilefolder_close(&t);
	assert_null(t);
	return found;
}

static void expect(const struct folder *f, enum ledger_fault fault,
		   uint64_t index)
{
	struct ledger_finding found = check(f);

	assert_int_equal(found.fault, fault);
	assert_int_equal(found.index, index);
	assert_int_equal(found.size, f->size);
}

static void flip(const struct folder *f, const char *name, long at)
{
	char path[160], c;
	int fd;

	path_in(f, name, path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &c, 1, at), 1);
	c = (char)(c ^ 1);
	assert_int_equal(pwrite(fd, &c, 1, at), 1);
	(void)close(fd);
}

static void drop(const struct folder *f, const char *name)
{
	char path[160];

	path_in(f, name, path);
	assert_int_equal(unlink(path), 0);
}

/* --- cases ---------------------------------------------------------------- */

static void what_was_signed_is_sound(void **state)
{
	const struct folder *f = *state;
	struct ledger_finding found = check(f);

	assert_int_equal(found.fault, LEDGER_SOUND);
	assert_int_equal(found.size, f->size);
}

static void a_changed_entry_is_named(void **state)
{
	const struct folder *f = *state;

	/* A digit of the time of entry 256. */
	flip(f, "tile/entries/001", 40);
	expect(f, LEDGER_BAD_ENTRY, 256);
}

static void a_bundle_that_is_gone_is_a_gap(void **state)
{
	const struct folder *f = *state;

	drop(f, "tile/entries/001");
	expect(f, LEDGER_MISSING_ENTRY, 256);
}

static void what_is_missing_at_the_end_is_named(void **state)
{
	const struct folder *f = *state;

	drop(f, "tile/entries/002.p/88");
	expect(f, LEDGER_SHORT, 512);
}

/* Only the log itself can say that they went. */
static void what_is_missing_at_the_beginning_was_not_pruned(void **state)
{
	const struct folder *f = *state;

	drop(f, "tile/entries/000");
	expect(f, LEDGER_MISSING_ENTRY, 0);
}

static void a_bundle_that_breaks_off_is_named(void **state)
{
	const struct folder *f = *state;
	char path[160];
	struct stat st;

	path_in(f, "tile/entries/000", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - 1), 0);
	expect(f, LEDGER_MISSING_ENTRY, 255);
}

static void bytes_behind_a_bundle_are_noticed(void **state)
{
	const struct folder *f = *state;
	char path[160];
	int fd;

	path_in(f, "tile/entries/001", path);
	fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "\0\1x", 3), 3);
	(void)close(fd);
	expect(f, LEDGER_BAD_ENTRY, 512);
}

static void a_changed_or_shortened_tile_is_named(void **state)
{
	const struct folder *f = *state;
	char path[160];

	flip(f, "tile/0/001", 32 * 7);
	expect(f, LEDGER_BAD_TILE, 256 + 7);
	flip(f, "tile/0/001", 32 * 7);
	path_in(f, "tile/0/001", path);
	assert_int_equal(truncate(path, 8192 - 32), 0);
	assert_int_equal(check(f).fault, LEDGER_BAD_TILE);
	drop(f, "tile/0/001");
	assert_int_equal(check(f).fault, LEDGER_BAD_TILE);
}

/* The partial tile may go when the full one is there; its beginning is the
 * same. */
static void a_full_tile_stands_for_a_partial_one(void **state)
{
	const struct folder *f = *state;
	struct buf entry = BUF_INIT(LEDGER_ENTRY_MAX);
	struct buf bundle = BUF_INIT(TILE_BYTES * 64);
	struct merkle_hash hashes[256];
	struct err err = {0};

	for (uint64_t i = 0; i < 256; i++) {
		entry.len = 0;
		ledger_example_bytes(512 + i, &entry);
		merkle_leaf(entry.bytes, entry.len, &hashes[i]);
		assert_int_equal(
		    tile_bundle_add(&bundle, entry.bytes, entry.len, &err), 0);
	}
	drop(f, "tile/0/002.p/88");
	drop(f, "tile/entries/002.p/88");
	write_file(f, "tile/0/002", hashes, sizeof(hashes));
	write_file(f, "tile/entries/002", bundle.bytes, bundle.len);
	assert_int_equal(check(f).fault, LEDGER_SOUND);
	buf_free(&entry);
	buf_free(&bundle);
}

/* A folder from somebody else leads nowhere and stops nobody. */
static void links_and_pipes_are_not_there(void **state)
{
	const struct folder *f = *state;
	char path[160], other[160];

	path_in(f, "tile/entries/001", path);
	path_in(f, "elsewhere", other);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	expect(f, LEDGER_MISSING_ENTRY, 256);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	expect(f, LEDGER_MISSING_ENTRY, 256);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	expect(f, LEDGER_MISSING_ENTRY, 256);
}

static void a_folder_on_the_way_is_no_link(void **state)
{
	const struct folder *f = *state;
	char path[160], other[160];

	path_in(f, "tile/entries", path);
	path_in(f, "elsewhere", other);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	expect(f, LEDGER_SHORT, 0);
}

static void without_a_checkpoint_it_is_no_log(void **state)
{
	const struct folder *f = *state;
	struct tilefolder *t = NULL;
	struct err err = {0};

	assert_int_equal(tilefolder_open("/nowhere/at/all", &t, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	write_file(f, "checkpoint", "no note", 7);
	assert_int_equal(tilefolder_open(f->dir, &t, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	drop(f, "checkpoint");
	assert_int_equal(tilefolder_open(f->dir, &t, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_null(t);
	tilefolder_close(&t);
}

/* Signed by whoever made the folder. */
static void a_size_that_is_only_claimed_costs_nothing(void **state)
{
	const struct folder *f = *state;
	struct merkle_edge edge = {.size = UINT64_C(1) << 62};

	sign(f, &edge);
	assert_int_not_equal(check(f).fault, LEDGER_SOUND);
	drop(f, "tile/entries/000");
	assert_int_not_equal(check(f).fault, LEDGER_SOUND);
	write_tile(f,
		   &(struct tile){.level = TILE_ENTRIES,
				  .number = (UINT64_C(1) << 54) - 1,
				  .width = TILE_WIDTH},
		   "", 0);
	assert_int_not_equal(check(f).fault, LEDGER_SOUND);
}

static void other_files_are_read_up_to_a_bound(void **state)
{
	const struct folder *f = *state;
	struct buf text = BUF_INIT(64);
	struct tilefolder *t = NULL;
	struct err err = {0};

	write_file(f, "vkey", "a key", 5);
	assert_int_equal(tilefolder_open(f->dir, &t, &err), 0);
	assert_int_equal(tilefolder_file(t, "vkey", 5, &text, &err), 0);
	assert_memory_equal(text.bytes, "a key", 5);
	assert_int_equal(tilefolder_file(t, "vkey", 4, &text, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(tilefolder_file(t, "../vkey", 9, &text, &err), -1);
	tilefolder_close(&t);
	buf_free(&text);
}

#define SMALL_LOG(t) cmocka_unit_test_setup_teardown(t, make_small, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(what_was_signed_is_sound,
					    make_large, end),
	    SMALL_LOG(a_changed_entry_is_named),
	    SMALL_LOG(a_bundle_that_is_gone_is_a_gap),
	    SMALL_LOG(what_is_missing_at_the_end_is_named),
	    SMALL_LOG(what_is_missing_at_the_beginning_was_not_pruned),
	    SMALL_LOG(a_bundle_that_breaks_off_is_named),
	    SMALL_LOG(bytes_behind_a_bundle_are_noticed),
	    SMALL_LOG(a_changed_or_shortened_tile_is_named),
	    SMALL_LOG(a_full_tile_stands_for_a_partial_one),
	    SMALL_LOG(links_and_pipes_are_not_there),
	    SMALL_LOG(a_folder_on_the_way_is_no_link),
	    SMALL_LOG(without_a_checkpoint_it_is_no_log),
	    SMALL_LOG(a_size_that_is_only_claimed_costs_nothing),
	    SMALL_LOG(other_files_are_read_up_to_a_bound),
	};

	return cmocka_run_group_tests_name("tilefolder", tests, NULL, NULL);
}
