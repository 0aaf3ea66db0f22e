/* contract_store.c - what every store driver must do, and what the SQLite
 * driver promises about its file. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "postern/store.h"
#include "store/sqlite.h"

struct fixture {
	const char *driver;
	char dir[64], path[96];
	struct store *store;
};

static int make_fixture(void **state, const char *driver)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {0};

	assert_non_null(f);
	f->driver = driver;
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/postern-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->path, sizeof(f->path), "%s/postern.db", f->dir);
	assert_int_equal(store_open(driver, f->path, &f->store, &err), 0);
	*state = f;
	return 0;
}

static int with_sqlite(void **state)
{
	return make_fixture(state, "sqlite");
}

static int with_memory(void **state)
{
	return make_fixture(state, "memory");
}

static int with_failing(void **state)
{
	return make_fixture(state, "failing");
}

static int without(void **state)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	struct fixture *f = *state;
	char path[128];

	store_close(&f->store);
	for (size_t i = 0; i < 4; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, ends[i]);
		(void)unlink(path); /* memory drivers have none */
	}
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

static const char put_sql[] = "INSERT INTO meta(name,value) VALUES(?,?)";
static const char count_sql[] = "SELECT count(*) FROM meta WHERE name LIKE ?";

static int put(struct store *st, const char *name, struct err *err)
{
	return store_run(st, put_sql, STORE_ARGS(S_TEXT(name), S_BLOB("v", 1)),
			 err);
}

static int64_t count(struct store *st, const char *like)
{
	struct err err = {0};
	int64_t n = -1;
	bool found = false;

	assert_int_equal(store_one_int(st, count_sql, STORE_ARGS(S_TEXT(like)),
				       &n, &found, &err),
			 0);
	assert_true(found);
	return n;
}

static void what_is_committed_is_there(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(put(f->store, "t1", &err), 0);
	assert_int_equal(put(f->store, "t2", &err), 0);
	assert_int_equal(store_commit(f->store, &err), 0);
	assert_int_equal(count(f->store, "t_"), 2);
}

static void what_is_rolled_back_is_gone(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(put(f->store, "t1", &err), 0);
	store_roll_back(f->store);
	store_roll_back(f->store); /* no-op */
	assert_int_equal(count(f->store, "t_"), 0);
}

