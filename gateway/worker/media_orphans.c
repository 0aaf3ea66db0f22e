/* media_orphans.c - files that a crash left without a row.
 *
 * A file is written before its row, so only files made since this last ran
 * can lack one.  Those are compared with the rows of that time: rows are
 * found by id, which grows with time, and an attachment is fetched at most a
 * week after its row was made. */
#include "media.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "postern/log.h"

#define SQL_ROWS  "SELECT file FROM attachment WHERE id>=? AND file IS NOT NULL"
#define SQL_SINCE "SELECT value FROM meta WHERE name='media_swept'"
#define SQL_SWEPT                                                  \
	"INSERT INTO meta(name,value) VALUES('media_swept',?) ON " \
	"CONFLICT(name) DO UPDATE SET value=excluded.value"

#define HOUR_MS	   (60 * 60 * INT64_C(1000))
#define ROW_AGE_MS (9 * 24 * HOUR_MS)
#define NAME_LEN   32
#define PATH_BYTES 640

struct names {
	char (*at)[NAME_LEN + 1]; /* sorted */
	size_t len, size;
};

static int name_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static int names_add(struct names *names, const char *name, struct err *err)
{
	if (names->len == names->size) {
		size_t size = names->size == 0 ? 256 : names->size * 2;
		void *at = realloc(names->at, size * sizeof(names->at[0]));

		if (at == NULL)
			return ERR_SET(err, ERR_NOMEM, "too many files", 0);
		names->at = at;
		names->size = size;
	}
	memcpy(names->at[names->len++], name, NAME_LEN + 1);
	return 0;
}

static bool is_recent(int fd, const char *name, int64_t since_ms)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) &&
	       (int64_t)st.st_mtim.tv_sec * 1000 >= since_ms - HOUR_MS;
}

static int folder_list(const char *path, int64_t since_ms, struct names *names,
		       struct err *err)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int rc = 0;

	if (dir == NULL)
		return errno == ENOENT
			   ? 0
			   : ERR_SET(err, ERR_BUSY, "media folder", errno);
	while (rc == 0 && (entry = readdir(dir)) != NULL) {
		if (strspn(entry->d_name, "0123456789abcdef") == NAME_LEN &&
		    entry->d_name[NAME_LEN] == '\0' &&
		    is_recent(dirfd(dir), entry->d_name, since_ms))
			rc = names_add(names, entry->d_name, err);
	}
	(void)closedir(dir);
	return rc;
}

static int names_list(const char *dir, int64_t since_ms, struct names *names,
		      struct err *err)
{
	char path[PATH_BYTES];

	for (unsigned int i = 0; i < 256; i++) {
		(void)snprintf(path, sizeof(path), "%s/media/%02x", dir, i);
		if (folder_list(path, since_ms, names, err) != 0)
			return -1;
	}
	if (names->len > 0)
		qsort(names->at, names->len, sizeof(names->at[0]),
		      name_compare);
	return 0;
}

/* Marks in kept the names that rows from this id on have. */
static int names_keep(struct worker *w, const struct names *names, bool *kept,
		      int64_t from, struct err *err)
{
	static const char sql[] = SQL_ROWS;
	struct store_rows *rows = NULL;
	char name[NAME_LEN + 1];
	int rc;

	if (store_start(w->store, sql, STORE_ARGS(S_INT(from)), &rows, err) !=
	    0)
		return -1;
	while ((rc = store_step(w->store, rows, err)) == 1) {
		struct store_value v = store_column(w->store, rows, 0);
		char(*found)[NAME_LEN + 1];

		if (v.type != STORE_TEXT || v.len != NAME_LEN)
			continue;
		memcpy(name, v.bytes, NAME_LEN);
		name[NAME_LEN] = '\0';
		found = bsearch(name, names->at, names->len,
				sizeof(names->at[0]), name_compare);
		if (found != NULL)
			kept[found - names->at] = true;
	}
	store_finish(w->store, &rows);
	return rc;
}

static bool all_kept(const struct names *names, const bool *kept)
{
	for (size_t i = 0; i < names->len; i++)
		if (!kept[i])
			return false;
	return true;
}

/* The young rows explain nearly every young file.  Before a file is removed
 * all rows are asked: a clock that was wrong must not cost a picture. */
static int names_explain(struct worker *w, const struct names *names,
			 bool *kept, int64_t since_ms, struct err *err)
{
	struct id_source source = {0};
	int64_t from =
	    since_ms > ROW_AGE_MS ? id_next(&source, since_ms - ROW_AGE_MS) : 0;

	if (names->len == 0)
		return 0;
	if (names_keep(w, names, kept, from, err) != 0)
		return -1;
	if (from == 0 || all_kept(names, kept))
		return 0;
	return names_keep(w, names, kept, 0, err);
}

static int since_read(struct worker *w, int64_t *ret, struct err *err)
{
	static const char sql[] = SQL_SINCE;
	struct store_rows *rows = NULL;
	struct store_value v;
	int64_t since = 0;
	int rc;

	if (store_start(w->store, sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	rc = store_step(w->store, rows, err);
	if (rc == 1) {
		v = store_column(w->store, rows, 0);
		for (size_t i = 0; i < v.len && i < 8; i++)
			since = since << 8 | ((const uint8_t *)v.bytes)[i];
	}
	store_finish(w->store, &rows);
	if (rc < 0)
		return -1;
	*ret = since > 0 ? since : 0;
	return 0;
}

static int since_write(struct worker *w, int64_t now_ms, struct err *err)
{
	static const char sql[] = SQL_SWEPT;
	uint8_t bytes[8];

	for (size_t i = 0; i < 8; i++)
		bytes[i] = (uint8_t)((uint64_t)now_ms >> (56 - 8 * i));
	if (store_begin(w->store, err) != 0)
		return -1;
	if (store_run(w->store, sql, STORE_ARGS(S_BLOB(bytes, sizeof(bytes))),
		      err) != 0) {
		store_roll_back(w->store);
		return -1;
	}
	return store_commit(w->store, err);
}

int media_orphans_remove(struct worker *w, struct err *err)
{
	struct names names = {0};
	int64_t now_ms = worker_now(w), since_ms = 0, removed = 0;
	bool *kept = NULL;
	int rc = -1;

	if (since_read(w, &since_ms, err) != 0 ||
	    names_list(w->settings->dir, since_ms, &names, err) != 0)
		goto out;
	kept = calloc(names.len + 1, sizeof(*kept));
	if (kept == NULL) {
		ERR_SET(err, ERR_NOMEM, "too many files", 0);
		goto out;
	}
	if (names_explain(w, &names, kept, since_ms, err) != 0)
		goto out;
	for (size_t i = 0; i < names.len; i++) {
		if (kept[i])
			continue;
		if (mediafile_unlink(w->settings->dir, names.at[i], err) != 0)
			goto out;
		removed++;
	}
	if (removed > 0)
		LOG(LOG_LEVEL_WARN, "media.orphans",
		    LOG_NUM("removed", removed));
	rc = since_write(w, now_ms, err);
out:
	free(names.at);
	free(kept);
	return rc;
}
