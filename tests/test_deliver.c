/* test_deliver.c - from the outbox to helpdesks, with a real keeper and real
 * sockets; only the clock is ours.
 *
 * Proves: assurance T17, T40; section 7.2 "backlog" (order, other
 * destinations unaffected) on a small scale. */
#include "deliver_house.h"

#include "postern/log.h"

#define DESK (&dh.desks[0])
#define BACK (&dh.desks[1])

static void a_message_arrives_cut_to_what_its_helpdesk_may_see(void **state)
{
	int64_t c = dh_conversation("desk"), b = dh_conversation("back");
	char text[256];

	(void)state;
	(void)dh_tell("desk", c, "Wo ist mein Paket?");
	(void)dh_tell("back", b, "Und meins?");
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_string_equal(dh_said(DESK, 0, "text", text),
			    "Wo ist mein Paket?");
	assert_string_equal(dh_said(DESK, 0, "name", text), "");
	assert_string_equal(dh_said(DESK, 0, "address", text), "");
	assert_memory_equal(dh_said(DESK, 0, "conversation", text), "cnv_", 4);
	assert_memory_equal(dh_said(DESK, 0, "message", text), "msg_", 4);
	assert_memory_equal(dh_said(DESK, 0, "alias", text), "Kunde ", 6);
	assert_string_equal(dh_said(DESK, 0, "via", text), "whatsapp");
	assert_true(dh_said(DESK, 0, "reply_window_ends", text)[0] != '\0');
	assert_memory_equal(DESK->ids[0], "dlv_", 4);
	assert_int_equal(BACK->len, 1);
	assert_string_equal(dh_said(BACK, 0, "name", text), "Erika");
	assert_string_equal(dh_said(BACK, 0, "address", text), "+4930123456");
	assert_true(COUNT_OF("outbox") == 0);
	assert_true(dh.w.counts.delivered == 2);
	assert_true(deliver_due_in_ms(&dh.w) == -1);
}

static void order_holds_per_conversation_and_many_run_side_by_side(void **state)
{
	enum { CONVERSATIONS = 12, EACH = 45 };
	int64_t c[CONVERSATIONS];
	int last[CONVERSATIONS], place, number;
	char text[256];

	(void)state;
	for (int i = 0; i < CONVERSATIONS; i++) {
		c[i] = dh_conversation("desk");
		last[i] = -1;
	}
	/* longer than a lane is wide */
	for (int n = 0; n < EACH; n++)
		for (int i = 0; i < CONVERSATIONS; i++) {
			(void)snprintf(text, sizeof(text), "%d %d", i, n);
			(void)dh_tell("desk", c[i], text);
		}
	DESK->delay_ms = 10;
	dh_run();
	assert_int_equal(DESK->len, CONVERSATIONS * EACH);
	for (size_t i = 0; i < DESK->len; i++) {
		assert_int_equal(sscanf(dh_said(DESK, i, "text", text), "%d %d",
					&place, &number),
				 2);
		assert_int_equal(number, last[place] + 1);
		last[place] = number;
	}
	assert_true(COUNT_OF("outbox") == 0);
	assert_in_range(DESK->at_once_most, 4, CONVERSATIONS);
}

static void a_long_conversation_keeps_its_order_when_it_goes_on(void **state)
{
	int64_t c = dh_conversation("desk");
	struct err err = {0};
	bool moved = false;
	char text[256];
	int n = 0;

	(void)state;
	for (; n < 110; n++) {
		(void)snprintf(text, sizeof(text), "%d", n);
		(void)dh_tell("desk", c, text);
	}
	/* Beyond what was loaded first, and read on from the outbox once. */
	while (DESK->len < 40) {
		assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
		assert_int_equal(http_poll(dh.w.http, NULL, 0, 10, &err), 0);
	}
	(void)snprintf(text, sizeof(text), "%d", n++);
	(void)dh_tell("desk", c, text);
	dh_run();
	assert_int_equal(DESK->len, n);
	for (int i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "\"text\":\"%d\"", i);
		assert_non_null(strstr(DESK->bodies[i], text));
	}
}

