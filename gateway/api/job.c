/* job.c - a request and its answer. */
#include "job.h"

#include <sodium.h>

#include "postern/jsonmem.h"
#include "problem.h"

#define JSON_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

const char *const job_query_names[QUERIES] = {
    [QUERY_STATE] = "state",	   [QUERY_LIMIT] = "limit",
    [QUERY_BEFORE] = "before",	   [QUERY_AFTER] = "after",
    [QUERY_BODY] = "body",	   [QUERY_FORM] = "form",
    [QUERY_LANGUAGE] = "language", [QUERY_CHANNEL] = "channel",
    [QUERY_FROM] = "from",	   [QUERY_TO] = "to",
    [QUERY_STEP] = "step",	   [QUERY_START] = "start",
    [QUERY_PERIOD] = "period",	   [QUERY_STATUTORY] = "statutory",
    [QUERY_WHAT] = "what",	   [QUERY_FORMAT] = "format",
    [QUERY_PURPOSE] = "purpose",
};

void job_turn(struct job *job)
{
	job->json_failures = jsonmem_failures();
}

/* Was there no memory for something this turn made or read? */
static bool fell_short(const struct job *job)
{
	return jsonmem_failures() != job->json_failures;
}

int job_new(struct job **ret, size_t body_max, struct err *err)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a request", 0);
	job->body = BUF_INIT(body_max);
	job->answer = BUF_INIT(JOB_ANSWER_MAX);
	job->kept = BUF_INIT(JOB_ANSWER_MAX);
	job->body_bytes = -1;
	job_turn(job);
	*ret = job;
	return 0;
}

void job_free(struct job **job)
{
	struct job *j = *job;

	*job = NULL;
	if (j == NULL)
		return;
	buf_free(&j->body);
	buf_free(&j->answer);
	buf_free(&j->kept);
	if (j->file != NULL)
		sealedfile_close(&j->file);
	/* The bearer, the upload's name and hashes are in here. */
	sodium_memzero(j, sizeof(*j));
	free(j);
}

void job_unanswer(struct job *job)
{
	buf_clear(&job->answer);
	buf_clear(&job->kept);
	job->status = 0;
	job->answer_type = NULL;
	job->replayed = false;
	job->retry_after_s = 0;
	job->location[0] = '\0';
	job->page_policy[0] = '\0';
	if (job->file != NULL)
		sealedfile_close(&job->file);
}

int job_json(struct job *job, unsigned int status, json_t *value,
	     struct err *err)
{
	struct err e = {0};
	int rc;

	buf_clear(&job->answer);
	rc = jsonmem_print(value, JSON_FLAGS, &job->answer, &e);
	json_decref(value);
	if (rc == 0 && fell_short(job))
		rc = ERR_SET(&e, ERR_NOMEM, "an answer is incomplete", 0);
	if (rc == 0) {
		job->status = status;
		job->answer_type = "application/json";
		return 0;
	}
	buf_clear(&job->answer);
	/* Asked again it would be as long. */
	if (e.kind == ERR_INPUT)
		return job_refuse(job, &problem_internal,
				  "the answer is too long");
	if (err != NULL)
		*err = e;
	return -1;
}

int job_text(struct job *job, unsigned int status, const char *type,
	     const void *bytes, size_t len, struct err *err)
{
	buf_clear(&job->answer);
	if (buf_append(&job->answer, bytes, len, err) != 0)
		return -1;
	job->status = status;
	job->answer_type = type;
	return 0;
}

int job_empty(struct job *job, unsigned int status)
{
	buf_clear(&job->answer);
	job->status = status;
	job->answer_type = NULL;
	return 0;
}

static bool put_problem(struct job *job, const struct problem *problem,
			const char *detail, json_t *more)
{
	json_t *v =
	    json_pack("{s:s, s:s, s:i, s:s}", "type", problem->type, "title",
		      problem->title, "status", (int)problem->status,
		      "instance", job->request.text);
	bool good;

	if (v != NULL && detail != NULL)
		(void)json_object_set_new(v, "detail", json_string(detail));
	if (v != NULL && more != NULL)
		(void)json_object_update(v, more);
	buf_clear(&job->answer);
	good = jsonmem_print(v, JSON_FLAGS, &job->answer, NULL) == 0 &&
	       !fell_short(job);
	json_decref(v);
	if (good) {
		job->status = problem->status;
		job->answer_type = "application/problem+json";
	}
	return good;
}

int job_refuse_with(struct job *job, const struct problem *problem,
		    const char *detail, json_t *more)
{
	const struct problem *later = &problem_unavailable;

	/* What the caller found wrong may be what there was no memory for. */
	if (fell_short(job) || !put_problem(job, problem, detail, more)) {
		problem = later;
		job_turn(job);
		if (!put_problem(job, later, NULL, NULL))
			(void)job_empty(job, later->status);
	}
	json_decref(more);
	if (problem->status == 503 && job->retry_after_s == 0)
		job->retry_after_s = 2;
	return -1;
}

int job_refuse(struct job *job, const struct problem *problem,
	       const char *detail)
{
	return job_refuse_with(job, problem, detail, NULL);
}

int job_limit(struct job *job, int64_t otherwise, int64_t max, int64_t *ret)
{
	const char *text = job->query[QUERY_LIMIT];
	int64_t n = 0;

	if (text[0] == '\0') {
		*ret = otherwise;
		return 0;
	}
	if (strlen(text) > 6 || strspn(text, "0123456789") != strlen(text))
		return job_refuse(job, &problem_malformed,
				  "limit is no number");
	for (; *text != '\0'; text++)
		n = n * 10 + (*text - '0');
	if (n < 1 || n > max)
		return job_refuse(job, &problem_malformed,
				  "limit is out of range");
	*ret = n;
	return 0;
}

json_t *job_json_id(const struct worker *w, enum id_kind kind, int64_t id)
{
	struct id_text text;

	id_format(&w->mask, kind, id, &text);
	return json_string(text.text);
}

json_t *job_json_time(int64_t wall_ms)
{
	char text[RFC3339_BYTES];

	if (wall_ms <= 0)
		return json_null();
	env_rfc3339(wall_ms, text);
	return json_string(text);
}

json_t *job_json_text(const char *text)
{
	return text != NULL ? json_string(text) : json_null();
}
