/* When the worker has the proof log signed, what it does with a note that was
 * lost, and which archive it refuses: with a keeper process. */
#include "keeper_house.h"
#include "postern/keeperlog.h"
#include "postern/ledger.h"
#include "postern/log.h"
#include "worker/ledgerclock.h"

#define MINUTE INT64_C(60000)

static struct room {
	struct house h;
	struct env env;
	struct settings settings;
	struct worker w;
	int64_t boot_ms, wall_ms;
} room;

static int64_t room_boot(struct env *env)
{
	(void)env;
	return room.boot_ms;
}

static int64_t room_wall(struct env *env)
{
	(void)env;
	return room.wall_ms;
}

/* --- a worker, as far as the clockwork needs one -------------------------- */

static void open_archive(const char *name)
{
	struct err err = {0};
	const char *engine;
	char path[256];

	house_path(&room.h, name, path);
	assert_int_equal(store_engines(&engine, 1) > 0, 1);
	assert_int_equal(store_open(engine, path, &room.w.store, &err), 0);
	assert_int_equal(ledgerclock_open(&room.w, &room.w.ledger, &err), 0);
}

static void close_archive(void)
{
	ledgerclock_close(&room.w.ledger);
	store_close(&room.w.store);
}

static int setup(void **state)
{
	memset(&room, 0, sizeof(room));
	*state = &room;
	house_init(&room.h, "");
	house_start(&room.h);
	room.env = *env_system();
	room.env.boot_ms = room_boot;
	room.env.wall_ms = room_wall;
	room.boot_ms = 1000 * MINUTE;
	room.wall_ms = INT64_C(1790000000000);
	room.settings.ledger.checkpoint_minutes = 5;
	room.settings.ledger.checkpoint_entries = 10;
	room.w.env = &room.env;
	room.w.settings = &room.settings;
	room.w.keeper = room.h.keeper;
	open_archive("postern.db");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_archive();
	house_close(&room.h);
	return 0;
}

static void append(enum ledger_event event, size_t count)
{
	const struct ledger_entry entry = {
	    .event = event, .at_ms = room.wall_ms, .actor = LEDGER_SYSTEM};
	struct err err = {0};

	assert_int_equal(store_begin(room.w.store, &err), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(
		    ledger_append(room.w.store, NULL, &entry, NULL, &err), 0);
	assert_int_equal(store_commit(room.w.store, &err), 0);
}

static void pass(int64_t ms)
{
	room.boot_ms += ms;
	room.wall_ms += ms;
}

/* Turns until nothing moves; what the last one said. */
static enum err_kind turns(void)
{
	struct err err = {0};
	bool moved = true;

	for (int i = 0; moved; i++) {
		assert_true(i < 100);
		moved = false;
		pass(100);
		if (ledgerclock_step(&room.w, &moved, &err) != 0)
			return err.kind;
	}
	return ERR_NONE;
}

/* Entries in the last note that was kept; 0: none. */
static uint64_t kept(void)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint c = {.size = 0};
	struct err err = {0};

	(void)ledger_last(room.w.store, &note, &c, NULL, &err);
	buf_free(&note);
	return c.size;
}

static uint64_t entries(void)
{
	struct err err = {0};
	uint64_t n = 0;

	assert_int_equal(ledger_entries(room.w.store, &n, &err), 0);
	return n;
}

/* What the keeper remembers. */
static uint64_t remembered(void)
{
	struct keeper_log log = {0};
	struct err err = {0};

	assert_int_equal(keeper_log_status(room.h.keeper, "", &log, &err), 0);
	return log.size;
}

/* --- when ----------------------------------------------------------------- */

static void so_many_entries_are_signed(void **state)
{
	(void)state;
	room.settings.ledger.checkpoint_minutes = 1440;
	close_archive();
	open_archive("postern.db");
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 1); /* the first one at once */
	append(LEDGER_POLICY_CHANGED, 9);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 1);
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 12); /* with the entry of the first note */
	assert_int_equal(remembered(), 12);
	assert_int_equal(entries(), 13);
}

static void what_is_new_is_signed_after_so_many_minutes(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 1);
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	pass(5 * MINUTE - 1000);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 1);
	pass(MINUTE);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 3);
}

