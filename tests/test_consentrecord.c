/* test_consentrecord.c - records of consent: which are right, which field is
 * wrong, and that our own are among the right ones.
 * Proves: compliance 4.1, 4.2, 4.6. */
#include "postern/consentrecord.h"

#include "consentrecord_example.h"
#include "postern/caldate.h"
#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

/* --- the fixtures --------------------------------------------------------- */

static void check_row(const json_t *row, const char *key)
{
	const json_t *value = json_object_get(row, key);
	bool accept = strcmp(row_text(row, "expect"), "accept") == 0;
	struct consentrecord_fault fault = {.what = "nothing", .want = ""};
	enum consentrecord_form form;

	assert_true(consentrecord_form_of(value, &form));
	if ((consentrecord_judge(value, form, &fault) == 0) != accept)
		fail_msg("%s: %s %s", row_name(row), fault.field, fault.what);
	if (!accept) {
		assert_true(fault.field[0] != '\0');
		assert_non_null(fault.want);
	}
}

static void check_record(const json_t *row)
{
	check_row(row, "record");
}

static void check_receipt(const json_t *row)
{
	check_row(row, "receipt");
}

static void every_broken_record_of_the_fixture_is_refused(void **state)
{
	(void)state;
	rows_each("dpv/consent-record-invalid.jsonl", check_record);
	rows_each("kantara/invalid.jsonl", check_receipt);
}

static void check_file(const char *name, enum consentrecord_form wanted)
{
	struct consentrecord_fault fault = {.what = ""};
	FILE *in = rows_open(name);
	enum consentrecord_form form;
	json_t *value;

	if (in == NULL)
		skip();
	value = json_loadf(in, 0, NULL);
	(void)fclose(in);
	assert_true(consentrecord_form_of(value, &form));
	assert_int_equal(form, wanted);
	if (consentrecord_judge(value, form, &fault) != 0)
		fail_msg("%s: %s %s", name, fault.field, fault.what);
	json_decref(value);
}

static void the_good_ones_of_the_fixture_are_accepted(void **state)
{
	(void)state;
	check_file("dpv/consent-record-valid.json", CONSENTRECORD_DPV);
	check_file("kantara/consent-receipt-v1.1-example.json",
		   CONSENTRECORD_KANTARA);
}

static void check_state(const json_t *row)
{
	struct consent_event events[CONSENTRECORD_EVENTS_MAX];
	struct consentrecord_fault fault = {.what = ""};
	enum consent_state found;
	int64_t at_ms;
	size_t len;

	if (consentrecord_events(json_object_get(row, "events"), events, &len,
				 &fault) != 0)
		fail_msg("%s: %s %s", row_name(row), fault.field, fault.what);
	assert_true(instant_parse(row_text(row, "at"), &at_ms));
	found = consent_state_at(events, len, at_ms, NULL);
	assert_string_equal(consent_state_name(found),
			    row_text(row, "expected_state"));
	assert_int_equal(
	    consent_is_valid(found),
	    json_is_true(json_object_get(row, "valid_for_processing")));
}

static void every_list_of_events_has_its_state(void **state)
{
	(void)state;
	rows_each("dpv/consent-states.jsonl", check_state);
}

/* A term of the vocabulary is known; its root and properties are none. */
static size_t check_terms(const char *name, const char *type,
			  bool (*known)(const char *))
{
	FILE *in = rows_open(name);
	char line[8192], term[96];
	size_t seen = 0;

	if (in == NULL)
		skip();
	while (fgets(line, sizeof(line), in) != NULL) {
		if (sscanf(line, "\"%95[^\"]\"", term) != 1 ||
		    strcmp(term, "Purpose") == 0)
			continue; /* the root is no purpose */
		if (strstr(line, type) != NULL && !known(term))
			fail_msg("%s is not known", term);
		seen += known(term);
	}
	(void)fclose(in);
	return seen;
}

