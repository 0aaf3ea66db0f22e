/* test_consentrow.c - rows of an import, read.  Proves: compliance 4.3. */
#include "postern/consentrow.h"

#include "consentrecord_example.h"
#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD   "{\"address\":\"0171 1234567\",\"purpose\":\"werbung\","
#define SHOP   HEAD "\"channel\":\"shop\","
#define GIVEN  SHOP "\"given_at\":\"2026-03-10T09:12:00+01:00\""

static json_t *json_of(const char *text)
{
	json_t *v = json_loads(text, JSON_ALLOW_NUL, NULL);

	assert_non_null(v);
	return v;
}

static void a_whole_row_is_read(void **state)
{
	json_t *v = json_of(GIVEN ",\"consent\":true,\"wording\":\"Ja, gern\","
				  "\"language\":\"de\",\"by\":\"guardian\","
				  "\"evidence\":\"Karte 17\"}");
	struct consentrecord_fault fault;
	struct consentrow row;

	(void)state;
	assert_true(consentrow_is(v));
	assert_int_equal(consentrow_read(v, &row, &fault), 0);
	assert_string_equal(row.kind, "phone");
	assert_string_equal(row.address, "0171 1234567");
	assert_string_equal(row.purpose.text, "werbung");
	assert_string_equal(row.channel.text, "shop");
	assert_int_equal(row.at_ms, INT64_C(1773130320000));
	assert_false(row.withdrawn);
	assert_true(row.guardian);
	assert_string_equal(row.wording, "Ja, gern");
	assert_string_equal(row.language, "de");
	assert_true(json_is_string(row.evidence));
	json_decref(v);
}

static void what_says_nothing_is_no_proof(void **state)
{
	static const char *const empty[] = {
	    GIVEN "}", GIVEN ",\"evidence\":\"  \\n\"}",
	    GIVEN ",\"evidence\":{}}",
	    GIVEN ",\"evidence\":null,\"wording\":null}"};
	struct consentrecord_fault fault;
	struct consentrow row;

	(void)state;
	for (size_t i = 0; i < LEN(empty); i++) {
		json_t *v = json_of(empty[i]);

		assert_int_equal(consentrow_read(v, &row, &fault), 0);
		assert_null(row.evidence);
		assert_null(row.wording);
		json_decref(v);
	}
}

static void an_end_is_read_as_one(void **state)
{
	json_t *v = json_of(SHOP "\"consent\":false,\"given_at\":"
				 "\"2026-01-01T00:00:00Z\",\"withdrawn_at\":"
				 "\"2026-03-10T08:12:00Z\"}");
	struct consentrecord_fault fault;
	struct consentrow row;

	(void)state;
	assert_int_equal(consentrow_read(v, &row, &fault), 0);
	assert_true(row.withdrawn);
	assert_int_equal(row.at_ms, INT64_C(1773130320000));
	json_decref(v);
}

static void what_is_wrong_is_named_by_its_field(void **state)
{
	static const struct {
		const char *text, *field;
	} bad[] = {
	    {"{\"address\":\"1\",\"hint\":1}", ""},
	    {"{\"purpose\":\"a\"}", "address"},
	    {"{\"address\":\"\"}", "address"},
	    {"{\"address\":7}", "address"},
	    {"{\"address\":\"Anna\"}", "address"},
	    {"{\"address\":\"0171\\u00001\"}", "address"},
	    {"{\"address\":\"a@b\\nc\",\"kind\":\"email\"}", "address"},
	    {"{\"address\":\"anna\",\"kind\":\"email\"}", "address"},
	    {"{\"address\":\"anna\",\"kind\":\"username\"}", "kind"},
	    {"{\"address\":\"0171 1234567\"}", "purpose"},
	    {"{\"address\":\"0171 1234567\",\"purpose\":\"a b\"}", "purpose"},
	    {HEAD "\"channel\":7}", "channel"},
	    {SHOP "\"by\":\"subject\"}", "given_at"},
	    {SHOP "\"given_at\":\"2026-03-10\"}", "given_at"},
	    {SHOP "\"given_at\":1773130320}", "given_at"},
	    {SHOP "\"consent\":\"yes\"}", "consent"},
	    {GIVEN ",\"consent\":false}", "withdrawn_at"},
	    {GIVEN ",\"consent\":true,\"withdrawn_at\":\"2026-03-11T00:00:00Z"
		   "\"}",
	     "consent"},
	    {GIVEN ",\"language\":\"d!\"}", "language"},
	    {GIVEN ",\"by\":\"controller\"}", "by"},
	    {GIVEN ",\"evidence\":[1]}", "evidence"},
	    {GIVEN ",\"evidence\":{\"@type\":\"dpv:ConsentRecord\"}}",
	     "evidence.dct:conformsTo"},
	    {GIVEN ",\"evidence\":{\"version\":\"KI-CR-v1.1.0\"}}",
	     "evidence.jurisdiction"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(bad); i++) {
		struct consentrecord_fault fault = {.what = NULL};
		json_t *v = json_of(bad[i].text);
		struct consentrow row;

		if (consentrow_read(v, &row, &fault) != -1 ||
		    strcmp(fault.field, bad[i].field) != 0)
			fail_msg("%s: %s", bad[i].text, fault.field);
		assert_true(fault.what != NULL && fault.want != NULL);
		json_decref(v);
	}
}

static void a_good_record_is_evidence(void **state)
{
	json_t *v = json_of(GIVEN "}");
	struct consentrecord_fault fault = {.what = NULL};
	struct consentrow row;

	(void)state;
	assert_int_equal(
	    json_object_set_new(v, "evidence",
				consentrecord_print(&example_record)),
	    0);
	assert_int_equal(consentrow_read(v, &row, &fault), 0);
	assert_non_null(row.evidence);
	json_decref(v);
}

static void records_of_other_forms_are_no_row(void **state)
{
	json_t *record = consentrecord_print(&example_record);
	json_t *text = json_of("[\"address\"]");
	struct consentrecord_fault fault;
	struct consentrow row;

	(void)state;
	assert_false(consentrow_is(record));
	assert_false(consentrow_is(text));
	assert_int_equal(consentrow_read(text, &row, &fault), -1);
	assert_int_equal(consentrow_read(record, &row, &fault), -1);
	assert_non_null(strstr(fault.want, "evidence"));
	assert_int_equal(consentrow_read(NULL, &row, &fault), -1);
	json_decref(record);
	json_decref(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_whole_row_is_read),
	    cmocka_unit_test(what_says_nothing_is_no_proof),
	    cmocka_unit_test(an_end_is_read_as_one),
	    cmocka_unit_test(what_is_wrong_is_named_by_its_field),
	    cmocka_unit_test(a_good_record_is_evidence),
	    cmocka_unit_test(records_of_other_forms_are_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
