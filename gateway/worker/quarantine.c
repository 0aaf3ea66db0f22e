/* quarantine.c - rows of table quarantine. */
#include "quarantine.h"

static const char add_sql[] =
    "INSERT INTO quarantine(id,channel,received_ms,year,reason,bytes,"
    "raw_sealed) VALUES(?,?,?,?,?,?,?)";
static const char remove_sql[] = "DELETE FROM quarantine WHERE id=?";
static const char get_sql[] =
    "SELECT id,received_ms,bytes,channel,reason,year,raw_sealed"
    " FROM quarantine WHERE id=?";
static const char list_sql[] =
    "SELECT id,received_ms,bytes,channel,reason,year"
    " FROM quarantine WHERE id>? ORDER BY id LIMIT ?";

void quarantine_key(int64_t received_ms, struct key_ref *ret)
{
	*ret = (struct key_ref){.year = env_year(received_ms)};
	(void)name_set(&ret->datenart, "RAW", 3); /* a constant */
}

int quarantine_add(struct worker *w, const struct quarantined *q,
		   const void *sealed, size_t sealed_len, struct err *err)
{
	return store_run(w->store, add_sql,
			 STORE_ARGS(S_INT(q->id), S_TEXT(q->channel->text),
				    S_INT(q->received_ms),
				    S_INT(env_year(q->received_ms)),
				    S_TEXT(q->reason), S_INT(q->bytes),
				    S_BLOB(sealed, sealed_len)),
			 err);
}

int quarantine_remove(struct worker *w, int64_t id, struct err *err)
{
	return store_run(w->store, remove_sql, STORE_ARGS(S_INT(id)), err);
}

static int read_row(struct worker *w, struct store_rows *rows,
		    struct quarantine_row *ret, struct err *err)
{
	struct store_value v;

	*ret = (struct quarantine_row){
	    .id = store_column(w->store, rows, 0).num,
	    .received_ms = store_column(w->store, rows, 1).num,
	    .bytes = store_column(w->store, rows, 2).num,
	    .year = (uint16_t)store_column(w->store, rows, 5).num,
	};
	v = store_column(w->store, rows, 3);
	if (!name_set(&ret->channel, v.bytes, v.len))
		return ERR_SET(err, ERR_CORRUPT, "channel is no name", 0);
	v = store_column(w->store, rows, 4);
	if (v.len >= sizeof(ret->reason))
		return ERR_SET(err, ERR_CORRUPT, "reason too long", 0);
	memcpy(ret->reason, v.bytes, v.len);
	return 0;
}

static int copy_sealed(struct worker *w, struct store_rows *rows,
		       struct quarantine_row *ret, struct err *err)
{
	struct store_value v = store_column(w->store, rows, 6);

	ret->sealed = malloc(v.len > 0 ? v.len : 1);
	if (ret->sealed == NULL)
		return ERR_SET(err, ERR_NOMEM, "quarantined body", 0);
	memcpy(ret->sealed, v.bytes, v.len);
	ret->sealed_len = v.len;
	return 0;
}

int quarantine_get(struct worker *w, int64_t id, struct quarantine_row *ret,
		   struct err *err)
{
	struct quarantine_row row = {0};
	struct store_rows *rows = NULL;
	int rc;

	if (store_start(w->store, get_sql, STORE_ARGS(S_INT(id)), &rows, err) !=
	    0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc == 0)
		rc = ERR_SET(err, ERR_ABSENT, "not in quarantine", 0);
	else if (rc > 0)
		rc = read_row(w, rows, &row, err) != 0 ||
			     copy_sealed(w, rows, &row, err) != 0
			 ? -1
			 : 0;
	store_finish(w->store, &rows);
	if (rc == 0)
		*ret = row;
	return rc;
}

int quarantine_list(struct worker *w, int64_t after,
		    struct quarantine_row *ret_rows, size_t rows_max,
		    size_t *ret_len, struct err *err)
{
	struct store_rows *rows = NULL;
	size_t len = 0;
	int rc;

	if (store_start(w->store, list_sql,
			STORE_ARGS(S_INT(after), S_INT(rows_max)), &rows,
			err) != 0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) > 0 && len < rows_max) {
		rc = read_row(w, rows, &ret_rows[len], err);
		if (rc != 0)
			break;
		len++;
	}
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	*ret_len = len;
	return 0;
}
