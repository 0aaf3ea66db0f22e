/* test_send.c - outbox to a provider on loopback.
 *
 * Proves: channels.md 1.4, 1.5, 1.6, 5.5, 5.6; assurance P5. */
#include "send_house.h"

#include "worker/send.h"

#define GOOD	"{\"messages\":[{\"id\":\"wamid.1\"}]}"
#define GOOD2	"{\"messages\":[{\"id\":\"wamid.2\"}]}"
#define CODE(n) "{\"error\":{\"code\":" #n "}}"

#define STATE(m, s) assert_int_equal(message_in((m), (s)), 1)

static int64_t message_in(int64_t message, const char *message_state)
{
	static const char sql[] =
	    "SELECT COUNT(*) FROM message WHERE id=? AND state=?";
	struct err err;
	int64_t n = 0;
	bool found;

	assert_int_equal(
	    store_one_int(sh.w.store, sql,
			  STORE_ARGS(S_INT(message), S_TEXT(message_state)), &n,
			  &found, &err),
	    0);
	return n;
}

static void a_reply_goes_out_and_is_told(void **state)
{
	int64_t m = sh_reply(sh_person("491701234567"), "text",
			     "{\"text\":\"Guten Tag\"}");

	(void)state;
	sh_answer(200, GOOD);
	sh_run();
	assert_int_equal(sh.requests_len, 1);
	assert_non_null(strstr(sh.requests[0], "\"to\":\"+491701234567\""));
	assert_non_null(strstr(sh.requests[0], "Guten Tag"));
	assert_non_null(
	    strstr(sh.requests[0], "\"biz_opaque_callback_data\":\"msg_"));
	STATE(m, "sent");
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel'"), 0);
	assert_int_equal(COUNT_OF("outbox WHERE kind='helpdesk' AND"
				  " type='message.status' AND detail='sent'"),
			 1);
	assert_int_equal(COUNT_OF("run_young WHERE length(entries)=24"), 1);
	sh_pass(60000);
	assert_int_equal(sh.requests_len, 1);
}

#define OF(event) "ledger_entry WHERE json_extract(body,'$.e')='" event "'"

/* Steps as long as nothing fails; true: one did. */
static bool fails_at_last(void)
{
	struct err err = {0};
	bool moved;

	for (int i = 0; i < 2000; i++) {
		moved = false;
		if (send_step(&sh.w, &moved, &err) != 0)
			return true;
		assert_int_equal(http_poll(sh.w.http, NULL, 0, 10, &err), 0);
	}
	return false;
}

/* Nowhere to write it: the answer is settled once there is. */
static void what_was_handed_over_is_known_with_its_entry_only(void **state)
{
	int64_t m = sh_reply(sh_person("491701234567"), "text",
			     "{\"text\":\"Guten Tag\"}");

	(void)state;
	sh_answer(200, GOOD);
	sh_sql("ALTER TABLE ledger_entry RENAME TO gone", STORE_NO_ARGS);
	assert_true(fails_at_last());
	STATE(m, "queued");
	assert_int_equal(COUNT_OF("outbox WHERE state='unknown'"), 1);
	sh_sql("ALTER TABLE gone RENAME TO ledger_entry", STORE_NO_ARGS);
	sh_run();
	STATE(m, "sent");
	assert_int_equal(COUNT_OF(OF("send.handed_over")), 1);
	assert_int_equal(sh.requests_len, 1);
}

static void order_within_a_conversation_is_kept(void **state)
{
	int64_t c = sh_person("491700000001");

	(void)state;
	sh_reply(c, "text", "{\"text\":\"eins\"}");
	sh_reply(c, "text", "{\"text\":\"zwei\"}");
	sh_reply(c, "text", "{\"text\":\"drei\"}");
	sh_answer(503, CODE(131016));
	sh_answer(200, GOOD);
	sh_answer(200, GOOD2);
	sh_run();
	assert_int_equal(sh.requests_len, 1);
	for (int i = 0; i < 10; i++)
		sh_pass(5000);
	assert_int_equal(sh.requests_len, 4);
	assert_non_null(strstr(sh.requests[0], "eins"));
	assert_non_null(strstr(sh.requests[1], "eins"));
	assert_non_null(strstr(sh.requests[2], "zwei"));
	assert_non_null(strstr(sh.requests[3], "drei"));
}

