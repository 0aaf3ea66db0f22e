/* watch.c - alarms before a deadline (Art. 12(3) GDPR; compliance 2.4). */
#include "machine.h"

#include "worker/alarm.h"

#define INTERNAL "rights.internal"
#define DEADLINE "rights.deadline"
#define OVERDUE	 "rights.overdue"

static const char *const kinds[] = {INTERNAL, DEADLINE, OVERDUE,
				    "rights.decide", "rights.stuck"};

/* Raises it if its time has come, else says when. */
static int look(struct worker *w, const struct request *r, const char *kind,
		int64_t at_ms, int64_t *next_ms, struct err *err)
{
	const struct alarm alarm = {
	    .kind = kind,
	    .about = ID_REQUEST,
	    .object = r->is.id,
	    .detail = rights_type_name(r->is.type),
	    .due_ms = r->is.due_ends_ms,
	};

	if (at_ms <= worker_now(w))
		return alarm_raise(w, &alarm, err);
	if (at_ms < *next_ms)
		*next_ms = at_ms;
	return 0;
}

int watch_deadlines(struct worker *w, const struct request *r,
		    int64_t *ret_next_ms, struct err *err)
{
	const int64_t internal_ms = caldate_begins_ms(
	    w->zone, r->is.receipt_day + w->settings->rights.internal_days + 1 +
			 r->is.paused_days);
	const int64_t warn_ms = caldate_begins_ms(
	    w->zone, r->is.due_day - w->settings->rights.warn_days);
	int64_t next_ms = NEVER;

	if (look(w, r, INTERNAL, internal_ms, &next_ms, err) != 0 ||
	    look(w, r, DEADLINE, warn_ms, &next_ms, err) != 0 ||
	    look(w, r, OVERDUE, r->is.due_ends_ms, &next_ms, err) != 0)
		return -1;
	*ret_next_ms = next_ms;
	return 0;
}

int watch_end(struct worker *w, const struct request *r, struct err *err)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (alarm_end(w, kinds[i], r->is.id, err) != 0)
			return -1;
	return 0;
}
