/* answer.c - what an answer means for the row, and when it is looked at again.
 *
 * A helpdesk that confirms is reminded and then asked for by a task; one that
 * does not has confirmed that it was told by taking the notice.  A processor
 * says itself when it is done, by callback or when it is asked. */
#include "tell.h"

#include "worker/schedule.h"

static uint64_t random_bits(struct worker *w)
{
	uint64_t bits;

	w->env->random(w->env, &bits, sizeof(bits));
	return bits;
}

/* Not taken: later, or after the last try not at all. */
static void try_later(struct worker *w, const struct tell *t,
		      const char *reason, struct tell_outcome *ret)
{
	ret->reason = reason;
	ret->attempts = t->attempts + 1;
	if (ret->attempts >= w->settings->limits.attempts_max) {
		ret->state = TELLING_FAILED;
		return;
	}
	ret->state = TELLING_PENDING;
	ret->next_ms =
	    worker_now(w) +
	    schedule_wait_ms(ret->attempts, t->retry_after_ms, random_bits(w));
}

static void give_up(const struct tell *t, const char *reason,
		    struct tell_outcome *ret)
{
	ret->state = TELLING_FAILED;
	ret->reason = reason;
	ret->attempts = t->attempts + 1;
}

static void wait_on(struct worker *w, struct tell_outcome *ret, int64_t wait_ms,
		    const char *reason)
{
	ret->state = TELLING_SENT;
	ret->reason = reason;
	ret->next_ms = worker_now(w) + wait_ms;
}

/* --- helpdesks ------------------------------------------------------------ */

static void judge_helpdesk(struct worker *w, const struct tell *t,
			   struct tell_outcome *ret)
{
	bool confirms = w->settings->helpdesks[t->helpdesk].confirms;

	if (t->state == TELLING_SENT) { /* was reminded, or not */
		wait_on(w, ret, REMIND_MS, NULL);
		return;
	}
	switch (t->said.verdict) {
	case HELPDESK_TAKEN:
		ret->told = true;
		if (confirms) {
			wait_on(w, ret, REMIND_MS, NULL);
		} else {
			ret->state = TELLING_CONFIRMED;
			ret->reason = "delivered";
		}
		return;
	case HELPDESK_REFUSED:
	case HELPDESK_GONE:
		give_up(t, t->said.reason, ret);
		return;
	case HELPDESK_RETRY:
	case HELPDESK_SLOW:
		break;
	}
	try_later(w, t, t->said.reason, ret);
}

/* --- processors ----------------------------------------------------------- */

/* What it says of our request; false: nothing that can be read. */
static bool read_answer(const struct tell *t, struct opendsr_answer *ret)
{
	return t->fate == HTTP_ANSWERED && t->status >= 200 &&
	       t->status < 300 &&
	       opendsr_answer_read(t->reply.bytes, t->reply.len, ret, NULL) ==
		   0 &&
	       strcmp(ret->id, t->outside_id) == 0;
}

static void take_status(struct worker *w, const struct opendsr_answer *a,
			struct tell_outcome *ret)
{
	if (a->told && a->status == OPENDSR_COMPLETED) {
		ret->state = TELLING_CONFIRMED;
		ret->reason = "completed";
	} else if (a->told && a->status == OPENDSR_CANCELLED) {
		ret->state = TELLING_FAILED;
		ret->reason = "cancelled";
	} else {
		wait_on(w, ret, POLL_MS, NULL);
	}
}

/* How far it is; or, after an unknown outcome, whether it has it at all. */
static void judge_asked(struct worker *w, const struct tell *t,
			struct tell_outcome *ret)
{
	struct opendsr_answer a = {0};

	if (read_answer(t, &a)) {
		ret->told = t->state == TELLING_PENDING;
		take_status(w, &a, ret);
	} else if (t->state == TELLING_SENT) {
		wait_on(w, ret, POLL_MS, NULL);
	} else if (t->fate == HTTP_ANSWERED && t->status == 404) {
		ret->state = TELLING_PENDING; /* it has not: now for good */
		ret->next_ms = worker_now(w);
	} else {
		try_later(w, t, "cut", ret);
	}
}

static void judge_processor(struct worker *w, const struct tell *t,
			    struct tell_outcome *ret)
{
	struct opendsr_answer a = {0};

	if (t->asks) {
		judge_asked(w, t, ret);
		return;
	}
	if (read_answer(t, &a)) {
		ret->told = true;
		take_status(w, &a, ret);
		return;
	}
	switch (t->fate) {
	case HTTP_ANSWERED:
		if (t->status >= 500 || t->status == 429 || t->status == 408)
			try_later(w, t, "status.5xx", ret);
		else if (t->status >= 400)
			give_up(t, "status.4xx", ret);
		else /* 2xx with an answer that cannot be read: ask */
			try_later(w, t, "cut", ret);
		return;
	case HTTP_REFUSED:
		give_up(t, "target.refused", ret);
		return;
	case HTTP_NOT_SENT:
		try_later(w, t, "unreachable", ret);
		return;
	default:
		try_later(w, t, "cut", ret);
	}
}

void tell_judge(struct worker *w, const struct tell *t,
		struct tell_outcome *ret)
{
	*ret = (struct tell_outcome){.attempts = t->attempts};
	if (t->processor != NULL)
		judge_processor(w, t, ret);
	else
		judge_helpdesk(w, t, ret);
}

/* --- before a call -------------------------------------------------------- */

void tell_before(struct worker *w, struct tell *t, struct tell_outcome *ret,
		 bool *ret_call)
{
	int64_t wait_ms;

	*ret = (struct tell_outcome){.attempts = t->attempts};
	*ret_call = false;
	if (!t->sealed) {
		ret->state = TELLING_CONFIRMED;
		ret->reason = "before_restore";
		return;
	}
	if (strcmp(t->kind, "helpdesk") == 0)
		t->helpdesk = worker_helpdesk_index(w, t->recipient);
	else
		t->processor = processor_named(w->settings, t->recipient);
	if (t->helpdesk < 0 && t->processor == NULL) {
		ret->state = TELLING_IMPOSSIBLE;
		ret->reason = "not_configured";
		return;
	}
	wait_ms = t->processor != NULL ? PROCESSOR_WAIT_MS : HELPDESK_WAIT_MS;
	if (t->state == TELLING_SENT && worker_now(w) - t->told_ms >= wait_ms) {
		ret->state = TELLING_FAILED;
		ret->reason = "not_confirmed";
		return;
	}
	t->asks = t->processor != NULL && (t->state == TELLING_SENT || t->cut);
	*ret_call = true;
}
