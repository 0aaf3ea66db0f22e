/* test_rights_chat.c - a chat asks for data or their end, and proves who it
 * is.
 *
 * Proves: compliance 4.4; Art. 12(6), 15, 17 GDPR. */
#include "rights_house.h"

#include "forget/erasure.h"
#include "postern/checkpoint.h"

static void says(struct house *h, const char *id, const char *text)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
		       "message,id=%s,strong=S1,phone=01701234567,type=text,"
		       "text=%s",
		       id, text);
	house_body(h, body);
	house_receive(h);
}

/* What the person is to send back. */
static void code_in(struct house *h, char ret[32])
{
	char *text = rights_letter(h, "challenge");
	const char *at = strstr(text, "\n\n");

	assert_non_null(at);
	at += 2;
	(void)snprintf(ret, 32, "%.*s", (int)strcspn(at, "\n"), at);
	free(text);
}

static struct rights_request only(struct house *h)
{
	return rights_get(h, house_number(h, "SELECT max(id) FROM request"));
}

static void erase_asked(struct house *h)
{
	rights_clock(h, "2026-03-10T23:30:00Z");
	says(h, "m1", "Löschen");
	rights_turn(h);
}

/* Proves: compliance 9 D4. */
static void loeschen_is_a_request_that_asks_who_it_is(void **state)
{
	struct house *h = *state;
	struct rights_request r;
	char code[32];

	erase_asked(h);
	r = only(h);
	assert_int_equal(r.type, RIGHTS_ERASURE);
	assert_int_equal(r.via, RIGHTS_CHAT);
	assert_int_equal(r.state, RIGHTS_IDENTITY_PENDING);
	assert_int_equal(r.receipt_day, rights_day("2026-03-11"));
	assert_int_equal(r.due_day, rights_day("2026-04-13"));
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE state='waiting'"),
			 1);
	code_in(h, code);
	assert_memory_equal(code, "LÖSCHEN ", strlen("LÖSCHEN "));
	assert_int_equal(strlen(code), strlen("LÖSCHEN ") + 9);
	rights_turn(h); /* nothing is done twice */
	assert_int_equal(HOUSE_COUNT(h, "request_letter"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request_event"), 2);
}

static void the_code_proves_and_is_told_to_no_helpdesk(void **state)
{
	struct house *h = *state;
	int64_t told;
	char code[32];

	erase_asked(h);
	told = HOUSE_COUNT(h, "outbox WHERE type='message.received'");
	code_in(h, code);
	says(h, "m2", code);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 told);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=4"), 1);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_EXECUTING);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE heard IS NULL AND"
					" proof_hash IS NULL"),
			 1);
}

static void a_wrong_code_is_counted_until_it_is_enough(void **state)
{
	struct house *h = *state;
	char id[8];

	erase_asked(h);
	for (int i = 0; i < 5; i++) {
		(void)snprintf(id, sizeof(id), "w%d", i);
		says(h, id, "BCDF-GHJK");
		rights_turn(h);
	}
	assert_int_equal(only(h).state, RIGHTS_EXPIRED);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='wrong'"),
			 4);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='expired'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 0);
	says(h, "w9", "BCDF-GHJK"); /* nobody waits for it any more */
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=4"), 5);
}

static void ordinary_words_are_no_code(void **state)
{
	static const char *const words[] = {
	    "Hallo",
	    "Ich warte auf die Antwort",
	    "nur mal so",
	    "BCDF",
	    "BCDFGHJKMN",
	    "abcd-efgh",
	    "Strt-Schlng und noch viel mehr Text als je ein Code hat"};
	struct house *h = *state;
	char id[8];

	erase_asked(h);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		(void)snprintf(id, sizeof(id), "o%zu", i);
		says(h, id, words[i]);
	}
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=4"), 0);
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "request_letter"), 1);
}

static void nobody_answers_and_it_is_over(void **state)
{
	struct house *h = *state;

	erase_asked(h);
	rights_clock(h, "2026-03-25T22:59:00Z");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IDENTITY_PENDING);
	rights_clock(h, "2026-03-25T23:00:00Z");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_EXPIRED);
	rights_sent(h);
	rights_clock(h, "2026-03-26T23:00:00Z");
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h,
				     "request WHERE reply_sealed IS NOT NULL OR"
				     " next_ms IS NOT NULL"),
			 0);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
}

