/* tool_diff.c - what changes from one policy to another, over the API. */
#include "body.h"
#include "lifecycle/version.h"
#include "policy_tools/diff.h"
#include "problem.h"
#include "route.h"
#include "tools.h"

#define ID_START "pol_"

struct side {
	const char *member;	     /* static */
	const char *file;	     /* as the answer calls it */
	struct policy *own;	     /* NULL: that in force */
	const struct policy *policy; /* own, or that */
};

static int read_version(struct worker *w, struct job *job, struct side *side,
			const char *text, struct err *err)
{
	struct buf bytes = BUF_INIT(VERSION_BYTES_MAX);
	struct err e = {0};
	int64_t id;
	int rc;

	if (id_parse(&w->mask, ID_POLICY, text, strlen(text), &id, NULL) != 0)
		return body_refuse(job, "no such version", side->member);
	side->file = text;
	rc = version_bytes(w->store, id, &bytes, &e);
	if (rc == 0)
		rc = tools_parse(job, side->member, bytes.bytes, bytes.len,
				 &side->own, err);
	else if (e.kind == ERR_ABSENT)
		rc = body_refuse(job, "no such version", side->member);
	else
		*err = e;
	buf_free(&bytes);
	return rc;
}

/* An id of a version, the text of a policy, or absent.  No policy begins like
 * an id. */
static int read_side(struct worker *w, struct job *job, const json_t *body,
		     struct side *side, struct err *err)
{
	const char *text = NULL;
	int rc = 0;

	side->file = side->member;
	if (body_text(job, body, side->member, VERSION_BYTES_MAX, &text) != 0)
		return -1;
	if (text == NULL)
		side->file = "in force";
	else if (strncmp(text, ID_START, strlen(ID_START)) == 0)
		rc = read_version(w, job, side, text, err);
	else
		rc = tools_parse(job, side->member, (const uint8_t *)text,
				 strlen(text), &side->own, err);
	return rc == 0 ? tools_or_in_force(w, job, side->own, &side->policy)
		       : -1;
}

static int answer(struct job *job, const struct side *old,
		  const struct side *new, enum tongue tongue, struct err *err)
{
	const struct diff_side from = {old->file, old->policy};
	const struct diff_side to = {new->file, new->policy};
	json_t *v;

	if (diff_json(&from, &to, tongue, &v, err) != 0)
		return -1;
	return job_json(job, 200, v, err);
}

int api_policy_diff(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"old", "new", "language"};
	struct side old = {.member = "old"}, new = {.member = "new"};
	const char *language = NULL;
	enum tongue tongue;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 3, &body) != 0)
		return -1;
	if (json_object_get(body, "old") == NULL &&
	    json_object_get(body, "new") == NULL)
		rc = job_refuse(job, &problem_invalid,
				"old or new is needed; the other one is the "
				"policy in force");
	else if (body_text(job, body, "language", 8, &language) == 0 &&
		 tools_tongue(job, &problem_invalid, language, &tongue) == 0 &&
		 read_side(w, job, body, &old, err) == 0 &&
		 read_side(w, job, body, &new, err) == 0)
		rc = answer(job, &old, &new, tongue, err);
	policy_free(&old.own);
	policy_free(&new.own);
	json_decref(body);
	return rc;
}
