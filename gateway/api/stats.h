/* stats.h - figures of a day, read from table figure and judged. */
#ifndef POSTERN_API_STATS_H
#define POSTERN_API_STATS_H

#include "disclose.h"
#include "postern/buf.h"
#include "worker/figures.h"

#define STATS_HOURS_MAX 26 /* of a local day, begun ones included */
#define STATS_DAYS_MAX	31

enum stats_kind {
	STATS_QUESTIONS, /* detail: open, outside */
	STATS_MESSAGES,	 /* detail: "" */
	STATS_CAMPAIGNS, /* detail: "purpose template" */
	STATS_EVENTS,	 /* name, detail: as in the table */
	STATS_KINDS,
};

/* What a series counts, in this order; each is one of those before it.
 *	questions	asked, answered within an hour, within 15 minutes
 *	messages	sent, delivered, read
 *	campaigns	the same, and who opted out
 *	events		how often */
#define STATS_COUNTS 4
struct stats_cell {
	int64_t counts[STATS_COUNTS];
	struct disclosed by; /* what became of them */
	struct disclosed opted;
};

struct stats_series {
	enum stats_kind kind;
	struct name channel; /* "": of none */
	char name[40];	     /* of an event */
	char detail[FIGURE_DETAIL_BYTES];
	struct stats_cell day;
	struct stats_cell hours[STATS_HOURS_MAX];
};

struct stats_day {
	int64_t day; /* caldate.h, local */
	int64_t first_hour_ms;
	struct stats_series *series;
	size_t len, size;
};

/* Is everything counted that will be of this day?  Before, nothing of it is
 * shown: what is shown never changes. */
bool stats_settled(const struct worker *w, enum stats_kind kind, int64_t day);
/* The last day of which that is so. */
int64_t stats_last_day(const struct worker *w, enum stats_kind kind);

/* A local day; channel "": of every one.  stats_day_free() in any case. */
int stats_read(struct worker *w, int64_t day, const char *channel,
	       struct stats_day *ret, struct err *err);
void stats_day_free(struct stats_day *day);
/* The last days that are shown, appended as Prometheus text. */
int stats_gauges(struct worker *w, struct buf *ret, struct err *err);

#endif
