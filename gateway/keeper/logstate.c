/* logstate.c - the state of the proof log as bytes and as a row. */
#include "keeper/logstate.h"

#define VERSION 1

static int put_keys(struct buf *b, const struct log_state *s, struct err *err)
{
	if (buf_append_u8(b, s->rotating, err) != 0 ||
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

int log_state_put(struct buf *b, const struct log_state *s, struct err *err)
{
	const size_t origin_len = strlen(s->origin);

	if (buf_append_u8(b, VERSION, err) != 0 ||
	    buf_append_u8(b, (uint8_t)origin_len, err) != 0 ||
	    buf_append(b, s->origin, origin_len, err) != 0 ||
	    buf_append_u64(b, s->size, err) != 0 ||
	    buf_append(b, s->root.bytes, MERKLE_HASH_BYTES, err) != 0 ||
	    buf_append_u64(b, (uint64_t)s->signed_s, err) != 0 ||
	    put_keys(b, s, err) != 0 ||
	    buf_append_u16(b, s->note_len, err) != 0)
		return -1;
	return buf_append(b, s->note, s->note_len, err);
}

static bool take_bytes(struct cut *c, void *ret, size_t len)
{
	const uint8_t *bytes = cut_bytes(c, len);

	if (c->failed)
		return false;
	if (len > 0)
		memcpy(ret, bytes, len);
	return true;
}

static bool take_keys(struct cut *c, struct log_state *s)
{
	uint8_t rotating = cut_u8(c);

	s->rotating = rotating == 1;
	s->keys_len = cut_u16(c);
	if (rotating > 1 || s->keys_len > KEEPER_LOG_KEYS_MAX ||
	    s->keys_len < 1 + rotating)
		return false;
	for (size_t i = 0; i < s->keys_len; i++) {
		struct log_public *k = &s->keys[i];

		if (!take_bytes(c, k->bytes, sizeof(k->bytes)))
			return false;
		k->from_size = cut_u64(c);
		k->made_s = (int64_t)cut_u64(c);
	}
	return !c->failed;
}

static bool take(struct cut *c, struct log_state *s)
{
	uint8_t version = cut_u8(c), origin_len = cut_u8(c);

	if (version != VERSION || !take_bytes(c, s->origin, origin_len) ||
	    !note_name_valid(s->origin, origin_len))
		return false;
	s->size = cut_u64(c);
	if (!take_bytes(c, s->root.bytes, MERKLE_HASH_BYTES))
		return false;
	s->signed_s = (int64_t)cut_u64(c);
	if (!take_keys(c, s))
		return false;
	s->note_len = cut_u16(c);
	return s->note_len <= LOG_NOTE_MAX &&
	       take_bytes(c, s->note, s->note_len) && c->left == 0;
}

int log_state_take(const uint8_t *bytes, size_t len, struct log_state *ret,
		   struct err *err)
{
	struct cut c = CUT(bytes, len);

	memset(ret, 0, sizeof(*ret));
	if (!take(&c, ret))
		return ERR_SET(err, ERR_CORRUPT,
			       "the state of the proof log is damaged", 0);
	return 0;
}

int log_state_load(struct keystore *store, struct log_state *ret,
		   struct err *err)
{
	struct buf b = BUF_INIT(LOG_STATE_MAX);
	int rc = -1;

	if (keystore_log_get(store, &b, err) == 0)
		rc = log_state_take(b.bytes, b.len, ret, err);
	buf_free(&b);
	return rc;
}

int log_state_store(struct keystore *store, const struct log_state *s,
		    struct err *err)
{
	struct buf b = BUF_INIT(LOG_STATE_MAX);
	int rc = -1;

	if (log_state_put(&b, s, err) == 0)
		rc = keystore_log_put(store, &b, err);
	buf_free(&b);
	return rc;
}

void log_key_name(size_t i, char ret[LOG_NAME_MAX])
{
	(void)snprintf(ret, LOG_NAME_MAX, "log.%u", (unsigned int)i + 1);
}

int log_key_note(const struct log_state *s, size_t i, struct note_key *ret,
		 struct err *err)
{
	return note_key_make(s->origin, NOTE_ED25519, s->keys[i].bytes, ret,
			     err);
}
