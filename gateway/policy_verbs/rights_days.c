/* rights_days.c - `postern rights due|holidays|breach-clock`. */
#include "rights_days.h"

#include "options.h"
#include "postern/buf.h"
#include "postern/caldate.h"
#include "postern/holidays.h"
#include "postern/zonefile.h"

/* The Laender have one clock. */
#define GERMANY "Europe/Berlin"

#define MONTHS_MAX 120
#define PAUSED_MAX 3650

static int german_zone(struct zone **ret)
{
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX);
	struct err err = {0};
	int rc = zonefile_read(GERMANY, &bytes, &err);

	if (rc == 0)
		rc = zone_parse(bytes.bytes, bytes.len, ret, &err);
	buf_free(&bytes);
	if (rc != 0)
		(void)refused(GERMANY ": %s; install tzdata", err.what);
	return rc;
}

static int no_instant(const char *option)
{
	return refused("%s is no point in time; date, time and offset, such "
		       "as 2026-01-31T10:00:00+01:00",
		       option);
}

static int no_land(void)
{
	(void)fputs("postern: --land is no Land; one of", stderr);
	for (int i = 0; i < LANDS; i++)
		(void)fprintf(stderr, " %s", land_code((enum land)i));
	(void)fputc('\n', stderr);
	return EXIT_REFUSED;
}

static const char *weekday(int64_t day)
{
	static const char *const names[] = {"",		 "Monday",   "Tuesday",
					    "Wednesday", "Thursday", "Friday",
					    "Saturday",	 "Sunday"};

	return names[caldate_weekday(day)];
}

/* --- due ------------------------------------------------------------------ */

static int print_deadline(const struct verb_args *args,
			  const struct deadline *d)
{
	char receipt[CALDATE_BYTES], due[CALDATE_BYTES], ends[INSTANT_BYTES];

	caldate_format(d->receipt_day, receipt);
	caldate_format(d->due_day, due);
	instant_format(d->ends_ms, ends);
	if (args->json)
		return print_json(json_pack("{s:s,s:s,s:s}", "receipt_day",
					    receipt, "due", due, "due_ends",
					    ends));
	(void)printf("Received on %s, %s (" GERMANY ").\n"
		     "Due by the end of %s, %s: before %s.\n",
		     weekday(d->receipt_day), receipt, weekday(d->due_day), due,
		     ends);
	return printed();
}

static int read_deadline(const struct verb_args *args,
			 struct deadline_facts *ret)
{
	const char *received = NULL, *land = NULL, *months = "1";
	const char *given_months = NULL, *paused = NULL;
	const struct option_row rows[] = {{"--received", &received, true},
					  {"--land", &land, true},
					  {"--months", &given_months, false},
					  {"--paused-days", &paused, false}};
	int status = options_read(args, rows, 4);

	if (status != EXIT_DONE)
		return status;
	if (!instant_parse(received, &ret->received_ms))
		return no_instant("--received");
	if (!land_parse(land, &ret->land))
		return no_land();
	if (given_months != NULL)
		months = given_months;
	if (!option_number(months, 1, MONTHS_MAX, &ret->months))
		return refused("--months is no number from 1 to %d",
			       MONTHS_MAX);
	if (paused != NULL &&
	    !option_number(paused, 0, PAUSED_MAX, &ret->paused_days))
		return refused("--paused-days is no number from 0 to %d",
			       PAUSED_MAX);
	return EXIT_DONE;
}

int rights_due(const struct verb_args *args)
{
	struct deadline_facts facts = {0};
	struct zone *zone = NULL;
	struct deadline d;
	struct err err;
	int status = read_deadline(args, &facts);

	if (status != EXIT_DONE)
		return status;
	if (german_zone(&zone) != 0)
		return EXIT_REFUSED;
	facts.zone = zone;
	if (deadline_of(&facts, &d, &err) == 0)
		status = print_deadline(args, &d);
	else
		status =
		    refused("%s; due days from %d to %d can be told", err.what,
			    HOLIDAYS_YEAR_MIN, HOLIDAYS_YEAR_MAX - 1);
	zone_free(&zone);
	return status;
}

/* --- holidays ------------------------------------------------------------- */

static int print_holidays(const struct verb_args *args, const struct holiday *h,
			  size_t len)
{
	json_t *list = json_array();
	char date[CALDATE_BYTES];

	for (size_t i = 0; i < len; i++) {
		caldate_format(h[i].day, date);
		if (!args->json)
			(void)printf("%s  %-9s  %s\n", date, weekday(h[i].day),
				     h[i].name);
		else if (json_array_append_new(
			     list, json_pack("{s:s,s:s}", "date", date, "name",
					     h[i].name)) != 0) {
			json_decref(list);
			return refused("no memory");
		}
	}
	if (args->json)
		return print_json(list);
	json_decref(list);
	return printed();
}

int rights_holidays(const struct verb_args *args)
{
	const char *land_text = NULL, *year_text = NULL;
	const struct option_row rows[] = {{"--land", &land_text, true},
					  {"--year", &year_text, true}};
	struct holiday h[HOLIDAYS_MAX];
	enum land land;
	uint32_t year;
	int status = options_read(args, rows, 2);

	if (status != EXIT_DONE)
		return status;
	if (!land_parse(land_text, &land))
		return no_land();
	if (!option_number(year_text, HOLIDAYS_YEAR_MIN, HOLIDAYS_YEAR_MAX,
			   &year))
		return refused("--year is no year from %d to %d, whose "
			       "holidays are known",
			       HOLIDAYS_YEAR_MIN, HOLIDAYS_YEAR_MAX);
	return print_holidays(args, h, holidays_of(land, year, h));
}

/* --- breach-clock --------------------------------------------------------- */

int rights_breach_clock(const struct verb_args *args)
{
	const char *aware = NULL, *hours_text = NULL;
	const struct option_row rows[] = {{"--aware", &aware, true},
					  {"--hours", &hours_text, false}};
	char internal[INSTANT_BYTES], legal[INSTANT_BYTES];
	uint32_t hours = BREACH_HOURS;
	struct breach_clock clock;
	int64_t aware_ms;
	int status = options_read(args, rows, 2);

	if (status != EXIT_DONE)
		return status;
	if (!instant_parse(aware, &aware_ms))
		return no_instant("--aware");
	if (hours_text != NULL &&
	    !option_number(hours_text, 1, BREACH_HOURS_MAX, &hours))
		return refused("--hours is no number from 1 to %d",
			       BREACH_HOURS_MAX);
	clock = breach_clock_of(aware_ms, hours);
	if (clock.legal_ms >= ((int64_t)CALDATE_MAX + 1) * DAY_MS)
		return refused("that ends after the year 9999");
	instant_format(clock.internal_ms, internal);
	instant_format(clock.legal_ms, legal);
	if (args->json)
		return print_json(json_pack("{s:s,s:s}", "internal_due",
					    internal, "legal_due", legal));
	(void)printf("Tell the authority by %s (internal).\n"
		     "The law's %u hours end at %s; neither weekends nor "
		     "holidays extend them.\n",
		     internal, hours, legal);
	return printed();
}
