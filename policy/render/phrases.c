/* phrases.c - periods, rules, articles and hours in words. */
#include "terms.h"

/* --- periods -------------------------------------------------------------- */

static void part(struct prose *t, uint32_t n, const char *one, const char *many,
		 bool *first)
{
	if (n == 0)
		return;
	prose_add(t, "%s%u %s", *first ? "" : TR(t, " und ", " and "), n,
		  n == 1 ? one : many);
	*first = false;
}

void term_period(struct prose *t, const struct period *period)
{
	bool first = true;

	part(t, period->years, TR(t, "Jahr", "year"), TR(t, "Jahre", "years"),
	     &first);
	part(t, period->months, TR(t, "Monat", "month"),
	     TR(t, "Monate", "months"), &first);
	part(t, period->days, TR(t, "Tag", "day"), TR(t, "Tage", "days"),
	     &first);
	if (first)
		prose_add(t, "%s", TR(t, "0 Tage", "0 days"));
}

/* --- rules ---------------------------------------------------------------- */

void term_norm(struct prose *t, const struct rule *rule)
{
	const struct statutory *known = statutory_find(rule->statutory.norm);

	if (known)
		term_article(t, known->article);
	else
		prose_add(t, "%s", rule->statutory.norm);
}

static void statutory(struct prose *t, const struct rule *rule)
{
	long long years = (long long)rule->statutory.years;

	prose_add(t, "%lld %s", years,
		  years == 1 ? TR(t, "Jahr", "year") : TR(t, "Jahre", "years"));
	if (rule->statutory.year_end)
		prose_add(t,
			  TR(t, " vom Ende des Jahres an (%s: %s)",
			     " from the end of the year (%s: %s)"),
			  TR(t, "Startereignis", "start event"),
			  term_start(t->tongue, rule->from));
	else
		prose_add(t, " %s", term_from(t->tongue, rule->from));
	prose_add(t, "%s", TR(t, ", so lange verlangt es ", ", as long as "));
	term_norm(t, rule);
	prose_add(t, "%s", TR(t, "", " orders"));
	if (rule->statutory.has_after) {
		prose_add(t, "%s",
			  TR(t, "; danach zur Durchführung höchstens ",
			     "; then, to carry it out, at most "));
		term_period(t, &rule->statutory.after);
	}
}

void term_rule_delete(struct prose *t, const struct rule *rule)
{
	if (rule->has_statutory) {
		statutory(t, rule);
		return;
	}
	if (!rule->has_delete)
		return;
	term_period(t, &rule->delete_by);
	prose_add(t, " %s", term_from(t->tongue, rule->from));
}

void term_restriction(struct prose *t, const struct rule *rule)
{
	if (!rule->has_restrict)
		return;
	if (period_days_max(&rule->restriction.after) > 0)
		term_period(t, &rule->restriction.after);
	else
		prose_add(t, "%s", TR(t, "sofort", "at once"));
	prose_add(t, " %s", term_from(t->tongue, rule->restriction.from));
}

void term_rule(struct prose *t, const struct rule *rule)
{
	term_rule_delete(t, rule);
	if (rule->has_keep) {
		prose_add(t, "%s", TR(t, ", mindestens ", ", at least "));
		term_period(t, &rule->keep);
	}
	if (rule->has_restrict) {
		prose_add(t, "%s",
			  TR(t, "; nicht mehr im täglichen Gebrauch: ",
			     "; no longer in daily use: "));
		term_restriction(t, rule);
	}
}

/* --- articles ------------------------------------------------------------- */

/* "(3)" is a paragraph, "(a)" a letter. */
static const char *bracket(struct prose *t, const char *at, bool spaced)
{
	const char *end = strchr(at, ')');

	if (!end)
		return at + strlen(at);
	if (!spaced)
		prose_bytes(t, " ", 1);
	prose_add(t, at[1] >= '0' && at[1] <= '9' ? "Abs. %.*s" : "lit. %.*s",
		  (int)(end - at - 1), at + 1);
	return end + 1;
}

