/* access.c - who looked at what, in the proof log.
 *
 * Source: Art. 5(1)(f), 32 GDPR; compliance 2.1, 6.7. */
#include "access.h"

#include "route.h"
#include "worker/canary.h"
#include "worker/prove.h"

static const char of_message[] =
    "SELECT c.person FROM message m JOIN conversation c"
    " ON c.id=m.conversation WHERE m.id=?";
static const char of_conversation[] =
    "SELECT person FROM conversation WHERE id=?";
static const char of_attachment[] =
    "SELECT c.person FROM attachment a JOIN conversation c"
    " ON c.id=a.conversation WHERE a.id=?";

struct look {
	route_run run;
	enum ledger_event event;
	const char *what;
	enum id_kind kind;
	const char *person_sql; /* NULL: of a person's id itself, or of none */
	bool told;	/* a helpdesk was told it, and is not asked again */
	bool body_only; /* the rest of it is nobody's data */
};
static const struct look looks[] = {
    {api_message_get, LEDGER_ACCESS_VIEWED, "message", ID_MESSAGE, of_message,
     true, false},
    {api_conversation_get, LEDGER_ACCESS_VIEWED, "conversation",
     ID_CONVERSATION, of_conversation, true, false},
    {api_attachment_get, LEDGER_ACCESS_VIEWED, "attachment", ID_ATTACHMENT,
     of_attachment, true, false},
    {api_policy_explain, LEDGER_ACCESS_VIEWED, "explanation", ID_MESSAGE,
     of_message, false, false},
    {api_consent_show, LEDGER_ACCESS_VIEWED, "consents", ID_PERSON, NULL, false,
     false},
    {api_consent_proof, LEDGER_ACCESS_EXPORTED, "proof", ID_PERSON, NULL, false,
     false},
    {api_request_file, LEDGER_ACCESS_VIEWED, "request", ID_REQUEST, NULL, false,
     false},
    {api_quarantine_get, LEDGER_ACCESS_VIEWED, "body", ID_QUARANTINE, NULL,
     false, true},
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

static int person_of(struct worker *w, const struct job *job,
		     const struct look *l, int64_t *ret, struct err *err)
{
	bool found;

	*ret = l->kind == ID_PERSON ? job->id : 0;
	if (l->person_sql == NULL)
		return 0;
	return store_one_int(w->store, l->person_sql,
			     STORE_ARGS(S_INT(job->id)), ret, &found, err);
}

static int tell(struct worker *w, const struct job *job, const struct look *l,
		int64_t person, struct err *err)
{
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

	if (!route_name(job->route, job->path, &purpose))
		purpose.text[0] = '\0';
	return prove(w, &act, err);
}

static int tell_all(struct worker *w, const struct job *job,
		    const struct look *l, struct err *err)
{
	int64_t person;

	if (person_of(w, job, l, &person, err) != 0 ||
	    (is_told(job, l) && tell(w, job, l, person, err) != 0))
		return -1;
	return canary_touched(w, person,
			      l->event == LEDGER_ACCESS_EXPORTED
				  ? CANARY_EXPORTED
				  : CANARY_VIEWED,
			      err);
}

int access_prove(struct worker *w, const struct job *job, struct err *err)
{
	const struct look *l = look_of(job);
	bool canaries = false;

	/* Of a made-up person every look is told, a helpdesk's too. */
	if (l == NULL || canary_any(w, &canaries, err) != 0)
		return l == NULL ? 0 : -1;
	if (!canaries && !is_told(job, l))
		return 0;
	if (worker_begin(w, err) != 0)
		return -1;
	if (tell_all(w, job, l, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}
