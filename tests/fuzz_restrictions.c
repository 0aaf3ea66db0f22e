/* fuzz_restrictions.c - any bytes as a line of restrictions.log.
 *
 * Properties: what is taken is whole (one byte less or more is none), within
 * bounds, and written again it says the same. */
#include <inttypes.h>
#include <stdlib.h>

#include "fuzz_house.h"
#include "worker/restrictionlog.h"

static size_t print(const struct restriction_line *l, char *ret, size_t size)
{
	char conversation[24] = "*";
	int n;

	if (l->conversation != 0)
		(void)snprintf(conversation, sizeof(conversation), "%" PRId64,
			       l->conversation);
	n = l->lifted ? snprintf(ret, size,
				 "lifted %" PRId64 " %" PRId64 " %" PRId64 "\n",
				 l->at_ms, l->id, l->informed_day)
		      : snprintf(ret, size,
				 "restricted %" PRId64 " %" PRId64 " %" PRId64
				 " %s %c %" PRId64 "\n",
				 l->at_ms, l->id, l->person, conversation,
				 l->ground, l->of);
	MUST(n > 0 && (size_t)n < size);
	return (size_t)n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char line[2 * RESTRICTION_LINE_MAX], more[2 * RESTRICTION_LINE_MAX];
	struct restriction_line l, same;
	size_t len;

	if (!restriction_line_parse(data, size, &l))
		return 0;
	MUST(size > 0 && data[size - 1] == '\n');
	MUST(l.id > 0 && l.at_ms >= 0);
	MUST(l.lifted || (l.person > 0 && l.of > 0 && l.conversation >= 0 &&
			  l.ground >= 'a' && l.ground <= 'd'));
	len = print(&l, line, sizeof(line));
	MUST(len < RESTRICTION_LINE_MAX);
	MUST(restriction_line_parse(line, len, &same));
	MUST(print(&same, more, sizeof(more)) == len);
	MUST(memcmp(line, more, len) == 0);
	MUST(!restriction_line_parse(data, size - 1, &same));
	line[len] = '\n';
	MUST(!restriction_line_parse(line, len + 1, &same));
	return 0;
}
