/* entries.c - entries as rows.
 *
 * The place of an entry is one after the last there is.  That is asked of the
 * table with every entry, by one step down to its end: a number kept in memory
 * would have to be put right whenever a transaction is taken back.  Pruning
 * always leaves the last entries (prune.c), so no place is used twice. */
#include <assert.h>

#include "postern/ledger.h"

static const char append_sql[] =
    "INSERT INTO ledger_entry(id,body) VALUES("
    "(SELECT COALESCE(MAX(id),-1)+1 FROM ledger_entry),?) RETURNING id";
static const char last_sql[] = "SELECT MAX(id) FROM ledger_entry";
static const char first_sql[] = "SELECT MIN(id) FROM ledger_entry WHERE id>=0";
static const char read_sql[] = "SELECT body FROM ledger_entry WHERE id=?";

int ledger_append(struct store *st, const struct id_mask *mask,
		  const struct ledger_entry *entry, uint64_t *ret_index,
		  struct err *err)
{
	uint8_t room[LEDGER_ENTRY_MAX];
	struct buf body = {
	    .bytes = room, .size = sizeof(room), .cap = sizeof(room)};
	int64_t index = 0;
	bool found = false;

	assert(st->changing);
	if (ledger_entry_print(entry, mask, &body, err) != 0 ||
	    store_one_int(st, append_sql,
			  STORE_ARGS(S_BLOB(body.bytes, body.len)), &index,
			  &found, err) != 0)
		return -1;
	if (!found)
		return ERR_SET(err, ERR_STORAGE, "entry has no place", 0);
	if (ret_index != NULL)
		*ret_index = (uint64_t)index;
	return 0;
}

int ledger_entries(struct store *st, uint64_t *ret, struct err *err)
{
	int64_t last = -1;
	bool found;

	if (store_one_int(st, last_sql, STORE_NO_ARGS, &last, &found, err) != 0)
		return -1;
	*ret = found ? (uint64_t)last + 1 : 0;
	return 0;
}

int ledger_first(struct store *st, uint64_t *ret, struct err *err)
{
	int64_t first = 0;
	bool found;

	if (store_one_int(st, first_sql, STORE_NO_ARGS, &first, &found, err) !=
	    0)
		return -1;
	*ret = found ? (uint64_t)first : 0;
	return 0;
}

int ledger_read(struct store *st, uint64_t index, struct buf *ret,
		struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value body;
	int rc;

	if (index > INT64_MAX)
		return ERR_SET(err, ERR_ABSENT, "no such entry", 0);
	if (store_start(st, read_sql, STORE_ARGS(S_INT(index)), &rows, err) !=
	    0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		body = store_column(st, rows, 0);
		rc = buf_append(ret, body.bytes, body.len, err);
	} else if (rc == 0) {
		rc = ERR_SET(err, ERR_ABSENT, "no such entry", 0);
	}
	store_finish(st, &rows);
	return rc;
}
