/* test_prove.c - acts of the worker and what they leave in the proof log.
 * Proves: compliance 6.7; 9 L4. */
#include "receive_house.h"

#include "entries_house.h"
#include "postern/text.h"
#include "worker/consent.h"
#include "worker/consent_expire.h"
#include "worker/deadletter.h"
#include "worker/prove.h"
#include "worker/restriction.h"

#define DAY INT64_C(86400000)
#define POLICY                                                            \
	"policy: shop\nversion: 7\npurposes:\n"                           \
	"  support: {basis: contract}\n"                                  \
	"  werbung: {basis: consent, double_opt_in: true, valid: P24M, "  \
	"ask: frage, reminder: P3D}\n"                                    \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"               \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA}}\n" HOUSE_POLICY_DESK "notices:\n"                        \
	"  frage: \"Duerfen wir Angebote senden? JA oder NEIN\"\n"
#define SAYS(id, text) "message,id=" id ",strong=S1,type=text,text=" text

static size_t count_of(struct house *h, enum ledger_event event)
{
	return entries_count(h->w.store, event);
}

static struct ledger_told entry_of(struct house *h, enum ledger_event event)
{
	return entries_last(h->w.store, event);
}

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

static int64_t the_person(struct house *h)
{
	return house_number(h, "SELECT max(person) FROM conversation");
}

/* --- what is committed to ------------------------------------------------- */

static void what_is_committed_to_has_one_spelling(void **state)
{
	const struct act_fact facts[] = {{"at", NULL, 1790000000000},
					 {"by", "subject", 0},
					 {"channel", "shop", 0}};
	const struct act_fact sparse[] = {
	    {"a", NULL, 0}, {"b", "", 0}, {"c", NULL, -5}};
	const struct act_fact turned[] = {{"b", "x", 0}, {"a", "x", 0}};
	const struct act_fact twice[] = {{"a", "x", 0}, {"a", "x", 0}};
	const struct act_fact quoted[] = {{"a", "x\"y", 0}};
	char says[PROVE_SAYS_MAX];
	struct err err = {0};

	(void)state;
	assert_int_equal(prove_says(facts, 3, says, &err), 0);
	assert_string_equal(
	    says, "{\"at\":1790000000000,\"by\":\"subject\",\"channel\":"
		  "\"shop\"}");
	assert_int_equal(prove_says(sparse, 3, says, &err), 0);
	assert_string_equal(says, "{\"c\":-5}");
	assert_int_equal(prove_says(NULL, 0, says, &err), 0);
	assert_string_equal(says, "{}");
	assert_int_equal(prove_says(turned, 2, says, &err), -1);
	assert_int_equal(prove_says(twice, 2, says, &err), -1);
	assert_int_equal(prove_says(quoted, 1, says, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
}

static void what_does_not_fit_is_refused(void **state)
{
	char text[PROVE_SAYS_MAX], says[PROVE_SAYS_MAX];
	const struct act_fact fact = {"a", text, 0};
	struct err err = {0};

	(void)state;
	/* {"a":"..."} and its end. */
	memset(text, 'x', sizeof(text));
	text[PROVE_SAYS_MAX - 9] = '\0';
	assert_int_equal(prove_says(&fact, 1, says, &err), 0);
	assert_int_equal(strlen(says), PROVE_SAYS_MAX - 1);
	text[PROVE_SAYS_MAX - 9] = 'x';
	text[PROVE_SAYS_MAX - 8] = '\0';
	assert_int_equal(prove_says(&fact, 1, says, &err), -1);
}

/* --- reasons -------------------------------------------------------------- */

static void every_word_that_refuses_a_send_is_a_reason(void **state)
{
	static const char *const codes[] = {
	    "consent_missing",	  "consent_withdrawn", "consent_expired",
	    "consent_suppressed", "consent_minor",     "objection"};
	struct policy_facts facts = {0};
	struct policy_decision d = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		d.reasons[0].code = codes[i];
		d.reasons_len = 1;
		assert_string_equal(
		    ledger_reason_name(consent_refusal(&facts, &d)), codes[i]);
		assert_true(consent_blocks(&d) != LEDGER_R_NONE);
	}
	d.reasons[0].code = "something.else";
	assert_int_equal(consent_blocks(&d), LEDGER_R_NONE);
	assert_int_equal(consent_refusal(&facts, &d), LEDGER_R_POLICY);
	facts.restricted = true;
	assert_int_equal(consent_refusal(&facts, &d),
			 LEDGER_R_PERSON_RESTRICTED);
	facts.mechanism = MECHANISM_INVALID;
	assert_int_equal(consent_refusal(&facts, &d),
			 LEDGER_R_MECHANISM_INVALID);
	d.window_closed = true;
	assert_int_equal(consent_refusal(&facts, &d), LEDGER_R_WINDOW_CLOSED);
}

static void every_way_to_consent_is_a_reason(void **state)
{
	/* Column method of consent_event. */
	static const char *const ways[] = {"reply",	"keyword", "link",
					   "one_click", "api",	   "import",
					   "provider"};
	/* Column kind. */
	static const char *const kinds[] = {
	    "requested", "reminded", "given",	  "renewed",	"refused",
	    "deferred",	 "expired",  "withdrawn", "invalidated"};
	char name[32];

	(void)state;
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		assert_true(ledger_reason_named(ways[i], strlen(ways[i])) > 0);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		(void)snprintf(name, sizeof(name), "consent.%s", kinds[i]);
		assert_true(ledger_event_named(name, strlen(name)) >= 0);
	}
}

