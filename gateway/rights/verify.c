/* verify.c - somebody proved who they are, or did not (Art. 12(6) GDPR). */
#include "machine.h"

#include <sodium.h>
#include <string.h>

static const char forget_proof_sql[] =
    "UPDATE request SET proof_hash=NULL,proof_until_ms=NULL,heard=NULL"
    " WHERE id=?";
static const char tried_sql[] =
    "UPDATE request SET proof_tries=proof_tries+1,heard=NULL WHERE id=?";
static const char duplicate_sql[] =
    "SELECT id FROM request WHERE person=? AND type=? AND ended_ms IS NULL"
    " AND id<>? AND state NOT IN ('received','identity_pending')"
    " ORDER BY id LIMIT 1";
static const char duplicate_of_sql[] =
    "UPDATE request SET duplicate_of=? WHERE id=?";

/* Told only to who proved it is them. */
static int look_duplicate(struct worker *w, struct request *r, bool *ret,
			  struct err *err)
{
	*ret = false;
	if (r->is.person == 0)
		return 0;
	if (store_one_int(w->store, duplicate_sql,
			  STORE_ARGS(S_INT(r->is.person),
				     S_TEXT(rights_type_name(r->is.type)),
				     S_INT(r->is.id)),
			  &r->duplicate_of, ret, err) != 0)
		return -1;
	if (!*ret)
		return 0;
	return store_run(w->store, duplicate_of_sql,
			 STORE_ARGS(S_INT(r->duplicate_of), S_INT(r->is.id)),
			 err);
}

static int verified(struct worker *w, struct request *r, const char *method,
		    int64_t by, struct err *err)
{
	bool duplicate = false;

	r->proved_day = request_today(w);
	r->is.paused_days =
	    request_pause(w, r->is.receipt_day, r->asked_day, r->proved_day);
	if (request_due_write(w, r, err) != 0 ||
	    store_run(w->store, forget_proof_sql, STORE_ARGS(S_INT(r->is.id)),
		      err) != 0 ||
	    look_duplicate(w, r, &duplicate, err) != 0)
		return -1;
	if (request_enter(w, r, duplicate ? RIGHTS_DUPLICATE : RIGHTS_VERIFIED,
			  method, by, err) != 0)
		return -1;
	/* Who wrote or called is answered by people. */
	if ((r->is.via == RIGHTS_MAIL || r->is.via == RIGHTS_DESK) &&
	    strcmp(method, "channel") != 0 && reply_forget(w, r, err) != 0)
		return -1;
	if (duplicate && letter_write(w, r, LETTER_DUPLICATE, err) != 0)
		return -1;
	return request_next(w, r->is.id, 0, err);
}

int rights_verify(struct worker *w, int64_t id, const char *method,
		  int64_t actor, const char **ret_refused, struct err *err)
{
	struct request r;

	*ret_refused = NULL;
	if (request_need(w, id, &r, err) != 0)
		return -1;
	if (r.is.state != RIGHTS_IDENTITY_PENDING) {
		*ret_refused = "state";
		return 0;
	}
	return verified(w, &r, method, actor, err);
}

/* --- the code of the chat, the link --------------------------------------- */

static int wrong(struct worker *w, struct request *r, const char **ret_refused,
		 struct err *err)
{
	*ret_refused = "proof";
	if (store_run(w->store, tried_sql, STORE_ARGS(S_INT(r->is.id)), err) !=
	    0)
		return -1;
	if (r->proof_tries + 1 < w->settings->rights.proof_tries)
		return 0;
	*ret_refused = "tries";
	if (store_run(w->store, forget_proof_sql, STORE_ARGS(S_INT(r->is.id)),
		      err) != 0)
		return -1;
	if (request_enter(w, r, RIGHTS_EXPIRED, "tries", BY_SYSTEM, err) != 0)
		return -1;
	return request_next(w, r->is.id, 0, err);
}

int rights_prove(struct worker *w, int64_t id, const char *secret,
		 const char **ret_refused, struct err *err)
{
	char code[CODE_LETTERS + 1];
	uint8_t hash[32];
	struct request r;

	*ret_refused = NULL;
	(void)code_of(secret, code); /* what is none fits nothing */
	if (request_need(w, id, &r, err) != 0 ||
	    rights_hash(w, "proof", id, code, hash, err) != 0)
		return -1;
	if (r.is.state != RIGHTS_IDENTITY_PENDING) {
		*ret_refused = "state";
		return 0;
	}
	if (r.proof_until_ms != 0 && r.proof_until_ms <= worker_now(w)) {
		*ret_refused = "expired";
		return 0;
	}
	if (!r.has_proof || sodium_memcmp(hash, r.proof_hash, 32) != 0)
		return wrong(w, &r, ret_refused, err);
	return verified(w, &r, "channel", BY_SUBJECT, err);
}
