/* test_disclose.c - no number that is shown, and no difference of such, is
 * about fewer than five. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/disclose.h"

#define HOURS 6
#define DAYS  5

static bool too_small(int64_t n)
{
	return n != 0 && n < DISCLOSE_LEAST;
}

static void small_days_are_not_shown(void **state)
{
	struct disclosed day, hours[2] = {{.parts = {2}}, {.parts = {2}}};

	(void)state;
	disclose_day(&day, hours, 2);
	assert_false(day.total || hours[0].total || hours[1].total);
	hours[0].parts[0] = 3;
	disclose_day(&day, hours, 2);
	assert_true(day.total && day.split);
	assert_int_equal(disclose_sum(&day), 5);
	assert_false(hours[0].total || hours[1].total);
}

static void an_hour_is_hidden_with_the_one_that_is_too_small(void **state)
{
	struct disclosed day,
	    hours[3] = {{.parts = {9}}, {.parts = {3}}, {.parts = {7}}};

	(void)state;
	disclose_day(&day, hours, 3);
	assert_true(day.total && hours[0].total);
	/* 19 - 9 - 7 would tell it. */
	assert_false(hours[1].total || hours[2].total);
}

static void nothing_is_hidden_without_need(void **state)
{
	struct disclosed day, hours[3] = {{.parts = {9, 5, 6}},
					  {.parts = {0}},
					  {.parts = {0, 0, 5}}};

	(void)state;
	disclose_day(&day, hours, 3);
	assert_true(day.total && day.split);
	for (size_t i = 0; i < 3; i++)
		assert_true(hours[i].total && hours[i].split);
}

static void a_split_is_shown_only_if_all_of_it_can_be(void **state)
{
	struct disclosed day,
	    hours[2] = {{.parts = {90, 8, 2}}, {.parts = {40, 9}}};

	(void)state;
	disclose_day(&day, hours, 2);
	assert_true(day.total && hours[0].total && hours[1].total);
	/* Two of the third part, in all of the day. */
	assert_false(day.split || hours[0].split || hours[1].split);
}

static void a_month_tells_nothing_of_a_day_that_is_hidden(void **state)
{
	struct disclosed month, days[3] = {{.parts = {50}, .total = true},
					   {.parts = {3}},
					   {.parts = {60}, .total = true}};

	(void)state;
	disclose_month(&month, days, 3);
	assert_int_equal(disclose_sum(&month), 113);
	assert_false(month.total);
	days[2] = (struct disclosed){.parts = {4}};
	disclose_month(&month, days, 3);
	assert_true(month.total); /* 7 in two days */
}

/* --- whoever subtracts ---------------------------------------------------- */

static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* What of the whole is left without those of its parts that are shown. */
static void check_rest(const struct disclosed *whole,
		       const struct disclosed *of, size_t len)
{
	int64_t left[DISCLOSE_PARTS], total = disclose_sum(whole);

	memcpy(left, whole->parts, sizeof(left));
	for (size_t i = 0; i < len; i++) {
		if (of[i].total)
			total -= disclose_sum(&of[i]);
		for (size_t k = 0; k < DISCLOSE_PARTS && of[i].split; k++)
			left[k] -= of[i].parts[k];
	}
	assert_false(whole->total && too_small(total));
	for (size_t k = 0; k < DISCLOSE_PARTS; k++)
		assert_false(whole->split && too_small(left[k]));
}

static void check_shown(const struct disclosed *d)
{
	assert_false(d->split && !d->total);
	assert_false(d->total && too_small(disclose_sum(d)));
	for (size_t k = 0; k < DISCLOSE_PARTS; k++)
		assert_false(d->split && too_small(d->parts[k]));
}

static void draw_hours(uint32_t *seed, struct disclosed hours[HOURS])
{
	uint32_t most = draw(seed) % 30 + 1;

	memset(hours, 0, HOURS * sizeof(*hours));
	for (size_t i = 0; i < HOURS; i++)
		for (size_t k = 0; k < DISCLOSE_PARTS; k++)
			if (draw(seed) % 2 == 0)
				hours[i].parts[k] = draw(seed) % most;
}

static void no_difference_is_about_few(void **state)
{
	struct disclosed hours[HOURS], days[DAYS], month;
	size_t shown = 0, months = 0;
	uint32_t seed = 3;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		for (size_t d = 0; d < DAYS; d++) {
			draw_hours(&seed, hours);
			disclose_day(&days[d], hours, HOURS);
			check_shown(&days[d]);
			check_rest(&days[d], hours, HOURS);
			for (size_t h = 0; h < HOURS; h++) {
				check_shown(&hours[h]);
				assert_false(hours[h].total && !days[d].total);
				assert_false(hours[h].split && !days[d].split);
				shown += hours[h].total;
			}
		}
		disclose_month(&month, days, DAYS);
		check_shown(&month);
		check_rest(&month, days, DAYS);
		months += month.total;
	}
	assert_true(shown > 1000 && months > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(small_days_are_not_shown),
	    cmocka_unit_test(an_hour_is_hidden_with_the_one_that_is_too_small),
	    cmocka_unit_test(nothing_is_hidden_without_need),
	    cmocka_unit_test(a_split_is_shown_only_if_all_of_it_can_be),
	    cmocka_unit_test(a_month_tells_nothing_of_a_day_that_is_hidden),
	    cmocka_unit_test(no_difference_is_about_few),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
