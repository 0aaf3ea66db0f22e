/* tell.c - the turn that tells recipients.
 *
 * A few calls at a time; a row changes only after its answer, so that a kill
 * repeats at most what was under way, under the same id. */
#include "tell.h"

#include "postern/jsonmem.h"
#include "postern/log.h"
#include "worker/inbound.h"
#include "worker/prove.h"

#define IDLE_MS	 60000
#define PAUSE_MS 1000 /* after a keeper that was away */
#define SHREDS	 16

static const char due_sql[] =
    "SELECT id,kind,recipient,event,state,reason,outside_id,telling_sealed,"
    "year,attempts,told_ms FROM telling WHERE ended_ms IS NULL AND next_ms<=?"
    " ORDER BY next_ms,id LIMIT 16";
static const char next_sql[] =
    "SELECT min(next_ms) FROM telling WHERE ended_ms IS NULL AND"
    " next_ms<9223372036854775807";
static const char rest_sql[] =
    "UPDATE telling SET state=?,reason=?,attempts=?,next_ms=?,"
    "told_ms=coalesce(told_ms,?) WHERE id=? AND ended_ms IS NULL";
static const char attempts_sql[] = "UPDATE telling SET attempts=? WHERE id=?";
static const char told_sql[] =
    "UPDATE telling SET told_ms=? WHERE id=? AND told_ms IS NULL";
static const char shreds_sql[] =
    "SELECT id FROM telling WHERE ended_ms IS NOT NULL AND telling_sealed IS"
    " NULL AND year<>0 LIMIT 16";
static const char shredded_sql[] = "UPDATE telling SET year=0 WHERE id=?";

/* A key that is none costs OpenDSR, never the gateway. */
static int open_key(struct worker *w, const struct secret *key, struct err *err)
{
	const struct settings *s = w->settings;
	struct err why = {0};

	if (opendsr_key_open(key->bytes, key->len, &w->opendsr_key, &why) !=
	    0) {
		if (why.kind != ERR_INPUT) {
			*err = why;
			return -1;
		}
		LOG(LOG_LEVEL_ERROR, "opendsr.key_invalid", LOG_ERR(&why));
		return 0;
	}
	if (!opendsr_fits(w->opendsr_key, s->opendsr.certificate_pem,
			  s->opendsr.certificate_len, s->opendsr.domain))
		LOG0(LOG_LEVEL_ERROR, "opendsr.certificate_does_not_fit");
	return 0;
}

int telling_open(struct worker *w, struct tellings **ret, struct err *err)
{
	const struct settings *s = w->settings;
	const struct secret *key =
	    setting_secret(s->opendsr.values, s->opendsr.values_len, "key");
	struct tellings *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR_SET(err, ERR_NOMEM, "recipients", 0);
	*ret = t; /* whatever follows, worker_close() frees it */
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		t->flights[i].reply = BUF_INIT(TELL_ANSWER_MAX);
	if (s->opendsr.domain[0] == '\0' || key == NULL || key->len == 0)
		return 0;
	return open_key(w, key, err);
}

void telling_close(struct worker *w, struct tellings **t)
{
	opendsr_key_close(&w->opendsr_key);
	if (*t == NULL)
		return;
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		buf_free(&(*t)->flights[i].reply);
	free(*t);
	*t = NULL;
}

void telling_look(struct worker *w)
{
	if (w->tellings != NULL)
		w->tellings->look_boot_ms = 0;
}

/* --- writing down what became of a row ------------------------------------ */

static int write_rest(struct worker *w, const struct tell *t,
		      const struct tell_outcome *o, struct err *err)
{
	return store_run(
	    w->store, rest_sql,
	    STORE_ARGS(S_TEXT(telling_states[o->state]), S_TEXT(o->reason),
		       S_INT(o->attempts), S_INT(o->next_ms),
		       o->told ? S_INT(worker_now(w)) : S_NULL, S_INT(t->id)),
	    err);
}

static int write_end(struct worker *w, const struct tell *t,
		     const struct tell_outcome *o, struct err *err)
{
	if (store_run(w->store, attempts_sql,
		      STORE_ARGS(S_INT(o->attempts), S_INT(t->id)), err) != 0)
		return -1;
	if (o->told && o->state != TELLING_CONFIRMED &&
	    store_run(w->store, told_sql,
		      STORE_ARGS(S_INT(worker_now(w)), S_INT(t->id)), err) != 0)
		return -1;
	return telling_end(w, t->id, o->state, o->reason, err);
}

static bool is_end(enum telling_state state)
{
	return state != TELLING_PENDING && state != TELLING_SENT;
}

static int write_outcome(struct worker *w, const struct tell *t,
			 const struct tell_outcome *o, struct err *err)
{
	struct telling now;
	bool found = false;

	/* It may have confirmed while the call was under way. */
	if (telling_load(w, t->id, &now, &found, err) != 0)
		return -1;
	if (!found || now.ended_ms != 0)
		return 0;
	/* Of one that confirms at once, telling_end does. */
	if (o->told && o->state != TELLING_CONFIRMED &&
	    telling_prove(w, LEDGER_RECIPIENT_TOLD, t->id, err) != 0)
		return -1;
	return is_end(o->state) ? write_end(w, t, o, err)
				: write_rest(w, t, o, err);
}

