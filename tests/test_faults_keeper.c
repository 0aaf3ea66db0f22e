/* test_faults_keeper.c - the keeper while memory, key store or disk fail, and
 * operations that are framed well but make no sense.
 *
 * After every fault a keeper opened afresh still has every key that was told
 * to be there.  Proves: assurance P5; compliance 7.1. */
#include "keeper_house.h"

#include "faults.h"
#include "keeper/instancekey.h"
#include "keeper/wire.h"
#include "postern/sealed.h"

static struct house house;
static uint8_t answer[IPC_PAYLOAD_MAX];

static int setup(void **state)
{
	(void)state;
	house_init(&house, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	faults_off();
	house_close(&house);
	return 0;
}

static int vault_make(struct vault **v, struct err *err)
{
	*v = NULL;
	if (vault_open(env_system(), house.dir, NULL, v, err) != 0)
		return -1;
	if (vault_unlock(*v, "", 0, err) == 0)
		return 0;
	vault_close(v);
	return -1;
}

static struct wire_op op_of(enum wire_code code, const void *bytes, size_t len)
{
	struct wire_op op = {.code = code,
			     .field = FIELD_CONTENT,
			     .key = {.person = 5, .year = 2026},
			     .record = 9,
			     .final = true,
			     .bytes = bytes,
			     .len = len};

	assert_true(name_set(&op.key.datenart, "MSG", 3));
	return op;
}

static enum frame_verdict ask(struct vault *v, uint16_t type,
			      const struct buf *payload, uint16_t *ret_type,
			      size_t *ret_len)
{
	const struct ipc_frame f = {
	    .type = type,
	    .payload = payload != NULL ? payload->bytes : NULL,
	    .payload_len = payload != NULL ? payload->len : 0,
	};

	return frame_answer(v, &f, ret_type, answer, ret_len);
}

static void put_all(struct buf *b, const struct wire_op *ops, uint16_t len)
{
	assert_int_equal(buf_append_u16(b, len, NULL), 0);
	for (uint16_t i = 0; i < len; i++)
		assert_int_equal(wire_op_put(b, &ops[i], NULL), 0);
}

/* Status of the only operation of a batch; its bytes follow in answer. */
static enum wire_status one(struct vault *v, const struct wire_op *op)
{
	struct buf b = BUF_INIT(1 << 20);
	uint16_t type = 0;
	size_t len = 0;

	put_all(&b, op, 1);
	assert_int_equal(ask(v, FRAME_BATCH, &b, &type, &len), FRAME_ANSWERED);
	assert_int_equal(type, FRAME_DONE);
	buf_free(&b);
	return (enum wire_status)answer[2];
}

/* --- sense and nonsense --------------------------------------------------- */

static void operations_without_sense_are_refused_one_by_one(void **state)
{
	static uint8_t big[SEALED_CHUNK_BYTES + 2 * SEALED_CHUNK_OVERHEAD];
	struct vault *v = NULL;
	struct wire_op op;

	(void)state;
	assert_int_equal(vault_make(&v, NULL), 0);
	op = op_of(WIRE_SEAL, "x", 1);
	assert_int_equal(one(v, &op), WIRE_DONE);
	op.field = 0;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op.field = FIELD_TELLING + 1;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op.field = FIELD_TELLING;
	assert_int_equal(one(v, &op), WIRE_DONE);
	op = op_of(WIRE_SEAL, big, SEALED_CHUNK_BYTES + 1);
	assert_int_equal(one(v, &op), WIRE_REFUSED);

	op = op_of(WIRE_OPEN, big, SEALED_CHUNK_OVERHEAD);
	assert_int_equal(one(v, &op), WIRE_CORRUPT);
	op.field = 0;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op = op_of(WIRE_OPEN, big, SEALED_CHUNK_OVERHEAD - 1);
	assert_int_equal(one(v, &op), WIRE_CORRUPT);
	op.len = SEALED_CHUNK_BYTES + SEALED_CHUNK_OVERHEAD + 1;
	assert_int_equal(one(v, &op), WIRE_CORRUPT);
	op = op_of(WIRE_OPEN, big, SEALED_CHUNK_OVERHEAD);
	op.key.person = 6;
	assert_int_equal(one(v, &op), WIRE_ABSENT);

	op = op_of(WIRE_OPEN_SPOOL, big, 3);
	op.box = big;
	assert_int_equal(one(v, &op), WIRE_CORRUPT);
	op.len = SEALED_CHUNK_OVERHEAD;
	assert_int_not_equal(one(v, &op), WIRE_DONE);

	op = op_of(WIRE_HASH, big, 32);
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	memcpy(op.text, "token", 6);
	op.field = 0;
	assert_int_equal(one(v, &op), WIRE_DONE);
	op.field = 2;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op.field = 1;
	op.len = 31;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op.field = 0;
	op.len = HASH_DIRECT_MAX + 1;
	assert_int_equal(one(v, &op), WIRE_REFUSED);

	op = op_of(WIRE_COMMIT, big, 32);
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	memcpy(op.text, "msg_1", 6);
	assert_int_equal(one(v, &op), WIRE_DONE);
	op.len = 31;
	assert_int_equal(one(v, &op), WIRE_REFUSED);
	op.len = 32;
	op.key.person = 6;
	assert_int_equal(one(v, &op), WIRE_ABSENT);
	op = op_of(WIRE_FILE_KEY, NULL, 0);
	assert_int_equal(one(v, &op), WIRE_DONE);
	op.key.year = 2020;
	assert_int_equal(one(v, &op), WIRE_ABSENT);
	vault_close(&v);
}

static void frames_that_are_none_end_the_connection(void **state)
{
	static const uint8_t many[2] = {0xff, 0xff};
	struct buf b = BUF_INIT(4096);
	struct wire_op op = op_of(WIRE_SEAL, "x", 1);
	struct vault *v = NULL;
	uint16_t type = 0;
	size_t len = 0;

	(void)state;
	assert_int_equal(vault_make(&v, NULL), 0);
	assert_int_equal(ask(v, 0, NULL, &type, &len), FRAME_HOSTILE);
	assert_int_equal(ask(v, 99, NULL, &type, &len), FRAME_HOSTILE);
	assert_int_equal(ask(v, FRAME_BATCH, NULL, &type, &len), FRAME_HOSTILE);
	assert_int_equal(buf_append(&b, many, 2, NULL), 0);
	assert_int_equal(ask(v, FRAME_BATCH, &b, &type, &len), FRAME_HOSTILE);
	buf_clear(&b);
	put_all(&b, &op, 1);
	assert_int_equal(buf_append_u8(&b, 0, NULL), 0);
	assert_int_equal(ask(v, FRAME_BATCH, &b, &type, &len), FRAME_HOSTILE);
	b.len -= 2;
	assert_int_equal(ask(v, FRAME_BATCH, &b, &type, &len), FRAME_HOSTILE);
	/* A passphrase longer than any is an error, not an attack. */
	buf_clear(&b);
	assert_int_equal(buf_reserve(&b, WIRE_PASSPHRASE_MAX + 1, NULL), 0);
	b.len = WIRE_PASSPHRASE_MAX + 1;
	assert_int_equal(ask(v, FRAME_UNLOCK, &b, &type, &len), FRAME_ANSWERED);
	assert_int_equal(type, FRAME_FAILED);
	b.len = 0;
	assert_int_equal(ask(v, FRAME_LOCK, NULL, &type, &len), FRAME_ANSWERED);
	assert_int_equal(ask(v, FRAME_ROTATE, NULL, &type, &len),
			 FRAME_ANSWERED);
	assert_int_equal(type, FRAME_FAILED);
	put_all(&b, &op, 1);
	assert_int_equal(ask(v, FRAME_BATCH, &b, &type, &len), FRAME_ANSWERED);
	assert_int_equal(type, FRAME_FAILED);
	assert_int_equal(answer[0], ERR_BUSY);
	assert_int_equal(ask(v, FRAME_STATUS, NULL, &type, &len),
			 FRAME_ANSWERED);
	b.len = 0;
	assert_int_equal(ask(v, FRAME_UNLOCK, &b, &type, &len), FRAME_ANSWERED);
	assert_int_equal(type, FRAME_DONE);
	buf_free(&b);
	vault_close(&v);
}

/* --- faults --------------------------------------------------------------- */

struct kept {
	uint8_t chunk[1 + SEALED_CHUNK_OVERHEAD];
	bool there, shredded;
};

/* What a day brings, until something fails. */
static void day(struct vault *v, const struct buf *seal,
		const struct buf *shred, struct kept *kept)
{
	static const uint16_t more[] = {FRAME_STATUS, FRAME_ROTATE, FRAME_LOCK,
					FRAME_UNLOCK};
	uint16_t type = 0;
	size_t len = 0;

	if (ask(v, FRAME_BATCH, seal, &type, &len) != FRAME_ANSWERED ||
	    type != FRAME_DONE || answer[2] != WIRE_DONE)
		return;
	memcpy(kept->chunk, answer + 7, sizeof(kept->chunk));
	kept->there = true;
	for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++)
		if (ask(v, more[i], NULL, &type, &len) != FRAME_ANSWERED ||
		    type != FRAME_DONE)
			return;
	kept->shredded = true; /* begun, at least */
	(void)ask(v, FRAME_BATCH, shred, &type, &len);
}

