/* stats.c - GET /v1/stats: figures without persons, by hour, day or month. */
#include "stats.h"

#include "postern/caldate.h"
#include "problem.h"
#include "route.h"

#define DAYS_DEFAULT 30

enum step { STEP_HOUR, STEP_DAY, STEP_MONTH, STEPS };

static const struct {
	const char *name;
	int64_t days_max;
} steps[STEPS] = {
    [STEP_HOUR] = {"hour", 14},
    [STEP_DAY] = {"day", 100},
    [STEP_MONTH] = {"month", 400},
};

static const char *const kinds[STATS_KINDS] = {
    [STATS_QUESTIONS] = "questions",
    [STATS_MESSAGES] = "messages",
    [STATS_CAMPAIGNS] = "campaigns",
    [STATS_EVENTS] = "events",
};

/* A series through the days of a month. */
struct month_series {
	struct stats_series last; /* whose it is; day: summed up */
	struct disclosed by[STATS_DAYS_MAX], opted[STATS_DAYS_MAX];
};

struct stats {
	struct worker *w;
	enum step step;
	int64_t from, to; /* days, both included */
	const char *channel;
	json_t *lists[STATS_KINDS];
	struct month_series *months;
	size_t months_len;
};

/* --- rows ----------------------------------------------------------------- */

static json_t *number(int64_t n, bool shown)
{
	return shown ? json_integer((json_int_t)n) : json_null();
}

/* Who it is about, and how often. */
static json_t *row_new(const struct stats_series *s, const char *period,
		       const struct stats_cell *c)
{
	static const char *const first[STATS_KINDS] = {"asked", "sent", "sent",
						       "count"};

	return json_pack(
	    "{s:o, s:s, s:o}", "channel",
	    job_json_text(s->channel.text[0] != '\0' ? s->channel.text : NULL),
	    "period", period, first[s->kind],
	    number(c->counts[0], c->by.total));
}

static void put_campaign(json_t *row, const char *detail)
{
	const char *space = strchr(detail, ' ');
	size_t len = space != NULL ? (size_t)(space - detail) : strlen(detail);

	(void)json_object_set_new(row, "purpose", json_stringn(detail, len));
	(void)json_object_set_new(
	    row, "template", job_json_text(space != NULL ? space + 1 : NULL));
}

static void put_fate(json_t *row, const struct stats_cell *c,
		     const char *second, const char *third)
{
	(void)json_object_set_new(row, second,
				  number(c->counts[1], c->by.split));
	(void)json_object_set_new(row, third,
				  number(c->counts[2], c->by.split));
}

/* What could not be added is noticed by job_json(). */
static void put_row(struct stats *st, const struct stats_series *s,
		    const char *period, const struct stats_cell *c)
{
	json_t *row;

	if (c->counts[0] == 0)
		return;
	row = row_new(s, period, c);
	switch (s->kind) {
	case STATS_QUESTIONS:
		(void)json_object_set_new(row, "hours", json_string(s->detail));
		put_fate(row, c, "answered_60m", "answered_15m");
		break;
	case STATS_CAMPAIGNS:
		put_campaign(row, s->detail);
		put_fate(row, c, "delivered", "read");
		(void)json_object_set_new(row, "opted_out",
					  number(c->counts[3], c->opted.split));
		break;
	case STATS_MESSAGES:
		put_fate(row, c, "delivered", "read");
		break;
	default:
		(void)json_object_set_new(row, "name", json_string(s->name));
		(void)json_object_set_new(row, "detail",
					  json_string(s->detail));
		break;
	}
	(void)json_array_append_new(st->lists[s->kind], row);
}

/* --- days ----------------------------------------------------------------- */

static void put_hours(struct stats *st, const struct stats_day *d,
		      const struct stats_series *s)
{
	char period[INSTANT_BYTES];

	/* Not even when: of a day that is not shown no hour is. */
	if (!s->day.by.total) {
		caldate_format(d->day, period);
		put_row(st, s, period, &s->day);
		return;
	}
	for (int64_t i = 0; i < STATS_HOURS_MAX; i++) {
		instant_format(d->first_hour_ms + i * FIGURE_HOUR_MS, period);
		put_row(st, s, period, &s->hours[i]);
	}
}

static bool same_series(const struct stats_series *a,
			const struct stats_series *b)
{
	return a->kind == b->kind && name_equal(&a->channel, &b->channel) &&
	       strcmp(a->name, b->name) == 0 &&
	       strcmp(a->detail, b->detail) == 0;
}

static int into_month(struct stats *st, const struct stats_day *d,
		      const struct stats_series *s, struct err *err)
{
	size_t at = caldate_of(d->day).day - 1, i = 0;
	struct month_series *all;

	while (i < st->months_len && !same_series(&st->months[i].last, s))
		i++;
	if (i == st->months_len) {
		all = realloc(st->months, (i + 1) * sizeof(*all));
		if (all == NULL)
			return ERR_SET(err, ERR_NOMEM, "figures of a month", 0);
		st->months = all;
		all[i] = (struct month_series){.last = *s};
		all[i].last.day = (struct stats_cell){0};
		st->months_len++;
	}
	st->months[i].by[at] = s->day.by;
	st->months[i].opted[at] = s->day.opted;
	for (size_t k = 0; k < STATS_COUNTS; k++)
		st->months[i].last.day.counts[k] += s->day.counts[k];
	return 0;
}

