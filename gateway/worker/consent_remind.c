/* consent_remind.c - questions asked once more. */
#include "consent_remind.h"

#include "autoreply.h"
#include "consent.h"
#include "content.h"
#include "figures.h"
#include "postern/caldate.h"
#include "postern/log.h"
#include "restriction.h"
#include "store/family.h"
#include "prove.h"

#define EVERY_MS  INT64_C(60000)
#define PAGE_ROWS 32
/* No question waits longer; a day more for clocks. */
#define PENDING_MAX_MS	 (INT64_C(8) * DAY_MS)
#define WORDING_TEXT_MAX (64u * 1024)

static const char pending_sql[] =
    "SELECT id,person,channel,at_ms,wording,language FROM consent_event"
    " WHERE kind='requested' AND purpose=? AND at_ms>=? AND (at_ms>? OR id>?)"
    " AND at_ms<=? AND until_ms>? ORDER BY at_ms,id LIMIT 32";
static const char reminded_sql[] =
    PERSON_FAMILY "SELECT 1 FROM consent_event WHERE kind='reminded' AND"
		  " person IN (SELECT id FROM family) AND purpose=? AND"
		  " channel=? AND at_ms>=? LIMIT 1";
static const char conversation_sql[] =
    PERSON_FAMILY "SELECT id,inbound_ms FROM conversation WHERE person IN"
		  " (SELECT id FROM family) AND channel=?"
		  " ORDER BY id DESC LIMIT 1";
static const char wording_sql[] =
    "SELECT text,name FROM wording WHERE sha256=?";

struct question {
	struct consent_of of;
	int64_t id, at_ms, conversation;
	uint8_t wording[32];
	char language[LANGUAGE_BYTES];
	bool has_wording;
};

/* --- may it be asked again? ----------------------------------------------- */

static bool window_open(const struct worker *w, const struct name *channel,
			int64_t inbound_ms, int64_t now_ms)
{
	int i = worker_channel_index(w, channel->text);
	const struct channel_driver *driver =
	    i >= 0 ? w->channels[i]->driver : NULL;

	return driver != NULL && ((driver->has & CHANNEL_HAS_WINDOW) == 0 ||
				  inbound_ms + driver->window_ms > now_ms);
}

