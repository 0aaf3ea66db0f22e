/* decide.c - what people of the controller decide about a request: more time,
 * yes, no; and the person takes it back. */
#include "codes.h"
#include "inside.h"
#include "letters.h"

#include <string.h>

#include "worker/alarm.h"

static const char decided_sql[] =
    "UPDATE request SET verdict=?,decided_by=?,approved_by=?,fee_cents=?,"
    "reason=? WHERE id=?";
static const char extended_sql[] = "UPDATE request SET extended=1 WHERE id=?";
/* A copy that person has: since then a further one may cost something. */
static const char copy_sql[] =
    "SELECT 1 FROM request WHERE person=? AND type='access' AND"
    " state='completed' AND id<>? AND person<>0 LIMIT 1";

static const char same_sql[] =
    "SELECT 1 FROM token a JOIN token b ON a.label=b.label WHERE a.id=? AND"
    " b.id=?";

static bool is_open(const struct request *r)
{
	return r->is.state == RIGHTS_VERIFIED ||
	       r->is.state == RIGHTS_IN_PROGRESS ||
	       r->is.state == RIGHTS_EXTENDED;
}

/* The words of people go with the request, sealed as it is. */
static int note_text(struct worker *w, const struct request *r,
		     const char *member, const char *text, struct err *err)
{
	json_t *what = NULL;
	int rc;

	if (text == NULL)
		return 0;
	if (request_open_sealed(w, r, FIELD_REQUEST, &what, err) != 0)
		return -1;
	if (what == NULL)
		what = json_object();
	(void)json_object_set_new(what, member, json_string(text));
	rc = request_seal(w, r, FIELD_REQUEST, what, err);
	json_decref(what);
	return rc;
}

/* --- more time ------------------------------------------------------------ */

static const char *extension_refused(struct worker *w, const struct request *r,
				     const struct due *due, const char *reason)
{
	if (r->is.extended)
		return "extended";
	if (r->is.state != RIGHTS_VERIFIED && r->is.state != RIGHTS_IN_PROGRESS)
		return "state";
	/* Source: Art. 12(3) GDPR: within the first month. */
	if (worker_now(w) >= due->first.ends_ms)
		return "deadline";
	if (!code_allowed(reason, CODE_DELAYS, r->is.type))
		return "reason";
	return NULL;
}

int rights_extend(struct worker *w, int64_t id, const char *reason,
		  const char *text, int64_t actor, const char **ret_refused,
		  struct err *err)
{
	struct request r;
	struct due due;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0 ||
	    request_due(w, &r, &due, err) != 0)
		return -1;
	*ret_refused = extension_refused(w, &r, &due, reason);
	if (*ret_refused != NULL)
		return 0;
	r.is.extended = true;
	if (request_goes_on(w, &r, err) != 0 ||
	    store_run(w->store, extended_sql, STORE_ARGS(S_INT(id)), err) !=
		0 ||
	    request_due_write(w, &r, err) != 0 ||
	    note_text(w, &r, "extension", text, err) != 0 ||
	    request_enter(w, &r, RIGHTS_EXTENDED, reason, actor, err) != 0 ||
	    letter_write(w, &r, LETTER_EXTENDED, err) != 0)
		return -1;
	return request_next(w, id, 0, err);
}

/* --- yes or no ------------------------------------------------------------ */

int further_copy(struct worker *w, const struct request *r, bool *ret,
		 struct err *err)
{
	int64_t one;

	*ret = false;
	if (r->is.type != RIGHTS_ACCESS)
		return 0;
	return store_one_int(w->store, copy_sql,
			     STORE_ARGS(S_INT(r->is.person), S_INT(r->is.id)),
			     &one, ret, err);
}

static int decision_refused(struct worker *w, const struct request *r,
			    const struct rights_decision *d,
			    const char **ret_refused, struct err *err)
{
	bool further = false;

	if (!is_open(r)) {
		*ret_refused = "state";
		return 0;
	}
	if (d->fee_cents > 0 && further_copy(w, r, &further, err) != 0)
		return -1;
	if (d->fee_cents > 0 && (!d->grant || !further))
		*ret_refused = "fee"; /* Art. 12(5), 15(3) GDPR */
	else if (d->grant)
		return 0;
	else if (!code_allowed(d->reason, CODE_REFUSES, r->is.type))
		*ret_refused = "reason";
	else if (code_allowed(d->reason, CODE_GRAVE, r->is.type) &&
		 (d->text == NULL || d->text[0] == '\0'))
		*ret_refused = "text";
	return 0;
}

