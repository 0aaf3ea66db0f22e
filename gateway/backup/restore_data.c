/* restore_data.c - the archive of a backup, made fit to come back.
 *
 * Source: Art. 17, 18 GDPR; compliance 7.4, 9 R6, X3. */
#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/keeperrestore.h"
#include "postern/ledger.h"
#include "postern/store.h"
#include "restore.h"
#include "spool/folder.h"
#include "worker/forgotten.h"
#include "worker/inbound.h"
#include "worker/restrictionlog.h"

#define LINE_BYTES 128

static const char replay_sql[] =
    "INSERT INTO replay(kind,id,datenart,at_ms) VALUES(?,?,?,?) ON CONFLICT"
    " DO UPDATE SET at_ms=max(at_ms,excluded.at_ms)";
static const char replay_count_sql[] = "SELECT count(*) FROM replay";
static const char park_count_sql[] =
    "SELECT count(*) FROM outbox WHERE state NOT IN ('dead','unknown')";
/* What was to be told then may have been told since. */
static const char park_sql[] =
    "UPDATE outbox SET state='restored',reason='restored' WHERE state NOT IN"
    " ('dead','unknown')";
/* A package is a copy that backups do not have. */
static const char package_sql[] =
    "UPDATE package SET state='expired',ended_ms=?,link=NULL,"
    "file=NULL WHERE ended_ms IS NULL";
static const char before_sql[] =
    "INSERT INTO ledger_before(origin,size,at_ms,note,token) SELECT ?,c.size,"
    "c.at_ms,c.note,s.token FROM ledger_checkpoint c LEFT JOIN ledger_stamp s"
    " ON s.size=c.size WHERE true ON CONFLICT DO NOTHING";
static const char *const log_over_sql[] = {"DELETE FROM ledger_checkpoint",
					   "DELETE FROM ledger_stamp",
					   "DELETE FROM ledger_witness"};
static const char forget_position_sql[] =
    "DELETE FROM meta WHERE name IN ('spool_segment','spool_offset')";
static const char forget_replay_sql[] = "DELETE FROM replay";

/* --- what was deleted since ----------------------------------------------- */

struct told {
	struct store *st;
};

static int put(struct store *st, const char *kind, int64_t id,
	       const char *datenart, int64_t at_ms, struct err *err)
{
	return store_run(
	    st, replay_sql,
	    STORE_ARGS(S_TEXT(kind), S_INT(id), S_TEXT(datenart), S_INT(at_ms)),
	    err);
}

static int put_key(void *ctx, int64_t at_ms, int64_t person,
		   const struct name *datenart, struct err *err)
{
	const struct told *t = ctx;

	return put(t->st, "key", person, datenart != NULL ? datenart->text : "",
		   at_ms, err);
}

static int read_erasures(const struct restore_data *d, struct store *st,
			 struct err *err)
{
	struct told t = {.st = st};
	struct err why = {0};

	if (keeper_erasures_each(d->dir, put_key, &t, &why) == 0 ||
	    (why.kind == ERR_ABSENT && d->without_erasures))
		return 0;
	*err = why;
	return -1;
}

/* Longer lines are none of ours. */
static int put_record(struct store *st, char *line, struct err *err)
{
	struct forgotten f;
	size_t len = strcspn(line, "\n");

	if (!forgotten_parse(line, len, &f))
		return 0;
	return put(st, f.kind, f.id, "", f.at_ms, err);
}

static int read_forgotten(const struct restore_data *d, struct store *st,
			  struct err *err)
{
	char path[DURABLE_PATH_BYTES], line[LINE_BYTES];
	FILE *file;
	int rc = 0;

	if (durable_path(d->dir, FORGOTTEN_FILE, path, err) != 0)
		return -1;
	file = fopen(path, "re");
	if (file == NULL) /* nothing was deleted yet, or nobody kept it */
		return errno == ENOENT
			   ? 0
			   : ERR_SET(err, ERR_STORAGE,
				     "cannot read forgotten.log", errno);
	while (rc == 0 && fgets(line, sizeof(line), file) != NULL)
		rc = put_record(st, line, err);
	if (rc == 0 && ferror(file))
		rc = ERR_SET(err, ERR_STORAGE, "cannot read forgotten.log",
			     errno);
	(void)fclose(file); /* read only */
	return rc;
}

/* --- the spool ------------------------------------------------------------ */

/* Where the archive of now, which is replaced, has read to: what it has read
 * was told, and would be told again. */
static int position_of_now(const struct restore_data *d, uint64_t ret[2],
			   bool *ret_known, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	const char *engine;
	struct store *now = NULL;
	struct err why = {0};
	bool found[2] = {false, false};

	*ret_known = false;
	if (store_engines(&engine, 1) != 1 ||
	    durable_path(d->dir, "postern.db", path, err) != 0)
		return -1;
	/* One that does not open is why there is a restore. */
	if (access(path, F_OK) == 0 &&
	    store_look(engine, path, &now, &why) == 0)
		*ret_known = meta_get_u64(now, "spool_segment", &ret[0],
					  &found[0], &why) == 0 &&
			     meta_get_u64(now, "spool_offset", &ret[1],
					  &found[1], &why) == 0 &&
			     found[0] && found[1];
	store_close(&now);
	return 0;
}

