/* Consent at run time: what people say becomes events, and events a state. */
#include "receive_house.h"

#include "postern/caldate.h"
#include "postern/unsubscribe.h"
#include "worker/consent.h"
#include "worker/consent_expire.h"
#include "zone_house.h"

#define DAY INT64_C(86400000)
#define POLICY                                                            \
	"policy: shop\nversion: 1\npurposes:\n"                           \
	"  support: {basis: contract}\n"                                  \
	"  werbung: {basis: consent, double_opt_in: true, valid: P24M, "  \
	"ask: frage, confirmed: danke}\n"                                 \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"               \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA}}\n" HOUSE_POLICY_DESK "notices:\n"                        \
	"  frage: \"Duerfen wir Angebote senden? JA oder NEIN\"\n"        \
	"  danke: \"Danke.\"\n"
#define HOLDING                                                            \
	"policy: shop\nversion: 1\npurposes:\n"                            \
	"  beratung: {basis: consent, marketing: false, ask: frage}\n"     \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"                \
	"  MEDIA: {from: process_end, delete: P90D}\n"                     \
	"  RAW: {from: collection, delete: P3D}\n"                         \
	"channels:\n  shop: {purpose: beratung, data: MSG, media: {data: " \
	"MEDIA, max: 1MiB}, first_contact: consent, notice: hinweis, "     \
	"until_consent: {do: hold_back, for: P7D}}\n" HOUSE_POLICY_DESK    \
	"notices:\n  hinweis: \"Datenschutz\"\n"                           \
	"  frage: \"Duerfen wir? JA oder NEIN\"\n"
#define SAYS(id, text) "message,id=" id ",strong=S1,type=text,text=" text

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

static int64_t the_person(struct house *h)
{
	return house_number(h, "SELECT person FROM conversation LIMIT 1");
}

static enum consent_state state_of(struct house *h, const char *purpose)
{
	struct consent_of of = {.person = the_person(h)};
	enum consent_state state = CONSENT_STATES;
	struct err err = {0};

	assert_true(name_set(&of.purpose, purpose, strlen(purpose)));
	assert_true(name_set(&of.channel, "shop", 4));
	assert_int_equal(
	    consent_state_of(&h->w, &of, CONSENT_NOW, &state, &err), 0);
	return state;
}
#define WERBUNG(h) state_of((h), "werbung")

static void expire(struct house *h)
{
	struct err err = {0};
	bool moved = true;

	h->w.ready = true;
	house_confirm(h);
	while (moved) {
		moved = false;
		h->w.expire_boot = -DAY;
		if (consent_step(&h->w, &moved, &err) != 0) {
			print_error("%s: %s\n", err.where, err.what);
			fail();
		}
	}
}

/* Does an address of the person stand on the list for the purpose? */
static bool suppressed(struct house *h, const char *phone)
{
	const struct party party = {
	    .addresses = {{.kind = "phone", .text = phone}},
	    .addresses_len = 1};
	struct consent_of of = {.person = the_person(h)};
	struct err err = {0};
	bool found = false;

	assert_true(name_set(&of.purpose, "werbung", 7));
	assert_true(name_set(&of.channel, "shop", 4));
	assert_int_equal(consent_suppressed(&h->w, &party, &of, &found, &err),
			 0);
	return found;
}

/* --- questions and answers ------------------------------------------------ */