static int write_decision(struct worker *w, struct request *r,
			  const char *verdict, const char *reason, int64_t by,
			  struct store_value approved, struct err *err)
{
	(void)snprintf(r->verdict, sizeof(r->verdict), "%s", verdict);
	if (reason != NULL)
		(void)snprintf(r->is.reason, sizeof(r->is.reason), "%s",
			       reason);
	return store_run(
	    w->store, decided_sql,
	    STORE_ARGS(S_TEXT(verdict), S_INT(by), approved,
		       r->fee_cents != 0 ? S_INT(r->fee_cents) : S_NULL,
		       r->is.reason[0] != '\0' ? S_TEXT(r->is.reason) : S_NULL,
		       S_INT(r->is.id)),
	    err);
}

static int refuse(struct worker *w, struct request *r, int64_t by,
		  struct err *err)
{
	if (request_enter(w, r, RIGHTS_REFUSED, r->is.reason, by, err) != 0 ||
	    letter_write(w, r, LETTER_REFUSED, err) != 0)
		return -1;
	return request_next(w, r->is.id, 0, err);
}

/* A no that weighs heavily waits for a second person. */
static int propose(struct worker *w, struct request *r,
		   const struct rights_decision *d, struct err *err)
{
	if (write_decision(w, r, "proposed", d->reason, d->actor, S_NULL,
			   err) != 0)
		return -1;
	if (r->is.state != RIGHTS_VERIFIED)
		return 0;
	return request_enter(w, r, RIGHTS_IN_PROGRESS, NULL, d->actor, err);
}

static int decide(struct worker *w, struct request *r,
		  const struct rights_decision *d, struct err *err)
{
	r->fee_cents = d->fee_cents;
	if (request_goes_on(w, r, err) != 0 ||
	    alarm_end(w, "rights.decide", r->is.id, err) != 0 ||
	    note_text(w, r, "decision", d->text, err) != 0)
		return -1;
	if (!d->grant && code_allowed(d->reason, CODE_GRAVE, r->is.type))
		return propose(w, r, d, err);
	if (write_decision(w, r, d->grant ? "granted" : "refused", d->reason,
			   d->actor, S_NULL, err) != 0)
		return -1;
	if (!d->grant)
		return refuse(w, r, d->actor, err);
	if (request_enter(w, r, RIGHTS_DECIDED, d->reason, d->actor, err) != 0)
		return -1;
	return request_next(w, r->is.id, 0, err);
}

int rights_decide(struct worker *w, int64_t id,
		  const struct rights_decision *decision,
		  const char **ret_refused, struct err *err)
{
	struct request r;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0 ||
	    decision_refused(w, &r, decision, ret_refused, err) != 0)
		return -1;
	return *ret_refused != NULL ? 0 : decide(w, &r, decision, err);
}

/* Two tokens of one label are one person's. */
static int same_person(struct worker *w, int64_t one, int64_t other, bool *ret,
		       struct err *err)
{
	int64_t found;

	*ret = one == other;
	if (*ret)
		return 0;
	return store_one_int(w->store, same_sql,
			     STORE_ARGS(S_INT(one), S_INT(other)), &found, ret,
			     err);
}

/* Source: compliance 2.1, 12(5); 9 Q5. */
int rights_approve(struct worker *w, int64_t id, int64_t actor,
		   const char **ret_refused, struct err *err)
{
	struct request r;
	bool same = false;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0 ||
	    same_person(w, actor, r.decided_by, &same, err) != 0)
		return -1;
	if (!is_open(&r) || strcmp(r.verdict, "proposed") != 0)
		*ret_refused = "state";
	else if (same)
		*ret_refused = "approver";
	if (*ret_refused != NULL)
		return 0;
	if (request_goes_on(w, &r, err) != 0 ||
	    write_decision(w, &r, "refused", NULL, r.decided_by, S_INT(actor),
			   err) != 0)
		return -1;
	return refuse(w, &r, actor, err);
}

int rights_withdraw(struct worker *w, int64_t id, const char **ret_refused,
		    struct err *err)
{
	struct request r;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0)
		return -1;
	if (!rights_state_follows(r.is.state, RIGHTS_WITHDRAWN)) {
		*ret_refused = "state";
		return 0;
	}
	if (request_goes_on(w, &r, err) != 0 ||
	    request_enter(w, &r, RIGHTS_WITHDRAWN, NULL,
			  w->acting != NULL ? 0 : BY_SUBJECT, err) != 0 ||
	    letter_write(w, &r, LETTER_WITHDRAWN, err) != 0)
		return -1;
	return request_next(w, id, 0, err);
}
