/* test_erasure_odd.c - persons in odd states are erased: who agreed to
 * advertising, who asks while it is under way, whose letters time takes, over
 * whom a hold comes in the middle.
 *
 * Proves: Art. 7(3), 17(1)(b), 17(3)(e) GDPR; compliance 1.6, 3.3, 3.4, 4.5,
 * 7.4, 9 E2, E6, H1. */
#include "erase_house.h"

#include "forget/item.h"
#include "worker/hold.h"

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

/* A consent that holds, from "JA" 99 days ago. */
static void consents(struct house *h, const char *purpose, const char *kind)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO consent_event(id,person,purpose,kind,"
		       "source,at_ms,channel,by_whom,method) SELECT"
		       " (SELECT coalesce(max(id),0)+1 FROM consent_event),id,"
		       "'%s','%s','reply',%lld,'shop','subject','reply' FROM"
		       " person",
		       purpose, kind,
		       (long long)(house_wall(&h->env) - 99 * 86400000LL));
	house_sql(h, sql);
}

/* Art. 17(1)(b): who wants it gone consents no more; what proves it and what
 * keeps an import from agreeing again stay, and they are told. */
static void who_wants_to_be_erased_withdraws(void **state)
{
	struct house *h = *state;
	int64_t person;

	erase_writes(h, 1, 1, "x");
	erase_close(h);
	person = erase_person(h, 1);
	consents(h, "marketing", "given");
	consents(h, "umfrage", "requested");
	open_request(h, person);
	(void)erase_begin(h, person, REQUEST);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='withdrawn'"
					" AND by_whom='subject' AND"
					" purpose='marketing' AND"
					" channel='shop'"),
			 1);
	/* Nothing else was agreed to. */
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind NOT IN"
					" ('given','requested')"),
			 1);
	/* One for each address. */
	assert_int_equal(HOUSE_COUNT(h, "suppression WHERE scope='marketing'"
					" AND reason='erasure'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='consent' AND"
					" verdict='restrict_until'"),
			 3);
	assert_int_equal(HOUSE_COUNT(h,
				     "request_item WHERE datenart='CONSENT' AND"
				     " verdict='restrict_until' AND n=3"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='SUPPRESS'"
					" AND verdict='keep' AND n=1 AND"
					" reason='SUPPRESSED'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "ledger_entry WHERE instr(CAST(body AS"
					" TEXT),'\"consent.withdrawn\"')>0"),
			 1);
}

/* Nobody asked: it is not the person who ends it, and nobody objected. */
static void a_controller_revokes(void **state)
{
	struct house *h = *state;

	erase_writes(h, 1, 1, "x");
	erase_close(h);
	consents(h, "marketing", "given");
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='revoked' AND"
					" by_whom='controller'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 0);
}

/* The period of the proof does not begin anew with what ended long ago. */
static void a_proof_that_ran_out_goes(void **state)
{
	struct house *h = *state;

	erase_writes(h, 1, 1, "x");
	erase_close(h);
	consents(h, "marketing", "given");
	house_sql(h, "UPDATE consent_event SET at_ms=1000,until_ms=2000");
	(void)erase_begin(h, erase_person(h, 1), 0);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
}

/* Who asks while it is under way gets a list of their own. */
static void a_later_request_is_erased_once_more(void **state)
{
	struct house *h = *state;
	int64_t person = letters(h), first, second;
	struct err err = {0};
	bool moved = false;

	first = erase_begin(h, person, 0);
	assert_int_equal(erase_turn(h, &moved, &err), 0);
	assert_int_equal(erase_turn(h, &moved, &err), 0);
	open_request(h, person);
	assert_int_equal(erase_begin(h, person, REQUEST), first);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE request IS NULL"), 1);
	erase_run(h);
	second = erase_begin(h, person, REQUEST);
	assert_true(second != first);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='LETTER'"
					" AND n=3"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='CONTACT'"
					" AND verdict='restrict_until'"),
			 1);
}

