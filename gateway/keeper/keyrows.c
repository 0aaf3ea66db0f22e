/* keyrows.c - the rows of keeper.db: named statements, bound parameters. */
#include <assert.h>

#include "keeper/keystore_db.h"

#define LOG_NAME "log" /* in meta */

static const char *const sql[KS_STATEMENTS] = {
    [KS_META_GET] = "SELECT value FROM meta WHERE name = ?1",
    [KS_META_FORGET] = "DELETE FROM meta WHERE name = ?1",
    [KS_META_PUT] = "INSERT INTO meta(name, value) VALUES(?1, ?2)"
		    " ON CONFLICT(name) DO UPDATE SET value = excluded.value",
    [KS_KEY_GET] = "SELECT wrapped FROM data_key"
		   " WHERE person = ?1 AND datenart = ?2 AND year = ?3",
    [KS_KEY_PUT] = "INSERT INTO data_key(person, datenart, year, wrapped,"
		   " made_ms) VALUES(?1, ?2, ?3, ?4, ?5)",
    [KS_KEY_COUNT] = "SELECT count(*) FROM data_key",
    [KS_KEY_COUNT_ALL] = "SELECT count(*) FROM data_key WHERE person = ?1",
    [KS_KEY_COUNT_ONE] = "SELECT count(*) FROM data_key WHERE person = ?1"
			 " AND datenart = ?2",
    [KS_KEY_SHRED_ALL] = "DELETE FROM data_key"
			 " WHERE person = ?1 AND made_ms <= ?2",
    [KS_KEY_SHRED_ONE] = "DELETE FROM data_key"
			 " WHERE person = ?1 AND made_ms <= ?2"
			 " AND datenart = ?3",
    [KS_INSTANCE_GET] = "SELECT wrapped FROM instance_key WHERE name = ?1",
    [KS_INSTANCE_PUT] = "INSERT INTO instance_key(name, wrapped)"
			" VALUES(?1, ?2)",
    [KS_INSTANCE_FORGET] = "DELETE FROM instance_key WHERE name = ?1",
    [KS_PAIR_GET] = "SELECT pair, public, wrapped, made_ms FROM spool_pair"
		    " WHERE pair = ?1",
    [KS_PAIR_NEWEST] = "SELECT pair, public, wrapped, made_ms"
		       " FROM spool_pair ORDER BY pair DESC LIMIT 1",
    [KS_PAIR_PUT] = "INSERT INTO spool_pair(pair, public, wrapped, made_ms)"
		    " VALUES(?1, ?2, ?3, ?4)",
    [KS_PAIR_FORGET] = "DELETE FROM spool_pair WHERE pair < ?1",
    [KS_REWRAP_KEYS] = "UPDATE data_key SET wrapped ="
		       " rewrap('D', wrapped, person, datenart, year)",
    [KS_REWRAP_INSTANCE] = "UPDATE instance_key SET wrapped ="
			   " rewrap('I', wrapped, 0, name, 0)",
    [KS_REWRAP_PAIRS] = "UPDATE spool_pair SET wrapped ="
			" rewrap('P', wrapped, pair, '', 0)",
};

static sqlite3_stmt *statement(struct keystore *ks, enum keystore_statement s,
			       struct err *err)
{
	if (ks->stmts[s] == NULL &&
	    sqlite3_prepare_v3(ks->db, sql[s], -1, SQLITE_PREPARE_PERSISTENT,
			       &ks->stmts[s], NULL) != SQLITE_OK) {
		keystore_failed(ks, err);
		return NULL;
	}
	return ks->stmts[s];
}

static void done(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st); /* repeats the step's error */
	(void)sqlite3_clear_bindings(st);
}

/* 0 a row, 1 none, -1 failed. */
static int step(struct keystore *ks, sqlite3_stmt *st, struct err *err)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return 0;
	case SQLITE_DONE:
		return 1;
	default:
		return keystore_failed(ks, err);
	}
}

static int column_blob(sqlite3_stmt *st, int column, void *ret, size_t len,
		       struct err *err)
{
	const void *blob = sqlite3_column_blob(st, column);

	if (blob == NULL || (size_t)sqlite3_column_bytes(st, column) != len)
		return ERR_SET(err, ERR_CORRUPT, "a key row has a wrong form",
			       0);
	memcpy(ret, blob, len);
	return 0;
}

