/* test_keeperfiles.c - the keeper's files: refused, rotated, cut off by a
 * crash, backed up, restored.
 * Proves: compliance 7.2, 7.3, 7.4, 7.6; assurance 4.3, 4.6, 5.5. */
#include "keeper_house.h"

#include <sqlite3.h>

#include "keeper/wire.h"
#include "postern/sealed.h"

static int setup(void **state)
{
	struct house *h = calloc(1, sizeof(*h));

	assert_non_null(h);
	house_init(h, "");
	*state = h;
	return 0;
}

static int teardown(void **state)
{
	struct house *h = *state;

	house_close(h);
	free(h);
	return 0;
}

/* --- operations on a vault in this process ----------------------------------
 */

struct frame {
	struct buf request;
	uint8_t *answer;
	size_t len;
};

static struct frame frame_new(const struct wire_op *ops, size_t n)
{
	struct frame f = {.request = BUF_INIT(IPC_PAYLOAD_MAX)};
	struct err err;

	f.answer = malloc(IPC_PAYLOAD_MAX);
	assert_non_null(f.answer);
	assert_int_equal(buf_append_u16(&f.request, (uint16_t)n, &err), 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(wire_op_put(&f.request, &ops[i], &err), 0);
	return f;
}

static void frame_free(struct frame *f)
{
	buf_free(&f->request);
	free(f->answer);
}

static int frame_run(struct vault *v, struct frame *f, struct err *err)
{
	return ops_run(v, f->request.bytes, f->request.len, f->answer, &f->len,
		       err);
}

#define CHUNK (5 + SEALED_CHUNK_OVERHEAD)

/* Seals "hello" under a key of the person. */
static void seal(struct vault *v, int64_t person, uint8_t ret[CHUNK])
{
	struct wire_op op = {.code = WIRE_SEAL,
			     .field = FIELD_CONTENT,
			     .key = ref_of(person, "MSG", 2026),
			     .final = true,
			     .bytes = (const uint8_t *)"hello",
			     .len = 5};
	struct frame f = frame_new(&op, 1);
	struct err err = {0};

	assert_int_equal(frame_run(v, &f, &err), 0);
	assert_int_equal(f.len, WIRE_COUNT_BYTES + WIRE_ANSWER_HEADER + CHUNK);
	assert_int_equal(f.answer[WIRE_COUNT_BYTES], WIRE_DONE);
	memcpy(ret, f.answer + WIRE_COUNT_BYTES + WIRE_ANSWER_HEADER, CHUNK);
	frame_free(&f);
}

static enum wire_status open_status(struct vault *v, int64_t person,
				    const uint8_t sealed[CHUNK])
{
	struct wire_op op = {.code = WIRE_OPEN,
			     .field = FIELD_CONTENT,
			     .key = ref_of(person, "MSG", 2026),
			     .final = true,
			     .bytes = sealed,
			     .len = CHUNK};
	struct frame f = frame_new(&op, 1);
	struct err err = {0};
	enum wire_status status;

	assert_int_equal(frame_run(v, &f, &err), 0);
	status = (enum wire_status)f.answer[WIRE_COUNT_BYTES];
	frame_free(&f);
	return status;
}

static int shred(struct vault *v, int64_t person, struct err *err)
{
	struct wire_op op = {.code = WIRE_SHRED, .key.person = person};
	struct frame f = frame_new(&op, 1);
	int rc = frame_run(v, &f, err);

	frame_free(&f);
	return rc;
}

static enum reason unlock_reason(const struct house *h, const char *credential,
				 const char *phrase)
{
	struct vault *v = NULL;
	struct err err = {0};
	enum reason reason;

	assert_int_equal(vault_open(env_system(), h->dir, credential, &v, &err),
			 0);
	/* a store's failure keeps its own text and SQLite's code for the log */
	if (vault_unlock(v, phrase, strlen(phrase), &err) != 0 &&
	    v->reason != REASON_STORE_DAMAGED)
		assert_string_equal(err.what, reason_text(v->reason));
	reason = v->reason;
	vault_close(&v);
	return reason;
}

/* --- key files ---------------------------------------------------------------
 */

static void a_wrong_root_key_file_is_refused_and_left_alone(void **state)
{
	struct house *h = *state, other;
	char good[1024], text[1024], after[1024];
	size_t len = house_read(h, "keys/root", good, sizeof(good));
	char *key = memmem(good, len, "\nkey ", 5);
	struct {
		const char *text;
		size_t len;
		enum reason reason;
	} cases[] = {
	    {good, 0, REASON_EMPTY},
	    {good, 10, REASON_NO_KEY_FILE},
	    {good, 30, REASON_TRUNCATED},
	    {good, len - 1, REASON_TRUNCATED},
	    {good, len - 60, REASON_TRUNCATED},
	    {"0123456789012345678901234567890\n", 32, REASON_NO_KEY_FILE},
	    {text, len, REASON_TRUNCATED},     /* one digit changed */
	    {text, len - 2, REASON_LENGTH},    /* shorter key */
	    {text, len, REASON_OTHER_ONE},     /* swapped */
	    {good, len + 1, REASON_TRUNCATED}, /* more behind it */
	};

	assert_non_null(key);
	good[len] = '\n';
	house_init(&other, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memcpy(text, good, len);
		if (i == 6)
			text[key - good + 9] =
			    text[key - good + 9] == '0' ? '1' : '0';
		if (i == 7)
			memmove(text + (key - good) + 5,
				text + (key - good) + 7,
				len - (size_t)(key - good) - 7);
		if (i == 8)
			assert_int_equal(
			    house_read(&other, "keys/root", text, sizeof(text)),
			    len);
		house_write(h, "keys/root", cases[i].text, cases[i].len);
		assert_int_equal(unlock_reason(h, NULL, ""), cases[i].reason);
		assert_int_equal(
		    house_read(h, "keys/root", after, sizeof(after)),
		    cases[i].len);
		assert_memory_equal(after, cases[i].text, cases[i].len);
	}
	house_write(h, "keys/root", good, len);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_NONE);
	house_close(&other);
}

