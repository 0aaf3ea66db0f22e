/* test_erasure.c - one person is erased, step by step, and read back.
 *
 * Proves: Art. 17 GDPR; compliance 7.4, 9 E1, E2, E5, E7, H2; assurance P7. */
#include "erase_house.h"

#include "forget/holding.h"
#include "worker/kept.h"

#define REQUEST 77

static void open_request(struct house *h, int64_t person)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO request(id,type,state,person,channel,"
		       "received_ms) VALUES(%d,'erasure','executing',%lld,"
		       "'shop',%lld)",
		       REQUEST, (long long)person,
		       (long long)house_wall(&h->env));
	house_sql(h, sql);
}

static void answered(struct house *h, int64_t id)
{
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(erasure_answered(&h->w, id, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
}

/* --- everything goes ------------------------------------------------------ */

static void two_persons(struct house *h)
{
	for (int i = 0; i < 40; i++)
		erase_writes(h, 1, i, CANARY);
	erase_writes(h, 2, 1, "bleibt");
	erase_close(h);
}

static void nothing_of_them_is_left(void **state)
{
	struct house *h = *state;
	int64_t person, other, first;
	uint8_t *sealed, *hash;
	size_t sealed_len, hash_len;

	two_persons(h);
	person = erase_person(h, 1);
	other = erase_person(h, 2);
	first = house_number(h, "SELECT min(id) FROM message");
	erase_attach(h, first, 900, "MEDIA", ERASE_FILE_A);
	sealed = erase_bytes(
	    h, "SELECT content_sealed FROM message ORDER BY id", &sealed_len);
	hash = erase_bytes(h, "SELECT address_hash FROM address ORDER BY id",
			   &hash_len);
	assert_true(erase_sweep(h, sealed, sealed_len) > 0);
	assert_true(erase_keys(h, person) > 0);
	(void)erase_begin(h, person, 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "attachment"), 0);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure_probe"), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure_step"), ERASURE_STEPS);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL AND"
					" n=41 AND of_n=41 AND files=1 AND"
					" keys>0 AND entry IS NOT NULL"),
			 1);
	assert_false(erase_there(h, ERASE_FILE_A));
	assert_int_equal(erase_keys(h, person), 0);
	assert_true(erase_keys(h, other) > 0);
	/* Neither what was stored nor what found them, in any file. */
	assert_int_equal(erase_sweep(h, sealed, sealed_len), 0);
	assert_int_equal(erase_sweep(h, hash, hash_len), 0);
	assert_int_equal(erase_sweep(h, CANARY, sizeof(CANARY) - 1), 0);
	free(sealed);
	free(hash);
}

static void who_writes_again_is_a_stranger(void **state)
{
	struct house *h = *state;
	int64_t person;

	erase_writes(h, 1, 1, "alt");
	erase_close(h);
	person = erase_person(h, 1);
	(void)erase_begin(h, person, 0);
	erase_run(h);
	erase_writes(h, 1, 2, "neu");
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_true(erase_person(h, 1) != person);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	/* The provider tells the old message once more. */
	erase_writes(h, 1, 1, "alt");
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
}

static void joined_persons_are_one(void **state)
{
	struct house *h = *state;

	house_body(h, "message,id=a,phone=01701,type=text,text=a,ts=-9");
	house_receive(h);
	house_body(h, "message,id=b,strong=S1,type=text,text=b,ts=-8");
	house_receive(h);
	house_body(h, "message,id=c,strong=S1,phone=01701,type=text,text=c,"
		      "ts=-7");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
}

/* Who turned out to be somebody who had turned out to be somebody else. */
static void joined_twice_they_are_one(void **state)
{
	struct house *h = *state;
	int64_t first;

	house_body(h, "message,id=a,phone=01701,type=text,text=a,ts=-9");
	house_body(h, "message,id=b,strong=S1,type=text,text=b,ts=-8");
	house_body(h, "message,id=c,phone=01702,type=text,text=c,ts=-7");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 3);
	house_sql(h, "UPDATE person SET joined_into=(SELECT min(p.id) FROM"
		     " person p WHERE p.id>person.id)");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
	erase_close(h);
	/* Asked for by the one in the middle: all of them are meant. */
	first = erase_person(h, 1);
	(void)erase_begin(h, erase_person(h, 2), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 0);
	assert_int_equal(erase_keys(h, first), 0);
}

