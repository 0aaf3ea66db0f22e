/* stamping.c - see stamping.h.
 *
 * Source: RFC 3161, 3.4 (over HTTP). */
#include "stamping.h"

#include "postern/ledger.h"
#include "postern/log.h"
#include "postern/stamp.h"
#include "prove.h"
#include "retry.h"

#define HOUR_MS	    INT64_C(3600000)
#define LOOK_MS	    INT64_C(5000)
#define BACKOFF_MS  INT64_C(60000)
#define BACKOFF_CAP (6 * HOUR_MS)
#define TIMEOUT_MS  30000
#define ASKED	    (-1) /* size of the row of stamping_ask */
#define OK_STATUS   200

static const char ask_sql[] =
    "INSERT INTO ledger_stamp(size,state,at_ms) VALUES(-1,'asked',?)"
    " ON CONFLICT(size) DO UPDATE SET at_ms=excluded.at_ms";
static const char asked_sql[] = "SELECT at_ms FROM ledger_stamp WHERE size=-1";
static const char answered_ask_sql[] =
    "DELETE FROM ledger_stamp WHERE size=-1 AND at_ms<=?";
static const char newest_sql[] =
    "SELECT at_ms FROM ledger_stamp WHERE size>=0 ORDER BY size DESC LIMIT 1";
static const char newest_size_sql[] =
    "SELECT MAX(size) FROM ledger_stamp WHERE size>=0";
static const char waiting_sql[] =
    "SELECT size,nonce,attempts,next_ms FROM ledger_stamp WHERE"
    " state='waiting' ORDER BY size LIMIT 1";
static const char plan_sql[] =
    "INSERT INTO ledger_stamp(size,state,nonce,at_ms) VALUES(?,'waiting',?,?)";
static const char done_sql[] =
    "UPDATE ledger_stamp SET state='done',token=?,at_ms=? WHERE size=?";
static const char again_sql[] =
    "UPDATE ledger_stamp SET attempts=?,next_ms=? WHERE size=?";

struct waiting {
	int64_t size, attempts, next_ms;
	uint8_t nonce[STAMP_NONCE_BYTES];
};

struct stamping {
	int64_t look_boot; /* looks again then, boot clock, or at ... */
	int64_t look_ms;   /* ... this time, if it comes sooner */
	bool under_way, answered;
	struct waiting asked; /* of the call under way */
	struct buf note;      /* whose stamped part it is about */
	const char *allow[SETTINGS_ALLOW_MAX]; /* lent to the call */
	/* The answer. */
	enum http_fate fate;
	long status;
	int64_t retry_after_ms;
	struct buf reply;
};

static const struct settings_peer *authority(const struct worker *w)
{
	return &w->settings->ledger.stamp.at;
}

static bool wanted(const struct worker *w)
{
	return w->stamping != NULL && authority(w)->url[0] != '\0' &&
	       w->settings->ledger.stamp.root_pem != NULL;
}

/* --- what is to be stamped ------------------------------------------------ */

