/* tokens.c - tokens of helpdesks and people: made, listed, revoked. */
#include <sodium.h>

#include "body.h"
#include "listing.h"
#include "problem.h"
#include "route.h"
#include "postern/jsonmem.h"
#include "postern/token.h"

#define DAY_MS	     (24 * 3600 * 1000LL)
#define DAYS_DEFAULT 90
#define DAYS_MAX     3660
#define LABEL_MAX    80
#define SCOPES_MAX   60
#define HASH_BYTES   32

static const char sql_list[] =
    "SELECT id, scopes, helpdesk, label, created_ms, expires_ms, revoked_ms,"
    " used_ms FROM token ORDER BY id";
static const char sql_put[] =
    "INSERT INTO token(id, token_hash, scopes, helpdesk, label, created_ms,"
    " expires_ms) VALUES(?,?,?,?,?,?,?)";
static const char sql_revoke[] =
    "UPDATE token SET revoked_ms=? WHERE id=? AND revoked_ms IS NULL";
static const char sql_exists[] = "SELECT id FROM token WHERE id=?";

static int token_row(struct worker *w, struct store_rows *rows, json_t **ret,
		     struct err *err)
{
	int64_t expires_ms = store_column(w->store, rows, 5).num;
	bool revoked = store_column(w->store, rows, 6).type != STORE_NULL;
	const char *state = revoked			  ? "revoked"
			    : expires_ms <= worker_now(w) ? "expired"
							  : "valid";

	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id",
	    listing_id(w, rows, 0, ID_TOKEN), "state", state, "scopes",
	    listing_text(w, rows, 1), "helpdesk", listing_text(w, rows, 2),
	    "label", listing_text(w, rows, 3), "created",
	    listing_time(w, rows, 4), "expires", job_json_time(expires_ms),
	    "revoked", listing_time(w, rows, 6), "used",
	    listing_time(w, rows, 7));
	return 0;
}

int api_tokens_list(struct worker *w, struct job *job, struct err *err)
{
	return listing_answer(w, job, "tokens", sql_list, STORE_NO_ARGS,
			      token_row, err);
}

struct wish {
	const char *scopes, *helpdesk, *label;
	int64_t days;
};

/* A label is for people who manage tokens: printable, one line. */
static bool is_label(const char *label)
{
	for (const char *p = label; p != NULL && *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

static int read_wish(struct worker *w, struct job *job, const json_t *body,
		     struct wish *ret)
{
	unsigned int bits = 0;

	ret->days = DAYS_DEFAULT;
	if (body_text(job, body, "scopes", SCOPES_MAX, &ret->scopes) != 0 ||
	    body_text(job, body, "helpdesk", NAME_LEN_MAX, &ret->helpdesk) !=
		0 ||
	    body_text(job, body, "label", LABEL_MAX, &ret->label) != 0 ||
	    body_int(job, body, "days", 1, DAYS_MAX, &ret->days) != 0)
		return -1;
	if (ret->scopes == NULL || !scopes_parse(ret->scopes, &bits))
		return body_refuse(job,
				   "one or more of desk, rights, policy,"
				   " policy.approve, audit, operator,"
				   " works_council is needed",
				   "scopes");
	if ((bits & SCOPE_COUNCIL) != 0 && bits != SCOPE_COUNCIL)
		return body_refuse(job, "the works council has no other scope",
				   "scopes");
	if (!is_label(ret->label))
		return body_refuse(job, "not one plain line", "label");
	if (ret->helpdesk == NULL)
		return 0;
	if (worker_helpdesk_index(w, ret->helpdesk) < 0)
		return body_refuse(job, "no such helpdesk", "helpdesk");
	/* A token for one helpdesk's conversations manages nothing else. */
	if (bits != SCOPE_DESK)
		return body_refuse(job, "only with scope desk", "helpdesk");
	return 0;
}

static int hash_token(struct worker *w, const char *text,
		      uint8_t ret[HASH_BYTES], struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *hash;
	size_t slot, len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_hash(batch, "token", text, strlen(text));
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &hash, &len, err) != 0)
		goto out;
	if (len != HASH_BYTES) {
		ERR_SET(err, ERR_BUSY, "keyed hash of wrong length", 0);
		goto out;
	}
	memcpy(ret, hash, HASH_BYTES);
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

static json_t *created(struct worker *w, int64_t id, const char *text,
		       const struct wish *wish, int64_t expires_ms)
{
	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "id",
			 job_json_id(w, ID_TOKEN, id), "token",
			 job_json_text(text), "scopes", wish->scopes,
			 "helpdesk", job_json_text(wish->helpdesk), "label",
			 job_json_text(wish->label), "expires",
			 job_json_time(expires_ms));
}

/* What a repeated call gets: everything but the token, which was shown. */
static int keep_without_token(struct worker *w, struct job *job, int64_t id,
			      const struct wish *wish, int64_t expires_ms,
			      struct err *err)
{
	json_t *v = created(w, id, NULL, wish, expires_ms);
	int rc = jsonmem_print(v, JSON_COMPACT, &job->kept, err);

	json_decref(v);
	return rc;
}

static int prove_token(struct worker *w, enum ledger_event event, int64_t id,
		       struct err *err)
{
	const struct act act = {
	    .event = event, .by = LEDGER_STAFF, .kind = ID_TOKEN, .object = id};

	return prove(w, &act, err);
}

static int make_token(struct worker *w, struct job *job,
		      const struct wish *wish, struct err *err)
{
	int64_t now_ms = worker_now(w), id = worker_id(w);
	int64_t expires_ms = now_ms + wish->days * DAY_MS;
	char text[TOKEN_TEXT_BYTES];
	uint8_t hash[HASH_BYTES];
	int rc = -1;

	token_make(w->env, id, text);
	if (prove_token(w, LEDGER_TOKEN_CREATED, id, err) != 0 ||
	    hash_token(w, text, hash, err) != 0 ||
	    store_run(w->store, sql_put,
		      STORE_ARGS(S_INT(id), S_BLOB(hash, HASH_BYTES),
				 S_TEXT(wish->scopes), S_TEXT(wish->helpdesk),
				 S_TEXT(wish->label), S_INT(now_ms),
				 S_INT(expires_ms)),
		      err) != 0 ||
	    keep_without_token(w, job, id, wish, expires_ms, err) != 0)
		goto out;
	rc = job_json(job, 201, created(w, id, text, wish, expires_ms), err);
out:
	sodium_memzero(text, sizeof(text));
	return rc;
}

int api_token_create(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"scopes", "helpdesk", "days",
					    "label"};
	struct wish wish = {0};
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 4, &body) != 0)
		return -1;
	if (read_wish(w, job, body, &wish) == 0)
		rc = make_token(w, job, &wish, err);
	json_decref(body);
	return rc;
}

/* Log-ins read the row every time, so this holds from the next request on. */
int api_token_revoke(struct worker *w, struct job *job, struct err *err)
{
	int64_t id;
	bool found;

	if (store_one_int(w->store, sql_exists, STORE_ARGS(S_INT(job->id)), &id,
			  &found, err) != 0)
		return -1;
	if (!found)
		return job_refuse(job, &problem_absent, NULL);
	if (prove_token(w, LEDGER_TOKEN_REVOKED, job->id, err) != 0 ||
	    store_run(w->store, sql_revoke,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(job->id)),
		      err) != 0)
		return -1;
	return job_json(job, 200,
			json_pack("{s:o, s:s}", "id",
				  job_json_id(w, ID_TOKEN, job->id), "state",
				  "revoked"),
			err);
}
