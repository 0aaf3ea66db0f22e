/* explain_redact.c - a text as redact leaves it, and what was found. */
#include "postern/explain.h"

#include "postern/redact.h"

int explain_redact(const struct policy *p, const struct name *channel,
		   enum redact_moment moment, const char *text, size_t text_len,
		   struct explain_found found[EXPLAIN_FOUND_MAX],
		   size_t *found_len, struct buf *ret, struct err *err)
{
	struct policy_finder finders[POLICY_FINDERS_MAX];
	size_t counts[POLICY_FINDERS_MAX] = {0}, len;

	len = policy_finders(p, channel, moment, finders, POLICY_FINDERS_MAX);
	if (redact_text(finders, len, text, text_len, counts, ret, err) != 0)
		return -1;
	for (size_t i = 0; i < len && *found_len < EXPLAIN_FOUND_MAX; i++)
		if (counts[i] > 0)
			found[(*found_len)++] =
			    (struct explain_found){.name = finders[i].name,
						   .moment = moment,
						   .line = finders[i].line,
						   .count = counts[i]};
	return 0;
}