/* Whoever takes the last letter, the rest of the person goes with it. */
static void the_last_letter_takes_the_rest_with_it(void **state)
{
	struct house *h = *state;
	int64_t person = letters(h), ids[3];
	struct forgetting f = {.w = &h->w, .files = BUF_INIT(1024)};
	struct item item;
	struct err err = {0};
	bool found = false;

	(void)erase_begin(h, person, 0);
	erase_run(h);
	for (int i = 0; i < 3; i++) {
		char sql[96];

		(void)snprintf(sql, sizeof(sql),
			       "SELECT id FROM message ORDER BY id LIMIT 1"
			       " OFFSET %d",
			       i);
		ids[i] = house_number(h, sql);
	}
	assert_int_equal(worker_begin(&h->w, &err), 0);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(
		    item_load(&h->w, ITEM_MESSAGE, ids[i], &item, &found, &err),
		    0);
		assert_true(found);
		assert_int_equal(forget_item(&f, &item, &err), 0);
	}
	assert_int_equal(forget_before_commit(&f, &err), 0);
	assert_int_equal(worker_commit(&h->w, &err), 0);
	assert_int_equal(forget_after_commit(&f, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "conversation"), 0);
	assert_int_equal(erase_keys(h, person), 0);
}

/* A hold that comes after the decision and before the deletion. */
static void a_late_hold_keeps_what_is_left(void **state)
{
	struct house *h = *state;
	int64_t person, id;
	struct err err = {0};
	bool moved = true;
	char sql[256];

	for (int i = 0; i < 40; i++)
		erase_writes(h, 1, i, "x");
	erase_close(h);
	person = erase_person(h, 1);
	consents(h, "marketing", "given");
	open_request(h, person);
	id = erase_begin(h, person, REQUEST);
	while (HOUSE_COUNT(h, "message") == 40 && moved)
		assert_int_equal(erase_turn(h, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "message"), 8);
	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO hold(id,scope,person,year,state,owner,"
		       "placed_ms,review_day) VALUES(%lld,'person',%lld,2026,"
		       "'active',1,0,99999)",
		       (long long)worker_id(&h->w), (long long)person);
	house_sql(h, sql);
	hold_changed(&h->w);
	erase_run(h);
	answered(h, id);
	assert_int_equal(HOUSE_COUNT(h, "message"), 8);
	assert_int_equal(HOUSE_COUNT(h, "kept WHERE kind='message' AND"
					" verdict='restrict_hold'"),
			 8);
	assert_int_equal(HOUSE_COUNT(h, "address"), 2);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 2);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG' AND"
					" verdict='erase' AND n=32"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "request_item WHERE datenart='MSG' AND"
					" reason='HOLD' AND n=8"),
			 1);
	content_is(CONTENT(h, "1=1"), "text", "x");
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL AND"
					" n=32"),
			 1);
}

/* Nobody but the start of the process would try again. */
static void a_file_that_could_not_be_unlinked_goes(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = true;

	erase_writes(h, 1, 1, "anbei");
	erase_attach(h, house_number(h, "SELECT id FROM message"), 901, "MEDIA",
		     ERASE_FILE_B);
	erase_close(h);
	(void)erase_begin(h, erase_person(h, 1), 0);
	while (HOUSE_COUNT(h, "message") > 0 && moved)
		assert_int_equal(erase_turn(h, &moved, &err), 0);
	/* As after a commit whose unlinking failed. */
	house_sql(h, "INSERT INTO meta(name,value) VALUES('unlink',"
		     "CAST('" ERASE_FILE_A "' AS BLOB))");
	erase_run(h);
	assert_int_equal(HOUSE_COUNT(h, "erasure WHERE ended_ms IS NOT NULL"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "alarm"), 0);
	assert_int_equal(HOUSE_COUNT(h, "meta WHERE name='unlink'"), 0);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, erase_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(who_wants_to_be_erased_withdraws),
	    CASE(a_controller_revokes),
	    CASE(a_proof_that_ran_out_goes),
	    CASE(a_later_request_is_erased_once_more),
	    CASE(the_last_letter_takes_the_rest_with_it),
	    CASE(a_late_hold_keeps_what_is_left),
	    CASE(a_file_that_could_not_be_unlinked_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
