/* test_holidays.c - holidays, deadlines, the breach clock.
 * Proves: compliance 2.4, 2.7, D1, D2, D3, D4, B1. */
#include "postern/holidays.h"

#include "postern/caldate.h"
#include "rows.h"
#include "zone_house.h"

static struct zone *berlin;

static int64_t day_of(const char *text)
{
	int64_t day = 0;

	assert_true(caldate_parse(text, &day));
	return day;
}

static int64_t ms_of(const char *text)
{
	int64_t ms = 0;

	assert_true(instant_parse(text, &ms));
	return ms;
}

/* --- holidays ------------------------------------------------------------- */

/* "ALL" or "BW,BY,ST" */
static bool names_land(const char *laender, enum land land)
{
	return strcmp(laender, "ALL") == 0 ||
	       strstr(laender, land_code(land)) != NULL;
}

struct csv_row {
	char date[16], name[64], laender[64];
};

static size_t read_csv(struct csv_row *ret, size_t max)
{
	FILE *in = rows_open("deadlines/holidays-de-2024-2028.csv");
	char line[256];
	size_t len = 0;

	if (in == NULL)
		skip();
	assert_non_null(fgets(line, sizeof(line), in));
	while (len < max && fgets(line, sizeof(line), in) != NULL)
		if (sscanf(line, "%15[^;];%63[^;];%63[^\r\n]", ret[len].date,
			   ret[len].name, ret[len].laender) == 3)
			len++;
	(void)fclose(in);
	return len;
}

/* Every day of the file and no other. */
static void every_holiday_of_the_fixture_is_one(void **state)
{
	static struct csv_row csv[200];
	size_t len = read_csv(csv, 200), seen = 0, wanted = 0;

	(void)state;
	assert_true(len > 90);
	for (size_t l = 0; l < LANDS; l++) {
		for (size_t i = 0; i < len; i++)
			wanted += names_land(csv[i].laender, (enum land)l);
		for (int64_t year = 2024; year <= 2028; year++) {
			struct holiday h[HOLIDAYS_MAX];
			size_t n = holidays_of((enum land)l, year, h);

			for (size_t i = 0; i < n; i++) {
				size_t at = 0;

				while (at < len &&
				       !(day_of(csv[at].date) == h[i].day &&
					 names_land(csv[at].laender,
						    (enum land)l)))
					at++;
				assert_true(at < len);
				assert_string_equal(csv[at].name, h[i].name);
				seen++;
			}
		}
	}
	assert_int_equal(seen, wanted);
}

static void holidays_stand_in_order_and_are_free(void **state)
{
	(void)state;
	for (size_t l = 0; l < LANDS; l++) {
		for (int64_t year = HOLIDAYS_YEAR_MIN; year <= 2100; year++) {
			struct holiday h[HOLIDAYS_MAX];
			size_t n = holidays_of((enum land)l, year, h);

			assert_true(n >= 9 && n <= 15);
			for (size_t i = 0; i < n; i++) {
				assert_true(i == 0 || h[i - 1].day <= h[i].day);
				assert_false(is_workday((enum land)l, h[i].day,
							NULL, 0));
			}
		}
	}
}

/* Easter after the tables of the PTB. */
static void easter_falls_where_it_falls(void **state)
{
	static const char *const mondays[] = {
	    "2018-04-02", "2019-04-22", "2025-04-21", "2026-04-06",
	    "2030-04-22", "2035-03-26", "2038-04-26", "2049-04-19",
	    "2076-04-20", "2100-03-29", "2160-03-24"};

	(void)state;
	for (size_t i = 0; i < sizeof(mondays) / sizeof(mondays[0]); i++)
		assert_false(is_workday(LAND_BE, day_of(mondays[i]), NULL, 0));
	assert_true(is_workday(LAND_BE, day_of("2026-04-07"), NULL, 0));
}

static bool in_table(enum land land, int64_t day)
{
	struct holiday h[HOLIDAYS_MAX];
	size_t n = holidays_of(land, caldate_of(day).year, h);

	for (size_t i = 0; i < n; i++)
		if (h[i].day == day)
			return true;
	return false;
}

