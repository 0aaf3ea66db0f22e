/* status.c - what became of our messages.
 *
 * Statuses come in any order and more than once: sent < delivered < read <
 * played, never back.  failed ends a message unless a later delivered or read
 * arrives.  Source: channels.md 5.4. */
#include "consent_receive.h"
#include "notice.h"
#include "outbox.h"
#include "postern/lookup.h"
#include "rates.h"

#define WATERMARK_MESSAGES_MAX 100

static const struct {
	const char *word;  /* the provider's */
	const char *state; /* ours */
	int rank;
} ranks[] = {
    {"queued", "queued", 0}, {"unknown", "unknown", 0},	    {"sent", "sent", 1},
    {"failed", "failed", 1}, {"delivered", "delivered", 2}, {"read", "read", 3},
    {"viewed", "read", 3},   {"played", "played", 4},
};

static int rank_of(const char *word, const char **ret_state)
{
	for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++)
		if (strcmp(ranks[i].word, word) == 0) {
			*ret_state = ranks[i].state;
			return ranks[i].rank;
		}
	return -1;
}

const char *status_next(const char *state, const char *status)
{
	const char *now = NULL, *next = NULL;
	int from = rank_of(state, &now), to = rank_of(status, &next);

	if (from < 0 || to < 1)
		return NULL;
	/* A message that was only sent can still fail, once. */
	if (strcmp(next, "failed") == 0)
		return from <= 1 && strcmp(now, "failed") != 0 ? next : NULL;
	return to > from ? next : NULL;
}

struct ours {
	int64_t id, conversation;
	char state[16];
};

/* Our message of this id; ret->id 0 when it is not ours or gone. */
static int find_ours(struct batch *b, int64_t id, struct ours *ret,
		     struct err *err)
{
	static const char sql[] = "SELECT conversation, state FROM message"
				  " WHERE id=? AND direction='out'";
	struct store *st = b->w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	*ret = (struct ours){0};
	if (id == 0)
		return 0;
	if (store_start(st, sql, STORE_ARGS(S_INT(id)), &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		v = store_column(st, rows, 1);
		if (v.len < sizeof(ret->state)) {
			ret->id = id;
			ret->conversation = store_column(st, rows, 0).num;
			memcpy(ret->state, v.bytes, v.len);
		}
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

static int settled_add(struct batch *b, int64_t message, struct err *err)
{
	size_t size = b->settled_size > 0 ? 2 * b->settled_size : 64;
	int64_t *settled;

	if (b->settled_len == b->settled_size) {
		settled = realloc(b->settled, size * sizeof(*settled));
		if (settled == NULL)
			return ERR_SET(err, ERR_NOMEM, "statuses", 0);
		b->settled = settled;
		b->settled_size = size;
	}
	b->settled[b->settled_len++] = message;
	return 0;
}

static int apply(struct batch *b, const struct ours *ours, const char *status,
		 int64_t error, struct err *err)
{
	static const char sql[] = "UPDATE message SET state=?, error=?"
				  " WHERE id=?";
	const char *next = status_next(ours->state, status);
	bool failed;

	if (next == NULL)
		return 0;
	failed = strcmp(next, "failed") == 0;
	if (failed && notice_failed(b->w, ours->id, err) != 0)
		return -1;
	if (rates_moved(b->w, ours->id, next, err) != 0)
		return -1;
	if (store_run(b->w->store, sql,
		      STORE_ARGS(S_TEXT(next),
				 failed && error != 0 ? S_INT(error) : S_NULL,
				 S_INT(ours->id)),
		      err) != 0)
		return -1;
	return outbox_tell(b->w, ours->conversation, ours->id,
			   failed ? "message.undelivered" : "message.status",
			   next, err);
}

/* Remembers a key for a message; *ret_new false: it was known. */
static int remember(struct batch *b, size_t slot, int64_t message,
		    bool *ret_new, struct err *err)
{
	uint8_t hash[REF_HASH_BYTES];

	*ret_new = true;
	if (slot == NO_SLOT)
		return 0;
	if (refkey_get(b->indexed, slot, hash, err) != 0)
		return err->kind == ERR_INPUT ? 0 : keeper_failed(err);
	return lookup_ref_put(b->w->store, hash, message, ret_new, err);
}

int archive_status(struct batch *b, struct step *s, struct err *err)
{
	const struct event *e = s->event;
	const char *status = e->kind == EVENT_READ		   ? "read"
			     : e->kind == EVENT_DELIVERY_WATERMARK ? "delivered"
								   : e->status;
	struct err ignored;
	struct ours ours = {0};
	int64_t id = 0;
	bool fresh = true;

	/* Our own reference names the message even when the answer that
	 * carried the provider's id was lost. */
	if (e->ref != NULL && id_parse(&b->w->mask, ID_MESSAGE, e->ref,
				       strlen(e->ref), &id, &ignored) != 0)
		id = 0;
	if (find_ours(b, id != 0 ? id : s->target, &ours, err) != 0)
		return -1;
	if (ours.id == 0 || status == NULL) {
		b->counts.ignored++;
		return 0;
	}
	if (remember(b, s->ref_slot, ours.id, &fresh, err) != 0)
		return -1;
	if (!fresh) {
		b->counts.duplicates++;
		return 0;
	}
	if (s->target == 0 &&
	    remember(b, s->target_slot, ours.id, &fresh, err) != 0)
		return -1;
	if (settled_add(b, ours.id, err) != 0)
		return -1;
	if (e->withdraw_marketing &&
	    consent_stopped_there(b, ours.conversation, &s->item->channel,
				  s->item->received_ms, err) != 0)
		return -1;
	return apply(b, &ours, status, e->error, err);
}

/* --- watermarks ----------------------------------------------------------- */

struct watermark {
	int64_t ids[WATERMARK_MESSAGES_MAX];
	size_t len;
};

static int id_descending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x < y) - (x > y);
}

/* Is it one of ours that the watermark moves? */
static int take(struct batch *b, const struct step *s, int64_t id,
		struct watermark *mark, struct err *err)
{
	static const char sql[] =
	    "SELECT id FROM message WHERE id=? AND direction='out'"
	    " AND state IN ('sent','delivered') AND received_ms<=?";
	int64_t found_id = 0;
	bool found = false;

