/* test_ledger_tampered.c - 2 000 manipulations of messages, of their lists and
 * of what says which is the newest, at random: each is found, and the message
 * or the entry named.
 *
 * Proves: docs/ledger.md, "Messages". */
#include "messages_house.h"

#define ROUNDS 2000

/* --- at random ------------------------------------------------------------ */

/* One value of a random row of a query. */
static int64_t any_of(struct fixture *f, const char *from, const char *column)
{
	char sql[256];
	int64_t rows;

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
	rows = number_of(f, sql);
	assert_true(rows > 0);
	(void)snprintf(sql, sizeof(sql),
		       "SELECT %s FROM %s ORDER BY 1 LIMIT 1 OFFSET %llu",
		       column, from,
		       (unsigned long long)(draw(f) % (uint64_t)rows));
	return number_of(f, sql);
}

static int64_t any_message(struct fixture *f, const char *where)
{
	char from[128];

	(void)snprintf(from, sizeof(from), "message WHERE %s", where);
	return any_of(f, from, "id");
}

static void set_bytes(struct fixture *f, const char *sql,
		      struct store_value bytes, int64_t id)
{
	struct err err = {0};

	assert_int_equal(
	    store_run(f->store, sql, STORE_ARGS(bytes, S_INT(id)), &err), 0);
}

/* A blob, copied; its length. */
static size_t bytes_of(struct fixture *f, const char *sql, int64_t id,
		       uint8_t *ret, size_t size)
{
	struct store_rows *rows = NULL;
	struct store_value v;
	struct err err = {0};

	assert_int_equal(
	    store_start(f->store, sql, STORE_ARGS(S_INT(id)), &rows, &err), 0);
	assert_int_equal(store_step(f->store, rows, &err), 1);
	v = store_column(f->store, rows, 0);
	assert_true(v.len > 0 && v.len <= size);
	memcpy(ret, v.bytes, v.len);
	store_finish(f->store, &rows);
	return v.len;
}

static void flip(struct fixture *f, uint8_t *bytes, size_t len)
{
	bytes[draw(f) % len] ^= (uint8_t)(1u << draw(f) % 8);
}

/* What has to be named. */
struct named {
	int64_t message, other; /* 0: none in particular */
	int64_t entry;		/* -1: the same */
};

static struct named harm_message(struct fixture *f)
{
	int64_t id = any_message(f, "content_sealed IS NOT NULL"), from;
	uint8_t content[CONTENT], second[CONTENT];
	struct err err = {0};

	(void)bytes_of(f, "SELECT content_sealed FROM message WHERE id=?", id,
		       content, sizeof(content));
	switch (draw(f) % 5) {
	case 0:
		id = any_message(f, "1");
		assert_int_equal(
		    store_run(f->store, drop_sql, STORE_ARGS(S_INT(id)), &err),
		    0);
		return (struct named){id, id, -1};
	case 1:
		flip(f, content, sizeof(content));
		set_bytes(f, set_sql, S_BLOB(content, sizeof(content)), id);
		return (struct named){id, id, -1};
	case 2:
		set_bytes(f, set_sql, S_NULL, id);
		return (struct named){id, id, -1};
	case 3: /* one in the place of the other */
		do {
			from = any_message(f, "content_sealed IS NOT NULL");
		} while (from == id);
		(void)bytes_of(f,
			       "SELECT content_sealed FROM message WHERE id=?",
			       from, second, sizeof(second));
		set_bytes(f, set_sql, S_BLOB(content, sizeof(content)), from);
		set_bytes(f, set_sql, S_BLOB(second, sizeof(second)), id);
		return (struct named){id, from, -1};
	default: /* a new one, perhaps in the place of one removed */
		do {
			id = 1 + (int64_t)(draw(f) % (uint64_t)(f->next + 50));
		} while (store_run(f->store, put_sql,
				   STORE_ARGS(S_INT(id), S_BLOB(content, 9)),
				   &err) != 0);
		return (struct named){id, id, -1};
	}
}

static struct named harm_list(struct fixture *f)
{
	static const char get[] =
	    "SELECT messages FROM ledger_batch WHERE entry=?";
	static const char set[] =
	    "UPDATE ledger_batch SET messages=? WHERE entry=?";
	static const char drop[] = "DELETE FROM ledger_batch WHERE entry=?";
	static const char get_body[] =
	    "SELECT body FROM ledger_entry WHERE id=?";
	static const char set_body[] =
	    "UPDATE ledger_entry SET body=? WHERE id=?";
	uint8_t list[LEDGER_BATCH_MAX * LEDGER_RECORD_BYTES], record[40];
	int64_t entry = any_of(f, "ledger_batch", "entry");
	size_t len = bytes_of(f, get, entry, list, sizeof(list));
	struct named ret = {0, 0, entry};
	static const char root[] = "\"root\":\"";
	uint64_t how = draw(f) % 5;
	struct err err = {0};
	uint8_t *at;

