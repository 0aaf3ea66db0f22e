/* wire.c - one table says which parts an operation has; writing and reading
 * both follow it. */
#include "keeper/wire.h"

#include "postern/sealed.h"

enum part {
	PART_KEY = 1,	   /* u64 person, u16 year, u8 length, Datenart */
	PART_RECORD = 2,   /* u64 */
	PART_CHUNK = 4,	   /* u32 index, u8 final */
	PART_BOX = 8,	   /* SPOOL_BOX_BYTES */
	PART_AAD = 16,	   /* u8 length, bytes */
	PART_TEXT = 32,	   /* u8 length, bytes */
	PART_COUNTRY = 64, /* u8 length, bytes */
	PART_NUMBER = 128, /* u32 */
	PART_BYTES = 256,  /* the rest */
};

static const unsigned int parts[WIRE_CODES] = {
    [WIRE_SEAL] = PART_KEY | PART_RECORD | PART_CHUNK | PART_BYTES,
    [WIRE_OPEN] = PART_KEY | PART_RECORD | PART_CHUNK | PART_BYTES,
    [WIRE_OPEN_SPOOL] = PART_CHUNK | PART_BOX | PART_AAD | PART_BYTES,
    [WIRE_INDEX] = PART_TEXT | PART_COUNTRY | PART_BYTES,
    [WIRE_HASH] = PART_TEXT | PART_BYTES,
    [WIRE_COMMIT] = PART_KEY | PART_TEXT | PART_BYTES,
    [WIRE_FILE_KEY] = PART_KEY | PART_RECORD,
    [WIRE_SHRED] = PART_KEY,
    [WIRE_FORGET_SPOOL] = PART_NUMBER,
    [WIRE_COUNT_KEYS] = PART_KEY,
};

static int put_short(struct buf *b, const void *bytes, size_t len,
		     struct err *err)
{
	if (buf_append_u8(b, (uint8_t)len, err) != 0)
		return -1;
	return buf_append(b, bytes, len, err);
}

static int put_key(struct buf *b, const struct key_ref *key, struct err *err)
{
	if (buf_append_u64(b, (uint64_t)key->person, err) != 0 ||
	    buf_append_u16(b, key->year, err) != 0)
		return -1;
	return put_short(b, key->datenart.text, strlen(key->datenart.text),
			 err);
}

static int put_parts(struct buf *b, const struct wire_op *op, struct err *err)
{
	const unsigned int has = parts[op->code];

	if ((has & PART_KEY) && put_key(b, &op->key, err) != 0)
		return -1;
	if ((has & PART_RECORD) &&
	    buf_append_u64(b, (uint64_t)op->record, err) != 0)
		return -1;
	if ((has & PART_CHUNK) && (buf_append_u32(b, op->number, err) != 0 ||
				   buf_append_u8(b, op->final, err) != 0))
		return -1;
	if ((has & PART_BOX) &&
	    buf_append(b, op->box, SPOOL_BOX_BYTES, err) != 0)
		return -1;
	if ((has & PART_AAD) && put_short(b, op->aad, op->aad_len, err) != 0)
		return -1;
	if ((has & PART_TEXT) &&
	    put_short(b, op->text, strlen(op->text), err) != 0)
		return -1;
	if ((has & PART_COUNTRY) &&
	    put_short(b, op->country, strlen(op->country), err) != 0)
		return -1;
	if ((has & PART_NUMBER) && buf_append_u32(b, op->number, err) != 0)
		return -1;
	if ((has & PART_BYTES) && buf_append(b, op->bytes, op->len, err) != 0)
		return -1;
	return 0;
}

int wire_op_put(struct buf *b, const struct wire_op *op, struct err *err)
{
	const size_t start = b->len;
	size_t len;

	if (buf_append_u8(b, (uint8_t)op->code, err) != 0 ||
	    buf_append_u8(b, op->field, err) != 0 ||
	    buf_append_u32(b, 0, err) != 0 || put_parts(b, op, err) != 0)
		return -1;
	len = b->len - start - WIRE_OP_HEADER;
	for (size_t i = 0; i < 4; i++)
		b->bytes[start + 2 + i] = (uint8_t)(len >> (24 - 8 * i));
	return 0;
}

/* A text with its length before it; no NUL inside. */
static bool take_text(struct cut *c, char *ret, size_t max)
{
	size_t len = cut_u8(c);
	const uint8_t *bytes = cut_bytes(c, len);

	if (c->failed || len > max || (len > 0 && memchr(bytes, 0, len)))
		return false;
	if (len > 0)
		memcpy(ret, bytes, len);
	ret[len] = '\0';
	return true;
}