static void a_row_committed_behind_the_cursor_is_found(void **state)
{
	int64_t c = dh_conversation("desk");

	(void)state;
	dh.next_id += 1000;
	(void)dh_tell("desk", c, "young");
	dh_run();
	dh.next_id -= 900;
	(void)dh_tell("desk", c, "old");
	dh_run();
	assert_int_equal(DESK->len, 2);
	assert_true(COUNT_OF("outbox") == 0);
}

#define OF(event) "ledger_entry WHERE json_extract(body,'$.e')='" event "'"

/* Steps as long as nothing fails; true: one did. */
static bool fails_at_last(void)
{
	struct err err = {0};
	bool moved;

	for (int i = 0; i < 2000; i++) {
		moved = false;
		if (deliver_step(&dh.w, &moved, &err) != 0)
			return true;
		assert_int_equal(http_poll(dh.w.http, NULL, 0, 10, &err), 0);
	}
	return false;
}

/* Nowhere to write it: what was told is settled once there is. */
static void what_was_told_is_settled_with_its_entry_only(void **state)
{
	int64_t c = dh_conversation("desk");

	(void)state;
	dh_sql("ALTER TABLE ledger_entry RENAME TO gone", STORE_NO_ARGS);
	(void)dh_tell("desk", c, "told");
	assert_true(fails_at_last());
	assert_true(COUNT_OF("outbox") == 1);
	dh_sql("ALTER TABLE gone RENAME TO ledger_entry", STORE_NO_ARGS);
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_true(COUNT_OF("outbox") == 0);
	assert_true(COUNT_OF(OF("disclosure.made")) == 1);
}

static void a_failure_holds_back_its_conversation_only(void **state)
{
	int64_t c = dh_conversation("desk"), other = dh_conversation("desk");
	char text[256];

	(void)state;
	DESK->refuses = "first";
	(void)dh_tell("desk", c, "first");
	(void)dh_tell("desk", c, "second");
	(void)dh_tell("desk", other, "other");
	dh_run();
	assert_int_equal(DESK->len, 2);
	assert_true(COUNT_OF("outbox") == 2);
	assert_true(COUNT_OF("outbox WHERE attempts=1 AND reason='status.5xx'"
			     " AND state='waiting'") == 1);
	assert_in_range(deliver_due_in_ms(&dh.w), 0, 5000);
	/* well again: the same id, then what waited behind it */
	DESK->refuses = NULL;
	dh_pass(5001);
	assert_int_equal(DESK->len, 4);
	assert_string_equal(dh_said(DESK, 2, "text", text), "first");
	assert_string_equal(dh_said(DESK, 3, "text", text), "second");
	for (size_t i = 0; i < 2; i++)
		if (strstr(DESK->bodies[i], "first") != NULL)
			assert_string_equal(DESK->ids[i], DESK->ids[2]);
	assert_true(COUNT_OF("outbox") == 0);
}

static void attempts_end_in_a_visible_dead_letter(void **state)
{
	int64_t c = dh_conversation("desk"), row;
	struct outbox_item items[4];
	size_t len = 0;
	char text[256];

	(void)state;
	DESK->refuses = "poison";
	row = dh_tell("desk", c, "poison");
	(void)dh_tell("desk", c, "later");
	dh_run();
	dh_pass(6000);	 /* second attempt */
	dh_pass(301000); /* third and last */
	assert_int_equal(DESK->len, 4);
	assert_string_equal(dh_said(DESK, 3, "text", text), "later");
	assert_int_equal(outbox_list(&dh.w, "dead", 0, items, 4, &len, NULL),
			 0);
	assert_int_equal(len, 1);
	assert_true(items[0].id == row);
	assert_true(items[0].attempts == 3);
	assert_string_equal(items[0].reason, "status.5xx");
	assert_string_equal(items[0].destination.text, "desk");
	assert_true(dh.w.counts.delivery_dead == 1);
	/* the operator tries again, and drops another */
	DESK->refuses = NULL;
	assert_int_equal(outbox_retry(&dh.w, row, NULL), 0);
	dh_run();
	assert_int_equal(DESK->len, 5);
	assert_string_equal(DESK->ids[4], DESK->ids[0]);
	assert_true(COUNT_OF("outbox") == 0);
	assert_int_equal(outbox_retry(&dh.w, row, NULL), -1);
	DESK->status = 500;
	row = dh_tell("desk", c, "unwanted");
	dh_run();
	assert_int_equal(outbox_drop(&dh.w, row, NULL), 0);
	assert_int_equal(outbox_drop(&dh.w, row, NULL), -1);
	dh_pass(6000);
	assert_int_equal(DESK->len, 6);
	assert_true(COUNT_OF("outbox") == 0);
}

