/* caldate.c - days, dates and points in time. */
#include "postern/caldate.h"

#include <assert.h>
#include <stdio.h>

#define ERA_YEARS 400
#define ERA_DAYS  146097 /* of 400 years: then the calendar repeats */

static bool leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int64_t month_days(int64_t year, int64_t month)
{
	static const int64_t days[13] = {0,  31, 28, 31, 30, 31, 30,
					 31, 31, 30, 31, 30, 31};

	return days[month] + (month == 2 && leap(year));
}

bool caldate_exists(int64_t year, int64_t month, int64_t day)
{
	return year >= 1 && year <= 9999 && month >= 1 && month <= 12 &&
	       day >= 1 && day <= month_days(year, month);
}

int64_t caldate_day(int64_t year, int64_t month, int64_t day)
{
	/* Years that begin in March, so that the leap day is the last one. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - (ERA_YEARS - 1)) / ERA_YEARS;
	int64_t of_era = y - era * ERA_YEARS;
	int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

	return era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

struct caldate caldate_of(int64_t day)
{
	int64_t d, era, of_era, year_of_era, of_year, month;
	struct caldate ret;

	assert(day >= CALDATE_MIN && day <= CALDATE_MAX);
	d = day + 719468; /* since 0000-03-01 */
	era = d / ERA_DAYS;
	of_era = d % ERA_DAYS;
	year_of_era =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	of_year =
	    of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * of_year + 2) / 153; /* 0 is March */
	ret.day = (uint32_t)(of_year - (153 * month + 2) / 5 + 1);
	ret.month = (uint32_t)(month < 10 ? month + 3 : month - 9);
	ret.year =
	    (int32_t)(year_of_era + era * ERA_YEARS + (ret.month <= 2 ? 1 : 0));
	return ret;
}

unsigned int caldate_weekday(int64_t day)
{
	/* 1970-01-01 was a Thursday. */
	int64_t since_monday = (day + 3) % 7;

	return (unsigned int)((since_monday + 7) % 7 + 1);
}

/* Exactly len digits; false also at the end of the text. */
static bool digits(const char **at, size_t len, int64_t *ret)
{
	int64_t value = 0;

	for (size_t i = 0; i < len; i++) {
		char c = (*at)[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (c - '0');
	}
	*at += len;
	*ret = value;
	return true;
}

static bool mark(const char **at, char c)
{
	if (**at != c)
		return false;
	(*at)++;
	return true;
}

/* "2026-02-28", moving on. */
static bool date_part(const char **at, int64_t *ret_day)
{
	int64_t y, m, d;

	if (!digits(at, 4, &y) || !mark(at, '-') || !digits(at, 2, &m) ||
	    !mark(at, '-') || !digits(at, 2, &d) || !caldate_exists(y, m, d))
		return false;
	*ret_day = caldate_day(y, m, d);
	return true;
}

bool caldate_parse(const char *text, int64_t *ret_day)
{
	int64_t day;

	if (!date_part(&text, &day) || *text != '\0')
		return false;
	*ret_day = day;
	return true;
}

void caldate_format(int64_t day, char ret[CALDATE_BYTES])
{
	struct caldate d = caldate_of(day);

	/* The bounds are those of caldate_of; % tells the compiler so. */
	(void)snprintf(ret, CALDATE_BYTES, "%04u-%02u-%02u",
		       (unsigned int)d.year % 10000, d.month % 100,
		       d.day % 100);
}

bool caldate_add(int64_t day, const struct period *p, int64_t *ret_day)
{
	struct caldate from = caldate_of(day);
	int64_t months = (from.year + (int64_t)p->years) * 12 +
			 (int64_t)from.month - 1 + p->months;
	int64_t year = months / 12, month = months % 12 + 1, end;

	if (year > 9999)
		return false;
	end = month_days(year, month);
	if (from.day < end)
		end = from.day;
	end = caldate_day(year, month, end) + p->days;
	if (end > CALDATE_MAX)
		return false;
	*ret_day = end;
	return true;
}

/* --- points in time ------------------------------------------------------- */

/* "10:00:00" and perhaps ".123456", in milliseconds of the day. */
static bool clock_part(const char **at, int64_t *ret_ms)
{
	int64_t h, m, s, digit, unit = 100, ms = 0;

	if (!digits(at, 2, &h) || !mark(at, ':') || !digits(at, 2, &m) ||
	    !mark(at, ':') || !digits(at, 2, &s) || h > 23 || m > 59 || s > 60)
		return false;
	if (mark(at, '.')) {
		if (**at < '0' || **at > '9')
			return false;
		for (; digits(at, 1, &digit); unit /= 10)
			ms += digit * unit;
	}
	if (s == 60)
		s = 59;
	*ret_ms = ((h * 60 + m) * 60 + s) * 1000 + ms;
	return true;
}

/* "Z" or "+01:00", in minutes. */
static bool offset_part(const char **at, int64_t *ret_minutes)
{
	int64_t h, m;
	bool west = **at == '-';

	if (mark(at, 'Z') || mark(at, 'z')) {
		*ret_minutes = 0;
		return true;
	}
	if ((!mark(at, '+') && !mark(at, '-')) || !digits(at, 2, &h) ||
	    !mark(at, ':') || !digits(at, 2, &m) || h > 23 || m > 59)
		return false;
	*ret_minutes = west ? -(h * 60 + m) : h * 60 + m;
	return true;
}

bool instant_parse(const char *text, int64_t *ret_ms)
{
	int64_t day, ms, minutes;

	if (!date_part(&text, &day) || (!mark(&text, 'T') && !mark(&text, 't')))
		return false;
	if (!clock_part(&text, &ms) || !offset_part(&text, &minutes) ||
	    *text != '\0')
		return false;
	ms += day * DAY_MS - minutes * 60000;
	/* In UTC it may be a day of the year 0 or 10000. */
	if (ms < (int64_t)CALDATE_MIN * DAY_MS ||
	    ms >= ((int64_t)CALDATE_MAX + 1) * DAY_MS)
		return false;
	*ret_ms = ms;
	return true;
}

/* Rounds down, also before 1970. */
static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0 ? 1 : 0);
}

void instant_format(int64_t utc_ms, char ret[INSTANT_BYTES])
{
	const int64_t first = (int64_t)CALDATE_MIN * DAY_MS,
		      last = ((int64_t)CALDATE_MAX + 1) * DAY_MS - 1;
	int64_t ms = utc_ms < first ? first : utc_ms > last ? last : utc_ms;
	int64_t day = floor_div(ms, DAY_MS);
	unsigned int s = (unsigned int)((ms - day * DAY_MS) / 1000);
	char date[CALDATE_BYTES];

	caldate_format(day, date);
	(void)snprintf(ret, INSTANT_BYTES, "%.10sT%02u:%02u:%02uZ", date,
		       s / 3600 % 24, s / 60 % 60, s % 60);
}

int64_t caldate_local(const struct zone *zone, int64_t utc_ms)
{
	int64_t utc_s = floor_div(utc_ms, 1000);
	int64_t day =
	    floor_div(utc_s + zone_offset_s(zone, utc_s), DAY_MS / 1000);

	return day < CALDATE_MIN   ? CALDATE_MIN
	       : day > CALDATE_MAX ? CALDATE_MAX
				   : day;
}

int64_t caldate_begins_ms(const struct zone *zone, int64_t day)
{
	return zone_utc_s(zone, day * (DAY_MS / 1000)) * 1000;
}
