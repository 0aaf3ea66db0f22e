/* step.c - a turn of the loop: whatever is due of requests, one at a time.
 *
 * Each state has one handler; it runs in one transaction, says when the
 * request is to be looked at again, and does nothing twice: what it did is
 * in the state it left behind. */
#include "machine.h"

#include "postern/log.h"
#include "worker/alarm.h"

#define AGAIN_MS INT64_C(60000)
#define STUCK_MS INT64_C(3600000)

static const char due_sql[] =
    "SELECT id FROM request WHERE next_ms<=? ORDER BY next_ms,id LIMIT 1";
static const char next_sql[] =
    "SELECT min(next_ms) FROM request WHERE next_ms IS NOT NULL";
static const char adopt_sql[] =
    "UPDATE request SET year=?,state='received',language=?,state_ms=?"
    " WHERE id=?";
static const char earlier_sql[] =
    "SELECT id FROM request WHERE person=? AND type=? AND conversation=? AND"
    " ended_ms IS NULL AND id<? AND state='identity_pending'"
    " AND restored=0 ORDER BY id LIMIT 1";
static const char underway_sql[] =
    "SELECT id FROM request WHERE person=? AND type=? AND ended_ms IS NULL"
    " AND id<? AND state NOT IN ('received','identity_pending')"
    " AND restored=0 ORDER BY id LIMIT 1";
static const char duplicate_sql[] =
    "UPDATE request SET duplicate_of=? WHERE id=?";

/* --- a chat wrote it down --------------------------------------------------
 */

static int adopt(struct worker *w, struct request *r, struct err *err)
{
	const char *own = w->settings->controller.language;

	if (r->is.language[0] == '\0')
		(void)snprintf(r->is.language, sizeof(r->is.language), "%s",
			       own[0] != '\0' ? own : "de");
	if (r->year == 0)
		r->year = env_year(r->is.received_ms);
	r->is.state = RIGHTS_RECEIVED;
	r->is.state_ms = r->is.received_ms;
	r->asked_day = request_today(w);
	if (store_run(w->store, adopt_sql,
		      STORE_ARGS(S_INT(r->year), S_TEXT(r->is.language),
				 S_INT(r->is.state_ms), S_INT(r->is.id)),
		      err) != 0)
		return -1;
	if (request_adopted(w, r, err) != 0)
		return -1;
	return request_due_write(w, r, err);
}

/* Said twice in the same chat: the first one counts, and is asked about once
 * more.  What was tried before stays counted. */
static int said_again(struct worker *w, struct request *r, bool *ret,
		      struct err *err)
{
	const struct store_value type = S_TEXT(rights_type_name(r->is.type));
	struct request first;
	bool under_way = false;
	int64_t id = 0;

	if (store_one_int(w->store, earlier_sql,
			  STORE_ARGS(S_INT(r->is.person), type,
				     S_INT(r->is.conversation),
				     S_INT(r->is.id)),
			  &id, ret, err) != 0)
		return -1;
	if (!*ret && store_one_int(
			 w->store, underway_sql,
			 STORE_ARGS(S_INT(r->is.person), type, S_INT(r->is.id)),
			 &id, &under_way, err) != 0)
		return -1;
	*ret = *ret || under_way;
	if (!*ret)
		return 0;
	if (store_run(w->store, duplicate_sql,
		      STORE_ARGS(S_INT(id), S_INT(r->is.id)), err) != 0 ||
	    request_enter(w, r, RIGHTS_DUPLICATE, NULL, BY_SYSTEM, err) != 0 ||
	    request_need(w, id, &first, err) != 0)
		return -1;
	if (!under_way)
		return challenge(w, &first, err);
	if (reply_remember(w, r, err) != 0)
		return -1;
	return letter_write(w, r, LETTER_DUPLICATE, err);
}

static int received(struct worker *w, struct request *r, int64_t *ret_next_ms,
		    struct err *err)
{
	bool again = false;

