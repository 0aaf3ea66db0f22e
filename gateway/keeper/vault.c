/* vault.c - lock, unlock, and the data keys. */
#include "keeper/vault.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <sys/stat.h>

#include "keeper/cache.h"

#define ERASURE_BYTES_MAX (1024 * 1024)

static const struct wrap_row check_row = {.kind = 'C'};

int vault_open(struct env *env, const char *dir, const char *credential,
	       struct vault **ret, struct err *err)
{
	struct vault *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	v->env = env;
	v->credential = credential;
	v->reason = REASON_LOCKED;
	v->erasures = BUF_INIT(ERASURE_BYTES_MAX);
	/* the longest name below dir: no other is looked at again */
	if (durable_path(dir, "keys/" SPOOL_FILE, v->keys_dir, err) != 0 ||
	    arena_open(&v->arena, err) != 0) {
		vault_close(&v);
		return -1;
	}
	(void)snprintf(v->dir, sizeof(v->dir), "%s", dir);
	(void)durable_path(dir, "keys", v->keys_dir, err);
	*ret = v;
	return 0;
}

void vault_lock(struct vault *v, enum reason reason)
{
	buf_clear(&v->erasures);
	arena_wipe_keys(v->arena);
	keystore_close(&v->store); /* takes back what is open */
	v->reason = reason;
}

void vault_close(struct vault **v)
{
	if (*v == NULL)
		return;
	if ((*v)->arena != NULL)
		vault_lock(*v, REASON_LOCKED);
	arena_close(&(*v)->arena);
	buf_free(&(*v)->erasures);
	free(*v);
	*v = NULL;
}

/* --- unlock ----------------------------------------------------------------
 */

static int open_store(struct vault *v, struct err *err)
{
	if (keystore_open(v->dir, &v->store, err) != 0)
		return err->kind == ERR_ABSENT
			   ? REASON_SET(err, ERR_ABSENT, REASON_NO_STORE)
			   : -1;
	if (keystore_meta_get(v->store, &v->meta, err) != 0)
		return err->kind == ERR_INPUT
			   ? REASON_SET(err, ERR_INPUT, REASON_STORE_NEWER)
			   : -1;
	return 0;
}

/* Reads a key file and compares its labels with those of the store. */
static int read_labelled(struct vault *v, const char *path, struct rootkey *ret,
			 struct err *err)
{
	struct rootkey k;
	enum reason reason = REASON_NONE;

	if (rootkey_read(path, v->credential != NULL, &k, err) != 0)
		return -1;
	if (memcmp(k.of.instance, v->meta.of.instance, WRAP_INSTANCE_BYTES))
		reason = REASON_OTHER_ONE;
	else if (k.of.epoch != v->meta.of.epoch)
		reason = REASON_OTHER_EPOCH;
	else
		*ret = k;
	sodium_memzero(&k, sizeof(k));
	return reason == REASON_NONE ? 0 : REASON_SET(err, ERR_INPUT, reason);
}

/* keys/root; or keys/root.new when a rotation was cut off after the store
 * was re-wrapped. */
static int read_root(struct vault *v, bool *ret_is_new, struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct err ignored;

	*ret_is_new = false;
	v->file_read = false;
	if (v->credential != NULL) {
		if (read_labelled(v, v->credential, &v->file, err) != 0)
			return -1;
	} else {
		(void)durable_path(v->keys_dir, ROOT_FILE, path, err);
		if (read_labelled(v, path, &v->file, err) != 0) {
			/* what is wrong with the root is worth telling */
			(void)durable_path(v->keys_dir, ROOT_NEW_FILE, path,
					   &ignored);
			if (read_labelled(v, path, &v->file, &ignored) != 0)
				return -1;
			*ret_is_new = true;
		}
	}
	v->file_read = true;
	return 0;
}

static int take_root(struct vault *v, const void *phrase, size_t phrase_len,
		     struct err *err)
{
	static const uint8_t zeros[WRAP_KEY_BYTES];
	struct arena_keys *keys = &v->arena->keys;
	uint8_t check[WRAP_KEY_BYTES];

