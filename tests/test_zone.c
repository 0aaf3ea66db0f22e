/* test_zone.c - time zones, against the C library and by hand. */
#include "postern/zone.h"

#include <time.h>

#include "postern/caldate.h"
#include "postern/zonefile.h"
#include "rows.h"
#include "zone_house.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

static int64_t s_of(const char *text)
{
	int64_t ms = 0;

	assert_true(instant_parse(text, &ms));
	return ms / 1000;
}

static struct zone *zone_named(const char *name)
{
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX);
	struct zone *z = NULL;
	struct err err;

	if (zonefile_read(name, &bytes, &err) == 0)
		assert_int_equal(zone_parse(bytes.bytes, bytes.len, &z, &err),
				 0);
	buf_free(&bytes);
	return z;
}

/* Whether the C library says the same all through a century. */
static void compare(const char *name)
{
	struct zone *z = zone_named(name);

	if (z == NULL)
		skip();
	assert_int_equal(setenv("TZ", name, 1), 0);
	tzset();
	for (int64_t s = s_of("1960-01-01T00:00:00Z");
	     s < s_of("2100-01-01T00:00:00Z"); s += 9973) {
		time_t t = (time_t)s;
		struct tm tm;

		assert_non_null(localtime_r(&t, &tm));
		if (zone_offset_s(z, s) != tm.tm_gmtoff)
			fail_msg("%s at %lld", name, (long long)s);
	}
	zone_free(&z);
}

static void the_c_library_agrees(void **state)
{
	static const char *const names[] = {"Europe/Berlin",
					    "America/New_York",
					    "Australia/Lord_Howe",
					    "Asia/Kathmandu",
					    "Africa/Casablanca",
					    "America/Nuuk",
					    "Pacific/Apia",
					    "Europe/Dublin",
					    "America/Santiago",
					    "Asia/Gaza",
					    "Etc/UTC"};

	(void)state;
	for (size_t i = 0; i < LEN(names); i++)
		compare(names[i]);
}

static void the_rule_at_the_end_holds_for_ever(void **state)
{
	struct zone *z = zone_of(BERLIN);

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_offset_s(z, s_of("2026-03-29T00:59:59Z")), 3600);
	assert_int_equal(zone_offset_s(z, s_of("2026-03-29T01:00:00Z")), 7200);
	assert_int_equal(zone_offset_s(z, s_of("2026-10-25T00:59:59Z")), 7200);
	assert_int_equal(zone_offset_s(z, s_of("2026-10-25T01:00:00Z")), 3600);
	assert_int_equal(zone_offset_s(z, s_of("9998-07-01T00:00:00Z")), 7200);
	assert_int_equal(zone_offset_s(z, INT64_MAX / 4), 3600);
	assert_int_equal(zone_offset_s(z, INT64_MIN / 4), 3600);
	zone_free(&z);
	assert_null(z);
	assert_int_equal(zone_offset_s(NULL, 0), 0);
}

static void footers_of_every_form_are_read(void **state)
{
	static const struct {
		const char *footer, *at;
		int32_t offset_s;
	} cases[] = {
	    {"UTC0", "2026-07-01T00:00:00Z", 0},
	    {"<+0545>-5:45", "2026-07-01T00:00:00Z", 20700},
	    {"LMT0:53:28", "2026-07-01T00:00:00Z", -3208},
	    /* Summer in the south, over the turn of the year. */
	    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-01-01T00:00:00Z",
	     39600},
	    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", "2026-07-01T00:00:00Z",
	     37800},
	    /* Days of the year, with and without 29 February. */
	    {"AAA0BBB,J60,J61", "2028-03-01T02:00:00Z", 3600},
	    {"AAA0BBB,J60,J61", "2028-02-29T02:00:00Z", 0},
	    {"AAA0BBB,59,60", "2028-02-29T02:00:00Z", 3600},
	    {"AAA0BBB,59,60", "2026-03-01T02:00:00Z", 3600},
	    {"AAA0BBB,59,60", "2026-02-28T02:00:00Z", 0},
	    /* Times before and after the day. */
	    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T00:59:59Z", -7200},
	    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", "2026-03-29T01:00:00Z", -3600},
	    {"IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-26T23:59:59Z", 7200},
	    {"IST-2IDT,M3.4.4/26,M10.5.0", "2026-03-27T00:00:00Z", 10800},
	    /* Summer all year. */
	    {"XXX3EDT4,0/0,J365/23", "2026-01-01T02:59:59Z", -14400},
	    {"XXX3EDT4,0/0,J365/23", "2026-01-01T03:00:00Z", -14400},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct zone *z = zone_of(cases[i].footer);

		if (z == NULL ||
		    zone_offset_s(z, s_of(cases[i].at)) != cases[i].offset_s)
			fail_msg("%s at %s", cases[i].footer, cases[i].at);
		zone_free(&z);
	}
}

