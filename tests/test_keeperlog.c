/* The keeper signs a log that only grows: in a keeper process and on disk. */
#include <sqlite3.h>

#include "keeper/logsign.h"
#include "keeper/wire.h"
#include "keeper_house.h"
#include "postern/checkpoint.h"
#include "postern/keeperlog.h"
#include "postern/log.h"

#define LEAVES 20

/* --- a tree in memory ----------------------------------------------------- */

static int read_leaves(void *ctx, unsigned int level, uint64_t index,
		       struct merkle_hash *ret, struct err *err)
{
	struct merkle_hash left, right;
	uint8_t entry[2] = {(uint8_t)index, 0};
	const char *fork = ctx;

	if (level == 0) {
		entry[1] = fork != NULL && index == 3 ? 1 : 0;
		merkle_leaf(entry, sizeof(entry), ret);
		return 0;
	}
	if (read_leaves(ctx, level - 1, 2 * index, &left, err) != 0 ||
	    read_leaves(ctx, level - 1, 2 * index + 1, &right, err) != 0)
		return -1;
	merkle_node(&left, &right, ret);
	return 0;
}

static struct merkle_hash root_of(uint64_t size, const char *fork)
{
	struct merkle_hash root;
	struct err err;

	assert_int_equal(merkle_root(size, read_leaves, (void *)(uintptr_t)fork,
				     &root, &err),
			 0);
	return root;
}

/* What the keeper says to this tree, proved against old; the note onto ret. */
static enum err_kind sign(struct house *h, uint64_t old, uint64_t size,
			  const char *fork, struct buf *ret)
{
	struct merkle_hash proof[MERKLE_PROOF_MAX];
	struct merkle_hash root = root_of(size, fork);
	struct err err = {0};
	size_t len = 0;

	if (old > 0 && old < size)
		assert_int_equal(
		    merkle_prove_consistency(old, size, read_leaves,
					     (void *)(uintptr_t)fork, proof,
					     &len, &err),
		    0);
	return keeper_log_sign(h->keeper, size, &root, proof, len, ret, &err) ==
		       0
		   ? ERR_NONE
		   : err.kind;
}

static enum err_kind says(struct house *h, uint64_t old, uint64_t size,
			  const char *fork)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	enum err_kind kind = sign(h, old, size, fork, &note);

	assert_int_equal(note.len > 0, kind == ERR_NONE);
	buf_free(&note);
	return kind;
}

static struct keeper_log status(struct house *h)
{
	struct keeper_log log = {0};
	struct err err = {0};

	assert_int_equal(keeper_log_status(h->keeper, "", &log, &err), 0);
	return log;
}

/* How many of the keys signed, all of them well, and which tree. */
static size_t signers(const struct buf *note, const struct note_key *keys,
		      size_t keys_len, struct checkpoint *ret)
{
	bool good[4];
	struct note parsed;
	struct err err = {0};
	size_t n = 0;

	assert_int_equal(
	    note_parse((const char *)note->bytes, note->len, &parsed, &err), 0);
	assert_int_equal(note_verify(&parsed, keys, keys_len, good, &err), 0);
	for (size_t i = 0; i < keys_len; i++)
		n += good[i];
	assert_int_equal(n, parsed.signatures_len);
	assert_int_equal(
	    checkpoint_parse(parsed.text, parsed.text_len, ret, &err), 0);
	return n;
}

static int setup(void **state)
{
	static struct house h;

	house_init(&h, "");
	house_start(&h);
	*state = &h;
	return 0;
}

static int teardown(void **state)
{
	house_close(*state);
	return 0;
}

/* --- the key -------------------------------------------------------------- */