	if (store_one_int(b->w->store, sql,
			  STORE_ARGS(S_INT(id), S_INT(s->event->watermark_ms)),
			  &found_id, &found, err) != 0)
		return -1;
	if (found)
		mark->ids[mark->len++] = found_id;
	return 0;
}

/* The newest of one conversation. */
static int collect(struct batch *b, const struct step *s, int64_t conversation,
		   struct watermark *mark, struct err *err)
{
	int64_t ids[WATERMARK_MESSAGES_MAX], before = INT64_MAX;
	size_t len;

	do {
		if (lookup_conversation(b->w->store, conversation, before, ids,
					WATERMARK_MESSAGES_MAX, &len, err) != 0)
			return -1;
		for (size_t i = 0;
		     i < len && mark->len < WATERMARK_MESSAGES_MAX; i++)
			if (take(b, s, ids[i], mark, err) != 0)
				return -1;
		before = len > 0 ? ids[len - 1] : 0;
	} while (len == WATERMARK_MESSAGES_MAX &&
		 mark->len < WATERMARK_MESSAGES_MAX);
	return 0;
}

/* The newest of all conversations of a person on a channel. */
static int collect_all(struct batch *b, const struct step *s,
		       struct watermark *ret, struct err *err)
{
	static const char sql[] =
	    "SELECT id FROM conversation WHERE person=? AND channel=?";
	struct store *st = b->w->store;
	struct store_rows *rows = NULL;
	struct watermark one;
	int64_t all[2 * WATERMARK_MESSAGES_MAX];
	int rc;

	if (store_start(
		st, sql,
		STORE_ARGS(S_INT(s->person), S_TEXT(s->item->channel.text)),
		&rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		one.len = 0;
		rc = collect(b, s, store_column(st, rows, 0).num, &one, err);
		if (rc != 0)
			break;
		memcpy(all, ret->ids, ret->len * sizeof(all[0]));
		memcpy(all + ret->len, one.ids, one.len * sizeof(all[0]));
		ret->len += one.len;
		qsort(all, ret->len, sizeof(all[0]), id_descending);
		if (ret->len > WATERMARK_MESSAGES_MAX)
			ret->len = WATERMARK_MESSAGES_MAX;
		memcpy(ret->ids, all, ret->len * sizeof(all[0]));
	}
	store_finish(st, &rows);
	return rc;
}

/* Everything we sent to this person until then, as far as it fits. */
int archive_watermark(struct batch *b, struct step *s, struct err *err)
{
	const char *status =
	    s->event->kind == EVENT_READ ? "read" : "delivered";
	struct watermark mark = {.len = 0};
	struct ours ours;

	if (s->person == 0) {
		b->counts.ignored++;
		return 0;
	}
	if (collect_all(b, s, &mark, err) != 0)
		return -1;
	for (size_t i = mark.len; i-- > 0;) /* oldest first */
		if (find_ours(b, mark.ids[i], &ours, err) != 0 ||
		    apply(b, &ours, status, 0, err) != 0)
			return -1;
	return 0;
}
