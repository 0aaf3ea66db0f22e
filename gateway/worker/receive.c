/* receive.c - spool to archive, a batch at a time.
 *
 * The spool position moves in the transaction that archives a batch, so a
 * process that dies at any point archives every body once in effect.  What
 * happens after the commit (waking, unlinking, trimming) may be lost in a
 * crash: it is done again by the next batch or at the next start. */
#include "inbound.h"
#include "notice.h"
#include "postern/log.h"
#include "postern/lookup.h"
#include "quarantine.h"
#include "prove.h"
#include "sweepclock.h"

/* Tombstones live as long as a provider may still repeat. channels.md 1.6 */
#define TOMBSTONE_KEEP_MS  (INT64_C(7) * 24 * 3600 * 1000)
#define TOMBSTONE_SWEEP_MS (INT64_C(3600) * 1000)
#define EMPTY_EVERY_MS	   1000

void receive_close(struct receive **rp)
{
	struct receive *r = *rp;

	*rp = NULL;
	if (r == NULL)
		return;
	spool_reader_close(&r->reader);
	sodium_memzero(r->seen_key, sizeof(r->seen_key));
	notices_free(&r->notices);
	free(r->items);
	free(r->seen);
	free(r);
}

static int read_position(struct worker *w, struct spool_position *ret,
			 struct err *err)
{
	bool found = false;

	*ret = (struct spool_position){0};
	if (meta_get_u64(w->store, "spool_segment", &ret->segment, &found,
			 err) != 0)
		return -1;
	return meta_get_u64(w->store, "spool_offset", &ret->offset, &found,
			    err);
}

int receive_open(struct worker *w, struct receive **ret, struct err *err)
{
	struct receive *r = calloc(1, sizeof(*r));
	struct spool_position from;
	int rc = -1;

	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "receive", 0);
	r->items = calloc(RECEIVE_ITEMS_MAX, sizeof(*r->items));
	r->seen = calloc(PROFILE_SEEN_SLOTS, sizeof(*r->seen));
	r->notices = notices_new();
	if (r->items == NULL || r->seen == NULL || r->notices == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "receive", 0);
		goto out;
	}
	w->env->random(w->env, r->seen_key, sizeof(r->seen_key));
	if (unlink_pending(w, err) != 0 || read_position(w, &from, err) != 0 ||
	    spool_reader_open(w->settings->dir, from, &r->reader, err) != 0)
		goto out;
	*ret = r;
	r = NULL;
	rc = 0;
out:
	receive_close(&r);
	return rc;
}

uint64_t receive_backlog_bytes(const struct worker *w)
{
	return w->receive != NULL ? spool_backlog_bytes(w->receive->reader) : 0;
}

bool receive_behind(const struct worker *w)
{
	return w->receive != NULL &&
	       (w->receive->items_len > 0 || receive_backlog_bytes(w) > 0);
}

/* --- one batch ------------------------------------------------------------ */

static int in_transaction(struct batch *b, struct err *err)
{
	if (worker_begin(b->w, err) != 0)
		return -1;
	if (batch_plan(b, err) != 0 || batch_seal(b, err) != 0 ||
	    batch_archive(b, err) != 0 || worker_commit(b->w, err) != 0) {
		worker_roll_back(b->w);
		/* What the plan took for written is not. */
		sodium_memzero(b->w->receive->seen,
			       PROFILE_SEEN_SLOTS *
				   sizeof(*b->w->receive->seen));
		notices_forget(b->w->receive->notices);
		return -1;
	}
	return 0;
}

static void count(struct batch *b)
{
	struct worker *w = b->w;

	COUNT(w, batches);
	COUNT_ADD(w, received_bodies, b->items_len);
	COUNT_ADD(w, received_events, b->counts.events);
	COUNT_ADD(w, messages_stored, b->counts.stored);
	COUNT_ADD(w, duplicates, b->counts.duplicates);
	COUNT_ADD(w, ignored_events, b->counts.ignored);
	COUNT_ADD(w, foreign_account, b->counts.foreign);
	COUNT_ADD(w, quarantined, b->counts.quarantined);
	COUNT_ADD(w, persons_joined, b->identity.joined);
	COUNT_ADD(w, persons_split, b->identity.split);
	if (b->counts.foreign > 0)
		LOG(LOG_LEVEL_WARN, "receive.foreign_account",
		    LOG_NUM("events", b->counts.foreign));
	for (size_t i = 0; i < b->items_len && b->counts.quarantined > 0; i++)
		if (b->items[i].quarantine != NULL)
			LOG(LOG_LEVEL_WARN, "receive.quarantined",
			    LOG_NUM("record", b->items[i].quarantine_id),
			    LOG_NUM("bytes", b->items[i].clear_len),
			    log_table("reason", b->items[i].quarantine));
}

