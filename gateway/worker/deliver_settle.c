/* deliver_settle.c - what became of a delivery, in memory and on disk. */
#include "deliver.h"

#include "postern/log.h"

#include "canary.h"
#include "schedule.h"
#include "prove.h"

/* A destination that only ever says "slow" gets no attempts counted, but not
 * for ever either. */
#define SLOW_AGE_MAX_MS ((int64_t)4 * 24 * 60 * 60 * 1000)
#define SLOW_WAIT_MS	5000

/* No answer waits longer for company before it is written down. */
#define SETTLE_MS 5

#define SQL_DELETE "DELETE FROM outbox WHERE id=?"
#define SQL_REST                                          \
	"UPDATE outbox SET attempts=?,next_ms=?,reason=?" \
	" WHERE id=? AND state='waiting'"
#define SQL_DEAD                                             \
	"UPDATE outbox SET state='dead',attempts=?,reason=?" \
	" WHERE id=? AND state='waiting'"

static uint64_t random_bits(struct worker *w)
{
	uint64_t bits;

	w->env->random(w->env, &bits, sizeof(bits));
	return bits;
}

static void rest(struct flight *f, int64_t wait_ms, int64_t wish_ms)
{
	if (wait_ms > SCHEDULE_WAIT_MAX_MS)
		wait_ms = SCHEDULE_WAIT_MAX_MS;
	f->after = AFTER_REST;
	f->due_ms = worker_boot(f->d->w) + wait_ms;
	f->named = wish_ms > 0 && wish_ms >= wait_ms;
}

/* A call before the row's time: the row is where it would be without it,
 * unless the helpdesk named a later time. */
static void judge_early(struct flight *f, int64_t wish_ms)
{
	int64_t left_ms = f->row->due_ms - worker_boot(f->d->w);

	if (wish_ms > left_ms) {
		rest(f, wish_ms, wish_ms);
		return;
	}
	f->after = AFTER_REST;
	f->due_ms = f->row->due_ms;
	f->keeps_due = true;
}

/* Nobody was there: the breaker, not the schedule, says when to ask again. */
static void judge_unreachable(struct flight *f)
{
	struct worker *w = f->d->w;

	if (f->early) {
		judge_early(f, -1);
		/* It had no chance: the next opening counts for it again. */
		f->row->hurried = false;
		return;
	}
	if (worker_now(w) - f->row->created_ms > SLOW_AGE_MAX_MS) {
		f->after = AFTER_DEAD;
		return;
	}
	rest(f, 0, -1);
}

static void judge_retry(struct flight *f, int64_t wish_ms)
{
	struct worker *w = f->d->w;

	if (f->early) {
		judge_early(f, wish_ms);
		return;
	}
	f->attempts = f->row->attempts + 1;
	if (f->attempts >= w->settings->limits.attempts_max) {
		f->after = AFTER_DEAD;
		return;
	}
	rest(f, schedule_wait_ms(f->attempts, wish_ms, random_bits(w)),
	     wish_ms);
}

static void judge_slow(struct flight *f, int64_t wish_ms)
{
	struct worker *w = f->d->w;
	int64_t wait_ms = (int64_t)(random_bits(w) % SLOW_WAIT_MS);

	if (f->early) {
		judge_early(f, wish_ms);
		return;
	}
	if (worker_now(w) - f->row->created_ms > SLOW_AGE_MAX_MS) {
		f->after = AFTER_DEAD;
		return;
	}
	rest(f, wish_ms > wait_ms ? wish_ms : wait_ms, wish_ms);
}

static void judge_gone(struct flight *f)
{
	struct target *t = f->target;

	rest(f, SCHEDULE_WAIT_MAX_MS, -1);
	breaker_withdrawn(&t->breaker);
	if (t->gone)
		return;
	t->gone = true;
	COUNT(f->d->w, destinations_gone);
	LOG(LOG_LEVEL_ERROR, "deliver.gone",
	    LOG_NAME("helpdesk", &t->conf->name));
}