static json_t *evidence_of(struct house *h)
{
	static const char sql[] =
	    "SELECT id,key_person,year,evidence_sealed FROM consent_event"
	    " WHERE kind='given'";
	struct keeper_batch *k = NULL;
	struct store_rows *rows = NULL;
	struct store_value v;
	struct key_ref key = {0};
	const uint8_t *clear = NULL;
	struct err err = {0};
	size_t len = 0, slot;
	json_t *json;

	assert_int_equal(
	    store_start(h->w.store, sql, STORE_NO_ARGS, &rows, &err), 0);
	assert_int_equal(store_step(h->w.store, rows, &err), 1);
	key.person = store_column(h->w.store, rows, 1).num;
	key.year = (uint16_t)store_column(h->w.store, rows, 2).num;
	assert_true(name_set(&key.datenart, CONSENT_DATENART, 7));
	v = store_column(h->w.store, rows, 3);
	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	slot = keeper_add_open(k, &key, store_column(h->w.store, rows, 0).num,
			       FIELD_EVIDENCE, v.bytes, v.len);
	store_finish(h->w.store, &rows);
	assert_int_equal(keeper_run(k, &err), 0);
	assert_int_equal(keeper_result(k, slot, &clear, &len, &err), 0);
	json = json_loadb((const char *)clear, len, 0, NULL);
	keeper_batch_free(&k);
	assert_non_null(json);
	return json;
}

static void a_yes_to_the_question_is_a_consent_with_proof(void **state)
{
	struct house *h = *state;
	json_t *proof;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	assert_int_equal(WERBUNG(h), CONSENT_REQUESTED);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='ask'"), 1);
	h->ahead_ms = 7 * DAY - 1000;
	say(h, SAYS("m2", "Ja!"));
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply'"), 1);
	proof = evidence_of(h);
	assert_string_equal(json_string_value(json_object_get(proof, "prompt")),
			    "Duerfen wir Angebote senden? JA oder NEIN");
	assert_string_equal(json_string_value(json_object_get(proof, "answer")),
			    "Ja!");
	assert_string_equal(
	    json_string_value(json_object_get(proof, "answer_id")), "m2");
	json_decref(proof);
	assert_int_equal(
	    HOUSE_COUNT(h, "consent_event g JOIN consent_event r ON"
			   " r.kind='requested' WHERE g.kind='given' AND"
			   " g.prompt=r.prompt AND g.wording=r.wording AND"
			   " g.at_ms>r.at_ms AND length(g.wording)=32"),
	    1);
	/* 24 months, to the end of the last day. */
	h->ahead_ms += 729 * DAY;
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	h->ahead_ms += 4 * DAY;
	assert_int_equal(WERBUNG(h), CONSENT_EXPIRED);
}

static void a_yes_without_a_question_is_a_message(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Ja"));
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='helpdesk'"), 1);
	say(h, SAYS("m2", "Start"));
	h->ahead_ms = 8 * DAY; /* too late, whether or not it is forgotten */
	say(h, SAYS("m3", "Ja"));
	assert_int_equal(WERBUNG(h), CONSENT_REQUESTED);
}

static void a_no_is_kept_and_a_later_yes_answers_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Nein"));
	assert_int_equal(WERBUNG(h), CONSENT_REFUSED);
	say(h, SAYS("m3", "Ja"));
	assert_int_equal(WERBUNG(h), CONSENT_REFUSED);
}

static void another_number_confirms_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, "message,id=m1,phone=01701234567,type=text,text=Start");
	say(h, "identity_changed,id=c1,phone=01701234567,"
	       "new_phone=01709999999,ts=1");
	say(h, "message,id=m2,phone=01709999999,type=text,text=Ja,ts=2");
	assert_int_equal(HOUSE_COUNT(h, "person WHERE joined_into IS NULL"), 1);
	assert_int_equal(WERBUNG(h), CONSENT_REQUESTED);
	assert_int_equal(
	    HOUSE_COUNT(h, "figure WHERE name='consent.other_identifier'"), 1);
}

static void a_question_is_repeated_once(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Start"));
	say(h, SAYS("m3", "Start"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='ask'"), 2);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE kind='reminded'"),
			 1);
	say(h, SAYS("m4", "Yes"));
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
}

