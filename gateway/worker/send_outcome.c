/* send_outcome.c - what became of a row, written down.
 *
 * A row goes waiting -> unknown (durable, before the provider gets it) ->
 * gone, or back to waiting when it is known that nothing was sent, or dead.
 * A crash at any point leaves either a waiting row that was never handed
 * over, or an unknown one that only a status, or a person, settles: nothing
 * is sent twice.  Source: channels.md 1.4, 1.5, 5.6. */
#include "send.h"

#include "autoreply.h"
#include "consent.h"
#include "figures.h"
#include "notice.h"
#include "outbox.h"
#include "prove_message.h"
#include "postern/jsonmem.h"
#include "postern/lookup.h"
#include "postern/log.h"
#include "rates.h"
#include "ref.h"
#include "refkey.h"
#include "retry.h"
#include "prove.h"

#define SECOND_MS     INT64_C(1000)
#define MINUTE_MS     (60 * SECOND_MS)
#define BACKOFF_MS    SECOND_MS
#define BACKOFF_CAP   (10 * MINUTE_MS)
#define PAIR_CAP      (60 * MINUTE_MS)
#define CONFIG_MS     (5 * MINUTE_MS)
#define READ_ATTEMPTS 3
#define CONTENT_MAX   (8u * 1024 * 1024)

#define SQL_MARK                                                       \
	"UPDATE outbox SET state='unknown',attempts=?,next_ms=? WHERE" \
	" id=? AND state='waiting'"
#define SQL_WAIT                                                         \
	"UPDATE outbox SET state='waiting',attempts=?,next_ms=?,error=?" \
	" WHERE id=? AND state IN ('waiting','unknown')"
#define SQL_DELETE "DELETE FROM outbox WHERE id=?"
#define SQL_DEAD   "UPDATE outbox SET state='dead',reason=?,error=? WHERE id=?"
#define SQL_SENT                                                            \
	"UPDATE message SET content_sealed=? WHERE id=? AND content_sealed" \
	" IS NOT NULL RETURNING 1"
#define SQL_STATE                                           \
	"UPDATE message SET state=?,error=? WHERE id=? AND" \
	" state IN ('queued','unknown')"
#define SQL_MESSAGE_STATE                                              \
	"SELECT CASE WHEN state IN ('queued','unknown') THEN 0 ELSE 1" \
	" END FROM message WHERE id=?"
#define SQL_STATUS_CAME                                                 \
	"DELETE FROM outbox WHERE message=? AND kind='channel' AND "    \
	"type='send'"                                                   \
	" AND (state='unknown' OR (state='dead' AND reason='unknown'))" \
	" AND EXISTS (SELECT 1 FROM message WHERE id=?"                 \
	" AND state NOT IN ('queued','unknown'))"                       \
	" RETURNING conversation,destination"
#define SQL_UNSETTLED                                                    \
	"SELECT COUNT(*) FROM outbox WHERE message=? AND kind='channel'" \
	" AND state<>'waiting'"

/* Every change here is one transaction: body, then what follows in memory. */
typedef int (*change)(struct worker *w, const void *what, struct err *err);

