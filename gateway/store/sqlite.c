/* sqlite.c - opening and closing the embedded engine.
 *
 * WAL with synchronous=FULL and nothing else: it is the only mode that lost
 * no acknowledged row in simulated power cuts.  Every setting that matters is
 * read back, because a PRAGMA that does not take effect reports no error.
 * Source: assurance 4.3 (row numbers below), hotpath 3. */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "sqlite.h"

#define PATH_BYTES 1024

static int pragma(sqlite3 *db, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	if (rc != SQLITE_OK)
		return err_set(err, sqlite_classify(rc), __func__, "setting",
			       rc);
	return 0;
}

/* Runs a PRAGMA and compares the first value it answers. */
static int expect(sqlite3 *db, const char *sql, const char *value,
		  struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const unsigned char *text;
	bool same = false;
	int rc;

	rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW) {
		text = sqlite3_column_text(stmt, 0);
		same = text != NULL && strcmp((const char *)text, value) == 0;
	}
	(void)sqlite3_finalize(stmt); /* repeats the error of the step */
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return err_set(err, sqlite_classify(rc), __func__,
			       "setting refused", rc);
	if (!same)
		return ERR_SET(err, ERR_STORAGE, "setting did not take effect",
			       0);
	return 0;
}

/* Row 13. */
static int harden(sqlite3 *db, struct err *err)
{
	static const struct {
		int op, value;
	} config[] = {
	    {SQLITE_DBCONFIG_DEFENSIVE, 1},
	    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
	    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
	    {SQLITE_DBCONFIG_DQS_DDL, 0},
	    {SQLITE_DBCONFIG_DQS_DML, 0},
	    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
	    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
	};
	int rc, now;

	for (size_t i = 0; i < sizeof(config) / sizeof(config[0]); i++) {
		rc = sqlite3_db_config(db, config[i].op, config[i].value, &now);
		if (rc != SQLITE_OK || now != config[i].value)
			return ERR_SET(err, ERR_STORAGE,
				       "engine cannot be hardened", rc);
	}
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0); /* old value */
	(void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, SQLITE_LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, SQLITE_SQL_LENGTH_MAX);
	(void)sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 64);
	return 0;
}

/* For a file and for memory. */
int sqlite_set_common(sqlite3 *db, struct err *err)
{
	int rc;

	rc = sqlite3_extended_result_codes(db, 1);
	if (rc == SQLITE_OK)
		rc = sqlite3_busy_timeout(db, SQLITE_BUSY_MS);
	if (rc != SQLITE_OK)
		return ERR_SET(err, ERR_STORAGE, "engine refused", rc);
	if (harden(db, err) != 0 ||
	    pragma(db,
		   "PRAGMA temp_store=MEMORY;" /* row 10 */
		   "PRAGMA cell_size_check=ON;"
		   "PRAGMA secure_delete=ON", /* row 6 */
		   err) != 0)
		return -1;
	if (expect(db, "PRAGMA temp_store", "2", err) != 0 ||
	    expect(db, "PRAGMA secure_delete", "1", err) != 0 ||
	    expect(db, "PRAGMA cell_size_check", "1", err) != 0)
		return -1;
	return 0;
}

#define DIGITS_(n) #n
#define DIGITS(n)  DIGITS_(n)

static int set_file(sqlite3 *db, struct err *err)
{
	int persist = 1, rc;

	/* Row 2: the answer of journal_mode is what counts. */
	if (pragma(db, "PRAGMA page_size=" DIGITS(SQLITE_PAGE_BYTES), err) !=
		0 ||
	    expect(db, "PRAGMA journal_mode=WAL", "wal", err) != 0 ||
	    pragma(db,
		   "PRAGMA synchronous=FULL;PRAGMA mmap_size=0;"
		   "PRAGMA cache_size=-" DIGITS(SQLITE_CACHE_KIB),
		   err) != 0)
		return -1;
	if (expect(db, "PRAGMA synchronous", "2", err) != 0 || /* row 1 */
	    expect(db, "PRAGMA mmap_size", "0", err) != 0 ||
	    expect(db,
		   "PRAGMA wal_autocheckpoint=" DIGITS(SQLITE_CHECKPOINT_PAGES),
		   DIGITS(SQLITE_CHECKPOINT_PAGES), err) != 0)
		return -1;
	/* Row 3: a log that is never made again needs no directory sync. */
	rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL,
				  &persist);
	if (rc != SQLITE_OK || persist != 1)
		return ERR_SET(err, ERR_STORAGE, "log would be removed", rc);
	return 0;
}

/* Row 4: after an end that was none.  Bounded: a large file is checked in
 * the small tables that steer the rest; SQLite itself reports what it meets
 * in the others. */
static int check(sqlite3 *db, const char *path, struct err *err)
{
	static const char *const some[] = {
	    "PRAGMA quick_check('meta')",
	    "PRAGMA quick_check('outbox')",
	    "PRAGMA quick_check('tombstone')",
	    "PRAGMA quick_check('token')",
	};
	struct stat st;
	struct err ignored = {0};

	if (stat(path, &st) != 0)
		return ERR_SET(err, ERR_STORAGE, "archive vanished", errno);
	if (st.st_size <= SQLITE_QUICK_CHECK_BYTES) {
		if (expect(db, "PRAGMA quick_check(1)", "ok", &ignored) != 0)
			goto damaged;
		return 0;
	}
	for (size_t i = 0; i < sizeof(some) / sizeof(some[0]); i++)
		if (expect(db, some[i], "ok", &ignored) != 0)
			goto damaged;
	return 0;
damaged:
	return ERR_SET(err, ERR_CORRUPT, "the archive is damaged",
		       ignored.native);
}

/* Row 11: one writer per file.  A file of its own, since closing any
 * descriptor of the archive would drop SQLite's locks. */
