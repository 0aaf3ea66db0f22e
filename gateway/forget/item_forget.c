/* item_forget.c - the one way to delete a record.
 *
 * Source: design 1.8; Art. 17 GDPR; compliance 7.4. */
#include "item_inside.h"

#include "postern/ledgerbatch.h"
#include "worker/erase.h"
#include "worker/forgotten.h"
#include "worker/kept.h"
#include "worker/outbox.h"
#include "worker/prove_message.h"
#include "worker/stamping.h"

static const char message_sql[] = "DELETE FROM message WHERE id=? RETURNING 1";
/* A text kept under a basis of its own goes by a rule of its own. */
static const char versions_sql[] =
    "SELECT v.version FROM message_version v JOIN message m ON m.id=v.version"
    " WHERE v.message=? AND m.state='masked' AND NOT EXISTS"
    " (SELECT 1 FROM kept k WHERE k.id=v.version)";
static const char unversion_sql[] =
    "DELETE FROM message_version WHERE message=? AND NOT EXISTS"
    " (SELECT 1 FROM message m WHERE m.id=version)";
static const char empty_sql[] =
    "UPDATE message SET content_sealed=NULL,state='deleted' WHERE id=?"
    " AND content_sealed IS NOT NULL RETURNING 1";
/* Those that are kept, and those a law may still want: they end on a day of
 * their own. */
static const char files_stay_sql[] =
    "SELECT a.datenart,CASE WHEN k.id IS NULL THEN 0 ELSE 1 END FROM"
    " attachment a LEFT JOIN kept k ON k.id=a.id WHERE a.message=?"
    " AND a.state<>'gone'";
static const char old_sql[] =
    "DELETE FROM message_version WHERE message=? AND version=?";
static const char version_sql[] =
    "DELETE FROM message_version WHERE version=? AND message=(SELECT target"
    " FROM message WHERE id=? AND kind='version')";
/* 1: it waited for something else than a helpdesk that takes it. */
static const char outbox_sql[] =
    "DELETE FROM outbox WHERE message=? RETURNING CASE WHEN kind='helpdesk'"
    " AND type='message.received' AND state IN ('held','restricted') THEN 1"
    " ELSE 0 END";
/* What the provider still holds is deleted there first, and for that its name
 * is needed: media.c removes the row then. */
#define TIDIES "(state='wanted' OR tidy=1)"
static const char tidy_sql[] =
    "UPDATE attachment SET message=NULL,state='gone',reason='deleted',"
    "file=NULL,tidy=1,attempts=0,next_ms=0 WHERE message=? AND " TIDIES
    " RETURNING 1";
static const char attachments_sql[] = "DELETE FROM attachment WHERE message=?";
static const char attachment_ids_sql[] =
    "SELECT id FROM attachment WHERE message=?";
static const char file_sql[] =
    "SELECT file FROM attachment WHERE id=? AND file IS NOT NULL";
static const char attachment_sql[] =
    "UPDATE attachment SET state='gone',reason='deleted',file=NULL,"
    "media_sealed=CASE WHEN " TIDIES " THEN media_sealed ELSE x'' END,"
    "tidy=CASE WHEN state='wanted' THEN 1 ELSE tidy END"
    " WHERE id=? AND state<>'gone' RETURNING tidy";
static const char upload_sql[] =
    "DELETE FROM attachment WHERE id=? AND message IS NULL AND tidy=0";
static const char quarantine_sql[] =
    "DELETE FROM quarantine WHERE id=? RETURNING 1";
static const char note_sql[] = "DELETE FROM note WHERE id=? RETURNING 1";
static const char review_sql[] =
    "DELETE FROM review WHERE person IN (?,?) AND message=?";
static const char kept_sql[] = "DELETE FROM kept WHERE id=? RETURNING erasure";
/* With what it kept went the reason for the rest of the person to stay. */
static const char again_sql[] = "UPDATE erasure SET again=1 WHERE id=?";
static const char held_sql[] = "DELETE FROM hold_item WHERE item=?";

#define PAGE	 64
#define GONE_MAX (16u * 1024 * 1024)

/* What is written about a record beside its row. */
static int forget_marks(struct worker *w, int64_t id, struct err *err)
{
	int64_t erasure = 0;
	bool was = false;

	if (store_one_int(w->store, kept_sql, STORE_ARGS(S_INT(id)), &erasure,
			  &was, err) != 0 ||
	    store_run(w->store, held_sql, STORE_ARGS(S_INT(id)), err) != 0)
		return -1;
	if (!was)
		return 0;
	kept_changed(w);
	return erasure == 0 ? 0
			    : store_run(w->store, again_sql,
					STORE_ARGS(S_INT(erasure)), err);
}

