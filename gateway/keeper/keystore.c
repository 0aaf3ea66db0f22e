/* keystore.c - open keeper.db with every setting read back, and its
 * transactions. */
#include "keeper/keystore.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/keystore_db.h"

#define BUSY_MS		   2000
#define TRUNCATE_TRIES_MAX 2 /* each waits BUSY_MS for readers */

static const char schema[] =
    "CREATE TABLE meta(name TEXT PRIMARY KEY, value BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE data_key(person INTEGER NOT NULL, datenart TEXT NOT NULL,"
    " year INTEGER NOT NULL, wrapped BLOB NOT NULL, made_ms INTEGER NOT NULL,"
    " PRIMARY KEY(person, datenart, year)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE spool_pair(pair INTEGER PRIMARY KEY, public BLOB NOT NULL,"
    " wrapped BLOB NOT NULL, made_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE instance_key(name TEXT PRIMARY KEY, wrapped BLOB NOT NULL)"
    " STRICT, WITHOUT ROWID;";

int keystore_failed(const struct keystore *ks, struct err *err)
{
	int code = sqlite3_extended_errcode(ks->db);

	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return ERR_SET(err, ERR_BUSY, "the key store is busy", code);
	case SQLITE_FULL:
		return ERR_SET(err, ERR_BUSY, "the disk is full", code);
	case SQLITE_NOMEM:
		return ERR_SET(err, ERR_NOMEM, "no memory", code);
	default:
		return ERR_SET(err, ERR_STORAGE, "the key store failed", code);
	}
}