/* --- a law keeps some ------------------------------------------------------
 */

/* 12 messages, 3 of them letters (E2). */
static int64_t letters(struct house *h)
{
	for (int i = 0; i < 12; i++)
		erase_writes(h, 1, i, "x");
	house_sql(h, "UPDATE message SET datenart='LETTER' WHERE id IN (SELECT"
		     " id FROM message ORDER BY id LIMIT 3)");
	erase_close(h);
	return erase_person(h, 1);
}

static void letters_are_kept_and_said_so(void **state)
{
	struct house *h = *state;
	int64_t person = letters(h), id;
	bool kept = false;
	struct err err = {0};

	open_request(h, person);
	id = erase_begin(h, person, REQUEST);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
	/* 2033-01-01 */
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE until_day=23011 AND"
					" verdict='restrict_until'"),
			 3);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG' AND"
					" verdict='erase' AND n=9"),
			 1);
	assert_int_equal(HOUSE_COUNT(h,
				     "request_item WHERE datenart='LETTER' AND"
				     " verdict='restrict_until' AND n=3 AND"
				     " until_day=23011 AND article LIKE"
				     " '§ 257%HGB, § 147%AO'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='CONTACT'"
					" AND verdict='restrict_until'"),
			 1);
	assert_int_equal(kept_is(&h->w,
				 house_number(h, "SELECT min(id) FROM message"),
				 &kept, &err),
			 0);
	assert_true(kept);
	/* Nobody is found by it, and no helpdesk hears of it. */
	assert_int_equal(HOUSE_COUNT(h, "address WHERE address_hash<>x''"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE helpdesk IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	/* The answer is waited for. */
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NULL"), 1);
	answered(h, id);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure_step"), ERASURE_STEPS);
}

static void what_was_kept_goes_when_its_reason_ends(void **state)
{
	struct house *h = *state;
	int64_t person = letters(h);
	struct err err = {0};

	open_request(h, person);
	answered(h, erase_begin(h, person, REQUEST));
	erase_run(h);
	house_sql(h, "UPDATE request SET ended_ms=1");
	house_sql(h, "UPDATE erasure SET ended_ms=1,step=11");
	assert_int_equal(HOUSE_COUNT(h, "message"), 3);
	/* A policy for which they are no letters any more. */
	house_sql(h, "UPDATE message SET datenart='MSG'");
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(erasure_again(&h->w, person, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(erase_keys(h, person), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE n=12 AND of_n=12"), 1);
	/* What was erased before is still said, what was kept is not. */
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG' AND"
					" verdict='erase' AND n=12"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE verdict<>'erase'"),
			 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
}

/* compliance 3.2, MEDIA: until the day of the letter, then both go. */
static void a_picture_stays_with_its_letter(void **state)
{
	struct house *h = *state;
	int64_t person = letters(h), id;

	erase_attach(h, house_number(h, "SELECT min(id) FROM message"), 902,
		     "MEDIA", ERASE_FILE_A);
	erase_attach(h, house_number(h, "SELECT max(id) FROM message"), 903,
		     "MEDIA", ERASE_FILE_B);
	open_request(h, person);
	id = erase_begin(h, person, REQUEST);
	erase_run(h);
	answered(h, id);
	assert_true(erase_there(h, ERASE_FILE_A));
	assert_false(erase_there(h, ERASE_FILE_B));
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE id=902 AND"
					" kind='attachment' AND until_day="
					"23011 AND verdict='restrict_until'"),
			 1);
	/* By which law, although the rule of pictures names none. */
	assert_int_equal(HOUSE_COUNT(h,
				     "request_item WHERE datenart='MEDIA' AND"
				     " verdict='restrict_until' AND n=1 AND"
				     " until_day=23011 AND article LIKE"
				     " '§ 257%HGB, § 147%AO'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MEDIA'"
					" AND verdict='erase' AND n=1"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm"), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
	house_sql(h, "UPDATE request SET ended_ms=1");
	house_sql(h, "UPDATE message SET received_ms=1");
	house_sql(h, "UPDATE kept SET until_day=1");
	erase_run(h);
	assert_false(erase_there(h, ERASE_FILE_A));
	assert_int_equal(HOUSE_COUNT(h, "attachment"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	assert_int_equal(erase_keys(h, person), 0);
}

static void a_file_the_law_wants_outlives_its_message(void **state)
{
	struct house *h = *state;

	erase_writes(h, 1, 1, "anbei");
	erase_attach(h, house_number(h, "SELECT id FROM message"), 901,
		     "LETTER", ERASE_FILE_B);
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_true(erase_there(h, ERASE_FILE_B));
	assert_int_equal(HOUSE_COUNT(h, "attachment WHERE state='kept'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
}

static void a_proof_of_consent_outlives_the_person(void **state)
{
	struct house *h = *state;

	erase_writes(h, 1, 1, "x");
	house_body(h, "optout,strong=S1,purpose=marketing");
	house_receive(h);
	assert_true(HOUSE_COUNT(h, "consent_event") > 0);
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='consent'"),
			 HOUSE_COUNT(h, "consent_event"));
	assert_true(HOUSE_COUNT(h, "consent_event") > 0);
}

/* H1, H2. */
static void a_hold_keeps_all_of_it_until_it_ends(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;
	int64_t person;

	for (int i = 0; i < 3; i++)
		erase_writes(h, 1, i, "x");
	house_body(h, "optout,strong=S1,purpose=marketing");
	house_body(h, "!kaputt 01701234561 kaputt");
	house_receive(h);
	erase_close(h);
	person = erase_person(h, 1);
	house_sql(h, "INSERT INTO hold(id,scope,person,year,state,owner,"
		     "placed_ms,review_day) SELECT 2,'person',id,2026,"
		     "'active',1,0,99999 FROM person");
	hold_changed(&h->w);
	open_request(h, person);
	(void)erase_begin(h, person, REQUEST);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL"),
			 3);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='message' AND"
					" verdict='restrict_hold' AND hold=2"),
			 3);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 1);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE reason='HOLD' AND"
					" verdict='restrict_hold' AND"
					" datenart='MSG' AND n=3"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE verdict='erase'"),
			 0);
	house_sql(h, "UPDATE hold SET released_ms=1");
	house_sql(h, "UPDATE request SET ended_ms=1");
	house_sql(h, "UPDATE erasure SET ended_ms=1,step=11");
	hold_changed(&h->w);
	for (int i = 0; i < 20; i++) {
		h->ahead_ms += 3600000;
		assert_int_equal(holding_step(&h->w, &moved, &err), 0);
	}
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind<>'consent'"), 0);
	/* Its own period goes on. */
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='consent'"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG' AND"
					" verdict='erase' AND n=3"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG'"),
			 1);
}

/* --- something is still needed ---------------------------------------------
 */

static void a_question_that_waits_is_not_erased(void **state)
{
	struct house *h = *state;
	int64_t person;

	erase_writes(h, 1, 1, "wann?");
	person = erase_person(h, 1);
	open_request(h, person);
	house_sql(h, "UPDATE request SET received_ms=received_ms+1");
	(void)erase_begin(h, person, REQUEST);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE address_hash<>x''"), 2);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE verdict='refuse'"
					" AND reason='STILL_NECESSARY' AND"
					" datenart='MSG'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "kept"), 0);
	assert_true(erase_keys(h, person) > 0);
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE helpdesk='desk'"
					" AND state='open'"),
			 1);
}