static void a_pair_limit_holds_back_only_that_person(void **state)
{
	int64_t slow = sh_reply(sh_person("491700000001"), "text",
				"{\"text\":\"langsam\"}");
	int64_t other;

	(void)state;
	sh_answer(400, CODE(131056));
	sh_answer(200, GOOD);
	sh_run();
	other = sh_reply(sh_person("491700000002"), "text",
			 "{\"text\":\"schnell\"}");
	sh_pass(100); /* the rate allows one every 13 ms */
	STATE(other, "sent");
	STATE(slow, "queued");
	sh_pass(3800);
	STATE(slow, "queued");
	sh_pass(200);
	STATE(slow, "sent");
}

static void a_lost_answer_is_settled_by_a_status(void **state)
{
	static const char delivered[] =
	    "UPDATE message SET state='delivered' WHERE id=?";
	int64_t c = sh_person("491700000001");
	int64_t m = sh_reply(c, "text", "{\"text\":\"einmal\"}");

	(void)state;
	sh_answer(0, "");
	sh_run();
	assert_int_equal(COUNT_OF("outbox WHERE state='unknown'"), 1);
	/* The next one waits until it is known what became of this one. */
	sh.answers_len = sh.answered = 0;
	sh_answer(200, GOOD);
	sh_reply(c, "text", "{\"text\":\"danach\"}");
	sh_pass(120000);
	assert_int_equal(sh.requests_len, 1);
	sh_sql(delivered, STORE_ARGS(S_INT(m)));
	send_settled(&sh.w, m);
	sh_run();
	STATE(m, "delivered");
	assert_int_equal(sh.requests_len, 2);
	assert_non_null(strstr(sh.requests[1], "danach"));
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel'"), 0);
}

static void a_lost_answer_without_a_status_is_shown_and_not_repeated(
    void **state)
{
	int64_t m = sh_reply(sh_person("491700000001"), "text",
			     "{\"text\":\"einmal\"}");

	(void)state;
	sh_answer(502, "<html>");
	sh_run();
	STATE(m, "queued");
	sh_pass(SEND_UNKNOWN_MS + 1000);
	STATE(m, "unknown");
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel' AND"
				  " state='dead' AND reason='unknown'"),
			 1);
	assert_int_equal(COUNT_OF("outbox WHERE type='message.undelivered'"
				  " AND detail='unknown'"),
			 1);
	sh_pass(SEND_UNKNOWN_MS);
	assert_int_equal(sh.requests_len, 1);
}

static void after_a_restart_nothing_handed_over_is_sent_again(void **state)
{
	static const char mark[] = "UPDATE outbox SET state='unknown',"
				   "attempts=1,next_ms=? WHERE kind='channel'";
	int64_t m = sh_reply(sh_person("491700000001"), "text",
			     "{\"text\":\"einmal\"}");

	(void)state;
	sh_sql(mark, STORE_ARGS(S_INT(NOW_MS + SEND_UNKNOWN_MS)));
	sh_close_steps();
	sh_open_steps();
	sh_answer(200, GOOD);
	sh_pass(1000);
	assert_int_equal(sh.requests_len, 0);
	sh_pass(SEND_UNKNOWN_MS);
	assert_int_equal(sh.requests_len, 0);
	STATE(m, "unknown");
}

static void a_closed_window_ends_before_a_call(void **state)
{
	int64_t m =
	    sh_reply(sh_person("491700000001"), "text", "{\"text\":\"spaet\"}");

	(void)state;
	sh_answer(200, GOOD);
	sh.ahead_ms = 24 * INT64_C(3600000) - 59000;
	sh_run();
	assert_int_equal(sh.requests_len, 0);
	STATE(m, "failed");
	assert_int_equal(COUNT_OF("outbox WHERE type='message.undelivered'"
				  " AND detail='window_closed'"),
			 1);
}

static void withdrawn_consent_counts_at_hand_over(void **state)
{
	static const char withdraw[] =
	    "INSERT INTO consent_event(id,person,purpose,kind,source,at_ms)"
	    " VALUES(1,?,'marketing','withdrawn','provider',1)";
	int64_t c = sh_person("491700000001");
	int64_t m = sh_reply(
	    c, "text", "{\"text\":\"Angebot\",\"purpose\":\"marketing\"}");
	int64_t service = sh_reply(c, "text", "{\"text\":\"Antwort\"}");

	(void)state;
	sh_sql(withdraw, STORE_ARGS(S_INT(sh_person_of(c))));
	sh_answer(200, GOOD);
	sh_run();
	STATE(m, "failed");
	STATE(service, "sent");
	assert_int_equal(sh.requests_len, 1);
}

