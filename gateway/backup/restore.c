/* restore.c - see restore.h. */
#include "restore.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "postern/durable.h"
#include "postern/keeperrestore.h"

#define LOCK_FILE "lock"

struct restore {
	struct env *env;
	const struct restore_order *order;
	char staging[DURABLE_PATH_BYTES];
	int lock, fd; /* of the file being written */
	struct restore_result result;
};

/* --- folders -------------------------------------------------------------- */

static int make_folder(const char *dir, const char *name, struct err *err)
{
	char path[DURABLE_PATH_BYTES];

	if (durable_path(dir, name, path, err) != 0)
		return -1;
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return 0;
	return ERR_SET(err, ERR_STORAGE, "cannot make a folder", errno);
}

static bool is_there(const char *dir, const char *name)
{
	char path[DURABLE_PATH_BYTES];
	struct err ignored;

	return durable_path(dir, name, path, &ignored) == 0 &&
	       access(path, F_OK) == 0;
}

static int remove_one(const char *dir, const char *name, int depth);

/* Everything below a folder of ours; four levels are the most there are. */
static int remove_all(const char *dir, int depth)
{
	struct dirent *one;
	DIR *folder = opendir(dir);
	int rc = 0;

	if (folder == NULL)
		return errno == ENOENT ? 0 : -1;
	while (rc == 0 && (one = readdir(folder)) != NULL)
		if (strcmp(one->d_name, ".") != 0 &&
		    strcmp(one->d_name, "..") != 0)
			rc = remove_one(dir, one->d_name, depth);
	(void)closedir(folder); /* read only */
	return rc == 0 ? rmdir(dir) : -1;
}

static int remove_one(const char *dir, const char *name, int depth)
{
	char path[DURABLE_PATH_BYTES];
	struct err ignored;
	struct stat st;

	if (durable_path(dir, name, path, &ignored) != 0 ||
	    lstat(path, &st) != 0)
		return -1;
	if (S_ISDIR(st.st_mode))
		return depth == 0 ? -1 : remove_all(path, depth - 1);
	return unlink(path);
}

static int clear_staging(struct restore *r, struct err *err)
{
	return remove_all(r->staging, 4) == 0
		   ? 0
		   : ERR_SET(err, ERR_STORAGE, "DIR/restore cannot be removed",
			     errno);
}

/* --- the first half: everything is made ready ----------------------------- */

static int begin_file(void *ctx, const char *name, uint64_t len,
		      struct err *err)
{
	struct restore *r = ctx;
	char path[DURABLE_PATH_BYTES];

	(void)len;
	if (strncmp(name, "media/", 6) == 0) {
		char folder[9];

		(void)snprintf(folder, sizeof(folder), "%.8s", name);
		if (make_folder(r->staging, "media", err) != 0 ||
		    make_folder(r->staging, folder, err) != 0)
			return -1;
	}
	if (durable_path(r->staging, name, path, err) != 0)
		return -1;
	r->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return r->fd >= 0 ? 0
			  : ERR_SET(err, ERR_CORRUPT,
				    "a file comes twice in the backup", errno);
}

static int write_file(void *ctx, const uint8_t *bytes, size_t len,
		      struct err *err)
{
	struct restore *r = ctx;

	return durable_write(r->fd, bytes, len, err);
}

static int end_file(void *ctx, struct err *err)
{
	struct restore *r = ctx;
	int rc = r->env->datasync(r->env, r->fd);

	(void)close(r->fd); /* synced, or failed already */
	r->fd = -1;
	return rc == 0 ? 0
		       : ERR_SET(err, ERR_STORAGE, "cannot sync a file", errno);
}

static int stage_files(struct restore *r, struct err *err)
{
	const struct members_sink sink = {r, begin_file, write_file, end_file};
	int rc = bundle_read(r->order->file, r->order->identity, &sink,
			     &r->result.made_ms, err);

	if (r->fd >= 0)
		(void)close(r->fd); /* given up */
	r->fd = -1;
	if (rc == 0 && !is_there(r->staging, "postern.db"))
		rc = ERR_SET(err, ERR_CORRUPT, "no archive in the backup", 0);
	return rc;
}