/* --- commitments ---------------------------------------------------------- */

/* What anybody who may ask the keeper gets; -1: refused, err says why. */
static int recompute(struct house *h, int64_t person, const char *record,
		     const char *says, uint8_t ret[32], struct err *err)
{
	const struct key_ref key = {.person = person,
				    .datenart = {IDENTITY_DATENART},
				    .year = env_year(HOUSE_NOW)};
	struct keeper_batch *k = NULL;
	const uint8_t *bytes = NULL;
	size_t slot, len = 0;
	int rc;

	assert_int_equal(keeper_batch_new(h->w.keeper, &k, err), 0);
	slot = keeper_add_commit(k, &key, record, says, strlen(says));
	assert_int_equal(keeper_run(k, err), 0);
	rc = keeper_result(k, slot, &bytes, &len, err);
	if (rc == 0) {
		assert_int_equal(len, 32);
		memcpy(ret, bytes, len);
	}
	keeper_batch_free(&k);
	return rc;
}

/* As docs/ledger.md says, from the row alone. */
static void says_of_event(struct house *h, const char *kind, char *ret,
			  size_t size)
{
	long long until =
	    house_number(h, "SELECT coalesce(until_ms,0) FROM consent_event"
			    " ORDER BY id DESC LIMIT 1");
	long long at = house_number(
	    h, "SELECT at_ms FROM consent_event ORDER BY id DESC LIMIT 1");

	assert_true(until == 0);
	(void)snprintf(ret, size,
		       "{\"at\":%lld,\"by\":\"subject\",\"channel\":\"shop\","
		       "\"kind\":\"%s\",\"method\":\"keyword\",\"purpose\":"
		       "\"werbung\",\"source\":\"keyword\"}",
		       at, kind);
}

static void shred(struct house *h, int64_t person)
{
	struct keeper_batch *k = NULL;
	struct err err = {0};

	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	(void)keeper_add_shred(k, person, NULL);
	assert_int_equal(keeper_run(k, &err), 0);
	keeper_batch_free(&k);
}

