/* test_holding.c - a hold from its placing to its end, and the words it looks
 * for.
 *
 * Proves: compliance 3.4, 9 H1 to H3; Art. 17(3)(e) GDPR. */
#include "holding_house.h"

#include "forget/holding_words.h"
#include "worker/consent_expire.h"

#define SAYS(id, t) "message,id=" id ",strong=S1,type=text,text=" t

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

static int64_t newest(struct house *h)
{
	return house_number(h, "SELECT max(id) FROM message");
}

/* --- words ---------------------------------------------------------------- */

static void a_word_is_found_inside_a_text_and_a_number_is_itself(void **state)
{
	static const struct {
		const char *word, *text;
		bool found;
	} cases[] = {
	    {"order 4711", "Wo bleibt ORDER  4711?", true},
	    {"4711", "order 4711.", true},
	    {"4711", "order 14711", false},
	    {"4711", "order 47110", false},
	    {"4711", "14711 und 4711", true},
	    {"4711", "A4711B", true},
	    {"Größe", "die GRÖSSE stimmt nicht", true},
	    {"größe", "die Größe stimmt nicht", true},
	    {"klage", "Anklageschrift", true},
	    {"klage", "Klang", false},
	    {"x", "", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct holding_words words;
		struct err err = {0};
		char json[128], text[128];
		bool found = false;

		(void)snprintf(json, sizeof(json), "{\"words\":[\"%s\"]}",
			       cases[i].word);
		assert_int_equal(
		    holding_words_read(json, strlen(json), &words, &err), 0);
		(void)snprintf(text, sizeof(text),
			       "{\"id\":\"4711\",\"text\":\"%s\"}",
			       cases[i].text);
		assert_int_equal(holding_words_in(&words, text, strlen(text),
						  false, &found, &err),
				 0);
		if (found != cases[i].found)
			print_error("%s in %s\n", cases[i].word, cases[i].text);
		assert_int_equal(found, cases[i].found);
	}
}

static void what_is_no_json_is_looked_through_as_it_is(void **state)
{
	static const char words_json[] = "{\"words\":[\"4711\"]}";
	struct holding_words words;
	struct err err = {0};
	bool found = false;

	(void)state;
	assert_int_equal(
	    holding_words_read(words_json, strlen(words_json), &words, &err),
	    0);
	assert_int_equal(
	    holding_words_in(&words, "<a>4711</a>", 11, true, &found, &err), 0);
	assert_true(found);
	/* Of a raw body every member counts. */
	assert_int_equal(holding_words_in(&words, "{\"id\":\"4711\"}", 13, true,
					  &found, &err),
			 0);
	assert_true(found);
	assert_int_equal(holding_words_in(&words, "{\"id\":\"4711\"}", 13,
					  false, &found, &err),
			 0);
	assert_false(found);
	assert_int_equal(holding_words_read("[]", 2, &words, &err), 0);
	assert_int_equal(words.len, 0);
	assert_int_equal(
	    holding_words_read("{\"words\":[1]}", 13, &words, &err), -1);
	assert_int_equal(err.kind, ERR_CORRUPT);
}

/* --- placed --------------------------------------------------------------- */

static void it_needs_somebody_else_and_a_day_within_a_year(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	const int64_t today = caldate_local(NULL, HOUSE_NOW);
	const char *refused = NULL;
	int64_t year;

	holding_tokens(h);
	assert_true(caldate_add(today, &(struct period){.months = 12}, &year));
	o.approver = OWNER;
	assert_int_equal(holding_do(h, &o, &refused), 0);
	assert_string_equal(refused, HOLDING_SAME);
	o.approver = 13; /* the same label */
	assert_int_equal(holding_do(h, &o, &refused), 0);
	assert_string_equal(refused, HOLDING_SAME);
	o.approver = APPROVER;
	o.review_day = today;
	assert_int_equal(holding_do(h, &o, &refused), 0);
	assert_string_equal(refused, HOLDING_REVIEW_DAY);
	o.review_day = year + 1;
	assert_int_equal(holding_do(h, &o, &refused), 0);
	assert_string_equal(refused, HOLDING_REVIEW_DAY);
	assert_int_equal(HOUSE_COUNT(h, "hold"), 0);
	o.review_day = year;
	assert_true(holding_placed(h, &o) > 0);
	o.review_day = today + 1;
	assert_true(holding_placed(h, &o) > 0);
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='proposed'"), 2);
}

static void what_it_is_about_is_sealed(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	struct buf clear = BUF_INIT(HOLDING_SECRETS_MAX);
	struct holding_view view;
	struct err err = {0};
	bool found = false;
	int64_t id;

	holding_tokens(h);
	id = holding_placed(h, &o);
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE instr(hold_sealed,'4711')>0"
					" OR instr(hold_sealed,'Klage')>0"),
			 0);
	assert_int_equal(holding_load(&h->w, id, &view, &found, &err), 0);
	assert_true(found);
	assert_int_equal(holding_secrets(&h->w, &view, &clear, &err), 0);
	assert_string_equal(buf_text(&clear),
			    "{\"reason\":\"Klage angedroht\",\"matter\":\"AZ "
			    "12/26\",\"words\":[\"Order 4711\"]}");
	buf_free(&clear);
}

