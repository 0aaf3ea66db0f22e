/* backup.c - root key and key store in one sealed file.
 *
 *   8 bytes "PSTRNKB2", u64 ops, u64 memory, 16-byte salt (Argon2id),
 *   u64 UTC ms it was made, u64 UTC ms it may be used until,
 *   24-byte secretstream header, then chunks of 65536 clear bytes + 17; the
 *   last one carries TAG_FINAL.
 *   Clear: u32 length, root key file; u32 length, keeper.db.
 *
 * The header is the AAD of the first chunk. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/init.h"
#include "keeper/vault.h"
#include "keeper/container.h"

#define STORE_BYTES_MAX (1024u * 1024 * 1024)
#define TRIES_MAX	3
#define TEMP_PREFIX	"copy."

struct copy {
	char dir[DURABLE_PATH_BYTES]; /* holds one file, keeper.db */
	char file[DURABLE_PATH_BYTES];
};

/* A private folder in keys/ for the compact copy. */
static int copy_make(struct env *env, const char *dir, struct copy *c,
		     struct err *err)
{
	char name[64];
	uint32_t random;

	env->random(env, &random, sizeof(random));
	(void)snprintf(name, sizeof(name), "keys/" TEMP_PREFIX "%08x", random);
	if (durable_path(dir, name, c->dir, err) != 0 ||
	    durable_path(c->dir, KEYSTORE_FILE, c->file, err) != 0)
		return -1;
	if (mkdir(c->dir, 0700) != 0)
		return ERR_SET(err, ERR_STORAGE, "cannot make a folder", errno);
	/* its mode before its content */
	return durable_create(c->dir, KEYSTORE_FILE, 0600, "", 0, err);
}

static void copy_remove(const struct copy *c)
{
	struct err ignored;

	/* wrapped keys only; a leftover is removed by hand */
	(void)durable_shred(c->dir, KEYSTORE_FILE "-wal", &ignored);
	(void)durable_shred(c->dir, KEYSTORE_FILE "-shm", &ignored);
	(void)durable_shred(c->dir, KEYSTORE_FILE, &ignored);
	(void)rmdir(c->dir);
}

static int copy_meta(const struct copy *c, struct keystore_meta *ret,
		     struct err *err)
{
	struct keystore *store = NULL;
	int rc;

	if (keystore_open(c->dir, &store, err) != 0)
		return -1;
	rc = keystore_meta_get(store, ret, err);
	if (rc == 0)
		rc = keystore_truncate(store, err);
	keystore_close(&store);
	return rc;
}

/* The root key file that fits the copy; none while a rotation is halfway. */
static int root_for(const char *dir, const struct keystore_meta *meta,
		    struct rootkey *ret, struct err *err)
{
	static const char *const names[] = {"keys/" ROOT_FILE,
					    "keys/" ROOT_NEW_FILE};
	char path[DURABLE_PATH_BYTES];
	struct rootkey k;
	struct err first = {0};

	for (size_t i = 0; i < 2; i++) {
		if (durable_path(dir, names[i], path, err) != 0)
			return -1;
		if (rootkey_read(path, false, &k, err) != 0) {
			if (i == 0)
				first = *err;
			continue;
		}
		if (memcmp(&k.of, &meta->of, sizeof(k.of)) == 0)
			*ret = k;
		sodium_memzero(k.body, sizeof(k.body));
		if (memcmp(&k.of, &meta->of, sizeof(k.of)) == 0)
			return 0;
	}
	if (first.kind != ERR_NONE) {
		*err = first;
		return -1;
	}
	return ERR_SET(err, ERR_BUSY, "the root key is being rotated", 0);
}

static int consistent_copy(struct env *env, const char *dir, struct copy *c,
			   struct rootkey *ret_root, struct err *err)
{
	struct keystore_meta meta;

	for (int i = 0; i < TRIES_MAX; i++) {
		if (copy_make(env, dir, c, err) != 0 ||
		    keystore_copy(dir, c->file, err) != 0 ||
		    copy_meta(c, &meta, err) != 0)
			return -1;
		if (root_for(dir, &meta, ret_root, err) == 0)
			return 0;
		if (err->kind != ERR_BUSY)
			return -1;
		copy_remove(c);
	}
	return -1;
}