/* Right labels and a right check around another key. */
static void another_key_with_the_right_labels_is_refused(void **state)
{
	struct house *h = *state;
	char text[ROOTKEY_FILE_MAX];
	struct rootkey k;
	struct err err;
	size_t len = house_read(h, "keys/root", text, sizeof(text));

	assert_int_equal(rootkey_parse(text, len, &k, &err), 0);
	k.body[0] ^= 1;
	len = rootkey_format(&k, text);
	house_write(h, "keys/root", text, len);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_WRONG_KEY);
	k.body[0] ^= 1;
	k.of.epoch++;
	len = rootkey_format(&k, text);
	house_write(h, "keys/root", text, len);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_OTHER_EPOCH);
}

static void a_root_key_file_that_others_may_read_is_refused(void **state)
{
	static const struct {
		mode_t mode;
		enum reason file, credential;
	} cases[] = {
	    {0600, REASON_NONE, REASON_NONE},
	    {0400, REASON_NONE, REASON_NONE},
	    {0440, REASON_OPEN_TO_ALL, REASON_NONE},
	    {0640, REASON_OPEN_TO_ALL, REASON_NONE},
	    {0660, REASON_OPEN_TO_ALL, REASON_OPEN_TO_ALL},
	    {0604, REASON_OPEN_TO_ALL, REASON_OPEN_TO_ALL},
	    {0602, REASON_OPEN_TO_ALL, REASON_OPEN_TO_ALL},
	};
	struct house *h = *state;
	char path[256];

	house_path(h, "keys/root", path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(unlock_reason(h, NULL, ""), cases[i].file);
		assert_int_equal(unlock_reason(h, path, ""),
				 cases[i].credential);
	}
}

static void an_absent_key_or_store_is_named(void **state)
{
	struct house *h = *state;
	char path[256], moved[256];

	house_path(h, "keys/root", path);
	house_path(h, "moved", moved);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_NO_FILE);
	assert_int_equal(symlink(moved, path), 0);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_UNREADABLE);
	assert_int_equal(rename(moved, path), 0);
	house_path(h, "keeper.db", path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_NO_STORE);
	assert_false(house_has(h, "keeper.db"));
	assert_int_equal(rename(moved, path), 0);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_NONE);
	house_write(h, "keeper.db", "not a database, but long enough", 31);
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_STORE_DAMAGED);
}