static void a_person_who_stopped_at_the_provider_is_withdrawn(void **state)
{
	int64_t m = sh_reply(sh_person("491700000001"), "text",
			     "{\"text\":\"Angebot\"}");

	(void)state;
	sh_answer(400, CODE(131050));
	sh_run();
	STATE(m, "failed");
	assert_int_equal(sh_number("SELECT error FROM message"), 131050);
	assert_int_equal(COUNT_OF("consent_event WHERE purpose='marketing' AND"
				  " kind='withdrawn' AND"
				  " source='error_131050'"),
			 1);
}

static void a_bad_token_stops_the_queue_and_keeps_the_messages(void **state)
{
	int64_t a =
	    sh_reply(sh_person("491700000001"), "text", "{\"text\":\"a\"}");
	int64_t b;

	(void)state;
	sh_answer(401, CODE(190));
	sh_answer(200, GOOD);
	sh_answer(200, GOOD2);
	sh_run();
	b = sh_reply(sh_person("491700000002"), "text", "{\"text\":\"b\"}");
	sh_pass(60000);
	assert_int_equal(sh.requests_len, 1);
	STATE(a, "queued");
	STATE(b, "queued");
	sh_pass(5 * 60000);
	STATE(a, "sent");
	STATE(b, "sent");
}

/* Source: assurance T40; test plan, "provider 429 storm". */
static void a_storm_pauses_the_channel_for_a_minute_at_most(void **state)
{
	int64_t m[8], other;

	(void)state;
	for (int i = 0; i < 8; i++) {
		char phone[24];

		(void)snprintf(phone, sizeof(phone), "4917000010%02d", i);
		m[i] = sh_reply(sh_person(phone), "text", "{\"text\":\"a\"}");
	}
	sh_answer(429, CODE(130429));
	sh.answers[0].header = "Retry-After: 3600\r\n";
	sh_run();
	/* what was under way together, and then nothing */
	assert_in_range(sh.requests_len, 1, 4);
	assert_true(sh.w.send->queues[0].failures == 1);
	for (int i = 0; i < 8; i++)
		STATE(m[i], "queued");
	sh.answers_len = sh.answered = 0;
	sh_answer(200, GOOD);
	other = sh_reply(sh_person("491700002000"), "text", "{\"text\":\"b\"}");
	sh_pass(30000);
	STATE(other, "queued");
	sh_pass(31000);
	STATE(other, "sent");
	/* Those that were told so wait for their hour. */
	assert_true(COUNT_OF("outbox WHERE kind='channel'") > 0);
	sh_pass(3600000);
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel'"), 0);
}

static void a_time_nobody_means_holds_nothing(void **state)
{
	int64_t m =
	    sh_reply(sh_person("491700000001"), "text", "{\"text\":\"a\"}");

	(void)state;
	sh_answer(429, CODE(130429));
	sh.answers[0].header = "Retry-After: 99999999999999\r\n";
	sh_answer(200, GOOD);
	sh_run();
	sh_pass(60000);
	STATE(m, "sent");
}

static int64_t waiting(void)
{
	return COUNT_OF("outbox WHERE kind='channel' AND state='waiting'");
}

/* The same draws each time, none of them no wait at all. */
static void drawn(struct env *env, void *ret, size_t len)
{
	static uint64_t state = 1;
	uint8_t *bytes = ret;

	(void)env;
	for (size_t i = 0; i < len; i++) {
		state = state * UINT64_C(6364136223846793005) + 1;
		bytes[i] = (uint8_t)(state >> 33);
	}
}

/* Half an hour at 429: twelve attempts would be gone long before. */
static void a_long_storm_costs_no_attempt(void **state)
{
	(void)state;
	sh.env.random = drawn;
	for (int i = 0; i < 8; i++) {
		char phone[24];

		(void)snprintf(phone, sizeof(phone), "4917000010%02d", i);
		sh_reply(sh_person(phone), "text", "{\"text\":\"a\"}");
	}
	sh_answer(429, CODE(130429));
	sh_run();
	for (int i = 0; i < 30; i++) {
		sh_forget_requests();
		sh_pass(61000);
		/* One probe a minute, whoever waits. */
		assert_int_equal(sh.requests_len, 1);
	}
	assert_int_equal(waiting(), 8);
	assert_int_equal(COUNT_OF("outbox WHERE attempts>0"), 0);
	sh.answers_len = sh.answered = 0;
	sh_answer(200, GOOD);
	sh_pass(61000);
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel'"), 0);
	assert_int_equal(COUNT_OF("message WHERE state='sent'"), 8);
}