/* Pages of the log still have, sealed, what was erased.  It is emptied once a
 * second at most: what edits a lot must not slow down everybody. */
static void empty_log(struct worker *w)
{
	struct receive *r = w->receive;
	struct err err = {0};

	if (!r->log_dirty || worker_boot(w) - r->emptied_ms < EMPTY_EVERY_MS)
		return;
	r->emptied_ms = worker_boot(w);
	r->log_dirty = false;
	if (store_checkpoint(w->store, &err) == 0)
		return;
	/* Somebody reads it: again in a second. */
	r->log_dirty = err.kind == ERR_BUSY;
	LOG(LOG_LEVEL_WARN, "receive.log_kept", LOG_ERR(&err));
}

static int after_commit(struct batch *b, struct err *err)
{
	struct worker *w = b->w;

	count(b);
	batch_hand_over(b);
	if (b->media)
		media_wake(w);
	for (size_t i = 0; i < b->settled_len; i++)
		send_settled(w, b->settled[i]);
	w->receive->log_dirty |= b->erased;
	empty_log(w);
	return b->unlinked.len > 0 ? unlink_pending(w, err) : 0;
}

static int run(struct batch *b, struct err *err)
{
	if (batch_open(b, err) != 0 || batch_index(b, err) != 0 ||
	    in_transaction(b, err) != 0)
		return -1;
	return 0;
}

/* Segments that are archived go, and the spool keys nobody needs with them.
 * Failing is no harm: the next round does it. */
static void trim(struct worker *w, struct spool_position archived)
{
	struct receive *r = w->receive;
	struct keeper_batch *forget = NULL;
	struct err err = {0};
	uint32_t pair = 0;

	if (archived.segment <= r->trimmed_segment)
		return;
	if (spool_trim(r->reader, archived, &pair, &err) != 0)
		goto out;
	if (pair > r->oldest_pair) {
		if (keeper_batch_new(w->keeper, &forget, &err) != 0)
			goto out;
		(void)keeper_add_forget_spool(forget, pair); /* the one slot */
		if (keeper_run(forget, &err) != 0)
			goto out;
		r->oldest_pair = pair;
	}
	r->trimmed_segment = archived.segment;
out:
	if (err.kind != ERR_NONE)
		LOG(LOG_LEVEL_WARN, "receive.trim_failed", LOG_ERR(&err));
	keeper_batch_free(&forget);
}

static int sweep_tombstones(struct worker *w, struct err *err)
{
	static const char sql[] = "DELETE FROM tombstone WHERE at_ms<?";
	struct receive *r = w->receive;
	int64_t now_ms = worker_now(w);
	bool good = false;

	if (r->tombstones_swept_ms != 0 &&
	    now_ms - r->tombstones_swept_ms < TOMBSTONE_SWEEP_MS)
		return 0;
	if (sweepclock_good(w, &good, err) != 0)
		return -1;
	if (!good)
		return 0;
	if (store_run(w->store, sql,
		      STORE_ARGS(S_INT(now_ms - TOMBSTONE_KEEP_MS)), err) != 0)
		return -1;
	r->tombstones_swept_ms = now_ms;
	return 0;
}

static int read_spool(struct worker *w, struct err *err)
{
	struct receive *r = w->receive;
	size_t damaged = 0;

	if (spool_read(r->reader, r->items, RECEIVE_ITEMS_MAX,
		       RECEIVE_BYTES_MAX, &r->items_len, &damaged, err) != 0)
		return -1;
	if (damaged > 0) {
		COUNT_ADD(w, spool_damaged, damaged);
		LOG(LOG_LEVEL_ERROR, "receive.spool_damaged",
		    LOG_NUM("records", damaged));
	}
	return 0;
}

/* A slice of the work on the indexes.  Failing for want of room or memory is
 * no harm: the next batch brings it again. */
static int tend(struct worker *w, struct err *err)
{
	if (lookup_tend(w->store, NULL, err) == 0)
		return 0;
	if (err->kind != ERR_BUSY && err->kind != ERR_NOMEM)
		return -1;
	LOG(LOG_LEVEL_WARN, "receive.tend_failed", LOG_ERR(err));
	*err = (struct err){0};
	return 0;
}