static int read_waiting(struct worker *w, struct waiting *ret, bool *ret_found,
			struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value nonce;
	int rc;

	if (store_start(w->store, waiting_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		ret->size = store_column(w->store, rows, 0).num;
		nonce = store_column(w->store, rows, 1);
		ret->attempts = store_column(w->store, rows, 2).num;
		ret->next_ms = store_column(w->store, rows, 3).num;
		if (nonce.type != STORE_BLOB || nonce.len != sizeof(ret->nonce))
			rc = ERR_SET(err, ERR_CORRUPT, "nonce of a stamp", 0);
		else
			memcpy(ret->nonce, nonce.bytes, nonce.len);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* Was a stamp asked for that this checkpoint answers, or is it time? */
static int is_due(struct worker *w, int64_t checkpoint_ms, bool *ret,
		  struct err *err)
{
	int64_t hours = w->settings->ledger.stamp.hours, asked = 0, last = 0;
	bool was_asked = false, any = false;

	if (store_one_int(w->store, asked_sql, STORE_NO_ARGS, &asked,
			  &was_asked, err) != 0 ||
	    store_one_int(w->store, newest_sql, STORE_NO_ARGS, &last, &any,
			  err) != 0)
		return -1;
	w->stamping->look_ms = last + hours * HOUR_MS;
	*ret = (was_asked && checkpoint_ms >= asked) || !any ||
	       worker_now(w) >= w->stamping->look_ms;
	return 0;
}

/* An ask that came after the checkpoint waits for the next one. */
static int write_plan(struct worker *w, int64_t size, int64_t checkpoint_ms,
		      struct err *err)
{
	uint8_t nonce[STAMP_NONCE_BYTES];

	w->env->random(w->env, nonce, sizeof(nonce));
	if (store_begin(w->store, err) != 0)
		return -1;
	if (store_run(w->store, plan_sql,
		      STORE_ARGS(S_INT(size), S_BLOB(nonce, sizeof(nonce)),
				 S_INT(worker_now(w))),
		      err) != 0 ||
	    store_run(w->store, answered_ask_sql,
		      STORE_ARGS(S_INT(checkpoint_ms)), err) != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

/* *ret_moved: a row waits now. */
static int plan(struct worker *w, bool *ret_moved, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint last;
	int64_t at_ms = 0, stamped = 0;
	bool any = false, due = false;
	int rc = ledger_last(w->store, &note, &last, &at_ms, err);

	buf_free(&note);
	if (rc != 0)
		return err->kind == ERR_ABSENT ? 0 : -1;
	if (store_one_int(w->store, newest_size_sql, STORE_NO_ARGS, &stamped,
			  &any, err) != 0)
		return -1;
	if (last.size == 0 || (any && (uint64_t)stamped >= last.size))
		return 0;
	if (is_due(w, at_ms, &due, err) != 0)
		return -1;
	if (!due)
		return 0;
	*ret_moved = true;
	return write_plan(w, (int64_t)last.size, at_ms, err);
}

int stamping_ask(struct worker *w, struct err *err)
{
	return wanted(w) ? store_run(w->store, ask_sql,
				     STORE_ARGS(S_INT(worker_now(w))), err)
			 : 0;
}

/* --- asking ----------------------------------------------------------------
 */

static void answered(void *ctx, const struct http_reply *reply)
{
	struct stamping *s = ctx;
	struct err err = {0};

	s->under_way = false;
	s->answered = true;
	s->fate = reply->fate;
	s->status = reply->status;
	s->retry_after_ms = reply->retry_after_ms;
	buf_clear(&s->reply);
	if (buf_append(&s->reply, reply->body.bytes, reply->body.len, &err) !=
	    0)
		s->fate = HTTP_ABORTED;
}

static int make_call(struct worker *w, struct http_call *ret, struct err *err)
{
	const struct settings_peer *at = authority(w);
	struct stamping *s = w->stamping;

	memcpy(ret->method, "POST", sizeof("POST"));
	for (size_t i = 0; i < at->allow_len; i++)
		s->allow[i] = at->allow[i];
	ret->allow = s->allow;
	ret->allow_len = at->allow_len;
	ret->http_allowed = true; /* what comes back is signed */
	ret->timeout_ms = TIMEOUT_MS;
	ret->answer_max = STAMP_BYTES_MAX;
	ret->repeatable = true;
	ret->body = (struct buf)BUF_INIT(1024);
	if (http_call_set(&ret->url, at->url, err) != 0 ||
	    http_call_header(ret, "Content-Type", "application/timestamp-query",
			     err) != 0)
		return -1;
	return stamp_request(s->note.bytes,
			     stamp_covers(s->note.bytes, s->note.len),
			     s->asked.nonce, &ret->body, err);
}

static int fly(struct worker *w, const struct waiting *row, struct err *err)
{
	struct stamping *s = w->stamping;
	struct http_call call = {0};
	struct checkpoint body;

	s->asked = *row;
	buf_clear(&s->note);
	if (ledger_covering(w->store, (uint64_t)row->size - 1, &s->note, &body,
			    err) != 0)
		return -1;
	if (make_call(w, &call, err) != 0) {
		http_call_free(&call);
		return -1;
	}
	if (http_start(w->http, &call, answered, s, err) != 0)
		return -1;
	s->under_way = true;
	return 0;
}

/* --- the answer ------------------------------------------------------------
 */

static int put_off(struct worker *w, const char *why, struct err *err)
{
	struct stamping *s = w->stamping;
	int64_t attempts = s->asked.attempts + 1;
	int64_t wait = retry_wait_ms(w->env, attempts, BACKOFF_MS, BACKOFF_CAP,
				     s->retry_after_ms);

	LOG(LOG_LEVEL_WARN, "ledger.stamp_later", log_table("reason", why),
	    LOG_NUM("status", s->status), LOG_NUM("attempts", attempts));
	s->look_boot = 0;
	if (store_begin(w->store, err) != 0)
		return -1;
	if (store_run(w->store, again_sql,
		      STORE_ARGS(S_INT(attempts), S_INT(worker_now(w) + wait),
				 S_INT(s->asked.size)),
		      err) != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

static int keep(struct worker *w, const struct stamp *stamp, struct err *err)
{
	struct stamping *s = w->stamping;
	const struct act act = {
	    .event = LEDGER_LOG_TIMESTAMP,
	    .by = LEDGER_SYSTEM,
	    .counted = true,
	    .count = (uint64_t)s->asked.size,
	};

	if (worker_begin(w, err) != 0)
		return -1;
	if (store_run(w->store, done_sql,
		      STORE_ARGS(S_BLOB(s->reply.bytes, s->reply.len),
				 S_INT(stamp->at_ms), S_INT(s->asked.size)),
		      err) != 0 ||
	    prove(w, &act, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

static int settle(struct worker *w, struct err *err)
{
	const struct settings *st = w->settings;
	struct stamping *s = w->stamping;
	const struct stamp_trust trust = {
	    .root_pem = (const char *)st->ledger.stamp.root_pem,
	    .root_len = st->ledger.stamp.root_len,
	    .nonce = s->asked.nonce,
	};
	struct stamp stamp;
	struct err why = {0};

	s->answered = false;
	if (s->fate != HTTP_ANSWERED || s->status != OK_STATUS)
		return put_off(w, "unreachable", err);
	if (stamp_verify(s->reply.bytes, s->reply.len, s->note.bytes,
			 stamp_covers(s->note.bytes, s->note.len), &trust,
			 &stamp, &why) != 0)
		return put_off(
		    w, why.kind == ERR_DENIED ? "refused" : "invalid", err);
	return keep(w, &stamp, err);
}

/* --- the step --------------------------------------------------------------
 */

int stamping_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct stamping *s = w->stamping;
	struct waiting row = {0};
	bool found = false;

	if (!wanted(w) || s->under_way)
		return 0;
	if (s->answered) {
		*ret_moved = true;
		return settle(w, err);
	}
	if (worker_boot(w) < s->look_boot && worker_now(w) < s->look_ms)
		return 0;
	s->look_ms = INT64_MAX;
	if (read_waiting(w, &row, &found, err) != 0)
		return -1;
	if (found && row.next_ms <= worker_now(w)) {
		*ret_moved = true;
		return fly(w, &row, err);
	}
	if (found)
		s->look_ms = row.next_ms;
	else if (plan(w, ret_moved, err) != 0)
		return -1;
	if (!*ret_moved)
		s->look_boot = worker_boot(w) + LOOK_MS;
	return 0;
}

int64_t stamping_due_in_ms(const struct worker *w)
{
	const struct stamping *s = w->stamping;
	int64_t left;

	if (!wanted(w) || s->under_way)
		return -1;
	left = s->answered ? 0 : s->look_boot - worker_boot(w);
	if (s->look_ms - worker_now(w) < left)
		left = s->look_ms - worker_now(w);
	return left > 0 ? left : 0;
}

int stamping_open(struct worker *w, struct stamping **ret, struct err *err)
{
	struct stamping *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "time stamps", 0);
	s->note = (struct buf)BUF_INIT(NOTE_BYTES_MAX);
	s->reply = (struct buf)BUF_INIT(STAMP_BYTES_MAX);
	*ret = s;
	if (authority(w)->url[0] != '\0' && !wanted(w))
		LOG(LOG_LEVEL_WARN, "ledger.stamp_root_absent");
	return 0;
}

void stamping_close(struct stamping **s)
{
	if (*s == NULL)
		return;
	buf_free(&(*s)->note);
	buf_free(&(*s)->reply);
	free(*s);
	*s = NULL;
}