	if (adopt(w, r, err) != 0 || said_again(w, r, &again, err) != 0)
		return -1;
	*ret_next_ms = 0;
	return again ? 0
		     : request_enter(w, r, RIGHTS_IDENTITY_PENDING, NULL,
				     BY_SYSTEM, err);
}

/* --- waiting for proof ---------------------------------------------------- */

static int expire(struct worker *w, struct request *r, int64_t *ret_next_ms,
		  struct err *err)
{
	*ret_next_ms = 0;
	if (request_enter(w, r, RIGHTS_EXPIRED, "time", BY_SYSTEM, err) != 0)
		return -1;
	return letter_write(w, r, LETTER_EXPIRED, err);
}

static int pending(struct worker *w, struct request *r, int64_t *ret_next_ms,
		   struct err *err)
{
	if (!r->has_proof && challenge(w, r, err) != 0)
		return -1;
	if (r->proof_until_ms <= worker_now(w))
		return expire(w, r, ret_next_ms, err);
	*ret_next_ms = r->proof_until_ms;
	return 0;
}

/* The answer, or that the request is taken back. */
static int listened(struct worker *w, struct request *r, int64_t *ret_next_ms,
		    struct err *err)
{
	*ret_next_ms = 0;
	return challenge_heard(w, r, err);
}

/* --- the table ------------------------------------------------------------ */

static int weighed(struct worker *w, struct request *r, int64_t *ret_next_ms,
		   struct err *err)
{
	*ret_next_ms = 0;
	return weigh(w, r, err);
}

static int again(struct worker *w, struct request *r, int64_t *ret_next_ms,
		 struct err *err)
{
	return execute_begin(w, r, ret_next_ms, err);
}

static int over(struct worker *w, struct request *r, int64_t *ret_next_ms,
		struct err *err)
{
	bool waits = false;

	if (post_waits(w, r->is.id, &waits, err) != 0 ||
	    watch_end(w, r, err) != 0)
		return -1;
	*ret_next_ms = worker_now(w) + AGAIN_MS;
	return waits ? 0 : execute_ended(w, r, ret_next_ms, err);
}

/* People decide; alarms remind them. */
static int rest(struct worker *w, struct request *r, int64_t *ret_next_ms,
		struct err *err)
{
	return watch_deadlines(w, r, ret_next_ms, err);
}

static int (*const handlers[RIGHTS_STATES])(struct worker *, struct request *,
					    int64_t *, struct err *) = {
    [RIGHTS_RECEIVED] = received,
    [RIGHTS_IDENTITY_PENDING] = pending,
    [RIGHTS_VERIFIED] = weighed,
    [RIGHTS_IN_PROGRESS] = rest,
    [RIGHTS_EXTENDED] = rest,
    [RIGHTS_DECIDED] = execute_begin,
    [RIGHTS_EXECUTING] = execute_go_on,
    [RIGHTS_WAITING_RECIPIENTS] = execute_go_on,
    [RIGHTS_WAITING_BACKUPS] = execute_go_on,
    [RIGHTS_COMPLETED] = over,
    [RIGHTS_REFUSED] = over,
    [RIGHTS_WITHDRAWN] = over,
    [RIGHTS_DUPLICATE] = over,
    [RIGHTS_FAILED_RETRY] = again,
    [RIGHTS_EXPIRED] = over,
};

/* The chat's rows of before have a state already, but no deadline yet. */
static bool is_new(const struct request *r)
{
	return r->is.receipt_day == 0 && !rights_state_ended(r->is.state);
}

/* Nobody said yet what became of it since the backup; deadlines run. */
static int wait_for_person(struct worker *w, const struct request *r,
			   struct err *err)
{
	int64_t next_ms = NEVER;

	if (!rights_state_ended(r->is.state) && r->is.due_day != 0 &&
	    watch_deadlines(w, r, &next_ms, err) != 0)
		return -1;
	return request_next(w, r->is.id, next_ms, err);
}