static void laws_begin_and_end(void **state)
{
	static const struct {
		const char *date;
		enum land land;
		bool free;
	} cases[] = {
	    {"2018-03-08", LAND_BE, false}, {"2019-03-08", LAND_BE, true},
	    {"2022-03-08", LAND_MV, false}, {"2023-03-08", LAND_MV, true},
	    {"2018-09-20", LAND_TH, false}, {"2019-09-20", LAND_TH, true},
	    {"2020-05-08", LAND_BE, true},  {"2024-05-08", LAND_BE, false},
	    {"2025-05-08", LAND_BE, true},  {"2025-05-08", LAND_BB, false},
	    {"2026-05-08", LAND_BE, false}, {"2028-06-17", LAND_BE, true},
	    {"2030-11-20", LAND_SN, true},  {"2033-11-16", LAND_SN, true},
	    {"2033-11-23", LAND_SN, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		bool free = in_table(cases[i].land, day_of(cases[i].date));

		if (free != cases[i].free)
			fail_msg("%s", cases[i].date);
	}
}

static void a_year_without_a_table_has_none(void **state)
{
	struct holiday h[HOLIDAYS_MAX];

	(void)state;
	assert_int_equal(holidays_of(LAND_BE, HOLIDAYS_YEAR_MIN - 1, h), 0);
	assert_int_equal(holidays_of(LAND_BE, HOLIDAYS_YEAR_MAX + 1, h), 0);
	assert_int_equal(holidays_of(LAND_BE, INT64_MAX, h), 0);
}

static void a_land_has_one_spelling(void **state)
{
	enum land land;

	(void)state;
	for (size_t l = 0; l < LANDS; l++) {
		assert_true(land_parse(land_code((enum land)l), &land));
		assert_int_equal(land, l);
	}
	assert_false(land_parse("be", &land));
	assert_false(land_parse("BEX", &land));
	assert_false(land_parse("", &land));
	assert_false(land_parse("XX", &land));
}

/* --- deadlines ------------------------------------------------------------ */

static struct deadline_facts facts_of(const char *received, const char *land)
{
	struct deadline_facts f = {.zone = berlin, .months = 1};

	f.received_ms = ms_of(received);
	assert_true(land_parse(land, &f.land));
	return f;
}

static void check_deadline(const json_t *row)
{
	struct deadline_facts f =
	    facts_of(row_text(row, "received_at"), row_text(row, "land"));
	struct deadline d;
	struct err err;

	f.months = (uint32_t)json_integer_value(json_object_get(row, "months"));
	f.paused_days =
	    (uint32_t)json_integer_value(json_object_get(row, "paused_days"));
	assert_int_equal(deadline_of(&f, &d, &err), 0);
	if (d.receipt_day != day_of(row_text(row, "receipt_date_local")) ||
	    d.unrolled_day != day_of(row_text(row, "unrolled")) ||
	    d.due_day != day_of(row_text(row, "due_date")) ||
	    d.ends_ms != ms_of(row_text(row, "due_at_utc_exclusive")))
		fail_msg("%s", row_name(row));
}

static void every_deadline_of_the_fixture_is_met(void **state)
{
	(void)state;
	rows_each("deadlines/month-deadlines.jsonl", check_deadline);
}

static void a_cautious_controller_counts_one_and_two(void **state)
{
	struct deadline_facts f = facts_of("2026-01-31T10:00:00+01:00", "BE");
	struct deadline d;

	(void)state;
	f.months = 3;
	f.chained = true;
	assert_int_equal(deadline_of(&f, &d, NULL), 0);
	assert_int_equal(d.due_day, day_of("2026-04-28"));
	f.chained = false;
	assert_int_equal(deadline_of(&f, &d, NULL), 0);
	assert_int_equal(d.due_day, day_of("2026-04-30"));
}

static void days_of_a_town_are_free_too(void **state)
{
	struct deadline_facts f = facts_of("2026-07-08T10:00:00+02:00", "BY");
	const int64_t further[] = {day_of("2026-08-10"), day_of("2026-08-11")};
	struct deadline d;

	(void)state;
	assert_int_equal(deadline_of(&f, &d, NULL), 0);
	assert_int_equal(d.due_day, day_of("2026-08-10")); /* 8th: Saturday */
	f.further = further;
	f.further_len = 2;
	assert_int_equal(deadline_of(&f, &d, NULL), 0);
	assert_int_equal(d.due_day, day_of("2026-08-12"));
}

static void a_year_without_holidays_has_no_deadlines(void **state)
{
	static const char *const at[] = {
	    "2017-11-30T10:00:00Z", "2198-12-10T10:00:00Z",
	    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"};
	struct deadline d;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		struct deadline_facts f = facts_of(at[i], "BE");

		assert_int_equal(deadline_of(&f, &d, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
}

/* --- the breach clock ----------------------------------------------------- */

static void check_breach(const json_t *row)
{
	json_int_t hours = json_integer_value(json_object_get(row, "hours"));
	struct breach_clock c =
	    breach_clock_of(ms_of(row_text(row, "aware_at")), (uint32_t)hours);

	if (c.internal_ms != ms_of(row_text(row, "internal_due")) ||
	    c.legal_ms != ms_of(row_text(row, "legal_due")))
		fail_msg("%s", row_name(row));
}

static void every_breach_of_the_fixture_has_its_clock(void **state)
{
	(void)state;
	rows_each("deadlines/breach-clock.jsonl", check_breach);
}

static void the_hour_of_awareness_does_not_count(void **state)
{
	static const char *const aware[] = {"2026-12-22T12:00:00Z",
					    "2026-12-22T12:00:00.001Z",
					    "2026-12-22T12:59:59.999Z"};

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    breach_clock_of(ms_of(aware[i]), BREACH_HOURS).legal_ms,
		    ms_of("2026-12-25T13:00:00Z"));
	/* Before 1970 as well. */
	assert_int_equal(
	    breach_clock_of(ms_of("1969-12-31T12:10:00Z"), 1).legal_ms,
	    ms_of("1969-12-31T14:00:00Z"));
}

static int begin(void **state)
{
	(void)state;
	berlin = zone_of(BERLIN);
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
	    cmocka_unit_test(every_holiday_of_the_fixture_is_one),
	    cmocka_unit_test(holidays_stand_in_order_and_are_free),
	    cmocka_unit_test(easter_falls_where_it_falls),
	    cmocka_unit_test(laws_begin_and_end),
	    cmocka_unit_test(a_year_without_a_table_has_none),
	    cmocka_unit_test(a_land_has_one_spelling),
	    cmocka_unit_test(every_deadline_of_the_fixture_is_met),
	    cmocka_unit_test(a_cautious_controller_counts_one_and_two),
	    cmocka_unit_test(days_of_a_town_are_free_too),
	    cmocka_unit_test(a_year_without_holidays_has_no_deadlines),
	    cmocka_unit_test(every_breach_of_the_fixture_has_its_clock),
	    cmocka_unit_test(the_hour_of_awareness_does_not_count),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
