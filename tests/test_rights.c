/* test_rights.c - requests of data subjects: coming in, deadlines, proof.
 *
 * Proves: compliance 9 D2 to D4, E3; 2.4; 5.1; Art. 12 GDPR. */
#include "rights_house.h"

#include "rights/codes.h"

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

static const char *extend(struct house *h, int64_t id, const char *reason)
{
	const char *refused = NULL;
	struct err err = {0};
	int rc;

	rights_begin(h);
	rc = rights_extend(&h->w, id, reason, NULL, 7, &refused, &err);
	rights_commit(h);
	return rights_refusal(rc, refused);
}

/* Proves: compliance 9 D2. */
static void more_time_is_taken_within_the_first_month(void **state)
{
	struct house *h = *state;
	struct rights_opened r, late;
	struct rights_ask ask;

	rights_clock(h, "2026-01-31T10:00:00+01:00");
	ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	ask.proved = true;
	r = rights_ask(h, &ask);
	late = rights_ask(h, &ask);
	assert_int_equal(r.due_day, rights_day("2026-03-02"));
	rights_clock(h, "2026-02-27T10:00:00+01:00");
	assert_string_equal(extend(h, r.id, "STILL_NECESSARY"), "reason");
	assert_string_equal(extend(h, r.id, "JustificationA12Complexity"), "");
	assert_int_equal(rights_get(h, r.id).due_day, rights_day("2026-04-30"));
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_EXTENDED);
	assert_string_equal(rights_get(h, r.id).reason,
			    "JustificationA12Complexity");
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='extended'"),
			 1);
	assert_string_equal(extend(h, r.id, "JustificationA12Complexity"),
			    "extended");
	rights_clock(h, "2026-03-03T00:00:00+01:00");
	assert_string_equal(extend(h, late.id, "JustificationA12Complexity"),
			    "deadline");
	assert_int_equal(rights_get(h, late.id).due_day,
			 rights_day("2026-03-02"));
}

/* compliance 2.4: the cautious reading. */
static void a_cautious_controller_chains_the_months(void **state)
{
	struct house *h = *state;
	struct rights_opened r;
	struct rights_ask ask;

	h->settings.rights.chained = true;
	rights_clock(h, "2026-01-31T10:00:00+01:00");
	ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	ask.proved = true;
	r = rights_ask(h, &ask);
	assert_string_equal(extend(h, r.id, "JustificationA12HighVolume"), "");
	assert_int_equal(rights_get(h, r.id).due_day, rights_day("2026-04-28"));
}

static const char *decide(struct house *h, int64_t id,
			  const struct rights_decision *d)
{
	const char *refused = NULL;
	struct err err = {0};
	int rc;

	rights_begin(h);
	rc = rights_decide(&h->w, id, d, &refused, &err);
	rights_commit(h);
	return rights_refusal(rc, refused);
}

static const char *approve(struct house *h, int64_t id, int64_t actor)
{
	const char *refused = NULL;
	struct err err = {0};
	int rc;

	rights_begin(h);
	rc = rights_approve(&h->w, id, actor, &refused, &err);
	rights_commit(h);
	return rights_refusal(rc, refused);
}

/* Proves: compliance 9 Q5. */
static void a_hard_no_needs_a_text_and_two_people(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	struct rights_decision d = {
	    .reason = "JustificationA12ManifestlyExcessive", .actor = 7};
	struct rights_opened r;

	r = rights_ask(h, &ask);
	assert_string_equal(decide(h, r.id, &d), "state"); /* not proved */
	assert_string_equal(rights_identify(h, r.id), "");
	assert_string_equal(decide(h, r.id, &d), "text");
	d.text = "der vierzigste Antrag in einer Woche";
	assert_string_equal(decide(h, r.id, &d), "");
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_IN_PROGRESS);
	assert_string_equal(approve(h, r.id, 7), "approver");
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_IN_PROGRESS);
	assert_string_equal(approve(h, r.id, 8), "");
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_REFUSED);
	assert_string_equal(approve(h, r.id, 9), "state");
	assert_int_equal(HOUSE_COUNT(h, "request_letter WHERE what='refused'"),
			 1);
}

