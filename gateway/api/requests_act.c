/* requests_act.c - what people of the controller do with a request.
 *
 * Source: Art. 12 GDPR; compliance 2.1, 2.3, 2.4, 5.1. */
#include "requests.h"

#include "body.h"
#include "package/package.h"
#include "postern/checkpoint.h"
#include "problem.h"
#include "rights/machine.h"
#include "route.h"

#define WORD_MAX 64
#define TEXT_MAX 4000

/* --- refusals ------------------------------------------------------------- */

static const struct {
	const char *code;
	const struct problem *problem;
	const char *detail;
} refusals[] = {
    {"state", &problem_conflict, "the request is in another state"},
    {"extended", &problem_conflict, "it was extended once already"},
    {"deadline", &problem_conflict,
     "the first deadline has passed; an extension has to be told within it "
     "(Art. 12(3) GDPR)"},
    {"reason", &problem_invalid,
     "reason_code is no reason for this (docs/rights.md lists them)"},
    {"text", &problem_invalid, "this reason needs a text that justifies it"},
    {"fee", &problem_policy,
     "only a further copy may cost something (Art. 12(5), 15(3) GDPR)"},
    {"approver", &problem_another, "whoever refused cannot agree to it"},
    {"pending", &problem_pending, "no checkpoint of the log covers it yet"},
};

static int refuse(struct job *job, const char *code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(refusals[i].code, code) == 0)
			return job_refuse_with(
			    job, refusals[i].problem, refusals[i].detail,
			    json_pack("{s:s}", "reason", code));
	return job_refuse(job, &problem_conflict, NULL);
}

int requests_answer(struct worker *w, struct job *job, const char *refused,
		    struct err *err)
{
	struct request r;
	json_t *json;

	if (refused != NULL)
		return refuse(job, refused);
	if (requests_load(w, job, &r, err) != 0)
		return -1;
	json = requests_json(w, &r, err);
	return json != NULL ? job_json(job, 200, json, err) : -1;
}

static int need_person(struct job *job)
{
	return job->caller.token != 0
		   ? 0
		   : job_refuse(job, &problem_person,
				"give the token of whoever does this");
}

/* --- identity ------------------------------------------------------------- */

static const char whose_sql[] =
    "UPDATE request SET person=? WHERE id=? AND state='identity_pending'";
static const char person_sql[] = "SELECT id FROM person WHERE id=?";

/* Whose it is, where the identifiers did not say. */
static int name_person(struct worker *w, struct job *job, const char *text,
		       struct err *err)
{
	int64_t person = 0;
	bool found = false;

	if (text == NULL)
		return 0;
	if (id_parse(&w->mask, ID_PERSON, text, strlen(text), &person, NULL) !=
	    0)
		return body_refuse(job, "no id of a person", "person");
	if (store_one_int(w->store, person_sql, STORE_ARGS(S_INT(person)),
			  &person, &found, err) != 0)
		return -1;
	if (!found)
		return body_refuse(job, "no such person", "person");
	return store_run(w->store, whose_sql,
			 STORE_ARGS(S_INT(person), S_INT(job->id)), err);
}

int api_request_identity(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"method", "person"};
	const char *method = NULL, *person = NULL, *refused = NULL;
	struct request r;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	if (requests_load(w, job, &r, err) != 0 ||
	    body_text(job, body, "method", 23, &method) != 0 ||
	    body_text(job, body, "person", ID_TEXT_BYTES, &person) != 0)
		goto out;
	if (method == NULL ||
	    strspn(method, "abcdefghijklmnopqrstuvwxyz_") != strlen(method)) {
		(void)body_refuse(job, "a word is needed: how it was proved",
				  "method");
		goto out;
	}
	if (name_person(w, job, person, err) == 0 &&
	    rights_verify(w, job->id, method, job->caller.token, &refused,
			  err) == 0)
		rc = requests_answer(w, job, refused, err);
out:
	json_decref(body);
	return rc;
}

/* --- more time ------------------------------------------------------------ */

int api_request_extend(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"reason_code", "text"};
	const char *reason = NULL, *text = NULL, *refused = NULL;
	struct request r;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 2, &body) != 0)
		return -1;
	if (requests_load(w, job, &r, err) == 0 &&
	    body_text(job, body, "reason_code", WORD_MAX, &reason) == 0 &&
	    body_text(job, body, "text", TEXT_MAX, &text) == 0 &&
	    rights_extend(w, job->id, reason, text, job->caller.token, &refused,
			  err) == 0)
		rc = requests_answer(w, job, refused, err);
	json_decref(body);
	return rc;
}

