/* test_tile.c - names and contents of tiles.
 * Proves: compliance 6.5; c2sp.org/tlog-tiles. */
#include "proof_house.h"

#include <sodium.h>

#include "postern/tile.h"

static bool parses(const char *path, struct tile *ret)
{
	return tile_parse(path, strlen(path), ret);
}

/* --- names ---------------------------------------------------------------- */

static void names_are_those_of_the_example(void **state)
{
	json_t *json = fixture_json("c2sp/tiles-size-1000.json"), *path;
	json_t *paths = json_object_get(json, "index_path_encoding");
	const char *number;

	(void)state;
	assert_true(json_object_size(paths) >= 6);
	json_object_foreach(paths, number, path)
	{
		struct tile t = {.width = TILE_WIDTH}, back;
		char want[TILE_PATH_BYTES], got[TILE_PATH_BYTES];

		t.number = strtoull(number, NULL, 10);
		(void)snprintf(want, sizeof(want), "tile/0/%s",
			       json_string_value(path));
		tile_path(&t, got);
		assert_string_equal(got, want);
		assert_true(parses(want, &back));
		assert_true(back.level == 0 && back.width == TILE_WIDTH);
		assert_true(back.number == t.number);
	}
	json_decref(json);
}

static void a_name_is_read_as_it_was_written(void **state)
{
	static const uint64_t numbers[] = {
	    0, 1, 999, 1000, 999999, 1000000, 1234067, UINT32_MAX, UINT64_MAX};
	static const unsigned int widths[] = {1, 9, 10, 99, 100, 255, 256};

	(void)state;
	for (int level = TILE_ENTRIES; level <= TILE_LEVEL_MAX; level++)
		for (size_t n = 0; n < LEN(numbers); n++)
			for (size_t w = 0; w < LEN(widths); w++) {
				struct tile t = {level, numbers[n], widths[w]};
				struct tile back;
				char path[TILE_PATH_BYTES];

				tile_path(&t, path);
				assert_true(parses(path, &back));
				assert_true(back.level == t.level &&
					    back.number == t.number &&
					    back.width == t.width);
			}
}

static void what_is_no_name_is_refused(void **state)
{
	static const char *const bad[] = {
	    "",
	    "tile",
	    "tile/0/",
	    "/tile/0/000",
	    "tile//000",
	    "tile/0/000/",
	    "tile/0/00",
	    "tile/0/0000",
	    "tile/0/x000",
	    "tile/0/x000/000",
	    "tile/0/x000/001",
	    "tile/0/001/000",
	    "tile/0/x001/x000",
	    "tile/0/x001/0000",
	    "tile/0/X001/000",
	    "tile/0/x01/000",
	    "tile/0/00a",
	    "tile/0/-01",
	    "tile/0/000.p",
	    "tile/0/000.p/",
	    "tile/0/000.p/0",
	    "tile/0/000.p/01",
	    "tile/0/000.p/256",
	    "tile/0/000.p/1000",
	    "tile/0/000.p/4294967297",
	    "tile/0/000.p/1/",
	    "tile/0/000.p/1 ",
	    "tile/0/000.q/1",
	    "tile/00/000",
	    "tile/8/000",
	    "tile/63/000",
	    "tile/-1/000",
	    "tile/entries",
	    "tile/entries/0",
	    "tile/entrie/000",
	    "tile/data/000",
	    "tile/0/../0/000",
	    /* 2^64, and more */
	    "tile/0/x018/x446/x744/x073/x709/x551/616",
	    "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
	    "tile/0/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/x1/1",
	};
	struct tile t = {7, 7, 7};

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		if (parses(bad[i], &t))
			fail_msg("read: %s", bad[i]);
	assert_false(tile_parse("tile/0/000\0", 11, &t));
	assert_true(t.level == 7 && t.number == 7 && t.width == 7);
	assert_true(parses("tile/0/x018/x446/x744/x073/x709/x551/615", &t));
	assert_true(t.number == UINT64_MAX);
}

/* --- which there are ------------------------------------------------------ */

/* The text's own example: a tree of 70,000. */
static void a_tree_has_its_tiles_and_no_others(void **state)
{
	static const struct {
		struct tile t;
		bool there;
	} cases[] = {
	    {{0, 272, 256}, true},
	    {{0, 273, 112}, true},
	    {{0, 273, 111}, true}, /* of an earlier size */
	    {{0, 273, 113}, false},
	    {{0, 273, 256}, false},
	    {{0, 274, 1}, false},
	    {{1, 0, 256}, true},
	    {{1, 1, 17}, true},
	    {{1, 1, 18}, false},
	    {{2, 0, 1}, true},
	    {{2, 0, 2}, false},
	    {{3, 0, 1}, false},
	    {{TILE_ENTRIES, 273, 112}, true},
	    {{TILE_ENTRIES, 273, 113}, false},
	    {{0, UINT64_MAX, 1}, false},
	    {{7, 0, 1}, false},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++)
		assert_int_equal(tile_in_tree(&cases[i].t, 70000),
				 cases[i].there);
	assert_int_equal(tile_partial_width(0, 70000), 112);
	assert_int_equal(tile_partial_width(TILE_ENTRIES, 70000), 112);
	assert_int_equal(tile_partial_width(1, 70000), 17);
	assert_int_equal(tile_partial_width(2, 70000), 1);
	assert_int_equal(tile_partial_width(3, 70000), 0);
	assert_int_equal(tile_partial_width(0, 256), 0);
	assert_int_equal(tile_partial_width(1, 256), 1);
	assert_int_equal(tile_partial_width(7, UINT64_MAX), 255);
	assert_true(tile_in_tree(&(struct tile){7, 0, 255}, UINT64_MAX));
	assert_false(tile_in_tree(&(struct tile){7, 0, 256}, UINT64_MAX));
	assert_false(tile_in_tree(&(struct tile){0, 0, 1}, 0));
}

