/* fuzz_outlive.c - any bytes as a line of withdrawals.log and of holds.log.
 *
 * Properties: what is taken is whole (one byte less or more is none), within
 * bounds, and written again it is the same, byte for byte. */
#include <stdlib.h>

#include "fuzz_house.h"
#include "worker/holdlog.h"
#include "worker/withdrawallog.h"

static void withdrawal(const uint8_t *data, size_t size)
{
	char line[WITHDRAWAL_LINE_MAX];
	struct withdrawal_line l, same;
	struct err err = {0};

	if (!withdrawal_line_parse(data, size, &l))
		return;
	MUST(l.at_ms >= 0 && l.purpose[0] != '\0');
	MUST(l.suppressed || (l.id > 0 && l.person > 0 && l.of > 0));
	MUST(withdrawal_line_print(&l, line, &err) == 0);
	MUST(strlen(line) == size && memcmp(line, data, size) == 0);
	MUST(!withdrawal_line_parse(data, size - 1, &same));
	line[size] = '\n'; /* in place of its NUL */
	MUST(!withdrawal_line_parse(line, size + 1, &same));
}

static void hold(const uint8_t *data, size_t size)
{
	struct buf again = BUF_INIT(HOLD_LINE_MAX);
	struct hold_line l = {0}, same = {0};
	struct err err = {0};

	if (hold_line_parse(data, size, &l)) {
		MUST(l.field[HOLD_F_ID].number > 0);
		MUST(l.sealed.len <= HOLD_SEALED_MAX);
		MUST(hold_line_print(&l, &again, &err) == 0);
		MUST(again.len == size && memcmp(again.bytes, data, size) == 0);
		MUST(!hold_line_parse(data, size - 1, &same));
		MUST(buf_append(&again, "\n", 1, &err) == 0);
		MUST(!hold_line_parse(again.bytes, again.len, &same));
	}
	buf_free(&l.sealed);
	buf_free(&same.sealed);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	withdrawal(data, size);
	hold(data, size);
	return 0;
}
