/* checkpoints.c - the signed checkpoints, and receipts under them. */
#include "rows.h"

static const char last_sql[] =
    "SELECT size,at_ms,note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1";
static const char covering_sql[] =
    "SELECT size,at_ms,note FROM ledger_checkpoint WHERE size>?"
    " ORDER BY size LIMIT 1";
static const char of_size_sql[] =
    "SELECT size,at_ms,note FROM ledger_checkpoint WHERE size=?";
static const char put_sql[] =
    "INSERT INTO ledger_checkpoint(size,at_ms,note) VALUES(?,?,?)"
    " ON CONFLICT(size) DO UPDATE SET at_ms=excluded.at_ms,"
    "note=excluded.note";
static const char sign_sql[] =
    "UPDATE ledger_checkpoint SET note=? WHERE size=?";

static int read_note(const char *bytes, size_t len, struct note *ret_note,
		     struct checkpoint *ret, struct err *err)
{
	if (note_parse(bytes, len, ret_note, err) != 0)
		return -1;
	return checkpoint_parse(ret_note->text, ret_note->text_len, ret, err);
}

/* What was stored was one: another one now is damage. */
static int take_row(struct store *st, struct store_rows *rows, struct buf *ret,
		    struct checkpoint *ret_body, int64_t *ret_at_ms,
		    struct err *err)
{
	struct store_value size = store_column(st, rows, 0);
	struct store_value at = store_column(st, rows, 1);
	struct store_value v = store_column(st, rows, 2);
	struct checkpoint body;
	struct note note;

	if (read_note(v.bytes, v.len, &note, &body, NULL) != 0 ||
	    body.size != (uint64_t)size.num)
		return ERR_SET(err, ERR_CORRUPT, "not the form of a checkpoint",
			       0);
	if (buf_append(ret, v.bytes, v.len, err) != 0)
		return -1;
	*ret_body = body;
	if (ret_at_ms != NULL)
		*ret_at_ms = at.num;
	return 0;
}

static int find(struct store *st, const char *sql,
		const struct store_value *args, size_t args_len,
		struct buf *ret, struct checkpoint *ret_body,
		int64_t *ret_at_ms, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, sql, args, args_len, &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0)
		rc = take_row(st, rows, ret, ret_body, ret_at_ms, err);
	else if (rc == 0)
		rc = ERR_SET(err, ERR_ABSENT, "no such checkpoint", 0);
	store_finish(st, &rows);
	return rc;
}

int ledger_last(struct store *st, struct buf *ret, struct checkpoint *ret_body,
		int64_t *ret_at_ms, struct err *err)
{
	return find(st, last_sql, STORE_NO_ARGS, ret, ret_body, ret_at_ms, err);
}

int ledger_covering(struct store *st, uint64_t index, struct buf *ret,
		    struct checkpoint *ret_body, struct err *err)
{
	if (index > INT64_MAX)
		return ERR_SET(err, ERR_ABSENT, "no such checkpoint", 0);
	return find(st, covering_sql, STORE_ARGS(S_INT(index)), ret, ret_body,
		    NULL, err);
}

/* One of this size; *ret_found false: none. */
static int of_size(struct store *st, uint64_t size, struct buf *ret,
		   bool *ret_found, struct err *err)
{
	struct checkpoint body;
	struct err why = {0};

	*ret_found = true;
	if (find(st, of_size_sql, STORE_ARGS(S_INT(size)), ret, &body, NULL,
		 &why) == 0)
		return 0;
	*ret_found = false;
	if (why.kind == ERR_ABSENT)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}

/* --- keeping -------------------------------------------------------------- */

/* Nothing is kept that this log would later be found not to be. */
static int check_ours(struct store *st, uint64_t size, const void *note,
		      size_t len, struct err *err)
{
	struct checkpoint body;
	struct merkle_hash root;
	struct note parsed;

	if (read_note(note, len, &parsed, &body, err) != 0)
		return -1;
	if (body.size != size || size > INT64_MAX)
		return ERR_SET(err, ERR_INPUT, "a checkpoint of another size",
			       0);
	if (ledger_root(st, size, &root, err) != 0)
		return -1;
	if (!merkle_equal(&root, &body.root))
		return ERR_SET(err, ERR_CORRUPT, "a checkpoint of another tree",
			       0);
	return 0;
}

