/* drp_agent.c - representatives: their tokens, and what they sign.
 *
 * A token is made when its representative asks for one with a signed body, and
 * the one before is dead then; only its keyed hash is kept.
 *
 * Source: Data Rights Protocol 1.0, 2.03 and 2.04; compliance 5.3. */
#include "drp.h"

#include <sodium.h>
#include <string.h>

#include "opendsr.h"
#include "postern/jsonmem.h"
#include "postern/text.h"
#include "worker/inbound.h"

#define TOKEN_BYTES 32
#define HASH_USE    "token"

static const char put_sql[] =
    "INSERT INTO drp_token(agent,token_hash,made_ms) VALUES(?,?,?) ON"
    " CONFLICT(agent) DO UPDATE SET token_hash=excluded.token_hash,"
    "made_ms=excluded.made_ms";
static const char get_sql[] = "SELECT agent FROM drp_token WHERE token_hash=?";

/* --- answers -------------------------------------------------------------- */

int drp_say(json_t *body, struct public_answer *ret, struct err *err)
{
	int rc;

	if (body == NULL)
		return ERR_SET(err, ERR_NOMEM, "answer", 0);
	ret->type = "application/json";
	ret->wipe = true;
	rc = jsonmem_print(body, JSON_COMPACT, &ret->body, err);
	json_decref(body);
	return rc;
}

int drp_refuse(unsigned int status, const char *code, const char *message,
	       struct public_answer *ret, struct err *err)
{
	ret->status = status;
	if (status == 401 &&
	    public_header_add(ret, "WWW-Authenticate", "Bearer", err) != 0)
		return -1;
	return drp_say(json_pack("{s:s,s:s,s:b}", "code", code, "message",
				 message, "fatal", status != 503),
		       ret, err);
}

/* The protocol wants nothing said. */
static int forbidden(struct public_answer *ret)
{
	ret->status = 403;
	return 0;
}

/* --- who ------------------------------------------------------------------ */

int drp_trusted(const struct worker *w, const char *id, struct drp_agent *ret,
		bool *ret_found, struct err *err)
{
	struct drp_agents *all = calloc(1, sizeof(*all));
	const struct drp_agent *one;
	int rc = 0;

	*ret_found = false;
	if (all == NULL)
		return ERR_SET(err, ERR_NOMEM, "representatives", 0);
	if (w->settings->drp.agents_json != NULL)
		rc = drp_agents_read(w->settings->drp.agents_json,
				     w->settings->drp.agents_len, all, err);
	one = rc == 0 ? drp_agent_find(all, id) : NULL;
	if (one != NULL) {
		*ret = *one;
		*ret_found = true;
	}
	free(all);
	/* A directory that cannot be read trusts nobody. */
	return rc != 0 && err->kind != ERR_INPUT ? -1 : 0;
}

static int hash_of(struct worker *w, const char *token, uint8_t ret[32],
		   struct err *err)
{
	struct keeper_batch *batch = NULL;
	const uint8_t *hash = NULL;
	size_t slot, len = 0;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	slot = keeper_add_hash(batch, HASH_USE, token, strlen(token));
	if (keeper_run(batch, err) == 0 &&
	    keeper_result(batch, slot, &hash, &len, err) == 0 && len == 32) {
		memcpy(ret, hash, 32);
		rc = 0;
	}
	keeper_batch_free(&batch);
	return rc == 0 ? 0 : keeper_failed(err);
}

