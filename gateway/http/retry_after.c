/* retry_after.c - the Retry-After header.  Pure.
 *
 * Source: RFC 9110 10.2.3 and 5.6.7 (all three spellings of a date). */
#include "postern/http.h"

#define DAY_S	    86400
#define WAIT_MAX_MS ((int64_t)DAY_S * 1000)

struct stamp {
	unsigned int year, month, day, hour, minute, second;
};

/* Reads exactly digits digits; a leading space counts as 0 (asctime). */
static bool take_number(const char **at, unsigned int digits, unsigned int *ret)
{
	unsigned int v = 0;

	for (unsigned int i = 0; i < digits; i++, (*at)++) {
		if (i == 0 && digits == 2 && **at == ' ')
			continue;
		if (**at < '0' || **at > '9')
			return false;
		v = v * 10 + (unsigned int)(**at - '0');
	}
	*ret = v;
	return true;
}

static bool take_text(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool take_month(const char **at, unsigned int *ret)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	for (unsigned int i = 0; i < 12; i++) {
		if (strncmp(*at, names + (size_t)i * 3, 3) == 0) {
			*at += 3;
			*ret = i + 1;
			return true;
		}
	}
	return false;
}

static bool take_time(const char **at, struct stamp *ret)
{
	return take_number(at, 2, &ret->hour) && take_text(at, ":") &&
	       take_number(at, 2, &ret->minute) && take_text(at, ":") &&
	       take_number(at, 2, &ret->second);
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool read_fixdate(const char *at, struct stamp *ret)
{
	return take_number(&at, 2, &ret->day) && take_text(&at, " ") &&
	       take_month(&at, &ret->month) && take_text(&at, " ") &&
	       take_number(&at, 4, &ret->year) && take_text(&at, " ") &&
	       take_time(&at, ret) && take_text(&at, " GMT") && *at == '\0';
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool read_rfc850(const char *at, struct stamp *ret)
{
	if (!take_number(&at, 2, &ret->day) || !take_text(&at, "-") ||
	    !take_month(&at, &ret->month) || !take_text(&at, "-") ||
	    !take_number(&at, 2, &ret->year) || !take_text(&at, " ") ||
	    !take_time(&at, ret) || !take_text(&at, " GMT") || *at != '\0')
		return false;
	ret->year += ret->year < 70 ? 2000 : 1900;
	return true;
}

/* "Sun Nov  6 08:49:37 1994" */
static bool read_asctime(const char *at, struct stamp *ret)
{
	return take_month(&at, &ret->month) && take_text(&at, " ") &&
	       take_number(&at, 2, &ret->day) && take_text(&at, " ") &&
	       take_time(&at, ret) && take_text(&at, " ") &&
	       take_number(&at, 4, &ret->year) && *at == '\0';
}

static bool read_date(const char *value, struct stamp *ret)
{
	size_t word = strspn(value, "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	if (word < 3)
		return false;
	value += word;
	if (*value == ' ')
		return read_asctime(value + 1, ret);
	if (value[0] != ',' || value[1] != ' ')
		return false;
	return read_fixdate(value + 2, ret) || read_rfc850(value + 2, ret);
}

/* Days since 1970-01-01 of a civil date (proleptic Gregorian). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = y / 400, yoe = y % 400;
	int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Nobody means years: such a time is as good as none, and must not hold a
 * message for a day. */
static int64_t plausible(int64_t wait_ms)
{
	if (wait_ms < 0)
		return 0;
	return wait_ms > WAIT_MAX_MS ? -1 : wait_ms;
}

static int64_t seconds_ms(const char *value)
{
	int64_t v = 0;

	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9')
			return -1;
		v = v * 10 + (*value - '0');
		if (v > DAY_S)
			v = DAY_S + 1; /* and go on checking the digits */
	}
	return plausible(v * 1000);
}

int64_t http_retry_after_ms(const char *value, int64_t now_ms)
{
	struct stamp t = {0};
	int64_t at_s;

	if (value == NULL || *value == '\0')
		return -1;
	if (*value >= '0' && *value <= '9')
		return seconds_ms(value);
	if (!read_date(value, &t) || t.year < 1970 || t.day < 1 || t.day > 31 ||
	    t.hour > 23 || t.minute > 59 || t.second > 60)
		return -1;
	if (now_ms < 0)
		now_ms = 0;
	at_s = days_of(t.year, t.month, t.day) * DAY_S + t.hour * 3600 +
	       t.minute * 60 + t.second;
	return plausible(at_s * 1000 - now_ms);
}