static int stage_keys(struct restore *r, struct err *err)
{
	const struct restore_order *o = r->order;
	uint32_t gone;

	if (o->keys_file == NULL)
		return 0;
	if (keeper_restore(r->env, r->staging, o->keys_file, o->passphrase,
			   o->passphrase_len, err) != 0)
		return -1;
	return keeper_erasures_again(r->staging, o->dir, &gone, err);
}

static int stage_data(struct restore *r, struct err *err)
{
	const struct restore_data data = {
	    .dir = r->order->dir,
	    .staging = r->staging,
	    .made_ms = r->result.made_ms,
	    .now_ms = r->env->wall_ms(r->env),
	    .without_erasures = r->order->without_erasures,
	};

	return restore_data_prepare(&data, &r->result, err);
}

/* Its own log of writes is empty; one that lay beside it would be read. */
static void remove_sides(const char *dir)
{
	static const char *const sides[] = {"postern.db-wal", "postern.db-shm",
					    "postern.db.lock"};
	char path[DURABLE_PATH_BYTES];
	struct err ignored;

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++)
		if (durable_path(dir, sides[i], path, &ignored) == 0)
			(void)unlink(path); /* may not be there */
}

static int stage(struct restore *r, struct err *err)
{
	if (clear_staging(r, err) != 0 ||
	    make_folder(r->order->dir, RESTORE_FOLDER, err) != 0 ||
	    stage_files(r, err) != 0 || stage_keys(r, err) != 0 ||
	    stage_data(r, err) != 0)
		return -1;
	remove_sides(r->staging);
	if (durable_sync_dir(r->staging, err) != 0)
		return -1;
	return durable_create(r->order->dir, RESTORE_READY, 0600, "", 0, err);
}

/* --- the second half: it is moved into place ------------------------------ */

/* Each move is done or still to be done: a second run goes on. */
static int move(const char *from_dir, const char *to_dir, const char *name,
		struct err *err)
{
	char from[DURABLE_PATH_BYTES], to[DURABLE_PATH_BYTES];

	if (durable_path(from_dir, name, from, err) != 0 ||
	    durable_path(to_dir, name, to, err) != 0)
		return -1;
	if (rename(from, to) == 0 || errno == ENOENT)
		return 0;
	return ERR_SET(err, ERR_STORAGE, "cannot move a file", errno);
}

static int move_folder(struct restore *r, const char *name, struct err *err)
{
	char from[DURABLE_PATH_BYTES], to[DURABLE_PATH_BYTES];
	struct dirent *one;
	DIR *folder;
	int rc = 0;

	if (durable_path(r->staging, name, from, err) != 0 ||
	    durable_path(r->order->dir, name, to, err) != 0)
		return -1;
	folder = opendir(from);
	if (folder == NULL)
		return 0; /* moved, or there is none */
	rc = make_folder(r->order->dir, name, err);
	while (rc == 0 && (one = readdir(folder)) != NULL)
		if (one->d_name[0] != '.')
			rc = move(from, to, one->d_name, err);
	(void)closedir(folder); /* read only */
	return rc == 0 ? durable_sync_dir(to, err) : -1;
}

static int move_media(struct restore *r, struct err *err)
{
	char from[DURABLE_PATH_BYTES], name[16];
	struct dirent *one;
	DIR *folder;
	int rc = 0;

	if (durable_path(r->staging, "media", from, err) != 0)
		return -1;
	folder = opendir(from);
	if (folder == NULL)
		return 0;
	rc = make_folder(r->order->dir, "media", err);
	while (rc == 0 && (one = readdir(folder)) != NULL) {
		if (one->d_name[0] == '.')
			continue;
		(void)snprintf(name, sizeof(name), "media/%.2s", one->d_name);
		rc = move_folder(r, name, err);
	}
	(void)closedir(folder); /* read only */
	return rc;
}

/* What a person wrote here since is not replaced. */
static int move_unless(struct restore *r, const char *name, struct err *err)
{
	if (is_there(r->order->dir, name))
		return 0;
	return move(r->staging, r->order->dir, name, err);
}