static void the_vocabularies_are_those_of_the_fixture(void **state)
{
	(void)state;
	assert_int_equal(check_terms("dpv/purposes.csv",
				     ",\"https://w3id.org/dpv#Purpose\",",
				     consentrecord_is_purpose),
			 121);
	assert_int_equal(check_terms("dpv/legal_basis.csv", "dpv#LegalBasis\",",
				     consentrecord_is_legal_basis),
			 17);
	assert_int_equal(check_terms("dpv/legal_basis_special.csv",
				     "dpv#LegalBasis\",",
				     consentrecord_is_legal_basis),
			 10);
	assert_int_equal(check_terms("dpv/rights.csv", "dpv#Right\",",
				     consentrecord_is_right),
			 17);
}

/* --- our own, and what breaks them ---------------------------------------- */

static json_t *printed(enum consentrecord_form form)
{
	json_t *ret;

	if (form == CONSENTRECORD_KANTARA)
		ret = kantara_print(&example_record, EXAMPLE_UUID);
	else if (form == CONSENTRECORD_DPV)
		ret = consentrecord_print(&example_record);
	else
		ret = consentreceipt_print(&example_record, 1, EXAMPLE_UUID,
					   EXAMPLE_STOPPED);
	assert_non_null(ret);
	return ret;
}

static void what_we_print_is_accepted(void **state)
{
	(void)state;
	for (int i = 0; i < CONSENTRECORD_FORMS; i++) {
		json_t *value = printed((enum consentrecord_form)i);
		struct consentrecord_fault fault = {.what = ""};
		enum consentrecord_form form;

		assert_true(consentrecord_form_of(value, &form));
		assert_int_equal(form, i);
		if (consentrecord_judge(value, form, &fault) != 0)
			fail_msg("%s: %s %s", consentrecord_form_name(form),
				 fault.field, fault.what);
		json_decref(value);
	}
}

static void a_record_has_its_wording_and_its_proof(void **state)
{
	json_t *record = printed(CONSENTRECORD_DPV);
	const json_t *notice =
	    json_array_get(json_object_get(record, "dpv:hasNotice"), 0);
	const json_t *given =
	    json_array_get(json_object_get(record, "dpv:hasConsentStatus"), 1);

	(void)state;
	assert_string_equal(row_text(notice, "gw:text"),
			    "Duerfen wir?\nJA oder NEIN");
	assert_string_equal(row_text(given, "dpv:hasNotice"),
			    row_text(notice, "@id"));
	assert_string_equal(row_text(given, "gw:promptMessage"), "wire.1");
	assert_string_equal(row_text(given, "gw:answerMessage"), "wire.2");
	assert_string_equal(row_text(given, "gw:answer"), "Ja, gern!");
	json_decref(record);
}

/* Art. 9: another basis, and said explicitly. */
static void special_categories_have_their_own_basis(void **state)
{
	struct consentrecord_happened events[LEN(example_events)];
	struct consent_record special = example_record;
	struct consentrecord_fault fault = {.what = ""};
	json_t *record, *receipt;

	(void)state;
	memcpy(events, example_events, sizeof(events));
	special.special = true;
	special.events = events;
	record = consentrecord_print(&special);
	assert_int_equal(consentrecord_judge(record, CONSENTRECORD_DPV, &fault),
			 -1);
	json_decref(record);
	events[1].type = CONSENT_EXPLICITLY_EXPRESSED;
	record = consentrecord_print(&special);
	receipt = kantara_print(&special, EXAMPLE_UUID);
	assert_int_equal(consentrecord_judge(record, CONSENTRECORD_DPV, &fault),
			 0);
	assert_int_equal(
	    consentrecord_judge(receipt, CONSENTRECORD_KANTARA, &fault), 0);
	assert_true(json_is_true(json_object_get(receipt, "sensitive")));
	json_decref(record);
	json_decref(receipt);
}

