/* What a sweep deletes is told to the helpdesk that had it, in bundles.
 * Proves: design 3, "Forget"; Art. 19 GDPR. */
#include "sweep_house.h"

#include "worker/expired.h"

#define TOLD "outbox WHERE type='" EXPIRED_TYPE "'"

static int make(void **state)
{
	struct house *h;

	assert_int_equal(sweep_make(state), 0);
	h = *state;
	h->desk.told_expired = true;
	sweep_at(h, 2026, 5, 1, 9);
	return 0;
}

/* Everything there is, ninety days later. */
static void over(struct house *h)
{
	sweep_closed(h);
	sweep_at(h, 2026, 8, 14, 3);
	sweep_run(h);
}

/* Is the message in a list of these? */
static int64_t named(struct house *h, int64_t id)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM " TOLD
		       " AND instr(detail||' ',' %lld ')>0",
		       (long long)id);
	return house_number(h, sql);
}

static int64_t nth(struct house *h, int n)
{
	char sql[96];

	(void)snprintf(sql, sizeof(sql),
		       "SELECT id FROM message ORDER BY id LIMIT 1 OFFSET %d",
		       n);
	return house_number(h, sql);
}

static void one_row_for_a_conversation_names_all_of_it(void **state)
{
	struct house *h = *state;
	int64_t ids[5];

	for (int i = 0; i < 5; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "m%d", i);
		sweep_message(h, id, i < 3 ? "S1" : "S2");
		ids[i] = nth(h, i);
	}
	over(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, TOLD), 2);
	/* Due, and of the day on which it is told. */
	assert_int_equal(HOUSE_COUNT(h, TOLD " AND state='waiting' AND"
					     " destination='desk' AND message"
					     " IS NULL AND next_ms=created_ms"),
			 2);
	for (int i = 0; i < 5; i++)
		assert_int_equal(named(h, ids[i]), 1);
	/* And nothing else waits. */
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 2);
}

static void what_it_never_got_is_not_named(void **state)
{
	struct house *h = *state;
	int64_t ids[5];

	for (int i = 0; i < 5; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "m%d", i);
		sweep_message(h, id, "S1");
		ids[i] = nth(h, i);
	}
	house_sql(h, "UPDATE message SET outcome=3 WHERE id=(SELECT id FROM"
		     " message ORDER BY id LIMIT 1)");
	house_sql(h, "UPDATE message SET outcome=4 WHERE id=(SELECT id FROM"
		     " message ORDER BY id LIMIT 1 OFFSET 1)");
	house_sql(h, "UPDATE outbox SET state='restricted' WHERE message="
		     "(SELECT id FROM message ORDER BY id LIMIT 1 OFFSET 2)");
	house_sql(h, "UPDATE message SET direction='out',kind='notice' WHERE"
		     " id=(SELECT id FROM message ORDER BY id LIMIT 1"
		     " OFFSET 3)");
	over(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(named(h, ids[i]), 0);
	assert_int_equal(named(h, ids[4]), 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
}

static void who_wants_to_hear_nothing_hears_nothing(void **state)
{
	struct house *h = *state;

	h->desk.told_expired = false;
	sweep_message(h, "m1", "S1");
	over(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
}

static void a_conversation_nobody_has_is_told_to_nobody(void **state)
{
	struct house *h = *state;

	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE conversation SET helpdesk=NULL");
	over(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
}

static void what_a_law_keeps_is_told_when_it_goes(void **state)
{
	struct house *h = *state;

	sweep_message(h, "m1", "S1");
	house_sql(h, "UPDATE message SET datenart='BRIEF'");
	over(h);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 1);
	assert_int_equal(HOUSE_COUNT(h, TOLD), 0);
	sweep_at(h, 2033, 1, 1, 3);
	sweep_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, TOLD), 1);
}