static void a_commitment_dies_with_the_keys_of_the_person(void **state)
{
	struct house *h = *state;
	struct ledger_told entry;
	char says[PROVE_SAYS_MAX];
	uint8_t c[32] = {0};
	struct err err = {0};
	int64_t person;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Stop"));
	person = the_person(h);
	entry = entry_of(h, LEDGER_CONSENT_WITHDRAWN);
	assert_true(entry.committed);
	assert_int_equal(entry.reason, LEDGER_R_KEYWORD);
	assert_int_equal(entry.actor, LEDGER_SUBJECT);
	assert_int_equal(entry.policy, 7);
	says_of_event(h, "withdrawn", says, sizeof(says));
	assert_int_equal(recompute(h, person, entry.object.text, says, c, &err),
			 0);
	assert_memory_equal(c, entry.commitment, 32);
	/* Another's key, another record, other words give another. */
	say(h, "message,id=m2,strong=S2,type=text,text=Hallo");
	assert_true(the_person(h) != person);
	assert_int_equal(
	    recompute(h, the_person(h), entry.object.text, says, c, &err), 0);
	assert_memory_not_equal(c, entry.commitment, 32);
	shred(h, person);
	assert_int_equal(recompute(h, person, entry.object.text, says, c, &err),
			 -1);
	assert_int_equal(err.kind, ERR_ABSENT);
	/* A key that is made anew is another key. */
	say(h, "message,id=m3,strong=S1,phone=01709999999,type=text,text=Da");
	assert_int_equal(recompute(h, person, entry.object.text, says, c, &err),
			 0);
	assert_memory_not_equal(c, entry.commitment, 32);
}

static void an_entry_of_a_person_without_keys_has_no_commitment(void **state)
{
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Hallo"));
	shred(h, the_person(h));
	say(h, SAYS("m2", "Stop"));
	assert_false(entry_of(h, LEDGER_CONSENT_WITHDRAWN).committed);
}

static void an_ordinary_message_costs_no_entry_of_an_act(void **state)
{
	struct house *h = *state;
	struct entries e;

	say(h, hello);
	entries_read(h->w.store, &e);
	for (size_t i = 0; i < e.len; i++)
		assert_int_equal(e.all[i].event, LEDGER_MESSAGES_ARCHIVED);
}

/* --- no entry, no act ----------------------------------------------------- */

/* Nowhere to write it. */
static void block(struct house *h)
{
	house_sql(h, "ALTER TABLE ledger_entry RENAME TO gone");
}

static void unblock(struct house *h)
{
	house_sql(h, "ALTER TABLE gone RENAME TO ledger_entry");
}

static int64_t sum(struct house *h)
{
	return house_number(
	    h, "SELECT (SELECT count(*) FROM consent_event)"
	       "+100*(SELECT count(*) FROM request)"
	       "+10000*(SELECT count(*) FROM suppression)"
	       "+1000000*(SELECT count(*) FROM quarantine)"
	       "+100000000*(SELECT count(*) FROM person WHERE joined_into"
	       " IS NOT NULL)"
	       "+10000000000*(SELECT count(*) FROM address WHERE to_ms"
	       " IS NOT NULL)");
}

static void a_message_whose_act_cannot_be_told_waits(void **state)
{
	static const struct {
		const char *body;
		enum ledger_event event;
	} acts[] = {
	    {SAYS("a1", "Start"), LEDGER_CONSENT_REQUESTED},
	    {SAYS("a2", "Ja"), LEDGER_CONSENT_GIVEN},
	    {SAYS("a3", "Stop"), LEDGER_CONSENT_WITHDRAWN},
	    {SAYS("a4", "Daten löschen"), LEDGER_REQUEST_OPENED},
	    {"optin_signal,strong=S1,purpose=marketing,ts=-9",
	     LEDGER_CONSENT_SIGNAL},
	    {"!what is this", LEDGER_QUARANTINE_ADDED},
	    {"message,id=j1,phone=01701234567,type=text,text=Wer?\n"
	     "message,id=j2,strong=S1,phone=01701234567,type=text,text=Ich",
	     LEDGER_IDENTITY_JOINED},
	    /* The number of somebody who has another id. */
	    {"message,id=j3,strong=S2,phone=01701234567,type=text,text=Ich",
	     LEDGER_IDENTITY_SPLIT},
	};
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("a0", "Hallo"));
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int64_t before = sum(h);

		h->ahead_ms += 1000;
		block(h);
		house_body(h, acts[i].body);
		(void)step_error(h);
		assert_int_equal(sum(h), before);
		unblock(h);
		house_receive(h);
		if (count_of(h, acts[i].event) == 0)
			fail_msg("%s", ledger_event_name(acts[i].event));
		assert_true(sum(h) != before);
	}
}

