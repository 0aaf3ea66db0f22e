/* callbacks.c - see callbacks.h.
 *
 * The row of an address remembers the last event it was told and what that was
 * called; each later event that is called otherwise is told, in order, and
 * tried again with back-off.  An address that does not answer misses that one
 * state and hears of the next.  What a name resolves to is looked at at every
 * call: one that became private is called no more. */
#include "callbacks.h"

#include <inttypes.h>

#include "drp.h"
#include "opendsr.h"
#include "postern/jsonmem.h"
#include "postern/log.h"
#include "worker/prove.h"
#include "worker/schedule.h"

#define FLIGHTS	   4
#define TIMEOUT_MS 15000L
#define IDLE_MS	   1000 /* nobody says that a state changed */
#define PAUSE_MS   500
#define BODY_MAX   8192
#define NEVER	   INT64_MAX
#define TOLD_BYTES 80

static const char due_sql[] =
    "SELECT request,url,kind,told,attempts FROM request_callback WHERE"
    " next_ms<=? ORDER BY next_ms,request,url LIMIT 8";
static const char next_sql[] = "SELECT min(next_ms) FROM request_callback WHERE"
			       " next_ms<9223372036854775807";
static const char event_sql[] =
    "SELECT id,state FROM request_event WHERE request=? AND id>? ORDER BY id"
    " LIMIT 1";
static const char told_sql[] =
    "UPDATE request_callback SET told=?,attempts=0,reason=?,next_ms=? WHERE"
    " request=? AND url=?";
static const char later_sql[] =
    "UPDATE request_callback SET attempts=?,reason=?,next_ms=? WHERE request=?"
    " AND url=?";

struct told {
	int64_t request, event, attempts;
	char url[1024], kind[16];
	char was[48], now[48]; /* what the states are called */
	bool used, flying;
	enum http_fate fate;
	long status;
	int64_t retry_after_ms;
};
struct callbacks {
	struct told flights[FLIGHTS];
	const char *allow[SETTINGS_ALLOW_MAX]; /* lent to calls */
	int64_t look_boot_ms;
};

/* Said once; until it is mended nobody is trusted. */
static int look_at_agents(const struct worker *w, struct err *err)
{
	struct drp_agents *agents;
	struct err why = {0};

	if (!w->settings->drp.enabled)
		return 0;
	agents = calloc(1, sizeof(*agents));
	if (agents == NULL)
		return ERR_SET(err, ERR_NOMEM, "representatives", 0);
	if (w->settings->drp.agents_json == NULL ||
	    drp_agents_read(w->settings->drp.agents_json,
			    w->settings->drp.agents_len, agents, &why) != 0)
		LOG0(LOG_LEVEL_ERROR, "drp.agents_unreadable");
	free(agents);
	return 0;
}

int callbacks_open(struct worker *w, struct callbacks **ret, struct err *err)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret != NULL ? look_at_agents(w, err)
			    : ERR_SET(err, ERR_NOMEM, "callbacks", 0);
}

void callbacks_close(struct callbacks **c)
{
	free(*c);
	*c = NULL;
}

/* --- rows ----------------------------------------------------------------- */

/* "17 pending" */
static void read_told(const char *text, struct told *t)
{
	char *end;

	t->event = strtoll(text, &end, 10);
	(void)snprintf(t->was, sizeof(t->was), "%s",
		       *end == ' ' ? end + 1 : "");
}

static bool take(struct worker *w, struct store_rows *rows, struct told *t)
{
	char told[TOLD_BYTES];

	*t = (struct told){.request = store_column(w->store, rows, 0).num,
			   .attempts = store_column(w->store, rows, 4).num};
	if (!store_word(store_column(w->store, rows, 1), t->url,
			sizeof(t->url)) ||
	    !store_word(store_column(w->store, rows, 2), t->kind,
			sizeof(t->kind)) ||
	    !store_word(store_column(w->store, rows, 3), told, sizeof(told)))
		return false;
	read_told(told, t);
	return true;
}

static bool is_flying(const struct callbacks *c, const struct told *t)
{
	for (size_t i = 0; i < FLIGHTS; i++)
		if (c->flights[i].used && c->flights[i].request == t->request &&
		    strcmp(c->flights[i].url, t->url) == 0)
			return true;
	return false;
}

static struct told *free_flight(struct callbacks *c)
{
	for (size_t i = 0; i < FLIGHTS; i++)
		if (!c->flights[i].used)
			return &c->flights[i];
	return NULL;
}

