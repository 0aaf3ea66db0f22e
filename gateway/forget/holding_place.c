/* holding_place.c - a hold from its placing to its end.
 *
 * Source: Art. 17(3)(e) GDPR; compliance 3.4, 9 H2. */
#include <jansson.h>

#include "holding_inside.h"

#include "postern/jsonmem.h"
#include "worker/alarm.h"
#include "worker/holdlog.h"
#include "worker/inbound.h"
#include "worker/prove.h"

static const char place_sql[] =
    "INSERT INTO hold(id,scope,person,conversation,channel,datenart,from_day,"
    "to_day,direction,kind,tags,words,year,hold_sealed,state,owner,approver,"
    "placed_ms,review_day,logged) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
    "'proposed',?,?,?,?,1)";
static const char agree_sql[] =
    "INSERT INTO hold_approval(hold,actor,at_ms) VALUES(?,?,?)";
static const char agreed_sql[] =
    "SELECT count(*) FROM hold_approval WHERE hold=? AND actor=?";
static const char activate_sql[] =
    "UPDATE hold SET state='active',approved_ms=?,logged=0 WHERE id=?";
static const char review_sql[] =
    "UPDATE hold SET review_day=?,logged=0 WHERE id=?";
static const char end_sql[] =
    "UPDATE hold SET state=?,released_ms=?,released_by=?,logged=0 WHERE id=?";
/* Two tokens of one label are one person's, as for policies. */
static const char namesake_sql[] =
    "SELECT count(*) FROM token a JOIN token b ON"
    " lower(trim(a.label))=lower(trim(b.label)) WHERE a.id=? AND b.id<>a.id"
    " AND trim(a.label)<>'' AND (b.id=? OR b.id IN"
    " (SELECT actor FROM hold_approval WHERE hold=?))";

/* --- what is written down ------------------------------------------------- */

static const char *any(const char *text)
{
	return text[0] != '\0' ? text : NULL;
}

static struct store_value number(int64_t v)
{
	return v != 0 ? S_INT(v) : S_NULL;
}

static struct store_value day(int64_t v)
{
	return v != HOLD_DAY_NONE ? S_INT(v) : S_NULL;
}

void holding_key(int64_t hold, uint16_t year, struct key_ref *ret)
{
	*ret = (struct key_ref){.person = hold, .year = year};
	(void)name_set(&ret->datenart, HOLDING_DATENART,
		       strlen(HOLDING_DATENART));
}

static int secrets_json(const struct holding_order *o, struct buf *ret,
			struct err *err)
{
	json_t *words = json_array(), *json;
	int rc;

	for (size_t i = 0; i < o->words_len; i++)
		(void)json_array_append_new(words, json_string(o->words[i]));
	json = json_pack("{s:s, s:s, s:o}", "reason", o->reason, "matter",
			 o->matter, "words", words);
	rc = jsonmem_print(json, JSON_COMPACT, ret, err);
	json_decref(json);
	return rc;
}

/* *ret lives as long as the batch. */
static int seal(struct worker *w, const struct holding_order *o, int64_t id,
		uint16_t year, struct keeper_batch *batch,
		struct store_value *ret, struct err *err)
{
	struct buf clear = BUF_INIT(HOLDING_SECRETS_MAX);
	const uint8_t *sealed = NULL;
	struct key_ref key;
	size_t slot, len = 0;
	int rc = -1;

	(void)w;
	holding_key(id, year, &key);
	if (secrets_json(o, &clear, err) != 0)
		goto out;
	slot = keeper_add_seal(batch, &key, id, FIELD_HOLD, clear.bytes,
			       clear.len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &sealed, &len, err) != 0)
		goto out;
	*ret = S_BLOB(sealed, len);
	rc = 0;
out:
	buf_free(&clear);
	return rc;
}

static int put(struct worker *w, const struct holding_order *o, int64_t id,
	       uint16_t year, struct store_value sealed, struct err *err)
{
	const struct hold_row *r = &o->what;

	return store_run(
	    w->store, place_sql,
	    STORE_ARGS(
		S_INT(id), S_TEXT(hold_scope_name(r->scope)), number(r->person),
		number(r->conversation), S_TEXT(any(r->channel.text)),
		S_TEXT(any(r->datenart.text)), day(r->from_day), day(r->to_day),
		S_TEXT(any(r->direction)), S_TEXT(any(r->kind)), S_INT(r->tags),
		S_INT(o->words_len), S_INT(year), sealed, S_INT(o->owner),
		S_INT(o->approver), S_INT(worker_now(w)), S_INT(o->review_day)),
	    err);
}

