/* redact_text.c - whether a text is worth a search, and what is left of it. */
#include "postern/redact.h"

#include <stdint.h>
#include <string.h>

#define WIDE                                                            \
	0xef /* begins U+F000 to U+FFFF: digits of full width are there \
	      */

static size_t count_byte(const char *text, size_t len, int byte)
{
	const char *end = text + len;
	size_t n = 0;

	while (text < end &&
	       (text = memchr(text, byte, (size_t)(end - text))) != NULL) {
		text++;
		n++;
	}
	return n;
}

#define BYTES(b) (UINT64_C(0x0101010101010101) * (b))
#define EIGHTS	 31 /* of eight each, so that their sum fits into a byte */

/* ASCII digits, eight bytes at a time: of '0' to '9' and only of them
 * byte ^ '0' is below 10, so that adding 0x76 leaves the highest bit alone. */
static size_t count_digits(const char *text, size_t len)
{
	size_t digits = 0, i = 0;
	uint64_t eight, sum;

	while (len - i >= 8) {
		sum = 0;
		for (int k = 0; k < EIGHTS && len - i >= 8; k++, i += 8) {
			memcpy(&eight, text + i, 8);
			eight ^= BYTES('0');
			eight |= (eight & BYTES(0x7f)) + BYTES(0x76);
			sum += ~eight >> 7 & BYTES(1);
		}
		digits += (sum * BYTES(1)) >> 56;
	}
	for (; i < len; i++)
		digits += (unsigned char)(text[i] - '0') < 10;
	return digits;
}

void redact_look(const char *text, size_t text_len, struct redact_look *ret)
{
	size_t wide = count_byte(text, text_len, WIDE);

	*ret =
	    (struct redact_look){.digits = count_digits(text, text_len) + wide,
				 .ats = count_byte(text, text_len, '@') + wide};
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