/* The first row that is due and not under way. */
static int pick(struct worker *w, struct told *ret, bool *ret_found,
		struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	*ret_found = false;
	if (store_start(w->store, due_sql, STORE_ARGS(S_INT(worker_now(w))),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 && !*ret_found) {
		if (!take(w, rows, ret)) {
			rc = ERR_SET(err, ERR_CORRUPT, "row of a callback", 0);
			break;
		}
		*ret_found = !is_flying(w->callbacks, ret);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

/* --- what is told --------------------------------------------------------- */

/* Asked by version 1, whose headers were called otherwise. */
static bool is_older(const struct told *t)
{
	return strcmp(t->kind, "opengdpr") == 0;
}

static bool is_opendsr(const struct told *t)
{
	return strcmp(t->kind, "opendsr") == 0 || is_older(t);
}

/* What its state is called over there. */
static void call_state(struct worker *w, const struct rights_request *r,
		       struct told *t)
{
	json_t *object;
	const char *state, *reason;
	bool later = r->extended && !rights_state_ended(r->state);

	if (is_opendsr(t)) {
		(void)snprintf(
		    t->now, sizeof(t->now), "%s",
		    opendsr_status_name(opendsr_status_of(r->state)));
		return;
	}
	object = drp_object(w, r);
	state = json_string_value(json_object_get(object, "status"));
	reason = json_string_value(json_object_get(object, "reason"));
	/* A longer time limit is told as well (3.08). */
	(void)snprintf(t->now, sizeof(t->now), "%s%s%s",
		       state != NULL ? state : "", reason != NULL ? reason : "",
		       later ? "+" : "");
	json_decref(object);
}

static json_t *opendsr_body(struct worker *w, const struct rights_request *r,
			    const struct told *t, struct err *err)
{
	char due[INSTANT_BYTES];
	json_t *body;

	opendsr_due(r, due);
	body = json_pack("{s:s,s:s,s:s,s:s,s:s}", "controller_id", r->asker,
			 "expected_completion_time", due, "status_callback_url",
			 t->url, "subject_request_id", r->outside_id,
			 "request_status", t->now);
	if (body != NULL && opendsr_end(w, r, body, err) != 0) {
		json_decref(body);
		return NULL;
	}
	return body;
}

static int sign(struct worker *w, struct http_call *call, bool older,
		struct err *err)
{
	char signature[OPENDSR_SIGNATURE_BYTES];

	return opendsr_sign(w->opendsr_key, call->body.bytes, call->body.len,
			    signature, err) != 0 ||
		       http_call_header(call,
					older ? "X-OpenGDPR-Processor-Domain"
					      : "X-OpenDSR-Processor-Domain",
					w->settings->opendsr.domain,
					err) != 0 ||
		       http_call_header(call,
					older ? "X-OpenGDPR-Signature"
					      : "X-OpenDSR-Signature",
					signature, err) != 0
		   ? -1
		   : 0;
}

static int fill(struct worker *w, const struct rights_request *r,
		const struct told *t, struct http_call *call, struct err *err)
{
	json_t *body =
	    is_opendsr(t) ? opendsr_body(w, r, t, err) : drp_object(w, r);
	int rc;

	if (body == NULL)
		return err->kind != ERR_NONE
			   ? -1
			   : ERR_SET(err, ERR_NOMEM, "callback", 0);
	rc = jsonmem_print(body, JSON_COMPACT, &call->body, err);
	json_decref(body);
	if (rc != 0 || http_call_set(&call->url, t->url, err) != 0 ||
	    http_call_header(call, "Content-Type", "application/json", err) !=
		0)
		return -1;
	return is_opendsr(t) ? sign(w, call, is_older(t), err) : 0;
}

static void answered(void *ctx, const struct http_reply *reply)
{
	struct told *t = ctx;

	t->flying = false;
	t->fate = reply->fate;
	t->status = reply->status;
	t->retry_after_ms = reply->retry_after_ms;
}

static int ignore(void *ctx, const uint8_t *bytes, size_t len)
{
	(void)ctx;
	(void)bytes;
	(void)len;
	return 0;
}

static int start(struct worker *w, const struct rights_request *r,
		 const struct told *from, struct err *err)
{
	struct callbacks *c = w->callbacks;
	struct http_call call = {.method = "POST",
				 .timeout_ms = TIMEOUT_MS,
				 .answer_max = BODY_MAX,
				 .sink = ignore,
				 .allow = c->allow,
				 .http_allowed = true, /* listed targets */
				 .repeatable = true};
	struct told *t = free_flight(c);
	bool own = is_opendsr(from);

	call.allow_len =
	    own ? w->settings->opendsr.allow_len : w->settings->drp.allow_len;
	for (size_t i = 0; i < call.allow_len; i++)
		c->allow[i] = own ? w->settings->opendsr.allow[i]
				  : w->settings->drp.allow[i];
	call.body = BUF_INIT(BODY_MAX);
	*t = *from;
	if (fill(w, r, t, &call, err) != 0) {
		http_call_free(&call);
		return -1;
	}
	t->used = t->flying = true;
	if (http_start(w->http, &call, answered, t, err) == 0)
		return 0;
	t->used = t->flying = false;
	return -1;
}

/* --- what became of it ---------------------------------------------------- */

/* The status line counts, also when the rest was too long or cut: what it says
 * besides is not read. */
static bool taken(const struct told *t)
{
	return t->status >= 200 && t->status < 300;
}

/* That event is done with: told, missed, or called the same as the last. */
static int write_told(struct worker *w, const struct told *t,
		      const char *reason, struct err *err)
{
	char told[TOLD_BYTES];

	(void)snprintf(told, sizeof(told), "%" PRId64 " %s", t->event, t->now);
	return store_run(w->store, told_sql,
			 STORE_ARGS(S_TEXT(told), S_TEXT(reason),
				    S_INT(worker_now(w)), S_INT(t->request),
				    S_TEXT(t->url)),
			 err);
}

static int write_later(struct worker *w, const struct told *t, int64_t attempts,
		       int64_t next_ms, const char *reason, struct err *err)
{
	return store_run(w->store, later_sql,
			 STORE_ARGS(S_INT(attempts), S_TEXT(reason),
				    S_INT(next_ms), S_INT(t->request),
				    S_TEXT(t->url)),
			 err);
}

static int write_outcome(struct worker *w, const struct told *t,
			 struct err *err)
{
	uint64_t random;

	if (taken(t))
		return write_told(w, t, NULL, err);
	/* The guard said no: this address is private, or none. */
	if (t->fate == HTTP_REFUSED)
		return write_later(w, t, t->attempts + 1, NEVER, "refused",
				   err);
	if (t->attempts + 1 >= w->settings->limits.attempts_max)
		return write_told(w, t, "missed", err);
	w->env->random(w->env, &random, sizeof(random));
	return write_later(w, t, t->attempts + 1,
			   worker_now(w) + schedule_wait_ms(t->attempts + 1,
							    t->retry_after_ms,
							    random),
			   "later", err);
}

static int settle(struct worker *w, const struct told *t, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (write_outcome(w, t, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

static int land(struct worker *w, bool *ret_moved, struct err *err)
{
	for (size_t i = 0; i < FLIGHTS; i++) {
		struct told *t = &w->callbacks->flights[i];

		if (!t->used || t->flying)
			continue;
		if (settle(w, t, err) != 0)
			return -1;
		t->used = false;
		*ret_moved = true;
	}
	return 0;
}

/* --- the turn ------------------------------------------------------------- */

/* Writes what needs no call. */
static int skip(struct worker *w, const struct told *t, bool done,
		struct err *err)
{
	int rc;

	if (worker_begin(w, err) != 0)
		return -1;
	rc = done ? write_later(w, t, 0, NEVER, NULL, err)
		  : write_told(w, t, NULL, err);
	if (rc != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* The state of the event that is next; *ret_found false: there is none. */
static int next_event(struct worker *w, struct told *t, enum rights_state *ret,
		      bool *ret_found, struct err *err)
{
	struct store_rows *rows = NULL;
	char name[32] = "";
	int rc;

	if (store_start(w->store, event_sql,
			STORE_ARGS(S_INT(t->request), S_INT(t->event)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_found = rc > 0;
	if (rc > 0) {
		t->event = store_column(w->store, rows, 0).num;
		(void)store_word(store_column(w->store, rows, 1), name,
				 sizeof(name));
	}
	store_finish(w->store, &rows);
	for (int i = 0; i < RIGHTS_STATES; i++)
		if (strcmp(rights_state_name((enum rights_state)i), name) == 0)
			*ret = (enum rights_state)i;
	return rc < 0 ? -1 : 0;
}

static int look(struct worker *w, struct told *t, struct err *err)
{
	struct rights_request r;
	bool found = false, there = false;
	bool can = is_opendsr(t) ? w->opendsr_key != NULL
				 : strcmp(t->kind, "drp") == 0;

	if (rights_load(w, t->request, &r, &there, err) != 0 ||
	    next_event(w, t, &r.state, &found, err) != 0)
		return -1;
	if (!there || !found || !can)
		return skip(w, t, true, err);
	call_state(w, &r, t);
	if (strcmp(t->now, t->was) == 0)
		return skip(w, t, false, err);
	return start(w, &r, t, err);
}

static int plan_look(struct worker *w, struct err *err)
{
	int64_t next_ms = 0, wait_ms = IDLE_MS;
	bool found = false;

	if (store_one_int(w->store, next_sql, STORE_NO_ARGS, &next_ms, &found,
			  err) != 0)
		return -1;
	if (found && next_ms - worker_now(w) < wait_ms)
		wait_ms = next_ms - worker_now(w);
	w->callbacks->look_boot_ms =
	    worker_boot(w) + (wait_ms > PAUSE_MS ? wait_ms : PAUSE_MS);
	return 0;
}

int callbacks_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct told t;
	bool found = false;

	if (w->callbacks == NULL)
		return 0;
	if (land(w, ret_moved, err) != 0)
		return -1;
	if (w->stopping || worker_boot(w) < w->callbacks->look_boot_ms ||
	    free_flight(w->callbacks) == NULL)
		return 0;
	if (pick(w, &t, &found, err) != 0)
		return -1;
	if (!found)
		return plan_look(w, err);
	*ret_moved = true;
	return look(w, &t, err);
}

int64_t callbacks_due_in_ms(const struct worker *w)
{
	int64_t left;

	if (w->callbacks == NULL)
		return -1;
	for (size_t i = 0; i < FLIGHTS; i++)
		if (w->callbacks->flights[i].used &&
		    !w->callbacks->flights[i].flying)
			return 0;
	left = w->callbacks->look_boot_ms - worker_boot(w);
	return left > 0 ? left : 0;
}
