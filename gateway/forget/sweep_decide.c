/* sweep_decide.c - what a person says about what has no rule, or is old on the
 * suppression list. */
#include "sweep_inside.h"

#include "postern/caldate.h"
#include "worker/alarm.h"
#include "worker/prove.h"

static const char read_sql[] = "SELECT kind,state FROM review WHERE id=?";
static const char decided_sql[] =
    "UPDATE review SET state=?,decision=?,decided_ms=?,actor=?,due_ms=?"
    " WHERE id=?";
static const char unlist_sql[] = "DELETE FROM suppression WHERE since_ms<?";

struct asked {
	char kind[16], state[8];
};

static int read_review(struct worker *w, int64_t id, struct asked *ret,
		       bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = (struct asked){.kind = ""};
	if (store_start(w->store, read_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		(void)store_word(store_column(w->store, rows, 0), ret->kind,
				 sizeof(ret->kind));
		(void)store_word(store_column(w->store, rows, 1), ret->state,
				 sizeof(ret->state));
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* At once: these are not found again by anybody but those who are on it. */
static int unlist(struct worker *w, int64_t id, int64_t today, struct err *err)
{
	const struct act act = {.event = LEDGER_ERASE_EXECUTED,
				.reason = LEDGER_R_RETENTION,
				.by = LEDGER_STAFF,
				.kind = ID_REVIEW,
				.object = id};
	const struct name suppress = {"SUPPRESS"};
	struct policy_rule rule;

	if (!policy_rule_of(w->policy, &suppress, &rule))
		return 0;
	return store_run(w->store, unlist_sql,
			 STORE_ARGS(S_INT(caldate_begins_ms(
			     w->zone, sweep_first_kept(&rule, today)))),
			 err) != 0 ||
		       prove(w, &act, err) != 0
		   ? -1
		   : 0;
}

static int write_decision(struct worker *w, int64_t id, const struct asked *a,
			  const char *decision, int64_t actor, struct err *err)
{
	const bool stranger = strcmp(a->kind, "unclassified") == 0;
	const bool erase = strcmp(decision, "erase") == 0;
	/* Kept for as long again, and then asked again. */
	const char *state = !stranger ? "done" : erase ? "decided" : "open";

	return store_run(w->store, decided_sql,
			 STORE_ARGS(S_TEXT(state), S_TEXT(decision),
				    S_INT(worker_now(w)), S_INT(actor),
				    S_INT(sweep_warned_until(w)), S_INT(id)),
			 err);
}

int sweep_decide(struct worker *w, int64_t id, bool erase, int64_t actor,
		 const char **ret_refused, struct err *err)
{
	enum sweepclock_verdict verdict;
	bool found = false, stranger;
	struct asked a;
	int64_t today;

	if (sweepclock_today(w, &verdict, &today, err) != 0 ||
	    read_review(w, id, &a, &found, err) != 0)
		return -1;
	stranger = strcmp(a.kind, "unclassified") == 0;
	*ret_refused = NULL;
	if (!found)
		*ret_refused = SWEEP_REFUSED_ABSENT;
	else if (strcmp(a.state, "open") != 0 ||
		 (!stranger && strcmp(a.kind, "suppression") != 0))
		*ret_refused = SWEEP_REFUSED_STATE;
	else if (verdict != SWEEPCLOCK_GOOD)
		*ret_refused = SWEEP_REFUSED_CLOCK;
	if (*ret_refused != NULL)
		return 0;
	if (!stranger && erase && unlist(w, id, today, err) != 0)
		return -1;
	return write_decision(w, id, &a, erase ? "erase" : "keep", actor,
			      err) != 0 ||
		       alarm_end(w,
				 stranger ? "sweep.unclassified"
					  : "sweep.suppression",
				 id, err) != 0
		   ? -1
		   : 0;
}