/* Of two cases one is open: what belongs to the other goes, the person stays,
 * and the helpdesk hears of each message that went. */
static void one_case_goes_and_the_other_stays(void **state)
{
	struct house *h = *state;
	int64_t person;

	for (int i = 0; i < 3; i++)
		erase_writes(h, 1, i, "x");
	person = erase_person(h, 1);
	house_sql(h, "DELETE FROM outbox");
	house_die(h);
	house_open(h, "sqlite");
	house_sql(h, "INSERT INTO conversation(id,person,channel,helpdesk,"
		     "state,opened_ms,closed_ms) SELECT 4,person,channel,"
		     "helpdesk,'closed',1,2 FROM conversation");
	house_sql(h, "UPDATE message SET conversation=4 WHERE id IN (SELECT id"
		     " FROM message ORDER BY id LIMIT 2)");
	(void)erase_begin(h, person, 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE address_hash<>x''"), 2);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE profile_sealed IS NOT"
					" NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.deleted'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE stays=1 AND n=2 AND"
					" of_n=3 AND ended_ms IS NOT NULL"),
			 1);
	/* It hears of each; the provider has no call for it. */
	assert_int_equal(HOUSE_COUNT(h, "telling WHERE event='erased_partly'"
					" AND (kind='helpdesk' AND"
					" state='confirmed' AND"
					" reason='told_at_once' OR"
					" kind='provider' AND"
					" state='impossible')"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "telling"), 2);
	/* What is still used still opens. */
	content_is(CONTENT(h, "1=1"), "text", "x");
}