static void said_twice_the_first_one_counts(void **state)
{
	struct house *h = *state;
	char first[32], second[32];

	erase_asked(h);
	code_in(h, first);
	says(h, "m2", "Löschen");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_DUPLICATE);
	code_in(h, second);
	assert_string_not_equal(first, second);
	says(h, "m3", first);
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 0);
	says(h, "m4", second);
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE state='executing'"), 1);
}

/* Somebody waits for an answer: that case is not over. */
static void an_open_case_is_for_people(void **state)
{
	struct house *h = *state;
	char code[32];

	rights_clock(h, "2026-03-10T10:00:00Z");
	says(h, "m0", "Wo bleibt mein Paket?");
	rights_clock(h, "2026-03-10T23:30:00Z");
	says(h, "m1", "Löschen");
	rights_turn(h);
	code_in(h, code);
	says(h, "m2", code);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IN_PROGRESS);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.decide'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 0);
}

/* Every letter names the same page. */
static void a_page_keeps_its_address(void **state)
{
	struct house *h = *state;
	char one[PAGE_BYTES], again[PAGE_BYTES];
	const char *secret;
	struct err err = {0};
	struct request r;
	int64_t id = 0;

	h->settings.portal.enabled = true;
	memcpy(h->settings.portal.url, "https://m.example", 18);
	erase_asked(h);
	assert_int_equal(request_need(&h->w, only(h).id, &r, &err), 0);
	rights_begin(h);
	assert_int_equal(page_link(&h->w, &r, one, &err), 0);
	assert_int_equal(page_link(&h->w, &r, again, &err), 0);
	rights_commit(h);
	assert_string_equal(one, again);
	secret = strrchr(one, '/') + 1;
	assert_int_equal(rights_find_link(&h->w, secret, &id, &err), 0);
	assert_int_equal(id, r.is.id);
}

static void a_controller_may_decide_on_each(void **state)
{
	struct house *h = *state;
	struct rights_decision d = {.grant = true, .actor = 7};
	const char *refused = NULL;
	struct err err = {0};
	char code[32];

	h->settings.rights.decide = true;
	erase_asked(h);
	code_in(h, code);
	says(h, "m2", code);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IN_PROGRESS);
	rights_begin(h);
	assert_int_equal(rights_decide(&h->w, only(h).id, &d, &refused, &err),
			 0);
	rights_commit(h);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_EXECUTING);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.decide' AND"
					" ended_ms IS NULL"),
			 0);
}

/* As forget/ leaves it. */
static void erasure_is_at(struct house *h, const char *state_sql)
{
	house_sql(h, state_sql);
	rights_turn(h);
	h->ahead_ms += 120000;
	rights_turn(h);
}

static void receipt_opens(struct house *h, int64_t id)
{
	struct buf receipt = BUF_INIT(RECEIPT_BYTES_MAX);
	const char *refused = NULL;
	struct err err = {0};

	assert_int_equal(
	    rights_certificate(&h->w, id, &receipt, &refused, &err), 0);
	/* Nobody has signed the log in this house. */
	assert_string_equal(refused, "pending");
	buf_free(&receipt);
}

static void erased(struct house *h)
{
	char code[32];

	erase_asked(h);
	code_in(h, code);
	says(h, "m2", code);
	rights_turn(h);
	rights_sent(h);
	house_sql(h, "INSERT INTO request_item SELECT id,'MSG','erase',"
		     "'JustificationA17NonNecessity','Art. 17(1)(a) GDPR',0,9"
		     " FROM request");
	house_sql(h, "INSERT INTO request_item SELECT id,'RAW',"
		     "'restrict_until','JustificationA17LegallyRequired',"
		     "'Art. 17(3)(b) GDPR',23011,3 FROM request");
	erasure_is_at(h, "UPDATE erasure SET step=10,n=9,kept=3,files=2,"
			 "keys=4,entry=7");
}

/* Proves: compliance 9 E2. */
static void the_answer_names_what_went_and_what_stays(void **state)
{
	struct house *h = *state;
	char *text;

	erased(h);
	text = rights_letter(h, "partly_erased");
	assert_non_null(strstr(text, "9 × gelöscht"));
	assert_non_null(strstr(text, "Art. 17 Abs. 3 Buchst. b DSGVO"));
	assert_non_null(strstr(text, "vor Gericht")); /* Art. 12(4) */
	assert_non_null(strstr(text, "3 × aufbewahrt"));
	assert_non_null(strstr(text, "01.01.2033"));
	assert_non_null(strstr(text, "Ein Gesetz verpflichtet uns"));
	assert_non_null(strstr(text, "Berlin")); /* the authority */
	assert_null(strchr(text, '{'));
	free(text);
	receipt_opens(h, only(h).id);
}

