/* erasure.c - the row of an erasure: begun, looked at, asked for once more.
 *
 * Source: Art. 17 GDPR; compliance 7.4. */
#include "erasure_inside.h"

#include "recipients/telling.h"
#include "store/family.h"
#include "worker/canary.h"
#include "worker/prove.h"

static const char *const step_names[ERASURE_STEPS + 1] = {
    [ERASURE_DECIDE] = "decide", [ERASURE_FREEZE] = "freeze",
    [ERASURE_ROWS] = "rows",	 [ERASURE_INDEX] = "index",
    [ERASURE_KEYS] = "keys",	 [ERASURE_WAL] = "wal",
    [ERASURE_LEDGER] = "ledger", [ERASURE_TELL] = "tell",
    [ERASURE_VERIFY] = "verify", [ERASURE_STAMP] = "stamp",
    [ERASURE_ANSWER] = "answer", [ERASURE_STEPS] = "done",
};

static const char under_way_sql[] =
    PERSON_FAMILY "SELECT id FROM erasure WHERE ended_ms IS NULL AND person IN"
		  " (SELECT id FROM family) LIMIT 1";
static const char begin_sql[] =
    "INSERT INTO erasure(id,request,person,cause,step,started_ms,upto,message)"
    " VALUES(?,?,?,?,0,?,?,?)";
/* What was judged already is on no list: whoever asks later is erased once
 * more, with a list of their own. */
static const char request_sql[] =
    "UPDATE erasure SET request=? WHERE id=? AND request IS NULL AND step=0"
    " AND cursor=0";
static const char again_sql[] = PERSON_FAMILY
    "UPDATE erasure SET again=1 WHERE person IN (SELECT id FROM family)"
    " AND kept>0";
static const char load_sql[] =
    "SELECT request,person,cause,step,cursor,message,upto,started_ms,ended_ms,"
    "n,of_n,files,keys,kept,stays,waits_day,entry FROM erasure WHERE id=?";
static const char of_request_sql[] =
    "SELECT max(id) FROM erasure WHERE request=?";
static const char answered_sql[] =
    "UPDATE erasure SET step=?,cursor=0,ended_ms=? WHERE id=? AND step=?";
static const char step_sql[] =
    "INSERT INTO erasure_step(erasure,step,done_ms,n) SELECT id,?,?,0 FROM"
    " erasure WHERE id=? AND step=? ON CONFLICT DO NOTHING";

const char *erasure_step_name(enum erasure_step step)
{
	return step_names[step];
}

/* --- beginning ------------------------------------------------------------ */

