/* fuzz_caldate.c - dates, points in time and periods: one spelling per date,
 * and a sum lies between the shortest and longest length of its period. */
#include "fuzz_house.h"
#include "postern/caldate.h"

static void check_date(const char *text, const struct period *p)
{
	char again[CALDATE_BYTES];
	int64_t day, end;

	if (!caldate_parse(text, &day))
		return;
	caldate_format(day, again);
	MUST(strcmp(text, again) == 0);
	MUST(caldate_weekday(day) >= 1 && caldate_weekday(day) <= 7);
	if (p == NULL || !caldate_add(day, p, &end))
		return;
	MUST(end <= CALDATE_MAX);
	MUST(end - day >= period_days_min(p));
	MUST(end - day <= period_days_max(p));
}

static void check_instant(const char *text)
{
	char again[INSTANT_BYTES];
	int64_t ms, back;

	if (!instant_parse(text, &ms))
		return;
	instant_format(ms, again);
	MUST(instant_parse(again, &back));
	MUST(back <= ms && ms - back < 1000);
	MUST(caldate_begins_ms(NULL, caldate_local(NULL, ms)) <= ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	char *date = feed_text(&f, 64), *period = feed_text(&f, 64);
	struct period p;
	bool good = period_parse(period, &p);

	if (good)
		MUST(period_days_min(&p) <= period_days_max(&p));
	check_date(date, good ? &p : NULL);
	check_instant(date);
	free(period);
	free(date);
	return 0;
}