static void after_the_probe_calls_open_one_by_one(void **state)
{
	struct send_queue *q = &sh.w.send->queues[0];

	(void)state;
	assert_int_equal(q->window, 4);
	sh_reply(sh_person("491700000001"), "text", "{\"text\":\"a\"}");
	sh_answer(429, "");
	sh_answer(200, GOOD);
	sh_answer(200, GOOD2);
	sh_run();
	assert_int_equal(q->window, 1);
	sh_pass(300);
	assert_int_equal(q->window, 2);
	for (int64_t i = 2; i < 8; i++) {
		char phone[24];

		(void)snprintf(phone, sizeof(phone), "49170000000%d", (int)i);
		sh_reply(sh_person(phone), "text", "{\"text\":\"a\"}");
		sh_pass(100);
	}
	assert_int_equal(q->window, 4);
}

/* Without a window of its own a message would be tried for ever. */
static void what_has_outlived_a_day_counts_again(void **state)
{
	int64_t m = sh_reply(sh_person("491700000001"), "template",
			     "{\"template\":{\"name\":\"a\",\"language\":"
			     "\"de\"}}");

	(void)state;
	sh_answer(429, CODE(80007));
	sh_run();
	sh_pass(SEND_LIFE_MS - 60000);
	assert_int_equal(COUNT_OF("outbox WHERE attempts>0"), 0);
	STATE(m, "queued");
	for (int i = 0; i < 12; i++) {
		sh_pass(11 * 60000);
		sh_forget_requests();
	}
	STATE(m, "failed");
	assert_int_equal(COUNT_OF("outbox WHERE kind='channel' AND"
				  " state='dead' AND reason='attempts'"),
			 1);
}

/* Whatever a provider names, a message is tried again within an hour. */
static void every_retry_after_is_bounded(void **state)
{
	static const char *const odd[] = {
	    "Retry-After: -5\r\n",
	    "Retry-After: 99999999999999999999999\r\n",
	    "Retry-After: 86400\r\n",
	    "Retry-After: 1.5\r\n",
	    "Retry-After: soon\r\n",
	    "Retry-After: Thu, 01 Jan 1970 00:00:01 GMT\r\n",
	    "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT\r\n",
	    "Retry-After: Thu, 32 Foo 2026 99:99:99 GMT\r\n",
	    "Retry-After:\r\n",
	};
	int64_t c = sh_person("491700000001");

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		int64_t m = sh_reply(c, "text", "{\"text\":\"a\"}");

		sh.answers_len = sh.answered = 0;
		sh_answer(429, CODE(130429));
		sh.answers[0].header = odd[i];
		sh_answer(200, GOOD);
		sh_pass(1000);
		STATE(m, "queued");
		sh_pass(SEND_NAMED_MAX);
		STATE(m, "sent");
	}
}

/* 4, 16, 64, ... seconds; others go on meanwhile. */
static void a_pair_limit_costs_no_attempt(void **state)
{
	int64_t m =
	    sh_reply(sh_person("491700000001"), "text", "{\"text\":\"a\"}");

	(void)state;
	sh_answer(400, CODE(131056));
	sh_run();
	for (int i = 0; i < 16; i++)
		sh_pass(3600000);
	STATE(m, "queued");
	assert_int_equal(sh.requests_len, 17);
	assert_int_equal(COUNT_OF("outbox WHERE attempts>0"), 0);
	assert_int_equal(sh.w.send->queues[0].window, 4);
}

