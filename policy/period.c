/* period.c - ISO 8601 periods of whole days. */
#include "postern/period.h"

#include <stddef.h>

/* One "12M": digits and the unit behind them; advances *at. */
static bool period_part(const char **at, unsigned int *ret_value,
			char *ret_unit)
{
	const char *p = *at;
	unsigned int value = 0;

	if (*p < '0' || *p > '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + (unsigned int)(*p - '0');
		if (value > PERIOD_PART_MAX)
			return false;
	}
	if (*p == '\0')
		return false;
	*ret_value = value;
	*ret_unit = *p;
	*at = p + 1;
	return true;
}

bool period_parse(const char *text, struct period *ret)
{
	static const char order[] = "YMD";
	struct period out = {0};
	uint32_t *const parts[] = {&out.years, &out.months, &out.days};
	size_t next = 0;

	if (*text++ != 'P' || *text == '\0')
		return false;
	while (*text != '\0') {
		unsigned int value;
		char unit;

		if (!period_part(&text, &value, &unit))
			return false;
		if (unit == 'W') {
			/* Weeks stand alone. */
			if (next != 0 || *text != '\0' ||
			    value > PERIOD_PART_MAX / 7)
				return false;
			out.days = value * 7;
			break;
		}
		while (next < 3 && order[next] != unit)
			next++;
		if (next == 3)
			return false;
		*parts[next++] = value;
	}
	*ret = out;
	return true;
}

/* Months in a row: the shortest runs have a February in them. */
static int64_t months_min(int64_t months)
{
	static const int64_t run[12] = {0,   28,  59,  89,  120, 150,
					181, 212, 242, 273, 303, 334};

	return months / 12 * 365 + run[months % 12];
}

static int64_t months_max(int64_t months)
{
	static const int64_t run[12] = {0,   31,  62,  92,  123, 153,
					184, 215, 245, 276, 306, 337};

	return months / 12 * 366 + run[months % 12];
}

int64_t period_days_min(const struct period *p)
{
	return months_min((int64_t)p->years * 12 + p->months) + p->days;
}

int64_t period_days_max(const struct period *p)
{
	return months_max((int64_t)p->years * 12 + p->months) + p->days;
}