static void articles_are_written_as_people_write_them(void **state)
{
	static const char *const all[][2] = {
	    {"Art. 12(5)(b) GDPR", "Art. 12 Abs. 5 Buchst. b DSGVO"},
	    {"Art. 12(2), 11(2) GDPR", "Art. 12 Abs. 2, 11 Abs. 2 DSGVO"},
	    {"Art. 18 GDPR", "Art. 18 DSGVO"},
	    {"§ 34(1) no. 2(a) BDSG", "§ 34 Abs. 1 Nr. 2 Buchst. a BDSG"},
	    {"§ 257(1) no. 2, 3, (4), (5) HGB, § 147(1) no. 2, 3, (3), (4) AO",
	     "§ 257 Abs. 1 Nr. 2, 3, Abs. 4, Abs. 5 HGB, § 147 Abs. 1 Nr. 2, "
	     "3, Abs. 3, Abs. 4 AO"},
	    {"§§ 195, 199(1) BGB", "§§ 195, 199 Abs. 1 BGB"},
	    {"", ""},
	    {"(", "("},
	};
	char got[ARTICLE_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		article_words(all[i][0], TONGUE_DE, got);
		assert_string_equal(got, all[i][1]);
		article_words(all[i][0], TONGUE_EN, got);
		assert_string_equal(got, all[i][0]);
	}
}

static const char *resume(struct house *h, int64_t id)
{
	const char *refused = NULL;
	struct err err = {0};
	int rc;

	rights_begin(h);
	rc = rights_resume(&h->w, id, &refused, &err);
	rights_commit(h);
	return rights_refusal(rc, refused);
}

/* It may have been answered since the backup: no second time by itself. */
static void what_came_back_with_a_backup_waits_for_a_person(void **state)
{
	struct rights_decision d = {.grant = true, .actor = 7};
	struct house *h = *state;
	struct rights_opened first, second;
	struct rights_ask ask;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_ACCESS, "01701234567");
	ask.proved = true;
	first = rights_ask(h, &ask);
	house_sql(h, "UPDATE request SET restored=1");
	rights_turn(h);
	assert_int_equal(rights_get(h, first.id).state, RIGHTS_VERIFIED);
	assert_int_equal(HOUSE_COUNT(h, "request_letter"), 0);
	assert_int_equal(HOUSE_COUNT(h, "package"), 0);
	/* Deadlines go on. */
	h->ahead_ms += INT64_C(40) * 86400000;
	rights_turn(h);
	assert_int_equal(HOUSE_COUNT(h, "alarm WHERE kind='rights.overdue'"),
			 1);
	/* Who asks again is answered: that is a request of now. */
	ask.received_ms = worker_now(&h->w);
	second = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, second.id).state, RIGHTS_EXECUTING);
	assert_string_equal(resume(h, second.id), "state");
	assert_string_equal(resume(h, first.id), "");
	assert_int_equal(HOUSE_COUNT(h, "request WHERE restored<>0"), 0);
	house_sql(h, "UPDATE request SET restored=1");
	assert_string_equal(decide(h, first.id, &d), "");
	assert_int_equal(HOUSE_COUNT(h, "request WHERE restored<>0"), 1);
	rights_turn(h);
	assert_int_equal(rights_get(h, first.id).state, RIGHTS_EXECUTING);
}

