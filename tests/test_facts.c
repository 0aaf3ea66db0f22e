/* test_facts.c - lines of `postern policy decide`: facts or findings with
 * their places, and the answer. */
#include "policy_tools/facts.h"

#include "postern/caldate.h"
#include "rows.h"

#define LEN(a) (sizeof(a) / sizeof((a)[0]))

#define REST                                                \
	"\"basis\":\"contract\",\"purpose\":\"support\","   \
	"\"purpose_active\":false,\"rule_due\":null,"       \
	"\"statutory_last_day\":null,\"legal_hold\":false," \
	"\"restriction\":null}"
#define GOOD "{\"today\":\"2026-11-21\",\"trigger\":\"schedule\"," REST

static struct diag diag;

static int parse(const char *line, struct erasure_facts *ret, json_t **name)
{
	diag_init(&diag, "facts.jsonl");
	*name = NULL;
	return facts_parse(line, strlen(line), 7, &diag, ret, name);
}

static void facts_of_a_line_are_read(void **state)
{
	struct erasure_facts f;
	json_t *name;

	(void)state;
	assert_int_equal(
	    parse(
		"{\"name\":\"n\",\"today\":\"2026-11-21\","
		"\"trigger\":\"objection_6_1_f\",\"basis\":\"vital_interest\","
		"\"purpose\":\"marketing\",\"purpose_active\":true,"
		"\"rule_due\":\"2026-01-02\",\"statutory_last_day\":"
		"\"2027-12-31\",\"legal_hold\":true,\"restriction\":\"d\","
		"\"expect\":\"keep\"}",
		&f, &name),
	    0);
	assert_string_equal(json_string_value(name), "n");
	json_decref(name);
	assert_int_equal(f.today, caldate_day(2026, 11, 21));
	assert_int_equal(f.trigger, TRIGGER_OBJECTION_6_1_F);
	assert_int_equal(f.basis, LEGAL_BASIS_VITAL_INTEREST);
	assert_true(f.marketing && f.purpose_active && f.legal_hold);
	assert_true(f.rule_due.is && f.statutory_last_day.is);
	assert_int_equal(f.rule_due.day, caldate_day(2026, 1, 2));
	assert_int_equal(f.restriction, 'd');
	assert_int_equal(parse(GOOD, &f, &name), 0);
	assert_null(name);
	assert_false(f.rule_due.is || f.statutory_last_day.is || f.marketing);
	assert_int_equal(f.restriction, 0);
}

static void a_bad_line_is_told_with_its_place(void **state)
{
	static const struct {
		const char *line;
		size_t column;
		const char *says;
	} cases[] = {
	    {"", 1, "no valid JSON"},
	    {"x", 1, "no valid JSON"},
	    {"[]", 1, "no valid JSON"},
	    {"null", 1, "no valid JSON"},
	    {GOOD "x", 186, "no valid JSON"},
	    {"{\"today\":1,\"today\":1}", 19, "stands twice"},
	    {"{\"toady\":1,\"today\":\"2026-11-21\",\"trigger\":"
	     "\"art17\"," REST,
	     2, "did you mean 'today'"},
	    {"{\"zzzzzzzzzz\":1,\"today\":\"2026-11-21\","
	     "\"trigger\":\"art17\"," REST,
	     2, "leave it out"},
	    {"{\"trigger\":\"art17\"," REST, 1, "'today' is missing"},
	    {"{\"today\":\"2026-11-31\",\"trigger\":\"art17\"," REST, 2,
	     "'today' has no such value"},
	    {"{\"today\":20261121,\"trigger\":\"art17\"," REST, 2,
	     "'today' has no such value"},
	    {"{\"today\":null,\"trigger\":\"art17\"," REST, 2,
	     "'today' has no such value"},
	    {"{ \"today\" : \"2026-11-21\", \"trigger\" :\"Art17\"," REST, 27,
	     "'trigger' has no such value; schedule"},
	    /* A text that looks like the key, and one inside another value. */
	    {"{\"name\":\"trigger\",\"today\":\"2026-11-21\",\"expect\":"
	     "\"\\\"trigger\\\":\",\"trigger\":0," REST,
	     64, "'trigger' has no such value"},
	    {"{\"name\":{\"trigger\":1},\"today\":\"2026-11-21\",\"trigger\":"
	     "\"art17\"," REST,
	     2, "'name' has no such value"},
	    {"{\"name\":null,\"today\":\"2026-11-21\",\"trigger\":"
	     "\"art17\"," REST,
	     2, "'name' has no such value"},
	};

	(void)state;
	for (size_t i = 0; i < LEN(cases); i++) {
		struct erasure_facts f;
		json_t *name;

		assert_int_equal(parse(cases[i].line, &f, &name), -1);
		assert_int_equal(diag.findings_len, 1);
		assert_int_equal(diag.findings[0].line, 7);
		if (strstr(diag.findings[0].text, cases[i].says) == NULL ||
		    diag.findings[0].column != cases[i].column)
			fail_msg("%s: %zu: %s", cases[i].line,
				 diag.findings[0].column,
				 diag.findings[0].text);
	}
}