static const char *approve(struct house *h, int64_t id, int64_t actor)
{
	struct err err = {0};
	const char *refused = NULL;

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(holding_approve(&h->w, id, actor, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	return refused;
}

static void release(struct house *h, int64_t id)
{
	struct err err = {0};
	const char *refused = NULL;

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(holding_release(&h->w, id, OWNER, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	assert_null(refused);
}

static void as_many_agree_as_the_policy_says(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	int64_t id;

	house_use(h, HOUSE_POLICY_HEAD
		  "channels:\n  shop: {purpose: support, data: "
		  "MSG}\n" HOUSE_POLICY_DESK "approvals: {hold: 2}\n");
	holding_tokens(h);
	id = holding_placed(h, &o);
	assert_string_equal(approve(h, id, OWNER), HOLDING_SAME);
	assert_string_equal(approve(h, id, 13), HOLDING_SAME);
	assert_null(approve(h, id, APPROVER));
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='proposed'"), 1);
	assert_string_equal(approve(h, id, APPROVER), HOLDING_TWICE);
	assert_null(approve(h, id, 14));
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='active' AND"
					" approved_ms IS NOT NULL"),
			 1);
	assert_string_equal(approve(h, id, 14), HOLDING_STATE);
	assert_string_equal(approve(h, id + 1, 14), HOLDING_ABSENT);
}

/* --- what it finds -------------------------------------------------------- */

static void it_finds_what_is_there_and_what_comes(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	int64_t before, other, id, after;

	holding_tokens(h);
	say(h, SAYS("m1", "Wo bleibt order 4711?"));
	before = newest(h);
	say(h, SAYS("m2", "Schönes Wetter"));
	other = newest(h);
	id = holding_placed(h, &o);
	/* Not looked at yet: it may be one of them. */
	assert_int_equal(holding_over(h, other), id);
	holding_turns(h);
	assert_int_equal(holding_over(h, before), id);
	assert_int_equal(holding_over(h, other), 0);
	say(h, SAYS("m3", "Zu Order 4711 noch etwas"));
	after = newest(h);
	assert_int_equal(holding_over(h, after), id);
	say(h, SAYS("m4", "Danke"));
	assert_int_equal(holding_over(h, newest(h)), id);
	holding_turns(h);
	assert_int_equal(holding_over(h, after), id);
	assert_int_equal(holding_over(h, newest(h)), 0);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 2);
	/* Looked at once: there is nothing to do. */
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 2);
}

static void names_of_files_and_bodies_nobody_read_are_looked_at(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	int64_t id, body;

	holding_tokens(h);
	say(h,
	    "message,id=m1,strong=S1,type=image,media=x1,file=order 4711.jpg,"
	    "bytes=5");
	say(h, "!order 4711");
	body = house_number(h, "SELECT id FROM quarantine");
	say(h, "!anderes");
	id = holding_placed(h, &o);
	holding_turns(h);
	assert_int_equal(holding_over(h, newest(h)), id);
	assert_int_equal(holding_over(h, house_number(h, "SELECT id FROM"
							 " attachment")),
			 id);
	assert_int_equal(holding_over(h, body), id);
	assert_int_equal(
	    holding_over(h, house_number(h, "SELECT max(id) FROM quarantine")),
	    0);
}