static void log_breaker(const struct target *t, enum breaker_state before)
{
	if (before == BREAKER_CLOSED && t->breaker.state == BREAKER_OPEN)
		LOG(LOG_LEVEL_WARN, "deliver.breaker.open",
		    LOG_NAME("helpdesk", &t->conf->name));
	else if (before != BREAKER_CLOSED && t->breaker.state == BREAKER_CLOSED)
		LOG(LOG_LEVEL_INFO, "deliver.breaker.closed",
		    LOG_NAME("helpdesk", &t->conf->name));
}

void deliver_judge(struct flight *f, const struct helpdesk_outcome *outcome)
{
	struct worker *w = f->d->w;
	struct breaker *b = &f->target->breaker;
	enum breaker_state before = b->state;
	int64_t boot_ms = worker_boot(w);

	f->reason = outcome->reason;
	switch (outcome->verdict) {
	case HELPDESK_TAKEN:
		breaker_taken(b);
		f->after = AFTER_DELETE;
		COUNT(w, delivered);
		break;
	case HELPDESK_RETRY:
		if (outcome->unreachable) {
			breaker_unreachable(b, boot_ms, random_bits(w));
			judge_unreachable(f);
		} else {
			breaker_failed(b, boot_ms, random_bits(w));
			judge_retry(f, outcome->wait_ms);
		}
		COUNT(w, delivery_retries);
		break;
	case HELPDESK_SLOW:
		breaker_slow(b, f->number, boot_ms, outcome->wait_ms,
			     random_bits(w));
		judge_slow(f, outcome->wait_ms);
		COUNT(w, delivery_retries);
		break;
	case HELPDESK_REFUSED:
		breaker_taken(b); /* it is alive and said no */
		f->attempts = f->row->attempts + 1;
		f->after = AFTER_DEAD;
		break;
	case HELPDESK_GONE:
		judge_gone(f);
		break;
	}
	log_breaker(f->target, before);
	/* It is back: what failed while it was away need not wait. */
	if (before != BREAKER_CLOSED && b->state == BREAKER_CLOSED)
		queue_hurry_all(f->target->queue);
}

void deliver_finish(struct flight *f)
{
	struct deliver *d = f->d;
	struct target *t = f->target;

	if (d->finished == NULL)
		d->finished_ms = worker_boot(d->w);
	if (f->number != 0)
		t->finished++;
	/* Half of what may be out, or all that is; or what cost no call, which
	 * is seldom. */
	if (f->number == 0 || 2 * t->finished >= t->breaker.window ||
	    t->finished == t->under_way)
		d->settle = true;
	f->previous = NULL;
	f->next = d->finished;
	d->finished = f;
}

/* The outbox counts in wall time, the queue in boot time. */
static int64_t next_ms(struct worker *w, const struct flight *f)
{
	int64_t left_ms = f->due_ms - worker_boot(w);

	return worker_now(w) + (left_ms > 0 ? left_ms : 0);
}

static int settle_row(struct worker *w, const struct flight *f, struct err *err)
{
	static const char delete_sql[] = SQL_DELETE, rest_sql[] = SQL_REST,
			  dead_sql[] = SQL_DEAD;

	switch (f->after) {
	case AFTER_DELETE:
		return store_run(w->store, delete_sql,
				 STORE_ARGS(S_INT(f->row->id)), err);
	case AFTER_REST:
		return store_run(
		    w->store, rest_sql,
		    STORE_ARGS(S_INT(f->attempts), S_INT(next_ms(w, f)),
			       S_TEXT(f->reason), S_INT(f->row->id)),
		    err);
	case AFTER_DEAD:
		break;
	}
	return store_run(w->store, dead_sql,
			 STORE_ARGS(S_INT(f->attempts), S_TEXT(f->reason),
				    S_INT(f->row->id)),
			 err);
}

