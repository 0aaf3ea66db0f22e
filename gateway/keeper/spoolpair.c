/* spoolpair.c - the key pairs between intake and keeper.
 *
 * The intake boxes a spool key to the public half and forgets it; only the
 * secret half opens it again.  A pair lives about a day past its last
 * segment, so residue of the spool dies with it (assurance 5.2). */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

#include "keeper/vault.h"

#define PAIR_AGE_MS	  (24 * 60 * 60 * 1000ll)
#define PAIR_AHEAD_MS	  (60 * 60 * 1000ll) /* clock was wrong when made */
#define PUBLIC_BYTES	  (4 + 32)
#define CHECK_BYTES	  16
#define PUBLIC_FILE_BYTES (PUBLIC_BYTES + CHECK_BYTES)

_Static_assert(SPOOL_BOX_BYTES == 4 + 32 + crypto_box_SEALBYTES, "box");

static struct wrap_row pair_row(uint32_t pair)
{
	return (struct wrap_row){.kind = 'P', .number = pair};
}

static void number_out(uint32_t v, uint8_t ret[4])
{
	for (int i = 0; i < 4; i++)
		ret[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t number_in(const uint8_t bytes[4])
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 |
	       (uint32_t)bytes[2] << 8 | bytes[3];
}

static int public_write(struct vault *v, const struct keystore_pair *p,
			struct err *err)
{
	uint8_t file[PUBLIC_FILE_BYTES];

	number_out(p->pair, file);
	memcpy(file + 4, p->public, 32);
	(void)crypto_generichash(file + PUBLIC_BYTES, CHECK_BYTES, file,
				 PUBLIC_BYTES, NULL, 0);
	/* not renamed over: the intake's sandbox knows this very file; half of
	 * it does not pass its check, and the next start writes it again */
	return durable_overwrite(v->keys_dir, SPOOL_FILE, 0644, file,
				 sizeof(file), err);
}

int spool_public_read(const char *path, struct spool_public *ret,
		      struct err *err)
{
	uint8_t file[PUBLIC_FILE_BYTES + 1], check[CHECK_BYTES];
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return ERR_SET(err, errno == ENOENT ? ERR_ABSENT : ERR_INPUT,
			       "cannot read keys/spool.pub", errno);
	len = read(fd, file, sizeof(file));
	(void)close(fd); /* read only */
	if (len != PUBLIC_FILE_BYTES)
		return ERR_SET(err, ERR_CORRUPT,
			       "keys/spool.pub has a wrong length", 0);
	(void)crypto_generichash(check, CHECK_BYTES, file, PUBLIC_BYTES, NULL,
				 0);
	if (memcmp(check, file + PUBLIC_BYTES, CHECK_BYTES) != 0)
		return ERR_SET(err, ERR_CORRUPT, "keys/spool.pub is damaged",
			       0);
	ret->pair = number_in(file);
	memcpy(ret->key, file + 4, 32);
	return 0;
}

/* Puts a pair with the next number into the open transaction. */
static int add_pair(struct vault *v, uint32_t number, struct keystore_pair *ret,
		    struct err *err)
{
	struct keystore_pair p = {.pair = number,
				  .made_ms = v->env->wall_ms(v->env)};
	const struct wrap_row row = pair_row(number);
	uint8_t secret[32];

	v->env->random(v->env, secret, sizeof(secret));
	(void)crypto_scalarmult_base(p.public, secret);
	wrap_seal(v->arena->keys.root, &v->meta.of, &row, secret, p.wrapped);
	sodium_memzero(secret, sizeof(secret));
	*ret = p;
	return keystore_pair_put(v->store, &p, err);
}

static int make_after(struct vault *v, uint32_t newest, struct err *err)
{
	struct keystore_pair p;

	if (newest == UINT32_MAX)
		return ERR_SET(err, ERR_STORAGE, "no pair number is left", 0);
	if (vault_write(v, err) != 0)
		return -1;
	/* on disk before the intake can box to it */
	if (add_pair(v, newest + 1, &p, err) != 0 ||
	    vault_finish(v, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	if (public_write(v, &p, err) != 0)
		return -1;
	v->pair = p.pair;
	return 0;
}

int spoolpair_make(struct vault *v, struct err *err)
{
	struct keystore_pair newest = {0};
	struct err ignored = {0};

	if (err == NULL)
		err = &ignored;
	if (keystore_pair_newest(v->store, &newest, err) != 0 &&
	    err->kind != ERR_ABSENT)
		return -1;
	return make_after(v, newest.pair, err);
}

static int publish_if_needed(struct vault *v, const struct keystore_pair *p,
			     struct err *err)
{
	char path[DURABLE_PATH_BYTES];
	struct spool_public seen;

	if (durable_path(v->keys_dir, SPOOL_FILE, path, err) != 0)
		return -1;
	if (spool_public_read(path, &seen, err) == 0 && seen.pair == p->pair &&
	    memcmp(seen.key, p->public, sizeof(seen.key)) == 0)
		return 0;
	return public_write(v, p, err);
}

int spoolpair_tend(struct vault *v, struct err *err)
{
	const int64_t now_ms = v->env->wall_ms(v->env);
	struct keystore_pair newest = {0};
	struct err ignored = {0};

	if (err == NULL)
		err = &ignored;
	if (keystore_pair_newest(v->store, &newest, err) != 0) {
		if (err->kind != ERR_ABSENT)
			return -1;
		return make_after(v, 0, err);
	}
	if (now_ms - newest.made_ms >= PAIR_AGE_MS ||
	    newest.made_ms - now_ms >= PAIR_AHEAD_MS)
		return make_after(v, newest.pair, err);
	v->pair = newest.pair;
	return publish_if_needed(v, &newest, err);
}

static struct spool_slot *cached(struct spool_cache *c,
				 const uint8_t box[SPOOL_BOX_BYTES],
				 struct spool_slot **ret_oldest)
{
	*ret_oldest = &c->slots[0];
	for (size_t i = 0; i < SPOOL_CACHE_SLOTS; i++) {
		struct spool_slot *s = &c->slots[i];

		if (s->used != 0 && memcmp(s->box, box, SPOOL_BOX_BYTES) == 0)
			return s;
		if (s->used < (*ret_oldest)->used)
			*ret_oldest = s;
	}
	return NULL;
}

static int open_box(struct vault *v, const uint8_t box[SPOOL_BOX_BYTES],
		    uint8_t ret[WRAP_KEY_BYTES], struct err *err)
{
	const uint32_t pair = number_in(box);
	const struct wrap_row row = pair_row(pair);
	struct keystore_pair p;
	uint8_t secret[32];
	int rc;

	if (keystore_pair_get(v->store, pair, &p, err) != 0)
		return -1;
	rc = wrap_open(v->arena->keys.root, &v->meta.of, &row, p.wrapped,
		       secret, err);
	if (rc == 0 && crypto_box_seal_open(ret, box + 4, SPOOL_BOX_BYTES - 4,
					    p.public, secret) != 0)
		rc = ERR_SET(err, ERR_CORRUPT, "a spool key does not open", 0);
	sodium_memzero(secret, sizeof(secret));
	return rc;
}

int spoolpair_open(struct vault *v, const uint8_t box[SPOOL_BOX_BYTES],
		   const uint8_t **ret, struct err *err)
{
	struct spool_cache *c = &v->arena->keys.spool;
	struct spool_slot *oldest;
	struct spool_slot *s = cached(c, box, &oldest);
	uint8_t key[WRAP_KEY_BYTES];

	if (s == NULL) {
		if (open_box(v, box, key, err) != 0)
			return -1;
		s = oldest;
		memcpy(s->box, box, SPOOL_BOX_BYTES);
		memcpy(s->key, key, sizeof(key));
		sodium_memzero(key, sizeof(key));
	}
	s->used = ++c->tick;
	*ret = s->key;
	return 0;
}

int spoolpair_forget(struct vault *v, uint32_t oldest_in_use,
		     uint32_t *ret_count, struct err *err)
{
	*ret_count = 0;
	if (oldest_in_use > v->pair)
		return 0;
	if (vault_write(v, err) != 0)
		return -1;
	if (keystore_pair_forget(v->store, oldest_in_use, ret_count, err) != 0)
		return -1;
	if (*ret_count > 0) {
		sodium_memzero(&v->arena->keys.spool,
			       sizeof(v->arena->keys.spool));
		v->truncate_due = true;
	}
	return 0;
}