	if (v->file.phrase) {
		if (phrase_len == 0)
			return REASON_SET(err, ERR_INPUT, REASON_PASSPHRASE);
		if (rootkey_derive(&v->file, phrase, phrase_len, keys->kek,
				   err) != 0)
			return -1;
	}
	if (rootkey_take(&v->file, keys->kek, keys->root, err) != 0)
		return -1;
	if (wrap_open(keys->root, &v->meta.of, &check_row, v->meta.check, check,
		      err) != 0 ||
	    memcmp(check, zeros, sizeof(zeros)) != 0)
		return REASON_SET(err, ERR_INPUT, REASON_WRONG_KEY);
	return 0;
}

/* Loads the instance keys; a kind that is new in this version is made. */
static int load_instance_keys(struct vault *v, struct err *err)
{
	uint8_t wrapped[WRAPPED_BYTES];

	for (unsigned int i = 0; i < INSTANCE_KEYS; i++) {
		const char *name = instance_key_name((enum instance_key)i);
		const struct wrap_row row = {.kind = 'I', .text = name};
		uint8_t *key = v->arena->keys.instance[i];

		if (keystore_instance_get(v->store, name, wrapped, err) == 0) {
			if (wrap_open(v->arena->keys.root, &v->meta.of, &row,
				      wrapped, key, err) != 0)
				return -1;
			continue;
		}
		if (err->kind != ERR_ABSENT || vault_write(v, err) != 0)
			return -1;
		v->env->random(v->env, key, WRAP_KEY_BYTES);
		wrap_seal(v->arena->keys.root, &v->meta.of, &row, key, wrapped);
		if (keystore_instance_put(v->store, name, wrapped, err) != 0)
			return -1;
	}
	return vault_finish(v, err);
}

/* A rotation that was cut off: root.new is either the root or a leftover. */
static int finish_rotation(struct vault *v, bool is_new, struct err *err)
{
	if (v->credential != NULL)
		return 0;
	if (is_new)
		return durable_move(v->keys_dir, ROOT_NEW_FILE, ROOT_FILE, err);
	return durable_shred(v->keys_dir, ROOT_NEW_FILE, err);
}

static int unlock(struct vault *v, const void *phrase, size_t phrase_len,
		  struct err *err)
{
	bool is_new;

	if (open_store(v, err) != 0 || read_root(v, &is_new, err) != 0 ||
	    take_root(v, phrase, phrase_len, err) != 0)
		return -1;
	v->reason = REASON_NONE;
	if (finish_rotation(v, is_new, err) != 0 ||
	    load_instance_keys(v, err) != 0 || spoolpair_tend(v, err) != 0)
		return -1;
	/* a crash may have come before the WAL was emptied; a backup that
	 * reads just now is no reason to stay locked */
	v->truncate_due = keystore_truncate(v->store, err) != 0;
	return v->truncate_due && err->kind != ERR_BUSY ? -1 : 0;
}

int vault_unlock(struct vault *v, const void *phrase, size_t phrase_len,
		 struct err *err)
{
	struct err ignored = {0};
	enum reason reason;
	int rc;

	if (v->reason == REASON_NONE)
		return 0;
	if (err == NULL)
		err = &ignored; /* below it is looked at */
	rc = unlock(v, phrase, phrase_len, err);
	/* labels stay for status and rotation, the key does not */
	sodium_memzero(v->file.body, sizeof(v->file.body));
	if (rc == 0)
		return 0;
	reason = reason_of(err);
	vault_lock(v, reason != REASON_NONE ? reason : REASON_STORE_DAMAGED);
	return -1;
}

static const char *source(const struct vault *v)
{
	if (v->credential != NULL)
		return "credential";
	if (!v->file_read)
		return "file";
	return v->file.phrase ? "passphrase" : "file";
}