/* --- who, and until when -------------------------------------------------- */

static int are_one(struct worker *w, int64_t a, int64_t b, int64_t hold,
		   bool *ret, struct err *err)
{
	int64_t n = 0;
	bool found;

	*ret = a == b;
	if (*ret)
		return 0;
	if (store_one_int(w->store, namesake_sql,
			  STORE_ARGS(S_INT(a), S_INT(b), S_INT(hold)), &n,
			  &found, err) != 0)
		return -1;
	*ret = n > 0;
	return 0;
}

static bool review_fits(const struct worker *w, int64_t review_day)
{
	const struct period most = {.months = HOLDING_REVIEW};
	const int64_t today = caldate_local(w->zone, worker_now(w));
	int64_t last;

	return review_day > today && caldate_add(today, &most, &last) &&
	       review_day <= last;
}

/* --- entries of the proof log --------------------------------------------- */

struct told {
	enum ledger_event event;
	enum ledger_reason reason;
	enum ledger_actor by;
	int64_t hold, person, review_day;
	const char *scope;
};

static int tell(struct worker *w, const struct told *t, struct err *err)
{
	struct act act = {
	    .event = t->event,
	    .reason = t->reason,
	    .by = t->by,
	    .kind = ID_HOLD,
	    .object = t->hold,
	    .person = t->person,
	};
	const struct act_fact facts[] = {
	    {"review_day", NULL, t->review_day},
	    {"scope", t->scope, 0},
	};

	if (t->person != 0) {
		act.facts = facts;
		act.facts_len = sizeof(facts) / sizeof(facts[0]);
	}
	return prove(w, &act, err);
}

static struct told told_of(const struct holding_view *v,
			   enum ledger_event event)
{
	return (struct told){
	    .event = event,
	    .by = LEDGER_STAFF,
	    .hold = v->what.id,
	    .person = v->what.person,
	    .review_day = v->review_day,
	    .scope = hold_scope_name(v->what.scope),
	};
}

/* --- placed --------------------------------------------------------------- */

static const char *refusal(struct worker *w, const struct holding_order *o,
			   bool same, size_t active)
{
	if (same)
		return HOLDING_SAME;
	if (!review_fits(w, o->review_day))
		return HOLDING_REVIEW_DAY;
	return active >= HOLDS_MAX ? HOLDING_TOO_MANY : NULL;
}

static int place(struct worker *w, const struct holding_order *o, int64_t id,
		 struct err *err)
{
	const uint16_t year = holding_year(w);
	const struct told told = {
	    .event = LEDGER_HOLD_PLACED,
	    .by = LEDGER_STAFF,
	    .hold = id,
	    .person = o->what.person,
	    .review_day = o->review_day,
	    .scope = hold_scope_name(o->what.scope),
	};
	struct keeper_batch *batch = NULL;
	struct store_value sealed = S_NULL;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (seal(w, o, id, year, batch, &sealed, err) == 0 &&
	    tell(w, &told, err) == 0)
		rc = put(w, o, id, year, sealed, err);
	if (rc == 0)
		rc = hold_log_placed(w, id, err);
	keeper_batch_free(&batch);
	return rc;
}

int holding_place(struct worker *w, const struct holding_order *order,
		  int64_t *ret_id, const char **ret_refused, struct err *err)
{
	const int64_t id = worker_id(w);
	const struct hold_row *rows;
	bool same = false;
	size_t len;

	if (are_one(w, order->owner, order->approver, 0, &same, err) != 0 ||
	    hold_active(w, &rows, &len, err) != 0)
		return -1;
	*ret_refused = refusal(w, order, same, len);
	if (*ret_refused != NULL)
		return 0;
	holding_wake(w);
	if (place(w, order, id, err) != 0)
		return -1;
	*ret_id = id;
	return 0;
}

/* --- approved, reviewed --------------------------------------------------- */

static int load_open(struct worker *w, int64_t id, struct holding_view *ret,
		     const char **ret_refused, struct err *err)
{
	bool found = false;

	if (holding_load(w, id, ret, &found, err) != 0)
		return -1;
	*ret_refused = !found		       ? HOLDING_ABSENT
		       : ret->released_ms != 0 ? HOLDING_STATE
					       : NULL;
	return 0;
}