/* Proves: compliance 9 E4. */
static void it_waits_for_the_last_backup(void **state)
{
	struct house *h = *state;

	house_sql(h, "INSERT INTO backup(id,kind,made_ms,expires_ms)"
		     " VALUES(1,'keys',1000,1775900000000)");
	erased(h);
	rights_sent(h);
	h->ahead_ms += 120000;
	rights_turn(h); /* the answer is there: forget/ is told */
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE step=11"), 1);
	h->ahead_ms += 120000;
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_WAITING_BACKUPS);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE reply_sealed IS NULL"),
			 1);
	h->ahead_ms = INT64_C(1775900000000) - HOUSE_NOW - 1;
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_WAITING_BACKUPS);
	h->ahead_ms += 1;
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_COMPLETED);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE next_ms IS NOT NULL"),
			 0);
}

/* Proves: compliance 9 H1, H2: what was suspended is told to the end. */
static void the_end_of_a_hold_is_told(void **state)
{
	struct house *h = *state;
	char code[32];

	erase_asked(h);
	code_in(h, code);
	says(h, "m2", code);
	rights_turn(h);
	rights_sent(h);
	house_sql(h, "INSERT INTO request_item SELECT id,'MSG',"
		     "'restrict_hold','HOLD','Art. 17(3)(e) GDPR',0,9"
		     " FROM request");
	erasure_is_at(h, "UPDATE erasure SET step=10,kept=9,entry=7");
	rights_sent(h);
	for (int i = 0; i < 2; i++) { /* answered, then over */
		h->ahead_ms += 120000;
		rights_turn(h);
	}
	assert_int_equal(only(h).state, RIGHTS_COMPLETED);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE"
					" what='not_erased'"),
			 1);
	assert_int_equal(
	    HOUSE_COUNT(h, "request WHERE reply_sealed IS NOT NULL AND"
			   " next_ms IS NULL"),
	    1);
	/* Released: forget/ runs once more, and wakes it at its end. */
	house_sql(h, "DELETE FROM request_item");
	house_sql(h, "INSERT INTO request_item SELECT id,'MSG','erase',"
		     "'JustificationA17NonNecessity','Art. 17(1)(a) GDPR',0,9"
		     " FROM request");
	house_sql(h, "UPDATE request SET answered_ms=NULL,next_ms=0");
	house_sql(h, "UPDATE erasure SET step=4,ended_ms=NULL");
	rights_turn(h); /* under way: nothing is told or forgotten yet */
	assert_int_equal(HOUSE_COUNT(h, "request WHERE reply_sealed IS NULL"),
			 0);
	house_sql(h, "UPDATE request SET next_ms=0");
	house_sql(h, "UPDATE erasure SET step=10");
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='erased'"
					" AND state='waiting'"),
			 1);
	rights_sent(h);
	h->ahead_ms += 120000;
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE step=11"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request WHERE reply_sealed IS NULL AND"
					" next_ms IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='erased'"),
			 1);
	assert_int_equal(only(h).state, RIGHTS_COMPLETED);
}

/* Whether grounds override is for people to say; until then nobody uses the
 * data (compliance 3.3). */
static void a_legitimate_interest_is_weighed_by_people(void **state)
{
	struct house *h = *state;
	char code[32];

	house_use(h, "policy: shop\nversion: 1\n"
		     "purposes:\n  support: {basis: legitimate_interest, "
		     "interest: \"Antworten\"}\n"
		     "data:\n"
		     "  MSG: {from: process_end, keep: P30D, delete: P90D}\n"
		     "  MEDIA: {from: process_end, delete: P90D}\n"
		     "  RAW: {from: collection, delete: P3D}\n"
		     "channels:\n  shop: {purpose: support, data: "
		     "MSG}\n" HOUSE_POLICY_DESK);
	rights_clock(h, "2026-03-10T10:00:00Z");
	says(h, "m0", "Wo bleibt mein Paket?");
	rights_clock(h, "2026-03-10T23:30:00Z");
	says(h, "m1", "Löschen");
	rights_turn(h);
	code_in(h, code);
	says(h, "m2", code);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IN_PROGRESS);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE ground='d'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 0);
}