/* What was written then may have been sent since. */
static void a_letter_that_came_back_waits_too(void **state)
{
	struct house *h = *state;
	int64_t due_ms = 0;
	struct err err = {0};

	house_sql(h, "INSERT INTO request(id,person,channel,type,via,"
		     "state,language,received_ms,state_ms,ended_ms,restored)"
		     " VALUES(5,0,'','access','api','refused','de',1,1,1,1)");
	house_sql(h, "INSERT INTO request_letter(id,request,what,state,made_ms,"
		     "next_ms) VALUES(6,5,'refused','waiting',1,7)");
	assert_int_equal(post_next(&h->w, &due_ms, &err), 0);
	assert_int_equal(due_ms, 0);
	assert_string_equal(resume(h, 5), "");
	assert_int_equal(post_next(&h->w, &due_ms, &err), 0);
	assert_int_equal(due_ms, 7);
}

/* Proves: compliance 9 Q5. */
static void only_a_further_copy_costs_something(void **state)
{
	struct house *h = *state;
	struct rights_decision d = {.grant = true, .fee_cents = 500};
	struct rights_opened first, second;
	struct rights_ask ask;

	house_body(h, hello);
	house_receive(h);
	ask = rights_by_phone(h, RIGHTS_ACCESS, "01701234567");
	ask.proved = true;
	h->settings.rights.copies = true;
	first = rights_ask(h, &ask);
	assert_string_equal(decide(h, first.id, &d), "fee");
	rights_turn(h); /* a first one waits for nobody */
	assert_int_equal(rights_get(h, first.id).state, RIGHTS_EXECUTING);
	house_sql(h, "UPDATE request SET state='completed',ended_ms=1");
	second = rights_ask(h, &ask);
	rights_turn(h);
	assert_int_equal(rights_get(h, second.id).state, RIGHTS_IN_PROGRESS);
	assert_string_equal(decide(h, second.id, &d), "");
	assert_int_equal(HOUSE_COUNT(h, "request WHERE fee_cents=500"), 1);
}

static void a_no_needs_a_reason_of_its_kind(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ACCESS, "0170111");
	struct rights_decision d = {.actor = 7};
	struct rights_opened r;

	ask.proved = true;
	r = rights_ask(h, &ask);
	assert_string_equal(decide(h, r.id, &d), "reason");
	d.reason = "HOLD"; /* of an erasure */
	assert_string_equal(decide(h, r.id, &d), "reason");
	d.reason = "JustificationA12IdentityFailure";
	assert_string_equal(decide(h, r.id, &d), "");
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_REFUSED);
	assert_string_equal(decide(h, r.id, &d), "state");
}

static void what_is_not_begun_can_be_taken_back(void **state)
{
	struct house *h = *state;
	struct rights_ask ask = rights_by_phone(h, RIGHTS_ERASURE, "0170111");
	const char *refused = NULL;
	struct err err = {0};
	struct rights_opened r;

	ask.proved = true;
	r = rights_ask(h, &ask);
	rights_begin(h);
	assert_int_equal(rights_withdraw(&h->w, r.id, &refused, &err), 0);
	rights_commit(h);
	assert_null(refused);
	assert_int_equal(rights_get(h, r.id).state, RIGHTS_WITHDRAWN);
	r = rights_ask(h, &ask);
	house_sql(h, "UPDATE request SET state='executing' WHERE ended_ms IS"
		     " NULL");
	rights_begin(h);
	assert_int_equal(rights_withdraw(&h->w, r.id, &refused, &err), 0);
	rights_commit(h);
	assert_string_equal(refused, "state");
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
	    CASE(more_time_is_taken_within_the_first_month),
	    CASE(a_cautious_controller_chains_the_months),
	    CASE(a_hard_no_needs_a_text_and_two_people),
	    CASE(what_came_back_with_a_backup_waits_for_a_person),
	    CASE(a_letter_that_came_back_waits_too),
	    CASE(only_a_further_copy_costs_something),
	    CASE(a_no_needs_a_reason_of_its_kind),
	    CASE(what_is_not_begun_can_be_taken_back),
	    cmocka_unit_test(articles_are_written_as_people_write_them),
	    cmocka_unit_test(words_and_states_agree),
	};

	return sodium_init() < 0
		   ? 1
		   : cmocka_run_group_tests_name("rights", tests, NULL, NULL);
}
