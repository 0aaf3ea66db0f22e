/* rotate.c - a new root key, in an order that a crash cannot break.
 *
 * The epoch in keeper.db says which key file is the right one: before the
 * transaction keys/root, after it keys/root.new, which is synced before the
 * transaction begins.  vault_unlock finishes what is left. */
#include <assert.h>
#include <sodium.h>

#include "keeper/vault.h"

static struct wrap_context next_context(const struct vault *v)
{
	struct wrap_context next = v->meta.of;

	next.epoch++;
	return next;
}

static int new_file(struct vault *v, struct err *err)
{
	struct rootkey k = v->file; /* keeps passphrase, salt and cost */
	char text[ROOTKEY_FILE_MAX];
	size_t len;
	int rc;

	/* a leftover of a rotation that failed is of no use */
	if (durable_shred(v->keys_dir, ROOT_NEW_FILE, err) != 0)
		return -1;
	v->env->random(v->env, v->arena->keys.next_root, WRAP_KEY_BYTES);
	k.of = next_context(v);
	k.made_ms = v->env->wall_ms(v->env);
	rootkey_put(&k, v->arena->keys.kek, v->arena->keys.next_root);
	len = rootkey_format(&k, text);
	rc = durable_create(v->keys_dir, ROOT_NEW_FILE, 0600, text, len, err);
	sodium_memzero(&k, sizeof(k));
	sodium_memzero(text, sizeof(text));
	return rc;
}

static int rewrap(void *ctx, const struct wrap_row *row,
		  const uint8_t wrapped[WRAPPED_BYTES],
		  uint8_t ret[WRAPPED_BYTES])
{
	struct vault *v = ctx;
	const struct wrap_context next = next_context(v);
	uint8_t key[WRAP_KEY_BYTES];
	struct err ignored; /* the caller names the error */

	if (wrap_open(v->arena->keys.root, &v->meta.of, row, wrapped, key,
		      &ignored) != 0)
		return -1;
	wrap_seal(v->arena->keys.next_root, &next, row, key, ret);
	sodium_memzero(key, sizeof(key));
	return 0;
}

static int store(struct vault *v, struct err *err)
{
	static const uint8_t zeros[WRAP_KEY_BYTES];
	static const struct wrap_row check_row = {.kind = 'C'};
	struct keystore_meta next = v->meta;

	next.of = next_context(v);
	next.rotated_ms = v->env->wall_ms(v->env);
	wrap_seal(v->arena->keys.next_root, &next.of, &check_row, zeros,
		  next.check);
	if (vault_write(v, err) != 0)
		return -1;
	if (keystore_rewrap(v->store, rewrap, v, err) != 0 ||
	    keystore_meta_put(v->store, &next, err) != 0 ||
	    vault_finish(v, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	v->meta = next;
	v->file.of = next.of;
	memcpy(v->arena->keys.root, v->arena->keys.next_root, WRAP_KEY_BYTES);
	sodium_memzero(v->arena->keys.next_root, WRAP_KEY_BYTES);
	return 0;
}

static int tidy(struct vault *v, struct err *err)
{
	/* keys under the old root are still in the WAL */
	v->truncate_due = true;
	if (spoolpair_make(v, err) != 0)
		return -1;
	return vault_finish(v, err);
}

int vault_rotate_step(struct vault *v, enum rotate_step step, struct err *err)
{
	switch (step) {
	case ROTATE_NEW_FILE:
		return new_file(v, err);
	case ROTATE_STORE:
		return store(v, err);
	case ROTATE_FILE:
		return durable_move(v->keys_dir, ROOT_NEW_FILE, ROOT_FILE, err);
	case ROTATE_TIDY:
		return tidy(v, err);
	case ROTATE_STEPS:
	default:
		return ERR_SET(err, ERR_INPUT, "not a step", 0);
	}
}

int vault_rotate(struct vault *v, struct err *err)
{
	struct err own = {0};

	if (err == NULL)
		err = &own;
	if (v->credential != NULL)
		return REASON_SET(err, ERR_DENIED, REASON_CREDENTIAL);
	assert(!keystore_in_transaction(v->store));
	for (unsigned int s = 0; s < ROTATE_STEPS; s++) {
		struct err ignored;

		if (vault_rotate_step(v, (enum rotate_step)s, err) == 0)
			continue;
		/* not committed: the new key is good for nothing.  After
		 * ERR_STORAGE nobody knows; the next start will */
		if (s <= ROTATE_STORE && err->kind != ERR_STORAGE) {
			sodium_memzero(v->arena->keys.next_root,
				       WRAP_KEY_BYTES);
			(void)durable_shred(v->keys_dir, ROOT_NEW_FILE,
					    &ignored); /* done at next start */
		}
		return -1;
	}
	return 0;
}
