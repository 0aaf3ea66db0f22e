/* test_receive_faults.c - what was not understood, and what went wrong while
 * a batch was on its way.
 *
 * Proves: assurance P1, P3, P4. */
#include "receive_house.h"

/* --- quarantine ----------------------------------------------------------- */

static void what_is_not_understood_waits_for_an_update(void **state)
{
	struct house *h = *state;
	struct quarantine_row row = {0};
	struct err err = {0};
	size_t len = 0;

	house_body(h, "!message,id=m1,strong=S1,type=text,text=" CANARY);
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(h->w.counts.quarantined, 1);
	assert_int_equal(quarantine_list(&h->w, 0, &row, 1, &len, &err), 0);
	assert_int_equal(len, 1);
	assert_string_equal(row.reason, "body.not_understood");
	assert_string_equal(row.channel.text, "shop");
	assert_int_equal(receive_replay(&h->w, row.id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
	h->lenient = true;
	assert_int_equal(receive_replay(&h->w, row.id, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(receive_replay(&h->w, row.id, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

static void what_does_not_open_is_kept_as_it_is(void **state)
{
	struct house *h = *state;
	struct quarantine_row row = {0};
	struct err err = {0};
	size_t len = 0;

	house_body_on(h, "shop", hello, true);
	house_body_on(h, "nosuch", hello, false);
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "quarantine WHERE"
					" reason='channel.unknown'"),
			 1);
	assert_int_equal(quarantine_list(&h->w, 0, &row, 1, &len, &err), 0);
	assert_string_equal(row.reason, "spool.damaged");
	assert_int_equal(receive_replay(&h->w, row.id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 2);
}

/* --- crashes and waits ---------------------------------------------------- */

static void a_batch_waits_for_a_locked_keeper(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	assert_int_equal(keeper_lock(h->w.keeper, &err), 0);
	house_body(h, hello);
	assert_int_equal(step_error(h), ERR_BUSY);
	assert_int_equal(step_error(h), ERR_BUSY);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(keeper_unlock(h->w.keeper, "", 0, &err), 0);
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(h->w.counts.received_bodies, 1);
}

static void a_keeper_that_died_is_found_again(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_keeper_stop(h);
	house_keeper_start(h);
	house_receive(h);
	content_is(CONTENT(h, "1=1"), "text", CANARY);
}

static void a_restart_goes_on_where_the_archive_ends(void **state)
{
	struct house *h = *state;

	house_body(h, hello);
	house_receive(h);
	/* Died before anything was trimmed. */
	house_close(h);
	house_open(h, "sqlite");
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(h->w.counts.received_bodies, 2);
	assert_int_equal(h->w.counts.duplicates, 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	/* Even a spool that is read from its beginning makes nothing new. */
	house_sql(h, "DELETE FROM meta WHERE name LIKE 'spool%'");
	house_close(h);
	house_open(h, "sqlite");
	house_receive(h);
	assert_int_equal(h->w.counts.duplicates, 2);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
}

static void archived_segments_go_but_never_the_newest(void **state)
{
	struct house *h = *state;
	char path[128];

	house_body(h, hello);
	house_segment(h);
	house_body(h, "message,id=m2,strong=S1,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	(void)snprintf(path, sizeof(path), "%s/spool/%016d.seg", h->dir, 1);
	assert_int_equal(access(path, F_OK), -1);
	(void)snprintf(path, sizeof(path), "%s/spool/%016d.seg", h->dir, 2);
	assert_int_equal(access(path, F_OK), 0);
}

/* Every call of the archive fails once; a batch is there whole or not. */
static void failing_the_nth_call_never_archives_half(void **state)
{
	static const char body[] =
	    "message,id=a,strong=S1,phone=0170555,type=image,media=7,text=x,"
	    "name=N\n"
	    "edit,id=b,strong=S1,target=a,text=y\n"
	    "optout,strong=S1,purpose=marketing\n"
	    "delete,id=c,strong=S1,target=q\n"
	    "message,id=d,phone=0170777,type=text,text=z\n";
	struct house *h = *state;
	struct err err = {0};
	uint64_t nth;
	bool moved = false;

	house_body(h, body);
	house_close(h);
	house_open(h, "failing");
	for (nth = 1; nth < 1000 && !moved; nth++) {
		store_failing_set(h->w.store, nth, true);
		(void)receive_step(&h->w, &moved, &err); /* may fail */
		store_failing_set(h->w.store, 0, false);
		if (moved)
			break;
		assert_int_equal(err.kind, ERR_BUSY);
		assert_int_equal(HOUSE_COUNT(h, "message"), 0);
		assert_int_equal(HOUSE_COUNT(h, "person"), 0);
		assert_int_equal(HOUSE_COUNT(h, "run_young"), 0);
		assert_int_equal(HOUSE_COUNT(h, "meta WHERE name LIKE"
						" 'spool%'"),
				 0);
	}
	assert_true(nth > 50);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_int_equal(HOUSE_COUNT(h, "attachment"), 1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 1);
	assert_int_equal(h->w.counts.received_bodies, 1);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(what_is_not_understood_waits_for_an_update),
	    CASE(what_does_not_open_is_kept_as_it_is),
	    CASE(a_batch_waits_for_a_locked_keeper),
	    CASE(a_keeper_that_died_is_found_again),
	    CASE(a_restart_goes_on_where_the_archive_ends),
	    CASE(archived_segments_go_but_never_the_newest),
	    CASE(failing_the_nth_call_never_archives_half),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "receive faults", tests, NULL, NULL);
}
