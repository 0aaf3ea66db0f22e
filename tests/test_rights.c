/* test_rights.c - requests of data subjects: coming in, deadlines, proof.
 *
 * Proves: compliance 9 D2 to D4, E3; 2.4; 5.1; Art. 12 GDPR. */
#include "rights_house.h"

static void a_stranger_is_answered_like_a_person(void **state)
{
	struct house *h = *state;
	struct rights_opened known, stranger;
	struct rights_ask ask;
	uint64_t before, spent[2];

	house_die(h);
	house_open(h, "failing"); /* it counts */
	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_ERASURE, "01701234567");
	(void)rights_ask(h, &ask); /* what is read once has been read */
	before = store_failing_calls(h->w.store);
	known = rights_ask(h, &ask);
	spent[0] = store_failing_calls(h->w.store) - before;
	ask.identifiers[0].value = "01709999999";
	before = store_failing_calls(h->w.store);
	stranger = rights_ask(h, &ask);
	spent[1] = store_failing_calls(h->w.store) - before;
	assert_int_equal(spent[0], spent[1]);
	assert_true(rights_get(h, known.id).person != 0);
	assert_true(rights_get(h, stranger.id).person == 0);
	assert_int_equal(known.state, RIGHTS_IDENTITY_PENDING);
	assert_int_equal(stranger.state, RIGHTS_IDENTITY_PENDING);
	assert_int_equal(known.due_day, stranger.due_day);
	assert_int_equal(strlen(known.status_link),
			 strlen(stranger.status_link));
}

static void a_wish_is_the_same_asked_twice_from_outside(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	struct rights_opened first, again;
	struct err err = {0};
	int64_t id = 0;

	ask.via = RIGHTS_OPENDSR;
	ask.proved = true;
	ask.outside_id = "a7551968-d5d6-44b2-9831-815ac9017798";
	ask.callbacks[0] = "https://dsr.example/a";
	ask.callbacks_len = 1;
	first = rights_ask(h, &ask);
	again = rights_ask(h, &ask);
	assert_int_equal(first.state, RIGHTS_VERIFIED);
	assert_false(first.repeated);
	assert_true(again.repeated);
	assert_int_equal(again.id, first.id);
	assert_int_equal(HOUSE_COUNT(h, "request"), 1);
	assert_int_equal(HOUSE_COUNT(h, "request_event"), 2);
	assert_int_equal(
	    HOUSE_COUNT(h, "request_callback WHERE kind='opendsr'"), 1);
	assert_int_equal(rights_find_outside(&h->w, RIGHTS_OPENDSR,
					     ask.outside_id, &id, &err),
			 0);
	assert_int_equal(id, first.id);
	assert_int_equal(
	    rights_find_outside(&h->w, RIGHTS_DRP, ask.outside_id, &id, &err),
	    0);
	assert_int_equal(id, 0);
}

static void the_link_finds_its_request_and_no_other(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	struct rights_opened one = rights_ask(h, &ask);
	struct rights_opened other = rights_ask(h, &ask);
	const char *secret = strrchr(one.status_link, '/') + 1;
	char wrong[RIGHTS_SECRET_BYTES];
	struct err err = {0};
	int64_t id = 0;

	assert_int_equal(strlen(secret), RIGHTS_SECRET_BYTES - 1);
	assert_int_equal(rights_find_link(&h->w, secret, &id, &err), 0);
	assert_int_equal(id, one.id);
	assert_true(id != other.id);
	(void)snprintf(wrong, sizeof(wrong), "%s", secret);
	wrong[3] = wrong[3] == 'a' ? 'b' : 'a';
	assert_int_equal(rights_find_link(&h->w, wrong, &id, &err), 0);
	assert_int_equal(id, 0);
	assert_int_equal(rights_find_link(&h->w, "", &id, &err), 0);
	assert_int_equal(id, 0);
}

/* Proves: compliance 9 D3. */
static void the_clock_rests_while_proof_is_waited_for(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;
	struct rights_opened r;

	rights_clock(h, "2026-06-01T10:00:00+02:00");
	ask = rights_by_phone(h, RIGHTS_ERASURE, "0170111");
	rights_clock(h, "2026-06-02T09:00:00+02:00");
	r = rights_ask(h, &ask);
	assert_int_equal(r.due_day, rights_day("2026-07-01"));
	rights_clock(h, "2026-06-11T18:00:00+02:00");
	assert_string_equal(rights_identify(h, r.id), "");
	assert_int_equal(rights_get(h, r.id).due_day, rights_day("2026-07-10"));
	assert_int_equal(rights_get(h, r.id).paused_days, 9);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_VERIFIED);
	assert_string_equal(rights_identify(h, r.id), "state");
}

