/* sqlite_look.c - an archive that is only read: beside the gateway that
 * writes it, or in a copy that must stay as it is.
 *
 * No transaction is kept open: while one reads, the log of writes cannot be
 * emptied, and an erasure waits for that.  Each statement is of one moment. */
#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "sqlite.h"

#define PATH_BYTES 1024

/* A file name as a URI; percent signs for all that could mean anything. */
static int print_uri(const char *path, char *ret, size_t size, struct err *err)
{
	size_t len = (size_t)snprintf(ret, size, "file:");

	for (; *path != '\0' && len + 4 < size; path++) {
		unsigned char c = (unsigned char)*path;

		if (isalnum(c) || strchr("/-_.", c) != NULL)
			ret[len++] = (char)c;
		else
			len += (size_t)snprintf(ret + len, size - len, "%%%02X",
						c);
	}
	if (*path != '\0' || len + sizeof("?immutable=1") > size)
		return ERR_SET(err, ERR_INPUT, "the path is too long", 0);
	(void)snprintf(ret + len, size - len, "?immutable=1");
	return 0;
}

/* A gateway that runs has a log of writes beside its archive, always.  Where
 * there is none nobody writes, and reading must not make one: the copy may be
 * evidence, or on a disk that cannot be written to. */
static int open_db(const char *path, bool query_only, sqlite3 **ret,
		   struct err *err)
{
	char name[PATH_BYTES * 3 + 32];
	const int flags = SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX |
			  SQLITE_OPEN_PRIVATECACHE;
	struct stat st;
	bool written;
	int rc;

	(void)snprintf(name, sizeof(name), "%s-wal", path);
	written = stat(name, &st) == 0;
	if (!written && print_uri(path, name, sizeof(name), err) != 0)
		return -1;
	rc = sqlite3_open_v2(written ? path : name, ret,
			     written ? flags : flags | SQLITE_OPEN_URI, NULL);
	if (rc == SQLITE_OK && query_only)
		rc = sqlite3_exec(*ret, "PRAGMA query_only=ON", NULL, NULL,
				  NULL);
	if (rc != SQLITE_OK)
		return err_set(err, sqlite_classify(rc), __func__,
			       "the archive cannot be opened", rc);
	return 0;
}

static int open_look(struct sqlite_store *s, const char *path, struct err *err)
{
	bool empty = true;
	int64_t tables = 0;
	bool found = false;

	if (open_db(path, true, &s->db, err) != 0 ||
	    sqlite_set_common(s->db, err) != 0 ||
	    sqlite_keep_log(s->db, err) != 0 ||
	    sqlite_refuse_newer(s->db, &empty, err) != 0)
		return -1;
	if (empty)
		return ERR_SET(err, ERR_INPUT, "not a Postern archive", 0);
	s->distrusted = false;
	if (store_one_int(&s->base,
			  "SELECT count(*) FROM sqlite_master WHERE "
			  "name='ledger_entry'",
			  STORE_NO_ARGS, &tables, &found, err) != 0)
		return -1;
	return tables == 1 ? 0
			   : ERR_SET(err, ERR_INPUT,
				     "archive of an older Postern; start the "
				     "gateway once to bring it up to date",
				     0);
}

int sqlite_look(const char *path, struct store **ret, struct err *err)
{
	struct sqlite_store *s;
	struct store *st;

	if (sqlite_check_path(path, err) != 0)
		return -1;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return ERR_SET(err, ERR_NOMEM, "store", 0);
	s->base.driver = &store_sqlite;
	s->lock_fd = -1;
	st = &s->base;
	if (open_look(s, path, err) != 0) {
		sqlite_store_close(&st);
		return -1;
	}
	*ret = st;
	return 0;
}

/* --- a copy --------------------------------------------------------------- */

/* VACUUM reads in one transaction and writes only what is in use, so the copy
 * holds no page of what was deleted.  It attaches its target. */
static int vacuum_into(sqlite3 *db, const char *to, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int rc;

	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 1);
	rc = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &stmt, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(stmt, 1, to, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(stmt);
	(void)sqlite3_finalize(stmt); /* repeats the error of the step */
	if (rc == SQLITE_DONE)
		return 0;
	return err_set(err, sqlite_classify(rc), __func__,
		       "the archive cannot be copied", rc);
}

int sqlite_copy(const char *path, const char *to, struct err *err)
{
	sqlite3 *db = NULL;
	bool empty = true;
	struct stat st;
	int rc = -1;

	if (sqlite_check_path(path, err) != 0 ||
	    sqlite_check_path(to, err) != 0)
		return -1;
	if (lstat(to, &st) == 0)
		return ERR_SET(err, ERR_INPUT, "the file exists", EEXIST);
	if (open_db(path, false, &db, err) != 0 ||
	    sqlite_set_common(db, err) != 0 || sqlite_keep_log(db, err) != 0 ||
	    sqlite_refuse_newer(db, &empty, err) != 0)
		goto out;
	rc = empty ? ERR_SET(err, ERR_INPUT, "not a Postern archive", 0)
		   : vacuum_into(db, to, err);
out:
	(void)sqlite3_close(db); /* no statement is left; NULL is nothing */
	return rc;
}
