/* conversations.c - start events of retention, and classifying. */
#include "body.h"
#include "conversation.h"
#include "problem.h"
#include "route.h"
#include "worker/kept.h"

static const char sql_close[] = "UPDATE conversation SET state='closed', "
				"closed_ms=?, asked_ms=NULL WHERE id=?";
static const char sql_reopen[] =
    "UPDATE conversation SET state='open', closed_ms=NULL WHERE id=?";
static const char sql_tag[] = "UPDATE conversation SET datenart=? WHERE id=?";

static int answer_state(struct worker *w, struct job *job, bool closed,
			int64_t closed_ms, struct err *err)
{
	return job_json(job, 200,
			json_pack("{s:o, s:s, s:o}", "conversation",
				  job_json_id(w, ID_CONVERSATION, job->id),
				  "state", closed ? "closed" : "open", "closed",
				  job_json_time(closed ? closed_ms : 0)),
			err);
}

/* Closing twice keeps the first time: it starts the periods. */
int api_conversation_close(struct worker *w, struct job *job, struct err *err)
{
	struct conversation cnv;
	int64_t now_ms = worker_now(w);

	if (conversation_load(w, job, job->id, &cnv, err) != 0)
		return -1;
	if (cnv.closed)
		return answer_state(w, job, true, cnv.closed_ms, err);
	if (store_run(w->store, sql_close,
		      STORE_ARGS(S_INT(now_ms), S_INT(cnv.id)), err) != 0)
		return -1;
	return answer_state(w, job, true, now_ms, err);
}

int api_conversation_reopen(struct worker *w, struct job *job, struct err *err)
{
	struct conversation cnv;

	if (conversation_load(w, job, job->id, &cnv, err) != 0)
		return -1;
	if (cnv.closed && (store_run(w->store, sql_reopen,
				     STORE_ARGS(S_INT(cnv.id)), err) != 0 ||
			   kept_reopened(w, cnv.person, cnv.id, err) != 0))
		return -1;
	return answer_state(w, job, false, 0, err);
}

/* For what comes from now on: what is sealed keeps its key and its rule, so
 * that no tag lengthens or shortens a period behind the team's back. */
int api_conversation_tag(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"datenart"};
	struct conversation cnv;
	struct name datenart;
	const char *text;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    body_text(job, body, "datenart", NAME_LEN_MAX, &text) != 0)
		goto out;
	if (text == NULL || !name_set(&datenart, text, strlen(text)) ||
	    !policy_has_data(w->policy, &datenart)) {
		(void)body_refuse(job, "not in the policy", "datenart");
		goto out;
	}
	if (store_run(w->store, sql_tag,
		      STORE_ARGS(S_TEXT(datenart.text), S_INT(cnv.id)),
		      err) != 0)
		goto out;
	rc = job_json(job, 200,
		      json_pack("{s:o, s:s}", "conversation",
				job_json_id(w, ID_CONVERSATION, cnv.id),
				"datenart", datenart.text),
		      err);
out:
	json_decref(body);
	return rc;
}