static void who_asked_takes_it_back_in_the_chat(void **state)
{
	struct house *h = *state;
	int64_t told;
	char code[32];

	erase_asked(h);
	told = HOUSE_COUNT(h, "outbox WHERE type='message.received'");
	says(h, "m2", "ZURÜCKZIEHEN!");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_WITHDRAWN);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE"
					" what='withdrawn'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 told);
	/* Proved, but a person has not decided yet. */
	h->settings.rights.decide = true;
	says(h, "m3", "Löschen");
	rights_turn(h);
	code_in(h, code);
	says(h, "m4", code);
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IN_PROGRESS);
	/* Inside a sentence it is an ordinary word. */
	says(h, "m5", "Ich will nichts zurückziehen");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_IN_PROGRESS);
	says(h, "m6", "cancel my request");
	rights_turn(h);
	assert_int_equal(only(h).state, RIGHTS_WITHDRAWN);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
	/* Nothing is left to be taken back. */
	told = HOUSE_COUNT(h, "outbox WHERE type='message.received'");
	says(h, "m7", "Withdraw");
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 told + 1);
}

static void a_stranger_without_data_is_told_so(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ERASURE, "0170999");
	struct rights_opened r;

	ask.proved = true;
	r = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_COMPLETED);
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='no_data'"
					" AND state='kept'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 0);
}

static void a_deadline_raises_its_alarms(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;

	house_body(h, hello);
	house_receive(h);
	rights_clock(h, "2026-10-01T10:00:00+02:00");
	ask = rights_by_phone(h, RIGHTS_RECTIFICATION, "01701234567");
	ask.proved = true;
	ask.text = "Anna Beispiel";
	(void)rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.decide'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm"), 1);
	rights_clock(h, "2026-10-09T00:00:00+02:00");
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.internal'"),
			 1);
	rights_clock(h, "2026-10-26T00:00:00+01:00");
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.deadline'"),
			 1);
	rights_clock(h, "2026-11-03T00:00:00+01:00");
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.overdue'"),
			 1);
}

static void a_name_is_put_right(void **state)
{
	struct house *h = *state;
	struct rights_decision d = {.grant = true};
	const char *refused = NULL;
	struct err err = {0};
	struct rights_ask ask;
	struct rights_opened r;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_RECTIFICATION, "01701234567");
	ask.proved = true;
	ask.text = "Anna Beispiel";
	r = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_IN_PROGRESS);
	rights_begin(h);
	assert_int_equal(rights_decide(&h->w, r.id, &d, &refused, &err), 0);
	rights_commit(h);
	rights_turn(h);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_COMPLETED);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE rectified_ms>0"), 1);
	assert_int_equal(HOUSE_COUNT(h, "ledger_entry WHERE CAST(body AS TEXT)"
					" LIKE '%identity.rectified%'"),
			 1);
}

static void an_objection_stops_advertising(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;
	struct rights_opened r;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_OBJECTION, "01701234567");
	ask.proved = true;
	r = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_COMPLETED);
	assert_true(HOUSE_COUNT(h, "suppression WHERE scope='marketing'") > 0);
}

static void a_restriction_takes_effect(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;
	struct rights_opened r;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_RESTRICTION, "01701234567");
	ask.proved = true;
	ask.scope = "b";
	r = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_COMPLETED);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE ground='b' AND"
					" conversation IS NULL"),
			 1);
}

#define CASE(t)                                               \
	cmocka_unit_test_setup_teardown(t, rights_house_make, \
					rights_house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(loeschen_is_a_request_that_asks_who_it_is),
	    CASE(the_code_proves_and_is_told_to_no_helpdesk),
	    CASE(a_wrong_code_is_counted_until_it_is_enough),
	    CASE(ordinary_words_are_no_code),
	    CASE(nobody_answers_and_it_is_over),
	    CASE(said_twice_the_first_one_counts),
	    CASE(an_open_case_is_for_people),
	    CASE(a_page_keeps_its_address),
	    CASE(a_controller_may_decide_on_each),
	    CASE(the_answer_names_what_went_and_what_stays),
	    CASE(it_waits_for_the_last_backup),
	    CASE(the_end_of_a_hold_is_told),
	    CASE(a_legitimate_interest_is_weighed_by_people),
	    CASE(who_asked_takes_it_back_in_the_chat),
	    CASE(a_stranger_without_data_is_told_so),
	    CASE(a_deadline_raises_its_alarms),
	    CASE(a_name_is_put_right),
	    CASE(an_objection_stops_advertising),
	    CASE(a_restriction_takes_effect),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "rights chat", tests, NULL, NULL);
}