/* A number that comes again in another spool would pass over what lies there
 * now. */
static int set_position(const struct restore_data *d, struct store *st,
			struct err *err)
{
	uint64_t at[2] = {0, 0};
	bool known = false;

	if (position_of_now(d, at, &known, err) != 0)
		return -1;
	if (!known)
		return store_run(st, forget_position_sql, STORE_NO_ARGS, err);
	if (meta_set_u64(st, "spool_segment", at[0], err) != 0)
		return -1;
	return meta_set_u64(st, "spool_offset", at[1], err);
}

/* --- the proof log -------------------------------------------------------- */

/* Its entries stay, under another name: what came after the backup was signed
 * under the old one, and nobody can continue both. */
static int end_log(const struct restore_data *d, struct store *st,
		   const char *origin, struct err *err)
{
	if (store_run(st, before_sql, STORE_ARGS(S_TEXT(origin)), err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(log_over_sql) / sizeof(log_over_sql[0]);
	     i++)
		if (store_run(st, log_over_sql[i], STORE_NO_ARGS, err) != 0)
			return -1;
	return meta_set_u64(st, "ledger_generation",
			    (uint64_t)(d->now_ms / 1000), err);
}

/* The keeper of now says what the log was called; of one that signed nothing
 * there is nothing to keep apart. */
static int origin_of_now(const struct restore_data *d,
			 char ret[NOTE_NAME_BYTES], struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct err why = {0};
	uint64_t size;

	if (durable_path(d->staging, "keeper.db", path, err) != 0)
		return -1;
	if (keeper_log_last(access(path, F_OK) == 0 ? d->staging : d->dir, ret,
			    &size, &why) == 0)
		return 0;
	if (why.kind != ERR_ABSENT) {
		*err = why;
		return -1;
	}
	(void)snprintf(ret, NOTE_NAME_BYTES, "-");
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static int count(struct store *st, const char *sql, uint64_t *ret,
		 struct err *err)
{
	int64_t n = 0;
	bool found = false;

	if (store_one_int(st, sql, STORE_NO_ARGS, &n, &found, err) != 0)
		return -1;
	*ret = (uint64_t)n;
	return 0;
}

static int write_meta(const struct restore_data *d, struct store *st,
		      struct err *err)
{
	if (meta_set_u64(st, "restore_made_ms", (uint64_t)d->made_ms, err) !=
		0 ||
	    meta_set_u64(st, "restore_ms", (uint64_t)d->now_ms, err) != 0 ||
	    meta_set_u64(st, "restore_cursor", 0, err) != 0 ||
	    meta_set_u64(st, "restore_count", 0, err) != 0)
		return -1;
	return meta_set_u64(st, "restore_phase", 1, err);
}

static int change(const struct restore_data *d, struct store *st,
		  const char *origin, struct restore_result *ret,
		  struct err *err)
{
	struct restriction_replayed restrictions;

	if (restriction_log_replay(st, d->dir, &restrictions, err) != 0)
		return -1;
	ret->restricted = restrictions.set;
	if (store_run(st, forget_replay_sql, STORE_NO_ARGS, err) != 0 ||
	    read_erasures(d, st, err) != 0 || read_forgotten(d, st, err) != 0 ||
	    count(st, replay_count_sql, &ret->erased, err) != 0 ||
	    count(st, park_count_sql, &ret->parked, err) != 0 ||
	    store_run(st, park_sql, STORE_NO_ARGS, err) != 0 ||
	    store_run(st, package_sql, STORE_ARGS(S_INT(d->now_ms)), err) !=
		0 ||
	    set_position(d, st, err) != 0 || end_log(d, st, origin, err) != 0)
		return -1;
	return write_meta(d, st, err);
}

static int change_in_tx(const struct restore_data *d, struct store *st,
			const char *origin, struct restore_result *ret,
			struct err *err)
{
	if (store_begin(st, err) != 0)
		return -1;
	if (change(d, st, origin, ret, err) != 0) {
		store_roll_back(st);
		return -1;
	}
	return store_commit(st, err);
}

int restore_data_prepare(const struct restore_data *d,
			 struct restore_result *ret, struct err *err)
{
	char path[DURABLE_PATH_BYTES], origin[NOTE_NAME_BYTES];
	struct store *st = NULL;
	const char *engine;
	int rc = -1;

	if (durable_path(d->staging, "postern.db", path, err) != 0)
		return -1;
	if (store_engines(&engine, 1) != 1)
		return ERR_SET(err, ERR_INPUT, "no engine", 0);
	if (origin_of_now(d, origin, err) != 0 ||
	    store_open(engine, path, &st, err) != 0)
		return -1;
	if (ledger_entries(st, &ret->entries, err) == 0 &&
	    change_in_tx(d, st, origin, ret, err) == 0)
		rc = store_checkpoint(st, err);
	store_close(&st);
	return rc;
}
