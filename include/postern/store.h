/* store.h - one small interface before every engine.
 *
 * SQL is written once, in the common subset of SQLite and PostgreSQL, with ?
 * parameters, as constants beside the code that uses them.  An engine is a
 * driver of 9 operations; gateway/store/registry.c names them.
 *
 * One thread per handle; one writer handle per data directory. */
#ifndef POSTERN_STORE_H
#define POSTERN_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"

struct store;
struct store_rows;

enum store_type { STORE_NULL, STORE_INT, STORE_TEXT, STORE_BLOB };
struct store_value {
	enum store_type type;
	int64_t num;
	const void *bytes; /* text or blob, borrowed */
	size_t len;
};
#define S_NULL	  ((struct store_value){.type = STORE_NULL})
#define S_INT(v)  ((struct store_value){.type = STORE_INT, .num = (int64_t)(v)})
#define S_TEXT(t) store_text(t) /* NULL text gives NULL */
#define S_BLOB(b, l) \
	((struct store_value){.type = STORE_BLOB, .bytes = (b), .len = (l)})
struct store_value store_text(const char *text);

/* Errors of every operation: ERR_BUSY (locked or full: nothing changed),
 * ERR_UNCERTAIN (commit may have happened), ERR_CORRUPT, ERR_INPUT
 * (constraint), ERR_STORAGE (I/O error: end this process), ERR_NOMEM.  Library
 * texts are never passed on. */
struct store_driver {
	const char *name;
	bool durable; /* an archive may be kept in it; false: tests */
	/* Truncates the log of writes, its one row 0 when done; NULL: there is
	 * none. */
	const char *checkpoint_sql;
	/* path: a file, or what the engine needs.  Creates or migrates the
	 * schema; refuses a newer one (ERR_INPUT) and touches nothing. */
	int (*open)(const char *path, struct store **ret, struct err *err);
	/* Only to read, beside whoever writes; makes and changes no file. NULL:
	 * there is no file. */
	int (*look)(const char *path, struct store **ret, struct err *err);
	/* A compact copy of one moment, beside whoever writes, into a file
	 * that must not exist.  NULL: there is no file. */
	int (*copy)(const char *path, const char *to, struct err *err);
	int (*begin)(struct store *st, struct err *err);
	int (*commit)(struct store *st, struct err *err);
	void (*roll_back)(struct store *st); /* no-op outside a transaction */
	/* Binds args and starts the statement.  sql must be a constant: its
	 * address keys the prepared-statement cache. */
	int (*start)(struct store *st, const char *sql,
		     const struct store_value *args, size_t args_len,
		     struct store_rows **ret, struct err *err);
	/* 1 a row, 0 done, -1 error.  column values live until the next step.
	 */
	int (*step)(struct store_rows *rows, struct err *err);
	struct store_value (*column)(struct store_rows *rows, unsigned int i);
	void (*finish)(struct store_rows **rows);
	void (*close)(struct store **st);
};

/* What is gathered in memory while a transaction goes on, and written as its
 * last act; one for a handle.  Who has one sets it when it is first needed;
 * store_close frees it. */
struct store_told {
	int (*write)(struct store *st, struct err *err);
	void (*forget)(struct store *st); /* it was committed, or taken back */
	void (*close)(struct store *st);
};

struct lookup;
struct store { /* drivers embed this first */
	const struct store_driver *driver;
	struct lookup *lookup;	 /* lookup.h; NULL until first used */
	struct store_told *told; /* ledgerbatch.h; the same */
	bool changing;		 /* between store_begin and its end */
};

/* The registry; ERR_INPUT for an unknown name. */
int store_open(const char *driver_name, const char *path, struct store **ret,
	       struct err *err);
/* The same, only to read: statements that change anything fail, and there are
 * no transactions to begin.  ERR_INPUT: also an archive that is older than the
 * proof log. */
int store_look(const char *driver_name, const char *path, struct store **ret,
	       struct err *err);
/* A copy of one moment beside whoever writes: without what was deleted, and
 * whole or not there if it ends early.  ERR_INPUT: to exists. */
int store_copy(const char *driver_name, const char *path, const char *to,
	       struct err *err);
/* Names of the engines an archive may be kept in, the default first; at most
 * max.  Returns their number. */
size_t store_engines(const char **ret, size_t max);
void store_close(struct store **st);
int store_begin(struct store *st, struct err *err);
/* 0 or -1, the transaction is over: after -1 it was taken back, unless
 * ERR_UNCERTAIN says that nobody knows. */
int store_commit(struct store *st, struct err *err);
void store_roll_back(struct store *st); /* no-op outside a transaction */

/* Conveniences over the driver. */
#define STORE_ARGS(...)                                         \
	(const struct store_value[]){__VA_ARGS__},              \
	    sizeof((const struct store_value[]){__VA_ARGS__}) / \
		sizeof(struct store_value)
#define STORE_NO_ARGS NULL, 0
/* A statement without rows; ret_changed may be NULL where unused. */
int store_run(struct store *st, const char *sql, const struct store_value *args,
	      size_t args_len, struct err *err);
int store_start(struct store *st, const char *sql,
		const struct store_value *args, size_t args_len,
		struct store_rows **ret, struct err *err);
int store_step(struct store *st, struct store_rows *rows, struct err *err);
struct store_value store_column(struct store *st, struct store_rows *rows,
				unsigned int i);
/* A short text, copied; "" for NULL.  False: it does not fit. */
bool store_word(struct store_value v, char *ret, size_t size);
void store_finish(struct store *st, struct store_rows **rows);
/* One integer of one row; *ret_found false when there is no row (or NULL). */
int store_one_int(struct store *st, const char *sql,
		  const struct store_value *args, size_t args_len, int64_t *ret,
		  bool *ret_found, struct err *err);
/* The first column of at most size rows, copied out: what follows may write. */
int store_ids(struct store *st, const char *sql, const struct store_value *args,
	      size_t args_len, int64_t *ret, size_t size, size_t *ret_len,
	      struct err *err);

/* Truncates the log of writes, where the engine has one.  ERR_BUSY: a reader
 * holds it. */
int store_checkpoint(struct store *st, struct err *err);

/* For contract tests: fails every call from the n-th on (once: only that). */
void store_failing_set(struct store *st, uint64_t nth, bool once);
uint64_t store_failing_calls(const struct store *st);

#endif
