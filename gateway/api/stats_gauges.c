/* stats_gauges.c - the last day that is shown, as Prometheus text.
 *
 * A counter that moved with each event would tell of single ones to whoever
 * reads it often.  Labels hold configured names and static words. */
#include <stdarg.h>

#include "postern/caldate.h"
#include "stats.h"

#define LINE_MAX_BYTES 512

struct gauges {
	struct buf *text;
	struct err *err;
	bool failed;
};

__attribute__((format(printf, 2, 3))) static void put(struct gauges *g,
						      const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (g->failed)
		return;
	if (len < 0 || (size_t)len >= sizeof(line)) {
		(void)ERR_SET(g->err, ERR_NOMEM, "a metric does not fit", 0);
		g->failed = true;
	} else if (buf_append(g->text, line, (size_t)len, g->err) != 0) {
		g->failed = true;
	}
}

static void put_head(struct gauges *g, const char *name, const char *help)
{
	put(g, "# HELP postern_day_%s %s\n# TYPE postern_day_%s gauge\n", name,
	    help, name);
}

/* Which day the numbers of a kind are of. */
static void put_day(struct gauges *g, const struct worker *w,
		    enum stats_kind kind, const char *figures)
{
	int64_t day = stats_last_day(w, kind);

	put(g, "postern_day_begin_seconds{figures=\"%s\"} %lld\n", figures,
	    (long long)(caldate_begins_ms(w->zone, day) / 1000));
}

static void put_questions(struct gauges *g, const struct stats_series *s)
{
	if (s->day.by.total)
		put(g,
		    "postern_day_questions{channel=\"%s\",hours=\"%s\","
		    "answered=\"any\"} %lld\n",
		    s->channel.text, s->detail, (long long)s->day.counts[0]);
	if (!s->day.by.split)
		return;
	put(g,
	    "postern_day_questions{channel=\"%s\",hours=\"%s\","
	    "answered=\"60m\"} %lld\n",
	    s->channel.text, s->detail, (long long)s->day.counts[1]);
	put(g,
	    "postern_day_questions{channel=\"%s\",hours=\"%s\","
	    "answered=\"15m\"} %lld\n",
	    s->channel.text, s->detail, (long long)s->day.counts[2]);
}

static void put_state(struct gauges *g, const struct stats_series *s,
		      const char *state, int64_t n)
{
	const char *space = strchr(s->detail, ' ');
	int len =
	    space != NULL ? (int)(space - s->detail) : (int)strlen(s->detail);

	put(g,
	    "postern_day_messages{channel=\"%s\",purpose=\"%.*s\","
	    "template=\"%s\",state=\"%s\"} %lld\n",
	    s->channel.text, len, s->detail, space != NULL ? space + 1 : "",
	    state, (long long)n);
}

static void put_messages(struct gauges *g, const struct stats_series *s)
{
	if (s->day.by.total)
		put_state(g, s, "sent", s->day.counts[0]);
	if (s->day.by.split) {
		put_state(g, s, "delivered", s->day.counts[1]);
		put_state(g, s, "read", s->day.counts[2]);
	}
	if (s->kind == STATS_CAMPAIGNS && s->day.opted.split)
		put_state(g, s, "opted_out", s->day.counts[3]);
}

static void put_event(struct gauges *g, const struct stats_series *s)
{
	if (s->day.by.total)
		put(g,
		    "postern_day_events{channel=\"%s\",name=\"%s\","
		    "detail=\"%s\"} %lld\n",
		    s->channel.text, s->name, s->detail,
		    (long long)s->day.counts[0]);
}

/* A day without any: absent, as is what is too small to be shown. */
static void put_series(struct gauges *g, const struct stats_day *d,
		       enum stats_kind first, enum stats_kind last,
		       void (*one)(struct gauges *,
				   const struct stats_series *))
{
	for (size_t i = 0; i < d->len; i++)
		if (d->series[i].kind >= first && d->series[i].kind <= last &&
		    d->series[i].day.counts[0] > 0)
			one(g, &d->series[i]);
}

static void put_all(struct gauges *g, const struct worker *w,
		    const struct stats_day *late, const struct stats_day *early)
{
	put_head(g, "begin_seconds",
		 "Begin of the day the figures below are of.");
	put_day(g, w, STATS_QUESTIONS, "questions");
	put_day(g, w, STATS_MESSAGES, "messages");
	put_day(g, w, STATS_EVENTS, "events");
	put_head(g, "questions", "First messages that wait for an answer.");
	put_series(g, late, STATS_QUESTIONS, STATS_QUESTIONS, put_questions);
	put_head(g, "messages", "Messages of helpdesks and their fate.");
	put_series(g, early, STATS_MESSAGES, STATS_CAMPAIGNS, put_messages);
}

/* The days end at the same time and settle one after the other. */
static int events(struct gauges *g, struct worker *w)
{
	struct stats_day d;
	int rc = stats_read(w, stats_last_day(w, STATS_EVENTS), "", &d, g->err);

	put_head(g, "events", "What else was counted.");
	if (rc == 0)
		put_series(g, &d, STATS_EVENTS, STATS_EVENTS, put_event);
	stats_day_free(&d);
	return rc;
}

int stats_gauges(struct worker *w, struct buf *ret, struct err *err)
{
	struct gauges g = {.text = ret, .err = err};
	struct stats_day late = {0}, early = {0};
	int rc = -1;

	if (stats_read(w, stats_last_day(w, STATS_QUESTIONS), "", &late, err) ==
		0 &&
	    stats_read(w, stats_last_day(w, STATS_MESSAGES), "", &early, err) ==
		0) {
		put_all(&g, w, &late, &early);
		rc = events(&g, w);
	}
	stats_day_free(&late);
	stats_day_free(&early);
	return g.failed ? -1 : rc;
}
