/* ledger_witness.c - one call at a time to each witness, and what its answer
 * means.
 *
 * Source: c2sp.org/tlog-witness v1.0.0; compliance 6.4. */
#include "ledger_witness.h"

#include <inttypes.h>

#include "postern/addcheckpoint.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "retry.h"

#define LOOK_MS	    1000
#define BACKOFF_MS  2000
#define BACKOFF_CAP (10 * 60 * (int64_t)1000)
#define TIMEOUT_MS  20000
#define ANSWER_MAX  16384
#define PATH	    "/add-checkpoint"
#define ID_BYTES    (NOTE_NAME_BYTES + 10)

static const char read_sql[] =
    "SELECT size,at_ms,attempts,next_ms,state FROM ledger_witness WHERE name=?";
static const char put_sql[] =
    "INSERT INTO ledger_witness(name,size,at_ms,attempts,next_ms,state)"
    " VALUES(?,?,?,?,?,?) ON CONFLICT(name) DO UPDATE SET size=excluded.size,"
    "at_ms=excluded.at_ms,attempts=excluded.attempts,"
    "next_ms=excluded.next_ms,state=excluded.state";
static const char last_sql[] = "SELECT max(size) FROM ledger_checkpoint";

struct one {
	size_t number; /* in the settings, from 1 */
	char id[ID_BYTES];
	const struct settings_peer *peer;
	const char *allow[SETTINGS_ALLOW_MAX]; /* lent to calls */
	struct ledger_witness_view view;
	/* The call. */
	bool under_way, answered;
	uint64_t old_size, size;
	struct buf note; /* the checkpoint that was sent */
	bool again;	 /* the size it told was taken: once in a row */
	/* The answer. */
	enum http_fate fate;
	long status;
	int64_t retry_after_ms;
	bool tells_size;
	struct buf reply;
};

struct ledger_witnesses {
	struct one *all;
	size_t len;
	int64_t look_boot_ms; /* not before */
};

const char *ledger_witness_state_name(enum ledger_witness_state state)
{
	static const char *const names[] = {"new",     "signs",	 "away",
					    "refuses", "forgot", "split"};

	return names[state];
}

/* --- opening -------------------------------------------------------------- */

