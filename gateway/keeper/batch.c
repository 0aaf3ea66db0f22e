/* batch.c - operations gathered, sent in as few frames as they need, and
 * their results put together again.
 *
 * Operations are encoded as they are added, one behind the other; a run cuts
 * that row into frames so that neither request nor answers pass the limit.
 * No memory is taken per operation. */
#include <assert.h>
#include <sodium.h>

#include "keeper/client.h"
#include "keeper/instancekey.h"
#include "keeper/wire.h"
#include "postern/sealed.h"

#define RUN_MS		10000
#define BATCH_BYTES_MAX (256u * 1024 * 1024)
#define BATCH_OPS_MAX	(1u << 20)
#define TABLE_FIRST	64

/* One encoded operation; several belong to a slot when a value has chunks. */
struct part {
	uint32_t request_len, answer_len;
	uint32_t slot;
};
struct slot {
	enum wire_status status;
	bool settled;	/* here, without asking */
	bool sealed;	/* result begins with the version byte */
	size_t at, len; /* in results */
};

struct keeper_batch {
	struct keeper *keeper;
	struct buf ops;	    /* encoded parts, in order */
	struct buf results; /* of the slots, in order */
	struct part *parts;
	size_t parts_len, parts_size;
	struct slot *slots;
	size_t slots_len, slots_size;
	size_t answers_len; /* upper bound of results */
	struct err trouble; /* the first failure while adding */
	bool done;
};

int keeper_batch_new(struct keeper *k, struct keeper_batch **ret,
		     struct err *err)
{
	struct keeper_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	b->keeper = k;
	b->ops = BUF_INIT(BATCH_BYTES_MAX);
	b->results = BUF_INIT(BATCH_BYTES_MAX);
	*ret = b;
	return 0;
}

void keeper_batch_free(struct keeper_batch **b)
{
	if (*b == NULL)
		return;
	buf_free(&(*b)->ops);
	buf_free(&(*b)->results);
	free((*b)->parts);
	free((*b)->slots);
	free(*b);
	*b = NULL;
}

/* --- adding ----------------------------------------------------------------
 */

/* Keeps the first failure for keeper_run. */
static void troubled(struct keeper_batch *b, const struct err *err)
{
	if (b->trouble.kind == ERR_NONE)
		b->trouble = *err;
}

/* Room for one more; no secrets in these tables. */
static int more(void **table, size_t len, size_t *size, size_t each,
		struct err *err)
{
	size_t want = *size == 0 ? TABLE_FIRST : *size * 2;
	void *bigger;

