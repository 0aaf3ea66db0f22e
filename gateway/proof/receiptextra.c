/* receiptextra.c - what our receipts carry in their line "extra". */
#include "postern/receiptextra.h"

#include <string.h>

#include "postern/ledgerentry.h"

#define ENTRY	"{\"entry\":"
#define OPENING ",\"opening\":"

int receiptextra_print(const void *entry, size_t entry_len, const char *opening,
		       struct buf *ret, struct err *err)
{
	if (buf_append_text(ret, ENTRY, err) != 0 ||
	    buf_append(ret, entry, entry_len, err) != 0)
		return -1;
	if (opening != NULL && (buf_append_text(ret, OPENING, err) != 0 ||
				buf_append_text(ret, opening, err) != 0))
		return -1;
	return buf_append_u8(ret, '}', err);
}

static bool is_entry(const void *bytes, size_t len)
{
	struct ledger_told told;

	return len <= LEDGER_ENTRY_MAX &&
	       ledger_entry_parse(bytes, len, &told, NULL) == 0;
}

/* An entry has no object in it and no text that could hold a brace, so it
 * ends at the first one. */
static size_t entry_at(const char *text, size_t len)
{
	const size_t head = sizeof(ENTRY) - 1;
	const char *end;

	if (len <= head || memcmp(text, ENTRY, head) != 0)
		return 0;
	end = memchr(text + head, '}', len - head);
	return end != NULL ? (size_t)(end - (text + head)) + 1 : 0;
}

bool receiptextra_entry(const void *extra, size_t len, const void **ret_entry,
			size_t *ret_len)
{
	const char *text = extra;
	size_t inner = entry_at(text, len);

	if (inner > 0 && is_entry(text + sizeof(ENTRY) - 1, inner)) {
		*ret_entry = text + sizeof(ENTRY) - 1;
		*ret_len = inner;
		return true;
	}
	if (!is_entry(extra, len))
		return false;
	*ret_entry = extra;
	*ret_len = len;
	return true;
}

bool receiptextra_opening(const void *extra, size_t len,
			  const void **ret_opening, size_t *ret_len)
{
	const char *text = extra;
	size_t at = entry_at(text, len);
	const size_t head = sizeof(OPENING) - 1;

	if (at == 0)
		return false;
	at += sizeof(ENTRY) - 1;
	if (len < at + head + 2 || memcmp(text + at, OPENING, head) != 0 ||
	    text[len - 1] != '}')
		return false;
	*ret_opening = text + at + head;
	*ret_len = len - 1 - at - head;
	return true;
}