static bool take_key(struct cut *c, bool may_be_empty, struct key_ref *ret)
{
	char datenart[NAME_LEN_MAX + 1];

	ret->person = (int64_t)cut_u64(c);
	ret->year = cut_u16(c);
	if (!take_text(c, datenart, NAME_LEN_MAX) || ret->person < 0)
		return false;
	if (datenart[0] == '\0')
		return may_be_empty;
	return name_set(&ret->datenart, datenart, strlen(datenart));
}

static bool take_chunk(struct cut *c, struct wire_op *ret)
{
	uint8_t final;

	ret->number = cut_u32(c);
	final = cut_u8(c);
	ret->final = final == 1;
	return final <= 1;
}

static bool take_aad(struct cut *c, struct wire_op *ret)
{
	ret->aad_len = cut_u8(c);
	ret->aad = cut_bytes(c, ret->aad_len);
	return ret->aad_len <= WIRE_AAD_MAX;
}

static bool take_parts(struct cut *c, struct wire_op *ret)
{
	const unsigned int has = parts[ret->code];

	if ((has & PART_KEY) &&
	    !take_key(c,
		      ret->code == WIRE_SHRED || ret->code == WIRE_COUNT_KEYS,
		      &ret->key))
		return false;
	if (has & PART_RECORD)
		ret->record = (int64_t)cut_u64(c);
	if ((has & PART_CHUNK) && !take_chunk(c, ret))
		return false;
	if (has & PART_BOX)
		ret->box = cut_bytes(c, SPOOL_BOX_BYTES);
	if ((has & PART_AAD) && !take_aad(c, ret))
		return false;
	if ((has & PART_TEXT) && !take_text(c, ret->text, WIRE_TEXT_MAX))
		return false;
	if ((has & PART_COUNTRY) &&
	    !take_text(c, ret->country, WIRE_COUNTRY_MAX))
		return false;
	if (has & PART_NUMBER)
		ret->number = cut_u32(c);
	if (has & PART_BYTES) {
		ret->len = c->left;
		ret->bytes = cut_bytes(c, c->left);
	}
	return !c->failed && c->left == 0;
}

int wire_op_take(struct cut *c, struct wire_op *ret, bool *ret_good,
		 struct err *err)
{
	struct wire_op op = {0};
	uint8_t code = cut_u8(c);
	size_t len;
	const uint8_t *body;
	struct cut inner;

	op.field = cut_u8(c);
	len = cut_u32(c);
	body = cut_bytes(c, len);
	if (c->failed || code == 0 || code >= WIRE_CODES)
		return ERR_SET(err, ERR_CORRUPT, "a broken batch", 0);
	op.code = (enum wire_code)code;
	inner = CUT(body, len);
	*ret_good = take_parts(&inner, &op);
	*ret = op;
	return 0;
}

size_t wire_answer_len(const struct wire_op *op)
{
	switch (op->code) {
	case WIRE_SEAL:
		return op->len + SEALED_CHUNK_OVERHEAD;
	case WIRE_OPEN:
	case WIRE_OPEN_SPOOL:
		return op->len > SEALED_CHUNK_OVERHEAD
			   ? op->len - SEALED_CHUNK_OVERHEAD
			   : 0;
	case WIRE_SHRED:
	case WIRE_FORGET_SPOOL:
	case WIRE_COUNT_KEYS:
		return 4;
	case WIRE_INDEX:
	case WIRE_HASH:
	case WIRE_COMMIT:
	case WIRE_FILE_KEY:
	case WIRE_CODES:
	default:
		return 32;
	}
}

int wire_status_put(struct buf *b, const struct keeper_status *s,
		    struct err *err)
{
	if (buf_append_u8(b, s->locked, err) != 0 ||
	    buf_append_u64(b, s->data_keys, err) != 0 ||
	    buf_append_u32(b, s->root_epoch, err) != 0 ||
	    buf_append_u32(b, s->spool_pair, err) != 0 ||
	    buf_append_u64(b, (uint64_t)s->rotated_s, err) != 0 ||
	    put_short(b, s->source, strlen(s->source), err) != 0 ||
	    put_short(b, s->reason, strlen(s->reason), err) != 0)
		return -1;
	return 0;
}

int wire_status_take(const uint8_t *payload, size_t len,
		     struct keeper_status *ret, struct err *err)
{
	struct cut c = CUT(payload, len);
	struct keeper_status s = {0};

	s.locked = cut_u8(&c) != 0;
	s.data_keys = cut_u64(&c);
	s.root_epoch = cut_u32(&c);
	s.spool_pair = cut_u32(&c);
	s.rotated_s = (int64_t)cut_u64(&c);
	if (!take_text(&c, s.source, sizeof(s.source) - 1) ||
	    !take_text(&c, s.reason, sizeof(s.reason) - 1) || c.left != 0)
		return ERR_SET(err, ERR_CORRUPT, "a broken status", 0);
	*ret = s;
	return 0;
}