static void bind_blob(sqlite3_stmt *st, int at, const void *bytes, size_t len)
{
	int rc = sqlite3_bind_blob(st, at, bytes, (int)len, SQLITE_STATIC);

	assert(rc == SQLITE_OK); /* static, in range, far below the limit */
	(void)rc;
}

static void bind_number(sqlite3_stmt *st, int at, int64_t v)
{
	int rc = sqlite3_bind_int64(st, at, v);

	assert(rc == SQLITE_OK);
	(void)rc;
}

static void bind_text(sqlite3_stmt *st, int at, const char *text)
{
	int rc = sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);

	assert(rc == SQLITE_OK);
	(void)rc;
}

/* Runs a bound statement that gives no row. */
static int execute(struct keystore *ks, sqlite3_stmt *st, struct err *err)
{
	int rc = step(ks, st, err);

	assert(rc != 0);
	done(st);
	return rc < 0 ? -1 : 0;
}

/* Runs a bound statement whose first row has one blob of len bytes. */
static int fetch_blob(struct keystore *ks, sqlite3_stmt *st, void *ret,
		      size_t len, struct err *err)
{
	int rc = step(ks, st, err);

	if (rc == 1)
		rc = ERR_SET(err, ERR_ABSENT, "no such key", 0);
	else if (rc == 0)
		rc = column_blob(st, 0, ret, len, err);
	done(st);
	return rc;
}

static int meta_get(struct keystore *ks, const char *name, void *ret,
		    size_t len, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_META_GET, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, name);
	return fetch_blob(ks, st, ret, len, err);
}

static int meta_put(struct keystore *ks, const char *name, const void *bytes,
		    size_t len, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_META_PUT, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, name);
	bind_blob(st, 2, bytes, len);
	return execute(ks, st, err);
}

static void number_out(uint64_t v, uint8_t ret[8])
{
	for (int i = 0; i < 8; i++)
		ret[i] = (uint8_t)(v >> (56 - 8 * i));
}

static uint64_t number_in(const uint8_t bytes[8])
{
	uint64_t v = 0;

	for (int i = 0; i < 8; i++)
		v = v << 8 | bytes[i];
	return v;
}

int keystore_meta_get(struct keystore *ks, struct keystore_meta *ret,
		      struct err *err)
{
	struct keystore_meta m = {0};
	uint8_t schema[8], epoch[8], rotated[8];

	if (meta_get(ks, "schema", schema, 8, err) != 0)
		return -1;
	m.schema = (uint32_t)number_in(schema);
	if (m.schema > KEYSTORE_SCHEMA)
		return ERR_SET(err, ERR_INPUT, "keeper.db is newer", 0);
	if (meta_get(ks, "instance", m.of.instance, WRAP_INSTANCE_BYTES, err) !=
		0 ||
	    meta_get(ks, "epoch", epoch, 8, err) != 0 ||
	    meta_get(ks, "rotated_ms", rotated, 8, err) != 0 ||
	    meta_get(ks, "check", m.check, WRAPPED_BYTES, err) != 0)
		return -1;
	m.of.epoch = (uint32_t)number_in(epoch);
	m.rotated_ms = (int64_t)number_in(rotated);
	*ret = m;
	return 0;
}

int keystore_meta_put(struct keystore *ks, const struct keystore_meta *meta,
		      struct err *err)
{
	uint8_t schema[8], epoch[8], rotated[8];

	number_out(meta->schema, schema);
	number_out(meta->of.epoch, epoch);
	number_out((uint64_t)meta->rotated_ms, rotated);
	if (meta_put(ks, "schema", schema, 8, err) != 0 ||
	    meta_put(ks, "instance", meta->of.instance, WRAP_INSTANCE_BYTES,
		     err) != 0 ||
	    meta_put(ks, "epoch", epoch, 8, err) != 0 ||
	    meta_put(ks, "rotated_ms", rotated, 8, err) != 0 ||
	    meta_put(ks, "check", meta->check, WRAPPED_BYTES, err) != 0)
		return -1;
	return 0;
}

static void bind_ref(sqlite3_stmt *st, const struct key_ref *ref)
{
	bind_number(st, 1, ref->person);
	bind_text(st, 2, ref->datenart.text);
	bind_number(st, 3, ref->year);
}

