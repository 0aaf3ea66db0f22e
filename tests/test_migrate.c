/* test_migrate.c - an archive of an older Postern, and of a newer one.
 *
 * Proves: assurance T39, 7.4. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "keeper/keystore.h"
#include "postern/env.h"
#include "postern/lookup.h"
#include "store/migrate.h"
#include "store/schema.h"
#include "store/sqlite.h"

#define MESSAGES      2000
#define CONVERSATIONS 50
#define NEWER	      "x'0000000000000063'"

struct fixture {
	char dir[64], db[96];
};

/* 2000 messages in 50 conversations, each with a provider id made of its
 * number; one id stands for no message. */
static const char filling[] =
    "INSERT INTO meta VALUES('schema',x'0000000000000001');"
    "INSERT INTO meta VALUES('id_mask',x'07');"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE"
    " i<2000) INSERT INTO message(id,conversation,key_person,direction,kind,"
    "state,datenart,year,received_ms,content_sealed,policy)"
    " SELECT i*1000,i%50,1,'in','text','received','M',2026,0,x'55',0 FROM n;"
    "INSERT INTO provider_ref SELECT"
    " hash_of((id/1000*2654435761)%4294967296),"
    " id FROM message;"
    "INSERT INTO provider_ref VALUES(x'ffffffffffffffffffffffffffffffff',"
    "NULL);";

static void hash_of(int64_t number, uint8_t ret[LOOKUP_HASH_BYTES])
{
	uint32_t mixed = (uint32_t)(number * INT64_C(2654435761));

	memset(ret, 0, LOOKUP_HASH_BYTES);
	for (unsigned int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(mixed >> (24 - 8 * i));
}

/* The same for SQL, of a number that is mixed already. */
static void sql_hash(sqlite3_context *ctx, int len, sqlite3_value **values)
{
	uint32_t v = (uint32_t)sqlite3_value_int64(values[0]);
	uint8_t bytes[LOOKUP_HASH_BYTES] = {0};

	assert_int_equal(len, 1);
	for (unsigned int i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(v >> (24 - 8 * i));
	sqlite3_result_blob(ctx, bytes, sizeof(bytes), SQLITE_TRANSIENT);
}

/* --- files ---------------------------------------------------------------- */

static sqlite3 *raw_open(const char *path)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	return db;
}

static void raw_run(sqlite3 *db, const char *sql)
{
	char *text = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &text) != SQLITE_OK)
		fail_msg("%s", text);
}

static int64_t raw_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	n = sqlite3_column_int64(stmt, 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	return n;
}

static void make_v1(const char *path)
{
	sqlite3 *db = raw_open(path);

	assert_int_equal(sqlite3_create_function(db, "hash_of", 1, SQLITE_UTF8,
						 NULL, sql_hash, NULL, NULL),
			 SQLITE_OK);
	raw_run(db, "PRAGMA page_size=8192; PRAGMA journal_mode=WAL");
	raw_run(db, SCHEMA_SQLITE_1);
	raw_run(db, filling);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int make(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	(void)snprintf(f->dir, sizeof(f->dir), "/tmp/postern-migrate-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	(void)snprintf(f->db, sizeof(f->db), "%s/postern.db", f->dir);
	*state = f;
	return 0;
}

static void clear(struct fixture *f)
{
	static const char *const names[] = {
	    "postern.db", "postern.db-wal", "postern.db-shm", "postern.db.lock",
	    "keeper.db",  "keeper.db-wal",  "keeper.db-shm"};
	char path[128];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->dir, names[i]);
		(void)unlink(path); /* not all are there */
	}
}

static int unmake(void **state)
{
	struct fixture *f = *state;

	clear(f);
	assert_int_equal(rmdir(f->dir), 0);
	free(f);
	return 0;
}

/* --- what an archive must hold -------------------------------------------- */

static void ids_are_known(struct store *st)
{
	uint8_t hash[LOOKUP_HASH_BYTES];
	struct err err = {0};
	int64_t message;
	bool known;

	for (int64_t i = 1; i <= MESSAGES + 100; i++) {
		hash_of(i, hash);
		assert_int_equal(
		    lookup_ref_get(st, hash, &message, &known, &err), 0);
		assert_true(known == (i <= MESSAGES));
		assert_int_equal(message, known ? i * 1000 : 0);
	}
	memset(hash, 0xff, sizeof(hash));
	assert_int_equal(lookup_ref_get(st, hash, &message, &known, &err), 0);
	assert_true(known);
	assert_int_equal(message, 0);
}

