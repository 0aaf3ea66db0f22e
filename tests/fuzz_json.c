/* fuzz_json.c - any bytes as JSON: our reader beside jansson's.
 *
 * The first byte chooses the flags.  Properties: both take the same texts and
 * make the same tree of them; what is printed of it reads back equal.  Only a
 * byte 0, which jansson passes over behind a number, we never take. */
#include <sodium.h>

#include "fuzz_house.h"
#include "postern/jsonmem.h"

static void check_print(const json_t *v)
{
	struct buf text = BUF_INIT(1 << 24);
	bool no_memory;
	json_t *again;

	MUST(jsonmem_print(v, JSON_COMPACT, &text, NULL) == 0);
	again = jsonmem_load(text.bytes, text.len, JSON_ALLOW_NUL, &no_memory);
	MUST(again != NULL && json_equal(v, again));
	json_decref(again);
	buf_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	uint8_t choice = feed_byte(&f);
	size_t flags = (choice & 1 ? JSON_ALLOW_NUL : 0) |
		       (choice & 2 ? JSON_REJECT_DUPLICATES : 0);
	bool no_memory = true;
	json_t *ours, *theirs;

	if (sodium_init() < 0)
		abort();
	ours = jsonmem_load(f.at, f.left, flags, &no_memory);
	MUST(!no_memory);
	if (memchr(f.at, '\0', f.left) != NULL) {
		MUST(ours == NULL);
		return 0;
	}
	theirs = json_loadb((const char *)f.at, f.left, flags, NULL);
	MUST((ours == NULL) == (theirs == NULL));
	if (ours != NULL) {
		MUST(json_equal(ours, theirs));
		check_print(ours);
	}
	json_decref(ours);
	json_decref(theirs);
	return 0;
}