static void it_asks_within_its_channel_and_days_only(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	const int64_t today = caldate_local(NULL, HOUSE_NOW);

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	o.what.from_day = today + 1;
	(void)holding_placed(h, &o);
	o.what.from_day = HOLD_DAY_NONE;
	assert_true(name_set(&o.what.channel, "other", 5));
	(void)holding_placed(h, &o);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 0);
}

/* One after another, killed or not: the row says how far it is. */
static void many_are_looked_at_in_slices(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	char body[200 * 64] = "";
	size_t len = 0;

	holding_tokens(h);
	for (int i = 0; i < 150; i++)
		len += (size_t)snprintf(
		    body + len, sizeof(body) - len,
		    "message,id=m%d,strong=S1,type=text,text=%s\n", i,
		    i % 10 == 0 ? "Order 4711" : "Hallo");
	say(h, body);
	(void)holding_placed(h, &o);
	for (int i = 0; i < 2; i++) {
		struct err err = {0};
		bool moved = false;

		if (h->w.holding != NULL)
			h->w.holding->scan_boot_ms = 0;
		assert_int_equal(holding_step(&h->w, &moved, &err), 0);
		assert_true(HOUSE_COUNT(h, "hold_item") < 15);
		holding_close(&h->w); /* another process goes on */
	}
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 15);
}

static void words_whose_key_is_gone_hold_everything_to_come(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	struct keeper_batch *batch = NULL;
	struct err err = {0};
	int64_t id;

	holding_tokens(h);
	id = holding_placed(h, &o);
	assert_int_equal(keeper_batch_new(h->w.keeper, &batch, &err), 0);
	(void)keeper_add_shred(batch, id, NULL);
	assert_int_equal(keeper_run(batch, &err), 0);
	keeper_batch_free(&batch);
	say(h, SAYS("m1", "Hallo"));
	holding_turns(h);
	assert_int_equal(holding_over(h, newest(h)), id);
}

/* --- what others delete ----------------------------------------------------
 */

static void what_its_sender_takes_back_is_masked_instead(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	say(h, SAYS("m2", "Hallo"));
	say(h, SAYS("m3", "Order 4711 nochmal"));
	(void)holding_placed(h, &o);
	holding_turns(h);
	say(h, "delete,id=d1,target=m1,strong=S1");
	say(h, "delete,id=d2,target=m2,strong=S1");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='masked' AND"
					" content_sealed IS NOT NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted' AND"
					" content_sealed IS NULL"),
			 1);
	/* The text before stays, and is held with the message. */
	say(h, "edit,id=e1,target=m3,strong=S1,type=text,text=Vergesst es");
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='version' AND"
					" state='masked'"),
			 1);
	holding_turns(h);
	assert_true(holding_over(h, newest(h)) != 0);
	assert_int_equal(HOUSE_COUNT(h, "hold_look"), 0);
}

static void a_message_that_says_it_now_is_looked_at_again(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	int64_t message, id;

	holding_tokens(h);
	say(h, SAYS("m1", "Hallo"));
	message = newest(h);
	id = holding_placed(h, &o);
	holding_turns(h);
	assert_int_equal(holding_over(h, message), 0);
	say(h, "edit,id=e1,target=m1,strong=S1,type=text,text=Order 4711");
	assert_int_equal(holding_over(h, message), id);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "hold_look"), 0);
	assert_int_equal(holding_over(h, message), id);
	/* Nor does one stay that nobody asks for. */
	say(h, "edit,id=e2,target=m1,strong=S1,type=text,text=Doch nicht");
	assert_int_equal(HOUSE_COUNT(h, "hold_look"), 1);
	release(h, id);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "hold_look"), 0);
	assert_int_equal(holding_over(h, message), 0);
}

