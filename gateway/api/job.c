/* job.c - a request and its answer. */
#include "job.h"

#include <sodium.h>

#include "problem.h"

#define JSON_FLAGS (JSON_COMPACT | JSON_ENSURE_ASCII)

const char *const job_query_names[QUERIES] = {
    [QUERY_STATE] = "state", [QUERY_LIMIT] = "limit", [QUERY_BEFORE] = "before",
    [QUERY_AFTER] = "after", [QUERY_BODY] = "body",
};

int job_new(struct job **ret, size_t body_max, struct err *err)
{
	struct job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a request", 0);
	job->body = BUF_INIT(body_max);
	job->answer = BUF_INIT(JOB_ANSWER_MAX);
	job->body_bytes = -1;
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
	if (j->kept != NULL)
		sodium_memzero(j->kept, strlen(j->kept));
	free(j->kept);
	if (j->file != NULL)
		mediafile_close(&j->file);
	/* The bearer, the upload's name and hashes are in here. */
	sodium_memzero(j, sizeof(*j));
	free(j);
}

void job_unanswer(struct job *job)
{
	buf_clear(&job->answer);
	if (job->kept != NULL)
		sodium_memzero(job->kept, strlen(job->kept));
	free(job->kept);
	job->kept = NULL;
	job->status = 0;
	job->answer_type = NULL;
	job->replayed = false;
	job->retry_after_s = 0;
	job->location[0] = '\0';
	if (job->file != NULL)
		mediafile_close(&job->file);
}

struct writing {
	struct buf *buf;
	bool failed;
};

static int into_buf(const char *bytes, size_t len, void *ctx)
{
	struct writing *w = ctx;

	if (buf_append(w->buf, bytes, len, NULL) == 0)
		return 0;
	w->failed = true;
	return -1;
}

int job_json(struct job *job, unsigned int status, json_t *value,
	     struct err *err)
{
	struct writing w = {.buf = &job->answer};
	int rc = -1;

	buf_clear(&job->answer);
	if (value == NULL) {
		ERR_SET(err, ERR_NOMEM, "no memory for an answer", 0);
		goto out;
	}
	/* Of a member's name jansson 2.14 forgets the failure. */
	if (json_dump_callback(value, into_buf, &w, JSON_FLAGS) != 0 ||
	    w.failed) {
		ERR_SET(err, ERR_NOMEM, "an answer could not be written", 0);
		goto out;
	}
	job->status = status;
	job->answer_type = "application/json";
	rc = 0;
out:
	json_decref(value);
	return rc;
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

int job_refuse_with(struct job *job, const struct problem *problem,
		    const char *detail, json_t *more)
{
	json_t *v =
	    json_pack("{s:s, s:s, s:i, s:s}", "type", problem->type, "title",
		      problem->title, "status", (int)problem->status,
		      "instance", job->request.text);

	if (v != NULL && detail != NULL)
		(void)json_object_set_new(v, "detail", json_string(detail));
	if (v != NULL && more != NULL)
		(void)json_object_update(v, more);
	json_decref(more);
	/* Out of memory the status alone has to do. */
	if (job_json(job, problem->status, v, NULL) != 0)
		(void)job_empty(job, problem->status);
	else
		job->answer_type = "application/problem+json";
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