static int read_row(struct worker *w, struct one *o, struct err *err)
{
	struct ledger_witness_view *v = &o->view;
	struct store_rows *rows = NULL;
	int64_t state;
	int rc;

	if (store_start(w->store, read_sql, STORE_ARGS(S_TEXT(o->id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		v->size = (uint64_t)store_column(w->store, rows, 0).num;
		v->at_ms = store_column(w->store, rows, 1).num;
		v->attempts = store_column(w->store, rows, 2).num;
		v->next_ms = store_column(w->store, rows, 3).num;
		state = store_column(w->store, rows, 4).num;
		if (state < LEDGER_WITNESS_NEW || state > LEDGER_WITNESS_SPLIT)
			rc = ERR_SET(err, ERR_CORRUPT, "state of a witness", 0);
		else
			v->state = (enum ledger_witness_state)state;
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int open_one(struct worker *w, struct one *o, size_t number,
		    const struct settings_peer *peer, struct err *err)
{
	o->number = number;
	o->peer = peer;
	o->note = BUF_INIT(NOTE_BYTES_MAX);
	o->reply = BUF_INIT(ANSWER_MAX);
	for (size_t i = 0; i < peer->allow_len; i++)
		o->allow[i] = peer->allow[i];
	/* The settings were checked, by this program or by an older one. */
	if (note_key_parse(peer->vkey, strlen(peer->vkey), &o->view.key, err) !=
	    0)
		return -1;
	if (o->view.key.type != NOTE_COSIGNATURE)
		return ERR_SET(err, ERR_INPUT, "not the key of a witness", 0);
	(void)snprintf(o->id, sizeof(o->id), "%s+%08" PRIx32, o->view.key.name,
		       o->view.key.id);
	return read_row(w, o, err);
}

/* A key that is none costs its witness, never the gateway. */
static int open_all(struct worker *w, struct ledger_witnesses *l,
		    struct err *err)
{
	const struct settings *s = w->settings;
	struct err why = {0};

	for (size_t i = 0; i < s->ledger.witnesses_len; i++) {
		struct one *o = &l->all[l->len++];

		if (open_one(w, o, i + 1, &s->ledger.witnesses[i], &why) == 0)
			continue;
		if (why.kind != ERR_INPUT) {
			*err = why;
			return -1;
		}
		LOG(LOG_LEVEL_ERROR, "ledger.witness_key_invalid",
		    LOG_NUM("witness", o->number), LOG_ERR(&why));
		buf_free(&o->note);
		buf_free(&o->reply);
		*o = (struct one){0};
		l->len--;
	}
	return 0;
}

int ledger_witness_open(struct worker *w, struct ledger_witnesses **ret,
			struct err *err)
{
	struct ledger_witnesses *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->all = calloc(w->settings->ledger.witnesses_len + 1,
				sizeof(*l->all));
	if (l == NULL || l->all == NULL) {
		ledger_witness_close(&l);
		return ERR_SET(err, ERR_NOMEM, "witnesses", 0);
	}
	*ret = l; /* whatever follows, worker_close() frees it */
	return open_all(w, l, err);
}

void ledger_witness_close(struct ledger_witnesses **witnesses)
{
	struct ledger_witnesses *l = *witnesses;

	*witnesses = NULL;
	if (l == NULL)
		return;
	for (size_t i = 0; i < l->len; i++) {
		buf_free(&l->all[i].note);
		buf_free(&l->all[i].reply);
	}
	free(l->all);
	free(l);
}

size_t ledger_witness_count(const struct worker *w)
{
	return w->witnesses != NULL ? w->witnesses->len : 0;
}

void ledger_witness_look(const struct worker *w, size_t i,
			 struct ledger_witness_view *ret)
{
	*ret = w->witnesses->all[i].view;
}

/* --- asking --------------------------------------------------------------- */

static void answered(void *ctx, const struct http_reply *reply)
{
	struct one *o = ctx;

	o->under_way = false;
	o->answered = true;
	o->fate = reply->fate;
	o->status = reply->status;
	o->retry_after_ms = reply->retry_after_ms;
	o->tells_size = strncmp(reply->type, ADDCHECKPOINT_SIZE_TYPE,
				sizeof(ADDCHECKPOINT_SIZE_TYPE) - 1) == 0;
	buf_clear(&o->reply);
	if (buf_append(&o->reply, reply->body.bytes, reply->body.len, NULL) !=
	    0)
		o->fate = HTTP_ABORTED;
}

static int make_body(struct worker *w, struct one *o, struct buf *ret,
		     struct err *err)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	size_t len = 0;

	if (o->old_size > 0 && o->old_size < o->size &&
	    ledger_prove_consistency(w->store, o->old_size, o->size, proof,
				     &len, err) != 0)
		return -1;
	return addcheckpoint_print(o->old_size, proof, len, o->note.bytes,
				   o->note.len, ret, err);
}

static int make_call(struct worker *w, struct one *o, struct http_call *ret,
		     struct err *err)
{
	char url[sizeof(o->peer->url) + sizeof(PATH)];

	(void)snprintf(url, sizeof(url), "%s" PATH, o->peer->url);
	memcpy(ret->method, "POST", sizeof("POST"));
	ret->allow = o->allow;
	ret->allow_len = o->peer->allow_len;
	ret->http_allowed = true; /* what comes back is signed */
	ret->timeout_ms = TIMEOUT_MS;
	ret->answer_max = ANSWER_MAX;
	ret->repeatable = true;
	ret->body = BUF_INIT(ADDCHECKPOINT_BYTES_MAX);
	return http_call_set(&ret->url, url, err) != 0 ||
		       http_call_header(ret, "Content-Type", "text/plain",
					err) != 0 ||
		       make_body(w, o, &ret->body, err) != 0
		   ? -1
		   : 0;
}

/* Shows it the last checkpoint; old_size: what it saw last, as far as known. */
static int fly(struct worker *w, struct one *o, uint64_t old_size,
	       struct err *err)
{
	struct http_call call = {0};
	struct checkpoint body;

	buf_clear(&o->note);
	if (ledger_last(w->store, &o->note, &body, NULL, err) != 0)
		return -1;
	o->size = body.size;
	o->old_size = old_size;
	if (make_call(w, o, &call, err) != 0) {
		http_call_free(&call);
		return -1;
	}
	if (http_start(w->http, &call, answered, o, err) != 0)
		return -1;
	o->under_way = true;
	return 0;
}

/* --- what an answer means ------------------------------------------------- */

static int put_row(struct worker *w, const struct one *o, struct err *err)
{
	const struct ledger_witness_view *v = &o->view;

	return store_run(w->store, put_sql,
			 STORE_ARGS(S_TEXT(o->id), S_INT(v->size),
				    S_INT(v->at_ms), S_INT(v->attempts),
				    S_INT(v->next_ms), S_INT(v->state)),
			 err);
}

static const char *fate_name(enum http_fate fate)
{
	static const char *const names[] = {
	    [HTTP_ANSWERED] = "answered",   [HTTP_REFUSED] = "not_allowed",
	    [HTTP_NOT_SENT] = "not_sent",   [HTTP_CUT] = "cut",
	    [HTTP_TOO_LARGE] = "too_large", [HTTP_ABORTED] = "aborted",
	};

	return names[fate];
}

/* How loud: a history that differs is told at every attempt, the rest when it
 * begins. */
static void tell(struct worker *w, const struct one *o,
		 enum ledger_witness_state before)
{
	const struct ledger_witness_view *v = &o->view;

	switch (v->state) {
	case LEDGER_WITNESS_SPLIT:
		COUNT(w, witness_splits);
		LOG(LOG_LEVEL_ERROR, "ledger.witness_saw_another_history",
		    LOG_TOKEN("means", "split view, or a log taken back"),
		    LOG_NUM("witness", o->number), LOG_NUM("ours", o->size),
		    LOG_NUM("seen", v->told ? (int64_t)v->seen : -1),
		    LOG_NUM("status", o->status));
		break;
	case LEDGER_WITNESS_FORGOT:
		LOG(LOG_LEVEL_ERROR, "ledger.witness_forgot",
		    LOG_NUM("witness", o->number), LOG_NUM("signed", v->size),
		    LOG_NUM("seen", v->seen));
		break;
	default:
		if (v->state != before)
			LOG(LOG_LEVEL_WARN, "ledger.witness_later",
			    log_table("state",
				      ledger_witness_state_name(v->state)),
			    log_table("call", fate_name(o->fate)),
			    LOG_NUM("witness", o->number),
			    LOG_NUM("status", o->status));
	}
}

/* Not signed: so it is asked again, later and later. */
static int put_off(struct worker *w, struct one *o,
		   enum ledger_witness_state state, struct err *err)
{
	struct ledger_witness_view *v = &o->view;
	enum ledger_witness_state before = v->state;

	o->again = false;
	/* What it remembers does not change because it is away now. */
	if (state != LEDGER_WITNESS_AWAY ||
	    (before != LEDGER_WITNESS_SPLIT && before != LEDGER_WITNESS_FORGOT))
		v->state = state;
	v->attempts++;
	v->next_ms =
	    worker_now(w) + retry_wait_ms(w->env, v->attempts, BACKOFF_MS,
					  BACKOFF_CAP, o->retry_after_ms);
	if (v->state == state)
		tell(w, o, before);
	return put_row(w, o, err);
}

/* Its own line out of the answer; false: there is no good one. */
static bool own_line(struct one *o, struct buf *ret)
{
	const struct note_key *key = &o->view.key;
	struct buf all = BUF_INIT(NOTE_BYTES_MAX + ANSWER_MAX);
	const struct note_signature *s;
	bool found = false;
	struct note note;

	/* As the specification proposes: read what the checkpoint would be. */
	if (buf_append(&all, o->note.bytes, o->note.len, NULL) != 0 ||
	    buf_append(&all, o->reply.bytes, o->reply.len, NULL) != 0 ||
	    note_parse((const char *)all.bytes, all.len, &note, NULL) != 0 ||
	    note_check(&note, key, NULL) != NOTE_GOOD)
		goto out;
	for (size_t i = 0; i < note.signatures_len && !found; i++) {
		struct cut cut;
		uint64_t time_s;

		s = &note.signatures[i];
		if (s->id != key->id || s->name_len != strlen(key->name) ||
		    memcmp(s->name, key->name, s->name_len) != 0)
			continue;
		cut = CUT(s->bytes, s->bytes_len);
		time_s = cut_u64(&cut);
		found = !cut.failed && note_signature_print(key, time_s, cut.at,
							    ret, NULL) == 0;
	}
out:
	buf_free(&all);
	return found;
}

static int keep_line(struct worker *w, struct one *o, const struct buf *line,
		     struct err *err)
{
	struct ledger_witness_view *v = &o->view;
	struct ledger_witness_view before = *v;

	v->state = LEDGER_WITNESS_SIGNS;
	v->size = o->size;
	v->at_ms = worker_now(w);
	v->attempts = 0;
	v->next_ms = 0;
	v->told = false;
	if (store_begin(w->store, err) != 0)
		goto failed;
	if (ledger_add_signature(w->store, o->size, line->bytes, line->len,
				 err) != 0 ||
	    put_row(w, o, err) != 0) {
		store_roll_back(w->store);
		goto failed;
	}
	if (store_commit(w->store, err) != 0)
		goto failed;
	COUNT(w, witness_cosigned);
	if (before.state != LEDGER_WITNESS_SIGNS)
		LOG(LOG_LEVEL_INFO, "ledger.witness_signs",
		    LOG_NUM("witness", o->number), LOG_NUM("size", o->size));
	return 0;
failed:
	*v = before;
	return -1;
}

static int cosigned(struct worker *w, struct one *o, struct err *err)
{
	struct buf line = BUF_INIT(1024);
	struct err why = {0};
	int rc;

	o->again = false;
	if (own_line(o, &line))
		rc = keep_line(w, o, &line, &why);
	else
		rc = put_off(w, o, LEDGER_WITNESS_REFUSES, &why);
	buf_free(&line);
	if (rc == 0)
		return 0;
	/* A note that has no room for one more, or is gone. */
	if (why.kind == ERR_INPUT || why.kind == ERR_ABSENT)
		return put_off(w, o, LEDGER_WITNESS_AWAY, err);
	*err = why;
	return -1;
}

/* 409: it saw another size last.  Smaller than what it signed: it forgot.
 * Beyond what we ever signed, or not even told: it saw another history.  Else
 * it is shown a proof from there, at once, and once in a row. */
static int told_size(struct worker *w, struct one *o, struct err *err)
{
	struct ledger_witness_view *v = &o->view;

	v->told = o->tells_size && addcheckpoint_size_parse(
				       o->reply.bytes, o->reply.len, &v->seen);
	if (!v->told || v->seen > o->size)
		return put_off(w, o, LEDGER_WITNESS_SPLIT, err);
	if (v->seen < v->size)
		return put_off(w, o, LEDGER_WITNESS_FORGOT, err);
	/* It is at the very size it was shown, with another root. */
	if (v->seen == o->old_size && v->seen == o->size)
		return put_off(w, o, LEDGER_WITNESS_SPLIT, err);
	if (v->seen == o->old_size || o->again || w->stopping)
		return put_off(w, o, LEDGER_WITNESS_AWAY, err);
	o->again = true;
	return fly(w, o, v->seen, err);
}

static int settle(struct worker *w, struct one *o, struct err *err)
{
	o->answered = false;
	if (o->fate != HTTP_ANSWERED)
		return put_off(w, o, LEDGER_WITNESS_AWAY, err);
	switch (o->status) {
	case 200:
		return cosigned(w, o, err);
	case 409:
		return told_size(w, o, err);
	case 422:
		return put_off(w, o, LEDGER_WITNESS_SPLIT, err);
	case 400:
	case 403:
	case 404:
		return put_off(w, o, LEDGER_WITNESS_REFUSES, err);
	default:
		return put_off(w, o, LEDGER_WITNESS_AWAY, err);
	}
}

/* --- the step ------------------------------------------------------------- */

static int last_size(struct worker *w, uint64_t *ret, struct err *err)
{
	bool found = false;
	int64_t size = 0;

	if (store_one_int(w->store, last_sql, STORE_NO_ARGS, &size, &found,
			  err) != 0)
		return -1;
	*ret = found ? (uint64_t)size : 0;
	return 0;
}

/* What it saw last, as far as we know: never below what it signed. */
static uint64_t known_size(const struct one *o)
{
	const struct ledger_witness_view *v = &o->view;

	return v->told && v->seen > v->size ? v->seen : v->size;
}

static int move_on(struct worker *w, struct one *o, uint64_t last, bool *moved,
		   struct err *err)
{
	uint64_t old_size = known_size(o);

	if (o->under_way)
		return 0;
	if (o->answered) {
		*moved = true;
		return settle(w, o, err);
	}
	if (w->stopping || last == 0 ||
	    (last <= o->view.size && o->view.state == LEDGER_WITNESS_SIGNS) ||
	    o->view.next_ms > worker_now(w))
		return 0;
	*moved = true;
	/* Beyond our last one there is nothing to prove from: it is asked what
	 * it saw, and may have been set right. */
	return fly(w, o, old_size <= last ? old_size : o->view.size, err);
}

static bool any_answered(const struct ledger_witnesses *l)
{
	for (size_t i = 0; i < l->len; i++)
		if (l->all[i].answered)
			return true;
	return false;
}

int ledger_witness_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct ledger_witnesses *l = w->witnesses;
	uint64_t last = 0;

	if (l == NULL || l->len == 0 ||
	    (worker_boot(w) < l->look_boot_ms && !any_answered(l)))
		return 0;
	l->look_boot_ms = worker_boot(w) + LOOK_MS;
	if (last_size(w, &last, err) != 0)
		return -1;
	for (size_t i = 0; i < l->len; i++)
		if (move_on(w, &l->all[i], last, ret_moved, err) != 0)
			return -1;
	return 0;
}

int64_t ledger_witness_due_in_ms(const struct worker *w)
{
	const struct ledger_witnesses *l = w->witnesses;
	int64_t left;

	if (l == NULL || l->len == 0)
		return -1;
	left = any_answered(l) ? 0 : l->look_boot_ms - worker_boot(w);
	return left > 0 ? left : 0;
}
