/* caldate.h - dates of the calendar as whole days since 1 January 1970.
 *
 * Pure: no clock, no zone of the machine.  The Gregorian calendar is taken
 * for all years from 1 to 9999, which are those a text can name. */
#ifndef POSTERN_CALDATE_H
#define POSTERN_CALDATE_H

#include <stdbool.h>
#include <stdint.h>

#include "postern/period.h"
#include "postern/zone.h"

#define CALDATE_MIN (-719162) /* 0001-01-01 */
#define CALDATE_MAX 2932896   /* 9999-12-31 */
#define DAY_MS	    86400000

struct caldate {
	int32_t year;
	uint32_t month, day; /* from 1 */
};

bool caldate_exists(int64_t year, int64_t month, int64_t day);
/* The number of the day; of a date that exists. */
int64_t caldate_day(int64_t year, int64_t month, int64_t day);
/* The date of a day from CALDATE_MIN to CALDATE_MAX. */
struct caldate caldate_of(int64_t day);
/* 1 Monday to 7 Sunday (ISO 8601). */
unsigned int caldate_weekday(int64_t day);

/* Exactly "2026-02-28", a date that exists; false: ret is untouched. */
bool caldate_parse(const char *text, int64_t *ret_day);
#define CALDATE_BYTES 11
void caldate_format(int64_t day, char ret[CALDATE_BYTES]);

/*
 * caldate_add - the day a period ends on that starts on day.
 *
 * Years and months first, calendar-wise: the same number of day, or the last
 * of a shorter month; then days.  False: it would be after the year 9999.
 *
 * Source: compliance 3.2; Regulation 1182/71 Art. 3(2)(c).
 */
bool caldate_add(int64_t day, const struct period *p, int64_t *ret_day);

/*
 * A point in time as RFC 3339 writes it, offset included:
 * "2026-01-31T10:00:00+01:00", "2026-01-31T09:00:00.5Z"; to UTC milliseconds,
 * what is finer is cut off.  A leap second counts as the second before it.
 */
bool instant_parse(const char *text, int64_t *ret_ms);
/* "2026-01-31T09:00:00Z", milliseconds cut off; a time outside the years 1 to
 * 9999 becomes the nearest that is inside. */
#define INSTANT_BYTES 21
void instant_format(int64_t utc_ms, char ret[INSTANT_BYTES]);

/* The local date of a point in time (from CALDATE_MIN to CALDATE_MAX), and
 * the first point in time whose local date is day or later: what lasts until
 * 24:00 of day ends at that of day + 1.  zone NULL: UTC. */
int64_t caldate_local(const struct zone *zone, int64_t utc_ms);
int64_t caldate_begins_ms(const struct zone *zone, int64_t day);

#endif
