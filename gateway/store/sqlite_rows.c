/* sqlite_rows.c - transactions, statements and what result codes mean.
 *
 * Library texts may quote rows and are never read. */
#include <assert.h>
#include <stdint.h>

#include "sqlite.h"

/* Source: assurance 4.3 rows 4, 5, 8. */
enum err_kind sqlite_classify(int rc)
{
	if (rc == SQLITE_IOERR_NOMEM)
		return ERR_NOMEM;
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_FULL:
	case SQLITE_INTERRUPT:
		return ERR_BUSY;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_TOOBIG:
	case SQLITE_RANGE:
	case SQLITE_ERROR:
		return ERR_INPUT;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return ERR_CORRUPT;
	case SQLITE_NOMEM:
		return ERR_NOMEM;
	default:
		return ERR_STORAGE;
	}
}

#define FAIL(s, err, what, rc) fail((s), (err), __func__, "" what, (rc))

static int fail(struct sqlite_store *s, struct err *err, const char *where,
		const char *what, int rc)
{
	enum err_kind kind = sqlite_classify(rc);

	if (kind == ERR_STORAGE || kind == ERR_CORRUPT)
		s->distrusted = true;
	return err_set(err, kind, where, what, rc);
}

static struct sqlite_store *of(struct store *st)
{
	return (struct sqlite_store *)st;
}

static int trusted(struct sqlite_store *s, struct err *err)
{
	if (s->distrusted)
		return ERR_SET(err, ERR_STORAGE,
			       "the store failed before; start again", 0);
	return 0;
}

int sqlite_begin(struct store *st, struct err *err)
{
	struct sqlite_store *s = of(st);
	int rc;

	assert(!s->in_transaction);
	if (trusted(s, err) != 0)
		return -1;
	rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return FAIL(s, err, "begin", rc);
	s->in_transaction = true;
	return 0;
}

int sqlite_commit(struct store *st, struct err *err)
{
	struct sqlite_store *s = of(st);
	int rc;

	assert(s->in_transaction);
	if (trusted(s, err) != 0)
		return -1;
	/* A full disk may have rolled the transaction back by itself: a
	 * COMMIT would then report success over nothing. */
	if (sqlite3_get_autocommit(s->db) != 0)
		return ERR_SET(err, ERR_BUSY, "rolled back by the engine", 0);
	rc = sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
	if (rc != SQLITE_OK)
		return FAIL(s, err, "commit", rc);
	s->in_transaction = false;
	return 0;
}

void sqlite_roll_back(struct store *st)
{
	struct sqlite_store *s = of(st);

	if (!s->in_transaction)
		return;
	s->in_transaction = false;
	/* An error means that the engine has rolled back already ... */
	if (sqlite3_get_autocommit(s->db) == 0)
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	/* ... or has no memory even for that: what is still open must neither
	 * be read nor be committed by the next one. */
	if (sqlite3_get_autocommit(s->db) == 0)
		s->distrusted = true;
}

/* The slot of a statement, or NULL when it must live on its own: the cache
 * is full there, or the same statement is being read. */
static struct sqlite_rows *find_slot(struct sqlite_store *s, const char *sql)
{
	size_t at =
	    (size_t)((uintptr_t)sql * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	struct sqlite_rows *slot;

	for (size_t probe = 0; probe < 16; probe++) {
		slot = &s->cache[(at + probe) % SQLITE_CACHE_SLOTS];
		if (slot->sql == NULL)
			return slot;
		/* The text is compared too: a caller that passes a changing
		 * buffer must not run yesterday's statement. */
		if (slot->sql == sql &&
		    strcmp(sqlite3_sql(slot->stmt), sql) == 0)
			return slot->in_use ? NULL : slot;
	}
	return NULL;
}

static int get_rows(struct sqlite_store *s, const char *sql,
		    struct sqlite_rows **ret, struct err *err)
{
	struct sqlite_rows *rows = find_slot(s, sql);
	bool cached = rows != NULL;
	int rc;