	if (how == 4) {
		len = bytes_of(f, get_body, entry, list, sizeof(list));
		at = memmem(list, len, root, sizeof(root) - 1);
		assert_non_null(at);
		at[sizeof(root) - 1 + draw(f) % 64] ^= 1;
		set_bytes(f, set_body, S_BLOB(list, len), entry);
		return ret;
	}
	if (how == 3) {
		assert_int_equal(
		    store_run(f->store, drop, STORE_ARGS(S_INT(entry)), &err),
		    0);
		return ret;
	}
	if (how == 0 || len < 2 * LEDGER_RECORD_BYTES) {
		flip(f, list, len);
	} else if (how == 1) {
		len -= LEDGER_RECORD_BYTES;
	} else {
		memcpy(record, list, sizeof(record));
		memmove(list, list + sizeof(record), len - sizeof(record));
		memcpy(list + len - sizeof(record), record, sizeof(record));
	}
	set_bytes(f, set, S_BLOB(list, len), entry);
	return ret;
}

static int64_t entry_named(struct fixture *f, int64_t message)
{
	static const char sql[] =
	    "SELECT entry FROM ledger_gone WHERE message=?";
	struct err err = {0};
	int64_t entry = -1;
	bool found;

	assert_int_equal(store_one_int(f->store, sql,
				       STORE_ARGS(S_INT(message)), &entry,
				       &found, &err),
			 0);
	return entry;
}

static struct named harm_gone(struct fixture *f)
{
	static const char set[] =
	    "UPDATE ledger_gone SET entry=? WHERE message=?";
	static const char drop[] = "DELETE FROM ledger_gone WHERE message=?";
	static const char add[] = "INSERT INTO ledger_gone VALUES(?,?)";
	int64_t id = any_of(f, "ledger_gone", "message"), entry;
	struct err err = {0};

	switch (draw(f) % 3) {
	case 0:
		assert_int_equal(
		    store_run(f->store, drop, STORE_ARGS(S_INT(id)), &err), 0);
		break;
	case 1:
		do {
			entry = any_of(f, "ledger_entry", "id");
		} while (entry == entry_named(f, id));
		assert_int_equal(store_run(f->store, set,
					   STORE_ARGS(S_INT(entry), S_INT(id)),
					   &err),
				 0);
		break;
	default:
		id = any_message(f, "id NOT IN (SELECT message FROM"
				    " ledger_gone)");
		entry = any_of(f, "ledger_entry", "id");
		assert_int_equal(store_run(f->store, add,
					   STORE_ARGS(S_INT(id), S_INT(entry)),
					   &err),
				 0);
	}
	return (struct named){id, id, -1};
}

static void a_random_manipulation_is_found_and_named(void **state)
{
	static struct named (*const harm[])(struct fixture *) = {
	    harm_message, harm_message, harm_list, harm_gone};
	struct fixture *f = *state;
	struct ledger_message_finding found;
	struct named named;

	history(f, 60);
	is_sound(f);
	for (int i = 0; i < ROUNDS; i++) {
		begin(f);
		named = harm[draw(f) % 4](f);
		found = look(f);
		if (found.fault == LEDGER_MESSAGES_SOUND ||
		    (named.entry >= 0 &&
		     found.entry != (uint64_t)named.entry) ||
		    (named.message != 0 && found.message != named.message &&
		     found.message != named.other))
			fail_msg(
			    "round %d: fault %d, entry %lld, message %lld"
			    " instead of %lld, %lld or %lld",
			    i, (int)found.fault, (long long)found.entry,
			    (long long)found.message, (long long)named.entry,
			    (long long)named.message, (long long)named.other);
		store_roll_back(f->store);
	}
	is_sound(f);
}

/* --- said ----------------------------------------------------------------- */

static void a_finding_names_the_outside_id(void **state)
{
	const struct id_mask mask = {.key = {1, 2, 3}};
	struct ledger_message_finding found = {LEDGER_MESSAGE_MISSING, 17, 42};
	struct buf line = BUF_INIT(1024);
	struct err err = {0};
	struct id_text id;
	char wanted[256];

	(void)state;
	id_format(&mask, ID_MESSAGE, 42, &id);
	(void)snprintf(wanted, sizeof(wanted),
		       "a message was removed, and no entry says so; message "
		       "%s; entry 17",
		       id.text);
	assert_int_equal(
	    ledger_message_finding_print(&found, &mask, false, &line, &err), 0);
	assert_string_equal(buf_text(&line), wanted);
	buf_clear(&line);
	found = (struct ledger_message_finding){LEDGER_LIST_CHANGED, 3, 0};
	assert_int_equal(
	    ledger_message_finding_print(&found, &mask, true, &line, &err), 0);
	assert_string_equal(buf_text(&line),
			    "die Liste der Nachrichten ist nicht die ihres "
			    "Eintrags; Eintrag 3");
	buf_clear(&line);
	found = (struct ledger_message_finding){.entry = UINT64_MAX};
	assert_int_equal(
	    ledger_message_finding_print(&found, &mask, false, &line, &err), 0);
	assert_string_equal(buf_text(&line),
			    "the messages are those the log knows");
	buf_free(&line);
}

static void count_calls(void *ctx, uint64_t done, uint64_t all)
{
	uint64_t *last = ctx;

	assert_true(done >= *last && done <= all);
	*last = done;
}

static void progress_comes_to_the_end(void **state)
{
	struct ledger_message_finding found;
	struct fixture *f = *state;
	struct err err = {0};
	uint64_t last = 0;

	small(f);
	assert_int_equal(
	    ledger_check_messages(f->store, count_calls, &last, &found, &err),
	    0);
	assert_int_equal(last, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_random_manipulation_is_found_and_named),
	    TEST(a_finding_names_the_outside_id),
	    TEST(progress_comes_to_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
