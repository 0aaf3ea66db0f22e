/* init.c - the first files of an instance. */
#include <errno.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/init.h"
#include "keeper/vault.h"

static const struct wrap_row check_row = {.kind = 'C'};

/* A key is never replaced: not by this, not by a restore. */
int keeper_files_absent(const char *dir, struct err *err)
{
	static const char *const names[] = {"keys/" ROOT_FILE,
					    "keys/" ROOT_NEW_FILE,
					    "keys/" SPOOL_FILE, KEYSTORE_FILE};
	char path[DURABLE_PATH_BYTES];
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (durable_path(dir, names[i], path, err) != 0)
			return -1;
		if (lstat(path, &st) == 0)
			return ERR_SET(err, ERR_INPUT, "there are keys already",
				       0);
		if (errno != ENOENT && errno != ENOTDIR)
			return ERR_SET(err, ERR_STORAGE,
				       "cannot see the data directory", errno);
	}
	return 0;
}

int keeper_files_remove(const char *dir, struct err *err)
{
	static const char *const names[] = {
	    KEYSTORE_FILE "-wal", KEYSTORE_FILE "-shm", KEYSTORE_FILE};
	char keys_dir[DURABLE_PATH_BYTES];

	if (durable_path(dir, "keys", keys_dir, err) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (durable_shred(dir, names[i], err) != 0)
			return -1;
	if (durable_shred(keys_dir, SPOOL_FILE, err) != 0)
		return -1;
	return durable_shred(keys_dir, ROOT_FILE, err);
}

int keeper_keys_dir(const char *dir, char ret[DURABLE_PATH_BYTES],
		    struct err *err)
{
	if (durable_path(dir, "keys", ret, err) != 0)
		return -1;
	/* the intake goes through it to spool.pub; the rest is 0600 */
	if (mkdir(ret, 0711) == 0)
		return durable_sync_dir(dir, err);
	if (errno != EEXIST)
		return ERR_SET(err, ERR_STORAGE, "cannot make keys/", errno);
	return 0;
}

static int write_root(struct env *env, const char *keys_dir, const void *phrase,
		      size_t phrase_len, struct wrap_context *ret_of,
		      uint8_t ret_root[32], struct err *err)
{
	struct rootkey k = {.of.epoch = 1, .made_ms = env->wall_ms(env)};
	uint8_t kek[WRAP_KEY_BYTES] = {0};
	char text[ROOTKEY_FILE_MAX];
	size_t len;
	int rc = -1;

	env->random(env, k.of.instance, sizeof(k.of.instance));
	env->random(env, ret_root, WRAP_KEY_BYTES);
	if (phrase_len > 0) {
		rootkey_new_phrase(&k);
		if (rootkey_derive(&k, phrase, phrase_len, kek, err) != 0)
			goto out;
	}
	rootkey_put(&k, kek, ret_root);
	len = rootkey_format(&k, text);
	rc = durable_create(keys_dir, ROOT_FILE, 0600, text, len, err);
	sodium_memzero(text, sizeof(text));
	*ret_of = k.of;
out:
	sodium_memzero(kek, sizeof(kek));
	sodium_memzero(&k, sizeof(k));
	return rc;
}

static int write_store(struct env *env, const char *dir,
		       const struct wrap_context *of, const uint8_t root[32],
		       struct err *err)
{
	static const uint8_t zeros[WRAP_KEY_BYTES];
	struct keystore_meta meta = {.of = *of,
				     .schema = KEYSTORE_SCHEMA,
				     .rotated_ms = env->wall_ms(env)};
	struct keystore *store = NULL;
	int rc = -1;

	wrap_seal(root, of, &check_row, zeros, meta.check);
	if (keystore_create(dir, &store, err) != 0)
		return -1;
	if (keystore_begin(store, err) != 0 ||
	    keystore_meta_put(store, &meta, err) != 0 ||
	    keystore_commit(store, err) != 0 ||
	    keystore_truncate(store, err) != 0)
		goto out;
	rc = 0;
out:
	keystore_close(&store);
	return rc;
}

/* Instance keys and the first spool pair come with the first unlock. */
static int unlock_once(struct env *env, const char *dir, const void *phrase,
		       size_t phrase_len, struct err *err)
{
	struct vault *v = NULL;
	int rc;

	if (vault_open(env, dir, NULL, &v, err) != 0)
		return -1;
	rc = vault_unlock(v, phrase, phrase_len, err);
	vault_close(&v);
	return rc;
}

int keeper_init(struct env *env, const char *dir, const void *passphrase,
		size_t passphrase_len, struct err *err)
{
	uint8_t root[WRAP_KEY_BYTES] = {0};
	char keys_dir[DURABLE_PATH_BYTES];
	struct wrap_context of;
	struct err ignored;
	int rc = -1;

	if (keeper_files_absent(dir, err) != 0 ||
	    keeper_keys_dir(dir, keys_dir, err) != 0)
		return -1;
	if (write_root(env, keys_dir, passphrase, passphrase_len, &of, root,
		       err) != 0 ||
	    write_store(env, dir, &of, root, err) != 0 ||
	    unlock_once(env, dir, passphrase, passphrase_len, err) != 0)
		goto out;
	rc = 0;
out:
	sodium_memzero(root, sizeof(root));
	if (rc != 0)
		/* only what was made above; nothing is sealed under it yet */
		(void)keeper_files_remove(dir, &ignored);
	return rc;
}

int keeper_init_hash(const char *dir, const void *passphrase,
		     size_t passphrase_len, const char *use, const void *bytes,
		     size_t len, uint8_t ret[32], struct err *err)
{
	const enum instance_key key = instance_key_of_use(use);
	struct vault *v = NULL;
	int rc = -1;

	if (key == INSTANCE_KEYS)
		return ERR_SET(err, ERR_INPUT, "no hash of that use", 0);
	if (vault_open(env_system(), dir, NULL, &v, err) != 0)
		return -1;
	if (vault_unlock(v, passphrase, passphrase_len, err) != 0)
		goto out;
	instance_hash_any(v->arena->keys.instance[key], bytes, len, ret);
	rc = 0;
out:
	vault_close(&v);
	return rc;
}