static int settle(struct worker *w, const struct tell *t,
		  const struct tell_outcome *o, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (write_outcome(w, t, o, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* --- calls ---------------------------------------------------------------- */

static void answered(void *ctx, const struct http_reply *reply)
{
	struct tell *t = ctx;

	t->flying = false;
	t->fate = reply->fate;
	t->status = reply->status;
	t->retry_after_ms = reply->retry_after_ms;
	buf_clear(&t->reply);
	if (buf_append(&t->reply, reply->body.bytes, reply->body.len, NULL) !=
	    0)
		t->fate = HTTP_ABORTED;
}

/* Those whose answer is there. */
static int land(struct worker *w, bool *ret_moved, struct err *err)
{
	struct tell_outcome o;

	for (size_t i = 0; i < FLIGHTS_MAX; i++) {
		struct tell *t = &w->tellings->flights[i];

		if (!t->used || t->flying)
			continue;
		if (t->helpdesk >= 0) {
			const struct http_reply reply = {
			    .fate = t->fate,
			    .status = t->status,
			    .retry_after_ms = t->retry_after_ms,
			};

			w->helpdesks[t->helpdesk]->driver->answer(
			    w->helpdesks[t->helpdesk], &reply, &t->said);
		}
		tell_judge(w, t, &o);
		if (settle(w, t, &o, err) != 0)
			return -1;
		t->used = false;
		buf_clear(&t->reply);
		telling_look(w);
		*ret_moved = true;
	}
	return 0;
}

static struct tell *free_flight(struct tellings *l)
{
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (!l->flights[i].used)
			return &l->flights[i];
	return NULL;
}

static bool is_flying(const struct tellings *l, int64_t id)
{
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (l->flights[i].used && l->flights[i].id == id)
			return true;
	return false;
}

static int take(struct worker *w, struct store_rows *rows, struct tell *t,
		struct keeper_batch *batch, struct err *err)
{
	struct store_value sealed = store_column(w->store, rows, 7);
	struct buf reply = t->reply;
	char event[16], state[16], reason[48];
	struct key_ref key;

	*t =
	    (struct tell){.id = store_column(w->store, rows, 0).num,
			  .year = (uint16_t)store_column(w->store, rows, 8).num,
			  .attempts = store_column(w->store, rows, 9).num,
			  .told_ms = store_column(w->store, rows, 10).num,
			  .helpdesk = -1,
			  .reply = reply};
	if (!store_word(store_column(w->store, rows, 1), t->kind,
			sizeof(t->kind)) ||
	    !store_word(store_column(w->store, rows, 2), t->recipient,
			sizeof(t->recipient)) ||
	    !store_word(store_column(w->store, rows, 3), event,
			sizeof(event)) ||
	    !store_word(store_column(w->store, rows, 4), state,
			sizeof(state)) ||
	    !store_word(store_column(w->store, rows, 5), reason,
			sizeof(reason)) ||
	    !store_word(store_column(w->store, rows, 6), t->outside_id,
			sizeof(t->outside_id)) ||
	    !telling_event_named(event, &t->event) ||
	    !telling_state_named(state, &t->state))
		return ERR_SET(err, ERR_CORRUPT, "row of a recipient", 0);
	t->cut = strcmp(reason, "cut") == 0;
	t->used = true;
	t->sealed = sealed.type == STORE_BLOB;
	if (!t->sealed)
		return 0;
	telling_key(t->id, t->year, &key);
	t->slot = keeper_add_open(batch, &key, t->id, FIELD_TELLING,
				  sealed.bytes, sealed.len);
	return 0;
}

/* Rows that are due, one to a place. */
static int pick(struct worker *w, struct tell *picked[FLIGHTS_MAX],
		size_t *ret_len, struct keeper_batch *batch, struct err *err)
{
	struct store_rows *rows = NULL;
	struct tell *t;
	int rc;

	if (store_start(w->store, due_sql, STORE_ARGS(S_INT(worker_now(w))),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		if (is_flying(w->tellings, store_column(w->store, rows, 0).num))
			continue;
		t = free_flight(w->tellings);
		if (t == NULL)
			break;
		if (take(w, rows, t, batch, err) != 0) {
			rc = -1;
			break;
		}
		picked[(*ret_len)++] = t;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* What was sealed; NULL with an error of the keeper's. */
static json_t *opened(const struct keeper_batch *batch, const struct tell *t,
		      struct err *err)
{
	const uint8_t *bytes = NULL;
	bool is_short = false;
	size_t len = 0;
	json_t *clear;

	if (keeper_result(batch, t->slot, &bytes, &len, err) != 0)
		return NULL;
	clear = jsonmem_load(bytes, len, 0, &is_short);
	if (clear == NULL)
		(void)ERR_SET(err, is_short ? ERR_NOMEM : ERR_CORRUPT,
			      "what is told", 0);
	return clear;
}

static int start(struct worker *w, struct tell *t, json_t *clear,
		 struct err *err)
{
	struct http_call call = {0};

	if (tell_call(w, t, clear, &call, err) != 0)
		return -1;
	t->flying = true;
	if (http_start(w->http, &call, answered, t, err) == 0)
		return 0;
	t->flying = false;
	return -1;
}

/* Calls, or writes down why nobody is called. */
static int launch(struct worker *w, struct tell *t,
		  const struct keeper_batch *batch, struct err *err)
{
	struct tell_outcome o;
	json_t *clear = NULL;
	bool call = false;
	int rc = -1;

	tell_before(w, t, &o, &call);
	if (call)
		clear = opened(batch, t, err);
	if (call && clear != NULL)
		rc = start(w, t, clear, err);
	json_decref(clear);
	if (rc == 0)
		return 0;
	t->used = false;
	if (call) {
		if (err->kind == ERR_NOMEM || err->kind == ERR_BUSY)
			return -1;
		/* Its key is gone, or no attempt would go better. */
		o.state = TELLING_FAILED;
		o.reason = err->kind == ERR_ABSENT ? "key_gone" : "unfit";
		*err = (struct err){0};
	}
	return settle(w, t, &o, err);
}

static int run_batch(struct tell *const *picked, size_t len,
		     struct keeper_batch *batch, struct err *err)
{
	bool any = false;

	for (size_t i = 0; i < len; i++)
		any |= picked[i]->sealed;
	return !any || keeper_run(batch, err) == 0 ? 0 : keeper_failed(err);
}

static int launch_all(struct worker *w, bool *ret_moved, struct err *err)
{
	struct tell *picked[FLIGHTS_MAX];
	struct keeper_batch *batch = NULL;
	size_t len = 0, i = 0;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (pick(w, picked, &len, batch, err) == 0)
		rc = run_batch(picked, len, batch, err);
	for (; rc == 0 && i < len; i++)
		rc = launch(w, picked[i], batch, err);
	/* Those that were not come again. */
	for (; i < len; i++)
		picked[i]->used = false;
	keeper_batch_free(&batch);
	if (len > 0)
		*ret_moved = true;
	return rc;
}

/* --- keys of what is over ------------------------------------------------- */

static int find_shreds(struct worker *w, int64_t ids[SHREDS], size_t *ret_len,
		       struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, shreds_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 && *ret_len < SHREDS)
		ids[(*ret_len)++] = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* A key is destroyed before it is noted: at worst it is destroyed again. */
static int shred(struct worker *w, bool *ret_moved, struct err *err)
{
	struct keeper_batch *batch = NULL;
	int64_t ids[SHREDS];
	size_t len = 0;
	int rc;

	if (find_shreds(w, ids, &len, err) != 0)
		return -1;
	if (len == 0)
		return 0;
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		(void)keeper_add_shred(batch, ids[i], NULL);
	rc = keeper_run(batch, err) == 0 ? 0 : keeper_failed(err);
	keeper_batch_free(&batch);
	if (rc != 0 || worker_begin(w, err) != 0)
		return -1;
	for (size_t i = 0; i < len && rc == 0; i++)
		rc = store_run(w->store, shredded_sql,
			       STORE_ARGS(S_INT(ids[i])), err);
	if (rc != 0) {
		worker_roll_back(w);
		return -1;
	}
	*ret_moved = true;
	return worker_commit(w, err);
}

/* --- the turn ------------------------------------------------------------- */

static int plan_look(struct worker *w, struct err *err)
{
	int64_t next_ms = 0, wait_ms = IDLE_MS;
	bool found = false;

	if (store_one_int(w->store, next_sql, STORE_NO_ARGS, &next_ms, &found,
			  err) != 0)
		return -1;
	if (found && next_ms - worker_now(w) < wait_ms)
		wait_ms = next_ms - worker_now(w);
	/* What is due is under way. */
	if (wait_ms < PAUSE_MS)
		wait_ms = PAUSE_MS;
	w->tellings->look_boot_ms = worker_boot(w) + wait_ms;
	return 0;
}

int telling_step(struct worker *w, bool *ret_moved, struct err *err)
{
	bool moved = false;

	if (w->tellings == NULL)
		return 0;
	if (land(w, &moved, err) != 0)
		return -1;
	if (!w->stopping && worker_boot(w) >= w->tellings->look_boot_ms) {
		if (shred(w, &moved, err) != 0 ||
		    launch_all(w, &moved, err) != 0 ||
		    (!moved && plan_look(w, err) != 0))
			return -1;
	}
	*ret_moved |= moved;
	return 0;
}

int64_t telling_due_in_ms(const struct worker *w)
{
	int64_t left;

	if (w->tellings == NULL)
		return -1;
	for (size_t i = 0; i < FLIGHTS_MAX; i++)
		if (w->tellings->flights[i].used &&
		    !w->tellings->flights[i].flying)
			return 0;
	left = w->tellings->look_boot_ms - worker_boot(w);
	return left > 0 ? left : 0;
}