/* The rest goes on the next day, what went is told on this one. */
static void a_days_share_is_told_on_its_day(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t id = 0;
	bool moved;

	for (int i = 0; i < 4; i++) {
		char name[8];

		(void)snprintf(name, sizeof(name), "m%d", i);
		sweep_message(h, name, "S1");
	}
	sweep_closed(h);
	h->settings.sweep.daily_cap = 3;
	sweep_at(h, 2026, 8, 14, 3);
	assert_null(sweep_asked(h, false, 0, &id));
	sweep_settle(h);
	assert_null(sweep_do_approve(h, id, WHO));
	sweep_settle(h);
	assert_null(sweep_asked(h, true, 0, &id));
	for (int i = 0; i < 200; i++) {
		h->w.sweep->pause_until_ms = 0;
		assert_int_equal(sweep_step(&h->w, &moved, &err), 0);
	}
	assert_string_equal(sweep_last(h), "running ");
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, TOLD " AND state='waiting'"), 1);
	sweep_at(h, 2026, 8, 15, 3);
	sweep_settle(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, TOLD " AND state='waiting'"), 2);
}

/* Until it is told nobody reads it, and more is added to it. */
static void a_row_is_bounded_and_loses_nothing(void **state)
{
	static int64_t ids[1000];
	struct house *h = *state;
	struct err err = {0};
	int64_t conversation;
	bool more = true;

	sweep_message(h, "m1", "S1");
	conversation = house_number(h, "SELECT id FROM conversation");
	for (int i = 0; i < 1000; i++)
		ids[i] = INT64_C(9000000000000000000) + i;
	for (int i = 0; i < 1000; i += 100) {
		assert_int_equal(worker_begin(&h->w, &err), 0);
		assert_int_equal(
		    expired_gather(&h->w, conversation, ids + i, 100, &err), 0);
		assert_int_equal(worker_commit(&h->w, &err), 0);
	}
	assert_in_range(HOUSE_COUNT(h, TOLD " AND state='gathering'"), 3, 5);
	assert_in_range(
	    house_number(h, "SELECT max(length(detail)) FROM " TOLD), 4000,
	    8192);
	for (int i = 0; i < 1000; i += 37)
		assert_int_equal(named(h, ids[i]), 1);
	assert_int_equal(house_number(h, "SELECT sum(length(detail))/20 FROM"
					 " " TOLD),
			 1000);
	assert_int_equal(expired_release(&h->w, &more, &err), 0);
	assert_false(more);
	assert_int_equal(HOUSE_COUNT(h, TOLD " AND state='gathering'"), 0);
}

static void only_what_was_gathered_is_read(void **state)
{
	static const char *const wrong[] = {"",	  "1",	  " ",	 " 1x",
					    " x", " 1,2", " 1  "};
	static const char right[] = " 7 -8 9223372036854775807";
	struct err err = {0};
	int64_t *ids = NULL;
	size_t len = 0;

	(void)state;
	assert_int_equal(
	    expired_parse((struct store_value)S_TEXT(right), &ids, &len, &err),
	    0);
	assert_int_equal(len, 3);
	assert_int_equal(ids[0], 7);
	assert_int_equal(ids[1], -8);
	assert_true(ids[2] == INT64_MAX);
	free(ids);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(
		    expired_parse((struct store_value)S_TEXT(wrong[i]), &ids,
				  &len, &err),
		    -1);
		assert_int_equal(err.kind, ERR_CORRUPT);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, make, sweep_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(one_row_for_a_conversation_names_all_of_it),
	    CASE(what_it_never_got_is_not_named),
	    CASE(who_wants_to_hear_nothing_hears_nothing),
	    CASE(a_conversation_nobody_has_is_told_to_nobody),
	    CASE(what_a_law_keeps_is_told_when_it_goes),
	    CASE(a_days_share_is_told_on_its_day),
	    CASE(a_row_is_bounded_and_loses_nothing),
	    CASE(only_what_was_gathered_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
