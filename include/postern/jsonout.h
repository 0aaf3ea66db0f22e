/* jsonout.h - JSON texts, written straight into a buffer that is wiped. */
#ifndef POSTERN_JSONOUT_H
#define POSTERN_JSONOUT_H

#include "postern/buf.h"

/* How many bytes from s on are ASCII and stand in JSON for themselves: no
 * control character, quote or backslash. */
size_t jsonout_plain(const uint8_t *s, size_t len);

/* Appends text in quotes, escaped.  ERR_INPUT: not UTF-8, or the buffer's cap
 * passed; what was appended until then stays. */
int jsonout_text(struct buf *b, const char *text, size_t len, struct err *err);

#endif
