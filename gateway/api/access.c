/* access.c - who looked at what and what for: in the proof log, and in table
 * viewed, which the person is told of.
 *
 * Who answers for rights or operates the host leaves a row each time; a
 * helpdesk at work one a day for each conversation and token.
 *
 * Source: Art. 5(1)(f), 15, 32 GDPR; C-579/21; compliance 2.1, 2.2, 6.7. */
#include "access.h"

#include "postern/caldate.h"
#include "purpose.h"
#include "route.h"
#include "worker/canary.h"
#include "worker/prove.h"

static const char of_message[] =
    "SELECT c.person, c.id FROM message m JOIN conversation c"
    " ON c.id=m.conversation WHERE m.id=?";
static const char of_conversation[] =
    "SELECT person, id FROM conversation WHERE id=?";
static const char of_attachment[] =
    "SELECT c.person, c.id FROM attachment a JOIN conversation c"
    " ON c.id=a.conversation WHERE a.id=?";
static const char today_sql[] =
    "SELECT 1 FROM viewed WHERE person=? AND conversation=? AND staff=? AND"
    " at_ms>=? LIMIT 1";
static const char viewed_sql[] =
    "INSERT INTO viewed(id,person,conversation,at_ms,what,purpose,staff)"
    " VALUES(?,?,?,?,?,?,?)";

struct look {
	route_run run;
	enum ledger_event event;
	const char *what;
	enum id_kind kind;
	const char *person_sql; /* NULL: of a person's id itself, or of none */
	bool told;	/* a helpdesk was told it, and is not asked again */
	bool body_only; /* the rest of it is nobody's data */
	const char *purpose; /* where none is stated */
};
static const struct look looks[] = {
    {api_message_get, LEDGER_ACCESS_VIEWED, "message", ID_MESSAGE, of_message,
     true, false, PURPOSE_SUPPORT},
    {api_conversation_get, LEDGER_ACCESS_VIEWED, "conversation",
     ID_CONVERSATION, of_conversation, true, false, PURPOSE_SUPPORT},
    {api_attachment_get, LEDGER_ACCESS_VIEWED, "attachment", ID_ATTACHMENT,
     of_attachment, true, false, PURPOSE_SUPPORT},
    {api_policy_explain, LEDGER_ACCESS_VIEWED, "explanation", ID_MESSAGE,
     of_message, false, false, "policy"},
    {api_consent_show, LEDGER_ACCESS_VIEWED, "consents", ID_PERSON, NULL, false,
     false, "rights_request"},
    {api_consent_proof, LEDGER_ACCESS_EXPORTED, "proof", ID_PERSON, NULL, false,
     false, "rights_request"},
    {api_request_file, LEDGER_ACCESS_VIEWED, "request", ID_REQUEST, NULL, false,
     false, "rights_request"},
    {api_quarantine_get, LEDGER_ACCESS_VIEWED, "body", ID_QUARANTINE, NULL,
     false, true, "operation"},
};

static const struct look *look_of(const struct job *job)
{
	for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++)
		if (looks[i].run == job->route->run)
			return &looks[i];
	return NULL;
}

static bool is_told(const struct job *job, const struct look *l)
{
	return !(l->told && job->caller.bound) &&
	       !(l->body_only && job->query[QUERY_BODY][0] == '\0');
}

struct seen {
	int64_t person, conversation; /* 0: of nobody, of none */
};

static int seen_of(struct worker *w, const struct job *job,
		   const struct look *l, struct seen *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret = (struct seen){.person = l->kind == ID_PERSON ? job->id : 0};
	if (l->person_sql == NULL)
		return 0;
	if (store_start(w->store, l->person_sql, STORE_ARGS(S_INT(job->id)),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		ret->person = store_column(w->store, rows, 0).num;
		ret->conversation = store_column(w->store, rows, 1).num;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int tell(struct worker *w, const struct job *job, const struct look *l,
		int64_t person, struct err *err)
{
	const char *stated = purpose_stated(job);
	struct name purpose = {""};
	const struct act_fact facts[] = {
	    {"purpose", purpose.text, 0},
	    {"what", l->what, 0},
	};
	const struct act act = {
	    .event = l->event,
	    .by = LEDGER_STAFF,
	    .kind = l->kind,
	    .object = l->kind == ID_PERSON ? 0 : job->id,
	    .person = person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	/* Of a proof the purpose that was agreed to, else what for. */
	if (!route_name(job->route, job->path, &purpose) &&
	    (stated == NULL || !name_set(&purpose, stated, strlen(stated))))
		purpose.text[0] = '\0';
	return prove(w, &act, err);
}

/* --- what the person is told ---------------------------------------------- */

/* A helpdesk at work is known to look. */
static int was_today(struct worker *w, const struct job *job,
		     const struct seen *seen, bool *ret, struct err *err)
{
	const int64_t today =
	    caldate_begins_ms(w->zone, caldate_local(w->zone, worker_now(w)));
	int64_t one;

	return store_one_int(
	    w->store, today_sql,
	    STORE_ARGS(S_INT(seen->person), S_INT(seen->conversation),
		       S_TEXT(job->caller.staff.pseudonym), S_INT(today)),
	    &one, ret, err);
}

static bool at_work(const struct job *job, const struct look *l)
{
	return l->told && purpose_stated(job) == NULL &&
	       (job->caller.scopes & SCOPE_OPERATOR) == 0;
}

static int needs_row(struct worker *w, const struct job *job,
		     const struct look *l, const struct seen *seen, bool *ret,
		     struct err *err)
{
	bool today = false;

	*ret = seen->person != 0;
	if (!*ret || !at_work(job, l))
		return 0;
	if (was_today(w, job, seen, &today, err) != 0)
		return -1;
	*ret = !today;
	return 0;
}

static int put_row(struct worker *w, const struct job *job,
		   const struct look *l, const struct seen *seen,
		   struct err *err)
{
	const char *stated = purpose_stated(job);

	return store_run(
	    w->store, viewed_sql,
	    STORE_ARGS(S_INT(worker_id(w)), S_INT(seen->person),
		       seen->conversation != 0 ? S_INT(seen->conversation)
					       : S_NULL,
		       S_INT(worker_now(w)), S_TEXT(l->what),
		       S_TEXT(stated != NULL ? stated : l->purpose),
		       S_TEXT(job->caller.staff.pseudonym)),
	    err);
}

/* --- all of it ------------------------------------------------------------ */

struct trace {
	struct seen seen;
	bool row, told, canaries;
};

static int leave(struct worker *w, const struct job *job, const struct look *l,
		 const struct trace *t, struct err *err)
{
	if ((t->row && put_row(w, job, l, &t->seen, err) != 0) ||
	    (t->told && tell(w, job, l, t->seen.person, err) != 0))
		return -1;
	return canary_touched(w, t->seen.person,
			      l->event == LEDGER_ACCESS_EXPORTED
				  ? CANARY_EXPORTED
				  : CANARY_VIEWED,
			      err);
}

int access_prove(struct worker *w, const struct job *job, struct err *err)
{
	const struct look *l = look_of(job);
	struct trace t = {0};

	if (l == NULL)
		return 0;
	t.told = is_told(job, l);
	/* Of a made-up person every look is told, a helpdesk's too. */
	if (canary_any(w, &t.canaries, err) != 0 ||
	    seen_of(w, job, l, &t.seen, err) != 0 ||
	    needs_row(w, job, l, &t.seen, &t.row, err) != 0)
		return -1;
	if (!t.canaries && !t.told && !t.row)
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (leave(w, job, l, &t, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}
