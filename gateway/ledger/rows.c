/* rows.c - the single values of the log, as big-endian blobs. */
#include "rows.h"

static const char get_sql[] = "SELECT value FROM meta WHERE name=?";
static const char set_sql[] =
    "INSERT INTO meta(name,value) VALUES(?,?)"
    " ON CONFLICT(name) DO UPDATE SET value=excluded.value";

int ledger_meta_get(struct store *st, const char *name, uint64_t *ret,
		    struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	struct cut in;
	int rc;

	if (store_start(st, get_sql, STORE_ARGS(S_TEXT(name)), &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc == 0)
		*ret = 0;
	if (rc > 0) {
		v = store_column(st, rows, 0);
		in = CUT(v.bytes, v.len);
		if (v.type != STORE_BLOB || v.len != 8)
			rc = ERR_SET(err, ERR_CORRUPT, "meta value", 0);
		else
			*ret = cut_u64(&in);
	}
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

int ledger_meta_set(struct store *st, const char *name, uint64_t value,
		    struct err *err)
{
	uint8_t bytes[8];

	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	return store_run(st, set_sql,
			 STORE_ARGS(S_TEXT(name), S_BLOB(bytes, 8)), err);
}

int64_t ledger_tile_id(int level, uint64_t number)
{
	return (int64_t)((uint64_t)level << 56 | number);
}