	if (len < *size)
		return 0;
	if (len >= BATCH_OPS_MAX)
		return ERR_SET(err, ERR_INPUT, "too many operations", 0);
	bigger = realloc(*table, want * each);
	if (bigger == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory", 0);
	*table = bigger;
	*size = want;
	return 0;
}

static size_t new_slot(struct keeper_batch *b)
{
	void *table = b->slots;
	struct err err = {0};

	if (more(&table, b->slots_len, &b->slots_size, sizeof(*b->slots),
		 &err) != 0) {
		troubled(b, &err);
		return 0; /* keeper_run tells */
	}
	b->slots = table;
	b->slots[b->slots_len] = (struct slot){.status = WIRE_DONE};
	return b->slots_len++;
}

/* Encodes op for the newest slot. */
static void add_part(struct keeper_batch *b, const struct wire_op *op)
{
	void *table = b->parts;
	const size_t before = b->ops.len;
	struct err err = {0};

	if (b->trouble.kind != ERR_NONE)
		return;
	if (more(&table, b->parts_len, &b->parts_size, sizeof(*b->parts),
		 &err) != 0) {
		troubled(b, &err);
		return;
	}
	b->parts = table;
	if (wire_op_put(&b->ops, op, &err) != 0) {
		troubled(b, &err);
		return;
	}
	b->parts[b->parts_len++] = (struct part){
	    .request_len = (uint32_t)(b->ops.len - before),
	    .answer_len = (uint32_t)wire_answer_len(op) + WIRE_ANSWER_HEADER,
	    .slot = (uint32_t)(b->slots_len - 1)};
	b->answers_len += wire_answer_len(op);
}

/* The slot's result is known without the keeper. */
static void settle(struct keeper_batch *b, size_t slot, enum wire_status s)
{
	if (slot >= b->slots_len)
		return; /* memory ran out; keeper_run tells */
	b->slots[slot].settled = true;
	b->slots[slot].status = s;
}

static size_t add_one(struct keeper_batch *b, const struct wire_op *op)
{
	size_t slot = new_slot(b);

	add_part(b, op);
	return slot;
}

/* One part per chunk of a value of len bytes, each chunk_bytes long. */
static void add_chunks(struct keeper_batch *b, struct wire_op *op,
		       const uint8_t *bytes, size_t len, size_t chunk_bytes)
{
	op->number = 0;
	do {
		op->len = len < chunk_bytes ? len : chunk_bytes;
		op->bytes = bytes;
		op->final = op->len == len;
		add_part(b, op);
		op->number++;
		/* an empty value has one empty chunk and perhaps no bytes */
		if (op->len > 0)
			bytes += op->len;
		len -= op->len;
	} while (len > 0 && b->trouble.kind == ERR_NONE);
}

size_t keeper_add_seal(struct keeper_batch *b, const struct key_ref *key,
		       int64_t record, enum seal_field field, const void *clear,
		       size_t clear_len)
{
	struct wire_op op = {.code = WIRE_SEAL,
			     .field = (uint8_t)field,
			     .key = *key,
			     .record = record};
	size_t slot = new_slot(b);

	if (slot < b->slots_len)
		b->slots[slot].sealed = true;
	b->answers_len++; /* the version byte */
	add_chunks(b, &op, clear, clear_len, SEALED_CHUNK_BYTES);
	return slot;
}

static size_t add_open(struct keeper_batch *b, struct wire_op *op,
		       const uint8_t *sealed, size_t len)
{
	size_t slot = new_slot(b);
	size_t clear_len;

	if (!sealed_clear_len(len, &clear_len) || sealed[0] != SEALED_VERSION)
		settle(b, slot, WIRE_CORRUPT);
	else
		add_chunks(b, op, sealed + 1, len - 1,
			   SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD);
	return slot;
}

size_t keeper_add_open(struct keeper_batch *b, const struct key_ref *key,
		       int64_t record, enum seal_field field,
		       const void *sealed, size_t sealed_len)
{
	struct wire_op op = {.code = WIRE_OPEN,
			     .field = (uint8_t)field,
			     .key = *key,
			     .record = record};

	return add_open(b, &op, sealed, sealed_len);
}

size_t keeper_add_open_spool(struct keeper_batch *b, const void *box,
			     size_t box_len, const void *aad, size_t aad_len,
			     const void *sealed, size_t sealed_len)
{
	struct wire_op op = {.code = WIRE_OPEN_SPOOL,
			     .box = box,
			     .aad = aad,
			     .aad_len = aad_len};
	size_t slot;

	if (box_len == SPOOL_BOX_BYTES && aad_len <= WIRE_AAD_MAX)
		return add_open(b, &op, sealed, sealed_len);
	slot = new_slot(b);
	settle(b, slot, WIRE_CORRUPT);
	return slot;
}

static bool copy_text(char *ret, size_t max, const char *text)
{
	size_t len = strlen(text);

	if (len > max)
		return false;
	memcpy(ret, text, len + 1);
	return true;
}

static size_t add_refused(struct keeper_batch *b)
{
	size_t slot = new_slot(b);

	settle(b, slot, WIRE_REFUSED);
	return slot;
}

size_t keeper_add_index(struct keeper_batch *b, const char *kind,
			const char *country, const char *address,
			size_t address_len)
{
	struct wire_op op = {.code = WIRE_INDEX,
			     .bytes = (const uint8_t *)address,
			     .len = address_len};

	/* far more than an address with any filler has */
	if (address_len > SEALED_CHUNK_BYTES ||
	    !copy_text(op.text, WIRE_TEXT_MAX, kind) ||
	    !copy_text(op.country, WIRE_COUNTRY_MAX,
		       country != NULL ? country : ""))
		return add_refused(b);
	return add_one(b, &op);
}

size_t keeper_add_hash(struct keeper_batch *b, const char *use,
		       const void *bytes, size_t len)
{
	struct wire_op op = {.code = WIRE_HASH, .bytes = bytes, .len = len};
	uint8_t digest[HASH_DIGEST_BYTES];

	if (!copy_text(op.text, WIRE_TEXT_MAX, use))
		return add_refused(b);
	if (len > HASH_DIRECT_MAX) {
		instance_hash_digest(bytes, len, digest);
		op.field = 1;
		op.bytes = digest;
		op.len = sizeof(digest);
	}
	return add_one(b, &op);
}

size_t keeper_add_commit(struct keeper_batch *b, const struct key_ref *key,
			 const char *record_id, const void *payload, size_t len)
{
	struct wire_op op = {.code = WIRE_COMMIT, .key = *key};
	uint8_t digest[crypto_hash_sha256_BYTES];

	if (!copy_text(op.text, WIRE_TEXT_MAX, record_id))
		return add_refused(b);
	(void)crypto_hash_sha256(digest, payload, len);
	op.bytes = digest;
	op.len = sizeof(digest);
	return add_one(b, &op);
}

size_t keeper_add_file_key(struct keeper_batch *b, const struct key_ref *key,
			   int64_t record)
{
	return add_one(b, &(struct wire_op){.code = WIRE_FILE_KEY,
					    .key = *key,
					    .record = record});
}

size_t keeper_add_shred(struct keeper_batch *b, int64_t person,
			const struct name *datenart)
{
	struct wire_op op = {.code = WIRE_SHRED, .key.person = person};

	if (datenart != NULL) {
		/* an empty name would mean all of them */
		if (datenart->text[0] == '\0')
			return add_refused(b);
		op.key.datenart = *datenart;
	}
	return add_one(b, &op);
}

size_t keeper_add_count_keys(struct keeper_batch *b, int64_t person,
			     const struct name *datenart)
{
	struct wire_op op = {.code = WIRE_COUNT_KEYS, .key.person = person};

	if (datenart != NULL) {
		if (datenart->text[0] == '\0')
			return add_refused(b);
		op.key.datenart = *datenart;
	}
	return add_one(b, &op);
}

size_t keeper_add_forget_spool(struct keeper_batch *b, uint32_t oldest_in_use)
{
	return add_one(b, &(struct wire_op){.code = WIRE_FORGET_SPOOL,
					    .number = oldest_in_use});
}

/* --- running ---------------------------------------------------------------
 */

/* How many parts from first fit one frame, and their encoded length. */
static size_t fill(const struct keeper_batch *b, size_t first, size_t *ret_len)
{
	size_t request = WIRE_COUNT_BYTES, answer = WIRE_COUNT_BYTES;
	size_t n = 0;

	while (first + n < b->parts_len && n < WIRE_OPS_MAX) {
		const struct part *p = &b->parts[first + n];

		if (request + p->request_len > IPC_PAYLOAD_MAX ||
		    answer + p->answer_len > IPC_PAYLOAD_MAX)
			break;
		request += p->request_len;
		answer += p->answer_len;
		n++;
	}
	*ret_len = request - WIRE_COUNT_BYTES;
	return n;
}

/* Appends one answer to its slot.  Slots are filled in order, so the slot's
 * bytes are the last ones in results. */
static int take_answer(struct keeper_batch *b, const struct part *p,
		       struct cut *c, struct err *err)
{
	struct slot *s = &b->slots[p->slot];
	uint8_t status = cut_u8(c);
	uint32_t len = cut_u32(c);
	const uint8_t *bytes = cut_bytes(c, len);

