/* erase.c - a message its sender deleted: the content goes, a bare row stays.
 *
 * Files are named in meta.unlink by the same transaction and unlinked after
 * the commit, so a crash between the two leaves no file behind for good. */
#include "change.h"
#include "erase.h"
#include "inbound.h"
#include "outbox.h"
#include "prove_message.h"

static const char conversation_sql[] =
    "SELECT conversation FROM message WHERE id=? AND state<>'deleted'";
static const char erase_sql[] =
    "UPDATE message SET content_sealed=NULL, state='deleted' WHERE id=?";
static const char versions_sql[] =
    "UPDATE message SET content_sealed=NULL, state='deleted' WHERE id IN"
    " (SELECT version FROM message_version WHERE message=?) AND state='masked'"
    " RETURNING id";
static const char files_sql[] =
    "SELECT file FROM attachment WHERE message=? AND file IS NOT NULL";
/* What the provider still holds is still to be deleted there, and for that
 * its name is needed: media.c empties it then. */
static const char attachments_sql[] =
    "UPDATE attachment SET state='gone', reason='deleted', file=NULL,"
    " media_sealed=CASE WHEN state='wanted' OR tidy=1 THEN media_sealed"
    "  ELSE x'' END,"
    " tidy=CASE WHEN state='wanted' THEN 1 ELSE tidy END"
    " WHERE message=?";
static const char outbox_sql[] =
    "DELETE FROM outbox WHERE message=? AND kind='helpdesk'";
static const char pending_sql[] = "SELECT value FROM meta WHERE name='unlink'";
static const char pending_set_sql[] =
    "INSERT INTO meta(name,value) VALUES('unlink',?)"
    " ON CONFLICT(name) DO UPDATE SET value=excluded.value";
static const char pending_done_sql[] = "DELETE FROM meta WHERE name='unlink'";

int erase_note_files(struct worker *w, int64_t message, struct buf *files,
		     struct err *err)
{
	struct store *st = w->store;
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(st, files_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		v = store_column(st, rows, 0);
		if (v.len == MEDIA_NAME_BYTES &&
		    buf_append(files, v.bytes, v.len, err) != 0) {
			rc = -1;
			break;
		}
	}
	store_finish(st, &rows);
	return rc;
}

/* Its masked versions go with it. */
static int erase_content(struct worker *w, int64_t message, struct err *err)
{
	struct store *st = w->store;
	struct store_rows *rows = NULL;
	int rc;

	if (store_run(st, erase_sql, STORE_ARGS(S_INT(message)), err) != 0 ||
	    prove_message(w, LEDGER_FORGOTTEN, message, S_NULL, err) != 0 ||
	    store_start(st, versions_sql, STORE_ARGS(S_INT(message)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0)
		if (prove_message(w, LEDGER_FORGOTTEN,
				  store_column(st, rows, 0).num, S_NULL,
				  err) != 0) {
			rc = -1;
			break;
		}
	store_finish(st, &rows);
	return rc;
}

int erase_message(struct worker *w, int64_t message, struct buf *files,
		  bool *ret_media, struct err *err)
{
	struct store *st = w->store;
	int64_t conversation = 0;
	bool found = false;

	if (message == 0)
		return 0;
	if (store_one_int(st, conversation_sql, STORE_ARGS(S_INT(message)),
			  &conversation, &found, err) != 0)
		return -1;
	if (!found) /* gone already */
		return 0;
	if (erase_note_files(w, message, files, err) != 0 ||
	    erase_content(w, message, err) != 0 ||
	    store_run(st, attachments_sql, STORE_ARGS(S_INT(message)), err) !=
		0 ||
	    store_run(st, outbox_sql, STORE_ARGS(S_INT(message)), err) != 0)
		return -1;
	*ret_media = true;
	return outbox_tell(w, conversation, message, "message.deleted",
			   "forgotten", err);
}

static int erase_one(struct batch *b, int64_t message, struct err *err)
{
	b->erased |= message != 0;
	return erase_message(b->w, message, &b->unlinked, &b->media, err);
}

int archive_delete(struct batch *b, struct step *s, struct err *err)
{
	if (s->forget == FORGET_MASK)
		return change_mask(b, s->target, err) != 0
			   ? -1
			   : change_mask(b, s->edit_row, err);
	if (s->forget == FORGET_NOT)
		return change_keep(b, s, 0, err) != 0
			   ? -1
			   : change_keep(b, s, 1, err);
	if (erase_one(b, s->target, err) != 0)
		return -1;
	return erase_one(b, s->edit_row, err);
}

/* --- files ---------------------------------------------------------------- */

/* Appends the names of an earlier batch, if any. */
static int read_pending(struct store *st, struct buf *ret, struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	int rc;

	if (store_start(st, pending_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		v = store_column(st, rows, 0);
		rc = buf_append(ret, v.bytes, v.len, err);
	}
	store_finish(st, &rows);
	return rc;
}

int unlink_remember(struct worker *w, struct buf *files, struct err *err)
{
	if (files->len == 0)
		return 0;
	if (read_pending(w->store, files, err) != 0)
		return -1;
	return store_run(w->store, pending_set_sql,
			 STORE_ARGS(S_BLOB(files->bytes, files->len)), err);
}

int unlink_pending(struct worker *w, struct err *err)
{
	struct buf names = BUF_INIT(4 * 1024 * 1024);
	char file[MEDIA_NAME_BYTES + 1] = "";
	struct err why = {0};
	int rc = -1;

	if (read_pending(w->store, &names, err) != 0)
		goto out;
	for (size_t at = 0; at + MEDIA_NAME_BYTES <= names.len;
	     at += MEDIA_NAME_BYTES) {
		memcpy(file, names.bytes + at, MEDIA_NAME_BYTES);
		if (mediafile_unlink(w->settings->dir, file, &why) != 0 &&
		    why.kind != ERR_ABSENT) {
			*err = why;
			goto out;
		}
	}
	rc = names.len == 0
		 ? 0
		 : store_run(w->store, pending_done_sql, STORE_NO_ARGS, err);
out:
	buf_free(&names);
	return rc;
}