static void an_attachment_is_uploaded_first(void **state)
{
	static const char sql[] =
	    "INSERT INTO attachment(id,message,conversation,key_person,channel,"
	    "datenart,year,state,bytes,file,media_sealed,created_ms)"
	    " VALUES(?,?,?,?,'shop','MEDIA',2026,'outgoing',5,?,?,1)";
	int64_t c = sh_person("491700000001"), p = sh_person_of(c);
	int64_t m = sh_reply(c, "media", "{\"text\":\"Rechnung\"}");
	int64_t a = sh_id();
	struct key_ref ref = ref_of(p, "MEDIA", YEAR);
	struct keeper_batch *keys = NULL, *batch = NULL;
	struct sealedfile *f = NULL;
	struct err err = {0};
	const uint8_t *key;
	char file[33];
	size_t len;
	struct store_value sealed;

	(void)state;
	sealed = sh_seal(p, "MEDIA", a, FIELD_MEDIA,
			 "{\"name\":\"r.pdf\",\"mime\":\"application/pdf\"}",
			 &batch);
	assert_int_equal(keeper_batch_new(sh.w.keeper, &keys, NULL), 0);
	assert_int_equal(keeper_add_file_key(keys, &ref, a), 0);
	assert_int_equal(keeper_run(keys, NULL), 0);
	assert_int_equal(keeper_result(keys, 0, &key, &len, NULL), 0);
	if (mediafile_create(&sh.w, key, &f, file, &err) != 0) {
		print_error("%s: %s (%d)\n", err.where, err.what, err.native);
		fail();
	}
	assert_int_equal(sealedfile_write(f, "%PDF-", 5, NULL), 0);
	assert_int_equal(sealedfile_finish(&f, NULL), 0);
	keeper_batch_free(&keys);
	sh_sql(sql, STORE_ARGS(S_INT(a), S_INT(m), S_INT(c), S_INT(p),
			       S_TEXT(file), sealed));
	keeper_batch_free(&batch);
	sh_answer(200, "{\"id\":\"4711\"}");
	sh_answer(200, GOOD);
	sh_run();
	assert_int_equal(sh.requests_len, 2);
	assert_non_null(strstr(sh.requests[0], "/77000/media"));
	assert_non_null(strstr(sh.requests[0], "%PDF-"));
	assert_non_null(strstr(sh.requests[1], "\"id\":\"4711\""));
	assert_non_null(strstr(sh.requests[1], "\"caption\":\"Rechnung\""));
	assert_non_null(strstr(sh.requests[1], "\"filename\":\"r.pdf\""));
	STATE(m, "sent");
}

static void a_forgotten_person_gets_nothing(void **state)
{
	int64_t c = sh_person("491700000001");
	struct keeper_batch *batch = NULL;

	(void)state;
	sh_reply(c, "text", "{\"text\":\"zu spaet\"}");
	assert_int_equal(keeper_batch_new(sh.w.keeper, &batch, NULL), 0);
	(void)keeper_add_shred(batch, sh_person_of(c), NULL);
	assert_int_equal(keeper_run(batch, NULL), 0);
	keeper_batch_free(&batch);
	sh_answer(200, GOOD);
	sh_run();
	assert_int_equal(sh.requests_len, 0);
	assert_int_equal(COUNT_OF("outbox"), 0);
}

static void a_keeper_that_is_away_loses_and_doubles_nothing(void **state)
{
	int64_t m =
	    sh_reply(sh_person("491700000001"), "text", "{\"text\":\"warte\"}");
	struct err err = {0};
	bool moved = false;

	(void)state;
	sh_answer(200, GOOD);
	(void)house_kill(&sh.house, SIGTERM);
	assert_int_equal(send_step(&sh.w, &moved, &err), -1);
	assert_int_equal(err.kind, ERR_BUSY);
	assert_int_equal(COUNT_OF("outbox WHERE state='waiting'"), 1);
	(void)unlink(sh.house.socket);
	house_start(&sh.house);
	sh_pass(5000);
	STATE(m, "sent");
	assert_int_equal(sh.requests_len, 1);
}

static void many_waiting_conversations_take_bounded_memory(void **state)
{
	static const char sql[] =
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n"
	    " WHERE i<5000) INSERT INTO outbox(id,kind,destination,"
	    "conversation,message,type,state,next_ms,created_ms) SELECT"
	    " 100000+i,'channel','shop',200000+i,300000+i,'send','waiting',"
	    "1790000900000,1 FROM n";

	(void)state;
	sh_sql(sql, STORE_NO_ARGS);
	send_wake(&sh.w, "shop");
	sh_run();
	assert_int_equal(sh.w.send->queues[0].lanes_len, SEND_LANES_MAX);
	/* No message behind them: forgotten, so the rows go. */
	for (int i = 0; i < 20; i++)
		sh_pass(900000);
	assert_int_equal(COUNT_OF("outbox"), 0);
	assert_int_equal(sh.w.send->queues[0].lanes_len, 0);
}