	if (c->failed || status >= WIRE_STATUSES ||
	    len + WIRE_ANSWER_HEADER > p->answer_len)
		return ERR_SET(err, ERR_BUSY, "a broken answer", 0);
	if (s->len == 0 && s->status == WIRE_DONE) {
		s->at = b->results.len;
		if (s->sealed &&
		    buf_append_u8(&b->results, SEALED_VERSION, err) != 0)
			return -1;
	}
	if (status != WIRE_DONE)
		s->status = (enum wire_status)status;
	if (s->status == WIRE_DONE &&
	    buf_append(&b->results, bytes, len, err) != 0)
		return -1;
	s->len = b->results.len - s->at;
	return 0;
}

static int run_frame(struct keeper_batch *b, size_t first, size_t n,
		     size_t offset, size_t len, int64_t deadline_ms,
		     struct err *err)
{
	uint8_t *request = client_request(b->keeper);
	struct ipc_frame f;
	struct cut c;

	request[0] = (uint8_t)(n >> 8);
	request[1] = (uint8_t)n;
	memcpy(request + WIRE_COUNT_BYTES, b->ops.bytes + offset, len);
	if (client_call(b->keeper, FRAME_BATCH, request, WIRE_COUNT_BYTES + len,
			deadline_ms, &f, err) != 0)
		return -1;
	c = CUT(f.payload, f.payload_len);
	if (cut_u16(&c) != n)
		return ERR_SET(err, ERR_BUSY, "a broken answer", 0);
	for (size_t i = 0; i < n; i++)
		if (take_answer(b, &b->parts[first + i], &c, err) != 0)
			return -1;
	if (c.left != 0)
		return ERR_SET(err, ERR_BUSY, "a broken answer", 0);
	return 0;
}

static void forget_results(struct keeper_batch *b)
{
	b->done = false;
	buf_clear(&b->results);
	for (size_t i = 0; i < b->slots_len; i++) {
		struct slot *s = &b->slots[i];

		s->at = 0;
		s->len = 0;
		if (!s->settled)
			s->status = WIRE_DONE;
	}
}

int keeper_run(struct keeper_batch *b, struct err *err)
{
	const int64_t deadline_ms = client_clock_ms() + RUN_MS;
	struct err ignored;
	size_t offset = 0;
	int rc = -1;

	if (err == NULL)
		err = &ignored;
	if (b->trouble.kind != ERR_NONE) {
		*err = b->trouble;
		return -1;
	}
	forget_results(b);
	if (buf_reserve(&b->results, b->answers_len, err) != 0)
		return -1;
	for (size_t i = 0; i < b->parts_len;) {
		size_t len;
		size_t n = fill(b, i, &len);

		assert(n > 0); /* a part is at most one chunk */
		if (run_frame(b, i, n, offset, len, deadline_ms, err) != 0)
			goto out;
		offset += len;
		i += n;
	}
	b->done = true;
	rc = 0;
out:
	client_wipe(b->keeper);
	if (rc != 0)
		forget_results(b);
	return rc;
}

int keeper_result(const struct keeper_batch *b, size_t slot,
		  const uint8_t **ret, size_t *ret_len, struct err *err)
{
	const struct slot *s;

	if (!b->done || slot >= b->slots_len)
		return ERR_SET(err, ERR_INPUT, "no such result", 0);
	s = &b->slots[slot];
	switch (s->status) {
	case WIRE_DONE:
		*ret = b->results.bytes + s->at;
		*ret_len = s->len;
		return 0;
	case WIRE_CORRUPT:
		return ERR_SET(err, ERR_CORRUPT, "sealed bytes do not open", 0);
	case WIRE_ABSENT:
		return ERR_SET(err, ERR_ABSENT, "its key was destroyed", 0);
	case WIRE_REFUSED:
	case WIRE_STATUSES:
	default:
		return ERR_SET(err, ERR_INPUT, "the keeper refused", 0);
	}
}
