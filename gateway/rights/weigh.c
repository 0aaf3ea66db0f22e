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

struct found {
	bool refused, weighed; /* weighed: by people, Art. 21(1) */
};

static int judge_message(struct worker *w, int64_t id, struct found *ret,
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
	ret->refused |= judged.decision.verdict == ERASURE_REFUSE;
	ret->weighed |= judged.decision.verdict == ERASURE_RESTRICT_REVIEW;
	return 0;
}

/* Its newest messages stand for it: what refuses is that the case is open. */
static int judge_conversation(struct worker *w, int64_t conversation,
			      struct found *ret, struct err *err)
{
	int64_t ids[PAGE];
	size_t len = 0;

	if (lookup_conversation(w->store, conversation, INT64_MAX, ids, PAGE,
				&len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (judge_message(w, ids[i], ret, err) != 0)
			return -1;
	return 0;
}

static int look(struct worker *w, const struct request *r, struct found *ret,
		struct err *err)
{
	int64_t conversation = 0;
	bool found = true;

	while (found) {
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
		      bool *ret_weighed, struct err *err)
{
	struct found found = {0};
	bool copied = false;

	*ret = true;
	*ret_weighed = false;
	switch (r->is.type) {
	case RIGHTS_ERASURE:
		if (look(w, r, &found, err) != 0)
			return -1;
		*ret = w->settings->rights.decide
			   ? r->is.person == 0
			   : !found.refused && !found.weighed;
		*ret_weighed = found.weighed;
		return 0;
	case RIGHTS_OBJECTION:
		*ret = r->is.person == 0 || about_marketing(w, r);
		*ret_weighed = true;
		return 0;
	case RIGHTS_RECTIFICATION:
		*ret = r->is.person == 0;
		return 0;
	case RIGHTS_ACCESS:
		if (w->settings->rights.copies &&
		    further_copy(w, r, &copied, err) != 0)
			return -1;
		*ret = !copied;
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

static int leave_to_people(struct worker *w, struct request *r, bool weighed,
			   struct err *err)
{
	const struct alarm alarm = {
	    .kind = "rights.decide",
	    .about = ID_REQUEST,
	    .object = r->is.id,
	    .detail = rights_type_name(r->is.type),
	    .due_ms = r->is.due_ends_ms,
	};
	struct letter_facts facts = {0};
	char link[PAGE_BYTES];

	if (request_enter(w, r, RIGHTS_IN_PROGRESS, NULL, BY_SYSTEM, err) !=
		0 ||
	    alarm_raise(w, &alarm, err) != 0 ||
	    (weighed && restrict_meanwhile(w, r, err) != 0) ||
	    page_link(w, r, link, err) != 0)
		return -1;
	facts.link = link;
	return letter_write_with(w, r,
				 r->is.type == RIGHTS_OBJECTION
				     ? LETTER_OBJECTION_WEIGHED
				     : LETTER_VERIFIED,
				 &facts, err);
}

int weigh(struct worker *w, struct request *r, struct err *err)
{
	bool alone = false, weighed = false;

	if (runs_alone(w, r, &alone, &weighed, err) != 0)
		return -1;
	return alone ? grant(w, r, err) : leave_to_people(w, r, weighed, err);
}
