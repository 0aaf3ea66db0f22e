/* weigh.c - may a request run by itself, or does a person decide? */
#include "machine.h"

#include <string.h>

#include "forget/judge.h"
#include "postern/lookup.h"
#include "store/family.h"
#include "worker/alarm.h"
#include "worker/restriction.h"

#define PAGE 32

static const char granted_sql[] =
    "UPDATE request SET verdict='granted' WHERE id=?";
/* Only while a case is open something may be refused. */
static const char open_sql[] =
    PERSON_FAMILY "SELECT id FROM conversation WHERE person IN (SELECT id FROM"
		  " family) AND state='open' AND id>? ORDER BY id LIMIT 1";

/* --- is anything refused? ------------------------------------------------- */

static int judge_message(struct worker *w, int64_t id, bool *ret,
			 struct err *err)
{
	struct judged judged;
	struct item item;
	bool found = false;

	if (item_load(w, ITEM_MESSAGE, id, &item, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	if (judge_item(w, &item, TRIGGER_ART17, request_today(w), &judged,
		       err) != 0)
		return -1;
	*ret = *ret || judged.decision.verdict == ERASURE_REFUSE;
	return 0;
}

/* Its newest messages stand for it: what refuses is that the case is open. */
static int judge_conversation(struct worker *w, int64_t conversation, bool *ret,
			      struct err *err)
{
	int64_t ids[PAGE];
	size_t len = 0;

	if (lookup_conversation(w->store, conversation, INT64_MAX, ids, PAGE,
				&len, err) != 0)
		return -1;
	for (size_t i = 0; i < len && !*ret; i++)
		if (judge_message(w, ids[i], ret, err) != 0)
			return -1;
	return 0;
}

static int any_refused(struct worker *w, const struct request *r, bool *ret,
		       struct err *err)
{
	int64_t conversation = 0;
	bool found = true;

	*ret = false;
	while (found && !*ret) {
		if (store_one_int(
			w->store, open_sql,
			STORE_ARGS(S_INT(r->is.person), S_INT(conversation)),
			&conversation, &found, err) != 0)
			return -1;
		if (found && judge_conversation(w, conversation, ret, err) != 0)
			return -1;
	}
	return 0;
}

/* --- what runs ------------------------------------------------------------ */

/* An objection without a purpose is one to advertising (Art. 21(2), (3)):
 * any wording counts. */
bool about_marketing(const struct worker *w, const struct request *r)
{
	struct policy_purpose purpose;
	struct name name;

	if (r->scope[0] == '\0' || strcmp(r->scope, CONSENT_MARKETING) == 0)
		return true;
	return name_set(&name, r->scope, strlen(r->scope)) &&
	       policy_purpose_of(w->policy, &name, &r->channel, &purpose) &&
	       purpose.marketing;
}

static int runs_alone(struct worker *w, const struct request *r, bool *ret,
		      struct err *err)
{
	bool refused = false;

	*ret = true;
	switch (r->is.type) {
	case RIGHTS_ERASURE:
		if (w->settings->rights.decide)
			*ret = r->is.person == 0;
		else if (any_refused(w, r, &refused, err) != 0)
			return -1;
		else
			*ret = !refused;
		return 0;
	case RIGHTS_OBJECTION:
		*ret = r->is.person == 0 || about_marketing(w, r);
		return 0;
	case RIGHTS_RECTIFICATION:
		*ret = r->is.person == 0;
		return 0;
	default:
		return 0;
	}
}

static int grant(struct worker *w, struct request *r, struct err *err)
{
	if (store_run(w->store, granted_sql, STORE_ARGS(S_INT(r->is.id)),
		      err) != 0)
		return -1;
	return request_enter(w, r, RIGHTS_DECIDED, NULL, BY_SYSTEM, err);
}

/* Until somebody has weighed, the data are not used (Art. 18(1)(d)). */
static int restrict_meanwhile(struct worker *w, const struct request *r,
			      struct err *err)
{
	const struct restriction order = {.person = r->is.person,
					  .whole = true,
					  .ground = "d",
					  .request = r->is.id};

	if (restriction_place(w, &order, err) == 0)
		return 0;
	return err->kind == ERR_DENIED ? 0 : -1; /* it is already */
}

static int leave_to_people(struct worker *w, struct request *r, struct err *err)
{
	const struct alarm alarm = {
	    .kind = "rights.decide",
	    .about = ID_REQUEST,
	    .object = r->is.id,
	    .detail = rights_type_name(r->is.type),
	    .due_ms = r->is.due_ends_ms,
	};
	const bool objects = r->is.type == RIGHTS_OBJECTION;
	struct letter_facts facts = {0};
	char link[PAGE_BYTES];

	if (request_enter(w, r, RIGHTS_IN_PROGRESS, NULL, BY_SYSTEM, err) !=
		0 ||
	    alarm_raise(w, &alarm, err) != 0 ||
	    (objects && restrict_meanwhile(w, r, err) != 0) ||
	    page_link(w, r, link, err) != 0)
		return -1;
	facts.link = link;
	return letter_write_with(
	    w, r, objects ? LETTER_OBJECTION_WEIGHED : LETTER_VERIFIED, &facts,
	    err);
}

int weigh(struct worker *w, struct request *r, struct err *err)
{
	bool alone = false;

	if (runs_alone(w, r, &alone, err) != 0)
		return -1;
	return alone ? grant(w, r, err) : leave_to_people(w, r, err);
}
