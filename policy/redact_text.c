/* redact_text.c - whether a text is worth a search, and what is left of it. */
#include "postern/redact.h"

#include <string.h>

#define WIDE                                                            \
	0xef /* begins U+F000 to U+FFFF: digits of full width are there \
	      */

void redact_look(const char *text, size_t text_len, struct redact_look *ret)
{
	size_t digits = 0, ats = 0, wide = 0;

	for (size_t i = 0; i < text_len; i++) {
		unsigned char c = (unsigned char)text[i];

		digits += (unsigned int)(c - '0') < 10;
		ats += c == '@';
		wide += c == WIDE;
	}
	*ret = (struct redact_look){.digits = digits + wide, .ats = ats + wide};
}

/* Fewer digits than these are no match. */
static size_t digits_min(const struct policy_finder *finder)
{
	static const size_t least[FINDS] = {
	    [FIND_IBAN] = 2,  [FIND_CARD] = 13,	  [FIND_EMAIL] = 0,
	    [FIND_PHONE] = 7, [FIND_TAX_ID] = 11, [FIND_SOCIAL_INSURANCE] = 11,
	};
	size_t digits = 0;

	if (finder->find != FIND_PATTERN)
		return least[finder->find];
	for (const char *at = finder->shape; *at != '\0'; at++)
		digits += *at == '#';
	return digits;
}

bool redact_may(const struct policy_finder *finder,
		const struct redact_look *look)
{
	if (finder->find == FIND_EMAIL)
		return look->ats > 0;
	return look->digits >= digits_min(finder);
}

int redact_text(const struct policy_finder *finders, size_t finders_len,
		const char *text, size_t text_len, size_t *counts,
		struct buf *ret, struct err *err)
{
	char label[REDACT_LABEL_BYTES];
	struct redact_match match;
	size_t at = 0;

	while (redact_next(finders, finders_len, text, text_len, at, &match)) {
		counts[match.finder]++;
		redact_label(&finders[match.finder], label);
		if (ret &&
		    (buf_append(ret, text + at, match.start - at, err) != 0 ||
		     buf_append_text(ret, label, err) != 0))
			return -1;
		at = match.end;
	}
	return ret ? buf_append(ret, text + at, text_len - at, err) : 0;
}
