/* disclosures.c - data of a person went to somebody by another way than a
 * helpdesk's: named, so that the person can be told whom (Art. 15(1)(c), 19
 * GDPR), and that they can be told of an erasure. */
#include "body.h"
#include "conversation.h"
#include "problem.h"
#include "route.h"

#define RECIPIENT_MAX 200
#define PURPOSE_MAX   63

static const char person_sql[] = "SELECT 1 FROM person WHERE id=?";
static const char insert_sql[] =
    "INSERT INTO disclosure(id,person,recipient,purpose,at_ms,staff)"
    " VALUES(?,?,?,?,?,?)";

/* Whom is in the archive and not in the log: a name may be anybody's. */
static int tell(struct worker *w, int64_t person, struct err *err)
{
	const struct act_fact facts[] = {{"what", "by_hand", 0}};
	const struct act act = {
	    .event = LEDGER_DISCLOSURE_MADE,
	    .reason = LEDGER_R_API,
	    .by = LEDGER_STAFF,
	    .person = person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	    .counted = true,
	    .count = 1,
	};

	return prove(w, &act, err);
}

static int put(struct worker *w, struct job *job, const char *recipient,
	       const char *purpose, struct err *err)
{
	const int64_t now_ms = worker_now(w);
	int64_t one;
	bool found = false;

	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(job->id)),
			  &one, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	if (store_run(w->store, insert_sql,
		      STORE_ARGS(S_INT(worker_id(w)), S_INT(job->id),
				 S_TEXT(recipient), S_TEXT(purpose),
				 S_INT(now_ms),
				 S_TEXT(job->caller.staff.pseudonym)),
		      err) != 0 ||
	    tell(w, job->id, err) != 0)
		return -1;
	return job_json(job, 201,
			json_pack("{s:o,s:s,s:s,s:o}", "person",
				  job_json_id(w, ID_PERSON, job->id),
				  "recipient", recipient, "purpose", purpose,
				  "at", job_json_time(now_ms)),
			err);
}

int api_disclosure_put(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"recipient", "purpose"};
	const char *recipient = NULL, *purpose = NULL;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	if (body_text(job, body, "recipient", RECIPIENT_MAX, &recipient) != 0 ||
	    body_text(job, body, "purpose", PURPOSE_MAX, &purpose) != 0)
		goto out;
	if (recipient == NULL || purpose == NULL)
		rc = body_refuse(job, "is missing",
				 recipient == NULL ? "recipient" : "purpose");
	else
		rc = put(w, job, recipient, purpose, err);
out:
	json_decref(body);
	return rc;
}
