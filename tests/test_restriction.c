/* test_restriction.c - what is restricted waits, and is known again by whoever
 * the person turns out to be.
 *
 * Proves: compliance 9 X1; Art. 18 GDPR. */
#include "receive_house.h"

#include "worker/consent_expire.h"
#include "worker/restriction.h"

static int64_t only(struct house *h, const char *sql)
{
	int64_t id = house_number(h, sql);

	assert_true(id > 0);
	return id;
}

static int place(struct house *h, bool whole, struct err *err)
{
	const struct restriction r = {
	    .conversation = only(h, "SELECT max(id) FROM conversation"),
	    .person = only(h, "SELECT person FROM conversation"
			      " ORDER BY id DESC LIMIT 1"),
	    .whole = whole,
	    .ground = "a",
	};

	return restriction_place(&h->w, &r, err);
}

static bool restricted(struct house *h, int64_t person, int64_t conversation)
{
	struct err err = {0};
	bool is = false;

	assert_int_equal(restriction_of(&h->w, person, conversation, &is, &err),
			 0);
	return is;
}

static void nothing_is_looked_up_while_none_is_open(void **state)
{
	struct house *h = *state;

	assert_false(restricted(h, 1, 2));
	assert_true(h->w.restrictions_known);
	assert_int_equal(h->w.restrictions, 0);
	/* Were it looked up, it would be found. */
	house_sql(h, "INSERT INTO restriction(id,person,conversation,ground,"
		     "since_ms) VALUES(1,1,2,'a',1)");
	assert_false(restricted(h, 1, 2));
	h->w.restrictions_known = false;
	assert_true(restricted(h, 1, 2));
	assert_true(restricted(h, 9, 2));
	assert_false(restricted(h, 1, 3)); /* that conversation alone */
}

static void a_person_is_restricted_under_every_name(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(place(h, true, &err), 0);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	assert_true(restricted(h, person, cnv));
	assert_true(restricted(h, person, 4711));
	assert_false(restricted(h, 4711, cnv));
	house_sql(h, "INSERT INTO person(id,joined_into,created_ms,year)"
		     " SELECT 4711,id,1,2026 FROM person");
	assert_true(restricted(h, 4711, 4712));
	assert_int_equal(place(h, false, &err), -1);
	assert_int_equal(err.kind, ERR_DENIED);
}

static void what_comes_meanwhile_is_archived_with_its_reason(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	json_t *content;

	house_body(h, hello);
	house_receive(h);
	assert_int_equal(place(h, false, &err), 0);
	house_body(h, "message,id=m2,strong=S1,type=text,text=zwei");
	house_receive(h);
	content = CONTENT(h, "id=(SELECT max(id) FROM message)");
	content_is(
	    json_incref(json_array_get(json_object_get(content, "why"), 0)),
	    "code", "person.restricted");
	json_decref(content);
	/* It is to be told, once it may be. */
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=1"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='person.restricted'"
					" AND detail='restricted'"),
			 1);
}

static void a_parked_row_goes_on_when_it_is_lifted(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t person, cnv;

	house_body(h, hello);
	house_receive(h);
	person = only(h, "SELECT id FROM person");
	cnv = only(h, "SELECT id FROM conversation");
	assert_int_equal(place(h, false, &err), 0);
	assert_int_equal(restriction_park(&h->w,
					  only(h, "SELECT min(id) FROM outbox"),
					  &err),
			 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='restricted'"), 1);
	assert_int_equal(restriction_lift(&h->w, person, cnv, 20000, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='restricted'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "restriction WHERE lifted_ms IS NOT"
					" NULL AND informed_day=20000"),
			 1);
	assert_false(restricted(h, person, cnv));
	assert_int_equal(restriction_lift(&h->w, person, cnv, 20000, &err), -1);
	assert_int_equal(err.kind, ERR_ABSENT);
}

/* What was counted inside a transaction may have been undone with it. */
static void a_rolled_back_restriction_is_none(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t cnv;

	house_body(h, hello);
	house_receive(h);
	cnv = only(h, "SELECT id FROM conversation");
	assert_int_equal(worker_begin(&h->w, &err), 0);
	assert_int_equal(place(h, false, &err), 0);
	assert_true(restricted(h, 1, cnv));
	worker_roll_back(&h->w);
	assert_false(restricted(h, 1, cnv));
}

/* Storing is what a restriction leaves: also what would run out waits. */
static void what_is_held_for_a_consent_outlives_its_time(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	bool moved = false;

	house_body(h, hello);
	house_receive(h);
	house_sql(h, "UPDATE outbox SET state='held', next_ms=5");
	assert_int_equal(place(h, false, &err), 0);
	h->w.ready = true;
	assert_int_equal(consent_step(&h->w, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 1);
	assert_int_equal(
	    restriction_lift(&h->w, only(h, "SELECT id FROM person"),
			     only(h, "SELECT id FROM conversation"), 1, &err),
	    0);
	h->ahead_ms += 5000;
	h->w.expire_boot = 0;
	assert_int_equal(consent_step(&h->w, &moved, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE state='deleted'"), 1);
}

/* The one that stays has it, as it has the conversations. */
static void a_joined_person_brings_it_along(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	house_body(h, "message,id=m1,strong=S1,type=text,text=a\n"
		      "message,id=m2,phone=01701234567,type=text,text=b");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
	assert_int_equal(place(h, true, &err), 0);
	house_body(h, "message,id=m3,strong=S1,phone=01701234567,type=text,"
		      "text=c");
	house_receive(h);
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
	assert_int_equal(HOUSE_COUNT(h, "restriction r JOIN person p ON"
					" p.id=r.person AND p.joined_into IS"
					" NULL"),
			 1);
	assert_true(restricted(
	    h, only(h, "SELECT id FROM person WHERE joined_into IS NULL"), 0));
}

#define CASE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(nothing_is_looked_up_while_none_is_open),
	    CASE(a_person_is_restricted_under_every_name),
	    CASE(what_comes_meanwhile_is_archived_with_its_reason),
	    CASE(a_parked_row_goes_on_when_it_is_lifted),
	    CASE(a_rolled_back_restriction_is_none),
	    CASE(what_is_held_for_a_consent_outlives_its_time),
	    CASE(a_joined_person_brings_it_along),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests_name(
				       "restriction", tests, NULL, NULL);
}
