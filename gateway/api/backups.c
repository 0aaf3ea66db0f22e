/* backups.c - copies that verbs made past the instance, which only writes them
 * down. */
#include "backup/rows.h"
#include "body.h"
#include "listing.h"
#include "problem.h"
#include "route.h"

static const char list_sql[] =
    "SELECT id,kind,made_ms,expires_ms,expired_ms FROM backup ORDER BY id DESC"
    " LIMIT 1000";

static int backup_row(struct worker *w, struct store_rows *rows, json_t **ret,
		      struct err *err)
{
	(void)err; /* nothing is asked of anybody */
	*ret = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o}", "id",
	    listing_id(w, rows, 0, ID_BACKUP), "kind", listing_text(w, rows, 1),
	    "made", listing_time(w, rows, 2), "expires",
	    listing_time(w, rows, 3), "expired", listing_time(w, rows, 4));
	return 0;
}

int api_backups_list(struct worker *w, struct job *job, struct err *err)
{
	return listing_answer(w, job, "backups", list_sql, STORE_NO_ARGS,
			      backup_row, err);
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