static int run(struct keystore *ks, const char *sql, struct err *err)
{
	if (sqlite3_exec(ks->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return keystore_failed(ks, err);
	return 0;
}

/* Runs a pragma and compares what it answers. */
static int setting(struct keystore *ks, const char *sql, const char *want,
		   struct err *err)
{
	sqlite3_stmt *st = NULL;
	const unsigned char *got;
	bool same;
	int rc = -1;

	if (sqlite3_prepare_v2(ks->db, sql, -1, &st, NULL) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_ROW) {
		keystore_failed(ks, err);
		goto out;
	}
	got = sqlite3_column_text(st, 0);
	same = got != NULL && strcmp((const char *)got, want) == 0;
	rc = same ? 0
		  : ERR_SET(err, ERR_STORAGE,
			    "SQLite refuses a setting we need", 0);
out:
	(void)sqlite3_finalize(st); /* repeats the step's error */
	return rc;
}

static void limits(struct keystore *ks)
{
	(void)sqlite3_limit(ks->db, SQLITE_LIMIT_LENGTH, 1 << 20);
	(void)sqlite3_limit(ks->db, SQLITE_LIMIT_SQL_LENGTH, 10000);
	(void)sqlite3_limit(ks->db, SQLITE_LIMIT_VARIABLE_NUMBER, 8);
	(void)sqlite3_limit(ks->db, SQLITE_LIMIT_ATTACHED, 0);
}

static int harden(struct keystore *ks, struct err *err)
{
	int persist = 1;

	if (sqlite3_db_config(ks->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) ||
	    sqlite3_db_config(ks->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0,
			      NULL) ||
	    sqlite3_db_config(ks->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) ||
	    sqlite3_db_config(ks->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) ||
	    sqlite3_db_config(ks->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0,
			      NULL) ||
	    sqlite3_extended_result_codes(ks->db, 1) ||
	    sqlite3_busy_timeout(ks->db, BUSY_MS) ||
	    sqlite3_file_control(ks->db, "main", SQLITE_FCNTL_PERSIST_WAL,
				 &persist))
		return keystore_failed(ks, err);
	limits(ks);
	return 0;
}

static int settings(struct keystore *ks, struct err *err)
{
	if (run(ks, "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON;",
		err) != 0 ||
	    setting(ks, "PRAGMA mmap_size=0", "0", err) != 0 ||
	    setting(ks, "PRAGMA journal_mode=WAL", "wal", err) != 0 ||
	    setting(ks, "PRAGMA secure_delete=ON", "1", err) != 0 ||
	    setting(ks, "PRAGMA secure_delete", "1", err) != 0 ||
	    run(ks, "PRAGMA synchronous=FULL", err) != 0 ||
	    setting(ks, "PRAGMA synchronous", "2", err) != 0 ||
	    setting(ks, "PRAGMA quick_check(1)", "ok", err) != 0)
		return -1;
	return 0;
}

static int connect(const char *dir, struct keystore **ret, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct keystore *ks = NULL;

	/* Debian's SQLite reads URIs: only a plain path may come here */
	if (strncmp(dir, "file:", 5) == 0 || strchr(dir, '?') != NULL)
		return ERR_SET(err, ERR_INPUT, "not a plain path", 0);
	if (durable_path(dir, KEYSTORE_FILE, path, err) != 0)
		return -1;
	ks = calloc(1, sizeof(*ks));
	if (ks == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	(void)snprintf(ks->dir, sizeof(ks->dir), "%s",
		       dir); /* fits: path did */
	if (sqlite3_open_v2(path, &ks->db,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK ||
	    ks->db == NULL) {
		ERR_SET(err, ERR_STORAGE, "cannot open keeper.db",
			ks->db ? sqlite3_extended_errcode(ks->db) : 0);
		goto fail;
	}
	if (harden(ks, err) != 0 || settings(ks, err) != 0)
		goto fail;
	*ret = ks;
	return 0;
fail:
	keystore_close(&ks);
	return -1;
}

int keystore_create(const char *dir, struct keystore **ret, struct err *err)
{
	struct keystore *ks = NULL;

	/* before SQLite opens it: closing a descriptor drops its locks */
	if (durable_create(dir, KEYSTORE_FILE, 0600, "", 0, err) != 0)
		return -1;
	if (connect(dir, &ks, err) != 0)
		return -1;
	/* SQLite ignores a failing directory sync, so it is done here */
	if (run(ks, schema, err) != 0 || keystore_truncate(ks, err) != 0 ||
	    durable_sync_dir(dir, err) != 0) {
		keystore_close(&ks);
		return -1;
	}
	*ret = ks;
	return 0;
}

int keystore_open(const char *dir, struct keystore **ret, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct stat st;

	if (durable_path(dir, KEYSTORE_FILE, path, err) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return errno == ENOENT
			   ? ERR_SET(err, ERR_ABSENT, "no keeper.db", errno)
			   : ERR_SET(err, ERR_STORAGE, "cannot see keeper.db",
				     errno);
	return connect(dir, ret, err);
}

void keystore_close(struct keystore **ks)
{
	if (*ks == NULL)
		return;
	for (size_t i = 0; i < KS_STATEMENTS; i++)
		(void)sqlite3_finalize((*ks)->stmts[i]); /* repeats errors */
	(void)sqlite3_close((*ks)->db); /* nothing is pending */
	free(*ks);
	*ks = NULL;
}

int keystore_begin(struct keystore *ks, struct err *err)
{
	return run(ks, "BEGIN IMMEDIATE", err);
}

int keystore_commit(struct keystore *ks, struct err *err)
{
	struct err ignored = {0};

	if (err == NULL)
		err = &ignored;
	if (run(ks, "COMMIT", err) == 0)
		return 0;
	/* refused as busy or full, it stays open and can be taken back; any
	 * other failure may be on disk all the same (assurance 4.3, 5) */
	if (err->kind == ERR_BUSY && keystore_in_transaction(ks)) {
		keystore_rollback(ks);
		return -1;
	}
	err->kind = ERR_STORAGE;
	return -1;
}

void keystore_rollback(struct keystore *ks)
{
	if (keystore_in_transaction(ks))
		/* without memory it may stay open: the caller looks */
		(void)sqlite3_exec(ks->db, "ROLLBACK", NULL, NULL, NULL);
}

bool keystore_in_transaction(const struct keystore *ks)
{
	return sqlite3_get_autocommit(ks->db) == 0;
}

int keystore_truncate(struct keystore *ks, struct err *err)
{
	assert(!keystore_in_transaction(ks));
	for (int i = 0; i < TRUNCATE_TRIES_MAX; i++) {
		int rc = sqlite3_wal_checkpoint_v2(
		    ks->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

		if (rc == SQLITE_OK)
			return 0;
		if ((rc & 0xff) != SQLITE_BUSY)
			return keystore_failed(ks, err);
	}
	return ERR_SET(err, ERR_BUSY, "somebody reads the key store", 0);
}

int keystore_copy(const char *dir, const char *file, struct err *err)
{
	struct keystore *ks = NULL;
	sqlite3_stmt *st = NULL;
	int rc = -1;

	if (keystore_open(dir, &ks, err) != 0)
		return -1;
	/* VACUUM attaches its target */
	(void)sqlite3_limit(ks->db, SQLITE_LIMIT_ATTACHED, 1);
	if (sqlite3_prepare_v2(ks->db, "VACUUM INTO ?1", -1, &st, NULL) !=
		SQLITE_OK ||
	    sqlite3_bind_text(st, 1, file, -1, SQLITE_STATIC) != SQLITE_OK ||
	    sqlite3_step(st) != SQLITE_DONE) {
		keystore_failed(ks, err);
		goto out;
	}
	rc = 0;
out:
	(void)sqlite3_finalize(st); /* repeats the step's error */
	keystore_close(&ks);
	return rc;
}
