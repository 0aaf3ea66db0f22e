/* tools.c - tests inside a policy, due days and papers over the API, and what
 * all calls of the policy tools share.
 *
 * Each runs inside one turn of the loop.  What may be sent is bounded, so
 * that no answer takes longer than reading the policy that came with it. */
#include "tools.h"

#include "body.h"
#include "policy_tools/due.h"
#include "policy_tools/papers.h"
#include "policy_tools/testing.h"
#include "problem.h"
#include "route.h"
#include "worker/lifecycle.h"

/* --- shared --------------------------------------------------------------- */

json_t *tools_findings(const struct diag *diag)
{
	json_t *list = json_array();

	for (size_t i = 0; i < diag->findings_len; i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:I, s:I, s:s}", "line",
			      (json_int_t)diag->findings[i].line, "column",
			      (json_int_t)diag->findings[i].column, "text",
			      diag->findings[i].text));
	return list;
}

int tools_parse(struct job *job, const char *member, const uint8_t *bytes,
		size_t len, struct policy **ret, struct err *err)
{
	struct diag *diag = calloc(1, sizeof(*diag));
	char detail[JOB_DETAIL_MAX + 1];
	int rc = 0;

	if (diag == NULL)
		return ERR_SET(err, ERR_NOMEM, "findings", 0);
	diag_init(diag, "policy.yaml");
	(void)snprintf(detail, sizeof(detail), "the policy has findings: %s",
		       member);
	if (policy_parse(bytes, len, diag, ret) != 0)
		rc = job_refuse_with(
		    job, &problem_invalid, detail,
		    json_pack("{s:o}", "findings", tools_findings(diag)));
	free(diag);
	return rc;
}

int tools_policy(struct job *job, const json_t *body, const char *member,
		 struct policy **ret, struct err *err)
{
	const char *text = NULL;

	if (body_text(job, body, member, VERSION_BYTES_MAX, &text) != 0)
		return -1;
	return text == NULL ? 0
			    : tools_parse(job, member, (const uint8_t *)text,
					  strlen(text), ret, err);
}

int tools_or_in_force(struct worker *w, struct job *job,
		      const struct policy *sent, const struct policy **ret)
{
	*ret = sent != NULL ? sent : w->policy;
	return sent != NULL || lifecycle_trusted(w)
		   ? 0
		   : job_refuse(job, &problem_unavailable, NULL);
}

int tools_refuse(struct job *job, const struct problem *problem,
		 const struct complaint *why, struct err *err)
{
	char detail[sizeof(why->text) + 32];

	if (why->no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for an answer", 0);
	(void)snprintf(detail, sizeof(detail), "%s%s%s",
		       why->member != NULL ? why->member : "",
		       why->member != NULL ? " " : "", why->text);
	return job_refuse(job, problem, detail);
}

int tools_tongue(struct job *job, const struct problem *problem,
		 const char *text, enum tongue *ret)
{
	*ret = TONGUE_DE;
	if (text == NULL || tongue_parse(text, ret))
		return 0;
	return job_refuse(job, problem, "language is de or en");
}

const char *tools_query(const struct job *job, enum job_query query)
{
	const char *text = job->query[query];

	return text[0] != '\0' ? text : NULL;
}

/* --- tests ---------------------------------------------------------------- */

static int answer_tests(const struct worker *w, struct job *job,
			const struct policy *policy, struct err *err)
{
	const struct settings *s = w->settings;
	const char *zone = s->controller.timezone;
	const char *land = s->controller.land;
	const char *language = s->controller.language;
	const struct testing testing = {
	    .file = "policy.yaml",
	    .zone_name = zone[0] != '\0' ? zone : "UTC",
	    .policy = policy,
	    .facts =
		{
		    .land = land[0] != '\0' ? land : NULL,
		    .language = language[0] != '\0' ? language : "de",
		    .zone = w->zone,
		},
	};
	json_t *answer;
	size_t failed;

	if (testing_json(&testing, &answer, &failed, err) != 0)
		return -1;
	return job_json(job, 200, answer, err);
}

int api_policy_test(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"policy"};
	const struct policy *policy;
	struct policy *sent = NULL;
	json_t *body;
	int rc;

	if (body_object(job, known, 1, &body) != 0)
		return -1;
	rc = tools_policy(job, body, "policy", &sent, err);
	if (rc == 0)
		rc = tools_or_in_force(w, job, sent, &policy);
	if (rc == 0)
		rc = answer_tests(w, job, policy, err);
	policy_free(&sent);
	json_decref(body);
	return rc;
}

/* --- due days ------------------------------------------------------------- */

int api_policy_due(struct worker *w, struct job *job, struct err *err)
{
	const struct due_wish wish = {
	    .start = tools_query(job, QUERY_START),
	    .period = tools_query(job, QUERY_PERIOD),
	    .statutory = tools_query(job, QUERY_STATUTORY),
	};
	const struct statutory *law;
	struct complaint why;
	struct retention r;

	(void)w;
	if (wish.start == NULL)
		return job_refuse(job, &problem_malformed, "start is needed");
	if ((wish.period == NULL) == (wish.statutory == NULL))
		return job_refuse(job, &problem_malformed,
				  "either period or statutory");
	if (due_of(&wish, &r, &law, &why) != 0)
		return tools_refuse(job, &problem_malformed, &why, err);
	return job_json(job, 200, due_json(&r), err);
}

/* --- papers --------------------------------------------------------------- */

static int read_papers(struct job *job, struct papers_wish *ret,
		       struct err *err)
{
	struct complaint why;

	if (papers_read(tools_query(job, QUERY_WHAT),
			tools_query(job, QUERY_FORMAT), ret, &why) != 0)
		return tools_refuse(job, &problem_malformed, &why, err);
	return tools_tongue(job, &problem_malformed,
			    tools_query(job, QUERY_LANGUAGE), &ret->tongue);
}

/* Always of what is in force: a paper about anything else would be none. */
int api_policy_render(struct worker *w, struct job *job, struct err *err)
{
	struct papers_instance *instance;
	const struct policy *policy;
	struct papers_wish wish;
	json_t *answer;
	int rc;

	if (read_papers(job, &wish, err) != 0 ||
	    tools_or_in_force(w, job, NULL, &policy) != 0)
		return -1;
	instance = calloc(1, sizeof(*instance));
	if (instance == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for papers", 0);
	papers_fill(w->settings, instance);
	rc = papers_texts(&wish, policy, instance, true, &answer, err);
	free(instance);
	return rc == 0 ? job_json(job, 200, answer, err) : -1;
}
