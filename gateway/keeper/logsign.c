/* logsign.c - the proof log's key at work.
 *
 * Order of writes: what is signed is in keeper.db, synced, before the
 * signature leaves.  So a note that anybody has seen is never older than what
 * the keeper remembers; the other order would let a crash in between sign two
 * histories. */
#include "keeper/logsign.h"

#include <sodium.h>

#include "postern/log.h"

#define ORIGIN_PREFIX "postern/"
#define ORIGIN_RANDOM 8
/* Reserved by stores from before there was a log; nothing was signed. */
#define RESERVED_NAME "ledger"

static int denied(struct err *err, enum reason reason)
{
	return REASON_SET(err, ERR_DENIED, reason);
}

/* What was begun is written, or taken back. */
static int finish(struct vault *v, struct err *err)
{
	if (vault_finish(v, err) == 0)
		return 0;
	vault_abandon(v);
	return -1;
}

/* --- keys ----------------------------------------------------------------- */

/* A new key at the end of s, its private half in the open transaction. */
static int add_key(struct vault *v, struct log_state *s, struct err *err)
{
	struct log_public *k = &s->keys[s->keys_len];
	uint8_t seed[WRAP_KEY_BYTES], wrapped[WRAPPED_BYTES];
	char name[LOG_NAME_MAX];
	const struct wrap_row row = {.kind = 'I', .text = name};

	log_key_name(s->keys_len, name);
	v->env->random(v->env, seed, sizeof(seed));
	(void)crypto_sign_seed_keypair(k->bytes, v->arena->keys.log, seed);
	sodium_memzero(v->arena->keys.log, sizeof(v->arena->keys.log));
	wrap_seal(v->arena->keys.root, &v->meta.of, &row, seed, wrapped);
	sodium_memzero(seed, sizeof(seed));
	k->from_size = UINT64_MAX;
	k->made_s = v->env->wall_ms(v->env) / 1000;
	s->keys_len++;
	return keystore_instance_put(v->store, name, wrapped, err);
}

/* The signature of the i-th key onto note, whose text is its first text_len
 * bytes. */
static int sign_with(struct vault *v, const struct log_state *s, size_t i,
		     size_t text_len, struct buf *note, struct err *err)
{
	uint8_t seed[WRAP_KEY_BYTES], wrapped[WRAPPED_BYTES];
	uint8_t *secret = v->arena->keys.log;
	uint8_t public[32];
	char name[LOG_NAME_MAX], text[LOG_NOTE_MAX];
	const struct wrap_row row = {.kind = 'I', .text = name};
	struct note_key key;
	int rc;

	log_key_name(i, name);
	/* note grows below: what is signed must not move */
	memcpy(text, note->bytes, text_len);
	if (log_key_note(s, i, &key, err) != 0 ||
	    keystore_instance_get(v->store, name, wrapped, err) != 0 ||
	    wrap_open(v->arena->keys.root, &v->meta.of, &row, wrapped, seed,
		      err) != 0)
		return -1;
	(void)crypto_sign_seed_keypair(public, secret, seed);
	sodium_memzero(seed, sizeof(seed));
	if (memcmp(public, key.bytes, sizeof(public)) != 0)
		rc = ERR_SET(err, ERR_CORRUPT, "a log key is another one", 0);
	else
		rc = note_sign(text, text_len, &key, secret, note, err);
	sodium_memzero(secret, sizeof(v->arena->keys.log));
	return rc;
}

/* --- making --------------------------------------------------------------- */

static void random_origin(struct vault *v, char ret[NOTE_NAME_BYTES])
{
	uint8_t random[ORIGIN_RANDOM];
	char hex[2 * ORIGIN_RANDOM + 1];

	v->env->random(v->env, random, sizeof(random));
	(void)sodium_bin2hex(hex, sizeof(hex), random, sizeof(random));
	(void)snprintf(ret, NOTE_NAME_BYTES, ORIGIN_PREFIX "%s", hex);
}