/* --- yes or no ------------------------------------------------------------ */

static int read_decision(struct job *job, const json_t *body,
			 struct rights_decision *ret)
{
	const char *word = NULL;

	if (body_text(job, body, "decision", WORD_MAX, &word) != 0 ||
	    body_text(job, body, "reason_code", WORD_MAX, &ret->reason) != 0 ||
	    body_text(job, body, "text", TEXT_MAX, &ret->text) != 0 ||
	    body_int(job, body, "fee_cents", 0, 100000, &ret->fee_cents) != 0)
		return -1;
	if (word == NULL ||
	    (strcmp(word, "grant") != 0 && strcmp(word, "refuse") != 0))
		return body_refuse(job, "grant or refuse", "decision");
	ret->grant = strcmp(word, "grant") == 0;
	return 0;
}

int api_request_decide(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"decision", "reason_code", "text",
					    "fee_cents"};
	struct rights_decision d = {.actor = job->caller.token};
	const char *refused = NULL;
	struct request r;
	json_t *body;
	int rc = -1;

	if (need_person(job) != 0 || body_object(job, known, 4, &body) != 0)
		return -1;
	if (requests_load(w, job, &r, err) == 0 &&
	    read_decision(job, body, &d) == 0 &&
	    rights_decide(w, job->id, &d, &refused, err) == 0)
		rc = requests_answer(w, job, refused, err);
	json_decref(body);
	return rc;
}

int api_request_approve(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;
	struct request r;

	if (need_person(job) != 0 || requests_load(w, job, &r, err) != 0 ||
	    rights_approve(w, job->id, job->caller.token, &refused, err) != 0)
		return -1;
	return requests_answer(w, job, refused, err);
}

int api_request_withdraw(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;
	struct request r;

	if (requests_load(w, job, &r, err) != 0 ||
	    rights_withdraw(w, job->id, &refused, err) != 0)
		return -1;
	return requests_answer(w, job, refused, err);
}

int api_request_resume(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;
	struct request r;

	if (requests_load(w, job, &r, err) != 0 ||
	    rights_resume(w, job->id, &refused, err) != 0)
		return -1;
	return requests_answer(w, job, refused, err);
}

/* --- what comes out ------------------------------------------------------- */

int api_request_certificate(struct worker *w, struct job *job, struct err *err)
{
	struct buf receipt = BUF_INIT(RECEIPT_BYTES_MAX);
	const char *refused = NULL;
	struct request r;
	int rc = -1;

	if (requests_load(w, job, &r, err) == 0 &&
	    rights_certificate(w, job->id, &receipt, &refused, err) == 0)
		rc = refused != NULL
			 ? refuse(job, refused)
			 : job_text(job, 200, "text/plain; charset=utf-8",
				    receipt.bytes, receipt.len, err);
	buf_free(&receipt);
	return rc;
}

/* How far it is. */
int api_request_package_get(struct worker *w, struct job *job, struct err *err)
{
	struct package_view view;
	struct request r;
	bool found = false;

	if (requests_load(w, job, &r, err) != 0 ||
	    package_of_request(w, job->id, &view, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	return job_json(job, 200,
			json_pack("{s:o, s:s, s:I, s:I, s:I, s:o}", "id",
				  job_json_id(w, ID_PACKAGE, view.id), "state",
				  package_state_name(view.state), "messages",
				  (json_int_t)view.messages, "of",
				  (json_int_t)view.of_messages, "bytes",
				  (json_int_t)view.bytes, "expires",
				  job_json_time(view.expires_ms)),
			err);
}

/* A new link: whoever hands a copy out, hands it out once. */
int api_request_package(struct worker *w, struct job *job, struct err *err)
{
	char path[PACKAGE_LINK_BYTES], url[PAGE_BYTES];
	struct package_view view;
	struct request r;
	bool found = false;

	if (requests_load(w, job, &r, err) != 0 ||
	    package_of_request(w, job->id, &view, &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	if (view.state == PACKAGE_MAKING)
		return job_refuse(job, &problem_pending,
				  "it is still being made");
	if (view.state != PACKAGE_READY)
		return job_refuse(job, &problem_gone, "it is over");
	if (package_link(w, view.id, path, err) != 0)
		return -1;
	page_url(w, path, url);
	return job_json(job, 200,
			json_pack("{s:o, s:s, s:I, s:o, s:s}", "id",
				  job_json_id(w, ID_PACKAGE, view.id), "state",
				  package_state_name(view.state), "bytes",
				  (json_int_t)view.bytes, "expires",
				  job_json_time(view.expires_ms), "link",
				  url[0] != '\0' ? url : path),
			err);
}
