/* fuzz_tile.c - the name of a tile is read only as it would be written; a
 * bundle is what its entries make, or it is refused. */
#include "fuzz_house.h"
#include "postern/tile.h"

static void name_again(const char *path, size_t size)
{
	char again[TILE_PATH_BYTES];
	struct tile t;

	if (!tile_parse(path, size, &t))
		return;
	tile_path(&t, again);
	MUST(strlen(again) == size && memcmp(again, path, size) == 0);
	MUST(t.level >= TILE_ENTRIES && t.level <= TILE_LEVEL_MAX);
	MUST(t.width >= 1 && t.width <= TILE_WIDTH);
	MUST(!tile_in_tree(&t, 0));
	if (t.level <= 0 && t.number < UINT64_MAX / TILE_WIDTH - 1) {
		uint64_t end = t.number * TILE_WIDTH + t.width;

		MUST(tile_in_tree(&t, end) && !tile_in_tree(&t, end - 1));
		MUST(tile_partial_width(t.level, end) == t.width % TILE_WIDTH);
	}
}

static void bundle_again(const uint8_t *data, size_t size)
{
	struct buf b = BUF_INIT(size);
	const uint8_t *entry = NULL;
	size_t at = 0, len = 0;
	struct err err = {0};
	int rc;

	while ((rc = tile_bundle_next(data, size, &at, &entry, &len, &err)) ==
	       1) {
		MUST(entry >= data && entry + len == data + at);
		MUST(tile_bundle_add(&b, entry, len, NULL) == 0);
	}
	MUST(b.len == at && (at == 0 || memcmp(b.bytes, data, at) == 0));
	MUST(rc == 0 ? at == size : err.kind == ERR_CORRUPT);
	buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	name_again((const char *)data, size);
	bundle_again(data, size);
	return 0;
}