static void put_month(struct stats *st, int64_t last_day)
{
	char period[CALDATE_BYTES];

	caldate_format(last_day, period);
	period[7] = '\0'; /* 2026-11 */
	for (size_t i = 0; i < st->months_len; i++) {
		struct month_series *m = &st->months[i];

		if (!stats_settled(st->w, m->last.kind, last_day))
			continue;
		disclose_month(&m->last.day.by, m->by, STATS_DAYS_MAX);
		disclose_month(&m->last.day.opted, m->opted, STATS_DAYS_MAX);
		put_row(st, &m->last, period, &m->last.day);
	}
	st->months_len = 0;
}

static int put_day(struct stats *st, const struct stats_day *d, struct err *err)
{
	char period[CALDATE_BYTES];

	caldate_format(d->day, period);
	for (size_t i = 0; i < d->len; i++) {
		const struct stats_series *s = &d->series[i];

		if (st->step == STEP_MONTH) {
			if (into_month(st, d, s, err) != 0)
				return -1;
			continue;
		}
		if (!stats_settled(st->w, s->kind, d->day))
			continue;
		if (st->step == STEP_HOUR)
			put_hours(st, d, s);
		else
			put_row(st, s, period, &s->day);
	}
	return 0;
}

static int put_days(struct stats *st, struct err *err)
{
	struct stats_day d;
	int rc;

	for (int64_t day = st->from; day <= st->to; day++) {
		rc = stats_read(st->w, day, st->channel, &d, err);
		if (rc == 0)
			rc = put_day(st, &d, err);
		stats_day_free(&d);
		if (rc != 0)
			return -1;
		if (st->step == STEP_MONTH && caldate_of(day + 1).day == 1)
			put_month(st, day);
	}
	return 0;
}

/* --- what is asked for ---------------------------------------------------- */

/* Whole months: the days around are read as well. */
static void widen(struct stats *st)
{
	st->from -= caldate_of(st->from).day - 1;
	while (caldate_of(st->to + 1).day != 1)
		st->to++;
}

static int read_days(struct job *job, struct stats *st)
{
	const char *from = job->query[QUERY_FROM], *to = job->query[QUERY_TO];

	st->to = stats_last_day(st->w, STATS_EVENTS);
	if (to[0] != '\0' && !caldate_parse(to, &st->to))
		return job_refuse(job, &problem_malformed,
				  "to is no day like 2026-11-30");
	st->from = st->to - (DAYS_DEFAULT - 1);
	if (st->step == STEP_HOUR)
		st->from = st->to;
	if (from[0] != '\0' && !caldate_parse(from, &st->from))
		return job_refuse(job, &problem_malformed,
				  "from is no day like 2026-11-01");
	if (st->from > st->to)
		return job_refuse(job, &problem_malformed, "from is after to");
	if (st->to - st->from >= steps[st->step].days_max)
		return job_refuse(job, &problem_malformed,
				  "at most 14 days by hour, 100 by day, 400 by "
				  "month");
	if (st->to > CALDATE_MAX - STATS_DAYS_MAX ||
	    st->from < CALDATE_MIN + STATS_DAYS_MAX)
		return job_refuse(job, &problem_malformed,
				  "from and to are out of range");
	if (st->step == STEP_MONTH)
		widen(st);
	return 0;
}

static int read_wish(struct job *job, struct stats *st)
{
	const char *step = job->query[QUERY_STEP];
	struct name name;

	st->step = STEP_DAY;
	st->channel = job->query[QUERY_CHANNEL];
	for (enum step i = 0; i < STEPS && step[0] != '\0'; i++) {
		st->step = i;
		if (strcmp(steps[i].name, step) == 0)
			break;
	}
	if (step[0] != '\0' && strcmp(steps[st->step].name, step) != 0)
		return job_refuse(job, &problem_malformed,
				  "step is hour, day or month");
	if (st->channel[0] != '\0' &&
	    !name_set(&name, st->channel, strlen(st->channel)))
		return job_refuse(job, &problem_malformed,
				  "channel is no name of one");
	return read_days(job, st);
}

/* --- the answer ----------------------------------------------------------- */

static json_t *date(int64_t day)
{
	char text[CALDATE_BYTES];

	caldate_format(day, text);
	return json_string(text);
}

static int answer(struct stats *st, struct job *job, struct err *err)
{
	json_t *shown = json_object(), *all;

	for (enum stats_kind i = 0; i < STATS_KINDS; i++)
		(void)json_object_set_new(shown, kinds[i],
					  date(stats_last_day(st->w, i)));
	all =
	    json_pack("{s:s, s:o, s:o, s:i, s:o}", "step", steps[st->step].name,
		      "from", date(st->from), "to", date(st->to), "least",
		      DISCLOSE_LEAST, "shown_until", shown);
	for (enum stats_kind i = 0; i < STATS_KINDS; i++)
		(void)json_object_set(all, kinds[i], st->lists[i]);
	return job_json(job, 200, all, err);
}

int api_stats(struct worker *w, struct job *job, struct err *err)
{
	struct stats st = {.w = w};
	int rc = -1;

	if (read_wish(job, &st) != 0)
		return -1;
	for (enum stats_kind i = 0; i < STATS_KINDS; i++)
		st.lists[i] = json_array();
	if (put_days(&st, err) == 0)
		rc = answer(&st, job, err);
	for (enum stats_kind i = 0; i < STATS_KINDS; i++)
		json_decref(st.lists[i]);
	free(st.months);
	return rc;
}