/* What a controller does not tell is left out, and named as missing. */
static void what_is_not_told_is_not_invented(void **state)
{
	struct consent_record bare = example_record;
	struct consentrecord_fault fault = {.what = ""};
	json_t *record, *receipt;

	(void)state;
	bare.controller = (struct consentrecord_party){
	    .id = example_record.controller.id, .name = "Nordlicht"};
	bare.policy_url = NULL;
	record = consentrecord_print(&bare);
	receipt = kantara_print(&bare, EXAMPLE_UUID);
	assert_non_null(record);
	assert_non_null(receipt);
	assert_int_equal(consentrecord_judge(record, CONSENTRECORD_DPV, &fault),
			 -1);
	assert_string_equal(fault.field,
			    "dpv:hasEntity[0].schema:contactPoint");
	assert_int_equal(
	    consentrecord_judge(receipt, CONSENTRECORD_KANTARA, &fault), -1);
	json_decref(record);
	json_decref(receipt);
}

static void what_may_be_more_than_one_is_a_list(void **state)
{
	static const char *const lists[] = {"@type",
					    "dpv:hasJurisdiction",
					    "dpv:hasLegalBasis",
					    "dpv:hasDataController",
					    "dpv:hasEntity",
					    "dpv:hasNotice",
					    "dpv:hasProcess",
					    "dpv:hasRight",
					    "dpv:hasConsentControl",
					    "dpv:hasConsentStatus"};
	json_t *record = printed(CONSENTRECORD_DPV);
	json_t *receipt = printed(CONSENTRECORD_KANTARA);

	(void)state;
	for (size_t i = 0; i < LEN(lists); i++)
		assert_true(json_is_array(json_object_get(record, lists[i])));
	assert_true(
	    json_is_integer(json_object_get(receipt, "consentTimestamp")));
	/* Of the consent, neither of the question nor of its end. */
	assert_int_equal(
	    json_integer_value(json_object_get(receipt, "consentTimestamp")),
	    EXAMPLE_GIVEN / 1000);
	json_decref(record);
	json_decref(receipt);
}

/* One change to what we print: value NULL takes the member away. */
struct change {
	enum consentrecord_form form;
	const char *path; /* "dpv:hasNotice/0/dct:language" */
	const char *value;
	const char *field; /* the fault's; NULL: still right */
};

static void apply(json_t *root, const struct change *c)
{
	char path[160], *key = path, *slash;
	json_t *at = root;

	(void)snprintf(path, sizeof(path), "%s", c->path);
	while ((slash = strchr(key, '/')) != NULL) {
		*slash = '\0';
		at = json_is_array(at)
			 ? json_array_get(at, (size_t)strtoul(key, NULL, 10))
			 : json_object_get(at, key);
		assert_non_null(at);
		key = slash + 1;
	}
	if (json_is_array(at))
		assert_int_equal(
		    json_array_set_new(
			at, (size_t)strtoul(key, NULL, 10),
			json_loads(c->value, JSON_DECODE_ANY, NULL)),
		    0);
	else if (c->value == NULL)
		assert_int_equal(json_object_del(at, key), 0);
	else
		assert_int_equal(
		    json_object_set_new(
			at, key, json_loads(c->value, JSON_DECODE_ANY, NULL)),
		    0);
}

static void check_change(const struct change *c)
{
	json_t *value = printed(c->form);
	struct consentrecord_fault fault = {.what = "", .want = ""};
	int rc;

	apply(value, c);
	rc = consentrecord_judge(value, c->form, &fault);
	if (c->field == NULL && rc != 0)
		fail_msg("%s: %s %s", c->path, fault.field, fault.what);
	if (c->field != NULL && rc == 0)
		fail_msg("%s is taken", c->path);
	if (c->field != NULL) {
		assert_string_equal(fault.field, c->field);
		assert_true(fault.what[0] != '\0' && fault.want[0] != '\0');
	}
	json_decref(value);
}