static void gone_stops_a_helpdesk_until_the_settings_change(void **state)
{
	int64_t c = dh_conversation("desk");
	struct err err;

	(void)state;
	DESK->status = 410;
	(void)dh_tell("desk", c, "one");
	dh_run();
	(void)dh_tell("desk", c, "two");
	dh_pass(100LL * 3600 * 1000);
	assert_int_equal(DESK->len, 1);
	assert_true(COUNT_OF("outbox WHERE state='waiting'") == 2);
	assert_true(dh.w.counts.destinations_gone == 1);
	/* a restart asks again */
	DESK->status = 204;
	deliver_close(&dh.w.deliver);
	assert_int_equal(deliver_open(&dh.w, &dh.w.deliver, &err), 0);
	dh_pass(100LL * 3600 * 1000);
	assert_int_equal(DESK->len, 3);
	assert_true(COUNT_OF("outbox") == 0);
}

static void a_dead_helpdesk_costs_one_probe_and_harms_no_other(void **state)
{
	char text[16];
	size_t before;

	(void)state;
	dh.settings.limits.attempts_max = 100;
	DESK->status = 0;
	for (int i = 0; i < 30; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	before = DESK->len;
	assert_in_range(before, 5, 16);
	for (int i = 0; i < 20; i++) {
		(void)snprintf(text, sizeof(text), "%d", i);
		(void)dh_tell("back", dh_conversation("back"), text);
	}
	dh_run();
	assert_int_equal(BACK->len, 20);
	/* ten minutes of it: about one call a minute */
	for (int i = 0; i < 600; i++)
		dh_pass(1000);
	assert_in_range(DESK->len - before, 5, 24);
	assert_true(COUNT_OF("outbox") == 30);
	DESK->status = 200;
	dh_pass(61000);
	dh_pass(48LL * 3600 * 1000);
	assert_true(COUNT_OF("outbox") == 0);
}

/* Where nobody listens, and back. */
static void desk_moves(const char *address)
{
	struct settings_helpdesk *c = &dh.confs[0];

	(void)snprintf(c->url, sizeof(c->url), "http://%s/in", address);
	(void)snprintf(c->allow[0], sizeof(c->allow[0]), "%s", address);
}

static void nobody_there_costs_no_attempt_and_little_work(void **state)
{
	uint64_t tries;

	(void)state;
	desk_moves("127.0.0.1:1");
	for (int i = 0; i < 30; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	/* what was under way when the first found nobody, and no more */
	assert_in_range(dh.w.counts.delivery_retries, 1, 8);
	assert_int_equal(dh.w.deliver->targets[0].breaker.state, BREAKER_OPEN);
	tries = dh.w.counts.delivery_retries;
	for (int i = 0; i < 120; i++)
		dh_pass(5000);
	assert_in_range(dh.w.counts.delivery_retries - tries, 8, 24);
	assert_true(COUNT_OF("outbox WHERE state='waiting' AND attempts=0") ==
		    30);
	assert_true(COUNT_OF("outbox WHERE reason='unreachable'") >= 8);
	/* back: all of it within one pause */
	desk_moves(DESK->server.address);
	dh_pass(60000);
	assert_int_equal(DESK->len, 30);
	assert_true(COUNT_OF("outbox") == 0);
	/* but not for ever */
	desk_moves("127.0.0.1:1");
	(void)dh_tell("desk", dh_conversation("desk"), "y");
	dh_run();
	dh_pass(4LL * 24 * 3600 * 1000);
	assert_true(COUNT_OF("outbox WHERE state='dead'") == 0);
	dh_pass(61000);
	assert_true(COUNT_OF("outbox WHERE state='dead' AND attempts=0 AND "
			     "reason='unreachable'") == 1);
}

static void a_helpdesk_that_is_back_gets_all_at_once(void **state)
{
	(void)state;
	dh.settings.limits.attempts_max = 20;
	DESK->status = 503;
	for (int i = 0; i < 20; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	for (int i = 0; i < 180; i++)
		dh_pass(20000);
	assert_true(COUNT_OF("outbox WHERE state='waiting'") == 20);
	DESK->status = 204;
	dh_pass(60000);
	assert_true(COUNT_OF("outbox") == 0);
}

static void a_probe_before_its_time_changes_nothing_when_it_fails(void **state)
{
	static const char due[] = "SELECT next_ms FROM outbox";
	static const char tried[] = "SELECT attempts FROM outbox";
	int64_t attempts, due_ms;
	size_t calls;

	(void)state;
	dh.settings.limits.attempts_max = 20;
	DESK->status = 500;
	(void)dh_tell("desk", dh_conversation("desk"), "x");
	dh_run();
	while (dh.w.deliver->targets[0].breaker.state == BREAKER_CLOSED)
		dh_pass(deliver_due_in_ms(&dh.w));
	attempts = dh_number(tried);
	assert_true(attempts == BREAKER_FAILURES);
	due_ms = dh_number(due);
	calls = DESK->len;
	while (deliver_due_in_ms(&dh.w) < due_ms - worker_now(&dh.w)) {
		dh_pass(deliver_due_in_ms(&dh.w));
		assert_true(dh_number(tried) == attempts);
		assert_true(dh_number(due) == due_ms);
	}
	print_message("%zu probes in %lld s\n", DESK->len - calls,
		      (long long)(dh.ahead_ms / 1000));
	assert_true(due_ms - worker_now(&dh.w) <= 60000);
	/* in its time it counts, and a new message never waits for probes */
	dh_pass(due_ms - worker_now(&dh.w));
	assert_true(dh_number(tried) == attempts + 1);
	dh_pass(60000);
	dh_pass(60000);
	DESK->refuses = "\"x\"";
	DESK->status = 204;
	(void)dh_tell("desk", dh_conversation("desk"), "new");
	dh_run();
	assert_true(COUNT_OF("outbox") == 1);
}

static void a_time_the_helpdesk_named_is_kept_when_it_is_back(void **state)
{
	size_t before;

	(void)state;
	dh.settings.limits.attempts_max = 20;
	DESK->status = 503;
	DESK->header = "Retry-After: 3600\r\n";
	(void)dh_tell("desk", dh_conversation("desk"), "named");
	dh_run();
	DESK->header = NULL;
	DESK->status = 500;
	for (int i = 0; i < 5; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "x");
	for (int i = 0; i < 30; i++)
		dh_pass(10000);
	assert_int_equal(dh.w.deliver->targets[0].breaker.state, BREAKER_OPEN);
	DESK->status = 204;
	before = DESK->len;
	dh_pass(60000);
	assert_int_equal(DESK->len - before, 5);
	assert_true(COUNT_OF("outbox WHERE attempts=1") == 1);
	dh_pass(3600000);
	assert_true(COUNT_OF("outbox") == 0);
}

static size_t told(const struct desk *d, const char *part)
{
	size_t n = 0;

	for (size_t i = 0; i < d->len; i++)
		n += strstr(d->bodies[i], part) != NULL;
	return n;
}

static void poison_keeps_its_schedule_however_often_others_succeed(void **state)
{
	enum { POISON = 8, GOOD = 200 };

	(void)state;
	dh.settings.limits.attempts_max = 20;
	DESK->refuses = "poison";
	for (int i = 0; i < POISON; i++)
		(void)dh_tell("desk", dh_conversation("desk"), "poison");
	for (int i = 0; i < GOOD; i++) {
		(void)dh_tell("desk", dh_conversation("desk"), "good");
		dh_pass(3000);
	}
	dh_pass(1000);
	assert_int_equal(told(DESK, "good"), GOOD);
	/* ten minutes: the schedule has 3 to 5 attempts by then, each may be
	 * followed by one before its time */
	print_message("%zu calls for %d messages\n", told(DESK, "poison"),
		      POISON);
	assert_in_range(told(DESK, "poison"), POISON * 2, POISON * 10);
	assert_true(COUNT_OF("outbox WHERE state='waiting' AND attempts<=6") ==
		    POISON);
}

static void slow_down_is_obeyed_without_costing_attempts(void **state)
{
	int64_t c = dh_conversation("desk");

	(void)state;
	DESK->status = 429;
	DESK->header = "Retry-After: 30\r\n";
	(void)dh_tell("desk", c, "x");
	dh_run();
	dh_pass(29000);
	assert_int_equal(DESK->len, 1);
	for (int i = 0; i < 5; i++)
		dh_pass(61000);
	assert_true(DESK->len >= 5);
	assert_true(COUNT_OF("outbox WHERE attempts=0 AND state='waiting'") ==
		    1);
	DESK->status = 204;
	dh_pass(61000);
	assert_true(COUNT_OF("outbox") == 0);
	/* but not for ever */
	DESK->status = 504;
	(void)dh_tell("desk", c, "y");
	dh_run();
	dh_pass(5LL * 24 * 3600 * 1000);
	assert_true(COUNT_OF("outbox WHERE state='dead'") == 1);
}

static void a_message_waits_for_its_attachment(void **state)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,bytes,media_sealed,created_ms)"
	    " VALUES(?,?,?,?,'shop','MEDIA',2026,'wanted',77,?,1)";
	static const char kept[] = "UPDATE attachment SET state='kept'";
	int64_t c = dh_conversation("desk"), other = dh_conversation("desk");
	int64_t m = dh_message(c, "Bild"), a = ++dh.next_id;
	struct keeper_batch *batch = NULL;
	struct store_value sealed =
	    dh_seal(dh_person_of(c), "MEDIA", a, FIELD_MEDIA,
		    "{\"id\":\"1\",\"name\":\"foto.jpg\",\"mime\":\"image/"
		    "jpeg\"}",
		    &batch);

	(void)state;
	dh_sql(sql, STORE_ARGS(S_INT(a), S_INT(m), S_INT(c),
			       S_INT(dh_person_of(c)), sealed));
	keeper_batch_free(&batch);
	(void)dh_row("desk", c, m, "message.received", NULL);
	(void)dh_tell("desk", c, "danach");
	(void)dh_tell("desk", other, "sofort");
	dh_run();
	dh_pass(1000);
	assert_int_equal(DESK->len, 1);
	assert_non_null(strstr(DESK->bodies[0], "sofort"));
	dh_sql(kept, STORE_NO_ARGS);
	deliver_wake(&dh.w, "desk");
	dh_pass(1000);
	assert_int_equal(DESK->len, 3);
	assert_non_null(strstr(DESK->bodies[1], "\"name\":\"foto.jpg\""));
	assert_non_null(strstr(DESK->bodies[1], "/v1/attachments/att_"));
	assert_non_null(strstr(DESK->bodies[2], "danach"));
}

static void what_was_erased_meanwhile_is_not_told(void **state)
{
	static const char empty[] =
	    "UPDATE message SET content_sealed=NULL WHERE id=?";
	static const char remove_sql[] = "DELETE FROM message WHERE id=?";
	int64_t c = dh_conversation("desk"), shredded = dh_conversation("desk");
	int64_t one = dh_message(c, "one"), two = dh_message(c, "two");
	struct keeper_batch *batch = NULL;

	(void)state;
	(void)dh_row("desk", c, one, "message.received", NULL);
	(void)dh_row("desk", c, two, "message.received", NULL);
	(void)dh_row("desk", c, two, "message.deleted", NULL);
	(void)dh_tell("desk", shredded, "three");
	dh_sql(empty, STORE_ARGS(S_INT(one)));
	dh_sql(remove_sql, STORE_ARGS(S_INT(two)));
	assert_int_equal(keeper_batch_new(dh.w.keeper, &batch, NULL), 0);
	(void)keeper_add_shred(batch, dh_person_of(shredded), NULL);
	assert_int_equal(keeper_run(batch, NULL), 0);
	keeper_batch_free(&batch);
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_non_null(strstr(DESK->bodies[0], "message.deleted"));
	assert_true(COUNT_OF("outbox") == 0);
}

static void a_keeper_that_is_away_only_delays(void **state)
{
	int64_t c = dh_conversation("desk");
	struct err err = {0};
	bool moved = false;

	(void)state;
	(void)dh_tell("desk", c, "x");
	(void)house_kill(&dh.house, SIGKILL);
	assert_int_equal(deliver_step(&dh.w, &moved, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_true(COUNT_OF("outbox WHERE state='waiting' AND attempts=0") ==
		    1);
	(void)unlink(dh.house.socket);
	house_start(&dh.house);
	dh_pass(1000);
	assert_int_equal(DESK->len, 1);
	assert_true(COUNT_OF("outbox") == 0);
}

static void statuses_name_their_message_and_nothing_of_its_text(void **state)
{
	int64_t c = dh_conversation("desk"), m = dh_message(c, "geheim");
	char text[256];

	(void)state;
	(void)dh_row("desk", c, m, "message.status", "delivered");
	(void)dh_row("desk", c, 0, "conversation.reopened", NULL);
	dh_run();
	assert_int_equal(DESK->len, 2);
	assert_string_equal(dh_said(DESK, 0, "status", text), "delivered");
	assert_null(strstr(DESK->bodies[0], "geheim"));
	assert_non_null(strstr(DESK->bodies[1], "conversation.reopened"));
}

static void a_store_that_is_busy_loses_and_repeats_nothing(void **state)
{
	int64_t c = dh_conversation("desk");
	struct store *good = dh.w.store, *bad = NULL;
	struct err err = {0};
	bool moved = false;

	(void)state;
	(void)dh_tell("desk", c, "x");
	assert_int_equal(deliver_step(&dh.w, &moved, &err), 0);
	while (http_under_way(dh.w.http) > 0)
		assert_int_equal(http_poll(dh.w.http, NULL, 0, 10, &err), 0);
	assert_int_equal(store_open("failing", "", &bad, &err), 0);
	store_failing_set(bad, 1, false);
	dh.w.store = bad;
	assert_int_equal(deliver_step(&dh.w, &moved, &err), -1);
	dh.w.store = good;
	store_close(&bad);
	assert_true(deliver_due_in_ms(&dh.w) == 0);
	dh_run();
	assert_int_equal(DESK->len, 1);
	assert_true(COUNT_OF("outbox") == 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, dh_make, dh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_message_arrives_cut_to_what_its_helpdesk_may_see),
	    CASE(order_holds_per_conversation_and_many_run_side_by_side),
	    CASE(a_long_conversation_keeps_its_order_when_it_goes_on),
	    CASE(a_row_committed_behind_the_cursor_is_found),
	    CASE(what_was_told_is_settled_with_its_entry_only),
	    CASE(a_failure_holds_back_its_conversation_only),
	    CASE(attempts_end_in_a_visible_dead_letter),
	    CASE(gone_stops_a_helpdesk_until_the_settings_change),
	    CASE(a_dead_helpdesk_costs_one_probe_and_harms_no_other),
	    CASE(nobody_there_costs_no_attempt_and_little_work),
	    CASE(a_helpdesk_that_is_back_gets_all_at_once),
	    CASE(a_probe_before_its_time_changes_nothing_when_it_fails),
	    CASE(a_time_the_helpdesk_named_is_kept_when_it_is_back),
	    CASE(poison_keeps_its_schedule_however_often_others_succeed),
	    CASE(slow_down_is_obeyed_without_costing_attempts),
	    CASE(a_message_waits_for_its_attachment),
	    CASE(what_was_erased_meanwhile_is_not_told),
	    CASE(a_keeper_that_is_away_only_delays),
	    CASE(statuses_name_their_message_and_nothing_of_its_text),
	    CASE(a_store_that_is_busy_loses_and_repeats_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	log_open("test");
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
