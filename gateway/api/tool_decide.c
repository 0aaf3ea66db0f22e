/* tool_decide.c - lines of facts in, lines of decisions out, over the API. */
#include "policy_tools/facts.h"
#include "postern/jsonmem.h"
#include "problem.h"
#include "route.h"
#include "tools.h"

/* A few milliseconds of the loop; whoever has more asks again. */
#define BYTES_MAX (256u * 1024)
#define LINES_MAX 500

struct lines {
	struct job *job;
	struct diag *diag;
	struct buf answer;
};

static int put_row(struct lines *l, const json_t *row, struct err *err)
{
	if (jsonmem_print(row, 0, &l->answer, err) != 0)
		return -1;
	return buf_append(&l->answer, "\n", 1, err);
}

/* Every line is looked at, so that all findings are told at once. */
static int decide_line(struct lines *l, const char *line, size_t len,
		       size_t number, struct err *err)
{
	json_t *row = NULL;
	int rc = 0;

	if (facts_blank(line, len) && len <= FACTS_LINE_MAX)
		return 0;
	if (facts_decide(line, len, number, l->diag, &row) != 0)
		return 0;
	if (l->diag->findings_len == 0)
		rc = put_row(l, row, err);
	json_decref(row);
	return rc;
}

static int decide_all(struct lines *l, struct err *err)
{
	const char *text = (const char *)l->job->body.bytes;
	size_t left = l->job->body.len;

	for (size_t number = 1; left > 0 && l->diag->more == 0; number++) {
		const char *end = memchr(text, '\n', left);
		size_t len = end != NULL ? (size_t)(end - text) : left;
		size_t step = end != NULL ? len + 1 : len;

		if (number > LINES_MAX)
			return job_refuse(l->job, &problem_too_large,
					  "at most 500 lines at a time");
		if (decide_line(l, text, len, number, err) != 0)
			return -1;
		text += step;
		left -= step;
	}
	return 0;
}

static int answer(struct lines *l, struct err *err)
{
	/* A row that is short of something is no decision. */
	if (jsonmem_failures() != l->job->json_failures)
		return ERR_SET(err, ERR_NOMEM, "an answer is incomplete", 0);
	return job_text(l->job, 200, "application/x-ndjson", l->answer.bytes,
			l->answer.len, err);
}

/* All or nothing: an answer with gaps would be read past them. */
int api_policy_decide(struct worker *w, struct job *job, struct err *err)
{
	struct lines l = {.job = job, .answer = BUF_INIT(JOB_ANSWER_MAX)};
	int rc;

	(void)w;
	if (job->body.len > BYTES_MAX)
		return job_refuse(job, &problem_too_large,
				  "at most 256 KiB at a time");
	l.diag = calloc(1, sizeof(*l.diag));
	if (l.diag == NULL)
		return ERR_SET(err, ERR_NOMEM, "findings", 0);
	diag_init(l.diag, "lines");
	rc = decide_all(&l, err);
	if (rc == 0 && l.diag->findings_len > 0)
		rc = job_refuse_with(
		    job, &problem_invalid, "the lines have findings",
		    json_pack("{s:o}", "findings", tools_findings(l.diag)));
	else if (rc == 0)
		rc = answer(&l, err);
	buf_free(&l.answer);
	free(l.diag);
	return rc;
}
