/* hours.c - office hours: several spans a day, holidays of the Land. */
#include "postern/caldate.h"

#include "model.h"

#define DAY_MINUTES 1440

/* "08:30" at *at; 24:00 is the end of a day. */
static bool clock_read(const char **at, int *ret)
{
	const char *t = *at;

	for (int i = 0; i < 5; i++)
		if (i == 2 ? t[i] != ':' : t[i] < '0' || t[i] > '9')
			return false;
	*ret = ((t[0] - '0') * 10 + t[1] - '0') * 60 + (t[3] - '0') * 10 +
	       t[4] - '0';
	*at += 5;
	return t[3] < '6' && *ret <= DAY_MINUTES;
}

static bool span_read(const char *text, struct span *ret)
{
	return clock_read(&text, &ret->from) && *text++ == '-' &&
	       clock_read(&text, &ret->to) && *text == '\0' &&
	       ret->from < ret->to;
}

static void check_apart(const struct hours *hours, int day,
			const struct span *span, struct diag *diag)
{
	for (size_t i = 0; i < hours->spans_len[day]; i++) {
		const struct span *other = &hours->spans[day][i];

		if (span->from < other->to && other->from < span->to)
			diag_add(diag, span->at.line, span->at.column,
				 "these hours overlap with those at %zu:%zu; "
				 "make them one span, or end one before the "
				 "other",
				 other->at.line, other->at.column);
	}
}

static void parse_day(struct hours *hours, int day, const struct yaml *list,
		      struct diag *diag)
{
	if (!policy_is_list(list, list->key, diag))
		return;
	for (const struct yaml *at = list->first; at; at = at->next) {
		struct span span = {.at = place_of(at)};

		if (hours->spans_len[day] == SPANS_MAX) {
			diag_add(diag, at->line, at->column,
				 "too many spans in a day; %d is the most",
				 SPANS_MAX);
			return;
		}
		if (at->type != YAML_SCALAR || !span_read(at->text, &span)) {
			diag_add(diag, at->line, at->column,
				 "this is no span of a day; write it in "
				 "quotes: \"08:00-12:30\"");
			continue;
		}
		check_apart(hours, day, &span, diag);
		hours->spans[day][hours->spans_len[day]++] = span;
	}
}

static void parse_days(struct hours *hours, const struct yaml *map,
		       struct diag *diag)
{
	if (!policy_is_map(map, "days", diag))
		return;
	(void)policy_known_keys(map, KEYS_DAYS, diag);
	if (!map->first)
		diag_add(diag, map->line, map->column,
			 "days is empty, so the office is never open; write "
			 "when it is: {mon: [\"08:00-17:00\"]}");
	for (int day = 0; day < 7; day++) {
		const struct yaml *list =
		    yaml_get(map, policy_keys[KEYS_DAYS].words[day]);

		if (list)
			parse_day(hours, day, list, diag);
	}
}

void policy_parse_hours(const struct yaml *map, struct hours *ret,
			struct diag *diag)
{
	const struct yaml *node;

	if (!policy_is_map(map, "hours", diag))
		return;
	*ret = (struct hours){
	    .set = true, .holidays = true, .at = place_of_key(map)};
	(void)policy_known_keys(map, KEYS_HOURS, diag);
	node = policy_need(map, "days",
			   "write when the office is open: days: {mon: "
			   "[\"08:00-17:00\"]}",
			   diag);
	if (node)
		parse_days(ret, node, diag);
	node = yaml_get(map, "holidays");
	if (node)
		ret->holidays =
		    policy_field_of(node, WORDS_HOLIDAYS, diag) != 0;
	node = policy_need(map, "outside",
			   "name the notice that is sent while the office is "
			   "closed",
			   diag);
	if (node)
		(void)policy_field_says(node, &ret->outside, diag);
}

static bool is_holiday_in(enum land land, int64_t day)
{
	struct holiday all[HOLIDAYS_MAX];
	size_t len = holidays_of(land, caldate_of(day).year, all);

	for (size_t i = 0; i < len; i++)
		if (all[i].day == day)
			return true;
	return false;
}

/* Where the Land is not known: what is one everywhere. */
static bool is_holiday(int64_t day, const char *land)
{
	enum land which;

	if (land && land_parse(land, &which))
		return is_holiday_in(which, day);
	for (int i = 0; i < LANDS; i++)
		if (!is_holiday_in((enum land)i, day))
			return false;
	return true;
}

bool hours_open(const struct hours *hours, const struct policy_local *local,
		const char *land)
{
	unsigned int day = caldate_weekday(local->day) - 1;

	if (hours->holidays && is_holiday(local->day, land))
		return false;
	for (size_t i = 0; i < hours->spans_len[day]; i++) {
		const struct span *span = &hours->spans[day][i];

		if (local->minute >= span->from && local->minute < span->to)
			return true;
	}
	return false;
}
