/* logwire.c - frames of the proof log's signer, written and read. */
#include "keeper/logwire.h"

static int put_hash(struct buf *b, const struct merkle_hash *h, struct err *err)
{
	return buf_append(b, h->bytes, MERKLE_HASH_BYTES, err);
}

static bool take_hash(struct cut *c, struct merkle_hash *ret)
{
	const uint8_t *bytes = cut_bytes(c, MERKLE_HASH_BYTES);

	if (c->failed)
		return false;
	memcpy(ret->bytes, bytes, MERKLE_HASH_BYTES);
	return true;
}

/* --- to the keeper -------------------------------------------------------- */

int log_request_put(struct buf *b, const struct log_request *r, struct err *err)
{
	if (buf_append_u64(b, r->size, err) != 0 ||
	    put_hash(b, &r->root, err) != 0 ||
	    buf_append_u8(b, (uint8_t)r->proof_len, err) != 0)
		return -1;
	for (size_t i = 0; i < r->proof_len; i++)
		if (put_hash(b, &r->proof[i], err) != 0)
			return -1;
	return 0;
}

int log_request_take(const uint8_t *payload, size_t len,
		     struct log_request *ret, struct err *err)
{
	struct cut c = CUT(payload, len);
	bool good;

	ret->size = cut_u64(&c);
	good = take_hash(&c, &ret->root);
	ret->proof_len = cut_u8(&c);
	good = good && ret->proof_len <= MERKLE_PROOF_MAX;
	for (size_t i = 0; good && i < ret->proof_len; i++)
		good = take_hash(&c, &ret->proof[i]);
	if (!good || c.failed || c.left != 0)
		return ERR_SET(err, ERR_INPUT, "not a frame of ours", 0);
	return 0;
}

int log_origin_take(const uint8_t *payload, size_t len,
		    char ret[NOTE_NAME_BYTES], struct err *err)
{
	if (len > 0 && (len >= NOTE_NAME_BYTES ||
			!note_name_valid((const char *)payload, len)))
		return ERR_SET(err, ERR_INPUT, "not a name of a log", 0);
	if (len > 0)
		memcpy(ret, payload, len);
	ret[len] = '\0';
	return 0;
}

/* --- from it -------------------------------------------------------------- */

static int put_origin(struct buf *b, const struct log_state *s, struct err *err)
{
	size_t len = strlen(s->origin);

	if (buf_append_u8(b, (uint8_t)len, err) != 0)
		return -1;
	return buf_append(b, s->origin, len, err);
}

static bool take_origin(struct cut *c, char ret[NOTE_NAME_BYTES])
{
	size_t len = cut_u8(c);
	const uint8_t *bytes = cut_bytes(c, len);

	if (c->failed || !note_name_valid((const char *)bytes, len))
		return false;
	memcpy(ret, bytes, len);
	ret[len] = '\0';
	return true;
}

static bool take_key(struct cut *c, const char *origin, struct note_key *ret)
{
	const uint8_t *bytes = cut_bytes(c, 32);
	struct err ignored; /* the caller names the error */

	return !c->failed &&
	       note_key_make(origin, NOTE_ED25519, bytes, ret, &ignored) == 0;
}

int log_status_put(struct buf *b, const struct log_state *s, struct err *err)
{
	const size_t first = s->keys_len - (s->rotating ? 2u : 1u);

	if (put_origin(b, s, err) != 0 ||
	    buf_append_u64(b, s->size, err) != 0 ||
	    put_hash(b, &s->root, err) != 0 ||
	    buf_append_u64(b, (uint64_t)s->signed_s, err) != 0 ||
	    buf_append_u8(b, s->rotating ? 2 : 1, err) != 0)
		return -1;
	for (size_t i = first; i < s->keys_len; i++)
		if (buf_append(b, s->keys[i].bytes, 32, err) != 0)
			return -1;
	return 0;
}

int log_status_take(const uint8_t *payload, size_t len, struct keeper_log *ret,
		    struct err *err)
{
	struct cut c = CUT(payload, len);
	struct keeper_log log = {0};
	uint8_t keys = 0;
	bool good = take_origin(&c, log.origin);

	log.size = cut_u64(&c);
	good = good && take_hash(&c, &log.root);
	log.signed_s = (int64_t)cut_u64(&c);
	keys = cut_u8(&c);
	log.rotating = keys == 2;
	good = good && (keys == 1 || keys == 2) &&
	       take_key(&c, log.origin, &log.key);
	if (good && log.rotating)
		good = take_key(&c, log.origin, &log.next);
	if (!good || c.failed || c.left != 0)
		return ERR_SET(err, ERR_CORRUPT, "a broken answer", 0);
	*ret = log;
	return 0;
}

int log_keys_put(struct buf *b, const struct log_state *s, struct err *err)
{
	if (put_origin(b, s, err) != 0 ||
	    buf_append_u16(b, s->keys_len, err) != 0)
		return -1;
	for (size_t i = 0; i < s->keys_len; i++) {
		const struct log_public *k = &s->keys[i];

		if (buf_append(b, k->bytes, sizeof(k->bytes), err) != 0 ||
		    buf_append_u64(b, k->from_size, err) != 0 ||
		    buf_append_u64(b, (uint64_t)k->made_s, err) != 0)
			return -1;
	}
	return 0;
}

int log_keys_take(const uint8_t *payload, size_t len,
		  struct keeper_log_key ret[KEEPER_LOG_KEYS_MAX],
		  size_t *ret_len, struct err *err)
{
	struct cut c = CUT(payload, len);
	char origin[NOTE_NAME_BYTES] = "";
	bool good = take_origin(&c, origin);
	size_t count = cut_u16(&c);

	good = good && count <= KEEPER_LOG_KEYS_MAX;
	for (size_t i = 0; good && i < count; i++) {
		good = take_key(&c, origin, &ret[i].key);
		ret[i].from_size = cut_u64(&c);
		ret[i].made_s = (int64_t)cut_u64(&c);
	}
	if (!good || c.failed || c.left != 0)
		return ERR_SET(err, ERR_CORRUPT, "a broken answer", 0);
	*ret_len = count;
	return 0;
}
