/* restrict.c - restricting what is stored, and lifting it again.
 *
 * Source: Art. 18 GDPR; compliance 2.3. */
#include "body.h"
#include "conversation.h"
#include "listing.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"
#include "worker/restriction.h"

#define WORD_MAX 16

static const char sql_list[] =
    "SELECT r.conversation, c.id, r.ground, r.since_ms FROM restriction r"
    " LEFT JOIN conversation c ON c.id=coalesce(r.conversation,"
    " (SELECT max(id) FROM conversation WHERE person=r.person))"
    " WHERE r.lifted_ms IS NULL ORDER BY r.id";

static int answer(struct worker *w, struct job *job, const char *state,
		  struct err *err)
{
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "conversation",
				  job_json_id(w, ID_CONVERSATION, job->id),
				  "state", state),
			err);
}

static int read_place(struct job *job, const json_t *body,
		      struct restriction *ret)
{
	const char *of = NULL;

	if (body_text(job, body, "ground", WORD_MAX, &ret->ground) != 0 ||
	    body_text(job, body, "of", WORD_MAX, &of) != 0)
		return -1;
	if (ret->ground == NULL || strlen(ret->ground) != 1 ||
	    strchr("abcd", ret->ground[0]) == NULL)
		return body_refuse(job, "not a, b, c or d", "ground");
	if (of != NULL && strcmp(of, "person") != 0 &&
	    strcmp(of, "conversation") != 0)
		return body_refuse(job, "not conversation or person", "of");
	ret->whole = of != NULL && strcmp(of, "person") == 0;
	return 0;
}

int api_restrict(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"ground", "of"};
	struct restriction r = {.conversation = job->id,
				.actor = job->caller.token};
	struct conversation cnv;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    read_place(job, body, &r) != 0)
		goto out;
	r.person = cnv.person;
	rc = restriction_place(w, &r, err);
	if (rc == 0)
		rc = answer(w, job, "restricted", err);
	else if (err->kind == ERR_DENIED)
		(void)job_refuse(job, &problem_conflict,
				 "it is restricted already");
out:
	json_decref(body);
	return rc;
}

/* The person is told before: when, how, and by whom that is said, is on
 * record; who cannot say has not told them. */
static int read_notice(struct worker *w, struct job *job, const json_t *body,
		       struct restriction_notice *ret)
{
	const char *informed = NULL, *how = NULL;

	if (body_text(job, body, "informed", WORD_MAX, &informed) != 0 ||
	    body_text(job, body, "how", WORD_MAX, &how) != 0)
		return -1;
	if (informed == NULL || !caldate_parse(informed, &ret->day) ||
	    ret->day > caldate_local(w->zone, worker_now(w)))
		return body_refuse(job,
				   "the day the person was told of the "
				   "lifting (Art. 18(3) GDPR), not a later one",
				   "informed");
	ret->how = how != NULL ? restriction_how(how) : NULL;
	if (ret->how == NULL)
		return body_refuse(job,
				   "how they were told: letter, mail, phone, "
				   "chat, in_person or portal",
				   "how");
	ret->by = job->caller.token;
	return 0;
}

static int lift(struct worker *w, struct job *job, const json_t *body,
		struct err *err)
{
	struct restriction_notice notice = {0};
	struct conversation cnv;

	if (conversation_load(w, job, job->id, &cnv, err) != 0 ||
	    read_notice(w, job, body, &notice) != 0)
		return -1;
	if (restriction_lift(w, cnv.person, cnv.id, &notice, err) == 0)
		return answer(w, job, "lifted", err);
	if (err->kind == ERR_ABSENT)
		return job_refuse(job, &problem_conflict,
				  "it is not restricted");
	if (err->kind == ERR_INPUT)
		return body_refuse(job,
				   "of before the restriction: that was no "
				   "notice of its lifting",
				   "informed");
	return -1;
}

int api_restriction_lift(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"informed", "how"};
	json_t *body;
	int rc;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	rc = lift(w, job, body, err);
	json_decref(body);
	return rc;
}

static int list_row(struct worker *w, struct store_rows *rows, json_t **ret,
		    struct err *err)
{
	bool whole = store_column(w->store, rows, 0).type == STORE_NULL;

	(void)err; /* nothing is asked of anybody */
	*ret = json_pack("{s:o, s:s, s:o, s:o}", "conversation",
			 listing_id(w, rows, 1, ID_CONVERSATION), "of",
			 whole ? "person" : "conversation", "ground",
			 listing_text(w, rows, 2), "since",
			 listing_time(w, rows, 3));
	return 0;
}

int api_restrictions_list(struct worker *w, struct job *job, struct err *err)
{
	return listing_answer(w, job, "restrictions", sql_list, STORE_NO_ARGS,
			      list_row, err);
}
