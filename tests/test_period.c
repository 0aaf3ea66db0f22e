/* ISO 8601 periods of whole days. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "postern/period.h"

static void periods_are_whole_days_in_iso_8601(void **state)
{
	static const struct {
		const char *text;
		bool good;
		int years, months, days;
	} cases[] = {
	    {"P90D", true, 0, 0, 90},
	    {"P6M", true, 0, 6, 0},
	    {"P3Y", true, 3, 0, 0},
	    {"P1Y6M", true, 1, 6, 0},
	    {"P1Y2M3D", true, 1, 2, 3},
	    {"P2W", true, 0, 0, 14},
	    {"P0D", true, 0, 0, 0},
	    {"P1Y3D", true, 1, 0, 3},
	    {"P99999D", true, 0, 0, 99999},
	    {"P", false, 0, 0, 0},
	    {"", false, 0, 0, 0},
	    {"90D", false, 0, 0, 0},
	    {"p90d", false, 0, 0, 0},
	    {"P90d", false, 0, 0, 0},
	    {"P1.5Y", false, 0, 0, 0},
	    {"P-1D", false, 0, 0, 0},
	    {"P+1D", false, 0, 0, 0},
	    {"PT1H", false, 0, 0, 0},
	    {"P1DT1H", false, 0, 0, 0},
	    {"P1M1Y", false, 0, 0, 0},
	    {"P1D1D", false, 0, 0, 0},
	    {"P1W1D", false, 0, 0, 0},
	    {"P1Y1W", false, 0, 0, 0},
	    {"P90", false, 0, 0, 0},
	    {"PD", false, 0, 0, 0},
	    {"P 1D", false, 0, 0, 0},
	    {"P1D ", false, 0, 0, 0},
	    {"P100000D", false, 0, 0, 0},
	    {"P99999999999999999999D", false, 0, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct period p = {7, 7, 7};

		if (period_parse(cases[i].text, &p) != cases[i].good)
			fail_msg("%s", cases[i].text);
		assert_int_equal(p.years, cases[i].good ? cases[i].years : 7);
		assert_int_equal(p.months, cases[i].good ? cases[i].months : 7);
		assert_int_equal(p.days, cases[i].good ? cases[i].days : 7);
	}
}

static void the_length_of_months_depends_on_where_they_begin(void **state)
{
	struct period p;

	(void)state;
	assert_true(period_parse("P1M", &p));
	assert_int_equal(period_days_min(&p), 28);
	assert_int_equal(period_days_max(&p), 31);
	assert_true(period_parse("P1Y1M2D", &p));
	assert_int_equal(period_days_min(&p), 365 + 28 + 2);
	assert_int_equal(period_days_max(&p), 366 + 31 + 2);
	assert_true(period_parse("P2M", &p));
	assert_int_equal(period_days_min(&p), 59);
	assert_int_equal(period_days_max(&p), 62);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(periods_are_whole_days_in_iso_8601),
	    cmocka_unit_test(the_length_of_months_depends_on_where_they_begin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