static int make(struct vault *v, const char *origin, struct log_state *s,
		struct err *err)
{
	memset(s, 0, sizeof(*s));
	merkle_empty(&s->root);
	if (origin[0] != '\0')
		(void)snprintf(s->origin, sizeof(s->origin), "%s", origin);
	else
		random_origin(v, s->origin);
	if (vault_write(v, err) != 0)
		return -1;
	if (keystore_instance_forget(v->store, RESERVED_NAME, err) != 0 ||
	    add_key(v, s, err) != 0 || log_state_store(v->store, s, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	if (finish(v, err) != 0)
		return -1;
	LOG0(LOG_LEVEL_INFO, "keeper.log.made");
	return 0;
}

/* Another name, while nobody can have seen the first one. */
static int rename_log(struct vault *v, const char *origin, struct log_state *s,
		      struct err *err)
{
	if (s->signed_s != 0)
		return denied(err, REASON_LOG_ORIGIN);
	(void)snprintf(s->origin, sizeof(s->origin), "%s", origin);
	if (vault_write(v, err) != 0)
		return -1;
	if (log_state_store(v->store, s, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	return finish(v, err);
}

int logkey_open(struct vault *v, const char *origin, struct log_state *ret,
		struct err *err)
{
	if (log_state_load(v->store, ret, err) != 0)
		return err->kind == ERR_ABSENT ? make(v, origin, ret, err) : -1;
	if (origin[0] != '\0' && strcmp(origin, ret->origin) != 0)
		return rename_log(v, origin, ret, err);
	return 0;
}

/* --- signing -------------------------------------------------------------- */

static int extends(const struct log_state *s, const struct log_request *r,
		   struct err *err)
{
	struct merkle_hash empty;

	if (r->size < s->size)
		return denied(err, REASON_LOG_SHORTER);
	if (r->size > MERKLE_SIZE_MAX)
		return denied(err, REASON_LOG_ROOT);
	if (r->size == s->size)
		return r->proof_len == 0 && merkle_equal(&r->root, &s->root)
			   ? 0
			   : denied(err, REASON_LOG_ROOT);
	merkle_empty(&empty);
	if (s->size == 0)
		return r->proof_len == 0 && !merkle_equal(&r->root, &empty)
			   ? 0
			   : denied(err, REASON_LOG_ROOT);
	if (!merkle_verify_consistency(s->size, r->size, &s->root, &r->root,
				       r->proof, r->proof_len))
		return denied(err, REASON_LOG_ROOT);
	return 0;
}

/* The note of s into s. */
static int write_note(struct vault *v, struct log_state *s, struct err *err)
{
	struct checkpoint c = {.size = s->size, .root = s->root};
	struct buf note = BUF_INIT(LOG_NOTE_MAX);
	const size_t last = s->keys_len - 1u;
	size_t text_len;
	int rc = -1;

	memcpy(c.origin, s->origin, sizeof(c.origin));
	if (checkpoint_print(&c, &note, err) != 0)
		goto out;
	text_len = note.len;
	if (buf_append_text(&note, "\n", err) != 0)
		goto out;
	/* the one that is known first */
	for (size_t i = s->rotating ? last - 1 : last; i <= last; i++)
		if (sign_with(v, s, i, text_len, &note, err) != 0)
			goto out;
	memcpy(s->note, note.bytes, note.len);
	s->note_len = (uint16_t)note.len;
	rc = 0;
out:
	buf_free(&note);
	return rc;
}

/* Both have signed: the new one is known now, and the old one goes. */
static int retire(struct vault *v, struct log_state *s, struct err *err)
{
	char name[LOG_NAME_MAX];

	log_key_name(s->keys_len - 2u, name);
	s->rotating = false;
	v->truncate_due = true;
	return keystore_instance_forget(v->store, name, err);
}

static int sign_anew(struct vault *v, const struct log_request *r,
		     struct log_state *s, struct err *err)
{
	const size_t first = s->keys_len - (s->rotating ? 2u : 1u);
	const bool both = s->rotating;

	s->size = r->size;
	s->root = r->root;
	s->signed_s = v->env->wall_ms(v->env) / 1000;
	for (size_t i = first; i < s->keys_len; i++)
		if (s->keys[i].from_size == UINT64_MAX)
			s->keys[i].from_size = s->size;
	if (write_note(v, s, err) != 0)
		return -1;
	if (both && retire(v, s, err) != 0)
		return -1;
	if (log_state_store(v->store, s, err) != 0)
		return -1;
	if (both)
		LOG(LOG_LEVEL_INFO, "keeper.log.rotated",
		    LOG_NUM("size", (int64_t)s->size));
	return 0;
}

int logkey_sign(struct vault *v, const struct log_request *r,
		struct log_state *ret, struct err *err)
{
	if (logkey_open(v, "", ret, err) != 0)
		return -1;
	if (extends(ret, r, err) != 0) {
		LOG(LOG_LEVEL_ERROR, "keeper.log.refused",
		    LOG_NUM("size", (int64_t)r->size),
		    LOG_NUM("signed", (int64_t)ret->size));
		return -1;
	}
	/* the note of then, in case it was lost on its way; and an answer that
	 * could not be given because the old key was still in the WAL */
	if (r->size == ret->size && ret->note_len > 0 && !ret->rotating)
		return finish(v, err);
	if (vault_write(v, err) != 0)
		return -1;
	if (sign_anew(v, r, ret, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	return finish(v, err);
}

int logkey_rotate(struct vault *v, struct log_state *ret, struct err *err)
{
	if (logkey_open(v, "", ret, err) != 0)
		return -1;
	if (ret->rotating)
		return 0;
	if (ret->keys_len == KEEPER_LOG_KEYS_MAX)
		return denied(err, REASON_LOG_KEYS);
	if (vault_write(v, err) != 0)
		return -1;
	ret->rotating = true;
	if (add_key(v, ret, err) != 0 ||
	    log_state_store(v->store, ret, err) != 0) {
		vault_abandon(v);
		return -1;
	}
	if (finish(v, err) != 0)
		return -1;
	LOG0(LOG_LEVEL_INFO, "keeper.log.next");
	return 0;
}
