/* batch_prune.c - the records behind entries that are pruned go with them. */
#include <string.h>

#include "postern/buf.h"
#include "postern/ledgerbatch.h"

static const char lists_sql[] =
    "SELECT e.body,b.messages FROM ledger_batch b JOIN ledger_entry e"
    " ON e.id=b.entry WHERE b.entry<?";
/* The newest entry may be a later one. */
static const char gone_sql[] =
    "DELETE FROM ledger_gone WHERE message=? AND entry<?";
static const char remove_sql[] = "DELETE FROM ledger_batch WHERE entry<?";

/* ledger_gone has no row for what only came. */
static bool has_gone(struct store_value body)
{
	static const char archived[] = "\"e\":\"messages.archived\"";

	return memmem(body.bytes, body.len, archived, sizeof(archived) - 1) ==
	       NULL;
}

static int remove_gone(struct store *st, struct store_value records,
		       uint64_t first, struct err *err)
{
	struct cut in = CUT(records.bytes, records.len);

	while (in.left >= LEDGER_RECORD_BYTES) {
		int64_t message = (int64_t)cut_u64(&in);

		(void)cut_bytes(&in, MERKLE_HASH_BYTES); /* is there */
		if (store_run(st, gone_sql,
			      STORE_ARGS(S_INT(message), S_INT(first)),
			      err) != 0)
			return -1;
	}
	return 0;
}

int ledger_batch_prune(struct store *st, uint64_t first, struct err *err)
{
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(st, lists_sql, STORE_ARGS(S_INT(first)), &rows, err) !=
	    0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0)
		if (has_gone(store_column(st, rows, 0)) &&
		    remove_gone(st, store_column(st, rows, 1), first, err) !=
			0) {
			rc = -1;
			break;
		}
	store_finish(st, &rows);
	return rc < 0
		   ? -1
		   : store_run(st, remove_sql, STORE_ARGS(S_INT(first)), err);
}