int receive_step(struct worker *w, bool *ret_moved, struct err *err)
{
	struct receive *r = w->receive;
	struct batch b = {.w = w, .now_ms = worker_now(w)};
	struct spool_position archived;
	int rc = -1;

	empty_log(w);
	/* What is acknowledged is safe where it is. */
	if (!w->stopping && deliver_has_enough(w))
		return 0;
	/* What a failed round left is taken again before more is read. */
	if (r->items_len == 0 &&
	    (sweep_tombstones(w, err) != 0 || read_spool(w, err) != 0))
		return -1;
	if (r->items_len == 0)
		return 0;
	archived = r->items[r->items_len - 1].after;
	b.items = calloc(r->items_len, sizeof(*b.items));
	if (b.items == NULL)
		return ERR_SET(err, ERR_NOMEM, "batch", 0);
	b.items_len = r->items_len;
	for (size_t i = 0; i < b.items_len; i++) {
		b.items[i].spool = &r->items[i];
		b.items[i].channel = r->items[i].record.channel;
		b.items[i].received_ms = r->items[i].record.received_ms;
		b.items[i].one_click =
		    r->items[i].record.verdict == SPOOL_ONE_CLICK;
	}
	if (run(&b, err) != 0)
		goto out;
	r->items_len = 0;
	*ret_moved = true;
	rc = after_commit(&b, err);
	if (rc == 0)
		rc = tend(w, err);
	trim(w, archived);
out:
	batch_free(&b);
	return rc;
}

/* --- a quarantined body again --------------------------------------------- */

/* One operation with one answer; *ret is to be wiped and freed. */
static int open_one(struct worker *w, const struct quarantine_row *row,
		    const uint8_t *box, size_t box_len, uint8_t **ret,
		    size_t *ret_len, struct err *err)
{
	struct keeper_batch *k = NULL;
	uint8_t aad[SPOOL_AAD_BYTES];
	const uint8_t *clear = NULL;
	struct key_ref key;
	size_t slot, aad_len;
	int rc = -1;

	if (keeper_batch_new(w->keeper, &k, err) != 0)
		return -1;
	if (box == NULL) {
		quarantine_key(row->received_ms, &key);
		slot = keeper_add_open(k, &key, row->id, FIELD_RAW, row->sealed,
				       row->sealed_len);
	} else {
		aad_len = spool_aad(&row->channel, row->received_ms, aad);
		slot = keeper_add_open_spool(k, box, SPOOL_BOX_BYTES, aad,
					     aad_len, box + SPOOL_BOX_BYTES,
					     box_len - SPOOL_BOX_BYTES);
	}
	if (keeper_run(k, err) != 0) {
		(void)keeper_failed(err);
		goto out;
	}
	if (keeper_result(k, slot, &clear, ret_len, err) != 0)
		goto out;
	*ret = malloc(*ret_len > 0 ? *ret_len : 1);
	if (*ret == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "body", 0);
		goto out;
	}
	if (*ret_len > 0)
		memcpy(*ret, clear, *ret_len);
	rc = 0;
out:
	keeper_batch_free(&k);
	return rc;
}

/* The clear body of a row: what did not open then may open now. */
static int open_row(struct worker *w, const struct quarantine_row *row,
		    struct inbound_item *item, struct err *err)
{
	uint8_t *box = NULL;
	size_t box_len = 0;
	int rc;

	if (strncmp(row->reason, "spool.", 6) != 0)
		return open_one(w, row, NULL, 0, &item->raw, &item->clear_len,
				err);
	if (open_one(w, row, NULL, 0, &box, &box_len, err) != 0)
		return -1;
	rc = box_len < SPOOL_BOX_BYTES
		 ? ERR_SET(err, ERR_CORRUPT, "no box", 0)
		 : open_one(w, row, box, box_len, &item->raw, &item->clear_len,
			    err);
	free(box); /* sealed bytes */
	return rc;
}

int receive_replay(struct worker *w, int64_t quarantine, struct err *err)
{
	struct batch b = {
	    .w = w, .now_ms = worker_now(w), .replay = quarantine};
	struct quarantine_row row = {0};
	struct inbound_item *item;
	int rc = -1;

	if (quarantine_get(w, quarantine, &row, err) != 0)
		return -1;
	item = calloc(1, sizeof(*item));
	if (item == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "batch", 0);
		goto out;
	}
	b.items = item;
	b.items_len = 1;
	item->channel = row.channel;
	item->received_ms = row.received_ms;
	if (open_row(w, &row, item, err) != 0)
		goto out;
	item->clear = item->raw;
	if (run(&b, err) == 0)
		rc = after_commit(&b, err);
out:
	/* A body that does not open is no damage of the archive. */
	if (rc != 0 && (err->kind == ERR_CORRUPT || err->kind == ERR_ABSENT) &&
	    b.sealed == NULL)
		err->kind = ERR_INPUT;
	batch_free(&b);
	free(row.sealed);
	return rc;
}