#define DPV	   CONSENTRECORD_DPV
#define KI	   CONSENTRECORD_KANTARA
#define STATUS	   "dpv:hasConsentStatus/1/"
#define STATUS_AT  "dpv:hasConsentStatus[1]."
#define STORAGE	   "dpv:hasProcess/0/dpv:hasStorageCondition"
#define STORAGE_AT "dpv:hasProcess[0].dpv:hasStorageCondition"

static void each_wrong_field_of_a_record_is_named(void **state)
{
	static const struct change changes[] = {
	    {DPV, "@type", NULL, "@type"},
	    {DPV, "@type", "\"dpv:Consent\"", "@type"},
	    {DPV, "dct:conformsTo", NULL, "dct:conformsTo"},
	    {DPV, "dct:conformsTo", "\"v1\"", "dct:conformsTo"},
	    {DPV, "dct:identifier", NULL, "dct:identifier"},
	    {DPV, "dct:identifier", "\"17\"", "dct:identifier"},
	    {DPV, "dct:identifier", "\"5b1f4c0e-91d3-1a27-8c55-0d9e6a7b3f42\"",
	     "dct:identifier"},
	    {DPV, "dpv:hasDataSubject", NULL, "dpv:hasDataSubject"},
	    {DPV, "dpv:hasDataSubject", "\" \"", "dpv:hasDataSubject"},
	    {DPV, "dpv:hasDataSubject", "\"+49 151 00000000\"",
	     "dpv:hasDataSubject"},
	    {DPV, "dpv:hasDataSubject", "\"a@b.example\"",
	     "dpv:hasDataSubject"},
	    {DPV, "dpv:hasNotice", NULL, "dpv:hasNotice"},
	    {DPV, "dpv:hasNotice", "[]", "dpv:hasNotice"},
	    {DPV, "dpv:hasNotice/0/dct:language", NULL,
	     "dpv:hasNotice[0].dct:language"},
	    {DPV, "dpv:hasNotice/0/gw:sha256", "\"9f86\"",
	     "dpv:hasNotice[0].gw:sha256"},
	    {DPV, "dpv:hasProcess", NULL, "dpv:hasProcess"},
	    {DPV, "dpv:hasProcess/0/dpv:hasPurpose", "\"dpv:Spam\"",
	     "dpv:hasProcess[0].dpv:hasPurpose[0]"},
	    {DPV, "dpv:hasProcess/0/dpv:hasPersonalData", "[]",
	     "dpv:hasProcess[0].dpv:hasPersonalData"},
	    {DPV, "dpv:hasProcess/0/dpv:hasRecipient", NULL,
	     "dpv:hasProcess[0].dpv:hasRecipient"},
	    {DPV, STORAGE, NULL, STORAGE_AT},
	    {DPV, STORAGE "/0/@type", "\"dpv:StorageDeletion\"",
	     STORAGE_AT "[0].dpv:hasDuration"},
	    {DPV, STORAGE "/1/dpv:hasDuration", "\"two years\"",
	     STORAGE_AT "[1].dpv:hasDuration"},
	    {DPV, "dpv:hasDataController", NULL, "dpv:hasDataController"},
	    {DPV, "dpv:hasDataController", "\"urn:other\"", "dpv:hasEntity"},
	    {DPV, "dpv:hasEntity", NULL, "dpv:hasEntity"},
	    {DPV, "dpv:hasEntity/0/dpv:hasName", NULL,
	     "dpv:hasEntity[0].dpv:hasName"},
	    {DPV, "dpv:hasEntity/0/schema:contactPoint", NULL,
	     "dpv:hasEntity[0].schema:contactPoint"},
	    {DPV, "dpv:hasJurisdiction", NULL, "dpv:hasJurisdiction"},
	    {DPV, "dpv:hasJurisdiction", "\"Germany\"",
	     "dpv:hasJurisdiction[0]"},
	    {DPV, "dpv:hasLegalBasis", "\"eu-gdpr:A6-1-f\"",
	     "dpv:hasLegalBasis[0]"},
	    {DPV, "dpv:hasLegalBasis", "\"eu-gdpr:A9-2-a\"", STATUS_AT "@type"},
	    {DPV, "dpv:hasRight/0", "\"eu-gdpr:A99\"", "dpv:hasRight[0]"},
	    {DPV, "dpv:hasConsentControl", NULL, "dpv:hasConsentControl"},
	    {DPV, "dpv:hasConsentControl/0/dpv:isExercisedAt", "[]",
	     "dpv:hasConsentControl[0].dpv:isExercisedAt"},
	    /* One thing may stand without its list, and an IRI in full. */
	    {DPV, "@type", "\"https://w3id.org/dpv#ConsentRecord\"", NULL},
	    {DPV, "dpv:hasJurisdiction", "\"loc:DE-BY\"", NULL},
	    {DPV, "dpv:hasRight", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < LEN(changes); i++)
		check_change(&changes[i]);
}

static void each_wrong_field_of_an_event_is_named(void **state)
{
	static const struct change changes[] = {
	    {DPV, "dpv:hasConsentStatus", "[]", "dpv:hasConsentStatus"},
	    {DPV, STATUS "@type", "[\"dpv:ConsentTerminated\"]",
	     STATUS_AT "@type[0]"},
	    {DPV, STATUS "@type", "[\"dpv:ConsentGiven\"]", STATUS_AT "@type"},
	    {DPV, STATUS "@type",
	     "[\"dpv:ConsentGiven\", \"dpv:ConsentWithdrawn\"]",
	     STATUS_AT "@type"},
	    {DPV, STATUS "@type",
	     "[\"dpv:ConsentGiven\", \"dpv:ImpliedConsent\"]",
	     STATUS_AT "@type[1]"},
	    {DPV, STATUS "@type",
	     "[\"dpv:RenewedConsentGiven\", \"dpv:ExpressedConsent\"]",
	     "dpv:hasConsentStatus[1]"},
	    {DPV, STATUS "dpv:isIndicatedAtTime", NULL,
	     STATUS_AT "dpv:isIndicatedAtTime"},
	    {DPV, STATUS "dpv:isIndicatedAtTime", "\"yesterday\"",
	     STATUS_AT "dpv:isIndicatedAtTime"},
	    {DPV, STATUS "dpv:isIndicatedAtTime",
	     "\"2026-01-01T10:00:00+01:00\"",
	     STATUS_AT "dpv:isIndicatedAtTime"},
	    {DPV, STATUS "dpv:isIndicatedBy", NULL,
	     STATUS_AT "dpv:isIndicatedBy"},
	    {DPV, STATUS "dpv:hasDuration", NULL, STATUS_AT "dpv:hasDuration"},
	    {DPV, STATUS "dpv:hasDuration/rdf:value", "\"P1W2D\"",
	     STATUS_AT "dpv:hasDuration.rdf:value"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(changes); i++)
		check_change(&changes[i]);
}

#define SERVICE	   "services/0/purposes/0/"
#define SERVICE_AT "services[0].purposes[0]."

static void each_wrong_field_of_a_receipt_is_named(void **state)
{
	static const struct change changes[] = {
	    {KI, "version", "\"1.1.0\"", "version"},
	    {KI, "jurisdiction", NULL, "jurisdiction"},
	    {KI, "consentTimestamp", "\"1767261660\"", "consentTimestamp"},
	    {KI, "consentTimestamp", "1767261660000", "consentTimestamp"},
	    {KI, "consentTimestamp", NULL, "consentTimestamp"},
	    {KI, "collectionMethod", "7", "collectionMethod"},
	    {KI, "consentReceiptID", "\"\"", "consentReceiptID"},
	    {KI, "piiPrincipalId", NULL, "piiPrincipalId"},
	    {KI, "piiControllers", "[]", "piiControllers"},
	    {KI, "piiControllers", "{}", "piiControllers"},
	    {KI, "piiControllers/0/contact", NULL, "piiControllers[0].contact"},
	    {KI, "piiControllers/0/address", "\"Kai 3\"",
	     "piiControllers[0].address"},
	    {KI, "piiControllers/0/address/postalCode", "20457",
	     "piiControllers[0].address.postalCode"},
	    {KI, "piiControllers/0/onBehalf", "\"no\"",
	     "piiControllers[0].onBehalf"},
	    {KI, "piiControllers/0/onBehalf", NULL, NULL},
	    {KI, "policyUrl", NULL, "policyUrl"},
	    {KI, "services", NULL, "services"},
	    {KI, "services/0/purposes", "[]", "services[0].purposes"},
	    {KI, SERVICE "consentType", "\"OPT-IN\"", SERVICE_AT "consentType"},
	    {KI, SERVICE "consentType", "\"IMPLICIT\"", NULL},
	    {KI, SERVICE "purposeCategory", "\"6 - Marketing\"",
	     SERVICE_AT "purposeCategory"},
	    {KI, SERVICE "piiCategory", "[]", SERVICE_AT "piiCategory"},
	    {KI, SERVICE "primaryPurpose", "1", SERVICE_AT "primaryPurpose"},
	    {KI, SERVICE "termination", NULL, SERVICE_AT "termination"},
	    {KI, SERVICE "thirdPartyName", NULL, SERVICE_AT "thirdPartyName"},
	    {KI, SERVICE "thirdPartyDisclosure", NULL,
	     SERVICE_AT "thirdPartyDisclosure"},
	    {KI, "sensitive", "\"false\"", "sensitive"},
	    {KI, "sensitive", "true", "spiCat"},
	    {KI, "spiCat", NULL, "spiCat"},
	    {KI, "language", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < LEN(changes); i++)
		check_change(&changes[i]);
}

static void a_receipt_names_the_record_and_its_field(void **state)
{
	static const struct change changes[] = {
	    {CONSENTRECORD_DPV_RECEIPT, "dct:created", NULL, "dct:created"},
	    {CONSENTRECORD_DPV_RECEIPT, "dct:identifier", NULL,
	     "dct:identifier"},
	    {CONSENTRECORD_DPV_RECEIPT, "dpv:hasRecordOfActivity", "[]",
	     "dpv:hasRecordOfActivity"},
	    {CONSENTRECORD_DPV_RECEIPT,
	     "dpv:hasRecordOfActivity/0/dct:identifier", NULL,
	     "dpv:hasRecordOfActivity[0].dct:identifier"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(changes); i++)
		check_change(&changes[i]);
}

static void anything_else_is_no_record(void **state)
{
	json_t *list = json_array(), *object = json_object();
	struct consentrecord_fault fault;
	enum consentrecord_form form;

	(void)state;
	assert_false(consentrecord_form_of(list, &form));
	assert_false(consentrecord_form_of(object, &form));
	assert_int_equal(consentrecord_judge(list, CONSENTRECORD_DPV, &fault),
			 -1);
	assert_string_equal(fault.field, "");
	json_decref(list);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_broken_record_of_the_fixture_is_refused),
	    cmocka_unit_test(the_good_ones_of_the_fixture_are_accepted),
	    cmocka_unit_test(every_list_of_events_has_its_state),
	    cmocka_unit_test(the_vocabularies_are_those_of_the_fixture),
	    cmocka_unit_test(what_we_print_is_accepted),
	    cmocka_unit_test(a_record_has_its_wording_and_its_proof),
	    cmocka_unit_test(special_categories_have_their_own_basis),
	    cmocka_unit_test(what_is_not_told_is_not_invented),
	    cmocka_unit_test(what_may_be_more_than_one_is_a_list),
	    cmocka_unit_test(each_wrong_field_of_a_record_is_named),
	    cmocka_unit_test(each_wrong_field_of_an_event_is_named),
	    cmocka_unit_test(each_wrong_field_of_a_receipt_is_named),
	    cmocka_unit_test(a_receipt_names_the_record_and_its_field),
	    cmocka_unit_test(anything_else_is_no_record),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
