/* due.c - by when an answer is due (Art. 12(3) GDPR; compliance 2.4). */
#include "inside.h"

static const char due_sql[] =
    "UPDATE request SET receipt_day=?,due_day=?,extended=?,paused_days=?,"
    "asked_day=?,proved_day=? WHERE id=?";

static struct store_value day_or_null(int64_t day)
{
	return day != 0 ? S_INT(day) : S_NULL;
}

static enum land land_of(const struct worker *w)
{
	enum land land = LAND_BE;

	(void)land_parse(w->settings->controller.land, &land);
	return land;
}

int64_t request_today(const struct worker *w)
{
	return caldate_local(w->zone, worker_now(w));
}

int request_due(const struct worker *w, const struct request *r,
		struct due *ret, struct err *err)
{
	struct deadline_facts facts = {
	    .received_ms = r->is.received_ms,
	    .zone = w->zone,
	    .land = land_of(w),
	    .months = 1,
	    .paused_days = (uint32_t)r->is.paused_days,
	};

	if (deadline_of(&facts, &ret->first, err) != 0)
		return -1;
	ret->now = ret->first;
	if (!r->is.extended)
		return 0;
	facts.months = 3;
	facts.chained = w->settings->rights.chained;
	return deadline_of(&facts, &ret->now, err);
}

int request_due_write(struct worker *w, struct request *r, struct err *err)
{
	struct due due;

	if (request_due(w, r, &due, err) != 0)
		return -1;
	r->is.receipt_day = due.now.receipt_day;
	r->is.due_day = due.now.due_day;
	r->is.due_ends_ms = due.now.ends_ms;
	return store_run(
	    w->store, due_sql,
	    STORE_ARGS(S_INT(r->is.receipt_day), S_INT(r->is.due_day),
		       S_INT(r->is.extended), S_INT(r->is.paused_days),
		       day_or_null(r->asked_day), day_or_null(r->proved_day),
		       S_INT(r->is.id)),
	    err);
}

/* Only who asked without undue delay may wait for the answer. */
int64_t request_pause(const struct worker *w, int64_t receipt_day,
		      int64_t asked_day, int64_t proved_day)
{
	int64_t workdays = 0;

	if (asked_day == 0 || proved_day <= asked_day)
		return 0;
	for (int64_t day = receipt_day + 1; day <= asked_day; day++) {
		workdays += is_workday(land_of(w), day, NULL, 0);
		if (workdays > w->settings->rights.asked_days)
			return 0;
	}
	return proved_day - asked_day;
}
