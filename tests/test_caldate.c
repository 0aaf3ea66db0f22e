/* test_caldate.c - dates, periods, points in time.
 * Proves: compliance 3.2 (periods), 2.4 (local dates). */
#include "postern/caldate.h"

#include "rows.h"
#include "zone_house.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static int64_t day_of(const char *text)
{
	int64_t day = 0;

	if (!caldate_parse(text, &day))
		fail_msg("no date: %s", text);
	return day;
}

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	if (!instant_parse(text, &ms))
		fail_msg("no point in time: %s", text);
	return ms;
}

static void every_day_has_its_number_and_weekday(void **state)
{
	int64_t day = CALDATE_MIN;
	unsigned int weekday = 1; /* 0001-01-01 was a Monday */

	(void)state;
	for (int64_t y = 1; y <= 9999; y++) {
		for (int64_t m = 1; m <= 12; m++) {
			for (int64_t d = 1; caldate_exists(y, m, d); d++) {
				struct caldate back = caldate_of(day);

				assert_true(caldate_day(y, m, d) == day);
				assert_true(back.year == y && back.month == m &&
					    back.day == d);
				assert_true(caldate_weekday(day) == weekday);
				weekday = weekday % 7 + 1;
				day++;
			}
		}
	}
	assert_int_equal(day - 1, CALDATE_MAX);
	assert_int_equal(caldate_day(1970, 1, 1), 0);
	assert_int_equal(caldate_weekday(day_of("2026-11-21")), 6);
}

static void a_date_has_one_spelling(void **state)
{
	static const char *const bad[] = {"",
					  "2026",
					  "2026-2-28",
					  "2026-02-29",
					  "2026-13-01",
					  "2026-00-01",
					  "2026-01-00",
					  "2026-04-31",
					  "0000-01-01",
					  "20260228",
					  "2026-02-28 ",
					  " 2026-02-28",
					  "2026/02/28",
					  "+2026-02-28",
					  "-026-02-28",
					  "2026-02-28T00",
					  "10000-01-01",
					  "2100-02-29",
					  "2026-02-2\xb2"};
	char text[CALDATE_BYTES];
	int64_t day = 7;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		if (caldate_parse(bad[i], &day) || day != 7)
			fail_msg("%s", bad[i]);
	assert_int_equal(day_of("0001-01-01"), CALDATE_MIN);
	assert_int_equal(day_of("9999-12-31"), CALDATE_MAX);
	for (day = day_of("1999-12-01"); day < day_of("2001-03-02"); day++) {
		caldate_format(day, text);
		assert_int_equal(day_of(text), day);
	}
}

static void check_period(const json_t *row)
{
	struct period p;
	int64_t day = 0;

	assert_true(period_parse(row_text(row, "period"), &p));
	assert_true(caldate_add(day_of(row_text(row, "start")), &p, &day));
	assert_int_equal(day, day_of(row_text(row, "last_day")));
	assert_int_equal(day + 1, day_of(row_text(row, "erase_from")));
}

static void every_period_of_the_fixture_ends_on_its_day(void **state)
{
	(void)state;
	rows_each("retention/iso8601-periods.jsonl", check_period);
}

static void every_bad_period_of_the_fixture_is_refused(void **state)
{
	FILE *in = rows_open("retention/invalid-periods.json");
	struct period p;
	json_t *root, *one;
	size_t i;

	(void)state;
	if (in == NULL)
		skip();
	root = json_loadf(in, 0, NULL);
	(void)fclose(in);
	assert_true(json_array_size(root) > 5);
	json_array_foreach(root, i, one)
	{
		if (period_parse(json_string_value(one), &p))
			fail_msg("%s", json_string_value(one));
	}
	json_decref(root);
}

