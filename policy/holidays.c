/* holidays.c - statutory holidays of the Laender by a table of rules. */
#include "postern/holidays.h"

#include <string.h>

#include "postern/caldate.h"

static const char codes[LANDS][3] = {
    [LAND_BB] = "BB", [LAND_BE] = "BE", [LAND_BW] = "BW", [LAND_BY] = "BY",
    [LAND_HB] = "HB", [LAND_HE] = "HE", [LAND_HH] = "HH", [LAND_MV] = "MV",
    [LAND_NI] = "NI", [LAND_NW] = "NW", [LAND_RP] = "RP", [LAND_SH] = "SH",
    [LAND_SL] = "SL", [LAND_SN] = "SN", [LAND_ST] = "ST", [LAND_TH] = "TH",
};

const char *land_code(enum land land)
{
	return codes[land];
}

bool land_parse(const char *text, enum land *ret)
{
	for (size_t i = 0; i < LANDS; i++) {
		if (strcmp(text, codes[i]) == 0) {
			*ret = (enum land)i;
			return true;
		}
	}
	return false;
}

/* --- the table ------------------------------------------------------------ */

#define IN(land) (1u << LAND_##land)
#define ALL	 ((1u << LANDS) - 1)

struct rule {
	const char *name;
	enum { FIXED, EASTER, REPENTANCE } kind;
	int month, day;	 /* of FIXED */
	int from_easter; /* of EASTER, in days */
	int first, last; /* years; 0 = no bound */
	unsigned int lands;
};

