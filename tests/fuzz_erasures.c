/* fuzz_erasures.c - any bytes as erasures.log.
 *
 * Properties: exactly the whole lines of ours are erasures, wherever they
 * stand and whatever stands around them; each has one spelling, the one that
 * was written but for the number of keys. */
#include <sodium.h>

#include "fuzz_house.h"
#include "keeper/vault.h"

#define LINE_BYTES_MAX 128

static void check_spelling(const uint8_t *line, size_t len,
			   const struct erasure *e)
{
	struct buf again = BUF_INIT(LINE_BYTES_MAX);
	struct erasure same;

	MUST(e->at_ms >= 0 && e->person >= 0);
	MUST(erasure_note(&again, e->at_ms, e->person,
			  e->all ? NULL : &e->datenart, 1, NULL) == 0);
	MUST(erasure_parse(again.bytes, again.len, &same));
	MUST(same.at_ms == e->at_ms && same.person == e->person);
	MUST(same.all == e->all);
	MUST(e->all || strcmp(same.datenart.text, e->datenart.text) == 0);
	/* One byte less is no line, one more neither. */
	MUST(!erasure_parse(line, len - 1, &same));
	buf_free(&again);
}

/* The next whole line of ours from *at on; NULL: there is none. */
static const uint8_t *next_of(const uint8_t **at, const uint8_t *end,
			      size_t *ret_len, struct erasure *ret)
{
	while (*at < end) {
		const uint8_t *line = *at;
		const uint8_t *stop = memchr(line, '\n', (size_t)(end - line));

		*at = stop != NULL ? stop + 1 : end;
		*ret_len = (size_t)(*at - line);
		if (*ret_len <= LINE_BYTES_MAX &&
		    erasure_parse(line, *ret_len, ret))
			return line;
	}
	return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *at = data, *line;
	struct erasure got, want;
	FILE *file;
	size_t len;
	int rc;

	if (size == 0)
		return 0;
	file = fmemopen((void *)(uintptr_t)data, size, "r");
	MUST(file != NULL);
	while ((rc = erasure_next(file, &got, NULL)) == 1) {
		line = next_of(&at, data + size, &len, &want);
		MUST(line != NULL);
		MUST(got.at_ms == want.at_ms && got.person == want.person);
		check_spelling(line, len, &got);
	}
	MUST(rc == 0);
	MUST(next_of(&at, data + size, &len, &want) == NULL);
	(void)fclose(file);
	return 0;
}