static int prove_planned(struct worker *w, int64_t id,
			 const struct erasure_order *order, struct err *err)
{
	struct id_text request = {""};
	const struct act_fact facts[] = {
	    {"cause", erasure_trigger_names[order->trigger], 0},
	    {"request", request.text, 0},
	};
	const struct act act = {
	    .event = LEDGER_ERASE_PLANNED,
	    .reason = order->request != 0 ? LEDGER_R_REQUEST : LEDGER_R_POLICY,
	    .by = LEDGER_STAFF,
	    .kind = ID_ERASURE,
	    .object = id,
	    .person = order->person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	if (order->request != 0)
		id_format(&w->mask, ID_REQUEST, order->request, &request);
	return prove(w, &act, err);
}

int erasure_begin(struct worker *w, const struct erasure_order *order,
		  int64_t *ret_id, struct err *err)
{
	int64_t id = 0;
	bool under_way = false;

	if (order->person <= 0) /* the instance's own keys are nobody's */
		return ERR_SET(err, ERR_INPUT, "nobody to erase", 0);
	if (store_one_int(w->store, under_way_sql,
			  STORE_ARGS(S_INT(order->person)), &id, &under_way,
			  err) != 0)
		return -1;
	if (under_way) {
		*ret_id = id;
		return order->request == 0
			   ? 0
			   : store_run(
				 w->store, request_sql,
				 STORE_ARGS(S_INT(order->request), S_INT(id)),
				 err);
	}
	id = worker_id(w);
	if (canary_touched(w, order->person, CANARY_ASKED, err) != 0 ||
	    prove_planned(w, id, order, err) != 0 ||
	    store_run(
		w->store, begin_sql,
		STORE_ARGS(S_INT(id),
			   order->request != 0 ? S_INT(order->request) : S_NULL,
			   S_INT(order->person),
			   S_TEXT(erasure_trigger_names[order->trigger]),
			   S_INT(worker_now(w)), S_INT(id), S_INT(INT64_MAX)),
		err) != 0)
		return -1;
	*ret_id = id;
	return 0;
}

int erasure_again(struct worker *w, int64_t person, struct err *err)
{
	w->erasing.look_boot = w->erasing.again_boot = 0;
	return store_run(w->store, again_sql, STORE_ARGS(S_INT(person)), err);
}

/* --- reading -------------------------------------------------------------- */

static bool trigger_named(struct store_value v, enum erasure_trigger *ret)
{
	for (int t = 0; t < TRIGGERS; t++)
		if (v.type == STORE_TEXT &&
		    strlen(erasure_trigger_names[t]) == v.len &&
		    memcmp(erasure_trigger_names[t], v.bytes, v.len) == 0) {
			*ret = (enum erasure_trigger)t;
			return true;
		}
	return false;
}

static int read_row(struct worker *w, struct store_rows *rows,
		    struct erasure *ret, struct err *err)
{
	struct store *st = w->store;
	struct store_value waits = store_column(st, rows, 15);
	struct store_value entry = store_column(st, rows, 16);

	ret->request = store_column(st, rows, 0).num;
	ret->person = store_column(st, rows, 1).num;
	ret->step = (enum erasure_step)store_column(st, rows, 3).num;
	ret->cursor = store_column(st, rows, 4).num;
	ret->message = store_column(st, rows, 5).num;
	ret->upto = store_column(st, rows, 6).num;
	ret->started_ms = store_column(st, rows, 7).num;
	ret->ended_ms = store_column(st, rows, 8).num;
	ret->n = (uint64_t)store_column(st, rows, 9).num;
	ret->of_n = (uint64_t)store_column(st, rows, 10).num;
	ret->files = (uint64_t)store_column(st, rows, 11).num;
	ret->keys = (uint64_t)store_column(st, rows, 12).num;
	ret->kept = (uint64_t)store_column(st, rows, 13).num;
	ret->stays = store_column(st, rows, 14).num != 0;
	ret->waits = (struct maybe_day){waits.type == STORE_INT, waits.num};
	ret->entry = entry.type == STORE_INT ? entry.num : -1;
	if (ret->step > ERASURE_STEPS ||
	    !trigger_named(store_column(st, rows, 2), &ret->trigger))
		return ERR_SET(err, ERR_CORRUPT, "row of an erasure", 0);
	return 0;
}

int erasure_load(struct worker *w, int64_t id, struct erasure *ret,
		 bool *ret_found, struct err *err)
{
	struct erasure e = {.w = w, .id = id};
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, load_sql, STORE_ARGS(S_INT(id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0)
		rc = read_row(w, rows, &e, err);
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	if (*ret_found)
		*ret = e;
	return 0;
}

int erasure_look(struct worker *w, int64_t id, struct erasure_view *ret,
		 bool *ret_found, struct err *err)
{
	struct erasure e;
	size_t told = 0, told_open = 0;

	if (erasure_load(w, id, &e, ret_found, err) != 0)
		return -1;
	if (!*ret_found)
		return 0;
	if (telling_count(w, id, &told, &told_open, err) != 0)
		return -1;
	*ret = (struct erasure_view){
	    .id = e.id,
	    .person = e.person,
	    .request = e.request,
	    .step = e.step,
	    .started_ms = e.started_ms,
	    .ended_ms = e.ended_ms,
	    .n = e.n,
	    .of_n = e.of_n,
	    .files = e.files,
	    .keys = e.keys,
	    .kept = e.kept,
	    .waits = e.waits,
	    .entry = e.entry,
	    .told = told,
	    .told_open = told_open,
	};
	return 0;
}

int erasure_of_request(struct worker *w, int64_t request,
		       struct erasure_view *ret, bool *ret_found,
		       struct err *err)
{
	int64_t id = 0;

	*ret_found = false;
	if (store_one_int(w->store, of_request_sql, STORE_ARGS(S_INT(request)),
			  &id, ret_found, err) != 0)
		return -1;
	return *ret_found ? erasure_look(w, id, ret, ret_found, err) : 0;
}

int erasure_answered(struct worker *w, int64_t id, struct err *err)
{
	const int64_t now_ms = worker_now(w);

	if (store_run(w->store, step_sql,
		      STORE_ARGS(S_INT(ERASURE_ANSWER), S_INT(now_ms),
				 S_INT(id), S_INT(ERASURE_ANSWER)),
		      err) != 0)
		return -1;
	return store_run(w->store, answered_sql,
			 STORE_ARGS(S_INT(ERASURE_STEPS), S_INT(now_ms),
				    S_INT(id), S_INT(ERASURE_ANSWER)),
			 err);
}
