/* stats_day.c - a day of table figure, as series. */
#include "stats.h"

#include "conversation.h"
#include "postern/caldate.h"
#include "worker/rates.h"

#define SERIES_MAX 4096

static const char day_sql[] =
    "SELECT hour_ms, channel, name, detail, n FROM figure"
    " WHERE hour_ms>=? AND hour_ms<? AND (?='' OR channel=?)";

/* Where a name of the table belongs. */
static const struct place {
	const char *name;
	enum stats_kind kind;
	int count;
} places[] = {
    {"question.asked", STATS_QUESTIONS, 0},
    {"question.answered_60m", STATS_QUESTIONS, 1},
    {"question.answered_15m", STATS_QUESTIONS, 2},
    {"message.sent", STATS_MESSAGES, 0},
    {"message.delivered", STATS_MESSAGES, 1},
    {"message.read", STATS_MESSAGES, 2},
    {"campaign.opted_out", STATS_CAMPAIGNS, 3},
};

/* --- when ----------------------------------------------------------------- */

static int64_t settles_ms(enum stats_kind kind)
{
	switch (kind) {
	case STATS_QUESTIONS:
		return RATES_ANSWER_MS;
	case STATS_MESSAGES:
	case STATS_CAMPAIGNS:
		return RATES_FATE_MS;
	default:
		return 0;
	}
}

bool stats_settled(const struct worker *w, enum stats_kind kind, int64_t day)
{
	return worker_now(w) >
	       caldate_begins_ms(w->zone, day + 1) + settles_ms(kind);
}

int64_t stats_last_day(const struct worker *w, enum stats_kind kind)
{
	int64_t day = caldate_local(w->zone, worker_now(w) - settles_ms(kind));

	do
		day--;
	while (!stats_settled(w, kind, day));
	return day;
}

/* The first hour that begins with the day or in it. */
static int64_t first_hour_ms(const struct worker *w, int64_t day)
{
	int64_t begins_ms =
	    caldate_begins_ms(w->zone, day) + FIGURE_HOUR_MS - 1;

	return begins_ms - begins_ms % FIGURE_HOUR_MS;
}

/* --- series --------------------------------------------------------------- */

static struct stats_series *series_new(struct stats_day *d,
				       const struct stats_series *like,
				       struct err *err)
{
	size_t size = d->size > 0 ? 2 * d->size : 16;
	struct stats_series *all;

	if (d->len == d->size) {
		all = size <= SERIES_MAX
			  ? realloc(d->series, size * sizeof(*all))
			  : NULL;
		if (all == NULL) {
			(void)ERR_SET(err, ERR_NOMEM, "figures of a day", 0);
			return NULL;
		}
		d->series = all;
		d->size = size;
	}
	d->series[d->len] = *like;
	return &d->series[d->len++];
}

static struct stats_series *series_of(struct stats_day *d,
				      const struct stats_series *like,
				      struct err *err)
{
	for (size_t i = 0; i < d->len; i++)
		if (d->series[i].kind == like->kind &&
		    name_equal(&d->series[i].channel, &like->channel) &&
		    strcmp(d->series[i].name, like->name) == 0 &&
		    strcmp(d->series[i].detail, like->detail) == 0)
			return &d->series[i];
	return series_new(d, like, err);
}

/* Which series a row counts for; the number it adds to. */
static int place_of(struct stats_series *s)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		if (strcmp(places[i].name, s->name) != 0)
			continue;
		s->kind = places[i].kind;
		if (s->kind == STATS_MESSAGES && s->detail[0] != '\0')
			s->kind = STATS_CAMPAIGNS;
		s->name[0] = '\0';
		return places[i].count;
	}
	s->kind = STATS_EVENTS;
	return 0;
}

static int take_row(struct worker *w, struct store_rows *rows,
		    struct stats_day *d, struct err *err)
{
	struct store *st = w->store;
	struct stats_series like = {0}, *s;
	struct store_value channel = store_column(st, rows, 1);
	int64_t hour =
	    (store_column(st, rows, 0).num - d->first_hour_ms) / FIGURE_HOUR_MS;
	int count;

	if (hour >= STATS_HOURS_MAX ||
	    (channel.len > 0 && !column_name(channel, &like.channel)) ||
	    !column_text(store_column(st, rows, 2), like.name,
			 sizeof(like.name)) ||
	    !column_text(store_column(st, rows, 3), like.detail,
			 sizeof(like.detail)))
		return ERR_SET(err, ERR_CORRUPT, "no row of a figure", 0);
	count = place_of(&like);
	s = series_of(d, &like, err);
	if (s == NULL)
		return -1;
	s->hours[hour].counts[count] += store_column(st, rows, 4).num;
	return 0;
}

/* --- judging -------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* A status can be lost, or come for a message whose own end was not known:
 * what should be part of something is never more than that. */
static void split(enum stats_kind kind, struct stats_cell *c)
{
	int64_t *n = c->counts;

	/* Those answered sooner are counted for themselves. */
	if (kind == STATS_QUESTIONS)
		n[1] += n[2];
	n[1] = least(n[1], n[0]);
	n[2] = least(n[2], n[1]);
	n[3] = least(n[3], n[0]);
	c->by = (struct disclosed){.parts = {n[0] - n[1], n[1] - n[2], n[2]}};
	c->opted = (struct disclosed){.parts = {n[0] - n[3], n[3]}};
}

static void judge(struct stats_series *s)
{
	struct disclosed by[STATS_HOURS_MAX], opted[STATS_HOURS_MAX];

	for (size_t i = 0; i < STATS_HOURS_MAX; i++) {
		split(s->kind, &s->hours[i]);
		by[i] = s->hours[i].by;
		opted[i] = s->hours[i].opted;
		for (size_t k = 0; k < STATS_COUNTS; k++)
			s->day.counts[k] += s->hours[i].counts[k];
	}
	disclose_day(&s->day.by, by, STATS_HOURS_MAX);
	disclose_day(&s->day.opted, opted, STATS_HOURS_MAX);
	for (size_t i = 0; i < STATS_HOURS_MAX; i++) {
		s->hours[i].by = by[i];
		s->hours[i].opted = opted[i];
	}
}

void stats_day_free(struct stats_day *day)
{
	free(day->series);
	*day = (struct stats_day){0};
}

int stats_read(struct worker *w, int64_t day, const char *channel,
	       struct stats_day *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = (struct stats_day){.day = day,
				  .first_hour_ms = first_hour_ms(w, day)};
	if (store_start(w->store, day_sql,
			STORE_ARGS(S_INT(ret->first_hour_ms),
				   S_INT(first_hour_ms(w, day + 1)),
				   S_TEXT(channel), S_TEXT(channel)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0)
		if (take_row(w, rows, ret, err) != 0)
			break;
	store_finish(w->store, &rows);
	if (rc != 0)
		return -1;
	for (size_t i = 0; i < ret->len; i++)
		judge(&ret->series[i]);
	return 0;
}