static void log_dead(struct worker *w, const struct flight *f)
{
	struct id_text id;

	id_format(&w->mask, ID_DELIVERY, f->row->id, &id);
	COUNT(w, delivery_dead);
	LOG(LOG_LEVEL_WARN, "deliver.dead",
	    LOG_NAME("helpdesk", &f->target->conf->name),
	    LOG_ID("delivery", &id), log_table("reason", f->reason),
	    LOG_NUM("attempts", f->attempts));
}

static void settle_memory(struct worker *w, struct flight *f)
{
	int64_t boot_ms = worker_boot(w);
	struct queue *q = f->target->queue;

	if (f->number != 0) {
		f->target->under_way--;
		f->target->finished--;
	}
	if (f->after == AFTER_REST) {
		f->row->attempts = f->attempts;
		f->row->named = f->named || (f->keeps_due && f->row->named);
		if (f->keeps_due)
			queue_rest_again(q, f->row);
		else
			queue_rest(q, f->row, f->due_ms);
		return;
	}
	if (f->after == AFTER_DEAD)
		log_dead(w, f);
	queue_done(q, f->row, boot_ms);
}

/* What each helpdesk was told: how much, and the last of it.  The log has no
 * field for its name; whose delivery it was the archive knew. */
static int prove_told(const struct deliver *d, struct err *err)
{
	for (size_t i = 0; i < d->targets_len; i++) {
		struct act act = {.event = LEDGER_DISCLOSURE_MADE,
				  .kind = ID_DELIVERY,
				  .counted = true};

		for (const struct flight *f = d->finished; f != NULL;
		     f = f->next) {
			if (f->target != &d->targets[i] || f->number == 0 ||
			    f->after != AFTER_DELETE)
				continue;
			act.count++;
			if (f->row->id > act.object)
				act.object = f->row->id;
		}
		if (act.count > 0 && prove(d->w, &act, err) != 0)
			return -1;
	}
	return 0;
}

/* Somebody made-up was told to a helpdesk.  Before its row goes. */
static int look_for_canaries(const struct deliver *d, struct err *err)
{
	static const char sql[] =
	    "SELECT c.person FROM outbox o JOIN conversation c"
	    " ON c.id=o.conversation WHERE o.id=?";
	struct worker *w = d->w;
	int64_t person = 0;
	bool found = false;

	if (canary_any(w, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	for (const struct flight *f = d->finished; f != NULL; f = f->next) {
		if (f->number == 0)
			continue;
		if (store_one_int(w->store, sql, STORE_ARGS(S_INT(f->row->id)),
				  &person, &found, err) != 0)
			return -1;
		if (found &&
		    canary_touched(w, person, CANARY_FORWARDED, err) != 0)
			return -1;
	}
	return 0;
}

static int settle_rows(struct deliver *d, struct err *err)
{
	if (look_for_canaries(d, err) != 0)
		return -1;
	for (struct flight *f = d->finished; f != NULL; f = f->next)
		if (settle_row(d->w, f, err) != 0)
			return -1;
	return prove_told(d, err);
}

int64_t deliver_settle_due_ms(const struct deliver *d)
{
	if (d->finished == NULL)
		return INT64_MAX;
	return d->settle ? 0 : d->finished_ms + SETTLE_MS;
}

int deliver_settle(struct deliver *d, bool *ret_moved, struct err *err)
{
	struct worker *w = d->w;
	struct flight *next;

	if (d->finished == NULL ||
	    (!w->stopping && worker_boot(w) < deliver_settle_due_ms(d)))
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (settle_rows(d, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	if (worker_commit(w, err) != 0)
		return -1;
	for (struct flight *f = d->finished; f != NULL; f = next) {
		next = f->next;
		settle_memory(w, f);
		free(f);
	}
	d->finished = NULL;
	d->settle = false;
	*ret_moved = true;
	return 0;
}