static void check_kept(const struct kept *kept)
{
	struct wire_op op = op_of(WIRE_OPEN, kept->chunk, sizeof(kept->chunk));
	struct vault *v = NULL;
	struct err err = {0};
	enum wire_status status;

	if (vault_make(&v, &err) != 0)
		fail_msg("not opened: %s: %s", err.where, err.what);
	if (kept->there) {
		status = one(v, &op);
		if (status != WIRE_DONE)
			assert_true(kept->shredded && status == WIRE_ABSENT);
	}
	vault_close(&v);
}

static void live(unsigned int kind, int code, uint64_t n_max)
{
	struct wire_op seal = op_of(WIRE_SEAL, "x", 1);
	struct wire_op shred[2] = {op_of(WIRE_SHRED, NULL, 0),
				   op_of(WIRE_FORGET_SPOOL, NULL, 0)};
	struct buf one_seal = BUF_INIT(4096), one_shred = BUF_INIT(4096);
	uint64_t n;

	shred[1].number = 1;
	put_all(&one_seal, &seal, 1);
	put_all(&one_shred, shred, 2);
	for (n = 1; n < n_max && faults_arm(kind, n, code); n++) {
		struct kept kept = {0};
		struct err err = {0};
		struct vault *v = NULL;

		if (vault_make(&v, &err) == 0)
			day(v, &one_seal, &one_shred, &kept);
		faults_off();
		vault_close(&v);
		check_kept(&kept);
	}
	assert_true(n > 2);
	buf_free(&one_seal);
	buf_free(&one_shred);
}

