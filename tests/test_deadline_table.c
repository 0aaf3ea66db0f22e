/* test_deadline_table.c - every deadline of ten years in every Land, against a
 * calculation that shares nothing with ours: a calendar that is walked day by
 * day, full moons from the table of golden numbers, days marked by hand.
 * Proves: compliance 2.4, D1. */
#include "postern/caldate.h"
#include "postern/holidays.h"
#include "rows.h"
#include "zone_house.h"

#define FROM 2025
#define TO   2037
#define DAYS ((TO - FROM + 1) * 366)

struct day {
	int year, month, day;
	int weekday;	  /* 0 Monday */
	bool summer;	  /* its midnight is in summer time */
	unsigned int off; /* a bit for each Land */
};
static struct day days[DAYS];
static int days_len;
static struct zone *berlin;

#define EVERYWHERE ((1u << LANDS) - 1)
#define L(land)	   (1u << LAND_##land)

/* --- the calendar ----------------------------------------------------------
 */

static int month_length(int year, int month)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30,
				      31, 31, 30, 31, 30, 31};
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : lengths[month - 1];
}

static int place(int year, int month, int day)
{
	/* Near it, then on foot. */
	int i = (year - FROM) * 365;

	while (i < days_len && (days[i].year != year ||
				days[i].month != month || days[i].day != day))
		i++;
	assert_in_range(i, 0, days_len - 1);
	return i;
}

/* The first of this weekday after i. */
static int next_weekday(int i, int weekday)
{
	do
		i++;
	while (days[i].weekday != weekday);
	return i;
}

static int last_sunday(int year, int month)
{
	int i = place(year, month, 31); /* of March and of October */

	while (days[i].weekday != 6)
		i--;
	return i;
}

static void walk(void)
{
	int weekday = 2; /* 1 January 2025 was a Wednesday */

	for (int year = FROM; year <= TO; year++)
		for (int month = 1; month <= 12; month++)
			for (int d = 1; d <= month_length(year, month); d++) {
				days[days_len++] = (struct day){
				    .year = year,
				    .month = month,
				    .day = d,
				    .weekday = weekday,
				};
				weekday = (weekday + 1) % 7;
			}
	for (int year = FROM; year <= TO; year++)
		for (int i = last_sunday(year, 3) + 1;
		     i <= last_sunday(year, 10); i++)
			days[i].summer = true;
}

/* --- what is no working day ------------------------------------------------
 */

static void off(int year, int month, int day, unsigned int lands)
{
	days[place(year, month, day)].off |= lands;
}

/* The Sunday after the full moon of the church, by the golden number; the
 * table holds from 1900 to 2199. */
static int easter(int year)
{
	static const int moons[19][2] = {
	    {4, 14}, {4, 3},  {3, 23}, {4, 11}, {3, 31}, {4, 18}, {4, 8},
	    {3, 28}, {4, 16}, {4, 5},  {3, 25}, {4, 13}, {4, 2},  {3, 22},
	    {4, 10}, {3, 30}, {4, 17}, {4, 7},	{3, 27}};
	const int *moon = moons[year % 19];

	return next_weekday(place(year, moon[0], moon[1]), 6);
}

static void feasts_of_easter(int year)
{
	int sunday = easter(year);

	days[sunday - 2].off |= EVERYWHERE;
	days[sunday].off |= L(BB);
	days[sunday + 1].off |= EVERYWHERE;
	days[sunday + 39].off |= EVERYWHERE;
	days[sunday + 49].off |= L(BB);
	days[sunday + 50].off |= EVERYWHERE;
	days[sunday + 60].off |= L(BW) | L(BY) | L(HE) | L(NW) | L(RP) | L(SL);
}

static void mark(int year)
{
	feasts_of_easter(year);
	off(year, 1, 1, EVERYWHERE);
	off(year, 1, 6, L(BW) | L(BY) | L(ST));
	off(year, 3, 8, L(BE) | L(MV));
	off(year, 5, 1, EVERYWHERE);
	off(year, 8, 15, L(SL));
	off(year, 9, 20, L(TH));
	off(year, 10, 3, EVERYWHERE);
	off(year, 10, 31,
	    L(BB) | L(HB) | L(HH) | L(MV) | L(NI) | L(SN) | L(ST) | L(SH) |
		L(TH));
	off(year, 11, 1, L(BW) | L(BY) | L(NW) | L(RP) | L(SL));
	/* The Wednesday before 23 November. */
	days[next_weekday(place(year, 11, 15), 2)].off |= L(SN);
	off(year, 12, 25, EVERYWHERE);
	off(year, 12, 26, EVERYWHERE);
	if (year == 2028)
		off(year, 6, 17, L(BE));
}

