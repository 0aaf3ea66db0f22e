/* places.c - words with places, filled. */
#include "letters.h"

#include <string.h>

static const struct place *place_at(const char *at, const struct place *places,
				    size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strncmp(at, places[i].name, strlen(places[i].name)) == 0)
			return &places[i];
	return NULL;
}

/* A place that was left empty takes the end of its line along. */
static const char *after_empty(const struct buf *ret, size_t before,
			       const char *at)
{
	const bool begins = before == 0 || ret->bytes[before - 1] == '\n';

	return begins && *at == '\n' ? at + 1 : at;
}

int places_fill(const char *words, const struct place *places, size_t len,
		struct buf *ret, struct err *err)
{
	const char *at = words;

	while (*at != '\0') {
		const struct place *place =
		    *at == '{' ? place_at(at, places, len) : NULL;

		if (place == NULL) {
			if (buf_append(ret, at++, 1, err) != 0)
				return -1;
			continue;
		}
		at += strlen(place->name);
		if (place->text == NULL || place->text[0] == '\0')
			at = after_empty(ret, ret->len, at);
		else if (buf_append_text(ret, place->text, err) != 0)
			return -1;
	}
	return 0;
}

void day_words(int64_t day, enum tongue tongue, char ret[DAY_WORDS_BYTES])
{
	static const char *const months[] = {"January", "February", "March",
					     "April",	"May",	    "June",
					     "July",	"August",   "September",
					     "October", "November", "December"};
	const struct caldate d = caldate_of(day);

	if (tongue == TONGUE_DE)
		(void)snprintf(ret, DAY_WORDS_BYTES, "%02u.%02u.%04d", d.day,
			       d.month, (int)d.year);
	else
		(void)snprintf(ret, DAY_WORDS_BYTES, "%u %s %04d", d.day,
			       months[d.month - 1], (int)d.year);
}