static int handle(struct worker *w, struct request *r, struct err *err)
{
	const enum rights_state was = r->is.state;
	int64_t next_ms = 0, alarm_ms = NEVER;
	bool fresh = is_new(r);
	const bool heard = !fresh && r->heard != 0 && !rights_state_ended(was);

	if (r->restored)
		return wait_for_person(w, r, err);
	if ((fresh   ? received
	     : heard ? listened
		     : handlers[was])(w, r, &next_ms, err) != 0)
		return -1;
	if (!fresh && !rights_state_ended(r->is.state) && next_ms != 0 &&
	    r->is.due_day != 0 && watch_deadlines(w, r, &alarm_ms, err) != 0)
		return -1;
	return request_next(w, r->is.id,
			    next_ms < alarm_ms ? next_ms : alarm_ms, err);
}

/* --- a turn --------------------------------------------------------------- */

static int handle_one(struct worker *w, int64_t id, struct err *err)
{
	struct request r;
	bool found = false;

	if (worker_begin(w, err) != 0)
		return -1;
	if (request_load(w, id, &r, &found, err) != 0 ||
	    (found && handle(w, &r, err) != 0)) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* One that cannot be handled holds up no other, and a person looks at it. */
static int put_aside(struct worker *w, int64_t id, struct err *err)
{
	const struct alarm alarm = {
	    .kind = "rights.stuck", .about = ID_REQUEST, .object = id};

	if (worker_begin(w, err) != 0)
		return -1;
	if (alarm_raise(w, &alarm, err) != 0 ||
	    request_next(w, id, worker_now(w) + STUCK_MS, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

static int one(struct worker *w, bool *ret_moved, struct err *err)
{
	bool found = false;
	int64_t id = 0;

	if (store_one_int(w->store, due_sql, STORE_ARGS(S_INT(worker_now(w))),
			  &id, &found, err) != 0)
		return -1;
	if (!found)
		return 0;
	*ret_moved = true;
	if (handle_one(w, id, err) == 0)
		return 0;
	if (err->kind != ERR_INPUT && err->kind != ERR_ABSENT &&
	    err->kind != ERR_DENIED)
		return -1;
	LOG(LOG_LEVEL_ERROR, "rights.stuck", LOG_ERR(err));
	return put_aside(w, id, err);
}

/* When somebody has to look again. */
static int look_ahead(struct worker *w, struct err *err)
{
	int64_t request_ms = 0, letter_ms = 0;
	bool found = false;

	if (store_one_int(w->store, next_sql, STORE_NO_ARGS, &request_ms,
			  &found, err) != 0 ||
	    post_next(w, &letter_ms, err) != 0)
		return -1;
	if (!found || (letter_ms != 0 && letter_ms < request_ms))
		request_ms = letter_ms;
	if (!found && letter_ms == 0)
		w->rights.due_ms = 0;
	else
		w->rights.due_ms = request_ms > 0 ? request_ms : 1;
	return 0;
}

static bool is_due(const struct worker *w)
{
	return w->rights.asked || w->rights.boot == 0 ||
	       (w->rights.due_ms != 0 && w->rights.due_ms <= worker_now(w));
}

int rights_step(struct worker *w, bool *ret_moved, struct err *err)
{
	bool moved = false;

	if ((w->stopping || !is_due(w)) && !post_landed(w))
		return 0;
	/* At the end only what came back is written. */
	if (w->stopping)
		return post_step(w, ret_moved, err);
	w->rights.asked = false;
	w->rights.boot = worker_boot(w);
	if (one(w, &moved, err) != 0 || post_step(w, &moved, err) != 0 ||
	    look_ahead(w, err) != 0) {
		w->rights.asked = true;
		return -1;
	}
	w->rights.asked = moved || w->rights.asked;
	*ret_moved = *ret_moved || moved;
	return 0;
}

int64_t rights_due_in_ms(const struct worker *w)
{
	int64_t left;

	if (w->rights.asked || w->rights.boot == 0)
		return 0;
	if (w->rights.due_ms == 0)
		return -1;
	left = w->rights.due_ms - worker_now(w);
	return left > 0 ? left : 0;
}