/* What they say about their rights is no case of theirs. */
static void asking_for_it_does_not_stand_in_its_way(void **state)
{
	struct house *h = *state;
	int64_t person;

	erase_writes(h, 1, 1, "danke");
	erase_close(h);
	person = erase_person(h, 1);
	h->ahead_ms += 5000;
	erase_writes(h, 1, 2, "bitte vergessen");
	assert_int_equal(HOUSE_COUNT(h, "conversation WHERE state='open'"), 1);
	house_sql(h, "UPDATE message SET kind='reply',direction='out' WHERE"
		     " id=(SELECT min(id) FROM message)");
	open_request(h, person);
	(void)erase_begin(h, person, 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
}

/* --- others ----------------------------------------------------------------
 */

/* E7: B wrote in A's conversation, and names A. */
static void what_others_wrote_stays_theirs(void **state)
{
	struct house *h = *state;
	int64_t a, b, conversation, message;
	char sql[256];

	erase_writes(h, 1, 1, "ich bin da");
	erase_writes(h, 2, 1, "hat anna beispiel1 schon bezahlt");
	erase_writes(h, 2, 2, "nein");
	a = erase_person(h, 1);
	b = erase_person(h, 2);
	conversation = house_number(h, "SELECT min(id) FROM conversation");
	message = house_number(h, "SELECT id FROM message ORDER BY id LIMIT 1"
				  " OFFSET 1");
	house_die(h);
	(void)snprintf(sql, sizeof(sql), "UPDATE message SET conversation=%lld",
		       (long long)conversation);
	house_open(h, "sqlite");
	house_sql(h, sql);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO participant(person,conversation)"
		       " VALUES(%lld,%lld)",
		       (long long)b, (long long)conversation);
	house_sql(h, sql);
	erase_close(h);
	(void)erase_begin(h, a, 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 2);
	(void)snprintf(sql, sizeof(sql), "message WHERE key_person=%lld",
		       (long long)b);
	assert_int_equal(erase_keys(h, a), 0);
	content_is(CONTENT(h, "id=(SELECT max(id) FROM message)"), "text",
		   "nein");
	(void)snprintf(sql, sizeof(sql),
		       "SELECT message FROM review WHERE kind='mention' AND"
		       " state='open' AND person=%lld",
		       (long long)b);
	assert_int_equal(house_number(h, sql), message);
	assert_int_equal(HOUSE_COUNT(h, "review"), 1);
	/* Whose it is now. */
	(void)snprintf(sql, sizeof(sql),
		       "SELECT count(*) FROM conversation WHERE id=%lld AND"
		       " person=%lld",
		       (long long)conversation, (long long)b);
	assert_int_equal(house_number(h, sql), 1);
}

static void bodies_that_name_them_go(void **state)
{
	struct house *h = *state;

	erase_writes(h, 1, 1, "x");
	house_body(h, "!kaputt 01701234561 kaputt");
	house_body(h, "!kaputt 01709999999 kaputt");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 2);
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
}

/* --- on the way ------------------------------------------------------------
 */

static void what_comes_meanwhile_is_judged_too(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved;

	for (int i = 0; i < 3; i++)
		erase_writes(h, 1, i, "x");
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	for (int i = 0;
	     i < 20 && house_number(h, "SELECT step FROM erasure") == 0; i++)
		assert_int_equal(erase_turn(h, &moved, &err), 0);
	assert_int_equal(house_number(h, "SELECT step FROM erasure"),
			 ERASURE_FREEZE);
	/* Acknowledged, and not archived yet. */
	house_body(h, "message,id=late,strong=S1,phone=01701234561,type=text,"
		      "text=spaet");
	assert_true(receive_backlog_bytes(&h->w) > 0);
	assert_int_equal(erase_turn(h, &moved, &err), 0);
	assert_int_equal(house_number(h, "SELECT step FROM erasure"),
			 ERASURE_FREEZE);
	house_receive(h);
	erase_close(h);
	h->ahead_ms += 1000;
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE of_n=4 AND n=4"), 1);
}