int vault_status(struct vault *v, struct keeper_status *ret, struct err *err)
{
	struct keeper_status s = {.locked = v->reason != REASON_NONE,
				  .root_epoch = v->meta.of.epoch,
				  .spool_pair = v->pair,
				  .rotated_s = v->meta.rotated_ms / 1000};

	if (!s.locked && keystore_key_count(v->store, &s.data_keys, err) != 0)
		return -1;
	(void)snprintf(s.source, sizeof(s.source), "%s", source(v));
	(void)snprintf(s.reason, sizeof(s.reason), "%s",
		       reason_text(v->reason));
	*ret = s;
	return 0;
}

/* --- data keys ---------------------------------------------------------------
 */

static struct wrap_row data_row(const struct key_ref *ref)
{
	return (struct wrap_row){.kind = 'D',
				 .number = ref->person,
				 .year = ref->year,
				 .text = ref->datenart.text};
}

static int make_key(struct vault *v, const struct key_ref *ref,
		    uint8_t ret[WRAP_KEY_BYTES], struct err *err)
{
	const struct wrap_row row = data_row(ref);
	uint8_t wrapped[WRAPPED_BYTES];

	if (vault_write(v, err) != 0)
		return -1;
	v->env->random(v->env, ret, WRAP_KEY_BYTES);
	wrap_seal(v->arena->keys.root, &v->meta.of, &row, ret, wrapped);
	return keystore_key_put(v->store, ref, wrapped, v->env->wall_ms(v->env),
				err);
}

int vault_key(struct vault *v, const struct key_ref *ref, bool make,
	      const uint8_t **ret, struct err *err)
{
	const uint8_t *cached = cache_find(&v->arena->keys.cache, ref);
	const struct wrap_row row = data_row(ref);
	uint8_t wrapped[WRAPPED_BYTES], key[WRAP_KEY_BYTES];
	struct err ignored = {0};
	int rc;

	if (err == NULL)
		err = &ignored;
	if (cached != NULL) {
		*ret = cached;
		return 0;
	}
	rc = keystore_key_get(v->store, ref, wrapped, err);
	if (rc == 0)
		rc = wrap_open(v->arena->keys.root, &v->meta.of, &row, wrapped,
			       key, err);
	else if (err->kind == ERR_ABSENT && make)
		rc = make_key(v, ref, key, err);
	if (rc == 0)
		*ret = cache_put(&v->arena->keys.cache, ref, key);
	sodium_memzero(key, sizeof(key));
	return rc;
}

int vault_shred(struct vault *v, int64_t person, const struct name *datenart,
		uint32_t *ret_count, struct err *err)
{
	uint32_t count;

	if (vault_write(v, err) != 0)
		return -1;
	if (keystore_key_shred(v->store, person, datenart, INT64_MAX, &count,
			       err) != 0)
		return -1;
	cache_drop(&v->arena->keys.cache, person, datenart);
	if (count > 0) {
		v->truncate_due = true;
		if (erasure_note(&v->erasures, v->env->wall_ms(v->env), person,
				 datenart, count, err) != 0)
			return -1;
	}
	*ret_count = count;
	return 0;
}

/* --- transactions --------------------------------------------------------- */

int vault_write(struct vault *v, struct err *err)
{
	if (keystore_in_transaction(v->store))
		return 0;
	return keystore_begin(v->store, err);
}

int vault_finish(struct vault *v, struct err *err)
{
	/* the log first: an erasure written but not done is done again, one
	 * done but not written would come back with a restore */
	if (v->erasures.len > 0 &&
	    erasure_append(v->env, v->dir, &v->erasures, err) != 0)
		return -1;
	buf_clear(&v->erasures);
	if (keystore_in_transaction(v->store) &&
	    keystore_commit(v->store, err) != 0)
		return -1;
	if (v->truncate_due) {
		if (keystore_truncate(v->store, err) != 0)
			return -1;
		v->truncate_due = false;
	}
	return 0;
}

void vault_abandon(struct vault *v)
{
	buf_clear(&v->erasures);
	if (!keystore_in_transaction(v->store))
		return;
	keystore_rollback(v->store);
	/* it may hold keys that are in no store now */
	cache_wipe(&v->arena->keys.cache);
	/* no memory even for that: the next commit would be of both */
	if (keystore_in_transaction(v->store))
		vault_lock(v, REASON_STORE_DAMAGED);
}