/* Source: compliance 9, C7. */
static void a_start_asks_and_revives_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	h->ahead_ms = 30 * DAY;
	say(h, "message,id=m3,strong=S1,phone=01701234567,type=text,"
	       "text=STOP");
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
	assert_true(suppressed(h, "+491701234567"));
	h->ahead_ms = 60 * DAY;
	say(h, SAYS("m4", "Start"));
	assert_int_equal(WERBUNG(h), CONSENT_REQUESTED);
	assert_true(suppressed(h, "01701234567"));
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='ask'"), 2);
	say(h, SAYS("m5", "Ja"));
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	assert_false(suppressed(h, "01701234567"));
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 5);
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 2);
}

/* --- stopping ------------------------------------------------------------- */

static void a_start_and_a_stop_in_one_batch_keep_their_order(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	house_body(h, SAYS("m1", "Start"));
	house_body(h, SAYS("m2", "Ja"));
	house_body(h, SAYS("m3", "Stopp!"));
	house_receive(h);
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply'"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='message.received'"),
			 3);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 2);
}

static void a_clock_set_back_hides_no_withdrawal(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	h->ahead_ms = -10 * DAY;
	say(h, SAYS("m3", "Stop"));
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
	h->ahead_ms = 10 * DAY;
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
}

/* Source: compliance 9, W3. */
static void words_that_may_withdraw_pause_until_somebody_decides(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	h->w.zone = zone_of(BERLIN);
	(void)snprintf(h->settings.controller.land, 3, "BE");
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	say(h, SAYS("m3", "Ich widerrufe meine Einwilligung in Werbung"));
	assert_int_equal(WERBUNG(h), CONSENT_REQUEST_DEFERRED);
	/* Monday 21 September 2026: to the end of Tuesday, in summer. */
	assert_int_equal(house_number(h, "SELECT due_ms FROM review"),
			 (caldate_day(2026, 9, 23) * 86400 - 7200) * 1000);
	house_sql(h, "UPDATE review SET state='done'");
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	zone_free(&h->w.zone);
}

/* Source: compliance 9, W6. */
static void a_signal_stops_and_its_opposite_proves_nothing(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	say(h, "optout,id=o1,strong=S1,phone=01701234567,purpose=marketing");
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
	assert_true(suppressed(h, "01701234567"));
	say(h, "optin_signal,id=o2,strong=S1,purpose=marketing");
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
}

/* --- one click ------------------------------------------------------------ */

#define CLICK_SECRET "0123456789abcdef0123456789abcdef"

static void token_of(struct house *h, int64_t person, const char *secret,
		     char ret[UNSUBSCRIBE_TOKEN_BYTES])
{
	struct unsubscribe of = {.channel = {"shop"}};
	uint8_t key[UNSUBSCRIBE_KEY_BYTES];
	struct id_text id;

	id_format(&h->w.mask, ID_PERSON, person, &id);
	(void)snprintf(of.person, sizeof(of.person), "%s", id.text + 4);
	unsubscribe_key(secret, strlen(secret), key);
	unsubscribe_token(key, &of, ret);
}

static void click(struct house *h, const char *token)
{
	h->verdict = SPOOL_ONE_CLICK;
	say(h, token);
	h->verdict = 0;
}

static void allow_clicks(struct house *h)
{
	static uint8_t secret[] = CLICK_SECRET;

	h->settings.unsubscribe.values[0] = (struct setting_value){
	    .key = "secret",
	    .secret = {.bytes = secret, .len = sizeof(secret) - 1}};
	h->settings.unsubscribe.values_len = 1;
}

/* Source: compliance 9, W7. */
static void a_click_is_a_stop_and_counts_each_time(void **state)
{
	char token[UNSUBSCRIBE_TOKEN_BYTES];
	struct house *h = *state;

	house_use(h, POLICY);
	allow_clicks(h);
	say(h, "message,id=m1,phone=01701234567,type=text,text=Start");
	say(h, "message,id=m2,phone=01701234567,type=text,text=Ja");
	token_of(h, the_person(h), CLICK_SECRET, token);
	h->ahead_ms = DAY;
	click(h, token);
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
	assert_true(suppressed(h, "01701234567"));
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE method="
					"'one_click' AND by_whom='subject'"),
			 1);
	h->ahead_ms = 2 * DAY;
	click(h, token);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE method="
					"'one_click'"),
			 1);
	say(h, "message,id=m3,phone=01701234567,type=text,text=Start");
	say(h, "message,id=m4,phone=01701234567,type=text,text=Ja");
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	h->ahead_ms = 3 * DAY;
	click(h, token);
	assert_int_equal(WERBUNG(h), CONSENT_WITHDRAWN);
}