void term_article(struct prose *t, const char *article)
{
	if (t->tongue == TONGUE_EN) {
		prose_add(t, "%s", article);
		return;
	}
	for (bool spaced = true; *article != '\0';
	     spaced = article[-1] == ' ') {
		if (*article == '(') {
			article = bracket(t, article, spaced);
		} else if (strncmp(article, "GDPR", 4) == 0) {
			prose_add(t, "DSGVO");
			article += 4;
		} else if (strncmp(article, "no. ", 4) == 0) {
			prose_add(t, "Nr. ");
			article += 4;
		} else {
			prose_bytes(t, article++, 1);
		}
	}
}

/* --- media ---------------------------------------------------------------- */

struct bit_word {
	unsigned int bit;
	const char *in[2];
};

static void bits(struct prose *t, unsigned int set,
		 const struct bit_word *words, size_t words_len)
{
	size_t len = 0, i = 0;

	for (size_t k = 0; k < words_len; k++)
		len += (set & words[k].bit) != 0;
	for (size_t k = 0; k < words_len; k++) {
		if ((set & words[k].bit) == 0)
			continue;
		prose_between(t, i++, len);
		prose_add(t, "%s", words[k].in[t->tongue]);
	}
	if (len == 0)
		prose_add(t, "%s", TR(t, "nichts", "nothing"));
}

void term_media(struct prose *t, unsigned int kinds)
{
	static const struct bit_word words[] = {
	    {MEDIA_IMAGE, {"Bilder", "images"}},
	    {MEDIA_AUDIO, {"Tonaufnahmen", "audio"}},
	    {MEDIA_VIDEO, {"Videos", "video"}},
	    {MEDIA_DOCUMENT, {"Dokumente", "documents"}},
	    {MEDIA_STICKER, {"Sticker", "stickers"}},
	};

	bits(t, kinds, words, COUNT_OF(words));
}

void term_strip(struct prose *t, unsigned int strip)
{
	static const struct bit_word words[] = {
	    {STRIP_PLACE, {"Ortsangaben", "place data"}},
	    {STRIP_DEVICE, {"Geräteangaben", "device data"}},
	};

	bits(t, strip, words, COUNT_OF(words));
}

void term_bytes(struct prose *t, int64_t bytes)
{
	if (bytes >= 1 << 20 && bytes % (1 << 20) == 0)
		prose_add(t, "%lld MiB", (long long)(bytes >> 20));
	else if (bytes >= 1 << 10 && bytes % (1 << 10) == 0)
		prose_add(t, "%lld KiB", (long long)(bytes >> 10));
	else
		prose_add(t, "%lld %s", (long long)bytes,
			  TR(t, "Byte", "bytes"));
}

/* --- hours ---------------------------------------------------------------- */

static int by_start(const void *a, const void *b)
{
	return ((const struct span *)a)->from - ((const struct span *)b)->from;
}

static void day_spans(struct prose *t, const struct hours *hours, int day)
{
	struct span spans[SPANS_MAX];
	size_t len = hours->spans_len[day];

	memcpy(spans, hours->spans[day], len * sizeof(spans[0]));
	qsort(spans, len, sizeof(spans[0]), by_start);
	for (size_t i = 0; i < len; i++)
		prose_add(t, "%s%02d:%02d–%02d:%02d", i == 0 ? " " : ", ",
			  spans[i].from / 60, spans[i].from % 60,
			  spans[i].to / 60, spans[i].to % 60);
}

void term_hours(struct prose *t, const struct hours *hours)
{
	static const char *const days[2][7] = {
	    {"Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"},
	    {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
	};
	bool first = true;

	for (int day = 0; day < 7; day++) {
		if (hours->spans_len[day] == 0)
			continue;
		prose_add(t, "%s%s", first ? "" : "; ", days[t->tongue][day]);
		day_spans(t, hours, day);
		first = false;
	}
	if (first)
		prose_add(t, "%s", TR(t, "nie", "never"));
	if (hours->holidays)
		prose_add(t, "%s",
			  TR(t, "; an Feiertagen des Landes geschlossen",
			     "; closed on holidays of the Land"));
}