static int seal_files(struct container *out, const struct rootkey *root,
		      const char *store_file, struct err *err)
{
	char text[ROOTKEY_FILE_MAX];
	size_t len = rootkey_format(root, text);
	int rc = container_add_bytes(out, text, len, err);

	sodium_memzero(text, sizeof(text));
	if (rc != 0)
		return -1;
	return container_add_file(out, store_file, STORE_BYTES_MAX, err);
}

int keeper_backup(struct env *env, const char *dir, const char *file,
		  const void *passphrase, size_t passphrase_len,
		  int64_t expires_ms, struct err *err)
{
	const struct container_life life = {env->wall_ms(env), expires_ms};
	struct container *out = NULL;
	struct rootkey root = {0};
	struct err ignored = {0};
	struct copy c = {0};
	int rc = -1;

	if (err == NULL)
		err = &ignored;
	if (passphrase_len == 0)
		return ERR_SET(err, ERR_INPUT, "a backup needs a passphrase",
			       0);
	if (consistent_copy(env, dir, &c, &root, err) != 0)
		goto out;
	if (container_create(file, passphrase, passphrase_len, &life, &out,
			     err) != 0)
		goto out;
	if (seal_files(out, &root, c.file, err) != 0)
		goto out;
	rc = container_finish(&out, err);
out:
	container_abandon(&out);
	sodium_memzero(&root, sizeof(root));
	copy_remove(&c);
	return rc;
}

static int restore_root(struct container *in, const char *keys_dir,
			struct err *err)
{
	char text[ROOTKEY_FILE_MAX];
	struct rootkey k = {0};
	size_t len;
	int rc = -1;

	if (container_take_bytes(in, text, sizeof(text), &len, err) != 0)
		goto out;
	if (rootkey_parse(text, len, &k, err) != 0) {
		ERR_SET(err, ERR_CORRUPT, "no root key in the backup", 0);
		goto out;
	}
	rc = durable_create(keys_dir, ROOT_FILE, 0600, text, len, err);
out:
	sodium_memzero(text, sizeof(text));
	sodium_memzero(&k, sizeof(k));
	return rc;
}

/* Keys that were destroyed since the backup was made go again. */
static int restore_erasures(const char *dir, struct err *err)
{
	struct keystore *store = NULL;
	uint32_t count;
	int rc = -1;

	if (keystore_open(dir, &store, err) != 0)
		return -1;
	if (keystore_begin(store, err) != 0 ||
	    erasure_replay(dir, store, &count, err) != 0 ||
	    keystore_commit(store, err) != 0 ||
	    keystore_truncate(store, err) != 0)
		goto out;
	rc = 0;
out:
	keystore_rollback(store);
	keystore_close(&store);
	return rc;
}

int keeper_restore(struct env *env, const char *dir, const char *file,
		   const void *passphrase, size_t passphrase_len,
		   struct err *err)
{
	char keys_dir[DURABLE_PATH_BYTES];
	char store_file[DURABLE_PATH_BYTES];
	struct container_life life;
	struct container *in = NULL;
	struct err ignored;
	int rc = -1;

	if (keeper_files_absent(dir, err) != 0 ||
	    durable_path(dir, KEYSTORE_FILE, store_file, err) != 0 ||
	    container_open(file, passphrase, passphrase_len, &life, &in, err) !=
		0)
		return -1;
	/* The keys of people erased since may be in it. */
	if (env->wall_ms(env) > life.expires_ms) {
		container_close(&in);
		return ERR_SET(err, ERR_DENIED,
			       "this backup of keys has expired; destroy it",
			       0);
	}
	if (keeper_keys_dir(dir, keys_dir, err) != 0 ||
	    restore_root(in, keys_dir, err) != 0 ||
	    container_take_file(in, store_file, err) != 0 ||
	    container_end(in, err) != 0 || durable_sync_dir(dir, err) != 0 ||
	    restore_erasures(dir, err) != 0)
		goto out;
	rc = 0;
out:
	container_close(&in);
	if (rc != 0)
		(void)keeper_files_remove(dir, &ignored); /* made above */
	return rc;
}