static void what_is_no_token_of_ours_stops_nothing(void **state)
{
	char token[UNSUBSCRIBE_TOKEN_BYTES];
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	token_of(h, the_person(h), CLICK_SECRET, token);
	click(h, token); /* none are set up */
	allow_clicks(h);
	token_of(h, the_person(h), "another secret", token);
	click(h, token);
	click(h, SAYS("m3", "Stop"));
	assert_int_equal(HOUSE_COUNT(h, "quarantine WHERE reason="
					"'click.not_ours'"),
			 3);
	/* Of somebody who is gone there is nothing left to stop. */
	token_of(h, the_person(h) + 1, CLICK_SECRET, token);
	click(h, token);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 3);
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
	assert_int_equal(HOUSE_COUNT(h, "suppression"), 0);
}

static void a_request_waits_for_proof_of_identity(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Meine Daten loeschen"));
	say(h, SAYS("m2", "Bitte stoppen Sie die Lieferung"));
	assert_int_equal(HOUSE_COUNT(h, "request WHERE type='erasure' AND"
					" state='received' AND via='chat'"),
			 1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "review"), 0);
}

static void a_minor_needs_a_guardian(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	house_sql(h, "UPDATE person SET minor=1");
	say(h, SAYS("m2", "Ja"));
	assert_int_equal(WERBUNG(h), CONSENT_UNKNOWN);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE kind='reply'"), 0);
	house_sql(h, "UPDATE consent_event SET by_whom='guardian'");
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
}

/* --- what runs out -------------------------------------------------------- */

/* Source: compliance 9, C3. */
static void who_never_answered_was_never_here(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	h->ahead_ms = 7 * DAY - 1000;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 1);
	h->ahead_ms = -30 * DAY;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 1);
	h->ahead_ms = 7 * DAY;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL"),
			 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE kind='channel'"), 0);
	assert_int_equal(
	    HOUSE_COUNT(h, "figure WHERE name='consent.expired' AND n=1"), 1);
	assert_int_equal(WERBUNG(h), CONSENT_UNKNOWN);
	/* The next word is that of a stranger. */
	say(h, SAYS("m2", "Hallo"));
	assert_int_equal(HOUSE_COUNT(h, "person"), 2);
}

static void who_is_known_otherwise_stays(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m0", "Wo ist mein Paket"));
	say(h, SAYS("m1", "Start"));
	h->ahead_ms = 8 * DAY;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL AND direction='in'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL AND kind='ask'"),
			 0);
}

static void what_was_answered_does_not_run_out(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	h->ahead_ms = 30 * DAY;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 2);
	assert_int_equal(WERBUNG(h), CONSENT_GIVEN);
}

static void what_was_held_goes_on_with_the_yes(void **state)
{
	struct house *h = *state;

	house_use(h, HOLDING);
	say(h, SAYS("m1", "Ich habe eine Frage"));
	assert_int_equal(state_of(h, "beratung"), CONSENT_REQUESTED);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 1);
	say(h, SAYS("m2", "Ja"));
	assert_int_equal(state_of(h, "beratung"), CONSENT_GIVEN);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='held'"), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE state='waiting' AND"
					" type='message.received'"),
			 2);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE outcome=3"), 0);
}

static void what_was_held_is_forgotten_at_its_end(void **state)
{
	struct house *h = *state;

	house_use(h, HOLDING);
	say(h, SAYS("m1", CANARY));
	h->ahead_ms = 9 * DAY;
	expire(h);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "message WHERE content_sealed IS NOT"
					" NULL"),
			 0);
}

