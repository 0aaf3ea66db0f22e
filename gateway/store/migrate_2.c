/* migrate_2.c - from schema 1 to 2: indexes become sorted runs.
 *
 * Both old indexes are in order already, so each is read once from end to end
 * and written once. */
#include "migrate.h"
#include "postern/log.h"
#include "runs.h"
#include "schema.h"

#define PROGRESS_ENTRIES 1000000

static const char *const made[] = {SCHEMA_SQLITE_2};
static const char refs_count_sql[] = "SELECT count(*) FROM provider_ref";
static const char refs_sql[] =
    "SELECT ref_hash,coalesce(message,0) FROM provider_ref ORDER BY ref_hash";
static const char messages_count_sql[] = "SELECT count(*) FROM message";
static const char messages_last_sql[] = "SELECT max(id) FROM message";
static const char messages_sql[] =
    "SELECT conversation,id FROM message ORDER BY conversation,id";
static const char *const gone[] = {
    "DROP TABLE provider_ref",
    "DROP INDEX message_conversation",
};

static int entry_of(struct runs *r, struct store_rows *rows,
		    uint8_t ret[RUNS_ENTRY_BYTES], struct err *err)
{
	struct store_value first = store_column(r->st, rows, 0);
	struct store_value second = store_column(r->st, rows, 1);

	memset(ret, 0, RUNS_ENTRY_BYTES);
	if (r->kind == RUNS_CONVERSATION) {
		runs_key(first.num, second.num, ret);
		return 0;
	}
	if (first.type != STORE_BLOB || first.len != RUNS_KEY_BYTES)
		return ERR_SET(err, ERR_CORRUPT, "key of a provider id", 0);
	memcpy(ret, first.bytes, RUNS_KEY_BYTES);
	for (unsigned int i = 0; i < 8; i++)
		ret[RUNS_KEY_BYTES + i] =
		    (uint8_t)((uint64_t)second.num >> (56 - 8 * i));
	return 0;
}

static int write_rows(struct runs_writer *w, const char *sql, struct err *err)
{
	struct store *st = w->r->st;
	struct store_rows *rows = NULL;
	uint8_t entry[RUNS_ENTRY_BYTES];
	int rc;

	if (store_start(st, sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(st, rows, err)) > 0) {
		if (entry_of(w->r, rows, entry, err) != 0 ||
		    runs_writer_add(w, entry, err) != 0) {
			rc = -1;
			break;
		}
		if (w->run->entries % PROGRESS_ENTRIES == 0)
			LOG(LOG_LEVEL_INFO, "store.migrating",
			    LOG_NUM("entries", w->run->entries));
	}
	store_finish(st, &rows);
	return rc;
}

static int write_run(struct runs *r, const char *sql, int64_t entries,
		     int64_t up_to, struct err *err)
{
	struct runs_writer *w = calloc(1, sizeof(*w));
	int rc = -1;

	if (w == NULL)
		return ERR_SET(err, ERR_NOMEM, "run", 0);
	if (runs_writer_begin(w, r, runs_level_of(r, (size_t)entries),
			      (size_t)entries, up_to, err) == 0 &&
	    write_rows(w, sql, err) == 0 && runs_writer_end(w, err) == 0)
		rc = 0;
	runs_writer_abandon(w); /* read again when it is first used */
	free(w);
	return rc;
}

static int move(struct store *st, enum runs_kind kind, const char *count_sql,
		const char *last_sql, const char *sql, struct err *err)
{
	struct runs *r = NULL;
	int64_t entries = 0, last = 0;
	bool found = false;
	int rc;

	if (store_one_int(st, count_sql, STORE_NO_ARGS, &entries, &found,
			  err) != 0 ||
	    (last_sql != NULL && store_one_int(st, last_sql, STORE_NO_ARGS,
					       &last, &found, err) != 0))
		return -1;
	if (entries == 0)
		return 0;
	if (runs_open(st, kind, &r, err) != 0)
		return -1;
	rc = write_run(r, sql, entries, last, err);
	runs_free(&r);
	return rc;
}

int migrate_to_2(struct store *st, struct err *err)
{
	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (store_run(st, made[i], STORE_NO_ARGS, err) != 0)
			return -1;
	if (move(st, RUNS_REF, refs_count_sql, NULL, refs_sql, err) != 0 ||
	    move(st, RUNS_CONVERSATION, messages_count_sql, messages_last_sql,
		 messages_sql, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (store_run(st, gone[i], STORE_NO_ARGS, err) != 0)
			return -1;
	return 0;
}