static void keys_outlive_a_lack_of_memory(void **state)
{
	(void)state;
	live(FAULT_MEMORY, ENOMEM, 1000);
}

static void keys_outlive_a_failing_key_store(void **state)
{
	(void)state;
	live(FAULT_SQLITE, EIO, 1000);
}

static void keys_outlive_a_failing_disk(void **state)
{
	(void)state;
	live(FAULT_FILES, EIO, 1000);
	live(FAULT_FILES, ENOSPC, 1000);
}

/* On the store of a keeper that is not running. */
static void change(const char *statement)
{
	sqlite3 *db = NULL;
	char path[256];

	house_path(&house, "keeper.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, statement, NULL, NULL, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* As after an update that brings a new use of keyed hashes. */
static void a_kind_of_key_that_is_new_is_made_at_the_unlock(void **state)
{
	static const unsigned int kinds[] = {FAULT_SQLITE, FAULT_FILES};
	struct wire_op op = op_of(WIRE_HASH, "x", 1);
	uint8_t hash[32];

	(void)state;
	memcpy(op.text, "suppression", 12);
	op.field = 0;
	for (size_t k = 0; k < 2; k++) {
		uint64_t n;

		change("DELETE FROM instance_key WHERE name='suppression'");
		for (n = 1; faults_arm(kinds[k], n, EIO); n++) {
			struct vault *v = NULL;
			struct err err = {0};

			(void)vault_make(&v, &err);
			faults_off();
			vault_close(&v);
			/* Made, it stays the same; if not, it is made now. */
			assert_int_equal(vault_make(&v, &err), 0);
			assert_int_equal(one(v, &op), WIRE_DONE);
			memcpy(hash, answer + 7, sizeof(hash));
			vault_close(&v);
			assert_int_equal(vault_make(&v, &err), 0);
			assert_int_equal(one(v, &op), WIRE_DONE);
			assert_memory_equal(hash, answer + 7, sizeof(hash));
			vault_close(&v);
			if (faults.struck)
				change("DELETE FROM instance_key"
				       " WHERE name='suppression'");
		}
		assert_true(n > 2);
	}
}

/* The passphrase was right: with memory it opens. */
static void a_passphrase_without_memory_is_not_a_wrong_one(void **state)
{
	struct house other;
	struct vault *v = NULL;
	struct err err = {0};
	bool tried = false;

	(void)state;
	house_init(&other, "horse");
	assert_int_equal(vault_open(env_system(), other.dir, NULL, &v, &err),
			 0);
	for (uint64_t n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		int rc = vault_unlock(v, "horse", 5, &err);

		faults_off();
		assert_int_equal(rc, faults.struck ? -1 : 0);
		if (faults.struck) {
			assert_int_equal(err.kind, ERR_NOMEM);
			assert_int_not_equal(v->reason, REASON_WRONG_PHRASE);
			tried = true;
		}
	}
	assert_true(tried);
	assert_int_equal(v->reason, REASON_NONE);
	vault_close(&v);
	house_close(&other);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(operations_without_sense_are_refused_one_by_one),
	    CASE(frames_that_are_none_end_the_connection),
	    CASE(keys_outlive_a_lack_of_memory),
	    CASE(keys_outlive_a_failing_key_store),
	    CASE(keys_outlive_a_failing_disk),
	    CASE(a_kind_of_key_that_is_new_is_made_at_the_unlock),
	    CASE(a_passphrase_without_memory_is_not_a_wrong_one),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