static const struct rule rules[] = {
    {.name = "Neujahr", .month = 1, .day = 1, .lands = ALL},
    {.name = "Heilige Drei Könige",
     .month = 1,
     .day = 6,
     .lands = IN(BW) | IN(BY) | IN(ST)},
    {.name = "Internationaler Frauentag",
     .month = 3,
     .day = 8,
     .first = 2019,
     .lands = IN(BE)},
    {.name = "Internationaler Frauentag",
     .month = 3,
     .day = 8,
     .first = 2023,
     .lands = IN(MV)},
    {.name = "Karfreitag", .kind = EASTER, .from_easter = -2, .lands = ALL},
    {.name = "Ostersonntag", .kind = EASTER, .lands = IN(BB)},
    {.name = "Ostermontag", .kind = EASTER, .from_easter = 1, .lands = ALL},
    {.name = "Tag der Arbeit", .month = 5, .day = 1, .lands = ALL},
    {.name = "75. Jahrestag der Befreiung",
     .month = 5,
     .day = 8,
     .first = 2020,
     .last = 2020,
     .lands = IN(BE)},
    {.name = "80. Jahrestag der Befreiung",
     .month = 5,
     .day = 8,
     .first = 2025,
     .last = 2025,
     .lands = IN(BE)},
    {.name = "Christi Himmelfahrt",
     .kind = EASTER,
     .from_easter = 39,
     .lands = ALL},
    {.name = "Pfingstsonntag",
     .kind = EASTER,
     .from_easter = 49,
     .lands = IN(BB)},
    {.name = "Pfingstmontag", .kind = EASTER, .from_easter = 50, .lands = ALL},
    {.name = "Fronleichnam",
     .kind = EASTER,
     .from_easter = 60,
     .lands = IN(BW) | IN(BY) | IN(HE) | IN(NW) | IN(RP) | IN(SL)},
    {.name = "75. Jahrestag des 17. Juni 1953",
     .month = 6,
     .day = 17,
     .first = 2028,
     .last = 2028,
     .lands = IN(BE)},
    {.name = "Mariä Himmelfahrt", .month = 8, .day = 15, .lands = IN(SL)},
    {.name = "Weltkindertag",
     .month = 9,
     .day = 20,
     .first = 2019,
     .lands = IN(TH)},
    {.name = "Tag der Deutschen Einheit", .month = 10, .day = 3, .lands = ALL},
    {.name = "Reformationstag",
     .month = 10,
     .day = 31,
     .lands = IN(BB) | IN(HB) | IN(HH) | IN(MV) | IN(NI) | IN(SN) | IN(ST) |
	      IN(SH) | IN(TH)},
    {.name = "Allerheiligen",
     .month = 11,
     .day = 1,
     .lands = IN(BW) | IN(BY) | IN(NW) | IN(RP) | IN(SL)},
    {.name = "Buß- und Bettag", .kind = REPENTANCE, .lands = IN(SN)},
    {.name = "Erster Weihnachtstag", .month = 12, .day = 25, .lands = ALL},
    {.name = "Zweiter Weihnachtstag", .month = 12, .day = 26, .lands = ALL},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

/* Meeus, Jones and Butcher; for the Gregorian calendar. */
static int64_t easter_sunday(int64_t year)
{
	int64_t golden = year % 19, century = year / 100;
	int64_t moon =
	    (century - century / 4 - (century - (century + 8) / 25 + 1) / 3 +
	     19 * golden + 15) %
	    30;
	int64_t week = (32 + 2 * (century % 4) + 2 * (year % 100 / 4) - moon -
			year % 100 % 4) %
		       7;
	int64_t late = (golden + 11 * moon + 22 * week) / 451;
	int64_t march = moon + week - 7 * late + 114;

	return caldate_day(year, march / 31, march % 31 + 1);
}

/* The Wednesday before 23 November. */
static int64_t repentance(int64_t year)
{
	int64_t day = caldate_day(year, 11, 22);

	return day - (caldate_weekday(day) + 7 - 3) % 7;
}

static int64_t rule_day(const struct rule *r, int64_t year)
{
	if (r->kind == EASTER)
		return easter_sunday(year) + r->from_easter;
	if (r->kind == REPENTANCE)
		return repentance(year);
	return caldate_day(year, r->month, r->day);
}

static bool rule_holds(const struct rule *r, enum land land, int64_t year)
{
	return (r->lands & 1u << land) != 0 &&
	       (r->first == 0 || year >= r->first) &&
	       (r->last == 0 || year <= r->last);
}

size_t holidays_of(enum land land, int64_t year,
		   struct holiday ret[HOLIDAYS_MAX])
{
	size_t len = 0;

	_Static_assert(RULES <= HOLIDAYS_MAX, "all of them fit");
	if (year < HOLIDAYS_YEAR_MIN || year > HOLIDAYS_YEAR_MAX)
		return 0;
	for (size_t i = 0; i < RULES; i++) {
		struct holiday one = {rule_day(&rules[i], year), rules[i].name};
		size_t at = len;

		if (!rule_holds(&rules[i], land, year))
			continue;
		for (; at > 0 && ret[at - 1].day > one.day; at--)
			ret[at] = ret[at - 1];
		ret[at] = one;
		len++;
	}
	return len;
}

bool is_workday(enum land land, int64_t day, const int64_t *further,
		size_t further_len)
{
	int64_t year = caldate_of(day).year;

	if (caldate_weekday(day) >= 6)
		return false;
	for (size_t i = 0; i < RULES; i++)
		if (rule_holds(&rules[i], land, year) &&
		    rule_day(&rules[i], year) == day)
			return false;
	for (size_t i = 0; i < further_len; i++)
		if (further[i] == day)
			return false;
	return true;
}

/* --- deadlines ------------------------------------------------------------ */

static bool unrolled(const struct deadline_facts *f, int64_t receipt_day,
		     int64_t *ret_day)
{
	struct period first = {.months = f->months}, rest = {0};
	int64_t day;

	if (f->chained && f->months > 1) {
		first.months = 1;
		rest.months = f->months - 1;
	}
	rest.days = f->paused_days;
	return caldate_add(receipt_day, &first, &day) &&
	       caldate_add(day, &rest, ret_day);
}

int deadline_of(const struct deadline_facts *facts, struct deadline *ret,
		struct err *err)
{
	struct deadline out;
	int64_t year = 0;

	out.receipt_day = caldate_local(facts->zone, facts->received_ms);
	if (unrolled(facts, out.receipt_day, &out.unrolled_day))
		year = caldate_of(out.unrolled_day).year;
	/* The last week of the last year may end in one without a table. */
	if (year < HOLIDAYS_YEAR_MIN || year >= HOLIDAYS_YEAR_MAX)
		return ERR_SET(err, ERR_INPUT,
			       "no holidays are known for that year", 0);
	out.due_day = out.unrolled_day;
	while (!is_workday(facts->land, out.due_day, facts->further,
			   facts->further_len)) {
		if (++out.due_day >= out.unrolled_day + 366)
			return ERR_SET(err, ERR_INPUT,
				       "no working day within a year", 0);
	}
	out.ends_ms = caldate_begins_ms(facts->zone, out.due_day + 1);
	*ret = out;
	return 0;
}

struct breach_clock breach_clock_of(int64_t aware_ms, uint32_t hours)
{
	const int64_t hour_ms = 3600000;
	int64_t length = hours * hour_ms;
	int64_t into = (aware_ms % hour_ms + hour_ms) % hour_ms;

	/* The hour of the event does not count, even if it has just begun. */
	return (struct breach_clock){.internal_ms = aware_ms + length,
				     .legal_ms =
					 aware_ms - into + hour_ms + length};
}
