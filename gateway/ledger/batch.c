/* batch.c - gathers what a transaction does to messages; written with its
 * commit, whoever commits it, so that no path of writing can forget it.
 *
 * One row for a list, and a row of ledger_gone only for what was changed or
 * forgotten: what is archived, nearly everything, costs its hash and 40
 * bytes. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "postern/ledger.h"
#include "postern/ledgerbatch.h"

static const char list_sql[] =
    "INSERT INTO ledger_batch(entry,messages) VALUES(?,?)";
static const char gone_sql[] =
    "INSERT INTO ledger_gone(message,entry) VALUES(?,?)"
    " ON CONFLICT(message) DO UPDATE SET entry=excluded.entry";

enum list_kind { LIST_ARCHIVED, LIST_CHANGED, LIST_FORGOTTEN, LISTS };

/* In the order they are written: what was archived may be changed or
 * forgotten by the same transaction. */
static const enum ledger_event events[LISTS] = {
    [LIST_ARCHIVED] = LEDGER_MESSAGES_ARCHIVED,
    [LIST_CHANGED] = LEDGER_MESSAGES_CHANGED,
    [LIST_FORGOTTEN] = LEDGER_MESSAGES_FORGOTTEN,
};
static const enum list_kind list_of[] = {
    [LEDGER_ARCHIVED] = LIST_ARCHIVED,
    [LEDGER_CHANGED] = LIST_CHANGED,
    [LEDGER_FORGOTTEN] = LIST_FORGOTTEN,
    [LEDGER_REMOVED] = LIST_FORGOTTEN,
};

struct told {
	struct store_told base;
	struct buf lists[LISTS];
	int64_t at_ms;
};

/* --- hashes --------------------------------------------------------------- */

static void put_id(int64_t id, uint8_t ret[8])
{
	for (unsigned int i = 0; i < 8; i++)
		ret[i] = (uint8_t)((uint64_t)id >> (56 - 8 * i));
}

static int64_t get_id(const uint8_t *bytes)
{
	uint64_t v = 0;

	for (unsigned int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return (int64_t)v;
}

void ledger_message_record(const struct ledger_message *m,
			   uint8_t ret[LEDGER_RECORD_BYTES])
{
	struct merkle_hash content = {{0}};

	if (m->fate == LEDGER_REMOVED)
		memset(content.bytes, 0xff, sizeof(content.bytes));
	else if (m->sealed != NULL)
		merkle_leaf(m->sealed, m->len, &content);
	put_id(m->id, ret);
	memcpy(ret + 8, content.bytes, sizeof(content.bytes));
}

void ledger_batch_root(const uint8_t *records, size_t len,
		       struct merkle_hash *ret)
{
	struct merkle_edge edge = {0};
	struct merkle_hash leaf;

	for (size_t i = 0; i < len; i++) {
		merkle_leaf(records + i * LEDGER_RECORD_BYTES,
			    LEDGER_RECORD_BYTES, &leaf);
		merkle_edge_add(&edge, &leaf);
	}
	merkle_edge_root(&edge, ret);
}

/* --- told ----------------------------------------------------------------- */

static struct told *told_of(struct store *st)
{
	return (struct told *)st->told;
}

static int write_gone(struct store *st, const struct buf *list, uint64_t entry,
		      struct err *err)
{
	for (size_t at = 0; at < list->len; at += LEDGER_RECORD_BYTES)
		if (store_run(st, gone_sql,
			      STORE_ARGS(S_INT(get_id(list->bytes + at)),
					 S_INT(entry)),
			      err) != 0)
			return -1;
	return 0;
}

static int write_list(struct store *st, enum list_kind kind, struct err *err)
{
	struct buf *list = &told_of(st)->lists[kind];
	struct ledger_entry entry = {
	    .event = events[kind],
	    .at_ms = told_of(st)->at_ms,
	    .actor = LEDGER_SYSTEM,
	    .counted = true,
	    .count = list->len / LEDGER_RECORD_BYTES,
	    .rooted = true,
	};
	uint64_t index = 0;

	if (list->len == 0)
		return 0;
	ledger_batch_root(list->bytes, entry.count, &entry.root);
	/* It is about no object, so nothing is masked. */
	if (ledger_append(st, NULL, &entry, &index, err) != 0 ||
	    store_run(st, list_sql,
		      STORE_ARGS(S_INT(index), S_BLOB(list->bytes, list->len)),
		      err) != 0 ||
	    (kind != LIST_ARCHIVED && write_gone(st, list, index, err) != 0))
		return -1;
	list->len = 0; /* hashes and our own ids: nothing to wipe */
	return 0;
}

static int told_write(struct store *st, struct err *err)
{
	for (enum list_kind kind = 0; kind < LISTS; kind++)
		if (write_list(st, kind, err) != 0)
			return -1;
	return 0;
}

static void told_forget(struct store *st)
{
	for (enum list_kind kind = 0; kind < LISTS; kind++)
		told_of(st)->lists[kind].len = 0;
}

static void told_close(struct store *st)
{
	struct told *t = told_of(st);

	for (enum list_kind kind = 0; kind < LISTS; kind++)
		buf_free(&t->lists[kind]);
	free(t);
	st->told = NULL;
}

static struct told *told_new(struct store *st, struct err *err)
{
	struct told *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		(void)ERR_SET(err, ERR_NOMEM, "what the log is told", 0);
		return NULL;
	}
	t->base = (struct store_told){
	    .write = told_write, .forget = told_forget, .close = told_close};
	for (enum list_kind kind = 0; kind < LISTS; kind++)
		t->lists[kind] =
		    BUF_INIT(LEDGER_BATCH_MAX * LEDGER_RECORD_BYTES);
	st->told = &t->base;
	return t;
}

static bool is_in(const struct buf *list, int64_t id)
{
	for (size_t at = 0; at < list->len; at += LEDGER_RECORD_BYTES)
		if (get_id(list->bytes + at) == id)
			return true;
	return false;
}

/* Lists are written in the order of their kinds: what would break the order of
 * what is done begins new ones. */
static bool must_write(const struct told *t, enum list_kind kind, int64_t id)
{
	const struct buf *list = &t->lists[kind];

	return list->len == list->cap ||
	       (kind == LIST_CHANGED && is_in(&t->lists[LIST_FORGOTTEN], id));
}

int ledger_batch_add(struct store *st, const struct ledger_message *m,
		     struct err *err)
{
	struct told *t = st->told != NULL ? told_of(st) : told_new(st, err);
	uint8_t record[LEDGER_RECORD_BYTES];
	enum list_kind kind = list_of[m->fate];

	assert(st->changing);
	if (t == NULL ||
	    (must_write(t, kind, m->id) && told_write(st, err) != 0))
		return -1;
	ledger_message_record(m, record);
	t->at_ms = m->at_ms;
	return buf_append(&t->lists[kind], record, sizeof(record), err);
}
