/* quarantine.c - bodies nobody understood: metadata for every operator, the
 * bytes themselves only on this host, by express wish. */
#include <sodium.h>

#include "conversation.h"
#include "listing.h"
#include "problem.h"
#include "route.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX     1000

static const char sql_list[] =
    "SELECT id, channel, received_ms, year, reason, bytes FROM quarantine"
    " ORDER BY id LIMIT ?";
static const char sql_one[] =
    "SELECT id, channel, received_ms, year, reason, bytes, raw_sealed"
    " FROM quarantine WHERE id=?";

static json_t *row_json(struct worker *w, struct store_rows *rows)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:I}", "id",
			 listing_id(w, rows, 0, ID_QUARANTINE), "channel",
			 listing_text(w, rows, 1), "received",
			 listing_time(w, rows, 2), "reason",
			 listing_text(w, rows, 4), "bytes",
			 (json_int_t)store_column(w->store, rows, 5).num);
}

static int list_row(struct worker *w, struct store_rows *rows, json_t **ret,
		    struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = row_json(w, rows);
	return 0;
}

int api_quarantine_list(struct worker *w, struct job *job, struct err *err)
{
	int64_t limit;

	if (job_limit(job, PAGE_DEFAULT, PAGE_MAX, &limit) != 0)
		return -1;
	return listing_answer(w, job, "quarantine", sql_list,
			      STORE_ARGS(S_INT(limit)), list_row, err);
}

static int show_bytes(struct worker *w, struct job *job, uint16_t year,
		      struct store_value sealed, struct err *err)
{
	const struct key_ref key = {.datenart = {"RAW"}, .year = year};
	struct keeper_batch *batch = NULL;
	const uint8_t *clear;
	struct err e = {0};
	size_t slot, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_open(batch, &key, job->id, FIELD_RAW, sealed.bytes,
			       sealed.len);
	if (keeper_run(batch, err) != 0)
		goto out;
	if (keeper_result(batch, slot, &clear, &len, &e) != 0)
		rc = job_refuse(job,
				e.kind == ERR_ABSENT ? &problem_gone
						     : &problem_internal,
				"the bytes do not open");
	else
		rc = job_text(job, 200, "application/octet-stream", clear, len,
			      err);
out:
	keeper_batch_free(&batch);
	return rc;
}

static bool wants_body(const struct job *job)
{
	return strcmp(job->query[QUERY_BODY], "1") == 0;
}

int api_quarantine_get(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows;
	int got, rc = -1;

	if (wants_body(job) && !job->local)
		return job_refuse(job, &problem_local_only, NULL);
	if (store_start(w->store, sql_one, STORE_ARGS(S_INT(job->id)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got == 0)
		(void)job_refuse(job, &problem_absent, NULL);
	else if (got > 0 && wants_body(job))
		rc = show_bytes(w, job,
				(uint16_t)store_column(w->store, rows, 3).num,
				store_column(w->store, rows, 6), err);
	else if (got > 0)
		rc = job_json(job, 200, row_json(w, rows), err);
	store_finish(w->store, &rows);
	return rc;
}

int api_quarantine_replay(struct worker *w, struct job *job, struct err *err)
{
	if (receive_replay(w, job->id, err) != 0) {
		if (err->kind == ERR_INPUT)
			(void)job_refuse(job, &problem_conflict,
					 "it is still not understood");
		return -1;
	}
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "id",
				  job_json_id(w, ID_QUARANTINE, job->id),
				  "state", "replayed"),
			err);
}
