/* redact.h - numbers and addresses in a text that somebody need not see.
 *
 * Pure, no allocation, time grows with the length of the text alone.  In doubt
 * more is taken out than less: separators of every kind, full-width digits
 * and small letters are seen through. */
#ifndef POSTERN_REDACT_H
#define POSTERN_REDACT_H

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

/* What stands in the text instead: "[IBAN]", "[KVNR]". */
#define REDACT_LABEL_BYTES (NAME_LEN_MAX + 3)
void redact_label(const struct policy_finder *finder,
		  char ret[REDACT_LABEL_BYTES]);

#endif
