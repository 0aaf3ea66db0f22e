/* test_vault.c - what the vault takes for its own, and what it says of itself.
 *
 * Proves: assurance T31, 5.5. */
#include "keeper_house.h"

#include <sqlite3.h>

#include "keeper/keystore_db.h"
#include "keeper/wire.h"
#include "keeper/wrap.h"
#include "postern/sealed.h"

static struct house house;

static int setup(void **state)
{
	(void)state;
	house_init(&house, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	house_close(&house);
	return 0;
}

/* On the store of a keeper that is not running. */
static void change(const char *statement, const void *bytes, size_t len)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	char path[256];

	house_path(&house, "keeper.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, statement, -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(
	    sqlite3_bind_blob(st, 1, bytes, (int)len, SQLITE_STATIC),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_DONE);
	assert_int_equal(sqlite3_changes(db), 1);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static struct vault *made(const char *credential)
{
	struct vault *v = NULL;

	assert_int_equal(
	    vault_open(env_system(), house.dir, credential, &v, NULL), 0);
	return v;
}

/* The unlock is refused for this reason, and nothing of a key stays. */
static void refused(enum reason reason)
{
	static const struct arena_keys none;
	struct vault *v = made(NULL);
	struct err err = {0};

	assert_int_equal(vault_unlock(v, "", 0, &err), -1);
	assert_int_equal(v->reason, reason);
	assert_memory_equal(v->arena->keys.root, none.root, sizeof(none.root));
	assert_memory_equal(v->arena->keys.instance, none.instance,
			    sizeof(none.instance));
	vault_close(&v);
}

static void a_folder_too_long_for_its_files_is_refused_at_once(void **state)
{
	char dir[DURABLE_PATH_BYTES];
	struct vault *v = NULL;
	struct err err = {0};

	(void)state;
	memset(dir, 'a', sizeof(dir));
	dir[sizeof(dir) - sizeof("/keys/spool.pub")] = '\0';
	assert_int_equal(vault_open(env_system(), dir, NULL, &v, &err), 0);
	assert_int_equal(strlen(v->keys_dir), strlen(dir) + 5);
	vault_close(&v);
	dir[sizeof(dir) - sizeof("/keys/spool.pub")] = 'a';
	dir[sizeof(dir) - sizeof("/keys/spool.pub") + 1] = '\0';
	assert_int_equal(vault_open(env_system(), dir, NULL, &v, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_null(v);
}

static void a_store_of_a_newer_version_is_left_alone(void **state)
{
	static const uint8_t newer[8] = {[7] = KEYSTORE_SCHEMA + 1},
			     present[8] = {[7] = KEYSTORE_SCHEMA};
	struct vault *v;

	(void)state;
	change("UPDATE meta SET value=?1 WHERE name='schema'", newer, 8);
	refused(REASON_STORE_NEWER);
	change("UPDATE meta SET value=?1 WHERE name='schema'", present, 8);
	v = house_vault(&house, "");
	vault_close(&v);
}

static void a_damaged_instance_key_is_never_replaced(void **state)
{
	uint8_t zeros[WRAPPED_BYTES] = {0};

	(void)state;
	change("UPDATE instance_key SET wrapped=?1 WHERE name='index'", zeros,
	       sizeof(zeros));
	refused(REASON_STORE_DAMAGED);
	change("UPDATE instance_key SET wrapped=?1 WHERE name='index'", zeros,
	       sizeof(zeros) - 1);
	refused(REASON_STORE_DAMAGED);
}

/* It opens, with the right key and for the right row, but says another
 * thing: only zeros prove a root key. */
static void a_check_that_says_something_else_proves_nothing(void **state)
{
	static const struct wrap_row row = {.kind = 'C'};
	uint8_t ones[WRAP_KEY_BYTES], check[WRAPPED_BYTES];
	struct vault *v = house_vault(&house, "");

	(void)state;
	memset(ones, 1, sizeof(ones));
	wrap_seal(v->arena->keys.root, &v->meta.of, &row, ones, check);
	vault_close(&v);
	change("UPDATE meta SET value=?1 WHERE name='check'", check,
	       sizeof(check));
	refused(REASON_WRONG_KEY);
}

static void an_unlocked_vault_needs_no_second_unlock(void **state)
{
	struct vault *v = house_vault(&house, "");
	struct err err = {0};

	(void)state;
	assert_int_equal(vault_unlock(v, "whatever", 8, &err), 0);
	assert_int_equal(v->reason, REASON_NONE);
	vault_close(&v);
}

static void says(struct vault *v, const char *source, bool locked)
{
	struct keeper_status s;

	assert_int_equal(vault_status(v, &s, NULL), 0);
	assert_string_equal(s.source, source);
	assert_int_equal(s.locked, locked);
}

static void the_status_says_where_the_root_key_comes_from(void **state)
{
	struct house other;
	struct vault *v = made(NULL);
	struct err err = {0};
	char path[256];

	(void)state;
	says(v, "file", true);
	assert_int_equal(vault_unlock(v, "", 0, &err), 0);
	says(v, "file", false);
	vault_close(&v);

	house_path(&house, "keys/root", path);
	v = made(path);
	says(v, "credential", true);
	assert_int_equal(vault_unlock(v, "", 0, &err), 0);
	says(v, "credential", false);
	vault_close(&v);

	house_init(&other, "horse");
	assert_int_equal(vault_open(env_system(), other.dir, NULL, &v, NULL),
			 0);
	says(v, "file", true); /* nobody has looked yet */
	assert_int_equal(vault_unlock(v, "", 0, &err), -1);
	says(v, "passphrase", true);
	vault_close(&v);
	house_close(&other);
}

/* --- batches -------------------------------------------------------------- */

static int run(struct vault *v, const struct wire_op *ops, uint16_t n,
	       uint8_t ret[IPC_PAYLOAD_MAX], struct err *err)
{
	struct buf b = BUF_INIT(IPC_PAYLOAD_MAX);
	size_t len = 0;
	int rc;

	assert_int_equal(buf_append_u16(&b, n, NULL), 0);
	for (uint16_t i = 0; i < n; i++)
		assert_int_equal(wire_op_put(&b, &ops[i], NULL), 0);
	rc = ops_run(v, b.bytes, b.len, ret, &len, err);
	buf_free(&b);
	return rc;
}

static void a_part_of_a_wrong_form_refuses_its_operation_alone(void **state)
{
	static uint8_t answer[IPC_PAYLOAD_MAX];
	struct vault *v = house_vault(&house, "");
	struct err err = {0};
	struct wire_op ops[2] = {{.code = WIRE_SEAL,
				  .field = FIELD_CONTENT,
				  .key = {.person = 5, .year = 2026},
				  .final = true,
				  .bytes = (const uint8_t *)"x",
				  .len = 1}};

	(void)state;
	ops[1] = ops[0];
	ops[1].key = ref_of(5, "MSG", 2026);
	assert_int_equal(run(v, ops, 2, answer, &err), 0);
	assert_int_equal(answer[WIRE_COUNT_BYTES], WIRE_REFUSED);
	assert_int_equal(answer[WIRE_COUNT_BYTES + WIRE_ANSWER_HEADER],
			 WIRE_DONE);
	vault_close(&v);
}

/* Small questions with large answers: all or nothing, and no key is made. */
static void answers_that_fit_no_frame_undo_their_batch(void **state)
{
	static uint8_t answer[IPC_PAYLOAD_MAX], large[20000];
	static struct wire_op ops[WIRE_OPS_MAX];
	struct vault *v = house_vault(&house, "");
	struct keeper_status s;
	struct err err = {0};

	(void)state;
	ops[0] = (struct wire_op){.code = WIRE_SEAL,
				  .field = FIELD_CONTENT,
				  .key = ref_of(5, "MSG", 2026),
				  .final = true,
				  .bytes = large,
				  .len = sizeof(large)};
	for (uint16_t i = 1; i < WIRE_OPS_MAX; i++) {
		ops[i] = (struct wire_op){.code = WIRE_HASH};
		memcpy(ops[i].text, "token", 6);
	}
	assert_int_equal(run(v, ops, WIRE_OPS_MAX, answer, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(vault_status(v, &s, &err), 0);
	assert_int_equal(s.data_keys, 0);
	assert_int_equal(run(v, ops, 3000, answer, &err), 0);
	assert_int_equal(vault_status(v, &s, &err), 0);
	assert_int_equal(s.data_keys, 1);
	vault_close(&v);
}

/* Whoever does not ask why is still answered. */
static void a_refusal_needs_no_error_object(void **state)
{
	struct vault *v = made(NULL);
	struct key_ref key = ref_of(7, "MSG", 2026);
	const uint8_t *bytes;
	char path[256];

	(void)state;
	house_path(&house, "keys/root", path);
	assert_int_equal(rename(path, house.socket), 0);
	assert_int_equal(vault_unlock(v, "", 0, NULL), -1);
	assert_int_equal(v->reason, REASON_NO_FILE);
	assert_int_equal(keeper_backup(env_system(), house.dir, path, "a", 1,
				       INT64_MAX, NULL),
			 -1);
	assert_int_equal(rename(house.socket, path), 0);
	assert_int_equal(vault_unlock(v, "", 0, NULL), 0);
	assert_int_equal(vault_key(v, &key, false, &bytes, NULL), -1);
	assert_int_equal(vault_key(v, &key, true, &bytes, NULL), 0);
	assert_int_equal(vault_finish(v, NULL), 0);
	assert_int_equal(spoolpair_tend(v, NULL), 0);
	assert_int_equal(vault_rotate(v, NULL), 0);
	/* Nothing to commit: SQLite refuses. */
	assert_int_equal(keystore_commit(v->store, NULL), -1);
	vault_close(&v);
	house_path(&house, "keeper.db", path);
	assert_int_equal(unlink(path), 0);
	v = made(NULL);
	assert_int_equal(vault_unlock(v, "", 0, NULL), -1);
	assert_int_equal(v->reason, REASON_NO_STORE);
	vault_close(&v);
}

/* --- erasures.log --------------------------------------------------------- */

static void only_whole_lines_of_ours_are_erasures(void **state)
{
	static const struct {
		const char *line;
		int64_t at_ms, person;
		const char *datenart; /* "*" all; NULL: no erasure */
	} cases[] = {
	    {"erased 12 7 MSG 1\n", 12, 7, "MSG"},
	    {"erased 12 7 * 30\n", 12, 7, "*"},
	    {"erased 999999999999999999 1 M_2 0\n", 999999999999999999, 1,
	     "M_2"},
	    {"erased 12 7 MSG 1", 0, 0, NULL},
	    {"erased 12 7 MSG \n", 0, 0, NULL},
	    {"erased 12 7 MSG\n", 0, 0, NULL},
	    {"erased 12 7\n", 0, 0, NULL},
	    {"erased 12  7 MSG 1\n", 0, 0, NULL},
	    {" erased 12 7 MSG 1\n", 0, 0, NULL},
	    {"erased -12 7 MSG 1\n", 0, 0, NULL},
	    {"erased 12 -7 MSG 1\n", 0, 0, NULL},
	    {"erased 12 7 MSG -1\n", 0, 0, NULL},
	    {"erased 12 7 MSG 1x\n", 0, 0, NULL},
	    {"erased 12 7 MSG 1 2\n", 0, 0, NULL},
	    {"erased 12 7 M/G 1\n", 0, 0, NULL},
	    {"erased 12 7  1\n", 0, 0, NULL},
	    {"erased 1e2 7 MSG 1\n", 0, 0, NULL},
	    {"erased 99999999999999999999 7 MSG 1\n", 0, 0, NULL},
	    {"erased 12 7 MSG 1\nerased 12 8 MSG 1\n", 0, 0, NULL},
	    {"\n", 0, 0, NULL},
	    {"", 0, 0, NULL},
	};
	struct erasure e;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *line = cases[i].line, *datenart = cases[i].datenart;

		if (erasure_parse(line, strlen(line), &e) != (datenart != NULL))
			fail_msg("line %zu", i);
		if (datenart == NULL)
			continue;
		assert_int_equal(e.at_ms, cases[i].at_ms);
		assert_int_equal(e.person, cases[i].person);
		assert_int_equal(e.all, strcmp(datenart, "*") == 0);
		if (!e.all)
			assert_string_equal(e.datenart.text, datenart);
	}
	assert_false(erasure_parse("erased 12 7 M\0G 1\n", 18, &e));
}

/* How many keys a log of these bytes destroys. */
static uint32_t replayed(struct vault *v, const char *log, size_t len)
{
	struct err err = {0};
	uint32_t count = 0;

	house_write(&house, "erasures.log", log, len);
	assert_int_equal(erasure_replay(house.dir, v->store, &count, &err), 0);
	return count;
}

/* It was read in pieces of 127 bytes, and each was taken for a line. */
static void a_long_line_is_no_erasure_anywhere_in_it(void **state)
{
	static const char line[] = "erased 4000000000000 7 * 1\n";
	struct vault *v = house_vault(&house, "");
	struct key_ref key = ref_of(7, "MSG", 2026);
	const uint8_t *bytes;
	char log[600];

	(void)state;
	assert_int_equal(vault_key(v, &key, true, &bytes, NULL), 0);
	assert_int_equal(vault_finish(v, NULL), 0);
	for (size_t before = 1; before < 520; before++) {
		memset(log, before % 2 == 0 ? 'x' : 0, before);
		memcpy(log + before, line, sizeof(line));
		assert_int_equal(replayed(v, log, before + sizeof(line) - 1),
				 0);
	}
	/* After such a line, and without the last end of line. */
	(void)snprintf(log, sizeof(log), "%0300d\n%s%s", 0, line, "erased 4");
	assert_int_equal(replayed(v, log, strlen(log)), 1);
	assert_int_equal(replayed(v, "", 0), 0);
	vault_close(&v);
}

static int no_roll_back(void *ctx, int action, const char *what, const char *b,
			const char *c, const char *d)
{
	(void)ctx;
	(void)b;
	(void)c;
	(void)d;
	return action == SQLITE_TRANSACTION && strcmp(what, "ROLLBACK") == 0
		   ? SQLITE_DENY
		   : SQLITE_OK;
}

/* The next batch would have committed what this one gave up: a key destroyed
 * that erasures.log knows nothing of. */
static void what_cannot_be_taken_back_is_never_committed(void **state)
{
	struct vault *v = house_vault(&house, "");
	struct key_ref key = ref_of(7, "MSG", 2026);
	struct err err = {0};
	const uint8_t *bytes;
	uint32_t count = 0;

	(void)state;
	assert_int_equal(vault_key(v, &key, true, &bytes, &err), 0);
	assert_int_equal(vault_finish(v, &err), 0);
	assert_int_equal(vault_shred(v, 7, NULL, &count, &err), 0);
	assert_int_equal(count, 1);
	assert_int_equal(
	    sqlite3_set_authorizer(v->store->db, no_roll_back, NULL),
	    SQLITE_OK);
	vault_abandon(v);
	assert_int_equal(v->reason, REASON_STORE_DAMAGED);
	assert_int_equal(vault_unlock(v, "", 0, &err), 0);
	assert_int_equal(vault_key(v, &key, false, &bytes, &err), 0);
	assert_int_equal(vault_finish(v, &err), 0);
	vault_close(&v);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_folder_too_long_for_its_files_is_refused_at_once),
	    CASE(a_store_of_a_newer_version_is_left_alone),
	    CASE(a_damaged_instance_key_is_never_replaced),
	    CASE(a_check_that_says_something_else_proves_nothing),
	    CASE(an_unlocked_vault_needs_no_second_unlock),
	    CASE(the_status_says_where_the_root_key_comes_from),
	    CASE(a_part_of_a_wrong_form_refuses_its_operation_alone),
	    CASE(answers_that_fit_no_frame_undo_their_batch),
	    CASE(a_refusal_needs_no_error_object),
	    CASE(only_whole_lines_of_ours_are_erasures),
	    CASE(a_long_line_is_no_erasure_anywhere_in_it),
	    CASE(what_cannot_be_taken_back_is_never_committed),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