static int agent_of(struct worker *w, const uint8_t hash[32],
		    char ret[DRP_ID_MAX + 1], struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	ret[0] = '\0';
	if (store_start(w->store, get_sql, STORE_ARGS(S_BLOB(hash, 32)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0 &&
	    !store_word(store_column(w->store, rows, 0), ret, DRP_ID_MAX + 1))
		rc = ERR_SET(err, ERR_CORRUPT, "name of an agent", 0);
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

int drp_caller(struct worker *w, const struct public_request *rq,
	       struct drp_agent *ret, struct err *err)
{
	const char *token = public_bearer(rq);
	char id[DRP_ID_MAX + 1];
	bool found = false;
	uint8_t hash[32];

	*ret = (struct drp_agent){0};
	if (token == NULL)
		return 0;
	if (hash_of(w, token, hash, err) != 0 ||
	    agent_of(w, hash, id, err) != 0)
		return -1;
	/* Who left the directory has no say any more. */
	return id[0] == '\0' ? 0 : drp_trusted(w, id, ret, &found, err);
}

int drp_signed(struct worker *w, const struct public_request *rq,
	       const struct drp_agent *agent, json_t **ret,
	       struct public_answer *answer, struct err *err)
{
	const struct drp_trust trust = {.agent = agent,
					.business = w->settings->drp.business,
					.now_ms = rq->at_ms,
					.reason_alone =
					    strcmp(rq->method, "DELETE") == 0};
	enum drp_verdict verdict;

	*ret = NULL;
	if (drp_open(rq->body, rq->body_len, &trust, &verdict, ret, err) != 0)
		return -1;
	switch (verdict) {
	case DRP_GOOD:
		return 0;
	case DRP_SIGNATURE:
	case DRP_AGENT:
	case DRP_BUSINESS:
		return drp_refuse(403, drp_verdict_name(verdict),
				  "the body is not signed for us by the "
				  "representative of the token",
				  answer, err);
	default:
		return drp_refuse(400, drp_verdict_name(verdict),
				  "the body is not what it has to be", answer,
				  err);
	}
}

/* --- tokens --------------------------------------------------------------- */

static int make_token(struct worker *w, const struct drp_agent *agent,
		      struct public_answer *ret, struct err *err)
{
	char token[BASE32_LEN(TOKEN_BYTES) + 1];
	uint8_t random[TOKEN_BYTES], hash[32];
	int rc = -1;

	w->env->random(w->env, random, sizeof(random));
	base32_encode(random, sizeof(random), token);
	if (hash_of(w, token, hash, err) == 0 &&
	    store_run(w->store, put_sql,
		      STORE_ARGS(S_TEXT(agent->id), S_BLOB(hash, 32),
				 S_INT(worker_now(w))),
		      err) == 0) {
		ret->status = 200;
		rc = drp_say(json_pack("{s:s,s:s}", "agent-id", agent->id,
				       "token", token),
			     ret, err);
	}
	sodium_memzero(random, sizeof(random));
	sodium_memzero(token, sizeof(token));
	return rc;
}

int drp_agent_put(struct worker *w, const struct public_request *rq,
		  struct public_answer *ret, struct err *err)
{
	const struct drp_trust trust_of = {
	    .business = w->settings->drp.business, .now_ms = rq->at_ms};
	struct drp_trust trust = trust_of;
	char id[PUBLIC_PATH_MAX + 1];
	struct drp_agent agent;
	enum drp_verdict verdict = DRP_ENCODING;
	json_t *said = NULL;
	bool found = false;

	if (!w->settings->drp.enabled)
		return public_problem(ret, 404, 0);
	if (!public_part("/v1/agent/{}", rq->path, id))
		return forbidden(ret);
	if (drp_trusted(w, id, &agent, &found, err) != 0)
		return -1;
	if (!found)
		return forbidden(ret);
	trust.agent = &agent;
	if (drp_open(rq->body, rq->body_len, &trust, &verdict, &said, err) != 0)
		return -1;
	json_decref(said);
	return verdict == DRP_GOOD ? make_token(w, &agent, ret, err)
				   : forbidden(ret);
}

int drp_agent_get(struct worker *w, const struct public_request *rq,
		  struct public_answer *ret, struct err *err)
{
	char id[PUBLIC_PATH_MAX + 1];
	struct drp_agent agent;

	if (!w->settings->drp.enabled)
		return public_problem(ret, 404, 0);
	if (drp_caller(w, rq, &agent, err) != 0)
		return -1;
	if (!public_part("/v1/agent/{}", rq->path, id) || agent.id[0] == '\0' ||
	    strcmp(agent.id, id) != 0)
		return forbidden(ret);
	ret->status = 200;
	return drp_say(json_object(), ret, err);
}