static bool works(int i, enum land land)
{
	return days[i].weekday < 5 && (days[i].off & 1u << land) == 0;
}

/* --- the deadline ----------------------------------------------------------
 */

static int due_of(int receipt, int months, int paused, enum land land)
{
	int month = days[receipt].month + months;
	int year = days[receipt].year + (month - 1) / 12;
	int day = days[receipt].day, last, i;

	month = (month - 1) % 12 + 1;
	last = month_length(year, month);
	i = place(year, month, day < last ? day : last) + paused;
	while (!works(i, land))
		i++;
	return i;
}

static int64_t midnight_ms(int i)
{
	int64_t since = 20089 + i; /* 1 January 2025, from 1970 on */

	return since * DAY_MS - (days[i].summer ? 2 : 1) * INT64_C(3600000);
}

static void check(int receipt, int months, int paused, enum land land)
{
	const struct deadline_facts facts = {
	    /* Its first and its last second, in turn. */
	    .received_ms = receipt % 2 == 0 ? midnight_ms(receipt)
					    : midnight_ms(receipt + 1) - 1000,
	    .zone = berlin,
	    .land = land,
	    .months = (uint32_t)months,
	    .paused_days = (uint32_t)paused,
	};
	int due = due_of(receipt, months, paused, land);
	struct deadline got;
	struct err err = {0};

	assert_int_equal(deadline_of(&facts, &got, &err), 0);
	assert_int_equal(got.receipt_day, 20089 + receipt);
	assert_int_equal(got.due_day, 20089 + due);
	assert_true(got.ends_ms == midnight_ms(due + 1));
}

static void every_deadline_of_ten_years(void **state)
{
	int first = place(2026, 1, 1), end = place(2036, 1, 1);

	(void)state;
	assert_int_equal(end - first, 3652);
	for (int i = first; i < end; i++)
		for (int land = 0; land < LANDS; land++) {
			check(i, 1, 0, (enum land)land);
			check(i, 3, 0, (enum land)land);
			check(i, 1, i % 23, (enum land)land);
		}
}

/* Of one year only, and before the ten above. */
static void one_off_days_count_too(void **state)
{
	struct deadline got;
	struct err err = {0};
	struct deadline_facts facts = {
	    .received_ms = midnight_ms(place(2025, 4, 8)) + 1,
	    .zone = berlin,
	    .land = LAND_BE,
	    .months = 1,
	};

	(void)state;
	assert_int_equal(deadline_of(&facts, &got, &err), 0);
	assert_int_equal(got.due_day, 20089 + place(2025, 5, 9));
	facts.land = LAND_BB;
	assert_int_equal(deadline_of(&facts, &got, &err), 0);
	assert_int_equal(got.due_day, 20089 + place(2025, 5, 8));
}

static void every_holiday_of_ten_years(void **state)
{
	struct holiday list[HOLIDAYS_MAX];
	unsigned int off_by_list;
	size_t len;

	(void)state;
	for (int i = place(2026, 1, 1); i < place(2036, 1, 1); i++) {
		off_by_list = 0;
		for (int land = 0; land < LANDS; land++) {
			len = holidays_of((enum land)land, days[i].year, list);
			for (size_t k = 0; k < len; k++)
				if (list[k].day == 20089 + i)
					off_by_list |= 1u << land;
		}
		assert_int_equal(off_by_list, days[i].off);
	}
}

static int begin(void **state)
{
	(void)state;
	berlin = zone_of(BERLIN);
	walk();
	for (int year = FROM; year <= TO; year++)
		mark(year);
	return berlin == NULL ? -1 : 0;
}

static int end(void **state)
{
	(void)state;
	zone_free(&berlin);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_holiday_of_ten_years),
	    cmocka_unit_test(every_deadline_of_ten_years),
	    cmocka_unit_test(one_off_days_count_too),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