int keystore_key_get(struct keystore *ks, const struct key_ref *ref,
		     uint8_t ret[WRAPPED_BYTES], struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_KEY_GET, err);

	if (st == NULL)
		return -1;
	bind_ref(st, ref);
	return fetch_blob(ks, st, ret, WRAPPED_BYTES, err);
}

int keystore_key_put(struct keystore *ks, const struct key_ref *ref,
		     const uint8_t wrapped[WRAPPED_BYTES], int64_t made_ms,
		     struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_KEY_PUT, err);

	if (st == NULL)
		return -1;
	bind_ref(st, ref);
	bind_blob(st, 4, wrapped, WRAPPED_BYTES);
	bind_number(st, 5, made_ms);
	return execute(ks, st, err);
}

int keystore_key_count(struct keystore *ks, uint64_t *ret, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_KEY_COUNT, err);
	int rc;

	if (st == NULL)
		return -1;
	rc = step(ks, st, err);
	if (rc == 0)
		*ret = (uint64_t)sqlite3_column_int64(st, 0);
	done(st);
	return rc < 0 ? -1 : 0;
}

int keystore_key_count_of(struct keystore *ks, int64_t person,
			  const struct name *datenart, uint32_t *ret,
			  struct err *err)
{
	sqlite3_stmt *st = statement(
	    ks, datenart == NULL ? KS_KEY_COUNT_ALL : KS_KEY_COUNT_ONE, err);
	int rc;

	if (st == NULL)
		return -1;
	bind_number(st, 1, person);
	if (datenart != NULL)
		bind_text(st, 2, datenart->text);
	rc = step(ks, st, err);
	if (rc == 0)
		*ret = (uint32_t)sqlite3_column_int64(st, 0);
	done(st);
	return rc < 0 ? -1 : 0;
}

int keystore_key_shred(struct keystore *ks, int64_t person,
		       const struct name *datenart, int64_t made_ms_max,
		       uint32_t *ret_count, struct err *err)
{
	sqlite3_stmt *st = statement(
	    ks, datenart == NULL ? KS_KEY_SHRED_ALL : KS_KEY_SHRED_ONE, err);

	if (st == NULL)
		return -1;
	bind_number(st, 1, person);
	bind_number(st, 2, made_ms_max);
	if (datenart != NULL)
		bind_text(st, 3, datenart->text);
	if (execute(ks, st, err) != 0)
		return -1;
	*ret_count = (uint32_t)sqlite3_changes(ks->db);
	return 0;
}

int keystore_instance_get(struct keystore *ks, const char *name,
			  uint8_t ret[WRAPPED_BYTES], struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_INSTANCE_GET, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, name);
	return fetch_blob(ks, st, ret, WRAPPED_BYTES, err);
}

int keystore_instance_put(struct keystore *ks, const char *name,
			  const uint8_t wrapped[WRAPPED_BYTES], struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_INSTANCE_PUT, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, name);
	bind_blob(st, 2, wrapped, WRAPPED_BYTES);
	return execute(ks, st, err);
}

int keystore_instance_forget(struct keystore *ks, const char *name,
			     struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_INSTANCE_FORGET, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, name);
	return execute(ks, st, err);
}

int keystore_log_get(struct keystore *ks, struct buf *ret, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_META_GET, err);
	int rc;

	if (st == NULL)
		return -1;
	bind_text(st, 1, LOG_NAME);
	rc = step(ks, st, err);
	if (rc == 1)
		rc = ERR_SET(err, ERR_ABSENT, "no log yet", 0);
	else if (rc == 0)
		rc = buf_append(ret, sqlite3_column_blob(st, 0),
				(size_t)sqlite3_column_bytes(st, 0), err);
	done(st);
	return rc;
}

int keystore_log_put(struct keystore *ks, const struct buf *state,
		     struct err *err)
{
	return meta_put(ks, LOG_NAME, state->bytes, state->len, err);
}

int keystore_log_forget(struct keystore *ks, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_META_FORGET, err);

	if (st == NULL)
		return -1;
	bind_text(st, 1, LOG_NAME);
	return execute(ks, st, err);
}

static int fetch_pair(struct keystore *ks, sqlite3_stmt *st,
		      struct keystore_pair *ret, struct err *err)
{
	struct keystore_pair p;
	int rc = step(ks, st, err);

