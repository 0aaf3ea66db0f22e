/* period.h - ISO 8601 periods of whole days: P[nY][nM][nD] or PnW. */
#ifndef POSTERN_PERIOD_H
#define POSTERN_PERIOD_H

#include <stdbool.h>
#include <stdint.h>

/* Kept apart, because months are calendar months: adding them needs a date
 * (compliance, rule 9; caldate_add). */
struct period {
	uint32_t years, months, days;
};

/* PERIOD_PART_MAX bounds each component, weeks after they became days, so
 * that no sum can overflow.  Over a hundred years fit in days. */
#define PERIOD_PART_MAX 99999

/* At least one component; no fractions, signs, times or lower case. */
bool period_parse(const char *text, struct period *ret);
/* Shortest and longest length in days, whatever the date it starts at. */
int64_t period_days_min(const struct period *p);
int64_t period_days_max(const struct period *p);

#endif
