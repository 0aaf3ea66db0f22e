/* backups.c - copies that verbs made past the instance, which only writes them
 * down. */
#include "backup/rows.h"
#include "body.h"
#include "problem.h"
#include "route.h"

static const char list_sql[] =
    "SELECT id,kind,made_ms,expires_ms,expired_ms FROM backup ORDER BY id DESC"
    " LIMIT 1000";

static json_t *backup_json(struct worker *w, struct store_rows *rows)
{
	struct store *st = w->store;
	struct store_value kind = store_column(st, rows, 1);

	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o}", "id",
	    job_json_id(w, ID_BACKUP, store_column(st, rows, 0).num), "kind",
	    json_stringn(kind.bytes, kind.len), "made",
	    job_json_time(store_column(st, rows, 2).num), "expires",
	    job_json_time(store_column(st, rows, 3).num), "expired",
	    job_json_time(store_column(st, rows, 4).num));
}

int api_backups_list(struct worker *w, struct job *job, struct err *err)
{
	struct store_rows *rows;
	json_t *list = json_array();
	int got;

	if (store_start(w->store, list_sql, STORE_NO_ARGS, &rows, err) != 0) {
		json_decref(list);
		return -1;
	}
	while ((got = store_step(w->store, rows, err)) > 0)
		(void)json_array_append_new(list, backup_json(w, rows));
	store_finish(w->store, &rows);
	if (got < 0) {
		json_decref(list);
		return -1;
	}
	return job_json(job, 200, json_pack("{s:o}", "backups", list), err);
}

static int note(struct worker *w, struct job *job, bool keys, struct err *err)
{
	struct backup_row row;

	if (backup_made(w, keys, &row, err) != 0)
		return -1;
	return job_json(job, 200,
			json_pack("{s:s, s:o, s:o}", "state", "noted", "id",
				  job_json_id(w, ID_BACKUP, row.id), "expires",
				  job_json_time(row.expires_ms)),
			err);
}

int api_keys_backup(struct worker *w, struct job *job, struct err *err)
{
	return note(w, job, true, err);
}

int api_data_backup(struct worker *w, struct job *job, struct err *err)
{
	return note(w, job, false, err);
}