/* --- the state, by another way -------------------------------------------- */

static const struct {
	const char *kind;
	enum consent_state state;
} kinds[] = {
    {"requested", CONSENT_REQUESTED}, {"given", CONSENT_GIVEN},
    {"renewed", CONSENT_RENEWED},     {"refused", CONSENT_REFUSED},
    {"withdrawn", CONSENT_WITHDRAWN}, {"revoked", CONSENT_REVOKED},
};
#define EVENTS 8

static uint64_t next_random(uint64_t *seed)
{
	*seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return *seed >> 33;
}

static void random_history(struct house *h, struct consent_of *of,
			   struct consent_event *ret, uint64_t *seed)
{
	const struct period month = {.months = 1};
	struct consent_entry e;
	struct err err = {0};
	int64_t last;
	size_t k;

	for (size_t i = 0; i < EVENTS; i++) {
		k = next_random(seed) % 6;
		e = (struct consent_entry){
		    .of = *of,
		    .kind = kinds[k].kind,
		    .by = "subject",
		    .method = "api",
		    .at_ms =
			HOUSE_NOW + (int64_t)(next_random(seed) % 40) * DAY,
		};
		ret[i] = (struct consent_event){
		    .at_ms = e.at_ms,
		    .log_index = i,
		    .state = kinds[k].state,
		    .temporal = next_random(seed) % 2 == 0,
		    .valid = month,
		};
		assert_true(caldate_add(caldate_local(h->w.zone, e.at_ms),
					&month, &last));
		if (ret[i].temporal)
			e.until_ms = caldate_begins_ms(h->w.zone, last + 1);
		assert_int_equal(consent_add(&h->w, &e, &err), 0);
	}
}

static void the_state_is_that_of_the_pure_rule(void **state)
{
	struct consent_event events[EVENTS];
	struct house *h = *state;
	struct consent_of of = {.person = 1};
	enum consent_state got;
	struct err err = {0};
	uint64_t seed = 7;
	int64_t at_ms;

	house_use(h, POLICY);
	h->w.zone = zone_of(BERLIN);
	assert_true(name_set(&of.purpose, "werbung", 7));
	assert_true(name_set(&of.channel, "shop", 4));
	for (int round = 0; round < 40; round++) {
		of.person = 1000 + round;
		random_history(h, &of, events, &seed);
		for (int day = -1; day < 80; day += 3) {
			at_ms = HOUSE_NOW + day * DAY + round;
			assert_int_equal(
			    consent_state_of(&h->w, &of, at_ms, &got, &err), 0);
			assert_int_equal(
			    got,
			    consent_state_at(events, EVENTS, at_ms, h->w.zone));
		}
	}
	zone_free(&h->w.zone);
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_yes_to_the_question_is_a_consent_with_proof),
	    CASE(a_yes_without_a_question_is_a_message),
	    CASE(a_no_is_kept_and_a_later_yes_answers_nothing),
	    CASE(another_number_confirms_nothing),
	    CASE(a_question_is_repeated_once),
	    CASE(a_start_asks_and_revives_nothing),
	    CASE(a_start_and_a_stop_in_one_batch_keep_their_order),
	    CASE(a_clock_set_back_hides_no_withdrawal),
	    CASE(words_that_may_withdraw_pause_until_somebody_decides),
	    CASE(a_signal_stops_and_its_opposite_proves_nothing),
	    CASE(a_click_is_a_stop_and_counts_each_time),
	    CASE(what_is_no_token_of_ours_stops_nothing),
	    CASE(a_request_waits_for_proof_of_identity),
	    CASE(a_minor_needs_a_guardian),
	    CASE(who_never_answered_was_never_here),
	    CASE(who_is_known_otherwise_stays),
	    CASE(what_was_answered_does_not_run_out),
	    CASE(what_was_held_goes_on_with_the_yes),
	    CASE(what_was_held_is_forgotten_at_its_end),
	    CASE(the_state_is_that_of_the_pure_rule),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