static void a_broken_constraint_is_input_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(put(f->store, "t1", &err), 0);
	assert_int_equal(put(f->store, "t1", &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	/* STRICT: a number is no blob. */
	assert_int_equal(store_run(f->store, put_sql,
				   STORE_ARGS(S_TEXT("t2"), S_INT(1)), &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(count(f->store, "t_"), 1);
}

static void values_of_every_type_come_back(void **state)
{
	static const char sql[] = "SELECT ?,?,?,?,?";
	struct fixture *f = *state;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct err err = {0};

	assert_int_equal(
	    store_start(f->store, sql,
			STORE_ARGS(S_INT(INT64_MIN), S_TEXT("ä"),
				   S_BLOB("a\0b", 3), S_NULL, S_BLOB(NULL, 0)),
			&rows, &err),
	    0);
	assert_int_equal(store_step(f->store, rows, &err), 1);
	v = store_column(f->store, rows, 0);
	assert_int_equal(v.type, STORE_INT);
	assert_true(v.num == INT64_MIN);
	v = store_column(f->store, rows, 1);
	assert_int_equal(v.type, STORE_TEXT);
	assert_int_equal(v.len, 2);
	v = store_column(f->store, rows, 2);
	assert_int_equal(v.type, STORE_BLOB);
	assert_int_equal(v.len, 3);
	assert_memory_equal(v.bytes, "a\0b", 3);
	assert_int_equal(store_column(f->store, rows, 3).type, STORE_NULL);
	v = store_column(f->store, rows, 4);
	assert_int_equal(v.type, STORE_BLOB);
	assert_int_equal(v.len, 0);
	assert_int_equal(store_step(f->store, rows, &err), 0);
	store_finish(f->store, &rows);
	assert_null(rows);
	assert_int_equal(store_text(NULL).type, STORE_NULL);
}

static void one_statement_can_be_read_twice_at_once(void **state)
{
	static const char sql[] = "SELECT name FROM meta ORDER BY name";
	struct fixture *f = *state;
	struct store_rows *a = NULL, *b = NULL;
	struct err err = {0};

	assert_int_equal(put(f->store, "a", &err), 0);
	assert_int_equal(store_start(f->store, sql, STORE_NO_ARGS, &a, &err),
			 0);
	assert_int_equal(store_step(f->store, a, &err), 1);
	assert_int_equal(store_start(f->store, sql, STORE_NO_ARGS, &b, &err),
			 0);
	assert_int_equal(store_step(f->store, b, &err), 1);
	assert_memory_equal(store_column(f->store, a, 0).bytes, "a", 1);
	assert_memory_equal(store_column(f->store, b, 0).bytes, "a", 1);
	store_finish(f->store, &a);
	assert_int_equal(store_step(f->store, b, &err), 1);
	store_finish(f->store, &b);
}

static void a_buffer_that_changed_runs_the_new_statement(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	char sql[16];
	int64_t n = 0;
	bool found = false;

	for (int i = 1; i <= 3; i++) {
		(void)snprintf(sql, sizeof(sql), "SELECT %d", i);
		assert_int_equal(store_one_int(f->store, sql, STORE_NO_ARGS, &n,
					       &found, &err),
				 0);
		assert_int_equal(n, i);
	}
}

static void wrong_statements_and_counts_are_refused(void **state)
{
	struct fixture *f = *state;
	struct store_rows *rows = NULL;
	struct err err = {0};

	assert_int_equal(
	    store_start(f->store, "SELEKT", STORE_NO_ARGS, &rows, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(
	    store_start(f->store, put_sql, STORE_NO_ARGS, &rows, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(rows);
	assert_int_equal(put(f->store, "t1", &err), 0);
}

static void an_insert_can_tell_whether_it_did(void **state)
{
	static const char sql[] = "INSERT INTO meta(name,value) VALUES(?,x'00')"
				  " ON CONFLICT DO NOTHING RETURNING 1";
	struct fixture *f = *state;
	struct err err = {0};
	int64_t one = 0;
	bool found = false;

	assert_int_equal(store_one_int(f->store, sql, STORE_ARGS(S_TEXT("t1")),
				       &one, &found, &err),
			 0);
	assert_true(found);
	assert_int_equal(store_one_int(f->store, sql, STORE_ARGS(S_TEXT("t1")),
				       &one, &found, &err),
			 0);
	assert_false(found);
	assert_int_equal(count(f->store, "t_"), 1);
}

static void dangerous_statements_are_refused(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(store_run(f->store, "ATTACH ':memory:' AS other",
				   STORE_NO_ARGS, &err),
			 -1);
	assert_int_equal(store_run(f->store, "UPDATE sqlite_master SET sql='x'",
				   STORE_NO_ARGS, &err),
			 -1);
	assert_int_equal(store_run(f->store, "SELECT \"no such column\"",
				   STORE_NO_ARGS, &err),
			 -1);
}

static void a_checkpoint_is_harmless(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(put(f->store, "t1", &err), 0);
	assert_int_equal(store_checkpoint(f->store, &err), 0);
	assert_int_equal(count(f->store, "t_"), 1);
}

/* Move one row of two, in one transaction. */
static int scenario(struct store *st, struct err *err)
{
	if (store_begin(st, err) != 0)
		return -1;
	if (store_run(st, "DELETE FROM meta WHERE name='from'", STORE_NO_ARGS,
		      err) != 0 ||
	    put(st, "into", err) != 0 || store_commit(st, err) != 0) {
		store_roll_back(st);
		return -1;
	}
	return 0;
}

static void failing_the_nth_call_never_leaves_half(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	uint64_t n;
	int rc;

	assert_int_equal(put(f->store, "from", &err), 0);
	for (n = 1; n < 100; n++) {
		store_failing_set(f->store, n, true);
		rc = scenario(f->store, &err);
		store_failing_set(f->store, 0, false);
		if (rc == 0)
			break;
		assert_int_equal(err.kind, ERR_BUSY);
		assert_int_equal(count(f->store, "from"), 1);
		assert_int_equal(count(f->store, "into"), 0);
	}
	assert_int_equal(n, 7); /* begin, twice start and step, commit */
	assert_int_equal(count(f->store, "from"), 0);
	assert_int_equal(count(f->store, "into"), 1);
	store_failing_set(f->store, 1, false);
	assert_int_equal(store_begin(f->store, &err), -1);
	assert_int_equal(store_begin(f->store, &err), -1);
	assert_int_equal(store_failing_calls(f->store), 2);
	store_failing_set(f->store, 0, false);
}

/* A caller that only passed the error on left it open, and the next one
 * stopped the process. */
static void a_commit_that_fails_ends_the_transaction(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(put(f->store, "t1", &err), 0);
	store_failing_set(f->store, 1, true);
	assert_int_equal(store_commit(f->store, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	store_failing_set(f->store, 0, false);
	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(put(f->store, "t2", &err), 0);
	assert_int_equal(store_commit(f->store, &err), 0);
	assert_int_equal(count(f->store, "t_"), 1);
}

static int no_roll_back(void *ctx, int action, const char *what, const char *b,
			const char *c, const char *d)
{
	(void)ctx;
	(void)b;
	(void)c;
	(void)d;
	return action == SQLITE_TRANSACTION && strcmp(what, "ROLLBACK") == 0
		   ? SQLITE_DENY
		   : SQLITE_OK;
}

/* As without memory to prepare it. */
static void what_cannot_be_rolled_back_is_not_believed(void **state)
{
	struct fixture *f = *state;
	struct sqlite_store *s = (struct sqlite_store *)f->store;
	struct err err = {0};

	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(put(f->store, "t1", &err), 0);
	assert_int_equal(sqlite3_set_authorizer(s->db, no_roll_back, NULL),
			 SQLITE_OK);
	store_roll_back(f->store);
	assert_int_equal(store_begin(f->store, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	assert_int_equal(put(f->store, "t2", &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	store_close(&f->store);
	assert_int_equal(store_open(f->driver, f->path, &f->store, &err), 0);
	assert_int_equal(count(f->store, "t_"), 0);
}

/* --- the file ------------------------------------------------------------- */

static void reopen(struct fixture *f)
{
	struct err err = {0};

	store_close(&f->store);
	assert_int_equal(store_open("sqlite", f->path, &f->store, &err), 0);
}

static void a_file_survives_closing_and_is_ours_alone(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	struct stat st;

	assert_int_equal(put(f->store, "t1", &err), 0);
	reopen(f);
	assert_int_equal(count(f->store, "t1"), 1);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void settings_are_what_they_must_be(void **state)
{
	static const struct {
		const char *sql;
		int64_t value;
	} rows[] = {
	    {"PRAGMA synchronous", 2},
	    {"PRAGMA secure_delete", 1},
	    {"PRAGMA page_size", SQLITE_PAGE_BYTES},
	    {"PRAGMA wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES},
	    {"PRAGMA temp_store", 2},
	    {"PRAGMA mmap_size", 0},
	    {"PRAGMA cell_size_check", 1},
	    {"PRAGMA trusted_schema", 0},
	};
	struct fixture *f = *state;
	struct store_rows *got = NULL;
	struct err err = {0};
	int64_t n = -1;
	bool found = false;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(store_one_int(f->store, rows[i].sql,
					       STORE_NO_ARGS, &n, &found, &err),
				 0);
		assert_int_equal(n, rows[i].value);
	}
	assert_int_equal(store_start(f->store, "PRAGMA journal_mode",
				     STORE_NO_ARGS, &got, &err),
			 0);
	assert_int_equal(store_step(f->store, got, &err), 1);
	assert_memory_equal(store_column(f->store, got, 0).bytes, "wal", 4);
	store_finish(f->store, &got);
}

static void unsafe_paths_are_refused(void **state)
{
	static const char *const paths[] = {
	    "postern.db", "file:/tmp/x.db", "/tmp/x.db?mode=ro", "/tmp/file:x",
	    "",		  ":memory:",
	};
	struct store *st = NULL;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		assert_int_equal(store_open("sqlite", paths[i], &st, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
	}
	assert_int_equal(store_open("nosuch", "/tmp/x", &st, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(st);
}

static void a_second_writer_is_refused(void **state)
{
	struct fixture *f = *state;
	struct store *other = NULL;
	struct err err = {0};

	assert_int_equal(store_open("sqlite", f->path, &other, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_null(other);
}

static void a_foreign_lock_is_busy_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(store_begin(f->store, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(store_begin(f->store, &err), 0);
	assert_int_equal(store_commit(f->store, &err), 0);
}

/* Proves: assurance T39. */
static void a_newer_schema_is_refused_and_not_touched(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	struct stat before, after;

	assert_int_equal(store_run(f->store,
				   "UPDATE meta SET value=x'0000000000000063'"
				   " WHERE name='schema'",
				   STORE_NO_ARGS, &err),
			 0);
	store_close(&f->store);
	assert_int_equal(stat(f->path, &before), 0);
	assert_int_equal(store_open("sqlite", f->path, &f->store, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(f->store);
	assert_int_equal(stat(f->path, &after), 0);
	assert_int_equal(before.st_mtim.tv_sec, after.st_mtim.tv_sec);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(before.st_size, after.st_size);
}

static void damage(const char *path, off_t from, off_t to)
{
	uint8_t junk[512];
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	memset(junk, 0xa5, sizeof(junk));
	for (off_t at = from; at < to; at += (off_t)sizeof(junk))
		assert_int_equal(pwrite(fd, junk, sizeof(junk), at),
				 sizeof(junk));
	assert_int_equal(close(fd), 0);
}

static void a_file_that_is_no_database_is_corrupt(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};

	store_close(&f->store);
	damage(f->path, 0, 4096);
	assert_int_equal(store_open("sqlite", f->path, &f->store, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void damage_is_found_after_an_unclean_end(void **state)
{
	struct fixture *f = *state;
	struct err err = {0};
	struct stat st;

	for (int i = 0; i < 100; i++)
		assert_int_equal(
		    store_run(f->store,
			      "INSERT INTO consent_event(person,purpose,kind,"
			      "source,at_ms) VALUES(1,hex(zeroblob(200)),'k',"
			      "'s',1)",
			      STORE_NO_ARGS, &err),
		    0);
	store_close(&f->store);
	assert_int_equal(stat(f->path, &st), 0);
	damage(f->path, SQLITE_PAGE_BYTES, st.st_size);
	/* As if the process had been killed: no mark. The mark itself stood
	 * in a damaged page, so its absence is what the reader meets. */
	assert_int_equal(store_open("sqlite", f->path, &f->store, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

static void a_killed_writer_leaves_what_it_committed(void **state)
{
	struct fixture *f = *state;
	struct sqlite_store *s = (struct sqlite_store *)f->store;
	struct err err = {0};

	assert_int_equal(put(f->store, "t1", &err), 0);
	/* Not closed in order: neither mark nor checkpoint. */
	s->distrusted = true;
	reopen(f);
	assert_int_equal(count(f->store, "t1"), 1);
	assert_int_equal(count(f->store, "clean"), 0);
	store_close(&f->store);
	assert_int_equal(store_open("sqlite", f->path, &f->store, &err), 0);
}

static void after_an_io_error_nothing_is_believed(void **state)
{
	struct fixture *f = *state;
	struct sqlite_store *s = (struct sqlite_store *)f->store;
	struct err err = {0};

	s->distrusted = true;
	assert_int_equal(put(f->store, "t1", &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	assert_int_equal(store_begin(f->store, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
}

static void native_codes_have_one_meaning(void **state)
{
	static const struct {
		int rc;
		enum err_kind kind;
	} rows[] = {
	    {SQLITE_BUSY, ERR_BUSY},
	    {SQLITE_BUSY_SNAPSHOT, ERR_BUSY},
	    {SQLITE_LOCKED, ERR_BUSY},
	    {SQLITE_FULL, ERR_BUSY},
	    {SQLITE_CONSTRAINT_UNIQUE, ERR_INPUT},
	    {SQLITE_TOOBIG, ERR_INPUT},
	    {SQLITE_IOERR_FSYNC, ERR_STORAGE},
	    {SQLITE_IOERR_WRITE, ERR_STORAGE},
	    {SQLITE_CANTOPEN, ERR_STORAGE},
	    {SQLITE_READONLY, ERR_STORAGE},
	    {SQLITE_CORRUPT_INDEX, ERR_CORRUPT},
	    {SQLITE_NOTADB, ERR_CORRUPT},
	    {SQLITE_NOMEM, ERR_NOMEM},
	    {SQLITE_IOERR_NOMEM, ERR_NOMEM},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(sqlite_classify(rows[i].rc), rows[i].kind);
}

/* --- looking -------------------------------------------------------------- */

static const char entries_sql[] = "SELECT count(*) FROM ledger_entry";

static int64_t entries(struct store *st)
{
	struct err err = {0};
	int64_t n = -1;
	bool found;

	assert_int_equal(
	    store_one_int(st, entries_sql, STORE_NO_ARGS, &n, &found, &err), 0);
	return n;
}

static void add_entry(struct store *st)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(st, "INSERT INTO ledger_entry(body) VALUES(x'7b7d')",
		      STORE_NO_ARGS, &err),
	    0);
}

static void who_looks_sees_what_the_writer_commits(void **state)
{
	struct fixture *f = *state;
	struct store *eye = NULL;
	struct err err = {0};

	add_entry(f->store);
	assert_int_equal(store_look("sqlite", f->path, &eye, &err), 0);
	assert_int_equal(entries(eye), 1);
	add_entry(f->store);
	assert_int_equal(entries(eye), 2);
	assert_int_equal(
	    store_run(eye, "DELETE FROM ledger_entry", STORE_NO_ARGS, &err),
	    -1);
	assert_int_equal(entries(f->store), 2);
	/* And does not stand in the way. */
	assert_int_equal(store_checkpoint(f->store, &err), 0);
	store_close(&eye);
	add_entry(f->store);
	assert_int_equal(entries(f->store), 3);
}

/* A copy, perhaps on a disk that cannot be written to. */
static void looking_at_a_copy_makes_no_file(void **state)
{
	static const char *const made[] = {"-wal", "-shm", ".lock"};
	struct fixture *f = *state;
	struct store *eye = NULL;
	struct err err = {0};
	char path[128];

	add_entry(f->store);
	store_close(&f->store);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, made[i]);
		(void)unlink(path);
	}
	assert_int_equal(store_look("sqlite", f->path, &eye, &err), 0);
	assert_int_equal(entries(eye), 1);
	store_close(&eye);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", f->path, made[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
}

static void what_is_no_archive_is_not_looked_at(void **state)
{
	struct fixture *f = *state;
	struct store *eye = NULL;
	struct err err = {0};
	char path[128];

	assert_int_equal(store_look("memory", f->path, &eye, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(store_look("sqlite", "postern.db", &eye, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	(void)snprintf(path, sizeof(path), "%s/other.db", f->dir);
	assert_int_equal(store_look("sqlite", path, &eye, &err), -1);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(
	    store_run(f->store, "DROP TABLE ledger_entry", STORE_NO_ARGS, &err),
	    0);
	assert_int_equal(store_look("sqlite", f->path, &eye, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

#define EVERY(t)                                                      \
	cmocka_unit_test_setup_teardown(t, with_sqlite, without),     \
	    cmocka_unit_test_setup_teardown(t, with_memory, without), \
	    cmocka_unit_test_setup_teardown(t, with_failing, without)
#define ON_FILE(t) cmocka_unit_test_setup_teardown(t, with_sqlite, without)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    EVERY(what_is_committed_is_there),
	    EVERY(what_is_rolled_back_is_gone),
	    EVERY(a_broken_constraint_is_input_and_changes_nothing),
	    EVERY(values_of_every_type_come_back),
	    EVERY(one_statement_can_be_read_twice_at_once),
	    EVERY(a_buffer_that_changed_runs_the_new_statement),
	    EVERY(wrong_statements_and_counts_are_refused),
	    EVERY(an_insert_can_tell_whether_it_did),
	    EVERY(dangerous_statements_are_refused),
	    EVERY(a_checkpoint_is_harmless),
	    cmocka_unit_test_setup_teardown(
		failing_the_nth_call_never_leaves_half, with_failing, without),
	    cmocka_unit_test_setup_teardown(
		a_commit_that_fails_ends_the_transaction, with_failing,
		without),
	    ON_FILE(what_cannot_be_rolled_back_is_not_believed),
	    ON_FILE(a_file_survives_closing_and_is_ours_alone),
	    ON_FILE(settings_are_what_they_must_be),
	    cmocka_unit_test(unsafe_paths_are_refused),
	    ON_FILE(a_second_writer_is_refused),
	    ON_FILE(a_foreign_lock_is_busy_and_changes_nothing),
	    ON_FILE(a_newer_schema_is_refused_and_not_touched),
	    ON_FILE(a_file_that_is_no_database_is_corrupt),
	    ON_FILE(damage_is_found_after_an_unclean_end),
	    ON_FILE(a_killed_writer_leaves_what_it_committed),
	    ON_FILE(after_an_io_error_nothing_is_believed),
	    ON_FILE(who_looks_sees_what_the_writer_commits),
	    ON_FILE(looking_at_a_copy_makes_no_file),
	    ON_FILE(what_is_no_archive_is_not_looked_at),
	    cmocka_unit_test(native_codes_have_one_meaning),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
