/* policies.c - versions of the policy: proposed, approved, stopped, listed.
 *
 * Who proposes or approves is whoever holds the token: the operator socket
 * without one is nobody in particular. */
#include "policies.h"

#include "body.h"
#include "postern/caldate.h"
#include "problem.h"
#include "route.h"
#include "tools.h"
#include "worker/lifecycle.h"

#define PAGE_DEFAULT 50
#define PAGE_MAX     200

static const struct {
	const char *code;
	const struct problem *problem;
	const char *detail;
} refusals[] = {
    {REFUSED_NUMBER, &problem_conflict,
     "version: has to be higher than that of the policy in force"},
    {REFUSED_SAME, &problem_conflict, "this policy is in force already"},
    {REFUSED_TOO_MANY, &problem_conflict,
     "too many versions are under way; stop one of them"},
    {REFUSED_ABSENT, &problem_absent, NULL},
    {REFUSED_STATE, &problem_conflict,
     "the version is not under way any more, or is approved already"},
    {REFUSED_UNCOUNTED, &problem_conflict,
     "what it would do is still being counted; try again in a moment"},
    {REFUSED_OWN, &problem_another, "its author cannot approve it"},
    {REFUSED_LABEL, &problem_another,
     "the author, or somebody who approved, has a token of the same label;"
     " two tokens of one label are one person's"},
    {REFUSED_TWICE, &problem_another, "you approved it already"},
    {REFUSED_TAMPERED, &problem_conflict,
     "what is stored is not what was proposed; stop it and propose it again"},
    {REFUSED_DIGEST, &problem_conflict,
     "the version has another digest than what you looked at"},
    {REFUSED_WATCHING, &problem_conflict,
     "another version is watching; one can at a time"},
};

static int refuse(struct job *job, const char *code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (strcmp(refusals[i].code, code) == 0)
			return job_refuse(job, refusals[i].problem,
					  refusals[i].detail);
	return job_refuse(job, &problem_internal, NULL);
}

static int refuse_findings(struct job *job, const struct diag *findings)
{
	return job_refuse_with(
	    job, &problem_invalid, "this is no policy for this instance",
	    json_pack("{s:o}", "findings", tools_findings(findings)));
}

static int answer(struct worker *w, struct job *job, unsigned int status,
		  struct version *v, struct err *err)
{
	json_t *json = policies_json(w, v, err);

	version_free(v);
	return json != NULL ? job_json(job, status, json, err) : -1;
}

/* Everybody is somebody here. */
static int need_person(struct job *job)
{
	return job->caller.token != 0
		   ? 0
		   : job_refuse(job, &problem_person,
				"give the token of whoever does this");
}

/* --- propose -------------------------------------------------------------- */

static int read_from(struct worker *w, struct job *job, const char *text,
		     int64_t *ret_ms)
{
	int64_t day;

	if (text == NULL)
		return 0;
	if (caldate_parse(text, &day)) {
		*ret_ms = caldate_begins_ms(w->zone, day);
		return 0;
	}
	if (instant_parse(text, ret_ms))
		return 0;
	return body_refuse(job,
			   "neither a date such as 2027-01-01 nor a time such"
			   " as 2027-01-01T00:00:00+01:00",
			   "from");
}

static int propose(struct worker *w, struct job *job, const json_t *body,
		   struct diag *findings, struct err *err)
{
	struct proposal p = {.author = job->caller.token};
	const char *policy = NULL, *from = NULL, *refused = NULL;
	struct version v = {0};

	if (body_text(job, body, "policy", VERSION_BYTES_MAX, &policy) != 0 ||
	    body_text(job, body, "from", 40, &from) != 0 ||
	    body_int(job, body, "shadow_days", 1, LIFECYCLE_SHADOW_MAX,
		     &p.shadow_days) != 0 ||
	    read_from(w, job, from, &p.from_ms) != 0)
		return -1;
	if (policy == NULL)
		return body_refuse(job, "the text of a policy is needed",
				   "policy");
	p.bytes = (const uint8_t *)policy;
	p.len = strlen(policy);
	if (lifecycle_propose(w, &p, findings, &v, &refused, err) != 0)
		return -1;
	if (refused != NULL && strcmp(refused, REFUSED_FINDINGS) == 0)
		return refuse_findings(job, findings);
	if (refused != NULL)
		return refuse(job, refused);
	return answer(w, job, 202, &v, err);
}

int api_policy_propose(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"policy", "from", "shadow_days"};
	struct diag *findings;
	json_t *body;
	int rc;

	if (need_person(job) != 0 || body_object(job, known, 3, &body) != 0)
		return -1;
	findings = malloc(sizeof(*findings)); /* 25 KiB */
	if (findings == NULL) {
		json_decref(body);
		return ERR_SET(err, ERR_NOMEM, "findings", 0);
	}
	diag_init(findings, "policy.yaml");
	rc = propose(w, job, body, findings, err);
	free(findings);
	json_decref(body);
	return rc;
}

