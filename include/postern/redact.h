/* redact.h - numbers and addresses in a text that somebody need not see.
 *
 * Pure, no allocation, time grows with the length of the text alone.  In doubt
 * more is taken out than less: separators of every kind, full-width digits
 * and small letters are seen through. */
#ifndef POSTERN_REDACT_H
#define POSTERN_REDACT_H

#include "postern/buf.h"
#include "postern/policy.h"

struct redact_match {
	size_t start, end; /* bytes of the text, end exclusive */
	size_t finder;	   /* index in finders */
};

/* The first match at or after from; where several begin at one place, the
 * longest.  False: none. */
bool redact_next(const struct policy_finder *finders, size_t finders_len,
		 const char *text, size_t text_len, size_t from,
		 struct redact_match *ret);

/* Bit k: finder k finds something when it looks alone.  One reading of the
 * text for all of them; at most POLICY_FINDERS_MAX. */
uint64_t redact_which(const struct policy_finder *finders, size_t finders_len,
		      const char *text, size_t text_len);

/* What a glance at every byte of a text tells: most texts have no number that
 * is long enough and no @, and need no search. */
struct redact_look {
	size_t digits, ats; /* at most so many */
};
void redact_look(const char *text, size_t text_len, struct redact_look *ret);
/* False: the finder finds nothing in that text. */
bool redact_may(const struct policy_finder *finder,
		const struct redact_look *look);

/*
 * redact_text - a text with labels in place of all that is found.
 *
 *   counts	of each finder; added to
 *   ret	appended to; NULL: only counts
 *
 * Returns 0, or -1 with ERR_INPUT (ret is full) or ERR_NOMEM.
 */
int redact_text(const struct policy_finder *finders, size_t finders_len,
		const char *text, size_t text_len, size_t *counts,
		struct buf *ret, struct err *err);

/* What stands in the text instead: "[IBAN]", "[KVNR]". */
#define REDACT_LABEL_BYTES (NAME_LEN_MAX + 3)
void redact_label(const struct policy_finder *finder,
		  char ret[REDACT_LABEL_BYTES]);

#endif
