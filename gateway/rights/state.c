/* state.c - a request goes into another state. */
#include "codes.h"
#include "inside.h"

#include <string.h>

#include "worker/alarm.h"

static const char enter_sql[] =
    "UPDATE request SET state=?,state_ms=?,reason=coalesce(?,reason),"
    "ended_ms=? WHERE id=? AND state=? RETURNING id";
static const char event_sql[] =
    "INSERT INTO request_event(id,request,state,at_ms,reason,actor)"
    " VALUES(?,?,?,?,?,?)";
static const char call_sql[] =
    "UPDATE request_callback SET attempts=0,next_ms=? WHERE request=?";
static const char next_sql[] = "UPDATE request SET next_ms=? WHERE id=?";
static const char resume_sql[] = "UPDATE request SET restored=0 WHERE id=?";

static enum ledger_reason reason_named(const char *word)
{
	int reason = ledger_reason_named(word, strlen(word));

	return reason >= 0 ? (enum ledger_reason)reason : LEDGER_R_NONE;
}

static enum ledger_event event_of(enum rights_state to)
{
	switch (to) {
	case RIGHTS_RECEIVED:
		return LEDGER_REQUEST_OPENED;
	case RIGHTS_DECIDED:
	case RIGHTS_REFUSED:
		return LEDGER_REQUEST_DECIDED;
	default:
		return rights_state_ended(to) ? LEDGER_REQUEST_CLOSED
					      : LEDGER_REQUEST_CHANGED;
	}
}

static enum ledger_actor actor_of(int64_t by)
{
	if (by == BY_SUBJECT)
		return LEDGER_SUBJECT;
	return by == BY_SYSTEM ? LEDGER_SYSTEM : LEDGER_STAFF;
}

/* Committed to under the request's own key: the same for who is known and who
 * is not. */
static int tell(struct worker *w, const struct request *r,
		enum rights_state state, int64_t by, struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);
	const struct act_fact facts[] = {
	    {"at", NULL,
	     state == RIGHTS_RECEIVED ? r->is.received_ms : r->is.state_ms},
	    {"channel", r->channel.text, 0},
	    {"state", rights_state_name(state), 0},
	    {"type", rights_type_name(r->is.type), 0},
	    {"via", rights_via_name(r->is.via), 0},
	};
	const struct act act = {
	    .event = event_of(state),
	    .reason = reason_named(state == RIGHTS_RECEIVED
				       ? rights_type_name(r->is.type)
				       : rights_state_name(state)),
	    .by = actor_of(by),
	    .kind = ID_REQUEST,
	    .object = r->is.id,
	    .under = &key,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	return prove(w, &act, err);
}

static int write_event(struct worker *w, const struct request *r,
		       enum rights_state state, const char *reason, int64_t by,
		       struct err *err)
{
	if (store_run(w->store, event_sql,
		      STORE_ARGS(S_INT(worker_id(w)), S_INT(r->is.id),
				 S_TEXT(rights_state_name(state)),
				 S_INT(r->is.state_ms), S_TEXT(reason),
				 by > 0 ? S_INT(by) : S_NULL),
		      err) != 0 ||
	    store_run(w->store, call_sql,
		      STORE_ARGS(S_INT(r->is.state_ms), S_INT(r->is.id)),
		      err) != 0)
		return -1;
	return 0;
}

static int note(struct worker *w, const struct request *r,
		enum rights_state state, const char *reason, int64_t by,
		struct err *err)
{
	if (write_event(w, r, state, reason, by, err) != 0)
		return -1;
	return tell(w, r, state, by, err);
}

int request_adopted(struct worker *w, const struct request *r, struct err *err)
{
	return write_event(w, r, RIGHTS_RECEIVED, NULL, BY_SUBJECT, err);
}

int request_begun(struct worker *w, const struct request *r, int64_t by,
		  struct err *err)
{
	return note(w, r, RIGHTS_RECEIVED, NULL, by, err);
}

int request_enter(struct worker *w, struct request *r, enum rights_state to,
		  const char *reason, int64_t by, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	const bool ended = rights_state_ended(to);
	/* A method or a word of ours is for the event alone. */
	const char *code = code_find(reason) != NULL ? reason : NULL;
	bool changed = false;
	int64_t one;

	if (!rights_state_follows(r->is.state, to))
		return ERR_SET(err, ERR_INPUT, "state of a request", 0);
	if (store_one_int(w->store, enter_sql,
			  STORE_ARGS(S_TEXT(rights_state_name(to)),
				     S_INT(now_ms), S_TEXT(code),
				     ended ? S_INT(now_ms) : S_NULL,
				     S_INT(r->is.id),
				     S_TEXT(rights_state_name(r->is.state))),
			  &one, &changed, err) != 0)
		return -1;
	if (!changed)
		return ERR_SET(err, ERR_INPUT, "a request has moved on", 0);
	r->is.state = to;
	r->is.state_ms = now_ms;
	r->is.ended_ms = ended ? now_ms : 0;
	if (code != NULL && code != r->is.reason)
		(void)snprintf(r->is.reason, sizeof(r->is.reason), "%s", code);
	return note(w, r, to, reason, by, err);
}

int request_next(struct worker *w, int64_t id, int64_t next_ms, struct err *err)
{
	w->rights.asked = w->rights.asked || next_ms <= worker_now(w);
	return store_run(
	    w->store, next_sql,
	    STORE_ARGS(next_ms == NEVER ? S_NULL : S_INT(next_ms), S_INT(id)),
	    err);
}

/* --- after a restore ------------------------------------------------------ */

int request_goes_on(struct worker *w, struct request *r, struct err *err)
{
	const struct key_ref key = request_key(r->is.id, r->year);
	const struct act_fact facts[] = {
	    {"state", rights_state_name(r->is.state), 0},
	};
	const struct act act = {
	    .event = LEDGER_REQUEST_CHANGED,
	    .reason = LEDGER_R_RESTORED,
	    .by = LEDGER_STAFF,
	    .kind = ID_REQUEST,
	    .object = r->is.id,
	    .under = &key,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	if (!r->restored)
		return 0;
	r->restored = false;
	if (store_run(w->store, resume_sql, STORE_ARGS(S_INT(r->is.id)), err) !=
		0 ||
	    alarm_end(w, "backup.request", r->is.id, err) != 0 ||
	    prove(w, &act, err) != 0)
		return -1;
	return request_next(w, r->is.id, 0, err);
}

int rights_resume(struct worker *w, int64_t id, const char **ret_refused,
		  struct err *err)
{
	struct request r;

	if (request_need(w, id, &r, err) != 0)
		return -1;
	*ret_refused = r.restored ? NULL : "state";
	return request_goes_on(w, &r, err);
}