/* --- contents ------------------------------------------------------------- */

static struct tree_of tree;

/* The bytes of a tile of the example log. */
static void content(const struct tile *t, struct buf *ret)
{
	char entry[32];

	for (uint64_t i = 0; i < t->width; i++) {
		uint64_t at = t->number * TILE_WIDTH + i;
		size_t len = example_entry(at, entry);

		if (t->level == TILE_ENTRIES)
			assert_int_equal(tile_bundle_add(ret, entry, len, NULL),
					 0);
		else
			assert_int_equal(
			    buf_append(ret, &tree.roots[8 * t->level][at], 32,
				       NULL),
			    0);
	}
}

static void tiles_are_those_of_the_example(void **state)
{
	json_t *json = fixture_json("c2sp/tiles-size-1000.json"), *row;
	json_t *rows = json_object_get(json, "resources");
	struct buf bytes = BUF_INIT(65536);
	uint8_t want[32], got[32];
	size_t i;

	(void)state;
	tree_fill(&tree, 1000);
	assert_int_equal(json_array_size(rows), 7);
	json_array_foreach(rows, i, row)
	{
		const char *hex = row_text(row, "sha256_of_tile");
		struct tile t;

		assert_true(parses(row_text(row, "path"), &t));
		assert_int_equal(
		    t.width, json_integer_value(json_object_get(row, "width")));
		assert_true(tile_in_tree(&t, 1000));
		buf_clear(&bytes);
		content(&t, &bytes);
		assert_true(hex_decode(hex, strlen(hex), want, 32));
		(void)crypto_hash_sha256(got, bytes.bytes, bytes.len);
		assert_memory_equal(got, want, 32);
	}
	buf_free(&bytes);
	json_decref(json);
}

static void a_full_tile_is_one_hash_above(void **state)
{
	struct merkle_hash got, want;

	(void)state;
	tree_fill(&tree, 1000);
	for (size_t n = 0; n < 3; n++) {
		tile_root(&tree.roots[0][n * TILE_WIDTH], TILE_WIDTH, &got);
		assert_true(merkle_equal(&got, &tree.roots[8][n]));
	}
	for (size_t width = 1; width <= TILE_WIDTH; width++) {
		tile_root(tree.roots[0], width, &got);
		naive_mth(&tree, 0, width, &want);
		assert_true(merkle_equal(&got, &want));
	}
}

/* --- bundles -------------------------------------------------------------- */

static void a_bundle_gives_what_was_put_in(void **state)
{
	static uint8_t longest[TILE_ENTRY_MAX];
	const size_t lens[] = {0, 1, 300, TILE_ENTRY_MAX, 0};
	struct buf bundle = BUF_INIT(1 << 20);
	const uint8_t *entry;
	size_t at = 0, len;

	(void)state;
	memset(longest, 0xa5, sizeof(longest));
	for (size_t i = 0; i < LEN(lens); i++)
		assert_int_equal(
		    tile_bundle_add(&bundle, longest, lens[i], NULL), 0);
	for (size_t i = 0; i < LEN(lens); i++) {
		assert_int_equal(tile_bundle_next(bundle.bytes, bundle.len, &at,
						  &entry, &len, NULL),
				 1);
		assert_int_equal(len, lens[i]);
		assert_memory_equal(entry, longest, len);
	}
	assert_int_equal(
	    tile_bundle_next(bundle.bytes, bundle.len, &at, &entry, &len, NULL),
	    0);
	buf_free(&bundle);
}

static void a_bundle_that_ends_early_is_corrupt(void **state)
{
	static const uint8_t bundle[] = {0, 2, 'a', 'b', 0, 3, 'c', 'd'};
	const uint8_t *entry;
	size_t at = 0, len;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    tile_bundle_next(bundle, sizeof(bundle), &at, &entry, &len, &err),
	    1);
	assert_int_equal(at, 4);
	for (size_t end = 5; end <= sizeof(bundle); end++) {
		assert_int_equal(
		    tile_bundle_next(bundle, end, &at, &entry, &len, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_int_equal(at, 4);
	}
}

static void what_does_not_fit_leaves_nothing(void **state)
{
	static uint8_t longest[TILE_ENTRY_MAX + 1];
	struct buf bundle = BUF_INIT(1 << 20);
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    tile_bundle_add(&bundle, longest, sizeof(longest), &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(bundle.len, 0);
	bundle.cap = 100;
	assert_int_equal(tile_bundle_add(&bundle, longest, 98, &err), 0);
	assert_int_equal(tile_bundle_add(&bundle, longest, 0, &err), -1);
	assert_int_equal(bundle.len, 100);
	buf_free(&bundle);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_those_of_the_example),
	    cmocka_unit_test(a_name_is_read_as_it_was_written),
	    cmocka_unit_test(what_is_no_name_is_refused),
	    cmocka_unit_test(a_tree_has_its_tiles_and_no_others),
	    cmocka_unit_test(tiles_are_those_of_the_example),
	    cmocka_unit_test(a_full_tile_is_one_hash_above),
	    cmocka_unit_test(a_bundle_gives_what_was_put_in),
	    cmocka_unit_test(a_bundle_that_ends_early_is_corrupt),
	    cmocka_unit_test(what_does_not_fit_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