static int64_t conversation(struct house *h)
{
	return house_number(h, "SELECT max(id) FROM conversation");
}

static int restrict_it(struct house *h, bool lift, struct err *err)
{
	const struct restriction_notice notice = {
	    .day = house_wall(&h->env) / DAY_MS, .how = "letter"};
	const struct restriction r = {.person = the_person(h),
				      .conversation = conversation(h),
				      .ground = "b"};

	assert_int_equal(worker_begin(&h->w, err), 0);
	assert_int_equal(lift ? restriction_lift(&h->w, r.person,
						 r.conversation, &notice, err)
			      : restriction_place(&h->w, &r, err),
			 0);
	return worker_commit(&h->w, err);
}

static void a_restriction_that_cannot_be_told_is_none(void **state)
{
	static const char open[] =
	    "SELECT count(*) FROM restriction WHERE lifted_ms IS NULL";
	struct house *h = *state;
	struct err err = {0};

	say(h, hello);
	for (int lift = 0; lift <= 1; lift++) {
		block(h);
		assert_int_equal(restrict_it(h, lift != 0, &err), -1);
		assert_int_equal(house_number(h, open), lift);
		unblock(h);
		assert_int_equal(restrict_it(h, lift != 0, &err), 0);
		assert_int_equal(house_number(h, open), 1 - lift);
	}
	assert_int_equal(entry_of(h, LEDGER_RESTRICT_SET).reason,
			 LEDGER_R_GROUND_B);
	assert_int_equal(
	    strncmp(entry_of(h, LEDGER_RESTRICT_LIFTED).object.text, "rst_", 4),
	    0);
	assert_string_equal(entry_of(h, LEDGER_RESTRICT_LIFTED).object.text,
			    entry_of(h, LEDGER_RESTRICT_SET).object.text);
}

static void a_row_whose_drop_cannot_be_told_stays(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t row;

	say(h, hello);
	row = house_number(h, "SELECT max(id) FROM outbox");
	block(h);
	assert_int_equal(outbox_drop(&h->w, row, &err), -1);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 1);
	unblock(h);
	assert_int_equal(outbox_drop(&h->w, row, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "outbox"), 0);
	assert_true(entry_of(h, LEDGER_OUTBOX_DROPPED).committed);
}

static void a_replay_that_cannot_be_told_leaves_the_body(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	int64_t row;

	say(h, "!message,id=q1,strong=S1,type=text,text=" CANARY);
	row = house_number(h, "SELECT id FROM quarantine");
	h->lenient = true;
	block(h);
	assert_int_equal(receive_replay(&h->w, row, &err), -1);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 1);
	assert_int_equal(HOUSE_COUNT(h, "message"), 0);
	unblock(h);
	assert_int_equal(receive_replay(&h->w, row, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "quarantine"), 0);
	assert_string_equal(entry_of(h, LEDGER_QUARANTINE_REPLAYED).object.text,
			    entry_of(h, LEDGER_QUARANTINE_ADDED).object.text);
}

static int expire(struct house *h, struct err *err)
{
	bool moved = true;
	int rc = 0;

	h->w.ready = true;
	h->w.remind.boot = 0;
	while (moved && rc == 0) {
		moved = false;
		h->w.expire_boot = -DAY;
		rc = consent_step(&h->w, &moved, err);
	}
	return rc;
}

static void a_question_whose_end_cannot_be_told_is_not_forgotten(void **state)
{
	struct house *h = *state;
	struct err err = {0};
	uint8_t c[32];

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	h->ahead_ms = 4 * DAY;
	house_confirm(h);
	block(h);
	assert_int_equal(expire(h, &err), -1);
	unblock(h);
	assert_int_equal(count_of(h, LEDGER_CONSENT_REMINDED), 0);
	assert_int_equal(expire(h, &err), 0);
	assert_true(entry_of(h, LEDGER_CONSENT_REMINDED).committed);
	h->ahead_ms = 8 * DAY;
	house_confirm(h);
	block(h);
	assert_int_equal(expire(h, &err), -1);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 2);
	assert_int_equal(HOUSE_COUNT(h, "address"), 1);
	assert_int_equal(recompute(h, the_person(h), "x", "{}", c, &err), 0);
	unblock(h);
	assert_int_equal(expire(h, &err), 0);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
	assert_int_equal(recompute(h, the_person(h), "x", "{}", c, &err), -1);
	assert_true(entry_of(h, LEDGER_KEY_DESTROYED).count > 0);
	assert_int_equal(entry_of(h, LEDGER_CONSENT_EXPIRED).reason,
			 LEDGER_R_TIME);
}