static void footers_of_no_form_are_refused(void **state)
{
	static const char *const bad[] = {"CET",
					  "CE-1",
					  "<CET-1",
					  "CET-25",
					  "CET-1:60",
					  "CET-1:00:60",
					  "CET-1CEST",
					  "CET-1CEST,",
					  "CET-1CEST,M3.5.0",
					  "CET-1CEST,M13.5.0,M10.5.0",
					  "CET-1CEST,M3.0.0,M10.5.0",
					  "CET-1CEST,M3.6.0,M10.5.0",
					  "CET-1CEST,M3.5.7,M10.5.0",
					  "CET-1CEST,J0,J365",
					  "CET-1CEST,0,366",
					  "CET-1CEST,0/168,1",
					  "CET-1CEST,0,1x",
					  "CET-1:",
					  "CET-1CEST,M3.5,M10.5.0",
					  "CET-1CEST,0/,1",
					  "CET-99999999999999999999"};

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		struct zone *z = zone_of(bad[i]);

		if (z != NULL)
			fail_msg("%s", bad[i]);
	}
}

static void a_list_of_changes_is_followed(void **state)
{
	static const struct zone_change changes[] = {
	    {100000, 7200}, {200000, 3600}, {300000, 5400}};
	struct zone *z = zone_made(3600, changes, 3, "");

	(void)state;
	assert_non_null(z);
	assert_int_equal(zone_offset_s(z, 0), 3600);
	assert_int_equal(zone_offset_s(z, 99999), 3600);
	assert_int_equal(zone_offset_s(z, 100000), 7200);
	assert_int_equal(zone_offset_s(z, 250000), 3600);
	assert_int_equal(zone_offset_s(z, 300000), 5400);
	assert_int_equal(zone_offset_s(z, 1LL << 40), 5400);
	zone_free(&z);
}

static void a_local_time_shown_twice_is_the_first(void **state)
{
	struct zone *z = zone_of(BERLIN);

	(void)state;
	assert_int_equal(zone_utc_s(z, s_of("2026-10-25T02:30:00Z")),
			 s_of("2026-10-25T00:30:00Z"));
	assert_int_equal(zone_utc_s(z, s_of("2026-10-25T03:00:00Z")),
			 s_of("2026-10-25T02:00:00Z"));
	/* Skipped: when it was jumped over. */
	assert_int_equal(zone_utc_s(z, s_of("2026-03-29T02:30:00Z")),
			 s_of("2026-03-29T01:00:00Z"));
	zone_free(&z);
	/* A whole day skipped: Samoa, 30 December 2011. */
	z = zone_made(
	    -36000, &(struct zone_change){s_of("2011-12-30T10:00:00Z"), 50400},
	    1, "");
	assert_int_equal(caldate_begins_ms(z, caldate_day(2011, 12, 30)) / 1000,
			 s_of("2011-12-30T10:00:00Z"));
	assert_int_equal(caldate_begins_ms(z, caldate_day(2011, 12, 31)) / 1000,
			 s_of("2011-12-30T10:00:00Z"));
	zone_free(&z);
}

static void a_damaged_file_is_refused(void **state)
{
	static const struct zone_change changes[] = {{100000, 7200},
						     {200000, 3600}};
	struct buf b = zone_bytes(3600, changes, 2, BERLIN);
	struct zone *z = NULL;
	struct err err;

	(void)state;
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(zone_parse(b.bytes, len, &z, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_null(z);
	}
	assert_int_equal(zone_parse(b.bytes, b.len, &z, &err), 0);
	zone_free(&z);
	/* Changes that do not go forward. */
	buf_free(&b);
	b = zone_bytes(0, (struct zone_change[]){{5, 0}, {5, 0}}, 2, "");
	assert_int_equal(zone_parse(b.bytes, b.len, &z, &err), -1);
	buf_free(&b);
	/* More than a day ahead. */
	b = zone_bytes(93600, NULL, 0, "");
	assert_int_equal(zone_parse(b.bytes, b.len, &z, &err), -1);
	buf_free(&b);
}

static void only_names_of_zones_become_paths(void **state)
{
	static const char *const bad[] = {"",
					  "/etc/passwd",
					  "../../../etc/passwd",
					  "Europe/../Berlin",
					  "Europe/",
					  "Europe/Berlin.x",
					  "a b"};
	char long_name[66] = "";
	struct buf b = BUF_INIT(ZONE_FILE_MAX);
	struct err err;

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		assert_int_equal(zonefile_read(bad[i], &b, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	memset(long_name, 'a', 65);
	assert_int_equal(zonefile_read(long_name, &b, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	long_name[64] = '\0';
	assert_int_equal(zonefile_read(long_name, &b, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(zonefile_read("Europe/Nowhere", &b, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	assert_int_equal(b.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_c_library_agrees),
	    cmocka_unit_test(the_rule_at_the_end_holds_for_ever),
	    cmocka_unit_test(footers_of_every_form_are_read),
	    cmocka_unit_test(footers_of_no_form_are_refused),
	    cmocka_unit_test(a_list_of_changes_is_followed),
	    cmocka_unit_test(a_local_time_shown_twice_is_the_first),
	    cmocka_unit_test(a_damaged_file_is_refused),
	    cmocka_unit_test(only_names_of_zones_become_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
