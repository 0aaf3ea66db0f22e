/* fuzz_redact.c - numbers in any text: matches are in order and inside, what
 * is found is found again alone and was not ruled out before, and all of it is
 * replaced. */
#include <stdlib.h>

#include "fuzz_house.h"
#include "postern/redact.h"

static const struct policy_finder every[] = {
    {.find = FIND_IBAN},
    {.find = FIND_CARD},
    {.find = FIND_EMAIL},
    {.find = FIND_PHONE},
    {.find = FIND_TAX_ID},
    {.find = FIND_SOCIAL_INSURANCE},
    {FIND_PATTERN, "p", "KD-##@?", 0},
};
#define EVERY (sizeof(every) / sizeof(every[0]))

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const char *text = (const char *)bytes;
	struct redact_match m, alone;
	struct redact_look look;
	struct buf left = BUF_INIT(16u * 1024 * 1024);
	size_t at = 0, found = 0, counts[EVERY] = {0};
	uint64_t kinds;

	redact_look(text, len, &look);
	kinds = redact_which(every, EVERY, text, len);
	while (redact_next(every, EVERY, text, len, at, &m)) {
		if (m.start < at || m.end <= m.start || m.end > len ||
		    m.finder >= EVERY)
			abort();
		if (!redact_next(&every[m.finder], 1, text, len, m.start,
				 &alone) ||
		    alone.start != m.start || alone.end != m.end)
			abort();
		if (!redact_may(&every[m.finder], &look) ||
		    (kinds >> m.finder & 1) == 0)
			abort();
		at = m.end;
		found++;
	}
	for (size_t i = 0; i < EVERY; i++)
		if (redact_next(&every[i], 1, text, len, 0, &m) !=
		    ((kinds >> i & 1) != 0))
			abort();
	if (redact_text(every, EVERY, text, len, counts, &left, NULL) == 0)
		for (size_t i = 0; i < EVERY; i++)
			found -= counts[i];
	if (found != 0)
		abort();
	buf_free(&left);
	return 0;
}