int ledger_keep_checkpoint(struct store *st, uint64_t size, int64_t at_ms,
			   const void *note, size_t len, struct err *err)
{
	struct buf there = BUF_INIT(NOTE_BYTES_MAX);
	bool found = false, same;

	if (check_ours(st, size, note, len, err) != 0 ||
	    of_size(st, size, &there, &found, err) != 0) {
		buf_free(&there);
		return -1;
	}
	/* Signed again after a crash: what witnesses added stays. */
	same = found && there.len >= len && memcmp(there.bytes, note, len) == 0;
	buf_free(&there);
	if (same)
		return 0;
	return store_run(
	    st, put_sql,
	    STORE_ARGS(S_INT(size), S_INT(at_ms), S_BLOB(note, len)), err);
}

/* Whether the last signature of the new note has no fellow by the same key. */
static bool is_new(const struct note *note)
{
	const struct note_signature *last =
	    &note->signatures[note->signatures_len - 1];

	for (size_t i = 0; i + 1 < note->signatures_len; i++) {
		const struct note_signature *s = &note->signatures[i];

		if (s->id == last->id && s->name_len == last->name_len &&
		    memcmp(s->name, last->name, s->name_len) == 0)
			return false;
	}
	return true;
}

static int add_line(struct store *st, uint64_t size, struct buf *bytes,
		    const void *line, size_t len, struct err *err)
{
	struct note before, after;

	if (note_parse((const char *)bytes->bytes, bytes->len, &before, err) !=
		0 ||
	    buf_append(bytes, line, len, err) != 0 ||
	    note_parse((const char *)bytes->bytes, bytes->len, &after, err) !=
		0)
		return -1;
	if (after.text_len != before.text_len ||
	    after.signatures_len != before.signatures_len + 1)
		return ERR_SET(err, ERR_INPUT, "not one line of a signature",
			       0);
	if (!is_new(&after))
		return 0;
	return store_run(
	    st, sign_sql,
	    STORE_ARGS(S_BLOB(bytes->bytes, bytes->len), S_INT(size)), err);
}

int ledger_add_signature(struct store *st, uint64_t size, const void *line,
			 size_t len, struct err *err)
{
	struct buf bytes = BUF_INIT(NOTE_BYTES_MAX);
	bool found = false;
	int rc = -1;

	if (size > INT64_MAX)
		return ERR_SET(err, ERR_ABSENT, "no such checkpoint", 0);
	if (of_size(st, size, &bytes, &found, err) != 0)
		goto out;
	if (!found) {
		rc = ERR_SET(err, ERR_ABSENT, "no such checkpoint", 0);
		goto out;
	}
	rc = add_line(st, size, &bytes, line, len, err);
out:
	buf_free(&bytes);
	return rc;
}

/* --- receipts ------------------------------------------------------------- */

int ledger_receipt(struct store *st, uint64_t index, const void *extra,
		   size_t extra_len, struct buf *ret, struct err *err)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct receipt r = {.index = index,
			    .extra = BUF_INIT(RECEIPT_BYTES_MAX)};
	struct checkpoint body;
	int rc = -1;

	if (ledger_last(st, &note, &body, NULL, err) != 0)
		goto out;
	if (index >= body.size) {
		rc = ERR_SET(err, ERR_ABSENT, "no checkpoint covers it yet", 0);
		goto out;
	}
	if (ledger_prove_inclusion(st, index, body.size, r.proof, &r.proof_len,
				   err) != 0 ||
	    buf_append(&r.extra, extra, extra_len, err) != 0)
		goto out;
	r.checkpoint = (const char *)note.bytes;
	r.checkpoint_len = note.len;
	rc = receipt_print(&r, ret, err);
out:
	buf_free(&r.extra);
	buf_free(&note);
	return rc;
}
