/* migrate.c - the tables of postern.db, from nothing to SCHEMA_VERSION.
 *
 * The version stands in meta.schema, big endian.  It is read before anything
 * is written: a file from a newer Postern is left as it is.  All steps from
 * the file's version on are one transaction: after a crash the file is old or
 * new, and the old one is taken again. */
#include "migrate.h"
#include "postern/log.h"
#include "postern/store.h"
#include "schema.h"
#include "sqlite.h"

/* One meta value as a number; *ret_found false when absent. */
static int read_meta(sqlite3 *db, const char *name, uint64_t *ret,
		     bool *ret_found, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const uint8_t *bytes;
	int rc, out = -1;

	rc = sqlite3_prepare_v2(db, "SELECT value FROM meta WHERE name=?", -1,
				&stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		bytes = sqlite3_column_blob(stmt, 0);
		if (bytes == NULL || sqlite3_column_bytes(stmt, 0) != 8) {
			(void)ERR_SET(err, ERR_CORRUPT, "meta value", 0);
			goto out;
		}
		*ret = 0;
		for (int i = 0; i < 8; i++)
			*ret = *ret << 8 | bytes[i];
		*ret_found = true;
		out = 0;
	} else if (rc == SQLITE_DONE) {
		*ret_found = false;
		out = 0;
	} else {
		(void)err_set(err, sqlite_classify(rc), __func__, "read meta",
			      rc);
	}
out:
	(void)sqlite3_finalize(stmt); /* repeats the error of the step */
	return out;
}

static int write_meta(sqlite3 *db, const char *name, uint64_t value,
		      struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	uint8_t bytes[8];
	int rc;

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(value >> (56 - 8 * i));
	rc = sqlite3_prepare_v2(
	    db, "INSERT OR REPLACE INTO meta(name,value) VALUES(?,?)", -1,
	    &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_blob(stmt, 2, bytes, 8, SQLITE_TRANSIENT);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt); /* repeats the error of the step */
	if (rc != SQLITE_DONE)
		return err_set(err, sqlite_classify(rc), __func__, "write meta",
			       rc);
	return 0;
}

static int run(sqlite3 *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return err_set(err, sqlite_classify(rc), __func__, "migrate",
			       rc);
	return 0;
}

/* Does the file hold any table, and is meta among them? */
static int look(sqlite3 *db, bool *ret_empty, bool *ret_meta, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	rc = sqlite3_prepare_v2(
	    db,
	    "SELECT count(*), coalesce(sum(name='meta' AND type='table'),0)"
	    " FROM sqlite_master",
	    -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		*ret_empty = sqlite3_column_int64(stmt, 0) == 0;
		*ret_meta = sqlite3_column_int64(stmt, 1) != 0;
	}
	(void)sqlite3_finalize(stmt); /* repeats the error of the step */
	if (rc != SQLITE_ROW)
		return err_set(err, sqlite_classify(rc), __func__,
			       "read schema", rc);
	return 0;
}

int sqlite_refuse_newer(sqlite3 *db, bool *ret_empty, struct err *err)
{
	uint64_t version = 0;
	bool empty = true, meta = false, found = false;

	if (look(db, &empty, &meta, err) != 0)
		return -1;
	if (!empty) {
		if (!meta)
			return ERR_SET(err, ERR_INPUT, "not a Postern archive",
				       0);
		if (read_meta(db, "schema", &version, &found, err) != 0)
			return -1;
		if (!found || version < 1)
			return ERR_SET(err, ERR_CORRUPT, "schema version", 0);
		if (version > SCHEMA_VERSION)
			return ERR_SET(err, ERR_INPUT,
				       "archive made by a newer Postern", 0);
	}
	*ret_empty = empty;
	return 0;
}

static int (*const steps[])(struct store *st, struct err *err) = {
    [1] = migrate_to_2,
    [2] = migrate_to_3,
    [3] = migrate_to_4,
    [4] = migrate_to_5,
};
_Static_assert(sizeof(steps) / sizeof(steps[0]) == SCHEMA_VERSION,
	       "a step for each version");

static int take_steps(struct sqlite_store *s, uint64_t version, struct err *err)
{
	if (version == 0) {
		if (run(s->db, SCHEMA_SQLITE_1, err) != 0)
			return -1;
		version = 1;
	}
	for (; version < SCHEMA_VERSION; version++)
		if (steps[version](&s->base, err) != 0)
			return -1;
	return write_meta(s->db, "schema", SCHEMA_VERSION, err);
}

int sqlite_read_clean(sqlite3 *db, bool *ret_clean, struct err *err)
{
	uint64_t clean = 0;
	bool found = false;

	if (read_meta(db, "clean", &clean, &found, err) != 0)
		return -1;
	*ret_clean = found && clean == 1;
	return 0;
}

int sqlite_migrate(struct sqlite_store *s, bool empty, struct err *err)
{
	uint64_t version = 0;
	bool found = false;

	if (!empty && read_meta(s->db, "schema", &version, &found, err) != 0)
		return -1;
	if (version == SCHEMA_VERSION)
		return 0;
	if (!empty)
		LOG(LOG_LEVEL_INFO, "store.migrating", LOG_NUM("from", version),
		    LOG_NUM("to", SCHEMA_VERSION));
	if (store_begin(&s->base, err) != 0)
		return -1;
	if (take_steps(s, version, err) != 0 ||
	    store_commit(&s->base, err) != 0) {
		store_roll_back(&s->base);
		return -1;
	}
	if (!empty)
		LOG(LOG_LEVEL_INFO, "store.migrated",
		    LOG_NUM("to", SCHEMA_VERSION));
	return 0;
}

int sqlite_mark_clean(sqlite3 *db, bool clean, struct err *err)
{
	if (clean)
		return write_meta(db, "clean", 1, err);
	return run(db, "DELETE FROM meta WHERE name='clean'", err);
}