static void a_second_wish_is_the_first(void **state)
{
	struct house *h = *state;
	int64_t person, id;

	erase_writes(h, 1, 1, "x");
	erase_close(h);
	person = erase_person(h, 1);
	id = erase_begin(h, person, 0);
	assert_int_equal(erase_begin(h, person, REQUEST), id);
	assert_int_equal(house_number(h, "SELECT request FROM erasure"),
			 REQUEST);
	assert_int_equal(HOUSE_COUNT(h, "erasure"), 1);
}

/* Keys of person 0 seal bodies of everybody. */
static void nobody_is_not_erased(void **state)
{
	const struct erasure_order order = {.trigger = TRIGGER_ART17};
	struct house *h = *state;
	struct err err = {0};
	uint64_t keys = 7;
	int64_t id = 0;

	house_body(h, "!kaputt");
	house_receive(h);
	assert_int_equal(erase_keys(h, 0), 1);
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(erasure_begin(&h->w, &order, &id, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_int_equal(forget_keys(&h->w, 0, &keys, &err), 0);
	assert_int_equal(keys, 0);
	worker_roll_back(&h->w);
	assert_int_equal(erase_keys(h, 0), 1);
}

static void what_is_left_raises_an_alarm(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = true;

	erase_writes(h, 1, 1, "x");
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	for (int i = 0; i < 50 && house_number(h, "SELECT step FROM erasure") <
				      ERASURE_VERIFY;
	     i++)
		assert_int_equal(erase_turn(h, &moved, &err), 0);
	/* Somebody put their number back. */
	house_sql(h, "INSERT INTO address(id,person,key_person,kind,"
		     "address_hash,year,address_sealed,from_ms) SELECT 5,"
		     "record,record,'phone',bytes,2026,x'',0 FROM erasure_probe"
		     " WHERE kind='address' LIMIT 1");
	assert_int_equal(erase_turn(h, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='erasure.unverified'"
					" AND ended_ms IS NULL"),
			 1);
	assert_int_equal(house_number(h, "SELECT step FROM erasure"),
			 ERASURE_ROWS);
	h->ahead_ms += 61000;
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE ended_ms IS NULL"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
}

static void the_last_key_backup_is_named(void **state)
{
	struct house *h = *state;
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO backup(id,kind,made_ms,expires_ms)"
		       " VALUES(1,'keys',%lld,%lld)",
		       (long long)HOUSE_NOW - 1,
		       (long long)HOUSE_NOW + 30 * INT64_C(86400000));
	house_sql(h, sql);
	erase_writes(h, 1, 1, "x");
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(house_number(h, "SELECT waits_day FROM erasure"),
			 caldate_local(NULL, HOUSE_NOW) + 30);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, erase_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(nothing_of_them_is_left),
	    CASE(who_writes_again_is_a_stranger),
	    CASE(joined_persons_are_one),
	    CASE(joined_twice_they_are_one),
	    CASE(letters_are_kept_and_said_so),
	    CASE(what_was_kept_goes_when_its_reason_ends),
	    CASE(a_picture_stays_with_its_letter),
	    CASE(a_file_the_law_wants_outlives_its_message),
	    CASE(a_proof_of_consent_outlives_the_person),
	    CASE(a_hold_keeps_all_of_it_until_it_ends),
	    CASE(a_question_that_waits_is_not_erased),
	    CASE(one_case_goes_and_the_other_stays),
	    CASE(asking_for_it_does_not_stand_in_its_way),
	    CASE(what_others_wrote_stays_theirs),
	    CASE(bodies_that_name_them_go),
	    CASE(what_comes_meanwhile_is_judged_too),
	    CASE(a_second_wish_is_the_first),
	    CASE(nobody_is_not_erased),
	    CASE(what_is_left_raises_an_alarm),
	    CASE(the_last_key_backup_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