static void a_read_receipt_is_sent_once(void **state)
{
	static const char message[] =
	    "INSERT INTO message(id,conversation,key_person,direction,kind,"
	    "state,datenart,year,received_ms,content_sealed,policy)"
	    " VALUES(?,?,?,'in','text','received','MSG',2026,1,?,0)";
	static const char outbox[] =
	    "INSERT INTO outbox(id,kind,destination,conversation,message,type,"
	    "state,next_ms,created_ms) VALUES(?,'channel','shop',?,?,'read',"
	    "'waiting',1,1)";
	int64_t c = sh_person("491700000001"), p = sh_person_of(c);
	int64_t m = sh_id();
	struct keeper_batch *batch = NULL;

	(void)state;
	sh_sql(message,
	       STORE_ARGS(S_INT(m), S_INT(c), S_INT(p),
			  sh_seal(p, "MSG", m, FIELD_CONTENT,
				  "{\"text\":\"Hallo\",\"id\":\"wamid.IN\"}",
				  &batch)));
	keeper_batch_free(&batch);
	sh_sql(outbox, STORE_ARGS(S_INT(sh_id()), S_INT(c), S_INT(m)));
	send_wake(&sh.w, "shop");
	sh_answer(200, "{\"success\":true}");
	sh_run();
	assert_int_equal(sh.requests_len, 1);
	assert_non_null(strstr(sh.requests[0], "\"message_id\":\"wamid.IN\""));
	assert_int_equal(COUNT_OF("outbox"), 0);
	STATE(m, "received");
}

/* Runs the steps, however often the archive is busy; gives how often. */
static int run_busy(void)
{
	struct err err = {0};
	int busy = 0;
	bool moved;

	for (int idle = 0, i = 0; idle < 8 && i < 2000; i++) {
		moved = false;
		if (send_step(&sh.w, &moved, &err) != 0) {
			assert_int_equal(err.kind, ERR_BUSY);
			busy++;
			moved = true;
		}
		assert_int_equal(
		    http_poll(sh.w.http, NULL, 0, moved ? 0 : 10, &err), 0);
		idle = moved || http_under_way(sh.w.http) > 0 ? 0 : idle + 1;
		/* Rows whose reading failed are looked for once a minute. */
		if (!moved && http_under_way(sh.w.http) == 0)
			sh.ahead_ms += 10000;
	}
	return busy;
}

/* A commit that failed left its transaction open; the next step, of whatever
 * kind, met it and stopped the process. */
static void an_archive_that_fails_once_costs_nothing_but_time(void **state)
{
	struct err err = {0};
	int64_t c, m;
	uint64_t n = 1;
	int busy;

	(void)state;
	sh_close_steps();
	store_close(&sh.w.store);
	assert_int_equal(store_open("failing", "", &sh.w.store, &err), 0);
	sh_open_steps();
	c = sh_person("491700000001");
	sh_answer(200, GOOD);
	do {
		m = sh_reply(c, "text", "{\"text\":\"einmal\"}");
		store_failing_set(sh.w.store, n++, true);
		busy = run_busy();
		store_failing_set(sh.w.store, 0, false);
		STATE(m, "sent");
		assert_int_equal(COUNT_OF("outbox WHERE kind='channel'"), 0);
		assert_int_equal(sh.requests_len, 1);
		sh_forget_requests();
	} while (busy > 0);
	assert_true(n > 10);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, sh_make, sh_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_reply_goes_out_and_is_told),
	    CASE(what_was_handed_over_is_known_with_its_entry_only),
	    CASE(order_within_a_conversation_is_kept),
	    CASE(a_pair_limit_holds_back_only_that_person),
	    CASE(a_lost_answer_is_settled_by_a_status),
	    CASE(a_lost_answer_without_a_status_is_shown_and_not_repeated),
	    CASE(after_a_restart_nothing_handed_over_is_sent_again),
	    CASE(a_closed_window_ends_before_a_call),
	    CASE(withdrawn_consent_counts_at_hand_over),
	    CASE(a_person_who_stopped_at_the_provider_is_withdrawn),
	    CASE(a_bad_token_stops_the_queue_and_keeps_the_messages),
	    CASE(a_storm_pauses_the_channel_for_a_minute_at_most),
	    CASE(a_time_nobody_means_holds_nothing),
	    CASE(a_long_storm_costs_no_attempt),
	    CASE(after_the_probe_calls_open_one_by_one),
	    CASE(what_has_outlived_a_day_counts_again),
	    CASE(every_retry_after_is_bounded),
	    CASE(a_pair_limit_costs_no_attempt),
	    CASE(an_attachment_is_uploaded_first),
	    CASE(a_forgotten_person_gets_nothing),
	    CASE(a_keeper_that_is_away_loses_and_doubles_nothing),
	    CASE(many_waiting_conversations_take_bounded_memory),
	    CASE(a_read_receipt_is_sent_once),
	    CASE(an_archive_that_fails_once_costs_nothing_but_time),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
