/* ops.c - the operations of a batch.
 *
 * A handler's ERR_CORRUPT, ERR_ABSENT and ERR_INPUT belong to its operation;
 * every other error undoes the whole batch. */
#include "keeper/ops.h"

#include <sodium.h>

#include "postern/receiptopening.h"
#include "keeper/wire.h"
#include "postern/blindindex.h"
#include "postern/sealed.h"

#define FIELD_DOMAIN	"postern-field-v1"
#define FIELD_AAD_BYTES (16 + 8 + NAME_LEN_MAX + 2 + 8 + 1)
#define FILE_DOMAIN	"postern-file-v1"

_Static_assert(sizeof(FIELD_DOMAIN) == 17, "16 characters");
_Static_assert(FIELD_AAD_BYTES <= SEALED_AAD_MAX, "fits a chunk's AAD");

/* Writes the result behind ret; its size has been checked. */
typedef int op_fn(struct vault *v, const struct wire_op *op, uint8_t *ret,
		  struct err *err);

static void big_endian(uint64_t v, size_t len, uint8_t *ret)
{
	for (size_t i = 0; i < len; i++)
		ret[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
}

static void field_aad(const struct wire_op *op, uint8_t ret[FIELD_AAD_BYTES])
{
	uint8_t *at = ret;

	memset(ret, 0, FIELD_AAD_BYTES);
	memcpy(at, FIELD_DOMAIN, 16);
	at += 16;
	big_endian((uint64_t)op->key.person, 8, at);
	at += 8;
	memcpy(at, op->key.datenart.text, strlen(op->key.datenart.text));
	at += NAME_LEN_MAX;
	big_endian(op->key.year, 2, at);
	at += 2;
	big_endian((uint64_t)op->record, 8, at);
	at += 8;
	*at = op->field;
}

static bool known_field(uint8_t field)
{
	return field >= FIELD_CONTENT && field <= FIELD_TELLING;
}

static int op_seal(struct vault *v, const struct wire_op *op, uint8_t *ret,
		   struct err *err)
{
	uint8_t aad[FIELD_AAD_BYTES];
	const uint8_t *key;

	if (!known_field(op->field) || op->len > SEALED_CHUNK_BYTES)
		return ERR_SET(err, ERR_INPUT, "not a field's chunk", 0);
	if (vault_key(v, &op->key, true, &key, err) != 0)
		return -1;
	field_aad(op, aad);
	sealed_chunk_seal(key, aad, sizeof(aad), op->number, op->final,
			  op->bytes, op->len, ret);
	return 0;
}

static bool chunk_len(const struct wire_op *op)
{
	return op->len >= SEALED_CHUNK_OVERHEAD &&
	       op->len <= SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD;
}

static int op_open(struct vault *v, const struct wire_op *op, uint8_t *ret,
		   struct err *err)
{
	uint8_t aad[FIELD_AAD_BYTES];
	const uint8_t *key;

	if (!known_field(op->field))
		return ERR_SET(err, ERR_INPUT, "not a field", 0);
	if (!chunk_len(op))
		return ERR_SET(err, ERR_CORRUPT, "not a chunk", 0);
	if (vault_key(v, &op->key, false, &key, err) != 0)
		return -1;
	field_aad(op, aad);
	return sealed_chunk_open(key, aad, sizeof(aad), op->number, op->final,
				 op->bytes, op->len, ret, err);
}

static int op_open_spool(struct vault *v, const struct wire_op *op,
			 uint8_t *ret, struct err *err)
{
	const uint8_t *key;

	if (!chunk_len(op))
		return ERR_SET(err, ERR_CORRUPT, "not a chunk", 0);
	if (spoolpair_open(v, op->box, &key, err) != 0)
		return -1;
	return sealed_chunk_open(key, op->aad, op->aad_len, op->number,
				 op->final, op->bytes, op->len, ret, err);
}

static int op_index(struct vault *v, const struct wire_op *op, uint8_t *ret,
		    struct err *err)
{
	return blind_index(v->arena->keys.instance[INSTANCE_INDEX], op->text,
			   op->country, (const char *)op->bytes, op->len, ret,
			   err);
}

static int op_hash(struct vault *v, const struct wire_op *op, uint8_t *ret,
		   struct err *err)
{
	const enum instance_key key = instance_key_of_use(op->text);
	const bool digested = op->field == 1;

	if (key == INSTANCE_KEYS || op->field > 1 ||
	    (digested && op->len != HASH_DIGEST_BYTES) ||
	    (!digested && op->len > HASH_DIRECT_MAX))
		return ERR_SET(err, ERR_INPUT, "not a hash we make", 0);
	instance_hash(v->arena->keys.instance[key], digested, op->bytes,
		      op->len, ret);
	return 0;
}

static int op_commit(struct vault *v, const struct wire_op *op, uint8_t *ret,
		     struct err *err)
{
	uint8_t audit[crypto_kdf_KEYBYTES];
	const uint8_t *key;

	if (op->text[0] == '\0' || op->len != 32)
		return ERR_SET(err, ERR_INPUT, "not a commitment", 0);
	if (vault_key(v, &op->key, false, &key, err) != 0)
		return -1;
	(void)crypto_kdf_derive_from_key(audit, sizeof(audit), 1, "gwaudit1",
					 key);
	audit_commitment_digest(audit, op->text, op->bytes, ret);
	sodium_memzero(audit, sizeof(audit));
	return 0;
}

static int op_file_key(struct vault *v, const struct wire_op *op, uint8_t *ret,
		       struct err *err)
{
	uint8_t of_file[sizeof(FILE_DOMAIN) + 8] = FILE_DOMAIN;
	uint8_t files[crypto_kdf_KEYBYTES];
	const uint8_t *key;

	/* the description of the file was sealed before, so the key exists */
	if (vault_key(v, &op->key, false, &key, err) != 0)
		return -1;
	(void)crypto_kdf_derive_from_key(files, sizeof(files), 1, "gwfiles1",
					 key);
	big_endian((uint64_t)op->record, 8, of_file + sizeof(FILE_DOMAIN));
	(void)crypto_generichash(ret, 32, of_file, sizeof(of_file), files,
				 sizeof(files));
	sodium_memzero(files, sizeof(files));
	return 0;
}

static int op_shred(struct vault *v, const struct wire_op *op, uint8_t *ret,
		    struct err *err)
{
	const bool all = op->key.datenart.text[0] == '\0';
	uint32_t count;

	if (vault_shred(v, op->key.person, all ? NULL : &op->key.datenart,
			&count, err) != 0)
		return -1;
	big_endian(count, 4, ret);
	return 0;
}

static int op_count_keys(struct vault *v, const struct wire_op *op,
			 uint8_t *ret, struct err *err)
{
	const bool all = op->key.datenart.text[0] == '\0';
	uint32_t count;

	if (keystore_key_count_of(v->store, op->key.person,
				  all ? NULL : &op->key.datenart, &count,
				  err) != 0)
		return -1;
	big_endian(count, 4, ret);
	return 0;
}

static int op_forget_spool(struct vault *v, const struct wire_op *op,
			   uint8_t *ret, struct err *err)
{
	uint32_t count;

	if (spoolpair_forget(v, op->number, &count, err) != 0)
		return -1;
	big_endian(count, 4, ret);
	return 0;
}

static op_fn *const handlers[WIRE_CODES] = {
    [WIRE_SEAL] = op_seal,
    [WIRE_OPEN] = op_open,
    [WIRE_OPEN_SPOOL] = op_open_spool,
    [WIRE_INDEX] = op_index,
    [WIRE_HASH] = op_hash,
    [WIRE_COMMIT] = op_commit,
    [WIRE_FILE_KEY] = op_file_key,
    [WIRE_SHRED] = op_shred,
    [WIRE_FORGET_SPOOL] = op_forget_spool,
    [WIRE_COUNT_KEYS] = op_count_keys,
};

/* The operation's own failure, or WIRE_STATUSES for one of the batch. */
static enum wire_status status_of(enum err_kind kind)
{
	switch (kind) {
	case ERR_CORRUPT:
		return WIRE_CORRUPT;
	case ERR_ABSENT:
		return WIRE_ABSENT;
	case ERR_INPUT:
		return WIRE_REFUSED;
	case ERR_NONE:
	case ERR_DENIED:
	case ERR_BUSY:
	case ERR_UNCERTAIN:
	case ERR_STORAGE:
	case ERR_NOMEM:
	default:
		return WIRE_STATUSES;
	}
}

struct answer {
	uint8_t *bytes;
	size_t len;
};

static int run_one(struct vault *v, struct cut *c, struct answer *a,
		   struct err *err)
{
	uint8_t *head = a->bytes + a->len;
	enum wire_status status = WIRE_REFUSED;
	struct wire_op op;
	size_t len = 0;
	bool good;

	if (wire_op_take(c, &op, &good, err) != 0)
		return -1;
	if (good)
		len = wire_answer_len(&op);
	if (len + WIRE_ANSWER_HEADER > IPC_PAYLOAD_MAX - a->len)
		return ERR_SET(err, ERR_INPUT, "the answers do not fit", 0);
	if (good) {
		int rc =
		    handlers[op.code](v, &op, head + WIRE_ANSWER_HEADER, err);

		status = rc == 0 ? WIRE_DONE : status_of(err->kind);
	}
	if (status == WIRE_STATUSES)
		return -1;
	if (status != WIRE_DONE)
		len = 0;
	head[0] = (uint8_t)status;
	big_endian(len, 4, head + 1);
	a->len += WIRE_ANSWER_HEADER + len;
	return 0;
}

static int run_all(struct vault *v, const uint8_t *payload, size_t len,
		   struct answer *a, struct err *err)
{
	struct cut c = CUT(payload, len);
	uint16_t count = cut_u16(&c);

	if (c.failed || count > WIRE_OPS_MAX)
		return ERR_SET(err, ERR_CORRUPT, "a broken batch", 0);
	big_endian(count, WIRE_COUNT_BYTES, a->bytes);
	a->len = WIRE_COUNT_BYTES;
	for (uint16_t i = 0; i < count; i++)
		if (run_one(v, &c, a, err) != 0)
			return -1;
	if (c.left != 0)
		return ERR_SET(err, ERR_CORRUPT, "a broken batch", 0);
	return 0;
}

int ops_run(struct vault *v, const uint8_t *payload, size_t len,
	    uint8_t ret[IPC_PAYLOAD_MAX], size_t *ret_len, struct err *err)
{
	struct answer a = {.bytes = ret};

	if (v->reason != REASON_NONE)
		return REASON_SET(err, ERR_BUSY, v->reason);
	if (run_all(v, payload, len, &a, err) != 0 ||
	    vault_finish(v, err) != 0) {
		vault_abandon(v);
		sodium_memzero(ret, IPC_PAYLOAD_MAX);
		return -1;
	}
	*ret_len = a.len;
	return 0;
}