static void conversations_are_whole(struct store *st)
{
	int64_t ids[MESSAGES], expected;
	struct err err = {0};
	size_t len = 0;

	for (int64_t c = 0; c < CONVERSATIONS; c++) {
		assert_int_equal(lookup_conversation(st, c, INT64_MAX, ids,
						     MESSAGES, &len, &err),
				 0);
		assert_int_equal(len, MESSAGES / CONVERSATIONS);
		expected = (MESSAGES - CONVERSATIONS + c) * 1000;
		if (c == 0)
			expected = MESSAGES * 1000;
		for (size_t i = 0; i < len; i++)
			assert_int_equal(ids[i], expected - (int64_t)i * 1000 *
								CONVERSATIONS);
	}
}

/* A file as a whole. */
static void is_new(struct fixture *f)
{
	struct store *st = NULL;
	struct err err = {0};
	sqlite3 *db;

	assert_int_equal(store_open("sqlite", f->db, &st, &err), 0);
	ids_are_known(st);
	conversations_are_whole(st);
	store_close(&st);
	db = raw_open(f->db);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM message"),
			 MESSAGES);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM sqlite_master"
					" WHERE name IN ('provider_ref',"
					"'message_conversation')"),
			 0);
	assert_int_equal(raw_number(db, "SELECT value=x'0000000000000005'"
					" FROM meta WHERE name='schema'"),
			 1);
	/* What was decided before nobody counted it stays undecided. */
	assert_int_equal(raw_number(db, "SELECT count(*) FROM message"
					" WHERE outcome=0 AND tags=0"),
			 MESSAGES);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM sqlite_master"
					" WHERE name IN ('suppression',"
					"'policy_version','figure',"
					"'ledger_entry','ledger_tile')"),
			 5);
	/* 2 000 001: those before are in no entry of the log. */
	assert_int_equal(raw_number(db, "SELECT value=x'00000000001e8481'"
					" FROM meta WHERE"
					" name='ledger_messages_from'"),
			 1);
	assert_int_equal(raw_number(db, "SELECT value=x'07' FROM meta"
					" WHERE name='id_mask'"),
			 1);
	assert_int_equal(raw_number(db, "SELECT integrity_check='ok' FROM"
					" pragma_integrity_check"),
			 1);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void is_old(sqlite3 *db)
{
	assert_int_equal(raw_number(db, "SELECT count(*) FROM provider_ref"),
			 MESSAGES + 1);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM message"),
			 MESSAGES);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM sqlite_master"
					" WHERE name LIKE 'run%'"),
			 0);
	assert_int_equal(raw_number(db, "SELECT count(*) FROM sqlite_master"
					" WHERE name='message_conversation'"),
			 1);
}

/* --- cases ---------------------------------------------------------------- */

static void an_old_archive_is_brought_up_to_date(void **state)
{
	struct fixture *f = *state;
	struct store *st = NULL;
	struct err err = {0};
	uint8_t hash[LOOKUP_HASH_BYTES];
	bool fresh = true;

	make_v1(f->db);
	is_new(f);
	/* And it goes on from there. */
	assert_int_equal(store_open("sqlite", f->db, &st, &err), 0);
	assert_int_equal(store_begin(st, &err), 0);
	hash_of(7, hash);
	assert_int_equal(lookup_ref_put(st, hash, 1, &fresh, &err), 0);
	assert_false(fresh);
	hash_of(MESSAGES + 1, hash);
	assert_int_equal(lookup_ref_put(st, hash, 1, &fresh, &err), 0);
	assert_true(fresh);
	assert_int_equal(store_commit(st, &err), 0);
	store_close(&st);
}

