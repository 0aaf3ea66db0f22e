/* sqlite.h - what the files of the SQLite driver share; nobody else includes
 * it but the registry and tests of the store. */
#ifndef POSTERN_STORE_SQLITE_H
#define POSTERN_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>

#include "postern/store.h"

extern const struct store_driver store_sqlite;
extern const struct store_driver store_memory;
extern const struct store_driver store_failing;

#define SQLITE_PAGE_BYTES	 8192
#define SQLITE_CHECKPOINT_PAGES	 2000 /* about 16 MB */
#define SQLITE_BUSY_MS		 2000
#define SQLITE_QUICK_CHECK_BYTES (64 * 1024 * 1024)
#define SQLITE_LENGTH_MAX	 (32 * 1024 * 1024)
#define SQLITE_SQL_LENGTH_MAX	 100000
#define SQLITE_CACHE_KIB	 16384

/* Prepared statements kept; a power of two, twice what the program has. */
#define SQLITE_CACHE_SLOTS 512

struct sqlite_rows {
	struct sqlite_store *st;
	const char *sql; /* NULL: free slot */
	sqlite3_stmt *stmt;
	bool in_use;
	bool cached; /* lives in the cache, not on its own */
};

struct sqlite_store {
	struct store base;
	sqlite3 *db;
	int lock_fd; /* -1 in memory */
	bool in_transaction;
	bool distrusted; /* after an I/O error the page cache may lie */
	struct sqlite_rows cache[SQLITE_CACHE_SLOTS];
};

/* The one place where native result codes get their meaning. */
enum err_kind sqlite_classify(int rc);

/* --- sqlite.c: opening and closing ---------------------------------------- */

int sqlite_open_memory(const struct store_driver *driver, struct store **ret,
		       struct err *err);
void sqlite_store_close(struct store **st);
/* ERR_INPUT: no plain absolute path. */
int sqlite_check_path(const char *path, struct err *err);
/* Settings of every handle. */
int sqlite_set_common(sqlite3 *db, struct err *err);
/* Closing leaves the log of writes as it is. */
int sqlite_keep_log(sqlite3 *db, struct err *err);

/* --- sqlite_look.c: only reading ------------------------------------------ */

int sqlite_look(const char *path, struct store **ret, struct err *err);
int sqlite_copy(const char *path, const char *to, struct err *err);

/* --- sqlite_rows.c: transactions and statements --------------------------- */

int sqlite_begin(struct store *st, struct err *err);
int sqlite_commit(struct store *st, struct err *err);
void sqlite_roll_back(struct store *st);
int sqlite_start(struct store *st, const char *sql,
		 const struct store_value *args, size_t args_len,
		 struct store_rows **ret, struct err *err);
int sqlite_step(struct store_rows *rows, struct err *err);
struct store_value sqlite_column(struct store_rows *rows, unsigned int i);
void sqlite_finish(struct store_rows **rows);
void sqlite_forget_statements(struct sqlite_store *s);

/* --- migrate.c ------------------------------------------------------------ */

/* Reads only.  ERR_INPUT: a newer schema, or a file of something else. */
int sqlite_refuse_newer(sqlite3 *db, bool *ret_empty, struct err *err);
/* *ret_clean: the last writer closed the file in order. */
int sqlite_read_clean(sqlite3 *db, bool *ret_clean, struct err *err);
/* Brings the tables to SCHEMA_VERSION, in one transaction. */
int sqlite_migrate(struct sqlite_store *s, bool empty, struct err *err);
/* Sets or takes away the mark of an orderly end. */
int sqlite_mark_clean(sqlite3 *db, bool clean, struct err *err);

#endif
