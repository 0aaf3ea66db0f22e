/* fuzz_exportline.c - a line of an exported log is read only as it would be
 * written; what is found in the extra of a receipt is an entry, and lies in
 * it. */
#include "fuzz_house.h"
#include "postern/exportline.h"
#include "postern/receiptextra.h"
#include "postern/receiptopening.h"

static void line_again(const char *text, size_t size)
{
	struct buf again = BUF_INIT(EXPORTLINE_BYTES_MAX + 1);
	struct exportline line;
	struct err err = {0};

	if (exportline_parse(text, size, &line, &err) != 0) {
		MUST(err.kind == ERR_INPUT);
		return;
	}
	MUST((const char *)line.entry >= text &&
	     (const char *)line.entry + line.entry_len <= text + size);
	MUST(exportline_print(&line, &again, &err) == 0);
	MUST(again.len == size + 1 && memcmp(again.bytes, text, size) == 0);
	buf_free(&again);
}

static void extra_again(const char *extra, size_t size)
{
	struct buf again = BUF_INIT(size + 64);
	struct receiptopening opening;
	const void *entry, *found;
	struct ledger_told told;
	size_t len, found_len;

	if (receiptextra_opening(extra, size, &entry, &len)) {
		MUST((const char *)entry + len < extra + size);
		if (receiptopening_read(entry, len, &opening))
			MUST(strlen(opening.payload) == opening.payload_len);
	}
	if (!receiptextra_entry(extra, size, &entry, &len))
		return;
	MUST(ledger_entry_parse(entry, len, &told, NULL) == 0);
	MUST(receiptextra_print(entry, len, "1", &again, NULL) == 0);
	MUST(receiptextra_entry(again.bytes, again.len, &found, &found_len));
	MUST(found_len == len && memcmp(found, entry, len) == 0);
	MUST(receiptextra_opening(again.bytes, again.len, &found, &found_len));
	MUST(found_len == 1);
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	line_again((const char *)data, size);
	extra_again((const char *)data, size);
	return 0;
}
