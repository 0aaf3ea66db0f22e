/* auth.c - who calls, and what may they? */
#include "auth.h"

#include <sodium.h>

#include "problem.h"
#include "postern/token.h"
#include "postern/log.h"

#define FAILED_BURST  20
#define FAILED_PER_S  1
#define USED_EVERY_MS 60000
#define HASH_BYTES    32
#define SCOPES_BYTES  64

static const char sql_token[] =
    "SELECT token_hash, scopes, helpdesk, expires_ms, revoked_ms, used_ms"
    " FROM token WHERE id=?";
static const char sql_used[] = "UPDATE token SET used_ms=? WHERE id=?";

struct token_row {
	uint8_t hash[HASH_BYTES];
	char scopes[SCOPES_BYTES];
	char helpdesk[NAME_LEN_MAX + 1];
	bool has_helpdesk, revoked;
	int64_t expires_ms, used_ms;
};

bool bucket_take(struct bucket *b, int64_t now_ms, int64_t burst, int64_t per_s)
{
	if (b->at_ms == 0) {
		b->tokens_milli = burst * 1000;
	} else if (now_ms > b->at_ms) {
		int64_t gone_ms = now_ms - b->at_ms;

		if (gone_ms > burst * 1000)
			gone_ms = burst * 1000;
		b->tokens_milli += gone_ms * per_s;
		if (b->tokens_milli > burst * 1000)
			b->tokens_milli = burst * 1000;
	}
	b->at_ms = now_ms > 0 ? now_ms : 1;
	if (b->tokens_milli < 1000)
		return false;
	b->tokens_milli -= 1000;
	return true;
}

/* A good token is never slowed down by somebody else's bad ones. */
static int refuse_log_in(struct api *a, struct job *job)
{
	if (bucket_take(&a->log_ins, worker_boot(a->w), FAILED_BURST,
			FAILED_PER_S))
		return job_refuse(job, &problem_unauthorised, NULL);
	job->retry_after_s = 30;
	return job_refuse(job, &problem_too_many, NULL);
}

static bool copy_text(char *ret, size_t size, struct store_value v)
{
	if (v.type != STORE_TEXT || v.len >= size)
		return false;
	memcpy(ret, v.bytes, v.len);
	ret[v.len] = '\0';
	return true;
}

static bool read_row(struct worker *w, struct store_rows *rows,
		     struct token_row *ret)
{
	struct store_value hash = store_column(w->store, rows, 0);
	struct store_value desk = store_column(w->store, rows, 2);

	if (hash.len != HASH_BYTES)
		return false;
	memcpy(ret->hash, hash.bytes, HASH_BYTES);
	if (!copy_text(ret->scopes, sizeof(ret->scopes),
		       store_column(w->store, rows, 1)))
		return false;
	ret->has_helpdesk = desk.type != STORE_NULL;
	if (ret->has_helpdesk &&
	    !copy_text(ret->helpdesk, sizeof(ret->helpdesk), desk))
		return false;
	ret->expires_ms = store_column(w->store, rows, 3).num;
	ret->revoked = store_column(w->store, rows, 4).type != STORE_NULL;
	ret->used_ms = store_column(w->store, rows, 5).num;
	return true;
}

/* 1 found, 0 no such row, -1 error. */
static int find_row(struct worker *w, int64_t id, struct token_row *ret,
		    struct err *err)
{
	struct store_rows *rows;
	int got;

	if (store_start(w->store, sql_token, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0 && !read_row(w, rows, ret))
		got = 0;
	store_finish(w->store, &rows);
	return got;
}

/* And the name its holder has in the proof log. */
static int hash_matches(struct worker *w, struct job *job, int64_t id,
			const uint8_t wanted[HASH_BYTES], bool *ret,
			struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *hash;
	size_t slot, staff, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot =
	    keeper_add_hash(batch, "token", job->bearer, strlen(job->bearer));
	staff = prove_staff_add(w, batch, id);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &hash, &len, err) != 0 ||
	    prove_staff_get(batch, staff, &job->caller.staff, err) != 0)
		goto out;
	*ret = len == HASH_BYTES && sodium_memcmp(hash, wanted, len) == 0;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

static int note_use(struct worker *w, int64_t id, int64_t used_ms,
		    struct err *err)
{
	int64_t now_ms = worker_now(w);

	if (now_ms - used_ms < USED_EVERY_MS && used_ms <= now_ms)
		return 0;
	return store_run(w->store, sql_used,
			 STORE_ARGS(S_INT(now_ms), S_INT(id)), err);
}

static bool caller_set(struct caller *caller, int64_t id,
		       const struct token_row *row)
{
	caller->token = id;
	caller->bound = row->has_helpdesk;
	if (row->has_helpdesk &&
	    !name_set(&caller->helpdesk, row->helpdesk, strlen(row->helpdesk)))
		return false;
	return scopes_parse(row->scopes, &caller->scopes);
}

static int check_token(struct api *a, struct job *job, struct err *err)
{
	struct worker *w = a->w;
	struct token_row row = {0};
	bool good = false;
	int64_t id;
	int got;

	if (token_parse(job->bearer, strlen(job->bearer), &id, NULL, NULL) != 0)
		return refuse_log_in(a, job);
	got = find_row(w, id, &row, err);
	if (got < 0)
		return -1;
	/* Also for an absent row: no difference in time tells them apart. */
	if (hash_matches(w, job, id, row.hash, &good, err) != 0)
		return -1;
	if (got == 0 || !good || row.revoked ||
	    row.expires_ms <= worker_now(w) ||
	    !caller_set(&job->caller, id, &row))
		return refuse_log_in(a, job);
	return note_use(w, id, row.used_ms, err);
}

static int refuse_scope(struct job *job)
{
	LOG(LOG_LEVEL_INFO, "api.denied", LOG_ID("request", &job->request));
	return job_refuse(job, &problem_forbidden, NULL);
}

int auth_check(struct api *a, struct job *job, struct err *err)
{
	if (job->route->scope == 0)
		return 0;
	if (job->local && job->bearer[0] == '\0') {
		job->caller = (struct caller){.scopes = SCOPES_ALL,
					      .staff = STAFF_OF_HOST};
	} else if (job->bearer[0] == '\0') {
		return job_refuse(job, &problem_unauthorised, NULL);
	} else if (check_token(a, job, err) != 0) {
		return -1;
	}
	sodium_memzero(job->bearer, sizeof(job->bearer));
	if ((job->caller.scopes & job->route->scope) == 0)
		return refuse_scope(job);
	if ((job->route->flags & ROUTE_LOCAL) != 0 && !job->local)
		return job_refuse(job, &problem_local_only, NULL);
	return 0;
}

int auth_helpdesk(struct job *job, const char *helpdesk, size_t len)
{
	if (!job->caller.bound)
		return 0;
	if (helpdesk != NULL && strlen(job->caller.helpdesk.text) == len &&
	    memcmp(job->caller.helpdesk.text, helpdesk, len) == 0)
		return 0;
	return job_refuse(job, &problem_absent, NULL);
}
