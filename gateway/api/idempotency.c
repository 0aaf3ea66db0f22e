/* idempotency.c - a POST repeated with its key has one effect. */
#include "idempotency.h"

#include <sodium.h>

#include "problem.h"
#include "route.h"

#define HASH_BYTES 32

static const char sql_close_open[] = "DELETE FROM idempotency WHERE state=?";
static const char sql_find[] =
    "SELECT state, body_hash, status, answer FROM idempotency"
    " WHERE key_hash=?";
static const char sql_put[] =
    "INSERT INTO idempotency(key_hash, body_hash, state, status, answer,"
    " at_ms) VALUES(?,?,?,?,?,?)";
static const char sql_forget[] =
    "DELETE FROM idempotency WHERE key_hash=? AND state=?";
static const char sql_prune[] = "DELETE FROM idempotency WHERE at_ms<?";

int idempotency_begin(struct worker *w, struct err *err)
{
	return store_run(w->store, sql_close_open, STORE_ARGS(S_TEXT("open")),
			 err);
}

bool idempotency_wanted(const struct job *job)
{
	return job->key[0] != '\0' && strcmp(job->route->method, "POST") == 0 &&
	       (job->route->flags & ROUTE_BARE) == 0;
}

/* Length before each part: no two requests give the same bytes. */
static int add_part(struct buf *b, const void *bytes, size_t len,
		    struct err *err)
{
	if (buf_append_u32(b, (uint32_t)len, err) != 0)
		return -1;
	return buf_append(b, bytes, len, err);
}

static int add_text(struct buf *b, const char *text, struct err *err)
{
	return add_part(b, text, strlen(text), err);
}

static int take_hash(const struct keeper_batch *batch, size_t slot,
		     uint8_t ret[HASH_BYTES], struct err *err)
{
	const uint8_t *bytes;
	size_t len;

	if (keeper_result(batch, slot, &bytes, &len, err) != 0)
		return -1;
	if (len != HASH_BYTES)
		return ERR_SET(err, ERR_BUSY, "keyed hash of wrong length", 0);
	memcpy(ret, bytes, HASH_BYTES);
	return 0;
}

int idempotency_hash(struct worker *w, struct job *job, const void *body,
		     size_t body_len, struct err *err)
{
	uint8_t digest[crypto_generichash_BYTES];
	struct buf key = BUF_INIT(4096), print = BUF_INIT(4096);
	struct keeper_batch *batch = NULL;
	size_t key_slot, print_slot;
	int rc = -1;

	/* The digest keeps a large body out of the keeper's frames; the keyed
	 * hash over it keeps it from being guessed. */
	crypto_generichash(digest, sizeof(digest), body, body_len, NULL, 0);
	if (buf_append_u64(&key, (uint64_t)job->caller.token, err) != 0 ||
	    add_text(&key, job->route->pattern, err) != 0 ||
	    add_text(&key, job->key, err) != 0 ||
	    add_text(&print, job->path, err) != 0 ||
	    add_text(&print, job->type, err) != 0 ||
	    add_text(&print, job->file_name, err) != 0 ||
	    add_part(&print, digest, sizeof(digest), err) != 0)
		goto out;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	key_slot = keeper_add_hash(batch, "idempotency", key.bytes, key.len);
	print_slot =
	    keeper_add_hash(batch, "fingerprint", print.bytes, print.len);
	if (keeper_run(batch, err) != 0 ||
	    take_hash(batch, key_slot, job->key_hash, err) != 0 ||
	    take_hash(batch, print_slot, job->body_hash, err) != 0)
		goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	buf_free(&key);
	buf_free(&print);
	sodium_memzero(digest, sizeof(digest));
	return rc;
}

int idempotency_find(struct worker *w, const struct job *job,
		     enum idempotency_found *ret, struct err *err)
{
	struct store_rows *rows;
	int got;

	if (store_start(w->store, sql_find,
			STORE_ARGS(S_BLOB(job->key_hash, HASH_BYTES)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got == 0) {
		*ret = KEY_NEW;
	} else if (got > 0) {
		struct store_value state = store_column(w->store, rows, 0);

		*ret = state.len == 4 && memcmp(state.bytes, "done", 4) == 0
			   ? KEY_SAME
			   : KEY_OPEN;
	}
	store_finish(w->store, &rows);
	return got < 0 ? -1 : 0;
}

static int replay_row(struct worker *w, struct job *job,
		      struct store_rows *rows, struct err *err)
{
	struct store_value hash = store_column(w->store, rows, 1);
	struct store_value status = store_column(w->store, rows, 2);
	struct store_value answer = store_column(w->store, rows, 3);

	if (hash.len != HASH_BYTES ||
	    sodium_memcmp(hash.bytes, job->body_hash, HASH_BYTES) != 0)
		return job_refuse(job, &problem_key_reused, NULL);
	if (answer.len == 0)
		(void)job_empty(job, (unsigned int)status.num);
	else if (job_text(job, (unsigned int)status.num, "application/json",
			  answer.bytes, answer.len, err) != 0)
		return -1;
	job->replayed = true;
	return 0;
}

int idempotency_replay(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows;
	int got, rc = -1;

	if (store_start(w->store, sql_find,
			STORE_ARGS(S_BLOB(job->key_hash, HASH_BYTES)), &rows,
			err) != 0)
		return -1;
	got = store_step(w->store, rows, err);
	if (got > 0)
		rc = replay_row(w, job, rows, err);
	else if (got == 0)
		ERR_SET(err, ERR_BUSY, "idempotency row vanished", 0);
	store_finish(w->store, &rows);
	return rc;
}

int idempotency_open(struct worker *w, const struct job *job, struct err *err)
{
	return store_run(w->store, sql_put,
			 STORE_ARGS(S_BLOB(job->key_hash, HASH_BYTES),
				    S_BLOB(job->body_hash, HASH_BYTES),
				    S_TEXT("open"), S_NULL, S_NULL,
				    S_INT(worker_now(w))),
			 err);
}

int idempotency_keep(struct worker *w, const struct job *job, struct err *err)
{
	const struct buf *kept = job->kept.len > 0 ? &job->kept : &job->answer;
	struct store_value answer =
	    kept->len > 0 ? (struct store_value){.type = STORE_TEXT,
						 .bytes = kept->bytes,
						 .len = kept->len}
			  : S_NULL;

	return store_run(w->store, sql_put,
			 STORE_ARGS(S_BLOB(job->key_hash, HASH_BYTES),
				    S_BLOB(job->body_hash, HASH_BYTES),
				    S_TEXT("done"), S_INT(job->status), answer,
				    S_INT(worker_now(w))),
			 err);
}

int idempotency_forget(struct worker *w, const struct job *job, struct err *err)
{
	return store_run(
	    w->store, sql_forget,
	    STORE_ARGS(S_BLOB(job->key_hash, HASH_BYTES), S_TEXT("open")), err);
}

int idempotency_prune(struct worker *w, struct err *err)
{
	return store_run(w->store, sql_prune,
			 STORE_ARGS(S_INT(worker_now(w) - IDEMPOTENCY_KEEP_MS)),
			 err);
}
