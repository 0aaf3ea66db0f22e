/* holidays.h - German holidays, deadlines of requests, the breach clock.
 *
 * Pure.  Statutory days of a whole Land only; those of towns are given by the
 * caller. */
#ifndef POSTERN_HOLIDAYS_H
#define POSTERN_HOLIDAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/zone.h"

enum land {
	LAND_BB,
	LAND_BE,
	LAND_BW,
	LAND_BY,
	LAND_HB,
	LAND_HE,
	LAND_HH,
	LAND_MV,
	LAND_NI,
	LAND_NW,
	LAND_RP,
	LAND_SH,
	LAND_SL,
	LAND_SN,
	LAND_ST,
	LAND_TH,
	LANDS,
};
/* "BB", "BE", ...; parsing takes exactly these. */
const char *land_code(enum land land);
bool land_parse(const char *text, enum land *ret);

/* The laws of these years are in the table; before them others held. */
#define HOLIDAYS_YEAR_MIN 2018
#define HOLIDAYS_YEAR_MAX 2199
#define HOLIDAYS_MAX	  24

struct holiday {
	int64_t day;
	const char *name; /* static, German, UTF-8 */
};

/* The holidays of a year in order of their days; their number.  A year
 * outside the table has none. */
size_t holidays_of(enum land land, int64_t year,
		   struct holiday ret[HOLIDAYS_MAX]);
/* No Saturday, no Sunday, no holiday, none of the further days. */
bool is_workday(enum land land, int64_t day, const int64_t *further,
		size_t further_len);

/* --- deadlines ------------------------------------------------------------ */

struct deadline_facts {
	int64_t received_ms;	 /* UTC; any channel counts */
	const struct zone *zone; /* of the controller */
	enum land land;
	uint32_t months;      /* 1; extended: 3, counted from receipt */
	uint32_t paused_days; /* date of proof received - of proof requested */
	bool chained; /* extended as 1 + 2 months: the cautious reading */
	const int64_t *further; /* days without work beside the Land's */
	size_t further_len;
};

struct deadline {
	int64_t receipt_day;
	int64_t unrolled_day; /* before it moves to a working day */
	int64_t due_day;
	int64_t ends_ms; /* UTC, exclusive: 24:00 local of due_day */
};

/*
 * deadline_of - when an answer is due.
 *
 * The day with the number of the day of receipt, or the last of a shorter
 * month; then the paused days; then on to the next working day.
 *
 * Returns 0, or -1 with ERR_INPUT: it falls into a year without a table.
 *
 * Source: Regulation 1182/71 Art. 3; GDPR Art. 12(3); compliance 2.4.
 */
int deadline_of(const struct deadline_facts *facts, struct deadline *ret,
		struct err *err);

struct breach_clock {
	int64_t internal_ms; /* UTC: awareness and the hours, exactly */
	int64_t legal_ms;    /* from the next full hour on */
};
#define BREACH_HOURS	 72
#define BREACH_HOURS_MAX 8760

/* Elapsed hours; neither weekends, holidays nor summer time change them.
 * Source: GDPR Art. 33(1); Regulation 1182/71 Art. 3(1); compliance 2.7. */
struct breach_clock breach_clock_of(int64_t aware_ms, uint32_t hours);

#endif
