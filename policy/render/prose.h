/* prose.h - text in one of two languages, growing in a buffer.
 *
 * The first failure is kept and everything after it does nothing, so that
 * whoever writes looks at failed once, at the end. */
#ifndef POSTERN_RENDER_PROSE_H
#define POSTERN_RENDER_PROSE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "postern/buf.h"
#include "postern/tongue.h"

struct prose {
	struct buf *out;
	enum tongue tongue;
	bool failed;
	struct err err;
};

/* Both are literals, so that the compiler checks either as a format. */
#define TR(t, de, en) ((t)->tongue == TONGUE_EN ? (en) : (de))

__attribute__((format(printf, 2, 3))) void prose_add(struct prose *t,
						     const char *format, ...);
__attribute__((format(printf, 2, 0))) void prose_args(struct prose *t,
						      const char *format,
						      va_list args);
void prose_bytes(struct prose *t, const char *text, size_t len);
/* What others wrote, for a terminal: control characters become U+FFFD, and so
 * does what is no UTF-8. */
void prose_foreign(struct prose *t, const char *text, size_t len);
/* The same in quotation marks. */
void prose_quote(struct prose *t, const char *text, size_t len);
/* Before item i of a list of len: "", ", " or " und ". */
void prose_between(struct prose *t, size_t i, size_t len);
/* 0, or -1 with what went wrong first. */
int prose_end(const struct prose *t, struct err *err);

#endif
