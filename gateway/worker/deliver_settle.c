/* deliver_settle.c - what became of a delivery, in memory and on disk. */
#include "deliver.h"

#include "postern/log.h"

#include "schedule.h"

/* A destination that only ever says "slow" gets no attempts counted, but not
 * for ever either. */
#define SLOW_AGE_MAX_MS ((int64_t)4 * 24 * 60 * 60 * 1000)
#define SLOW_WAIT_MS	5000

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

static void judge_retry(struct flight *f, int64_t wish_ms)
{
	struct worker *w = f->d->w;

	f->attempts = f->row->attempts + 1;
	if (f->attempts >= w->settings->limits.attempts_max) {
		f->after = AFTER_DEAD;
		return;
	}
	f->after = AFTER_REST;
	f->wait_ms = schedule_wait_ms(f->attempts, wish_ms, random_bits(w));
}

static void judge_slow(struct flight *f, int64_t wish_ms)
{
	struct worker *w = f->d->w;
	int64_t wait_ms = (int64_t)(random_bits(w) % SLOW_WAIT_MS);

	f->attempts = f->row->attempts;
	if (worker_now(w) - f->row->created_ms > SLOW_AGE_MAX_MS) {
		f->after = AFTER_DEAD;
		return;
	}
	f->after = AFTER_REST;
	f->wait_ms = wish_ms > wait_ms ? wish_ms : wait_ms;
	if (f->wait_ms > SCHEDULE_WAIT_MAX_MS)
		f->wait_ms = SCHEDULE_WAIT_MAX_MS;
}

static void judge_gone(struct flight *f)
{
	struct target *t = f->target;

	f->attempts = f->row->attempts;
	f->after = AFTER_REST;
	f->wait_ms = SCHEDULE_WAIT_MAX_MS;
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
		breaker_failed(b, boot_ms, random_bits(w));
		judge_retry(f, outcome->wait_ms);
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
}

void deliver_finish(struct flight *f)
{
	f->previous = NULL;
	f->next = f->d->finished;
	f->d->finished = f;
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
		return store_run(w->store, rest_sql,
				 STORE_ARGS(S_INT(f->attempts),
					    S_INT(worker_now(w) + f->wait_ms),
					    S_TEXT(f->reason),
					    S_INT(f->row->id)),
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

	if (f->after == AFTER_REST) {
		f->row->attempts = f->attempts;
		queue_rest(q, f->row, boot_ms + f->wait_ms);
		return;
	}
	if (f->after == AFTER_DEAD)
		log_dead(w, f);
	queue_done(q, f->row, boot_ms);
}

int deliver_settle(struct deliver *d, bool *ret_moved, struct err *err)
{
	struct worker *w = d->w;
	struct flight *next;

	if (d->finished == NULL)
		return 0;
	if (store_begin(w->store, err) != 0)
		return -1;
	for (struct flight *f = d->finished; f != NULL; f = f->next)
		if (settle_row(w, f, err) != 0) {
			store_roll_back(w->store);
			return -1;
		}
	if (store_commit(w->store, err) != 0) {
		if (err->kind != ERR_UNCERTAIN)
			store_roll_back(w->store);
		return -1;
	}
	for (struct flight *f = d->finished; f != NULL; f = next) {
		next = f->next;
		settle_memory(w, f);
		free(f);
	}
	d->finished = NULL;
	*ret_moved = true;
	return 0;
}