static void every_fault_of_a_line_is_told(void **state)
{
	static const char line[] =
	    "{\"today\":0,\"trigger\":0,\"basis\":\"\",\"purpose\":\"\","
	    "\"purpose_active\":0,\"rule_due\":false,\"statutory_last_day\":"
	    "\"\",\"legal_hold\":null,\"restriction\":\"ab\"}";
	struct erasure_facts f;
	json_t *name;

	(void)state;
	assert_int_equal(parse(line, &f, &name), -1);
	assert_int_equal(diag.findings_len, 9);
	assert_int_equal(parse("{}", &f, &name), -1);
	assert_int_equal(diag.findings_len, 9);
}

/* A hold that was forgotten or mistyped erases nothing. */
static void no_fact_is_taken_for_granted(void **state)
{
	static const char *const keys[] = {"today",
					   "trigger",
					   "basis",
					   "purpose",
					   "purpose_active",
					   "rule_due",
					   "statutory_last_day",
					   "legal_hold",
					   "restriction"};
	json_t *root = json_loads(GOOD, 0, NULL);

	(void)state;
	for (size_t i = 0; i < LEN(keys); i++) {
		json_t *copy = json_copy(root), *name;
		struct erasure_facts f;
		char *line;

		assert_int_equal(json_object_del(copy, keys[i]), 0);
		line = json_dumps(copy, 0);
		assert_int_equal(parse(line, &f, &name), -1);
		assert_non_null(strstr(diag.findings[0].text, keys[i]));
		free(line);
		json_decref(copy);
	}
	json_decref(root);
}

static void the_answer_names_decision_and_reasons(void **state)
{
	struct erasure_decision d = {.verdict = ERASURE_RESTRICT_UNTIL,
				     .until = caldate_day(2033, 1, 1),
				     .reasons = {{"A", "Art. 1"}, {"B", NULL}},
				     .reasons_len = 2};
	json_t *name = json_string("n"), *root;
	char *text;

	(void)state;
	root = decision_json(name, &d);
	text = json_dumps(root, JSON_COMPACT);
	assert_string_equal(text, "{\"name\":\"n\",\"decision\":"
				  "\"restrict_until:2033-01-01\",\"reasons\":"
				  "[{\"code\":\"A\",\"article\":\"Art. 1\"},"
				  "{\"code\":\"B\"}]}");
	free(text);
	json_decref(root);
	json_decref(name);
	d.verdict = ERASURE_KEEP;
	root = decision_json(NULL, &d);
	assert_null(json_object_get(root, "name"));
	assert_string_equal(row_text(root, "decision"), "keep");
	json_decref(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(facts_of_a_line_are_read),
	    cmocka_unit_test(a_bad_line_is_told_with_its_place),
	    cmocka_unit_test(every_fault_of_a_line_is_told),
	    cmocka_unit_test(no_fact_is_taken_for_granted),
	    cmocka_unit_test(the_answer_names_decision_and_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