/* --- the keys ------------------------------------------------------------- */

static void a_root_key_made_meanwhile_is_told_by_the_next_start(void **state)
{
	struct house *h = *state;
	struct err err = {0};

	house_sql(h, "INSERT INTO token(id,token_hash,scopes,created_ms,"
		     "expires_ms) VALUES(5,x'00','operator',1,2)");
	block(h);
	assert_int_equal(prove_keys(&h->w, 1, &err), -1);
	unblock(h);
	assert_int_equal(prove_keys(&h->w, 1, &err), 0);
	assert_int_equal(count_of(h, LEDGER_KEY_CREATED), 1);
	assert_int_equal(entry_of(h, LEDGER_TOKEN_CREATED).reason,
			 LEDGER_R_INSTALLED);
	assert_int_equal(prove_keys(&h->w, 1, &err), 0);
	assert_int_equal(count_of(h, LEDGER_KEY_CREATED), 1);
	assert_int_equal(prove_keys(&h->w, 2, &err), 0);
	assert_int_equal(entry_of(h, LEDGER_KEY_ROTATED).count, 2);
	assert_int_equal(count_of(h, LEDGER_TOKEN_CREATED), 1);
}

/* --- who ------------------------------------------------------------------ */

static void who(struct house *h, int64_t token, struct staff *ret)
{
	struct keeper_batch *k = NULL;
	struct err err = {0};
	size_t slot;

	assert_int_equal(keeper_batch_new(h->w.keeper, &k, &err), 0);
	slot = prove_staff_add(&h->w, k, token);
	assert_int_equal(keeper_run(k, &err), 0);
	assert_int_equal(prove_staff_get(k, slot, ret, &err), 0);
	keeper_batch_free(&k);
}

/* Proves: compliance 3.6. */
static void a_pseudonym_is_of_one_token_and_one_year(void **state)
{
	struct house *h = *state;
	struct staff one, again, other, later;

	who(h, 17, &one);
	who(h, 17, &again);
	who(h, 18, &other);
	h->ahead_ms = 366 * DAY;
	who(h, 17, &later);
	assert_int_equal(strlen(one.pseudonym), LEDGER_STAFF_HEX);
	assert_string_equal(one.pseudonym, again.pseudonym);
	assert_string_not_equal(one.pseudonym, other.pseudonym);
	assert_string_not_equal(one.pseudonym, later.pseudonym);
}

#define IN_HOUSE(t) cmocka_unit_test_setup_teardown(t, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_committed_to_has_one_spelling),
	    cmocka_unit_test(what_does_not_fit_is_refused),
	    cmocka_unit_test(every_word_that_refuses_a_send_is_a_reason),
	    cmocka_unit_test(every_way_to_consent_is_a_reason),
	    IN_HOUSE(a_commitment_dies_with_the_keys_of_the_person),
	    IN_HOUSE(an_entry_of_a_person_without_keys_has_no_commitment),
	    IN_HOUSE(an_ordinary_message_costs_no_entry_of_an_act),
	    IN_HOUSE(a_message_whose_act_cannot_be_told_waits),
	    IN_HOUSE(a_restriction_that_cannot_be_told_is_none),
	    IN_HOUSE(a_row_whose_drop_cannot_be_told_stays),
	    IN_HOUSE(a_replay_that_cannot_be_told_leaves_the_body),
	    IN_HOUSE(a_question_whose_end_cannot_be_told_is_not_forgotten),
	    IN_HOUSE(a_root_key_made_meanwhile_is_told_by_the_next_start),
	    IN_HOUSE(a_pseudonym_is_of_one_token_and_one_year),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