static int may_agree(struct worker *w, const struct holding_view *v,
		     int64_t actor, const char **ret_refused, struct err *err)
{
	bool same = false, found;
	int64_t twice = 0;

	if (store_one_int(w->store, agreed_sql,
			  STORE_ARGS(S_INT(v->what.id), S_INT(actor)), &twice,
			  &found, err) != 0 ||
	    are_one(w, actor, v->owner, v->what.id, &same, err) != 0)
		return -1;
	*ret_refused = strcmp(v->state, "proposed") != 0 ? HOLDING_STATE
		       : twice > 0			 ? HOLDING_TWICE
		       : same				 ? HOLDING_SAME
							 : NULL;
	return 0;
}

int holding_approve(struct worker *w, int64_t id, int64_t actor,
		    const char **ret_refused, struct err *err)
{
	struct holding_view v;
	struct told told;

	if (load_open(w, id, &v, ret_refused, err) != 0)
		return -1;
	if (*ret_refused != NULL)
		return 0;
	if (may_agree(w, &v, actor, ret_refused, err) != 0)
		return -1;
	if (*ret_refused != NULL)
		return 0;
	told = told_of(&v, LEDGER_HOLD_APPROVED);
	holding_wake(w);
	if (tell(w, &told, err) != 0 ||
	    store_run(w->store, agree_sql,
		      STORE_ARGS(S_INT(id), S_INT(actor), S_INT(worker_now(w))),
		      err) != 0)
		return -1;
	if (v.agreed + 1 < v.needed)
		return 0;
	return store_run(w->store, activate_sql,
			 STORE_ARGS(S_INT(worker_now(w)), S_INT(id)), err);
}

int holding_review(struct worker *w, int64_t id, int64_t review_day,
		   const char **ret_refused, struct err *err)
{
	struct holding_view v;
	struct told told;

	if (load_open(w, id, &v, ret_refused, err) != 0)
		return -1;
	if (*ret_refused == NULL && !review_fits(w, review_day))
		*ret_refused = HOLDING_REVIEW_DAY;
	if (*ret_refused != NULL)
		return 0;
	v.review_day = review_day;
	told = told_of(&v, LEDGER_HOLD_REVIEWED);
	hold_changed(w);
	if (tell(w, &told, err) != 0 ||
	    alarm_end(w, HOLDING_ALARM_REVIEW, id, err) != 0)
		return -1;
	return store_run(w->store, review_sql,
			 STORE_ARGS(S_INT(review_day), S_INT(id)), err);
}

/* --- ended ---------------------------------------------------------------- */

static int end(struct worker *w, const struct holding_view *v,
	       const char *state, int64_t actor, struct err *err)
{
	holding_wake(w);
	w->expired_ms = 0; /* what ran out meanwhile goes now */
	if (alarm_end(w, HOLDING_ALARM_REVIEW, v->what.id, err) != 0)
		return -1;
	return store_run(w->store, end_sql,
			 STORE_ARGS(S_TEXT(state), S_INT(worker_now(w)),
				    S_INT(actor), S_INT(v->what.id)),
			 err);
}

int holding_release(struct worker *w, int64_t id, int64_t actor,
		    const char **ret_refused, struct err *err)
{
	struct holding_view v;
	struct told told;

	if (load_open(w, id, &v, ret_refused, err) != 0)
		return -1;
	if (*ret_refused != NULL)
		return 0;
	told = told_of(&v, LEDGER_HOLD_RELEASED);
	if (tell(w, &told, err) != 0)
		return -1;
	return end(w, &v, "released", actor, err);
}

int holding_lapse(struct worker *w, int64_t id, struct err *err)
{
	const struct alarm alarm = {
	    .kind = HOLDING_ALARM_LAPSED, .about = ID_HOLD, .object = id};
	const char *refused = NULL;
	struct holding_view v;
	struct told told;

	if (load_open(w, id, &v, &refused, err) != 0)
		return -1;
	if (refused != NULL || strcmp(v.state, "proposed") != 0)
		return 0;
	told = told_of(&v, LEDGER_HOLD_RELEASED);
	told.reason = LEDGER_R_TIME;
	told.by = LEDGER_SYSTEM;
	if (tell(w, &told, err) != 0 || alarm_raise(w, &alarm, err) != 0)
		return -1;
	return end(w, &v, "lapsed", 0, err);
}