/* --- messages ------------------------------------------------------------- */

static int forget_attachments_of(struct forgetting *f, int64_t message,
				 struct err *err)
{
	struct store *st = f->w->store;
	int64_t ids[PAGE], one;
	size_t len, before = f->files.len;
	bool tidies = false;

	if (store_ids(f->w->store, attachment_ids_sql,
		      STORE_ARGS(S_INT(message)), ids, PAGE, &len, err) != 0)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (forget_marks(f->w, ids[i], err) != 0)
			return -1;
	if (erase_note_files(f->w, message, &f->files, err) != 0 ||
	    store_one_int(st, tidy_sql, STORE_ARGS(S_INT(message)), &one,
			  &tidies, err) != 0 ||
	    store_run(st, attachments_sql, STORE_ARGS(S_INT(message)), err) !=
		0)
		return -1;
	f->files_len += (f->files.len - before) / MEDIA_NAME_BYTES;
	f->media |= tidies;
	return 0;
}

static int forget_row(struct forgetting *f, int64_t message, bool *ret_was,
		      struct err *err)
{
	int64_t one;

	*ret_was = false;
	if (store_run(f->w->store, version_sql,
		      STORE_ARGS(S_INT(message), S_INT(message)), err) != 0 ||
	    store_one_int(f->w->store, message_sql, STORE_ARGS(S_INT(message)),
			  &one, ret_was, err) != 0)
		return -1;
	if (!*ret_was)
		return 0;
	f->items++;
	deliver_forget(f->w, message);
	if (forget_marks(f->w, message, err) != 0)
		return -1;
	return prove_message(f->w, LEDGER_REMOVED, message, S_NULL, err);
}

/* What it said before its sender changed it; a text is changed a few times. */
static int forget_versions(struct forgetting *f, int64_t message,
			   struct err *err)
{
	int64_t ids[PAGE];
	size_t len;
	bool was;

	do {
		if (store_ids(f->w->store, versions_sql,
			      STORE_ARGS(S_INT(message)), ids, PAGE, &len,
			      err) != 0)
			return -1;
		for (size_t i = 0; i < len; i++)
			if (forget_row(f, ids[i], &was, err) != 0 ||
			    store_run(f->w->store, old_sql,
				      STORE_ARGS(S_INT(message), S_INT(ids[i])),
				      err) != 0)
				return -1;
	} while (len == PAGE);
	return store_run(f->w->store, unversion_sql, STORE_ARGS(S_INT(message)),
			 err);
}

static int files_stay(struct worker *w, int64_t message, bool *ret,
		      struct err *err)
{
	struct store_rows *rows = NULL;
	struct policy_rule rule;
	struct store_value v;
	struct name datenart;
	int rc;

	*ret = false;
	if (store_start(w->store, files_stay_sql, STORE_ARGS(S_INT(message)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0) {
		v = store_column(w->store, rows, 0);
		*ret |= store_column(w->store, rows, 1).num != 0 ||
			(name_set(&datenart, v.bytes, v.len) &&
			 policy_rule_of(w->policy, &datenart, &rule) &&
			 rule.has_statutory);
	}
	store_finish(w->store, &rows);
	return rc;
}

/* What it carried stays: of itself nothing but the row. */
static int empty_message(struct forgetting *f, int64_t message, struct err *err)
{
	int64_t one;
	bool was = false;

	if (store_one_int(f->w->store, empty_sql, STORE_ARGS(S_INT(message)),
			  &one, &was, err) != 0)
		return -1;
	if (!was)
		return 0;
	f->items++;
	deliver_forget(f->w, message);
	if (forget_marks(f->w, message, err) != 0)
		return -1;
	return prove_message(f->w, LEDGER_FORGOTTEN, message, S_NULL, err);
}

static int forget_body(struct forgetting *f, int64_t message, struct err *err)
{
	bool stays = false, was;

	if (files_stay(f->w, message, &stays, err) != 0)
		return -1;
	if (stays)
		return empty_message(f, message, err);
	if (forget_attachments_of(f, message, err) != 0)
		return -1;
	return forget_row(f, message, &was, err);
}

/* What was still to be told of it is not. */
static int unqueue(struct forgetting *f, int64_t message, bool *ret_untold,
		   struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(f->w->store, outbox_sql, STORE_ARGS(S_INT(message)),
			&rows, err) != 0)
		return -1;
	while ((rc = store_step(f->w->store, rows, err)) > 0)
		*ret_untold |= store_column(f->w->store, rows, 0).num != 0;
	store_finish(f->w->store, &rows);
	return rc;
}

static int forget_message(struct forgetting *f, const struct item *item,
			  struct err *err)
{
	struct store *st = f->w->store;
	bool untold = !item->told;

