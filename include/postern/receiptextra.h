/* receiptextra.h - what our receipts carry in their line "extra".
 *
 * A .tlog-proof proves an entry and does not hold it.  Ours hold it there, as
 *
 *   {"entry":<canonical entry>}
 *   {"entry":<canonical entry>,"opening":<JSON value>}
 *
 * The line is not authenticated and need not be: what is in it is believed
 * only if the proof includes it.  "opening" is what a person needs to show
 * that the entry's commitment is about them (record id, payload, key).  Also
 * taken: the bare canonical entry.  Pure. */
#ifndef POSTERN_RECEIPTEXTRA_H
#define POSTERN_RECEIPTEXTRA_H

#include <stdbool.h>

#include "postern/buf.h"

/* Appends it.  opening: a JSON value, or NULL. */
int receiptextra_print(const void *entry, size_t entry_len, const char *opening,
		       struct buf *ret, struct err *err);
/* The entry in it, borrowed; false: there is none. */
bool receiptextra_entry(const void *extra, size_t len, const void **ret_entry,
			size_t *ret_len);
/* The opening in it, borrowed, not read any further. */
bool receiptextra_opening(const void *extra, size_t len,
			  const void **ret_opening, size_t *ret_len);

#endif