static void the_log_alone_is_no_reason_to_sign(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	append(LEDGER_LOG_TIMESTAMP, 20);
	for (int i = 0; i < 5; i++) {
		pass(10 * MINUTE);
		assert_int_equal(turns(), ERR_NONE);
	}
	assert_int_equal(kept(), 1);
	assert_int_equal(entries(), 22);
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 23);
}

static void a_restart_neither_hurries_nor_forgets(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	append(LEDGER_POLICY_CHANGED, 1);
	pass(3 * MINUTE);
	close_archive();
	open_archive("postern.db");
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 1);
	pass(2 * MINUTE);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 3);
	/* A wall clock that was set back for a year. */
	append(LEDGER_POLICY_CHANGED, 1);
	room.wall_ms -= 365 * 24 * 60 * MINUTE;
	close_archive();
	open_archive("postern.db");
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 5);
}

static void a_large_log_grows_in_turns(void **state)
{
	struct err err = {0};
	bool moved = false;
	uint64_t size = 0;

	(void)state;
	append(LEDGER_POLICY_CHANGED, 5000);
	assert_int_equal(ledgerclock_step(&room.w, &moved, &err), 0);
	pass(100);
	assert_int_equal(ledgerclock_step(&room.w, &moved, &err), 0);
	assert_true(moved);
	assert_int_equal(ledger_size(room.w.store, &size, &err), 0);
	assert_true(size > 0 && size < 5000);
	assert_int_equal(turns(), ERR_NONE);
	assert_true(kept() >= 4000); /* what there was when enough was there */
	assert_int_equal(ledgerclock_sign(&room.w, &err), 0);
	assert_int_equal(kept(), entries() - 1);
}

static void an_orderly_end_signs_the_rest(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	append(LEDGER_POLICY_CHANGED, 3);
	ledgerclock_end(&room.w);
	assert_int_equal(kept(), 5);
	ledgerclock_end(&room.w);
	assert_int_equal(kept(), 5);
}

/* --- the keeper ----------------------------------------------------------- */

static void a_locked_keeper_means_later(void **state)
{
	struct err err = {0};

	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(keeper_lock(room.h.keeper, &err), 0);
	assert_int_equal(turns(), ERR_BUSY);
	assert_false(ledgerclock_lets(&room.w, false));
	assert_true(ledgerclock_lets(&room.w, true)); /* who may unlock it */
	assert_int_equal(ledgerclock_sign(&room.w, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(keeper_unlock(room.h.keeper, "", 0, &err), 0);
	assert_int_equal(turns(), ERR_NONE);
	assert_true(ledgerclock_lets(&room.w, false));
	assert_int_equal(kept(), 1);
	/* And once it is known to fit, the rest goes on without a keeper. */
	append(LEDGER_POLICY_CHANGED, 20);
	assert_int_equal(keeper_lock(room.h.keeper, &err), 0);
	assert_int_equal(turns(), ERR_BUSY);
	assert_true(ledgerclock_lets(&room.w, false));
	ledgerclock_end(&room.w);
	assert_int_equal(kept(), 1);
	assert_int_equal(keeper_unlock(room.h.keeper, "", 0, &err), 0);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 22);
}

/* The worker died between the keeper's answer and its own commit. */
static void a_note_that_was_lost_is_kept_first(void **state)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct buf again = BUF_INIT(NOTE_BYTES_MAX);
	struct merkle_hash root;
	struct checkpoint c;
	struct err err = {0};
	bool left;

	(void)state;
	append(LEDGER_POLICY_CHANGED, 7);
	assert_int_equal(ledger_grow(room.w.store, 100, &left, &err), 0);
	assert_int_equal(ledger_root(room.w.store, 7, &root, &err), 0);
	assert_int_equal(
	    keeper_log_sign(room.h.keeper, 7, &root, NULL, 0, &note, &err), 0);
	append(LEDGER_POLICY_CHANGED, 2);
	assert_int_equal(kept(), 0);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(ledger_covering(room.w.store, 0, &again, &c, &err), 0);
	assert_int_equal(c.size, 7);
	assert_int_equal(again.len, note.len);
	assert_memory_equal(again.bytes, note.bytes, note.len);
	assert_int_equal(kept(), 9);
	buf_free(&note);
	buf_free(&again);
}

