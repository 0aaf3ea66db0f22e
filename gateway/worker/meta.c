/* meta.c - the few single values of the archive, as big-endian blobs. */
#include "inbound.h"

int meta_get_u64(struct store *st, const char *name, uint64_t *ret,
		 bool *ret_found, struct err *err)
{
	static const char sql[] = "SELECT value FROM meta WHERE name=?";
	struct store_rows *rows = NULL;
	struct store_value v;
	struct cut cut;
	int rc;

	if (store_start(st, sql, STORE_ARGS(S_TEXT(name)), &rows, err) != 0)
		return -1;
	rc = store_step(st, rows, err);
	if (rc > 0) {
		v = store_column(st, rows, 0);
		cut = CUT(v.bytes, v.len);
		if (v.type != STORE_BLOB || v.len != 8)
			rc = ERR_SET(err, ERR_CORRUPT, "meta value", 0);
		else
			*ret = cut_u64(&cut);
	}
	if (rc >= 0)
		*ret_found = rc > 0;
	store_finish(st, &rows);
	return rc < 0 ? -1 : 0;
}

int meta_set_u64(struct store *st, const char *name, uint64_t value,
		 struct err *err)
{
	static const char sql[] =
	    "INSERT INTO meta(name,value) VALUES(?,?)"
	    " ON CONFLICT(name) DO UPDATE SET value=excluded.value";
	uint8_t bytes[8];

	for (unsigned int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	return store_run(st, sql, STORE_ARGS(S_TEXT(name), S_BLOB(bytes, 8)),
			 err);
}