static void the_key_is_made_when_first_asked_and_stays(void **state)
{
	struct house *h = *state;
	struct keeper_log log = status(h), again;
	struct merkle_hash empty;
	struct err err = {0};

	assert_int_equal(strlen(log.origin), strlen("postern/") + 16);
	assert_memory_equal(log.origin, "postern/", 8);
	assert_string_equal(log.key.name, log.origin);
	assert_int_equal(log.key.type, NOTE_ED25519);
	assert_int_equal(log.size, 0);
	merkle_empty(&empty);
	assert_true(merkle_equal(&log.root, &empty));
	assert_false(log.rotating);
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	house_start(h);
	again = status(h);
	assert_memory_equal(&log, &again, sizeof(log));
	assert_int_equal(keeper_lock(h->keeper, &err), 0);
	assert_int_equal(keeper_log_status(h->keeper, "", &again, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(says(h, 0, 1, NULL), ERR_BUSY);
	assert_int_equal(keeper_unlock(h->keeper, "", 0, &err), 0);
	again = status(h);
	assert_memory_equal(&log, &again, sizeof(log));
}

static void a_name_may_be_chosen_until_something_is_signed(void **state)
{
	struct house *h = *state;
	struct keeper_log log = status(h);
	const struct note_key first = log.key;
	struct err err = {0};

	assert_int_equal(
	    keeper_log_status(h->keeper, "a.example/log", &log, &err), 0);
	assert_string_equal(log.origin, "a.example/log");
	assert_memory_equal(log.key.bytes, first.bytes, 32);
	assert_int_not_equal(log.key.id, first.id);
	assert_int_equal(keeper_log_status(h->keeper, "a b", &log, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(says(h, 0, 3, NULL), ERR_NONE);
	assert_int_equal(keeper_log_status(h->keeper, "other", &log, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_string_equal(status(h).origin, "a.example/log");
	assert_int_equal(
	    keeper_log_status(h->keeper, "a.example/log", &log, &err), 0);
}

static void a_seed_reserved_by_an_older_version_goes(void **state)
{
	struct house *h = *state;
	uint8_t wrapped[WRAPPED_BYTES] = {0};
	struct log_state s;
	struct err err = {0};
	struct vault *v;

	assert_int_equal(house_kill(h, SIGTERM), 0);
	v = house_vault(h, "");
	assert_int_equal(vault_write(v, &err), 0);
	assert_int_equal(
	    keystore_instance_put(v->store, "ledger", wrapped, &err), 0);
	assert_int_equal(vault_finish(v, &err), 0);
	assert_int_equal(logkey_open(v, "", &s, &err), 0);
	assert_int_equal(
	    keystore_instance_get(v->store, "ledger", wrapped, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	vault_close(&v);
}

/* --- signing -------------------------------------------------------------- */

static void what_extends_the_last_one_is_signed(void **state)
{
	struct house *h = *state;
	const struct note_key key = status(h).key;
	uint64_t old = 0;

	for (uint64_t size = 1; size <= LEAVES; size += 3) {
		struct buf note = BUF_INIT(NOTE_BYTES_MAX);
		const struct merkle_hash root = root_of(size, NULL);
		struct checkpoint c;

		assert_int_equal(sign(h, old, size, NULL, &note), ERR_NONE);
		assert_int_equal(signers(&note, &key, 1, &c), 1);
		assert_int_equal(c.size, size);
		assert_true(merkle_equal(&c.root, &root));
		assert_string_equal(c.origin, key.name);
		buf_free(&note);
		assert_int_equal(status(h).size, size);
		old = size;
	}
}

/* Proves: compliance 6.3; scenario L2. */
static void nothing_else_is_signed_also_after_a_restart(void **state)
{
	struct house *h = *state;
	struct merkle_hash proof[MERKLE_PROOF_MAX] = {0};
	const struct merkle_hash later = root_of(9, NULL);
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};

	assert_int_equal(says(h, 0, 7, NULL), ERR_NONE);
	for (int round = 0; round < 2; round++) {
		assert_int_equal(says(h, 0, 6, NULL), ERR_DENIED); /* shorter */
		assert_int_equal(says(h, 0, 7, "fork"), ERR_DENIED);
		assert_int_equal(says(h, 7, 9, "fork"), ERR_DENIED);
		assert_int_equal(says(h, 6, 9, NULL), ERR_DENIED); /* of 6 */
		assert_int_equal(says(h, 0, 9, NULL), ERR_DENIED); /* none */
		/* a proof where there is nothing to prove */
		assert_int_equal(keeper_log_sign(h->keeper, 7,
						 &(struct merkle_hash){0},
						 proof, 1, &note, &err),
				 -1);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(keeper_log_sign(h->keeper, 9, &later, proof,
						 MERKLE_PROOF_MAX, &note, &err),
				 -1);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(keeper_log_sign(h->keeper, UINT64_MAX, &later,
						 proof, 3, &note, &err),
				 -1);
		assert_int_equal(err.kind, ERR_DENIED);
		assert_int_equal(status(h).size, 7);
		assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
		house_start(h);
	}
	assert_int_equal(says(h, 7, 9, NULL), ERR_NONE);
	assert_int_equal(note.len, 0);
	buf_free(&note);
}

static void the_first_one_needs_no_proof_and_takes_none(void **state)
{
	struct house *h = *state;
	struct merkle_hash proof[1] = {0}, root = root_of(2, NULL), empty;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct err err = {0};

	merkle_empty(&empty);
	assert_int_equal(
	    keeper_log_sign(h->keeper, 0, &root, NULL, 0, &note, &err), -1);
	assert_int_equal(
	    keeper_log_sign(h->keeper, 2, &root, proof, 1, &note, &err), -1);
	assert_int_equal(
	    keeper_log_sign(h->keeper, 2, &empty, NULL, 0, &note, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(
	    keeper_log_sign(h->keeper, 0, &empty, NULL, 0, &note, &err), 0);
	buf_clear(&note);
	assert_int_equal(
	    keeper_log_sign(h->keeper, 2, &root, NULL, 0, &note, &err), 0);
	buf_free(&note);
}

/* A worker that died between the answer and its commit asks again. */
static void a_lost_note_is_given_again_to_the_byte(void **state)
{
	struct house *h = *state;
	struct buf first = BUF_INIT(NOTE_BYTES_MAX);
	struct buf again = BUF_INIT(NOTE_BYTES_MAX);

	assert_int_equal(sign(h, 0, 5, NULL, &first), ERR_NONE);
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	house_start(h);
	assert_int_equal(sign(h, 0, 5, NULL, &again), ERR_NONE);
	assert_int_equal(first.len, again.len);
	assert_memory_equal(first.bytes, again.bytes, first.len);
	buf_free(&first);
	buf_free(&again);
}

/* --- rotation ------------------------------------------------------------- */

static bool has_row(const struct house *h, const char *name)
{
	struct vault *v = house_vault(h, "");
	uint8_t wrapped[WRAPPED_BYTES];
	struct err err = {0};
	bool has = keystore_instance_get(v->store, name, wrapped, &err) == 0;

	vault_close(&v);
	return has;
}

/* Proves: compliance 7.6, log key. */
static void two_keys_sign_once_and_the_old_one_is_destroyed(void **state)
{
	struct house *h = *state;
	struct keeper_log_key listed[KEEPER_LOG_KEYS_MAX];
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct keeper_log log, same;
	struct note_key keys[2];
	struct checkpoint c;
	struct err err = {0};
	size_t len = 0;

	assert_int_equal(says(h, 0, 4, NULL), ERR_NONE);
	assert_int_equal(keeper_log_rotate(h->keeper, &log, &err), 0);
	assert_true(log.rotating);
	keys[0] = log.key;
	keys[1] = log.next;
	assert_memory_not_equal(keys[0].bytes, keys[1].bytes, 32);
	assert_int_equal(keeper_log_rotate(h->keeper, &same, &err), 0);
	assert_memory_equal(&log, &same, sizeof(log)); /* one waits already */

	assert_int_equal(sign(h, 4, 9, NULL, &note), ERR_NONE);
	assert_int_equal(signers(&note, keys, 2, &c), 2);
	log = status(h);
	assert_false(log.rotating);
	assert_memory_equal(&log.key, &keys[1], sizeof(keys[1]));
	buf_clear(&note);
	assert_int_equal(sign(h, 0, 9, NULL, &note), ERR_NONE);
	assert_int_equal(signers(&note, keys, 2, &c), 2); /* of then */
	buf_clear(&note);
	assert_int_equal(sign(h, 9, 11, NULL, &note), ERR_NONE);
	assert_int_equal(signers(&note, &keys[1], 1, &c), 1);
	buf_free(&note);

	assert_int_equal(keeper_log_keys(h->keeper, listed, &len, &err), 0);
	assert_int_equal(len, 2);
	assert_memory_equal(&listed[0].key, &keys[0], sizeof(keys[0]));
	assert_memory_equal(&listed[1].key, &keys[1], sizeof(keys[1]));
	assert_int_equal(listed[0].from_size, 4);
	assert_int_equal(listed[1].from_size, 9);
	assert_true(listed[0].made_s > 0);
	assert_int_equal(house_kill(h, SIGTERM), 0);
	assert_false(has_row(h, "log.1"));
	assert_true(has_row(h, "log.2"));
}

static void the_same_tree_is_signed_again_for_a_next_key(void **state)
{
	struct house *h = *state;
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct keeper_log log;
	struct note_key keys[2];
	struct checkpoint c;
	struct err err = {0};

	assert_int_equal(says(h, 0, 4, NULL), ERR_NONE);
	assert_int_equal(keeper_log_rotate(h->keeper, &log, &err), 0);
	keys[0] = log.key;
	keys[1] = log.next;
	assert_int_equal(sign(h, 0, 4, NULL, &note), ERR_NONE);
	assert_int_equal(signers(&note, keys, 2, &c), 2);
	buf_free(&note);
}

/* A backup that reads keeps the old key in the log of writes. */
static void a_reader_delays_the_answer_until_the_old_key_is_gone(void **state)
{
	struct house *h = *state;
	struct log_request r = {.size = 4, .root = root_of(4, NULL)};
	struct log_state s, again;
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	struct err err = {0};
	struct vault *v;
	char path[256];

	assert_int_equal(house_kill(h, SIGTERM), 0);
	v = house_vault(h, "");
	assert_int_equal(logkey_rotate(v, &s, &err), 0);
	house_path(h, "keeper.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT * FROM meta", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(logkey_sign(v, &r, &s, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(logkey_sign(v, &r, &again, &err), 0);
	assert_int_equal(again.note_len, s.note_len); /* of both */
	assert_memory_equal(again.note, s.note, s.note_len);
	vault_close(&v);
}

static void it_may_be_rotated_so_often_and_no_more(void **state)
{
	struct house *h = *state;
	struct log_request r = {.size = 4, .root = root_of(4, NULL)};
	struct log_state s;
	struct err err = {0};
	struct vault *v;

	assert_int_equal(house_kill(h, SIGTERM), 0);
	v = house_vault(h, "");
	for (size_t i = 1; i < KEEPER_LOG_KEYS_MAX; i++) {
		assert_int_equal(logkey_rotate(v, &s, &err), 0);
		assert_int_equal(logkey_sign(v, &r, &s, &err), 0);
	}
	assert_int_equal(logkey_rotate(v, &s, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_int_equal(logkey_sign(v, &r, &s, &err), 0);
	vault_close(&v);
}

/* --- with the other keys -------------------------------------------------- */

static void a_new_root_key_leaves_the_log_as_it_is(void **state)
{
	struct house *h = *state;
	struct keeper_log before, after;
	struct err err = {0};

	assert_int_equal(says(h, 0, 4, NULL), ERR_NONE);
	before = status(h);
	assert_int_equal(keeper_rotate(h->keeper, &err), 0);
	assert_int_equal(house_kill(h, SIGKILL), SIGKILL);
	house_start(h);
	after = status(h);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(says(h, 4, 6, NULL), ERR_NONE);
}

static void a_restored_backup_knows_what_was_signed_then(void **state)
{
	struct house *h = *state, to;
	const struct keeper_log before = status(h);
	struct keeper_log after;
	struct err err = {0};
	char file[256];

	assert_int_equal(says(h, 0, 4, NULL), ERR_NONE);
	house_path(h, "keys.backup", file);
	assert_int_equal(keeper_backup(env_system(), h->dir, file, "phrase", 6,
				       INT64_MAX, &err),
			 0);
	assert_int_equal(says(h, 4, 8, NULL), ERR_NONE);
	house_open(&to);
	assert_int_equal(
	    keeper_restore(env_system(), to.dir, file, "phrase", 6, &err), 0);
	house_start(&to);
	assert_int_equal(status(&to).size, 4);
	after = status(&to);
	assert_memory_equal(&after.key, &before.key, sizeof(before.key));
	assert_int_equal(says(&to, 4, 8, NULL), ERR_NONE);
	house_close(&to);
}

/* --- frames --------------------------------------------------------------- */

static void hostile_frames_end_their_connection_only(void **state)
{
	static const char long_one[LOG_REQUEST_MAX + 33] = {
	    [40] = MERKLE_PROOF_MAX + 1};
	static const struct {
		uint16_t type;
		const char *payload;
		size_t len;
	} cases[] = {
	    {FRAME_LOG_STATUS, "a b", 3},
	    {FRAME_LOG_STATUS, "a\0b", 3},
	    {FRAME_LOG_STATUS, long_one, 300},
	    {FRAME_LOG_SIGN, "", 0},
	    {FRAME_LOG_SIGN, long_one, 40},
	    {FRAME_LOG_SIGN, long_one, 73},
	    {FRAME_LOG_SIGN, long_one, 32},
	    {FRAME_LOG_SIGN, long_one, sizeof(long_one)},
	    {FRAME_LOG_KEYS + 1, "", 0},
	};
	struct house *h = *state;
	uint8_t *buffer = malloc(IPC_FRAME_MAX);
	struct ipc_frame f;
	struct err err;

	assert_non_null(buffer);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int fd = -1;

		assert_int_equal(ipc_connect(h->socket, &fd, &err), 0);
		assert_int_equal(ipc_send(fd, cases[i].type, cases[i].payload,
					  cases[i].len, &err),
				 0);
		assert_int_equal(ipc_receive(fd, 5000, buffer, &f, &err), -1);
		assert_string_equal(err.what, "the peer closed");
		(void)close(fd);
	}
	free(buffer);
	assert_int_equal(status(h).size, 0);
}

static void a_state_that_is_not_ours_is_refused(void **state)
{
	struct house *h = *state;
	struct buf b = BUF_INIT(LOG_STATE_MAX);
	struct log_state s, again;
	struct err err = {0};
	struct vault *v;

	assert_int_equal(says(h, 0, 4, NULL), ERR_NONE);
	assert_int_equal(house_kill(h, SIGTERM), 0);
	v = house_vault(h, "");
	assert_int_equal(log_state_load(v->store, &s, &err), 0);
	vault_close(&v);
	assert_int_equal(log_state_put(&b, &s, &err), 0);
	assert_int_equal(log_state_take(b.bytes, b.len, &again, &err), 0);
	assert_memory_equal(&s, &again, sizeof(s));
	for (size_t len = 0; len < b.len; len++) {
		assert_int_equal(log_state_take(b.bytes, len, &again, &err),
				 -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
	b.bytes[0]++; /* a version of later */
	assert_int_equal(log_state_take(b.bytes, b.len, &again, &err), -1);
	buf_free(&b);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(the_key_is_made_when_first_asked_and_stays),
	    CASE(a_name_may_be_chosen_until_something_is_signed),
	    CASE(a_seed_reserved_by_an_older_version_goes),
	    CASE(what_extends_the_last_one_is_signed),
	    CASE(nothing_else_is_signed_also_after_a_restart),
	    CASE(the_first_one_needs_no_proof_and_takes_none),
	    CASE(a_lost_note_is_given_again_to_the_byte),
	    CASE(two_keys_sign_once_and_the_old_one_is_destroyed),
	    CASE(the_same_tree_is_signed_again_for_a_next_key),
	    CASE(a_reader_delays_the_answer_until_the_old_key_is_gone),
	    CASE(it_may_be_rotated_so_often_and_no_more),
	    CASE(a_new_root_key_leaves_the_log_as_it_is),
	    CASE(a_restored_backup_knows_what_was_signed_then),
	    CASE(hostile_frames_end_their_connection_only),
	    CASE(a_state_that_is_not_ours_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