static void nothing_new_is_signed_once(void **state)
{
	struct err err = {0};

	(void)state;
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(ledgerclock_sign(&room.w, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT); /* an empty log */
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(ledgerclock_sign(&room.w, &err), 0);
	assert_int_equal(kept(), 1);
	/* The entry about it is new, and an operator asked. */
	assert_int_equal(ledgerclock_sign(&room.w, &err), 0);
	assert_int_equal(kept(), 2);
}

static void both_keys_sign_when_one_is_changed(void **state)
{
	struct keeper_log log;
	struct err err = {0};

	(void)state;
	append(LEDGER_POLICY_CHANGED, 1);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(ledgerclock_rotate(&room.w, &err), 0);
	assert_int_equal(keeper_log_status(room.h.keeper, "", &log, &err), 0);
	assert_false(log.rotating);
	assert_int_equal(log.size, kept());
	assert_int_equal(kept(), entries() - 1); /* the rotation is in it */
}

/* --- which archive -------------------------------------------------------- */

static void forget(const char *sql)
{
	struct err err = {0};

	assert_int_equal(store_run(room.w.store, sql, STORE_NO_ARGS, &err), 0);
}

static void is_refused(void)
{
	struct err err = {0};

	close_archive();
	open_archive("postern.db");
	assert_int_equal(ledgerclock_prove(&room.w, &err), 0);
	assert_true(ledgerclock_refused(&room.w));
	assert_false(ledgerclock_lets(&room.w, true));
	assert_false(ledgerclock_lets(&room.w, false));
	assert_int_equal(ledgerclock_sign(&room.w, &err), -1);
	ledgerclock_end(&room.w);
}

/* Proves: compliance 9, L5. */
static void an_archive_that_lost_what_was_signed_is_refused(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 20);
	assert_int_equal(turns(), ERR_NONE);
	assert_int_equal(kept(), 20);
	forget("DELETE FROM ledger_entry WHERE id>=19");
	is_refused();
	forget("DELETE FROM ledger_tile");
	forget("DELETE FROM meta WHERE name='ledger_size'");
	is_refused();
	assert_int_equal(remembered(), 20);
}

static void an_archive_of_another_log_is_refused(void **state)
{
	struct err err = {0};

	(void)state;
	append(LEDGER_POLICY_CHANGED, 20);
	assert_int_equal(turns(), ERR_NONE);
	close_archive();
	open_archive("other.db");
	append(LEDGER_POLICY_STOPPED, 30);
	assert_int_equal(ledgerclock_prove(&room.w, &err), 0);
	assert_true(ledgerclock_refused(&room.w));
	assert_int_equal(remembered(), 20);
}

/* Exchanged while the worker runs. */
static void the_keeper_refuses_what_the_worker_would_sign(void **state)
{
	(void)state;
	append(LEDGER_POLICY_CHANGED, 20);
	assert_int_equal(turns(), ERR_NONE);
	assert_false(ledgerclock_refused(&room.w));
	forget("DELETE FROM ledger_entry");
	forget("DELETE FROM ledger_tile");
	forget("DELETE FROM ledger_checkpoint");
	forget("DELETE FROM meta WHERE name='ledger_size'");
	append(LEDGER_POLICY_STOPPED, 40);
	assert_int_equal(turns(), ERR_BUSY);
	assert_true(ledgerclock_refused(&room.w));
	assert_int_equal(remembered(), 20);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(so_many_entries_are_signed),
	    CASE(what_is_new_is_signed_after_so_many_minutes),
	    CASE(the_log_alone_is_no_reason_to_sign),
	    CASE(a_restart_neither_hurries_nor_forgets),
	    CASE(a_large_log_grows_in_turns),
	    CASE(an_orderly_end_signs_the_rest),
	    CASE(a_locked_keeper_means_later),
	    CASE(a_note_that_was_lost_is_kept_first),
	    CASE(nothing_new_is_signed_once),
	    CASE(both_keys_sign_when_one_is_changed),
	    CASE(an_archive_that_lost_what_was_signed_is_refused),
	    CASE(an_archive_of_another_log_is_refused),
	    CASE(the_keeper_refuses_what_the_worker_would_sign),
	};

	if (sodium_init() < 0)
		return 1;
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