	if (forget_versions(f, item->id, err) != 0 ||
	    unqueue(f, item->id, &untold, err) != 0 ||
	    store_run(st, review_sql,
		      STORE_ARGS(S_INT(item->person), S_INT(item->key_person),
				 S_INT(item->id)),
		      err) != 0)
		return -1;
	if (f->tells && !item->empty &&
	    outbox_tell(f->w, item->conversation, item->id, "message.deleted",
			"forgotten", err) != 0)
		return -1;
	if (f->expires && !untold &&
	    expire(f, item->conversation, item->id, err) != 0)
		return -1;
	return forget_body(f, item->id, err);
}

/* --- the others ----------------------------------------------------------- */

/* A message that had it says that it is gone; an upload nobody sent goes
 * altogether. */
static int forget_attachment(struct forgetting *f, const struct item *item,
			     struct err *err)
{
	struct store *st = f->w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int64_t tidies = 0;
	bool was = false;
	int rc;

	if (store_start(st, file_sql, STORE_ARGS(S_INT(item->id)), &rows,
			err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		v = store_column(st, rows, 0);
		if (v.len == MEDIA_NAME_BYTES) {
			rc = buf_append(&f->files, v.bytes, v.len, err);
			f->files_len += rc == 0;
		}
	}
	store_finish(st, &rows);
	if (rc < 0 ||
	    store_one_int(st, attachment_sql, STORE_ARGS(S_INT(item->id)),
			  &tidies, &was, err) != 0 ||
	    store_run(st, upload_sql, STORE_ARGS(S_INT(item->id)), err) != 0)
		return -1;
	f->items += was;
	f->media |= was && tidies != 0;
	if (item->message != 0)
		deliver_forget(f->w, item->message);
	return forget_marks(f->w, item->id, err);
}

static int forget_plain(struct forgetting *f, const char *sql, int64_t id,
			struct err *err)
{
	int64_t one;
	bool was = false;

	if (store_one_int(f->w->store, sql, STORE_ARGS(S_INT(id)), &one, &was,
			  err) != 0)
		return -1;
	f->items += was;
	return forget_marks(f->w, id, err);
}

/* So that no backup brings it back. */
static int remember(struct forgetting *f, const struct item *item,
		    struct err *err)
{
	f->gone.cap = GONE_MAX;
	return forgotten_add(&f->gone, worker_now(f->w),
			     item_kind_name(item->kind), item->id, err);
}

int forget_person(struct forgetting *f, int64_t person, struct err *err)
{
	f->gone.cap = GONE_MAX;
	return forgotten_add(&f->gone, worker_now(f->w), "person", person, err);
}

int forget_item(struct forgetting *f, const struct item *item, struct err *err)
{
	if (remember(f, item, err) != 0)
		return -1;
	switch (item->kind) {
	case ITEM_MESSAGE:
		return forget_message(f, item, err);
	case ITEM_ATTACHMENT:
		return forget_attachment(f, item, err);
	case ITEM_QUARANTINE:
		return forget_plain(f, quarantine_sql, item->id, err);
	case ITEM_NOTE:
		return forget_plain(f, note_sql, item->id, err);
	case ITEM_KINDS:
	default:
		return ERR_SET(err, ERR_INPUT, "no kind of item", 0);
	}
}

/* --- the transaction ------------------------------------------------------ */

int forget_before_commit(struct forgetting *f, struct err *err)
{
	const int rc = forgotten_append(f->w, &f->gone, err);

	buf_free(&f->gone);
	if (rc != 0 || expire_tell(f, err) != 0 ||
	    (f->items > 0 && stamping_ask(f->w, err) != 0))
		return -1;
	return unlink_remember(f->w, &f->files, err);
}

void forget_taken_back(struct forgetting *f)
{
	buf_free(&f->files);
	buf_free(&f->gone);
	buf_free(&f->expired);
}

int forget_after_commit(struct forgetting *f, struct err *err)
{
	const bool files = f->files.len > 0;

	forget_taken_back(f);
	if (f->media)
		media_wake(f->w);
	return files ? unlink_pending(f->w, err) : 0;
}
