/* test_consent_import.c - consents from elsewhere: what is taken, what is not.
 * Proves: compliance 4.3, 4.5, 9 W5. */
#include "receive_house.h"

#include "worker/consent_import.h"

#define DAY    INT64_C(86400000)
#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define POLICY                                                            \
	"policy: shop\nversion: 1\npurposes:\n"                           \
	"  support: {basis: contract}\n"                                  \
	"  werbung: {basis: consent, double_opt_in: true, valid: P24M, "  \
	"ask: frage}\n"                                                   \
	"  termine: {basis: consent, marketing: false}\n"                 \
	"data:\n  MSG: {from: process_end, delete: P90D}\n"               \
	"  MEDIA: {from: process_end, delete: P90D}\n"                    \
	"  RAW: {from: collection, delete: P3D}\n"                        \
	"channels:\n  shop: {purpose: support, data: MSG, media: {data: " \
	"MEDIA}}\n" HOUSE_POLICY_DESK "notices:\n"                        \
	"  frage: \"Duerfen wir Angebote senden? JA oder NEIN\"\n"
#define PHONE	    "01701234567"
#define SAYS(id, t) "message,id=" id ",phone=" PHONE ",type=text,text=" t

static void say(struct house *h, const char *body)
{
	house_body(h, body);
	house_receive(h);
}

/* A row that proves what it says, given a day ago. */
static struct consent_import_row row_of(const char *phone, const char *purpose)
{
	static json_t *proof;
	struct consent_import_row row = {
	    .kind = "phone",
	    .address = phone,
	    .at_ms = HOUSE_NOW - DAY,
	    .wording = "Ich will Angebote.",
	    .language = "de",
	};

	if (proof == NULL)
		proof = json_string("Karte 17, Ordner 3");
	row.evidence = proof;
	assert_true(name_set(&row.of.purpose, purpose, strlen(purpose)));
	assert_true(name_set(&row.of.channel, "shop", 4));
	return row;
}

static void import_all(struct house *h, struct consent_import_row *rows,
		       size_t len)
{
	struct err err = {0};

	assert_int_equal(worker_begin(&h->w, &err), 0);
	if (consent_import(&h->w, rows, len, &err) != 0) {
		print_error("%s: %s\n", err.where, err.what);
		fail();
	}
	assert_int_equal(worker_commit(&h->w, &err), 0);
}

static enum consent_imported import_one(struct house *h,
					struct consent_import_row *row)
{
	import_all(h, row, 1);
	return row->result;
}

/* What is sealed of an event, opened. */
static json_t *evidence_of(struct house *h)
{
	static const char sql[] =
	    "SELECT id,key_person,year,evidence_sealed FROM consent_event"
	    " WHERE method='import'";
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

/* --- what is taken -------------------------------------------------------- */

static void a_proven_consent_makes_a_person_who_has_it(void **state)
{
	struct consent_import_row row = row_of("+49 170 1234567", "werbung");
	struct house *h = *state;
	json_t *proof;

	house_use(h, POLICY);
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
	assert_int_equal(row.state, CONSENT_GIVEN);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
	assert_int_equal(HOUSE_COUNT(h, "address WHERE kind='phone' AND"
					" length(address_sealed)>40"),
			 1);
	assert_int_equal(
	    HOUSE_COUNT(h, "consent_event e JOIN wording w ON"
			   " w.sha256=e.wording WHERE e.kind='given' AND"
			   " e.method='import' AND e.by_whom='subject' AND"
			   " w.text='Ich will Angebote.' AND"
			   " e.until_ms>e.at_ms"),
	    1);
	assert_int_equal(HOUSE_COUNT(h, "figure WHERE name="
					"'consent.imported' AND n=1"),
			 1);
	proof = evidence_of(h);
	assert_string_equal(
	    json_string_value(json_object_get(proof, "evidence")),
	    "Karte 17, Ordner 3");
	assert_string_equal(json_string_value(json_object_get(proof, "prompt")),
			    "Ich will Angebote.");
	json_decref(proof);
	/* The same person writes: they are known. */
	say(h, SAYS("m1", "Hallo"));
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
}

static void the_same_row_is_taken_once(void **state)
{
	struct consent_import_row twice[2];
	struct house *h = *state;

	house_use(h, POLICY);
	twice[0] = twice[1] = row_of(PHONE, "werbung");
	import_all(h, twice, 2);
	assert_int_equal(twice[0].result, IMPORT_ACCEPTED);
	assert_int_equal(twice[1].result, IMPORT_KNOWN);
	twice[0] = row_of("+49 (0)170 / 12345-67", "werbung");
	assert_int_equal(import_one(h, &twice[0]), IMPORT_KNOWN);
	assert_int_equal(twice[0].state, CONSENT_GIVEN);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 1);
	assert_int_equal(HOUSE_COUNT(h, "person"), 1);
}

