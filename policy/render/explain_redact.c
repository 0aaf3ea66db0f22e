/* explain_redact.c - a text as redact leaves it, and what was found. */
#include "postern/explain.h"

#include <string.h>

#include "postern/redact.h"

static void count_found(struct explain_found found[EXPLAIN_FOUND_MAX],
			size_t *found_len, const struct policy_finder *finder,
			enum redact_moment moment)
{
	for (size_t i = 0; i < *found_len; i++)
		if (found[i].line == finder->line &&
		    found[i].moment == moment) {
			found[i].count++;
			return;
		}
	if (*found_len < EXPLAIN_FOUND_MAX)
		found[(*found_len)++] =
		    (struct explain_found){.name = finder->name,
					   .moment = moment,
					   .line = finder->line,
					   .count = 1};
}

int explain_redact(const struct policy *p, const struct name *channel,
		   enum redact_moment moment, const char *text, size_t text_len,
		   struct explain_found found[EXPLAIN_FOUND_MAX],
		   size_t *found_len, struct buf *ret, struct err *err)
{
	struct policy_finder finders[POLICY_FINDERS_MAX];
	char label[REDACT_LABEL_BYTES];
	struct redact_match match;
	size_t at = 0, len;

	len = policy_finders(p, channel, moment, finders, POLICY_FINDERS_MAX);
	while (redact_next(finders, len, text, text_len, at, &match)) {
		redact_label(&finders[match.finder], label);
		count_found(found, found_len, &finders[match.finder], moment);
		if (buf_append(ret, text + at, match.start - at, err) != 0 ||
		    buf_append_text(ret, label, err) != 0)
			return -1;
		at = match.end;
	}
	return buf_append(ret, text + at, text_len - at, err);
}