static void a_keeper_with_a_wrong_key_stays_up_and_says_why(void **state)
{
	struct house *h = *state;
	struct keeper_status st;
	struct err err = {0};
	char good[1024];
	size_t len = house_read(h, "keys/root", good, sizeof(good));

	house_write(h, "keys/root", good, len - 1);
	house_start(h);
	assert_int_equal(keeper_status(h->keeper, &st, &err), 0);
	assert_true(st.locked);
	assert_string_equal(st.reason,
			    "the root key file is truncated or damaged");
	assert_int_equal(keeper_unlock(h->keeper, "", 0, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_string_equal(err.what, st.reason);
	house_write(h, "keys/root", good, len);
	assert_int_equal(keeper_unlock(h->keeper, "", 0, &err), 0);
}

static void a_key_is_never_replaced_by_init_or_restore(void **state)
{
	struct house *h = *state;
	char path[256], before[1024], after[1024];
	size_t len = house_read(h, "keys/root", before, sizeof(before));
	struct err err;

	assert_int_equal(keeper_init(env_system(), h->dir, "", 0, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(
	    keeper_restore(env_system(), h->dir, "nowhere", "x", 1, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	house_path(h, "keeper.db", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(keeper_init(env_system(), h->dir, "", 0, &err), -1);
	assert_int_equal(house_read(h, "keys/root", after, sizeof(after)), len);
	assert_memory_equal(before, after, len);
}

/* One case for all of it: Argon2id takes its time. */
static void a_passphrase_opens_rotates_and_locks(void **state)
{
	struct house h;
	struct vault *v = NULL;
	struct err err = {0};
	uint8_t sealed[CHUNK];

	(void)state;
	house_init(&h, "correct horse");
	assert_int_equal(vault_open(env_system(), h.dir, NULL, &v, &err), 0);
	assert_int_equal(vault_unlock(v, "", 0, &err), -1);
	assert_int_equal(v->reason, REASON_PASSPHRASE);
	assert_int_equal(vault_unlock(v, "wrong", 5, &err), -1);
	assert_int_equal(v->reason, REASON_WRONG_PHRASE);
	assert_int_equal(vault_unlock(v, "correct horse", 13, &err), 0);
	seal(v, 7, sealed);
	assert_int_equal(vault_rotate(v, &err), 0);
	vault_lock(v, REASON_LOCKED);
	assert_int_equal(vault_unlock(v, "correct horse", 13, &err), 0);
	assert_int_equal(v->meta.of.epoch, 2);
	assert_int_equal(open_status(v, 7, sealed), WIRE_DONE);
	vault_close(&v);
	house_close(&h);
}

static void a_lock_leaves_no_key_in_memory(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	uint8_t sealed[CHUNK];
	const uint8_t *bytes;
	size_t used = 0;

	seal(v, 7, sealed);
	vault_lock(v, REASON_LOCKED);
	bytes = (const uint8_t *)&v->arena->keys;
	for (size_t i = 0; i < sizeof(v->arena->keys); i++)
		used += bytes[i] != 0;
	/* the fresh seed of the next cache is the only thing in there */
	assert_true(used <= sizeof(v->arena->keys.cache.seed));
	vault_close(&v);
}

static void keys_in_a_credential_are_not_rotated(void **state)
{
	struct house *h = *state;
	struct vault *v = NULL;
	char path[256], moved[256];
	struct err err;

	house_path(h, "keys/root", path);
	house_path(h, "credential", moved);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(vault_open(env_system(), h->dir, moved, &v, &err), 0);
	assert_int_equal(vault_unlock(v, "", 0, &err), 0);
	assert_int_equal(vault_rotate(v, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
	assert_false(house_has(h, "keys/root.new"));
	vault_close(&v);
}

/* --- crashes -----------------------------------------------------------------
 */

static void a_rotation_cut_off_anywhere_leaves_keys_that_work(void **state)
{
	(void)state;
	for (unsigned int steps = 0; steps <= ROTATE_STEPS; steps++) {
		struct house h;
		struct vault *v;
		struct err err = {0};
		uint8_t sealed[CHUNK];

		house_init(&h, "");
		v = house_vault(&h, "");
		seal(v, 7, sealed);
		for (unsigned int s = 0; s < steps; s++)
			assert_int_equal(
			    vault_rotate_step(v, (enum rotate_step)s, &err), 0);
		vault_close(&v); /* what a crash leaves: synced files only */
		v = house_vault(&h, "");
		assert_int_equal(v->meta.of.epoch,
				 steps > ROTATE_STORE ? 2 : 1);
		assert_int_equal(open_status(v, 7, sealed), WIRE_DONE);
		assert_false(house_has(&h, "keys/root.new"));
		/* and the next rotation finds nothing in its way */
		assert_int_equal(vault_rotate(v, &err), 0);
		vault_close(&v);
		v = house_vault(&h, "");
		assert_int_equal(open_status(v, 7, sealed), WIRE_DONE);
		vault_close(&v);
		house_close(&h);
	}
}

static void what_was_committed_is_there_though_no_answer_came(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	uint8_t sealed[CHUNK], again[CHUNK];

	seal(v, 7, sealed);
	vault_close(&v); /* before anybody got the answer */
	v = house_vault(h, "");
	assert_int_equal(open_status(v, 7, sealed), WIRE_DONE);
	seal(v, 7, again); /* the caller asks again */
	assert_int_equal(open_status(v, 7, again), WIRE_DONE);
	vault_close(&v);
}

static void a_batch_that_fails_makes_no_key(void **state)
{
	struct wire_op op = {.code = WIRE_SEAL,
			     .field = FIELD_CONTENT,
			     .key = ref_of(7, "MSG", 2026),
			     .final = true,
			     .bytes = (const uint8_t *)"hello",
			     .len = 5};
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	struct frame f = frame_new(&op, 1);
	struct keeper_status st;
	struct err err = {0};

	f.request.len--; /* cut inside */
	f.request.bytes[7]--;
	assert_int_equal(buf_append_u16(&f.request, 0xffff, &err), 0);
	f.request.bytes[1] = 2;
	assert_int_equal(frame_run(v, &f, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	assert_int_equal(vault_status(v, &st, &err), 0);
	assert_int_equal(st.data_keys, 0);
	frame_free(&f);
	vault_close(&v);
}

/* --- erasure
 * ------------------------------------------------------------------ */

static bool in_files(const struct house *h, const void *needle, size_t len)
{
	static const char *const files[] = {"keeper.db", "keeper.db-wal"};
	char *bytes = malloc(1u << 20);
	bool found = false;

	assert_non_null(bytes);
	for (size_t i = 0; i < 2; i++) {
		size_t n = house_read(h, files[i], bytes, 1u << 20);

		found = found || memmem(bytes, n, needle, len) != NULL;
	}
	free(bytes);
	return found;
}

static void a_destroyed_key_is_in_no_file_afterwards(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	struct key_ref ref = ref_of(7, "MSG", 2026);
	uint8_t wrapped[WRAPPED_BYTES], sealed[CHUNK];
	struct err err;

	seal(v, 8, sealed);
	seal(v, 7, sealed);
	assert_int_equal(keystore_key_get(v->store, &ref, wrapped, &err), 0);
	assert_true(in_files(h, wrapped, sizeof(wrapped)));
	assert_int_equal(shred(v, 7, &err), 0);
	assert_false(in_files(h, wrapped, sizeof(wrapped)));
	assert_int_equal(open_status(v, 7, sealed), WIRE_ABSENT);
	vault_close(&v);
}

static void a_reader_delays_an_erasure_until_it_is_gone(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	sqlite3_stmt *st = NULL;
	sqlite3 *db = NULL;
	uint8_t sealed[CHUNK];
	char path[256];
	struct err err = {0};

	seal(v, 7, sealed);
	house_path(h, "keeper.db", path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "SELECT * FROM data_key", -1, &st, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(shred(v, 7, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(shred(v, 7, &err), 0); /* asked again */
	assert_int_equal(open_status(v, 7, sealed), WIRE_ABSENT);
	vault_close(&v);
}

static int failing_sync(struct env *env, int fd)
{
	(void)env;
	(void)fd;
	errno = EIO;
	return -1;
}

static void without_its_log_line_no_key_is_destroyed(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	struct env env = *v->env;
	uint8_t sealed[CHUNK];
	struct err err;

	seal(v, 7, sealed);
	env.datasync = failing_sync;
	v->env = &env;
	assert_int_equal(shred(v, 7, &err), -1);
	assert_int_equal(err.kind, ERR_STORAGE);
	assert_int_equal(open_status(v, 7, sealed), WIRE_DONE);
	vault_close(&v);
}

/* --- backup
 * -------------------------------------------------------------------- */

static void a_backup_opens_with_its_passphrase_only(void **state)
{
	struct house *h = *state, to;
	struct vault *v;
	struct err err = {0};
	uint8_t kept[CHUNK], erased[CHUNK], later[CHUNK];
	char file[256], bytes[65536], path[256], line[512];
	size_t len;

	house_start(h); /* a running keeper is no obstacle */
	house_path(h, "keys.backup", file);
	assert_int_equal(house_kill(h, SIGTERM), 0);
	v = house_vault(h, "");
	seal(v, 7, kept);
	seal(v, 8, erased);
	assert_int_equal(
	    keeper_backup(env_system(), h->dir, file, "", 0, INT64_MAX, &err),
	    -1);
	assert_int_equal(keeper_backup(env_system(), h->dir, file, "phrase", 6,
				       INT64_MAX, &err),
			 0);
	assert_int_equal(keeper_backup(env_system(), h->dir, file, "phrase", 6,
				       INT64_MAX, &err),
			 -1);
	assert_int_equal(err.kind, ERR_INPUT); /* never overwritten */
	assert_int_equal(shred(v, 8, &err), 0);
	seal(v, 9, later);
	vault_close(&v);

	house_open(&to);
	assert_int_equal(
	    keeper_restore(env_system(), to.dir, file, "wrong", 5, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
	/* a torn line before the true one does no harm */
	len = house_read(h, "erasures.log", bytes, sizeof(bytes));
	(void)snprintf(line, sizeof(line), "erased 12 7\n%.*s", (int)len,
		       bytes);
	house_write(&to, "erasures.log", line, strlen(line));
	assert_int_equal(
	    keeper_restore(env_system(), to.dir, file, "phrase", 6, &err), 0);
	v = house_vault(&to, "");
	assert_int_equal(open_status(v, 7, kept), WIRE_DONE);
	assert_int_equal(open_status(v, 8, erased), WIRE_ABSENT);
	assert_int_equal(open_status(v, 9, later), WIRE_ABSENT);
	vault_close(&v);
	house_close(&to);

	/* cut, changed, lengthened: nothing is left behind */
	len = house_read(h, "keys.backup", bytes, sizeof(bytes) - 1);
	assert_null(memmem(bytes, len, "postern-root-key", 16));
	for (int i = 0; i < 3; i++) {
		size_t n = i == 0 ? len - 1 : i == 1 ? len : len + 1;

		house_open(&to);
		bytes[len / 2] ^= i == 1;
		house_write(&to, "bad", bytes, n);
		bytes[len / 2] ^= i == 1;
		house_path(&to, "bad", path);
		assert_int_equal(keeper_restore(env_system(), to.dir, path,
						"phrase", 6, &err),
				 -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		assert_false(house_has(&to, "keys/root"));
		assert_false(house_has(&to, "keeper.db"));
		house_close(&to);
	}
}

/* --- time
 * ---------------------------------------------------------------------- */

static int64_t fixed_wall_ms(struct env *env)
{
	return *(int64_t *)env->ctx;
}

static void the_spool_pair_changes_every_day(void **state)
{
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	struct env env = *v->env;
	int64_t now_ms = env.wall_ms(&env);
	struct err err;

	env.wall_ms = fixed_wall_ms;
	env.ctx = &now_ms;
	v->env = &env;
	assert_int_equal(v->pair, 1);
	now_ms += 23 * 3600 * 1000;
	assert_int_equal(spoolpair_tend(v, &err), 0);
	assert_int_equal(v->pair, 1);
	now_ms += 2 * 3600 * 1000;
	assert_int_equal(spoolpair_tend(v, &err), 0);
	assert_int_equal(v->pair, 2);
	/* a pair from the future was made with a wrong clock */
	now_ms -= 48 * 3600 * 1000;
	assert_int_equal(spoolpair_tend(v, &err), 0);
	assert_int_equal(v->pair, 3);
	vault_close(&v);
}

static void a_damaged_public_key_file_is_refused_and_mended(void **state)
{
	struct house *h = *state;
	struct spool_public pub, again;
	struct err err;
	char path[256], bytes[64];
	size_t len = house_read(h, "keys/spool.pub", bytes, sizeof(bytes));

	assert_int_equal(len, 52);
	house_path(h, "keys/spool.pub", path);
	assert_int_equal(spool_public_read(path, &pub, &err), 0);
	for (size_t i = 0; i < len; i++) {
		bytes[i] ^= 1;
		house_write(h, "keys/spool.pub", bytes, len);
		bytes[i] ^= 1;
		assert_int_equal(spool_public_read(path, &again, &err), -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
		house_write(h, "keys/spool.pub", bytes, i);
		assert_int_equal(spool_public_read(path, &again, &err), -1);
	}
	assert_int_equal(unlock_reason(h, NULL, ""), REASON_NONE);
	assert_int_equal(spool_public_read(path, &again, &err), 0);
	assert_memory_equal(&pub, &again, sizeof(pub));
}

static void ten_thousand_keys_are_wrapped_anew_quickly(void **state)
{
	enum { PERSONS = 10000, PER_FRAME = 1000 };
	struct house *h = *state;
	struct vault *v = house_vault(h, "");
	struct wire_op *ops = calloc(PER_FRAME, sizeof(*ops));
	struct timespec a, z;
	struct keeper_status st;
	struct err err = {0};
	int64_t ms;

	assert_non_null(ops);
	for (int i = 0; i < PERSONS; i += PER_FRAME) {
		struct frame f;

		for (int j = 0; j < PER_FRAME; j++)
			ops[j] =
			    (struct wire_op){.code = WIRE_SEAL,
					     .field = FIELD_CONTENT,
					     .key = ref_of(i + j, "MSG", 2026),
					     .final = true};
		f = frame_new(ops, PER_FRAME);
		assert_int_equal(frame_run(v, &f, &err), 0);
		frame_free(&f);
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	assert_int_equal(vault_rotate(v, &err), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &z);
	ms = (z.tv_sec - a.tv_sec) * 1000 + (z.tv_nsec - a.tv_nsec) / 1000000;
	print_message("%lld ms for %d keys\n", (long long)ms, PERSONS);
	assert_true(ms < 5000);
	assert_int_equal(vault_status(v, &st, &err), 0);
	assert_int_equal(st.data_keys, PERSONS);
	vault_close(&v);
	/* and every one of them opens under the new root key */
	v = house_vault(h, "");
	for (int i = 0; i < PERSONS; i++) {
		struct key_ref ref = ref_of(i, "MSG", 2026);
		const uint8_t *key;

		assert_int_equal(vault_key(v, &ref, false, &key, &err), 0);
	}
	vault_close(&v);
	free(ops);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_wrong_root_key_file_is_refused_and_left_alone),
	    CASE(another_key_with_the_right_labels_is_refused),
	    CASE(a_root_key_file_that_others_may_read_is_refused),
	    CASE(an_absent_key_or_store_is_named),
	    CASE(a_keeper_with_a_wrong_key_stays_up_and_says_why),
	    CASE(a_key_is_never_replaced_by_init_or_restore),
	    cmocka_unit_test(a_passphrase_opens_rotates_and_locks),
	    CASE(a_lock_leaves_no_key_in_memory),
	    CASE(keys_in_a_credential_are_not_rotated),
	    cmocka_unit_test(a_rotation_cut_off_anywhere_leaves_keys_that_work),
	    CASE(what_was_committed_is_there_though_no_answer_came),
	    CASE(a_batch_that_fails_makes_no_key),
	    CASE(a_destroyed_key_is_in_no_file_afterwards),
	    CASE(a_reader_delays_an_erasure_until_it_is_gone),
	    CASE(without_its_log_line_no_key_is_destroyed),
	    CASE(a_backup_opens_with_its_passphrase_only),
	    CASE(the_spool_pair_changes_every_day),
	    CASE(a_damaged_public_key_file_is_refused_and_mended),
	    CASE(ten_thousand_keys_are_wrapped_anew_quickly),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