static int lock(const char *path, int *ret_fd, struct err *err)
{
	char file[PATH_BYTES + 8];
	int fd;

	(void)snprintf(file, sizeof(file), "%s.lock", path);
	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return ERR_SET(err, ERR_STORAGE, "open lock file", errno);
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd); /* nothing written */
		return ERR_SET(err, ERR_BUSY, "another process writes", errno);
	}
	*ret_fd = fd;
	return 0;
}

/* Row 14: Debian's build would read options out of a file name. */
int sqlite_check_path(const char *path, struct err *err)
{
	if (path == NULL || path[0] != '/' || strchr(path, '?') != NULL ||
	    strstr(path, "file:") != NULL || strlen(path) >= PATH_BYTES)
		return ERR_SET(err, ERR_INPUT,
			       "the archive needs a plain absolute path", 0);
	return 0;
}

static int make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return ERR_SET(err, ERR_STORAGE, "create archive", errno);
	if (fd >= 0)
		(void)close(fd); /* empty; SQLite has no lock on it yet */
	return 0;
}

/* Closing would empty the log of a file that is not to be touched. */
static int checkpoint_on_close(sqlite3 *db, bool on, struct err *err)
{
	int rc =
	    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, !on, NULL);

	if (rc != SQLITE_OK)
		return ERR_SET(err, ERR_STORAGE, "engine refused", rc);
	return 0;
}

int sqlite_keep_log(sqlite3 *db, struct err *err)
{
	return checkpoint_on_close(db, false, err);
}

/* Steps use the store as it will be used; it is not open yet all the same. */
static int migrate(struct sqlite_store *s, bool empty, struct err *err)
{
	int rc;

	s->distrusted = false;
	rc = sqlite_migrate(s, empty, err);
	s->distrusted = true;
	return rc;
}

static int open_file(struct sqlite_store *s, const char *path, struct err *err)
{
	bool clean = true, empty = true;
	int rc;

	/* Its bookkeeping of memory takes a global lock for every allocation.
	 * Refused when something is open already: no harm. */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (lock(path, &s->lock_fd, err) != 0 || make_file(path, err) != 0)
		return -1;
	rc = sqlite3_open_v2(path, &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
				 SQLITE_OPEN_PRIVATECACHE,
			     NULL);
	if (rc != SQLITE_OK)
		return err_set(err, sqlite_classify(rc), __func__,
			       "open archive", rc);
	/* Read the version first: a newer archive is not written to, and
	 * journal_mode would write. */
	if (sqlite_set_common(s->db, err) != 0)
		return -1;
	if (checkpoint_on_close(s->db, false, err) != 0 ||
	    sqlite_refuse_newer(s->db, &empty, err) != 0 ||
	    checkpoint_on_close(s->db, true, err) != 0)
		return -1;
	if (set_file(s->db, err) != 0 ||
	    (!empty && sqlite_read_clean(s->db, &clean, err) != 0))
		return -1;
	if (!clean && check(s->db, path, err) != 0)
		return -1;
	if (migrate(s, empty, err) != 0 ||
	    sqlite_mark_clean(s->db, false, err) != 0)
		return -1;
	/* Row 3: SQLite ignores the result of a directory sync; we do not. */
	return durable_sync_around(path, err);
}

static int sqlite_open(const char *path, struct store **ret, struct err *err)
{
	struct sqlite_store *s;

	if (sqlite_check_path(path, err) != 0)
		return -1;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "store", 0);
	s->base.driver = &store_sqlite;
	s->lock_fd = -1;
	s->distrusted = true; /* not to be marked clean unless it opens */
	if (open_file(s, path, err) != 0) {
		struct store *st = &s->base;

		sqlite_store_close(&st);
		return -1;
	}
	s->distrusted = false;
	*ret = &s->base;
	return 0;
}

int sqlite_open_memory(const struct store_driver *driver, struct store **ret,
		       struct err *err)
{
	struct sqlite_store *s = calloc(1, sizeof(*s));
	struct store *st;
	int rc;

	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "store", 0);
	st = &s->base;
	s->base.driver = driver;
	s->lock_fd = -1;
	rc = sqlite3_open_v2(":memory:", &s->db,
			     SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
				 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_MEMORY,
			     NULL);
	if (rc != SQLITE_OK) {
		(void)err_set(err, sqlite_classify(rc), __func__, "open", rc);
		sqlite_store_close(&st);
		return -1;
	}
	if (sqlite_set_common(s->db, err) != 0 ||
	    sqlite_migrate(s, true, err) != 0) {
		sqlite_store_close(&st);
		return -1;
	}
	*ret = st;
	return 0;
}

void sqlite_store_close(struct store **st)
{
	struct sqlite_store *s = (struct sqlite_store *)*st;
	struct err ignored;

	*st = NULL;
	if (s == NULL)
		return;
	sqlite_roll_back(&s->base);
	sqlite_forget_statements(s);
	/* Without the mark the next start checks; that is all it costs. */
	if (!s->distrusted && s->lock_fd >= 0 &&
	    sqlite_mark_clean(s->db, true, &ignored) == 0)
		(void)sqlite3_wal_checkpoint_v2(
		    s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_close(s->db); /* no statement is left */
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd); /* nothing written */
	free(s);
}

const struct store_driver store_sqlite = {
    .name = "sqlite",
    .durable = true,
    .checkpoint_sql = "PRAGMA wal_checkpoint(TRUNCATE)",
    .open = sqlite_open,
    .look = sqlite_look,
    .copy = sqlite_copy,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .roll_back = sqlite_roll_back,
    .start = sqlite_start,
    .step = sqlite_step,
    .column = sqlite_column,
    .finish = sqlite_finish,
    .close = sqlite_store_close,
};