static void months_end_on_the_same_day_or_the_last(void **state)
{
	static const struct {
		const char *from, *period, *to;
	} cases[] = {
	    {"2028-01-31", "P1M", "2028-02-29"},
	    {"2026-01-30", "P1M", "2026-02-28"},
	    {"2026-08-31", "P1M", "2026-09-30"},
	    {"2026-11-30", "P3M", "2027-02-28"},
	    {"2026-12-31", "P1D", "2027-01-01"},
	    {"2024-02-29", "P4Y", "2028-02-29"},
	    {"2024-02-29", "P1Y12M", "2026-02-28"},
	    {"2096-02-29", "P4Y", "2100-02-28"},
	    {"2026-12-15", "P13M", "2028-01-15"},
	    {"2026-01-31", "P0M", "2026-01-31"},
	    {"2026-01-31", "P1M1D", "2026-03-01"},
	    {"2026-05-15", "P1500W", "2055-02-12"},
	    {"2026-01-01", "P36525D", "2126-01-02"},
	    {"9999-11-30", "P1M1D", "9999-12-31"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct period p;
		int64_t day = 0;

		assert_true(period_parse(cases[i].period, &p));
		assert_true(caldate_add(day_of(cases[i].from), &p, &day));
		if (day != day_of(cases[i].to))
			fail_msg("%s + %s", cases[i].from, cases[i].period);
	}
}

static void nothing_lasts_beyond_the_year_9999(void **state)
{
	static const char *const periods[] = {"P1D", "P1M", "P1Y",
					      "P99999Y99999M99999D"};
	int64_t day = 7;

	(void)state;
	for (size_t i = 0; i < LEN(periods); i++) {
		struct period p;

		assert_true(period_parse(periods[i], &p));
		assert_false(caldate_add(CALDATE_MAX, &p, &day));
		assert_int_equal(day, 7);
	}
}

static void points_in_time_have_an_offset(void **state)
{
	static const char *const bad[] = {
	    "2026-01-31T10:00:00",	 "2026-01-31",
	    "2026-01-31 10:00:00Z",	 "2026-01-31T10:00Z",
	    "2026-01-31T24:00:00Z",	 "2026-01-31T10:60:00Z",
	    "2026-01-31T10:00:61Z",	 "2026-01-31T10:00:00+1:00",
	    "2026-01-31T10:00:00+0100",	 "2026-01-31T10:00:00+24:00",
	    "2026-01-31T10:00:00.Z",	 "2026-01-31T10:00:00Z ",
	    "2026-02-30T10:00:00Z",	 "0001-01-01T00:00:00+00:01",
	    "9999-12-31T23:59:59-00:01", ""};
	int64_t ms = 7;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++)
		if (instant_parse(bad[i], &ms) || ms != 7)
			fail_msg("%s", bad[i]);
	assert_int_equal(ms_of("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(ms_of("1970-01-01T01:00:00.5+01:00"), 500);
	assert_int_equal(ms_of("1969-12-31t23:59:59.9999z"), -1);
	assert_int_equal(ms_of("2026-01-31T10:00:00-05:30"),
			 ms_of("2026-01-31T15:30:00Z"));
	assert_int_equal(ms_of("2016-12-31T23:59:60Z"),
			 ms_of("2016-12-31T23:59:59Z"));
}

static void points_in_time_are_written_in_utc(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"2026-03-10T23:30:00+01:00", "2026-03-10T22:30:00Z"},
	    {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00Z"},
	    {"1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59Z"},
	    {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"},
	    {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59Z"},
	};
	char text[INSTANT_BYTES];

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		instant_format(ms_of(cases[i].in), text);
		assert_string_equal(text, cases[i].out);
	}
	instant_format(INT64_MAX, text);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
	instant_format(INT64_MIN, text);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
}

static void a_day_begins_at_local_midnight(void **state)
{
	struct zone *z = zone_of(BERLIN);

	(void)state;
	assert_non_null(z);
	assert_int_equal(caldate_local(z, ms_of("2026-03-10T23:30:00Z")),
			 day_of("2026-03-11"));
	assert_int_equal(caldate_local(z, ms_of("2026-06-15T21:59:59.999Z")),
			 day_of("2026-06-15"));
	assert_int_equal(caldate_local(NULL, ms_of("2026-03-10T23:30:00Z")),
			 day_of("2026-03-10"));
	assert_int_equal(caldate_begins_ms(z, day_of("2026-03-29")),
			 ms_of("2026-03-28T23:00:00Z"));
	assert_int_equal(caldate_begins_ms(z, day_of("2026-03-30")),
			 ms_of("2026-03-29T22:00:00Z"));
	assert_int_equal(caldate_begins_ms(NULL, day_of("2026-03-30")),
			 ms_of("2026-03-30T00:00:00Z"));
	/* At the ends of what a text can name it stays inside. */
	assert_int_equal(caldate_local(z, ms_of("9999-12-31T23:59:59Z")),
			 CALDATE_MAX);
	zone_free(&z);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_day_has_its_number_and_weekday),
	    cmocka_unit_test(a_date_has_one_spelling),
	    cmocka_unit_test(every_period_of_the_fixture_ends_on_its_day),
	    cmocka_unit_test(every_bad_period_of_the_fixture_is_refused),
	    cmocka_unit_test(months_end_on_the_same_day_or_the_last),
	    cmocka_unit_test(nothing_lasts_beyond_the_year_9999),
	    cmocka_unit_test(points_in_time_have_an_offset),
	    cmocka_unit_test(points_in_time_are_written_in_utc),
	    cmocka_unit_test(a_day_begins_at_local_midnight),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