/* --- what is not ---------------------------------------------------------- */

static void without_proof_there_is_no_consent_and_no_person(void **state)
{
	struct consent_import_row rows[4];
	struct house *h = *state;

	house_use(h, POLICY);
	for (size_t i = 0; i < LEN(rows); i++)
		rows[i] = row_of(PHONE, "werbung");
	rows[0].wording = NULL;
	rows[1].evidence = NULL;
	rows[2].at_ms = HOUSE_NOW - 800 * DAY;
	rows[3].at_ms = HOUSE_NOW + DAY;
	import_all(h, rows, LEN(rows));
	assert_int_equal(rows[0].result, IMPORT_UNPROVEN);
	assert_string_equal(rows[0].field, "wording");
	assert_int_equal(rows[1].result, IMPORT_UNPROVEN);
	assert_string_equal(rows[1].field, "evidence");
	assert_int_equal(rows[2].result, IMPORT_EXPIRED);
	assert_int_equal(rows[3].result, IMPORT_REFUSED);
	assert_string_equal(rows[3].field, "given_at");
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(rows[i].state, CONSENT_UNKNOWN);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "address"), 0);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 0);
}

static void a_purpose_and_a_channel_have_to_be_there(void **state)
{
	struct consent_import_row rows[4];
	struct house *h = *state;

	house_use(h, POLICY);
	rows[0] = row_of(PHONE, "reklame");
	rows[1] = row_of(PHONE, "support"); /* rests on a contract */
	rows[2] = row_of(PHONE, "werbung");
	assert_true(name_set(&rows[2].of.channel, "kiosk", 5));
	rows[3] = row_of(" + ", "werbung");
	import_all(h, rows, LEN(rows));
	for (size_t i = 0; i < LEN(rows); i++)
		assert_int_equal(rows[i].result, IMPORT_REFUSED);
	assert_string_equal(rows[0].field, "purpose");
	assert_string_equal(rows[1].field, "purpose");
	assert_string_equal(rows[2].field, "channel");
	assert_string_equal(rows[3].field, "address");
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
}

/* Source: compliance 9, W5. */
static void what_was_withdrawn_here_stays_so(void **state)
{
	struct consent_import_row old = row_of(PHONE, "werbung");
	struct consent_import_row fresh = old;
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Start"));
	say(h, SAYS("m2", "Ja"));
	h->ahead_ms = 30 * DAY;
	say(h, SAYS("m3", "Stop"));
	h->ahead_ms = 31 * DAY;
	assert_int_equal(import_one(h, &old), IMPORT_SUPPRESSED);
	assert_int_equal(old.state, CONSENT_WITHDRAWN);
	/* Nor does paper of a later date lift it. */
	fresh.at_ms = HOUSE_NOW + 31 * DAY;
	assert_int_equal(import_one(h, &fresh), IMPORT_SUPPRESSED);
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE method='import'"),
			 0);
	/* The person does, in person; then old paper is history. */
	say(h, SAYS("m4", "Start"));
	say(h, SAYS("m5", "Ja"));
	old = row_of(PHONE, "werbung");
	assert_int_equal(import_one(h, &old), IMPORT_ACCEPTED);
	assert_int_equal(old.state, CONSENT_GIVEN);
}

static void the_list_outlives_the_person(void **state)
{
	struct consent_import_row row = row_of(PHONE, "werbung");
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Stop"));
	house_sql(h, "DELETE FROM address");
	house_sql(h, "DELETE FROM consent_event");
	house_sql(h, "DELETE FROM conversation");
	house_sql(h, "DELETE FROM person");
	assert_int_equal(import_one(h, &row), IMPORT_SUPPRESSED);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	/* It is for advertising. */
	row = row_of(PHONE, "termine");
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
}