	if (rc == 1) {
		rc = ERR_SET(err, ERR_ABSENT, "no such spool pair", 0);
	} else if (rc == 0) {
		p.pair = (uint32_t)sqlite3_column_int64(st, 0);
		p.made_ms = sqlite3_column_int64(st, 3);
		rc = column_blob(st, 1, p.public, sizeof(p.public), err);
		if (rc == 0)
			rc = column_blob(st, 2, p.wrapped, WRAPPED_BYTES, err);
		if (rc == 0)
			*ret = p;
	}
	done(st);
	return rc;
}

int keystore_pair_get(struct keystore *ks, uint32_t pair,
		      struct keystore_pair *ret, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_PAIR_GET, err);

	if (st == NULL)
		return -1;
	bind_number(st, 1, pair);
	return fetch_pair(ks, st, ret, err);
}

int keystore_pair_newest(struct keystore *ks, struct keystore_pair *ret,
			 struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_PAIR_NEWEST, err);

	if (st == NULL)
		return -1;
	return fetch_pair(ks, st, ret, err);
}

int keystore_pair_put(struct keystore *ks, const struct keystore_pair *pair,
		      struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_PAIR_PUT, err);

	if (st == NULL)
		return -1;
	bind_number(st, 1, pair->pair);
	bind_blob(st, 2, pair->public, sizeof(pair->public));
	bind_blob(st, 3, pair->wrapped, WRAPPED_BYTES);
	bind_number(st, 4, pair->made_ms);
	return execute(ks, st, err);
}

int keystore_pair_forget(struct keystore *ks, uint32_t below,
			 uint32_t *ret_count, struct err *err)
{
	sqlite3_stmt *st = statement(ks, KS_PAIR_FORGET, err);

	if (st == NULL)
		return -1;
	bind_number(st, 1, below);
	if (execute(ks, st, err) != 0)
		return -1;
	*ret_count = (uint32_t)sqlite3_changes(ks->db);
	return 0;
}

/* rewrap(kind, wrapped, number, text, year): the SQL function. */
static void rewrap(sqlite3_context *sql_ctx, int argc, sqlite3_value **argv)
{
	struct keystore *ks = sqlite3_user_data(sql_ctx);
	const char *kind = (const char *)sqlite3_value_text(argv[0]);
	const void *wrapped = sqlite3_value_blob(argv[1]);
	const char *text = (const char *)sqlite3_value_text(argv[3]);
	uint8_t next[WRAPPED_BYTES];

	assert(argc == 5);
	if (kind == NULL || text == NULL || wrapped == NULL ||
	    strlen(text) > NAME_LEN_MAX ||
	    sqlite3_value_bytes(argv[1]) != WRAPPED_BYTES ||
	    ks->rewrap(ks->rewrap_ctx,
		       &(struct wrap_row){
			   .kind = kind[0],
			   .number = sqlite3_value_int64(argv[2]),
			   .text = text,
			   .year = (uint16_t)sqlite3_value_int64(argv[4])},
		       wrapped, next) != 0) {
		sqlite3_result_error_code(sql_ctx, SQLITE_MISMATCH);
		return;
	}
	sqlite3_result_blob(sql_ctx, next, WRAPPED_BYTES, SQLITE_TRANSIENT);
}

int keystore_rewrap(struct keystore *ks, keystore_rewrap_fn *fn, void *ctx,
		    struct err *err)
{
	int rc = 0;

	assert(keystore_in_transaction(ks));
	ks->rewrap = fn;
	ks->rewrap_ctx = ctx;
	if (sqlite3_create_function_v2(ks->db, "rewrap", 5,
				       SQLITE_UTF8 | SQLITE_DIRECTONLY, ks,
				       rewrap, NULL, NULL, NULL) != SQLITE_OK)
		return keystore_failed(ks, err);
	for (int s = KS_REWRAP_KEYS; s <= KS_REWRAP_PAIRS && rc == 0; s++) {
		sqlite3_stmt *st =
		    statement(ks, (enum keystore_statement)s, err);

		rc = st == NULL ? -1 : execute(ks, st, err);
	}
	if (rc != 0 && sqlite3_errcode(ks->db) == SQLITE_MISMATCH)
		ERR_SET(err, ERR_CORRUPT, "a wrapped key does not open", 0);
	ks->rewrap = NULL;
	ks->rewrap_ctx = NULL;
	return rc;
}