/* The archive last: without it nothing is served. */
static int move_archive(struct restore *r, struct err *err)
{
	struct err ignored;

	if (!is_there(r->staging, "postern.db"))
		return 0; /* moved already */
	remove_sides(r->order->dir);
	/* What is replaced may hold what the restored one has not; sealed. */
	(void)durable_shred(r->order->dir, "postern.db", &ignored);
	return move(r->staging, r->order->dir, "postern.db", err);
}

/* While that file is there nothing is served; so it goes last. */
static int finish(struct restore *r, struct err *err)
{
	char path[DURABLE_PATH_BYTES];

	if (clear_staging(r, err) != 0 ||
	    durable_path(r->order->dir, RESTORE_READY, path, err) != 0)
		return -1;
	if (unlink(path) != 0 && errno != ENOENT)
		return ERR_SET(err, ERR_STORAGE, "cannot remove a file", errno);
	return durable_sync_dir(r->order->dir, err);
}

static int install(struct restore *r, struct err *err)
{
	const char *dir = r->order->dir;

	if (move_media(r, err) != 0 ||
	    move_unless(r, "postern.yaml", err) != 0 ||
	    move_unless(r, "policy.yaml", err) != 0 ||
	    move_folder(r, "keys", err) != 0 ||
	    move(r->staging, dir, "keeper.db", err) != 0)
		return -1;
	/* A proof log that was taken back is never continued. */
	if (keeper_log_end(dir, err) != 0 || move_archive(r, err) != 0 ||
	    make_folder(dir, "spool", err) != 0 ||
	    make_folder(dir, "media", err) != 0 ||
	    durable_sync_dir(dir, err) != 0)
		return -1;
	return finish(r, err);
}

/* --- before --------------------------------------------------------------- */

static int take_lock(struct restore *r, struct err *err)
{
	char path[DURABLE_PATH_BYTES];

	if (durable_path(r->order->dir, LOCK_FILE, path, err) != 0)
		return -1;
	r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->lock < 0)
		return ERR_SET(err, ERR_ABSENT, "cannot write to the folder",
			       errno);
	return flock(r->lock, LOCK_EX | LOCK_NB) == 0
		   ? 0
		   : ERR_SET(err, ERR_BUSY, "a gateway serves this folder",
			     errno);
}

static int check_order(const struct restore *r, struct err *err)
{
	const struct restore_order *o = r->order;
	bool keys = is_there(o->dir, "keeper.db");

	if (keys && o->keys_file != NULL)
		return ERR_SET(err, ERR_INPUT,
			       "there are keys in this folder already; a "
			       "restore replaces none",
			       0);
	if (!keys && o->keys_file == NULL)
		return ERR_SET(err, ERR_ABSENT,
			       "there are no keys in this folder; name a "
			       "backup of them with --keys",
			       0);
	if (!o->without_erasures && !is_there(o->dir, "erasures.log"))
		return ERR_SET(err, ERR_ABSENT,
			       "there is no erasures.log in this folder, so "
			       "nobody knows who was erased since the backup; "
			       "put it there",
			       0);
	return 0;
}

bool restore_pending(const char *dir)
{
	return is_there(dir, RESTORE_READY);
}

int restore_run(struct env *env, const struct restore_order *order,
		struct restore_result *ret, struct err *err)
{
	struct restore r = {.env = env, .order = order, .lock = -1, .fd = -1};
	struct err ignored;
	int rc = -1;

	if (durable_path(order->dir, RESTORE_FOLDER, r.staging, err) != 0 ||
	    take_lock(&r, err) != 0)
		goto out;
	r.result.went_on = restore_pending(order->dir);
	if (!r.result.went_on &&
	    (check_order(&r, err) != 0 || stage(&r, err) != 0)) {
		(void)clear_staging(&r, &ignored); /* nothing happened */
		goto out;
	}
	rc = install(&r, err);
	if (rc == 0)
		*ret = r.result;
out:
	if (r.lock >= 0)
		(void)close(r.lock); /* nothing written */
	return rc;
}