	if (rows != NULL && rows->stmt != NULL) {
		*ret = rows;
		return 0;
	}
	if (rows == NULL) {
		rows = calloc(1, sizeof(*rows));
		if (rows == NULL)
			return ERR_SET(err, ERR_NOMEM, "rows", 0);
	}
	rc = sqlite3_prepare_v3(s->db, sql, -1,
				cached ? SQLITE_PREPARE_PERSISTENT : 0,
				&rows->stmt, NULL);
	if (rc != SQLITE_OK) {
		if (!cached)
			free(rows);
		return FAIL(s, err, "prepare", rc);
	}
	rows->st = s;
	rows->sql = sql;
	rows->cached = cached;
	*ret = rows;
	return 0;
}

static int bind(sqlite3_stmt *stmt, int at, const struct store_value *v)
{
	switch (v->type) {
	case STORE_INT:
		return sqlite3_bind_int64(stmt, at, v->num);
	case STORE_TEXT:
		return sqlite3_bind_text64(stmt, at, v->bytes, v->len,
					   SQLITE_TRANSIENT, SQLITE_UTF8);
	case STORE_BLOB:
		/* No bytes is an empty blob, not NULL. */
		if (v->len == 0)
			return sqlite3_bind_zeroblob(stmt, at, 0);
		return sqlite3_bind_blob64(stmt, at, v->bytes, v->len,
					   SQLITE_TRANSIENT);
	case STORE_NULL:
		break;
	}
	return sqlite3_bind_null(stmt, at);
}

int sqlite_start(struct store *st, const char *sql,
		 const struct store_value *args, size_t args_len,
		 struct store_rows **ret, struct err *err)
{
	struct sqlite_store *s = of(st);
	struct sqlite_rows *rows = NULL;
	struct store_rows *out;
	int rc = SQLITE_OK;

	if (trusted(s, err) != 0 || get_rows(s, sql, &rows, err) != 0)
		return -1;
	rows->in_use = true;
	if ((size_t)sqlite3_bind_parameter_count(rows->stmt) != args_len)
		rc = SQLITE_RANGE;
	for (size_t i = 0; i < args_len && rc == SQLITE_OK; i++)
		rc = bind(rows->stmt, (int)i + 1, &args[i]);
	if (rc != SQLITE_OK) {
		out = (struct store_rows *)rows;
		sqlite_finish(&out);
		return FAIL(s, err, "bind", rc);
	}
	*ret = (struct store_rows *)rows;
	return 0;
}

int sqlite_step(struct store_rows *rows, struct err *err)
{
	struct sqlite_rows *r = (struct sqlite_rows *)rows;
	int rc;

	if (trusted(r->st, err) != 0)
		return -1;
	rc = sqlite3_step(r->stmt);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE)
		return 0;
	return FAIL(r->st, err, "step", rc);
}

struct store_value sqlite_column(struct store_rows *rows, unsigned int i)
{
	sqlite3_stmt *stmt = ((struct sqlite_rows *)rows)->stmt;
	struct store_value v = S_NULL;
	int at = (int)i;

	switch (sqlite3_column_type(stmt, at)) {
	case SQLITE_INTEGER:
		return S_INT(sqlite3_column_int64(stmt, at));
	case SQLITE_TEXT:
		v.type = STORE_TEXT;
		v.bytes = sqlite3_column_text(stmt, at);
		break;
	case SQLITE_BLOB:
		v.type = STORE_BLOB;
		v.bytes = sqlite3_column_blob(stmt, at);
		break;
	default: /* no column of ours is a floating-point number */
		return v;
	}
	v.len = (size_t)sqlite3_column_bytes(stmt, at);
	if (v.bytes == NULL) {
		v.bytes = "";
		v.len = 0;
	}
	return v;
}

void sqlite_finish(struct store_rows **rows)
{
	struct sqlite_rows *r = (struct sqlite_rows *)*rows;

	*rows = NULL;
	if (r == NULL)
		return;
	if (!r->cached) {
		(void)sqlite3_finalize(r->stmt); /* repeats the step's error */
		free(r);
		return;
	}
	(void)sqlite3_reset(r->stmt);	       /* repeats the step's error */
	(void)sqlite3_clear_bindings(r->stmt); /* cannot fail */
	r->in_use = false;
}

void sqlite_forget_statements(struct sqlite_store *s)
{
	for (size_t i = 0; i < SQLITE_CACHE_SLOTS; i++) {
		(void)sqlite3_finalize(s->cache[i].stmt); /* accepts NULL */
		s->cache[i] = (struct sqlite_rows){0};
	}
}