static void a_no_to_another_purpose_counts_without_the_list(void **state)
{
	struct consent_import_row row = row_of(PHONE, "termine");
	struct house *h = *state;

	house_use(h, POLICY);
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
	house_sql(h, "UPDATE consent_event SET kind='refused'");
	row = row_of(PHONE, "termine");
	row.at_ms = HOUSE_NOW;
	assert_int_equal(import_one(h, &row), IMPORT_SUPPRESSED);
	assert_int_equal(row.state, CONSENT_REFUSED);
}

static void an_imported_end_needs_no_person(void **state)
{
	struct consent_import_row rows[2];
	struct house *h = *state;

	house_use(h, POLICY);
	rows[0] = rows[1] = row_of(PHONE, "termine");
	rows[0].withdrawn = true;
	rows[0].wording = NULL;
	rows[0].evidence = NULL;
	import_all(h, rows, 2);
	assert_int_equal(rows[0].result, IMPORT_ACCEPTED);
	assert_int_equal(rows[1].result, IMPORT_SUPPRESSED);
	assert_int_equal(HOUSE_COUNT(h, "person"), 0);
	assert_int_equal(HOUSE_COUNT(h, "suppression WHERE scope='termine' AND"
					" reason='import'"),
			 1);
}

static void an_imported_end_ends_what_is_known(void **state)
{
	struct consent_import_row row = row_of(PHONE, "werbung");
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Hallo"));
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 1);
	row = row_of(PHONE, "werbung");
	row.withdrawn = true;
	row.at_ms = HOUSE_NOW;
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
	assert_int_equal(row.state, CONSENT_WITHDRAWN);
	row = row_of(PHONE, "werbung");
	row.withdrawn = true;
	row.at_ms = HOUSE_NOW;
	assert_int_equal(import_one(h, &row), IMPORT_KNOWN);
	assert_int_equal(HOUSE_COUNT(h, "consent_event"), 2);
	assert_int_equal(HOUSE_COUNT(h, "outbox WHERE type='consent.changed'"),
			 2);
}

static void a_minor_needs_a_guardian_here_too(void **state)
{
	struct consent_import_row row = row_of(PHONE, "werbung");
	struct house *h = *state;

	house_use(h, POLICY);
	say(h, SAYS("m1", "Hallo"));
	house_sql(h, "UPDATE person SET minor=1");
	assert_int_equal(import_one(h, &row), IMPORT_UNPROVEN);
	assert_string_equal(row.field, "by");
	row = row_of(PHONE, "werbung");
	row.guardian = true;
	assert_int_equal(import_one(h, &row), IMPORT_ACCEPTED);
	assert_int_equal(row.state, CONSENT_GIVEN);
}

static void many_rows_are_sealed_at_once(void **state)
{
	static struct consent_import_row rows[CONSENT_IMPORT_ROWS_MAX];
	static char phones[CONSENT_IMPORT_ROWS_MAX][16];
	struct house *h = *state;

	house_use(h, POLICY);
	for (size_t i = 0; i < LEN(rows); i++) {
		(void)snprintf(phones[i], sizeof(phones[i]), "0171%07zu", i);
		rows[i] = row_of(phones[i], "werbung");
	}
	import_all(h, rows, LEN(rows));
	assert_int_equal(HOUSE_COUNT(h, "consent_event WHERE"
					" length(evidence_sealed)>40"),
			 LEN(rows));
	assert_int_equal(HOUSE_COUNT(h, "address WHERE"
					" length(address_sealed)>40"),
			 LEN(rows));
}

#define CASE(test) \
	cmocka_unit_test_setup_teardown(test, house_make, house_unmake)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(a_proven_consent_makes_a_person_who_has_it),
	    CASE(the_same_row_is_taken_once),
	    CASE(without_proof_there_is_no_consent_and_no_person),
	    CASE(a_purpose_and_a_channel_have_to_be_there),
	    CASE(what_was_withdrawn_here_stays_so),
	    CASE(the_list_outlives_the_person),
	    CASE(a_no_to_another_purpose_counts_without_the_list),
	    CASE(an_imported_end_needs_no_person),
	    CASE(an_imported_end_ends_what_is_known),
	    CASE(a_minor_needs_a_guardian_here_too),
	    CASE(many_rows_are_sealed_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