static void an_empty_old_archive_too(void **state)
{
	struct fixture *f = *state;
	struct store *st = NULL;
	struct err err = {0};
	sqlite3 *db = raw_open(f->db);
	int64_t id;
	size_t len = 1;

	raw_run(db, SCHEMA_SQLITE_1);
	raw_run(db, "INSERT INTO meta VALUES('schema',x'0000000000000001')");
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(store_open("sqlite", f->db, &st, &err), 0);
	assert_int_equal(
	    lookup_conversation(st, 1, INT64_MAX, &id, 1, &len, &err), 0);
	assert_int_equal(len, 0);
	store_close(&st);
}

static void store_back(struct store *st)
{
	static const char *const back[] = {
	    "DROP TABLE run",
	    "DROP TABLE run_block",
	    "DROP TABLE run_young",
	    "CREATE TABLE provider_ref(ref_hash BLOB PRIMARY KEY,"
	    " message INTEGER) STRICT, WITHOUT ROWID",
	    "CREATE INDEX message_conversation ON message(conversation)",
	    "INSERT INTO message(id,conversation,key_person,direction,kind,"
	    "state,datenart,year,received_ms,policy)"
	    " VALUES(5,6,1,'in','text','received','M',2026,0,0)",
	    "INSERT INTO provider_ref VALUES"
	    "(x'000102030405060708090a0b0c0d0e0f',5)",
	};
	struct err err = {0};

	for (size_t i = 0; i < sizeof(back) / sizeof(back[0]); i++)
		assert_int_equal(store_run(st, back[i], STORE_NO_ARGS, &err),
				 0);
}

static int step_once(struct store *st, struct err *err)
{
	if (store_begin(st, err) != 0)
		return -1;
	if (migrate_to_2(st, err) == 0 && store_commit(st, err) == 0)
		return 0;
	store_roll_back(st);
	return -1;
}

static void store_is_old(struct store *st)
{
	static const char sql[] =
	    "SELECT (SELECT count(*) FROM provider_ref)+10*(SELECT count(*)"
	    " FROM sqlite_master WHERE name LIKE 'run%')";
	struct err err = {0};
	int64_t n = 0;
	bool found;

	assert_int_equal(
	    store_one_int(st, sql, STORE_NO_ARGS, &n, &found, &err), 0);
	assert_int_equal(n, 1);
}

static void failing_the_nth_call_leaves_the_old_archive(void **state)
{
	static const uint8_t hash[LOOKUP_HASH_BYTES] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct store *st = NULL;
	struct err err = {0};
	int64_t message = 0;
	uint64_t nth = 0;
	size_t len = 0;
	int rc = -1;

	(void)state;
	assert_int_equal(store_open("failing", "", &st, &err), 0);
	store_back(st);
	while (rc != 0) {
		assert_true(++nth < 1000);
		store_failing_set(st, nth, true);
		rc = step_once(st, &err);
		store_failing_set(st, 0, false);
		if (rc != 0) {
			assert_int_equal(err.kind, ERR_BUSY);
			store_is_old(st);
		}
	}
	assert_true(nth > 20);
	assert_int_equal(lookup_ref_get(st, hash, &message, NULL, &err), 0);
	assert_int_equal(message, 5);
	assert_int_equal(
	    lookup_conversation(st, 6, INT64_MAX, &message, 1, &len, &err), 0);
	assert_int_equal(len, 1);
	store_close(&st);
}

/* --- killed --------------------------------------------------------------- */

static int steps_left;

static int kill_at(void *ctx)
{
	(void)ctx;
	if (steps_left-- == 0)
		(void)raise(SIGKILL);
	return 0;
}

/* Every connection of the child counts its steps. */
static int watch(sqlite3 *db, const char **text, const void *api)
{
	(void)text;
	(void)api;
	sqlite3_progress_handler(db, 40, kill_at, NULL);
	return SQLITE_OK;
}