static int in_transaction(struct worker *w, change body, const void *what,
			  struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (body(w, what, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return worker_commit(w, err);
}

/* --- ends of a row -------------------------------------------------------- */

struct end {
	const struct send_lane *lane;
	const char *state; /* new state of the message; NULL: as it is */
	const char *dead;  /* row stays, with this reason; NULL: deleted */
	const char *type, *detail; /* told to the helpdesk; NULL: nothing */
	int64_t error;
	int64_t withdrawn_by;	    /* person; 0: nobody */
	bool blocked;		    /* for want of the consent detail names */
	enum ledger_reason refused; /* by the policy */
};

static int end_message(struct worker *w, const struct end *end, struct err *err)
{
	static const char sql[] = SQL_STATE;

	if (end->state == NULL)
		return 0;
	if (strcmp(end->state, "failed") == 0 &&
	    notice_failed(w, end->lane->message, err) != 0)
		return -1;
	return store_run(
	    w->store, sql,
	    STORE_ARGS(S_TEXT(end->state),
		       end->error != 0 ? S_INT(end->error) : S_NULL,
		       S_INT(end->lane->message)),
	    err);
}

static int end_row(struct worker *w, const struct end *end, struct err *err)
{
	static const char delete[] = SQL_DELETE, dead[] = SQL_DEAD;

	if (end->dead == NULL)
		return store_run(w->store, delete,
				 STORE_ARGS(S_INT(end->lane->row)), err);
	return store_run(
	    w->store, dead,
	    STORE_ARGS(S_TEXT(end->dead),
		       end->error != 0 ? S_INT(end->error) : S_NULL,
		       S_INT(end->lane->row)),
	    err);
}

static const struct name *channel_of(const struct send_lane *lane)
{
	const struct worker *w = lane->queue->w;

	return &w->channels[lane->queue->channel]->name;
}

/* The person said stop to the provider.  Source: channels.md 1.6. */
static int withdraw(struct worker *w, const struct end *end, struct err *err)
{
	const struct consent_stop stop = {
	    .person = end->withdrawn_by,
	    .channel = *channel_of(end->lane),
	    .source = "error_131050",
	    .by = "subject",
	    .method = "provider",
	    .at_ms = worker_now(w),
	};

	if (consent_withdraw_marketing(w, &stop, err) != 0)
		return -1;
	return consent_suppress(w, stop.person, CONSENT_MARKETING,
				&stop.channel, stop.source, stop.at_ms, err);
}

static int end_body(struct worker *w, const void *what, struct err *err)
{
	const struct end *end = what;

	if (end_message(w, end, err) != 0 || end_row(w, end, err) != 0)
		return -1;
	if (end->withdrawn_by != 0 && withdraw(w, end, err) != 0)
		return -1;
	if (end->refused != LEDGER_R_NONE &&
	    send_prove_refused(end->lane, end->refused, err) != 0)
		return -1;
	if (end->blocked &&
	    figure_add(w, channel_of(end->lane)->text, "send.blocked",
		       end->detail, 1, err) != 0)
		return -1;
	if (end->type == NULL)
		return 0;
	return outbox_tell(w, end->lane->conversation, end->lane->message,
			   end->type, end->detail, err);
}

static int end_lane(struct send_lane *lane, const struct end *end,
		    struct err *err)
{
	struct worker *w = lane->queue->w;

	if (in_transaction(w, end_body, end, err) != 0)
		return -1;
	return send_lane_advance(lane, err);
}

static int fail_as(struct send_lane *lane, const char *reason, struct end *end,
		   struct err *err)
{
	struct worker *w = lane->queue->w;

	if (!lane->read) {
		end->state = "failed";
		end->type = "message.undelivered";
		end->detail = reason;
		COUNT(w, send_failed);
	}
	LOG(LOG_LEVEL_WARN, "send.failed",
	    LOG_NAME("channel", channel_of(lane)), log_table("reason", reason),
	    LOG_NUM("error", end->error));
	return end_lane(lane, end, err);
}

static int fail(struct send_lane *lane, const char *reason, const char *dead,
		const struct send_flight *f, struct err *err)
{
	struct end end = {
	    .lane = lane, .dead = dead, .error = f->outcome.error};

	if (f->outcome.withdraw_marketing)
		end.withdrawn_by = f->person;
	return fail_as(lane, reason, &end, err);
}

/* Nothing reached the provider.  Source: compliance 9, C1, W4. */
static int blocked(struct send_lane *lane, const struct send_refusal *refusal,
		   struct err *err)
{
	struct worker *w = lane->queue->w;
	const struct end end = {.lane = lane,
				.state = "failed",
				.type = "message.undelivered",
				.detail = refusal->reason,
				.refused = refusal->refused,
				.blocked = true};

	COUNT(w, send_failed);
	LOG(LOG_LEVEL_INFO, "send.blocked",
	    LOG_NAME("channel", channel_of(lane)),
	    log_table("reason", refusal->reason));
	return end_lane(lane, &end, err);
}

int send_settle_refusal(struct send_lane *lane,
			const struct send_refusal *refusal, struct err *err)
{
	struct end end = {.lane = lane, .refused = refusal->refused};

	if (refusal->gone)
		return end_lane(lane, &end, err);
	return refusal->blocked ? blocked(lane, refusal, err)
				: fail_as(lane, refusal->reason, &end, err);
}

/* --- before the call ------------------------------------------------------ */

struct marks {
	struct send_flight *const *flights;
	size_t len;
};

static int mark_body(struct worker *w, const void *what, struct err *err)
{
	static const char sql[] = SQL_MARK;
	const struct marks *marks = what;
	int64_t until_ms = worker_now(w) + SEND_UNKNOWN_MS;

	for (size_t i = 0; i < marks->len; i++) {
		const struct send_lane *lane = marks->flights[i]->lane;

		if (store_run(w->store, sql,
			      STORE_ARGS(S_INT(lane->attempts + 1),
					 S_INT(until_ms), S_INT(lane->row)),
			      err) != 0)
			return -1;
	}
	return 0;
}

int send_mark_unknown(struct worker *w, struct send_flight *const *flights,
		      size_t len, struct err *err)
{
	const struct marks marks = {flights, len};

	if (len == 0)
		return 0;
	return in_transaction(w, mark_body, &marks, err);
}

/* --- back to waiting ------------------------------------------------------ */

struct again {
	const struct send_lane *lane;
	int64_t wait_ms, error;
};

static int again_body(struct worker *w, const void *what, struct err *err)
{
	static const char sql[] = SQL_WAIT;
	const struct again *again = what;

	return store_run(
	    w->store, sql,
	    STORE_ARGS(S_INT(again->lane->attempts),
		       S_INT(worker_now(w) + again->wait_ms),
		       again->error != 0 ? S_INT(again->error) : S_NULL,
		       S_INT(again->lane->row)),
	    err);
}

static int wait_again(struct send_lane *lane, int64_t wait_ms, int64_t error,
		      struct err *err)
{
	const struct again again = {lane, wait_ms, error};

	if (in_transaction(lane->queue->w, again_body, &again, err) != 0)
		return -1;
	send_flight_free(&lane->flight);
	lane->state = LANE_WAITING;
	send_lane_due(lane, wait_ms);
	return 0;
}

int send_put_back(struct send_lane *lane, int64_t wait_ms, struct err *err)
{
	return wait_again(lane, wait_ms, 0, err);
}

/* --- what answers lead to ------------------------------------------------- */

/* 4^n seconds (channels.md 5.6), for this person alone. */
static int64_t pair_wait_ms(int64_t attempts)
{
	int64_t wait = SECOND_MS;

	for (int64_t i = 0; i < attempts && wait < PAIR_CAP; i++)
		wait *= 4;
	return wait < PAIR_CAP ? wait : PAIR_CAP;
}

static int64_t attempts_max(const struct send_flight *f)
{
	int64_t most = f->w->settings->limits.attempts_max;

	if (f->lane->read)
		most = READ_ATTEMPTS;
	if (f->outcome.attempts_max > 0 && f->outcome.attempts_max + 1 < most)
		most = f->outcome.attempts_max + 1;
	return most;
}

/* A read receipt is worth a few tries and no more. */
static bool is_patient(const struct send_flight *f)
{
	const struct send_lane *lane = f->lane;

	return f->outcome.too_fast && !lane->read &&
	       worker_now(f->w) - lane->created_ms <= SEND_LIFE_MS;
}

/* Did this answer cost an attempt?  Not when the message did nothing wrong;
 * an upload only if it failed: the call itself is still to come. */
static bool costs(const struct send_flight *f)
{
	if (f->outcome.class == CLASS_CONFIG || is_patient(f))
		return false;
	return f->phase == SEND_CALL || f->outcome.class != CLASS_OK;
}

static int64_t named_wait_ms(const struct send_flight *f)
{
	int64_t named = f->outcome.wait_ms;

	return named < SEND_NAMED_MAX ? named : SEND_NAMED_MAX;
}

/* How long the channel rests is not the message's affair: the one that was
 * told is the probe, unless a longer time was named to it. */
static int too_fast(struct send_flight *f, struct err *err)
{
	struct send_lane *lane = f->lane;
	int64_t wait_ms = 0, named_ms = named_wait_ms(f);

	COUNT(f->w, send_retries);
	lane->too_fast++;
	if (f->outcome.pair_only)
		wait_ms = pair_wait_ms(lane->too_fast);
	else
		send_pace_too_fast(lane->queue, named_ms);
	return wait_again(lane, named_ms > wait_ms ? named_ms : wait_ms,
			  f->outcome.error, err);
}

static int retry(struct send_flight *f, struct err *err)
{
	struct send_lane *lane = f->lane;
	int64_t wait_ms;

	COUNT(f->w, send_retries);
	if (f->outcome.pair_only) {
		wait_ms = pair_wait_ms(lane->attempts);
		if (named_wait_ms(f) > wait_ms)
			wait_ms = named_wait_ms(f);
	} else {
		if (f->outcome.too_fast)
			send_pace_too_fast(lane->queue, f->outcome.wait_ms);
		else
			send_pace_rest(lane->queue, f->outcome.wait_ms);
		wait_ms = retry_wait_ms(f->w->env, lane->attempts, BACKOFF_MS,
					BACKOFF_CAP, named_wait_ms(f));
	}
	if (lane->attempts >= attempts_max(f))
		return fail(lane, "attempts", lane->read ? NULL : "attempts", f,
			    err);
	return wait_again(lane, wait_ms, f->outcome.error, err);
}

static int config(struct send_flight *f, struct err *err)
{
	struct send_queue *q = f->lane->queue;

	LOG(LOG_LEVEL_ERROR, "send.stopped",
	    LOG_NAME("channel", &f->w->channels[q->channel]->name),
	    LOG_NUM("error", f->outcome.error), LOG_NUM("again_ms", CONFIG_MS));
	q->pause_boot = worker_boot(f->w) + CONFIG_MS;
	return wait_again(f->lane, CONFIG_MS, f->outcome.error, err);
}

static int unknown(struct send_flight *f, struct err *err)
{
	struct send_lane *lane = f->lane;
	const struct channel_driver *driver =
	    f->w->channels[lane->queue->channel]->driver;

	send_pace_rest(lane->queue, f->outcome.wait_ms);
	send_flight_free(&lane->flight);
	lane->state = LANE_UNKNOWN;
	send_lane_due(lane, SEND_UNKNOWN_MS);
	/* The status may have been quicker than the end of the call. */
	return send_settle_unknown(
	    lane, (driver->has & CHANNEL_HAS_ECHO_REF) == 0, err);
}

/* --- sent ----------------------------------------------------------------- */

struct sent {
	struct send_flight *f;
	const uint8_t *content, *ref;
	size_t content_len;
};

/* What was forgotten meanwhile stays so. */
static int sent_content(struct worker *w, const struct sent *sent,
			struct err *err)
{
	static const char sql[] = SQL_SENT;
	const int64_t message = sent->f->lane->message;
	const struct store_value sealed =
	    S_BLOB(sent->content, sent->content_len);
	bool changed = false;
	int64_t one;

	if (store_one_int(w->store, sql, STORE_ARGS(sealed, S_INT(message)),
			  &one, &changed, err) != 0)
		return -1;
	return changed ? prove_message(w, LEDGER_CHANGED, message, sealed, err)
		       : 0;
}

static int sent_body(struct worker *w, const void *what, struct err *err)
{
	const struct sent *sent = what;
	const struct send_lane *lane = sent->f->lane;
	const struct end end = {.lane = lane,
				.state = "sent",
				.type = "message.status",
				.detail = "sent"};
	bool fresh;

	if (sent_content(w, sent, err) != 0 ||
	    lookup_ref_put(w->store, sent->ref, lane->message, &fresh, err) !=
		0 ||
	    rates_moved(w, lane->message, end.state, err) != 0)
		return -1;
	return end_body(w, &end, err);
}

/* Seals the content with the provider's id in it, and hashes the id. */
static int seal_sent(struct send_flight *f, struct keeper_batch *batch,
		     struct sent *ret, struct err *err)
{
	const struct settings_channel *conf =
	    &f->w->settings->channels[f->lane->queue->channel];
	const struct channel_driver *driver =
	    f->w->channels[f->lane->queue->channel]->driver;
	struct buf text = BUF_INIT(CONTENT_MAX);
	size_t content, ref, len = 0;

	if (json_object_set_new(f->content, "id", json_string(f->outcome.id)) !=
	    0)
		return ERR_SET(err, ERR_NOMEM, "no memory for content", 0);
	if (jsonmem_print(f->content, JSON_COMPACT, &text, err) != 0) {
		buf_free(&text);
		return -1;
	}
	content = keeper_add_seal(batch, &f->key_ref, f->lane->message,
				  FIELD_CONTENT, text.bytes, text.len);
	buf_free(&text);
	ref = ref_add(batch, refkey_account(conf, driver), f->outcome.id, NULL);
	prove_ask(f->w, batch);
	if (keeper_run(batch, err) != 0 || prove_take(f->w, batch, err) != 0 ||
	    keeper_result(batch, content, &ret->content, &ret->content_len,
			  err) != 0 ||
	    keeper_result(batch, ref, &ret->ref, &len, err) != 0)
		return -1;
	if (len < REF_HASH_BYTES)
		return ERR_SET(err, ERR_CORRUPT, "hash too short", 0);
	return 0;
}

static int sent(struct send_flight *f, struct err *err)
{
	struct send_lane *lane = f->lane;
	struct worker *w = f->w;
	struct keeper_batch *batch = NULL;
	struct sent what = {.f = f};
	const struct end end = {.lane = lane};
	int rc = -1;

	send_pace_good(lane->queue);
	if (lane->read)
		return end_lane(lane, &end, err);
	if (keeper_batch_new(w->keeper, &batch, err) != 0)
		return -1;
	if (send_prove_sent(f, err) != 0)
		goto out;
	if (seal_sent(f, batch, &what, err) != 0) {
		/* Forgotten meanwhile: nothing is left to write it to. */
		if (err->kind == ERR_ABSENT || err->kind == ERR_INPUT)
			rc = end_lane(lane, &end, err);
		goto out;
	}
	if (in_transaction(w, sent_body, &what, err) != 0)
		goto out;
	COUNT(w, sent);
	autoreply_log_sent(&f->channel, f->kind, f->content);
	rc = send_lane_advance(lane, err);
out:
	/* It is settled again, and told then. */
	if (rc != 0)
		prove_drop(w);
	keeper_batch_free(&batch);
	return rc;
}

/* --- the upload before ---------------------------------------------------- */

static int uploaded(struct send_flight *f, struct err *err)
{
	struct send_attachment *a = &f->attachment;
	struct send_refusal why = {0};

	sealedfile_close(&a->open);
	/* While it was uploaded the person may have said stop. */
	if (send_judge(f, &why, err) != 0)
		return -1;
	if (why.reason != NULL)
		return send_settle_refusal(f->lane, &why, err);
	if (send_mark_unknown(f->w, &f, 1, err) != 0)
		return -1;
	memcpy(a->media_id, f->outcome.id, sizeof(a->media_id));
	f->act.media_id = a->media_id;
	f->act.kind = CHANNEL_SEND_MEDIA;
	f->phase = SEND_CALL;
	/* Until it started this holds: nothing was sent, try again. */
	f->outcome =
	    (struct channel_outcome){.class = CLASS_RETRY, .wait_ms = -1};
	if (send_flight_start(f, err) == 0) {
		f->lane->queue->flying++;
		return 0;
	}
	if (err->kind == ERR_INPUT)
		return fail(f->lane, "unusable", NULL, f, err);
	return send_put_back(f->lane, SECOND_MS, err);
}

int send_settle_answer(struct send_flight *f, struct err *err)
{
	struct send_lane *lane = f->lane;

	/* Settled twice if the archive is busy: only count once. */
	if (!f->counted && costs(f))
		lane->attempts++;
	f->counted = true;
	switch (f->outcome.class) {
	case CLASS_OK:
		if (f->phase == SEND_CALL)
			return sent(f, err);
		f->counted = false;
		return uploaded(f, err);
	case CLASS_RETRY:
	case CLASS_RETRY_NEW_URL:
		return is_patient(f) ? too_fast(f, err) : retry(f, err);
	case CLASS_RETRY_UNKNOWN:
		if (f->phase == SEND_CALL && !lane->read)
			return unknown(f, err);
		return retry(f, err);
	case CLASS_WINDOW_CLOSED:
		return fail(lane, "window_closed", NULL, f, err);
	case CLASS_PERMANENT:
		return fail(lane, "permanent", NULL, f, err);
	case CLASS_CONFIG:
		return config(f, err);
	}
	return ERR_SET(err, ERR_CORRUPT, "no such class", 0);
}

/* --- unknown outcomes ----------------------------------------------------- */

int send_settle_unknown(struct send_lane *lane, bool expired, struct err *err)
{
	static const char sql[] = SQL_MESSAGE_STATE;
	struct worker *w = lane->queue->w;
	struct end end = {.lane = lane};
	int64_t settled = 0;
	bool found = false;

	if (store_one_int(w->store, sql, STORE_ARGS(S_INT(lane->message)),
			  &settled, &found, err) != 0)
		return -1;
	/* Told already, by the status that settled it; or forgotten. */
	if (!found || settled != 0)
		return end_lane(lane, &end, err);
	if (!expired)
		return 0;
	end.state = "unknown";
	end.dead = "unknown";
	end.type = "message.undelivered";
	end.detail = "unknown";
	COUNT(w, send_failed);
	LOG(LOG_LEVEL_WARN, "send.unknown",
	    LOG_NAME("channel", &w->channels[lane->queue->channel]->name));
	return end_lane(lane, &end, err);
}

static int status_body(struct worker *w, const void *what, struct err *err)
{
	static const char sql[] = SQL_STATUS_CAME;
	const int64_t *message = what;
	struct store_rows *rows = NULL;
	struct name channel = {""};
	int64_t conversation = 0;
	struct store_value name;
	int rc;

	if (store_start(w->store, sql,
			STORE_ARGS(S_INT(*message), S_INT(*message)), &rows,
			err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0) {
		conversation = store_column(w->store, rows, 0).num;
		name = store_column(w->store, rows, 1);
		if (!name_set(&channel, name.bytes, name.len))
			rc = ERR_SET(err, ERR_CORRUPT, "channel is no name", 0);
	}
	store_finish(w->store, &rows);
	return rc > 0 ? send_prove_settled(w, *message, conversation, &channel,
					   err)
		      : rc;
}

int send_settle_status(struct worker *w, int64_t message, struct err *err)
{
	static const char sql[] = SQL_UNSETTLED;
	int64_t count = 0;
	bool found = false;

	/* Most statuses settle nothing: no commit for those. */
	if (store_one_int(w->store, sql, STORE_ARGS(S_INT(message)), &count,
			  &found, err) != 0)
		return -1;
	if (count == 0)
		return 0;
	return in_transaction(w, status_body, &message, err);
}