/* It waited for a consent; nobody is told of it any more, and it stays. */
static void what_waited_for_a_consent_in_vain_stays(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	struct err err = {0};
	bool moved = false;

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	(void)holding_placed(h, &o);
	house_sql(h, "UPDATE outbox SET state='held', next_ms=5");
	h->w.ready = true;
	assert_int_equal(consent_step(&h->w, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL AND state='received'"),
			 1);
}

/* --- its end -------------------------------------------------------------- */

static void one_nobody_approved_lapses_with_an_alarm(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	int64_t id, approved;

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	id = holding_placed(h, &o);
	h->ahead_ms = HOLDING_UNAPPROVED * DAY_MS - 1;
	house_confirm(h);
	holding_turns(h);
	assert_int_equal(holding_over(h, newest(h)), id);
	h->ahead_ms++;
	holding_turns(h);
	assert_int_equal(holding_over(h, newest(h)), 0);
	assert_int_equal(HOUSE_COUNT(h, "hold WHERE state='lapsed'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='hold.lapsed'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 0);
	/* One that was approved does not. */
	approved = holding_placed(h, &o);
	assert_null(approve(h, approved, APPROVER));
	h->ahead_ms += (HOLDING_UNAPPROVED + 1) * DAY_MS;
	house_confirm(h);
	holding_turns(h);
	assert_int_equal(holding_over(h, newest(h)), approved);
}

static void a_review_that_is_overdue_alarms_and_ends_nothing(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	struct err err = {0};
	const char *refused = NULL;
	int64_t id;

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	id = holding_placed(h, &o);
	assert_null(approve(h, id, APPROVER));
	h->ahead_ms = INT64_C(90) * DAY_MS; /* its day */
	house_confirm(h);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm"), 0);
	h->ahead_ms += DAY_MS;
	house_confirm(h);
	holding_turns(h);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='hold.review_due' AND"
					" ended_ms IS NULL"),
			 1);
	assert_int_equal(holding_over(h, newest(h)), id);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(
	    holding_review(&h->w, id, o.review_day + 60, &refused, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	assert_null(refused);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
}

static void what_it_kept_is_free_once_it_is_released(void **state)
{
	struct house *h = *state;
	struct holding_order o = holding_order_of(h);
	struct err err = {0};
	const char *refused = NULL;
	int64_t id, other;
	char sql[400];

	holding_tokens(h);
	say(h, SAYS("m1", "Order 4711"));
	id = holding_placed(h, &o);
	other = holding_placed(h, &o);
	holding_turns(h);
	(void)snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO kept(id,kind,person,conversation,datenart,verdict,"
	    "reason,hold,erasure,since_ms) VALUES(1,'message',5,6,'MSG',"
	    "'restrict_hold','hold',%lld,9,1),(2,'message',5,6,'MSG',"
	    "'restrict_hold','hold',%lld,0,1)",
	    (long long)id, (long long)other);
	house_sql(h, sql);
	house_sql(h, "INSERT INTO erasure(id,person,cause,step,started_ms,kept)"
		     " VALUES(9,5,'art17',11,1,1)");
	house_sql(h, "INSERT INTO person(id,created_ms,year) VALUES(5,1,2026)");
	release(h, id);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(holding_release(&h->w, id, OWNER, &refused, &err), 0);
	worker_roll_back(&h->w);
	assert_string_equal(refused, HOLDING_STATE);
	holding_turns(h);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE id=1 AND hold IS NULL AND"
					" until_day IS NOT NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE id=2 AND hold IS NOT NULL"
					" AND until_day IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE again=1"), 1);
	assert_int_equal(HOUSE_COUNT(h, "hold_item"), 1);
	assert_int_equal(holding_over(h, newest(h)), other);
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		a_word_is_found_inside_a_text_and_a_number_is_itself),
	    cmocka_unit_test(what_is_no_json_is_looked_through_as_it_is),
	    CASE(it_needs_somebody_else_and_a_day_within_a_year),
	    CASE(what_it_is_about_is_sealed),
	    CASE(as_many_agree_as_the_policy_says),
	    CASE(it_finds_what_is_there_and_what_comes),
	    CASE(names_of_files_and_bodies_nobody_read_are_looked_at),
	    CASE(it_asks_within_its_channel_and_days_only),
	    CASE(many_are_looked_at_in_slices),
	    CASE(words_whose_key_is_gone_hold_everything_to_come),
	    CASE(what_its_sender_takes_back_is_masked_instead),
	    CASE(a_message_that_says_it_now_is_looked_at_again),
	    CASE(what_waited_for_a_consent_in_vain_stays),
	    CASE(one_nobody_approved_lapses_with_an_alarm),
	    CASE(a_review_that_is_overdue_alarms_and_ends_nothing),
	    CASE(what_it_kept_is_free_once_it_is_released),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("holding", tests, NULL, NULL);
}