/* Who asks for proof only after a week has nobody to blame. */
static void a_late_question_stops_no_clock(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;
	struct rights_opened r;

	rights_clock(h, "2026-06-01T10:00:00+02:00");
	ask = rights_by_phone(h, RIGHTS_ERASURE, "0170111");
	rights_clock(h, "2026-06-08T09:00:00+02:00");
	r = rights_ask(h, &ask);
	rights_clock(h, "2026-06-11T18:00:00+02:00");
	assert_string_equal(rights_identify(h, r.id), "");
	assert_int_equal(rights_get(h, r.id).due_day, rights_day("2026-07-01"));
	assert_int_equal(rights_get(h, r.id).paused_days, 0);
}

/* Proves: compliance 9 D4. */
static void the_day_is_the_one_of_the_controllers_zone(void **state)
{
	struct house *h = *state;
	struct rights_ask ask;
	struct rights_opened r;

	rights_clock(h, "2026-03-10T23:30:00Z");
	ask = rights_by_phone(h, RIGHTS_ERASURE, "0170111");
	r = rights_ask(h, &ask);
	assert_int_equal(rights_get(h, r.id).receipt_day,
			 rights_day("2026-03-11"));
}

static void who_is_asked_twice_for_the_same_is_told_once_proved(void **state)
{
	struct house *h = *state;
	struct rights_opened first, again;
	struct rights_ask ask;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_ERASURE, "01701234567");
	first = rights_ask(h, &ask);
	again = rights_ask(h, &ask);
	assert_int_equal(again.state, RIGHTS_IDENTITY_PENDING);
	assert_string_equal(rights_identify(h, first.id), "");
	assert_string_equal(rights_identify(h, again.id), "");
	assert_int_equal(rights_get(h, first.id).state, RIGHTS_VERIFIED);
	assert_int_equal(rights_get(h, again.id).state, RIGHTS_DUPLICATE);
	assert_int_equal(
	    HOUSE_COUNT(h, "request WHERE duplicate_of IS NOT NULL"), 1);
}

/* One row, one entry for every state. */
static void every_state_is_told(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	struct rights_opened r = rights_ask(h, &ask);

	assert_string_equal(rights_identify(h, r.id), "");
	assert_int_equal(HOUSE_COUNT(h, "request_event"), 3);
	assert_int_equal(
	    HOUSE_COUNT(h,
			"ledger_entry WHERE CAST(body AS TEXT) LIKE"
			" '%request.%' AND CAST(body AS TEXT) LIKE '%\"c\":%'"),
	    3);
}

static void words_and_states_agree(void **state)
{
	(void)state;
	for (int i = 0; i < RIGHTS_STATES; i++) {
		enum rights_state s = RIGHTS_STATES;

		assert_true(rights_state_named(
		    rights_state_name((enum rights_state)i), &s));
		assert_int_equal(s, i);
		assert_true(ledger_reason_named(rights_state_name(s),
						strlen(rights_state_name(s))) >=
				0 ||
			    s == RIGHTS_RECEIVED);
		for (int k = 0; rights_state_ended(s) && k < RIGHTS_STATES; k++)
			assert_false(
			    rights_state_follows(s, (enum rights_state)k));
	}
	for (int i = 0; i < RIGHTS_TYPES; i++) {
		const char *name = rights_type_name((enum rights_type)i);

		assert_true(ledger_reason_named(name, strlen(name)) > 0);
	}
}

#define CASE(t)                                               \
	cmocka_unit_test_setup_teardown(t, rights_house_make, \
					rights_house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_stranger_is_answered_like_a_person),
	    CASE(a_wish_is_the_same_asked_twice_from_outside),
	    CASE(the_link_finds_its_request_and_no_other),
	    CASE(the_clock_rests_while_proof_is_waited_for),
	    CASE(a_late_question_stops_no_clock),
	    CASE(the_day_is_the_one_of_the_controllers_zone),
	    CASE(who_is_asked_twice_for_the_same_is_told_once_proved),
	    CASE(every_state_is_told),
	    cmocka_unit_test(words_and_states_agree),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