/* --- approve, stop, watch ------------------------------------------------- */

int api_policy_approve(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"digest"};
	const char *digest = NULL, *refused = NULL;
	struct version v = {0};
	json_t *body;
	int rc = -1;

	if (need_person(job) != 0 || body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_text(job, body, "digest", 64, &digest) == 0 &&
	    lifecycle_approve(w, job->id, job->caller.token, digest, &v,
			      &refused, err) == 0)
		rc = refused != NULL ? refuse(job, refused)
				     : answer(w, job, 200, &v, err);
	version_free(&v);
	json_decref(body);
	return rc;
}

int api_policy_stop(struct worker *w, struct job *job, struct err *err)
{
	const char *refused = NULL;
	struct version v = {0};
	int rc;

	if (lifecycle_stop(w, job->id, job->caller.token, &v, &refused, err) !=
	    0)
		return -1;
	rc = refused != NULL ? refuse(job, refused)
			     : answer(w, job, 200, &v, err);
	version_free(&v);
	return rc;
}

int api_policy_watch(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"days"};
	const char *refused = NULL;
	struct version v = {0};
	int64_t days = 0;
	json_t *body;
	int rc = -1;

	if (need_person(job) != 0 || body_object(job, known, 1, &body) != 0)
		return -1;
	if (body_int(job, body, "days", 1, LIFECYCLE_SHADOW_MAX, &days) != 0)
		goto out;
	if (days == 0)
		rc = body_refuse(job, "how many days is needed", "days");
	else if (lifecycle_watch(w, job->id, days, &v, &refused, err) == 0)
		rc = refused != NULL ? refuse(job, refused)
				     : answer(w, job, 200, &v, err);
out:
	version_free(&v);
	json_decref(body);
	return rc;
}

/* --- looking -------------------------------------------------------------- */

struct page {
	struct worker *w;
	json_t *list;
	int64_t limit;
	bool more;
};

static int list_one(void *ctx, const struct version *v, struct err *err)
{
	struct page *p = ctx;
	json_t *one;

	if ((int64_t)json_array_size(p->list) == p->limit) {
		p->more = true;
		return 1;
	}
	one = policies_json(p->w, v, err);
	if (one == NULL)
		return -1;
	(void)json_array_append_new(p->list, one);
	return 0;
}

static json_t *file_json(const struct worker *w)
{
	const struct policy *file = lifecycle_file(w);

	return json_pack("{s:I, s:b}", "version",
			 (json_int_t)policy_version(file), "in_force",
			 memcmp(policy_digest(file), policy_digest(w->policy),
				POLICY_DIGEST_BYTES) == 0);
}

static int read_before(struct worker *w, struct job *job, int64_t *ret)
{
	const char *text = job->query[QUERY_BEFORE];

	if (text[0] == '\0')
		return 0;
	if (id_parse(&w->mask, ID_POLICY, text, strlen(text), ret, NULL) == 0)
		return 0;
	return job_refuse(job, &problem_malformed,
			  "before is no id of a policy");
}

int api_policy_list(struct worker *w, struct job *job, struct err *err)
{
	struct page page = {.w = w};
	int64_t before = INT64_MAX;

	if (job_limit(job, PAGE_DEFAULT, PAGE_MAX, &page.limit) != 0 ||
	    read_before(w, job, &before) != 0)
		return -1;
	page.list = json_array();
	if (version_walk(w->store, before, VERSION_STATES, list_one, &page,
			 err) != 0) {
		json_decref(page.list);
		return -1;
	}
	return job_json(
	    job, 200,
	    json_pack("{s:o, s:b, s:o, s:o}", "versions", page.list, "more",
		      page.more, "in_force",
		      job_json_id(w, ID_POLICY, lifecycle_in_force(w)), "file",
		      file_json(w)),
	    err);
}

int api_policy_get(struct worker *w, struct job *job, struct err *err)
{
	struct version v = {0};
	bool found = false;

	if (version_load(w->store, job->id, &v, &found, err) != 0)
		return -1;
	return found ? answer(w, job, 200, &v, err)
		     : job_refuse(job, &problem_absent, NULL);
}

/* The file, byte for byte. */
int api_policy_file(struct worker *w, struct job *job, struct err *err)
{
	struct buf bytes = BUF_INIT(VERSION_BYTES_MAX);
	int rc = version_bytes(w->store, job->id, &bytes, err);

	if (rc == 0)
		rc = job_text(job, 200, "application/yaml", bytes.bytes,
			      bytes.len, err);
	buf_free(&bytes);
	return rc;
}
