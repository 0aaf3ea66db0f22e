/* making.c - see making.h.
 *
 * The archive is copied first (sealed fields stay sealed in the copy), then
 * the files the copy names: a file is never changed, only deleted, so what is
 * still there belongs to the copy.  One that is gone was erased meanwhile. */
#include "making.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "postern/durable.h"
#include "postern/ledger.h"
#include "postern/store.h"

#define COPY_NAME "postern.db.backup"

static const char files_sql[] = "SELECT file FROM attachment WHERE file IS NOT"
				" NULL ORDER BY id";
static const char sum_sql[] =
    "SELECT coalesce(sum(bytes),0) FROM attachment WHERE file IS NOT NULL";

struct making {
	const struct making_order *order;
	struct bundle *bundle;
	struct store *copy;
	char copy_path[DURABLE_PATH_BYTES];
	uint64_t done, all;
	struct making_result result;
};

static void told(void *ctx, uint64_t bytes)
{
	struct making *m = ctx;

	m->done += bytes;
	if (m->order->progress != NULL)
		m->order->progress(m->order->ctx, m->done,
				   m->all > m->done ? m->all : m->done);
}

static void remove_copy(const struct making *m)
{
	char side[DURABLE_PATH_BYTES + 8];

	(void)unlink(m->copy_path); /* may not be there */
	(void)snprintf(side, sizeof(side), "%s-journal", m->copy_path);
	(void)unlink(side);
}

static int make_copy(struct making *m, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	const char *engine;
	struct stat st;

	if (durable_path(m->order->dir, "postern.db", path, err) != 0 ||
	    durable_path(m->order->dir, COPY_NAME, m->copy_path, err) != 0)
		return -1;
	if (stat(path, &st) != 0)
		return ERR_SET(err, ERR_ABSENT,
			       "no archive (postern.db) in this folder", errno);
	if (store_engines(&engine, 1) != 1)
		return ERR_SET(err, ERR_INPUT, "no engine", 0);
	remove_copy(m); /* of one that was killed */
	if (store_copy(engine, path, m->copy_path, err) != 0)
		return -1;
	return store_look(engine, m->copy_path, &m->copy, err);
}

static int measure(struct making *m, struct err *err)
{
	int64_t media = 0;
	bool found = false;
	struct stat st;

	if (store_one_int(m->copy, sum_sql, STORE_NO_ARGS, &media, &found,
			  err) != 0 ||
	    ledger_size(m->copy, &m->result.entries, err) != 0)
		return -1;
	if (stat(m->copy_path, &st) != 0)
		return ERR_SET(err, ERR_STORAGE, "the copy is gone", errno);
	m->all = (uint64_t)st.st_size + (media > 0 ? (uint64_t)media : 0);
	return 0;
}

static int add_media(struct making *m, const char *file, struct err *err)
{
	char name[MEMBER_NAME_MAX + 1], path[DURABLE_PATH_BYTES];
	struct err why = {0};

	(void)snprintf(name, sizeof(name), "media/%.2s/%s", file, file);
	if (!members_name(name, strlen(name)))
		return ERR_SET(err, ERR_CORRUPT, "an impossible file name", 0);
	if (durable_path(m->order->dir, name, path, err) != 0)
		return -1;
	if (bundle_add_file(m->bundle, name, path, told, m, &why) == 0) {
		m->result.files++;
		return 0;
	}
	if (why.kind != ERR_ABSENT) {
		*err = why;
		return -1;
	}
	m->result.files_absent++;
	return 0;
}

static int add_all_media(struct making *m, struct err *err)
{
	struct store_rows *rows = NULL;
	char file[33];
	int rc;

	if (store_start(m->copy, files_sql, STORE_NO_ARGS, &rows, err) != 0)
		return -1;
	while ((rc = store_step(m->copy, rows, err)) > 0) {
		if (!store_word(store_column(m->copy, rows, 0), file,
				sizeof(file)))
			rc = ERR_SET(err, ERR_CORRUPT,
				     "an impossible file name", 0);
		else
			rc = add_media(m, file, err);
		if (rc != 0)
			break;
	}
	store_finish(m->copy, &rows);
	return rc;
}

/* Where there is one. */
static int add_plain(struct making *m, const char *name, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct err why = {0};

	if (durable_path(m->order->dir, name, path, err) != 0)
		return -1;
	if (bundle_add_file(m->bundle, name, path, NULL, NULL, &why) == 0 ||
	    why.kind == ERR_ABSENT)
		return 0;
	*err = why;
	return -1;
}

static int add_all(struct making *m, struct err *err)
{
	if (add_plain(m, "postern.yaml", err) != 0 ||
	    add_plain(m, "policy.yaml", err) != 0 ||
	    bundle_add_file(m->bundle, "postern.db", m->copy_path, told, m,
			    err) != 0)
		return -1;
	return add_all_media(m, err);
}

int making_run(const struct making_order *order, struct making_result *ret,
	       struct err *err)
{
	struct making m = {.order = order};
	int rc = -1;

	if (make_copy(&m, err) != 0 || measure(&m, err) != 0 ||
	    bundle_create(order->file, order->to, order->made_ms, &m.bundle,
			  err) != 0)
		goto out;
	if (add_all(&m, err) != 0)
		goto out;
	rc = bundle_finish(&m.bundle, err);
	m.result.bytes = m.done;
	if (rc == 0)
		*ret = m.result;
out:
	bundle_abandon(&m.bundle);
	store_close(&m.copy);
	remove_copy(&m);
	return rc;
}
