/* source.c - the log of a store, as ledger_verify reads it. */
#include "rows.h"

#define SLICE 4096 /* entries read by one statement */

static const char slice_sql[] =
    "SELECT id,body FROM ledger_entry WHERE id>=? AND id<? ORDER BY id";
/* What may lie behind a gap. */
static const char after_sql[] = "SELECT MIN(id) FROM ledger_entry WHERE id>=?";
static const char checkpoint_sql[] =
    "SELECT size,note FROM ledger_checkpoint WHERE size>? ORDER BY size"
    " LIMIT 1";

struct ledger_reading {
	struct store *st;
	struct store_rows *rows; /* the slice that is being read */
	uint64_t next;		 /* entry after the last one given */
	uint64_t end;		 /* of the slice */
	int64_t checkpoint;	 /* size of the last one given */
	struct buf note;
};

static int begin_slice(struct ledger_reading *r, struct err *err)
{
	r->end = r->next + SLICE;
	return store_start(r->st, slice_sql,
			   STORE_ARGS(S_INT(r->next), S_INT(r->end)), &r->rows,
			   err);
}

static void give(struct ledger_reading *r, uint64_t *ret_index,
		 const uint8_t **ret_entry, size_t *ret_len)
{
	struct store_value body = store_column(r->st, r->rows, 1);

	*ret_index = (uint64_t)store_column(r->st, r->rows, 0).num;
	*ret_entry = body.bytes;
	*ret_len = body.len;
	r->next = *ret_index + 1;
}

/* At the end of a slice: where the next one begins; 0 there is none. */
static int skip(struct ledger_reading *r, struct err *err)
{
	bool found = false;
	int64_t after = 0;

	store_finish(r->st, &r->rows);
	if (store_one_int(r->st, after_sql, STORE_ARGS(S_INT(r->next)), &after,
			  &found, err) != 0)
		return -1;
	if (found)
		r->next = (uint64_t)after;
	return found;
}

static int next(void *ctx, uint64_t *ret_index, const uint8_t **ret_entry,
		size_t *ret_len, struct err *err)
{
	struct ledger_reading *r = ctx;
	int rc;

	for (;;) {
		if (r->rows == NULL && begin_slice(r, err) != 0)
			return -1;
		rc = store_step(r->st, r->rows, err);
		if (rc > 0)
			give(r, ret_index, ret_entry, ret_len);
		if (rc != 0)
			return rc;
		rc = skip(r, err);
		if (rc <= 0)
			return rc;
	}
}

static int tile(void *ctx, int level, uint64_t number,
		struct merkle_hash ret[TILE_WIDTH], unsigned int *ret_width,
		struct err *err)
{
	struct ledger_reading *r = ctx;

	return ledger_tile(r->st, level, number, ret, ret_width, err);
}

static int take_checkpoint(struct ledger_reading *r, struct store_rows *rows,
			   struct err *err)
{
	struct store_value v = store_column(r->st, rows, 1);
	struct checkpoint body;
	struct note note;

	r->checkpoint = store_column(r->st, rows, 0).num;
	buf_clear(&r->note);
	if (buf_append(&r->note, v.bytes, v.len, err) != 0)
		return -1;
	/* One that is filed under another size would be found for entries
	 * that it does not cover. */
	if (note_parse((const char *)r->note.bytes, r->note.len, &note, NULL) !=
		0 ||
	    checkpoint_parse(note.text, note.text_len, &body, NULL) != 0 ||
	    body.size != (uint64_t)r->checkpoint)
		return ERR_SET(err, ERR_CORRUPT, "not the form of a checkpoint",
			       0);
	return 1;
}

static int checkpoint(void *ctx, const char **ret_note, size_t *ret_len,
		      struct err *err)
{
	struct ledger_reading *r = ctx;
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(r->st, checkpoint_sql, STORE_ARGS(S_INT(r->checkpoint)),
			&rows, err) != 0)
		return -1;
	rc = store_step(r->st, rows, err);
	if (rc > 0)
		rc = take_checkpoint(r, rows, err);
	store_finish(r->st, &rows);
	if (rc > 0) {
		*ret_note = (const char *)r->note.bytes;
		*ret_len = r->note.len;
	}
	return rc;
}

static int begins(void *ctx, uint64_t *ret, struct err *err)
{
	struct ledger_reading *r = ctx;

	return ledger_first(r->st, ret, err);
}

int ledger_source_open(struct store *st, struct ledger_reading **ret,
		       struct ledger_source *ret_source, struct err *err)
{
	struct ledger_reading *r;
	uint64_t first;

	if (ledger_first(st, &first, err) != 0)
		return -1;
	r = calloc(1, sizeof(*r));
	if (r == NULL)
		return ERR_SET(err, ERR_NOMEM, "reading a log", 0);
	r->st = st;
	r->next = first;
	r->checkpoint = -1;
	r->note = BUF_INIT(NOTE_BYTES_MAX);
	*ret_source = (struct ledger_source){.ctx = r,
					     .next = next,
					     .tile = tile,
					     .checkpoint = checkpoint,
					     .begins = begins,
					     .first = first};
	*ret = r;
	return 0;
}

void ledger_source_close(struct ledger_reading **reading)
{
	struct ledger_reading *r = *reading;

	*reading = NULL;
	if (r == NULL)
		return;
	store_finish(r->st, &r->rows);
	buf_free(&r->note);
	free(r);
}