/* true: the child came to the end. */
static bool migrate_until(const char *path, int step)
{
	pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct store *st = NULL;
		struct err err = {0};

		steps_left = step;
		(void)sqlite3_auto_extension((void (*)(void))watch);
		_exit(store_open("sqlite", path, &st, &err) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return false;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return true;
}

static void killed_at_any_step_it_is_old_or_new(void **state)
{
	struct fixture *f = *state;
	int olds = 0, news = 0;
	bool done = false;

	for (int step = 1; !done; step += 1 + step / 12) {
		sqlite3 *db;

		clear(f);
		make_v1(f->db);
		done = migrate_until(f->db, step);
		db = raw_open(f->db);
		if (raw_number(db, "SELECT value=x'0000000000000001' FROM meta"
				   " WHERE name='schema'") == 1) {
			is_old(db);
			olds++;
		} else {
			news++;
		}
		assert_int_equal(sqlite3_close(db), SQLITE_OK);
		is_new(f);
	}
	assert_true(olds > 20);
	assert_true(news > 0);
}

/* --- a newer archive ------------------------------------------------------ */

static uint8_t *file_bytes(const char *path, size_t *ret_len)
{
	struct stat st;
	uint8_t *bytes;
	int fd = open(path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	bytes = malloc((size_t)st.st_size + 1);
	assert_non_null(bytes);
	assert_int_equal(read(fd, bytes, (size_t)st.st_size), st.st_size);
	assert_int_equal(close(fd), 0);
	*ret_len = (size_t)st.st_size;
	return bytes;
}

static void same_bytes(const char *path, const uint8_t *before, size_t len)
{
	size_t now_len = 0;
	uint8_t *now = file_bytes(path, &now_len);

	assert_int_equal(now_len, len);
	assert_memory_equal(now, before, len);
	free(now);
}

/* Leaves a log behind, as a process that was killed does. */
static void change_and_die(const char *path, const char *sql)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		raw_run(raw_open(path), sql);
		(void)raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
}

static void a_newer_archive_is_refused_and_no_byte_of_it_changes(void **state)
{
	struct fixture *f = *state;
	struct store *st = NULL;
	struct err err = {0};
	uint8_t *db, *wal;
	size_t db_len, wal_len;
	char wal_path[128];

	make_v1(f->db);
	change_and_die(f->db,
		       "UPDATE meta SET value=" NEWER " WHERE name='schema'");
	(void)snprintf(wal_path, sizeof(wal_path), "%s-wal", f->db);
	db = file_bytes(f->db, &db_len);
	wal = file_bytes(wal_path, &wal_len);
	assert_true(wal_len > 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(store_open("sqlite", f->db, &st, &err), -1);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_string_equal(err.what,
				    "archive made by a newer Postern");
		same_bytes(f->db, db, db_len);
		same_bytes(wal_path, wal, wal_len);
	}
	free(db);
	free(wal);
}

static void a_newer_key_store_is_refused_and_no_byte_of_it_changes(void **state)
{
	struct fixture *f = *state;
	struct keystore *ks = NULL;
	struct keystore_meta meta = {.schema = KEYSTORE_SCHEMA};
	struct err err = {0};
	uint8_t *before;
	size_t len;
	char path[128];

	assert_int_equal(keystore_create(f->dir, &ks, &err), 0);
	assert_int_equal(keystore_begin(ks, &err), 0);
	assert_int_equal(keystore_meta_put(ks, &meta, &err), 0);
	assert_int_equal(keystore_commit(ks, &err), 0);
	assert_int_equal(keystore_meta_get(ks, &meta, &err), 0);
	meta.schema = KEYSTORE_SCHEMA + 1;
	assert_int_equal(keystore_begin(ks, &err), 0);
	assert_int_equal(keystore_meta_put(ks, &meta, &err), 0);
	assert_int_equal(keystore_commit(ks, &err), 0);
	assert_int_equal(keystore_truncate(ks, &err), 0);
	keystore_close(&ks);
	(void)snprintf(path, sizeof(path), "%s/%s", f->dir, KEYSTORE_FILE);
	before = file_bytes(path, &len);
	assert_int_equal(keystore_open(f->dir, &ks, &err), 0);
	assert_int_equal(keystore_meta_get(ks, &meta, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.what, "keeper.db is newer");
	keystore_close(&ks);
	same_bytes(path, before, len);
	free(before);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, make, unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(an_old_archive_is_brought_up_to_date),
	    CASE(an_empty_old_archive_too),
	    CASE(failing_the_nth_call_leaves_the_old_archive),
	    CASE(killed_at_any_step_it_is_old_or_new),
	    CASE(a_newer_archive_is_refused_and_no_byte_of_it_changes),
	    CASE(a_newer_key_store_is_refused_and_no_byte_of_it_changes),
	};

	return cmocka_run_group_tests_name("migrate", tests, NULL, NULL);
}