/* Where it goes; conversation 0: nowhere, now. */
static int find_conversation(struct worker *w, struct question *q,
			     int64_t now_ms, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	q->conversation = 0;
	if (store_start(
		w->store, conversation_sql,
		STORE_ARGS(S_INT(q->of.person), S_TEXT(q->of.channel.text)),
		&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc > 0 && window_open(w, &q->of.channel,
				  store_column(w->store, rows, 1).num, now_ms))
		q->conversation = store_column(w->store, rows, 0).num;
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int judge(struct worker *w, struct question *q, int64_t now_ms,
		 bool *ret, struct err *err)
{
	bool reminded = false, restricted = false;
	struct consent_view view;
	int64_t one;

	*ret = false;
	if (!q->has_wording)
		return 0;
	if (consent_view_of(w, &q->of, CONSENT_NOW, &view, err) != 0)
		return -1;
	if (view.id != q->id) /* answered, or overtaken */
		return 0;
	if (store_one_int(
		w->store, reminded_sql,
		STORE_ARGS(S_INT(q->of.person), S_TEXT(q->of.purpose.text),
			   S_TEXT(q->of.channel.text), S_INT(q->at_ms)),
		&one, &reminded, err) != 0 ||
	    find_conversation(w, q, now_ms, err) != 0)
		return -1;
	if (reminded || q->conversation == 0)
		return 0;
	if (restriction_of(w, q->of.person, q->conversation, &restricted,
			   err) != 0)
		return -1;
	*ret = !restricted;
	return 0;
}

/* --- asking --------------------------------------------------------------- */

/* The text as it was shown, as the content of a message. */
static int make_content(struct worker *w, const struct question *q,
			struct buf *ret, bool *ret_there, struct err *err)
{
	struct content_automatic content = {.version =
						policy_version(w->policy)};
	struct store_rows *rows = NULL;
	struct store_value text;
	struct name name = {"ask"};
	int rc;

	if (store_start(w->store, wording_sql,
			STORE_ARGS(S_BLOB(q->wording, sizeof(q->wording))),
			&rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	*ret_there = rc > 0;
	if (rc > 0) {
		text = store_column(w->store, rows, 1);
		(void)name_set(&name, text.bytes, text.len);
		text = store_column(w->store, rows, 0);
		content.text = text.bytes;
		content.text_len = text.len;
		content.notice = name.text;
		rc = content_automatic(&content, ret, err);
	}
	store_finish(w->store, &rows);
	return rc < 0 ? -1 : 0;
}

static int write_rows(struct worker *w, const struct question *q,
		      const struct autoreply_row *row, const void *sealed,
		      size_t len, struct err *err)
{
	const struct consent_entry entry = {
	    .of = q->of,
	    .kind = "reminded",
	    .by = "controller",
	    .method = "reply",
	    .at_ms = row->at_ms,
	    .wording = q->wording,
	    .language = q->language[0] != '\0' ? q->language : NULL,
	    .prompt = row->message,
	};

	if (autoreply_put(w, row, sealed, len, err) != 0 ||
	    consent_add(w, &entry, err) != 0)
		return -1;
	return figure_add_of(w, q->of.person, q->of.channel.text,
			     "consent.reminded", q->of.purpose.text, err);
}

static int in_transaction(struct worker *w, const struct question *q,
			  const struct autoreply_row *row, const void *sealed,
			  size_t len, struct err *err)
{
	if (worker_begin(w, err) != 0)
		return -1;
	if (write_rows(w, q, row, sealed, len, err) != 0 ||
	    worker_commit(w, err) != 0) {
		worker_roll_back(w);
		return -1;
	}
	return 0;
}

static int ask(struct worker *w, const struct question *q, int64_t now_ms,
	       struct err *err)
{
	struct autoreply_row row = {
	    .message = worker_id(w),
	    .conversation = q->conversation,
	    .at_ms = now_ms,
	    .kind = "ask",
	    .key = {.person = q->of.person, .year = env_year(now_ms)},
	    .channel = &q->of.channel,
	};
	struct buf clear = BUF_INIT(WORDING_TEXT_MAX);
	struct keeper_batch *batch = NULL;
	const uint8_t *sealed = NULL;
	size_t slot, len = 0;
	bool there = false;
	int rc = -1;

	if (make_content(w, q, &clear, &there, err) != 0 ||
	    keeper_batch_new(w->keeper, &batch, err) != 0)
		goto out;
	if (!there ||
	    !autoreply_datenart(w, row.channel, SAY_ASK, &row.key.datenart)) {
		rc = 0; /* nothing to ask with, or nobody's channel */
		goto out;
	}
	slot = keeper_add_seal(batch, &row.key, row.message, FIELD_CONTENT,
			       clear.bytes, clear.len);
	if (keeper_run(batch, err) != 0 ||
	    keeper_result(batch, slot, &sealed, &len, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	rc = in_transaction(w, q, &row, sealed, len, err);
	if (rc == 0)
		LOG(LOG_LEVEL_INFO, "consent.reminded",
		    LOG_NAME("channel", row.channel));
out:
	keeper_batch_free(&batch);
	buf_free(&clear);
	return rc;
}

/* --- a round -------------------------------------------------------------- */

static bool read_question(struct worker *w, struct store_rows *rows,
			  const struct name *purpose, struct question *ret)
{
	struct store_value channel = store_column(w->store, rows, 2);
	struct store_value wording = store_column(w->store, rows, 4);

	*ret = (struct question){
	    .of = {.person = store_column(w->store, rows, 1).num,
		   .purpose = *purpose},
	    .id = store_column(w->store, rows, 0).num,
	    .at_ms = store_column(w->store, rows, 3).num,
	    .has_wording = wording.len == sizeof(ret->wording),
	};
	if (ret->has_wording)
		memcpy(ret->wording, wording.bytes, wording.len);
	return name_set(&ret->of.channel, channel.bytes, channel.len) &&
	       store_word(store_column(w->store, rows, 5), ret->language,
			  sizeof(ret->language));
}

/* The next ones of a purpose, by when they were asked; coarsely due. */
static int read_page(struct worker *w, const struct policy_purpose *p,
		     struct question all[PAGE_ROWS], size_t *ret_len,
		     bool *ret_full, struct err *err)
{
	int64_t until_ms = w->remind.until_ms, from_ms = w->remind.at_ms;
	int64_t least_ms = period_days_min(&p->reminder) * DAY_MS;
	struct store_rows *rows = NULL;
	int rc = 0;

	if (from_ms < until_ms - PENDING_MAX_MS)
		from_ms = until_ms - PENDING_MAX_MS;
	/* Of those of a backup nobody knows whether they were repeated. */
	if (from_ms < w->restored_ms)
		from_ms = w->restored_ms;
	*ret_len = 0;
	if (store_start(w->store, pending_sql,
			STORE_ARGS(S_TEXT(p->name.text), S_INT(from_ms),
				   S_INT(w->remind.at_ms), S_INT(w->remind.id),
				   S_INT(until_ms - least_ms + DAY_MS),
				   S_INT(until_ms)),
			&rows, err) != 0)
		return -1;
	while (*ret_len < PAGE_ROWS &&
	       (rc = store_step(w->store, rows, err)) > 0)
		*ret_len += read_question(w, rows, &p->name, &all[*ret_len]);
	store_finish(w->store, &rows);
	*ret_full = *ret_len == PAGE_ROWS;
	return rc < 0 ? -1 : 0;
}

/* Due since the last round and by this one? */
static bool is_due(const struct worker *w, const struct policy_purpose *p,
		   const struct question *q)
{
	int64_t due_ms = consent_after(w, &p->reminder, q->at_ms);

	return due_ms > w->remind.done_ms && due_ms <= w->remind.until_ms;
}

static int one_page(struct worker *w, const struct policy_purpose *p,
		    bool *ret_full, bool *ret_moved, struct err *err)
{
	struct question all[PAGE_ROWS];
	size_t len = 0;
	bool good;

	if (read_page(w, p, all, &len, ret_full, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++) {
		good = is_due(w, p, &all[i]);
		if (good &&
		    judge(w, &all[i], w->remind.until_ms, &good, err) != 0)
			return -1;
		if (good && ask(w, &all[i], w->remind.until_ms, err) != 0)
			return -1;
		*ret_moved = *ret_moved || good;
		w->remind.at_ms = all[i].at_ms;
		w->remind.id = all[i].id;
	}
	return 0;
}

int consent_remind(struct worker *w, int64_t now_ms, bool *ret_moved,
		   struct err *err)
{
	struct policy_purpose purpose;
	bool full = false;

	if (w->remind.until_ms == 0 && w->remind.boot != 0 &&
	    worker_boot(w) - w->remind.boot < EVERY_MS)
		return 0;
	/* A clock that was set back reminds nobody twice. */
	if (w->remind.until_ms == 0 && now_ms <= w->remind.done_ms)
		return 0;
	if (w->remind.until_ms == 0)
		w->remind.until_ms = now_ms;
	while (
	    policy_purpose_at(w->policy, w->remind.purpose, NULL, &purpose)) {
		if (purpose.has_reminder &&
		    one_page(w, &purpose, &full, ret_moved, err) != 0)
			return -1;
		if (full) /* the rest with the next step */
			return 0;
		w->remind.purpose++;
		w->remind.at_ms = w->remind.id = 0;
	}
	w->remind.done_ms = w->remind.until_ms;
	w->remind.until_ms = 0;
	w->remind.purpose = 0;
	w->remind.boot = worker_boot(w);
	return 0;
}
