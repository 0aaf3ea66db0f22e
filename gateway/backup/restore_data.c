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
#include "worker/holdlog.h"
#include "worker/inbound.h"
#include "worker/restrictionlog.h"
#include "worker/withdrawallog.h"

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
/* May have been answered since, or be on its way: a person looks first. */
static const char request_sql[] =
    "UPDATE request SET restored=1 WHERE ended_ms IS NULL OR id IN (SELECT"
    " request FROM request_letter WHERE state IN ('waiting','unknown'))";
static const char request_count_sql[] =
    "SELECT count(*) FROM request WHERE restored<>0";
/* What was counted then is not what would go now. */
static const char sweep_sql[] =
    "UPDATE sweep SET state='stopped',reason='restored',ended_ms=?,cursor=NULL"
    " WHERE ended_ms IS NULL";
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

/* --- the archive that is replaced ------------------------------------------
 */

/* Where it opens, what it alone knows is not lost: who wants no advertising,
 * which tokens were revoked, and how far the spool was read. */
struct now {
	struct store *st; /* NULL: there is none, or it does not open */
};

/* One that does not open is why there is a restore. */
static int open_now(const struct restore_data *d, struct now *ret,
		    struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	const char *engine;
	struct err why = {0};

	if (store_engines(&engine, 1) != 1 ||
	    durable_path(d->dir, "postern.db", path, err) != 0)
		return -1;
	if (access(path, F_OK) == 0)
		(void)store_look(engine, path, &ret->st, &why); /* or none */
	return 0;
}

static const char revoked_sql[] =
    "SELECT id,revoked_ms FROM token WHERE revoked_ms IS NOT NULL";
static const char revoke_sql[] =
    "UPDATE token SET revoked_ms=? WHERE id=? AND revoked_ms IS NULL";
static const char suppressed_sql[] =
    "SELECT suppress_hash,scope,channel,since_ms,reason FROM suppression";
static const char suppress_sql[] =
    "INSERT INTO suppression(suppress_hash,scope,channel,since_ms,reason)"
    " VALUES(?,?,?,?,?) ON CONFLICT DO NOTHING";

/* Each row of one statement of then is an argument list of another. */
static int carry(struct store *from, const char *read, unsigned int columns,
		 struct store *to, const char *write, bool swap,
		 struct err *err)
{
	struct store_rows *rows = NULL;
	struct store_value args[5];
	int rc;

	if (store_start(from, read, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(from, rows, err)) > 0) {
		for (unsigned int i = 0; i < columns; i++)
			args[swap ? columns - 1 - i : i] =
			    store_column(from, rows, i);
		rc = store_run(to, write, args, columns, err);
		if (rc != 0)
			break;
	}
	store_finish(from, &rows);
	return rc;
}

static int carry_all(const struct now *now, struct store *st, struct err *err)
{
	if (now->st == NULL)
		return 0;
	if (carry(now->st, revoked_sql, 2, st, revoke_sql, true, err) != 0)
		return -1;
	return carry(now->st, suppressed_sql, 5, st, suppress_sql, false, err);
}

/* What it has read was told, and would be told again.  Of another spool a
 * number that comes again would pass over what lies there now. */
static int set_position(const struct now *now, struct store *st,
			struct err *err)
{
	bool found[2] = {false, false};
	uint64_t at[2] = {0, 0};
	struct err why = {0};

	if (now->st == NULL ||
	    meta_get_u64(now->st, "spool_segment", &at[0], &found[0], &why) !=
		0 ||
	    meta_get_u64(now->st, "spool_offset", &at[1], &found[1], &why) !=
		0 ||
	    !found[0] || !found[1])
		return store_run(st, forget_position_sql, STORE_NO_ARGS, err);
	if (meta_set_u64(st, "spool_segment", at[0], err) != 0)
		return -1;
	return meta_set_u64(st, "spool_offset", at[1], err);
}

/* A damaged one may fail halfway; what was carried stays. */
static int take_from_now(const struct restore_data *d, struct store *st,
			 struct err *err)
{
	struct now now = {0};
	struct err why = {0};
	int rc;

	if (open_now(d, &now, err) != 0)
		return -1;
	rc = set_position(&now, st, err);
	if (rc == 0)
		(void)carry_all(&now, st, &why);
	store_close(&now.st);
	return rc;
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

/* Acts since, and before anything sees the archive without them. */
static int replay_acts(const struct restore_data *d, struct store *st,
		       struct restore_result *ret, struct err *err)
{
	struct restriction_replayed restrictions;
	struct withdrawal_replayed withdrawals;
	struct hold_replayed holds;

	if (restriction_log_replay(st, d->dir, &restrictions, err) != 0 ||
	    withdrawal_log_replay(st, d->dir, &withdrawals, err) != 0 ||
	    hold_log_replay(st, d->dir, &holds, err) != 0)
		return -1;
	ret->restricted = restrictions.set;
	ret->withdrawn = withdrawals.events;
	ret->suppressed = withdrawals.hashes;
	ret->held = holds.placed;
	return 0;
}

/* What was under way waits for somebody. */
static int park(const struct restore_data *d, struct store *st,
		struct restore_result *ret, struct err *err)
{
	const struct store_value now = S_INT(d->now_ms);

	if (count(st, park_count_sql, &ret->parked, err) != 0 ||
	    store_run(st, park_sql, STORE_NO_ARGS, err) != 0 ||
	    store_run(st, package_sql, STORE_ARGS(now), err) != 0 ||
	    store_run(st, sweep_sql, STORE_ARGS(now), err) != 0 ||
	    store_run(st, request_sql, STORE_NO_ARGS, err) != 0)
		return -1;
	return count(st, request_count_sql, &ret->requests, err);
}

static int change(const struct restore_data *d, struct store *st,
		  const char *origin, struct restore_result *ret,
		  struct err *err)
{
	if (replay_acts(d, st, ret, err) != 0 ||
	    store_run(st, forget_replay_sql, STORE_NO_ARGS, err) != 0 ||
	    read_erasures(d, st, err) != 0 || read_forgotten(d, st, err) != 0 ||
	    count(st, replay_count_sql, &ret->erased, err) != 0 ||
	    park(d, st, ret, err) != 0 || take_from_now(d, st, err) != 0 ||
	    end_log(d, st, origin, err) != 0)
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
