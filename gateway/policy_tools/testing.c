/* testing.c - the tests inside a policy, as JSON. */
#include "testing.h"

static json_t *tests_json(const struct testing *t, size_t *ret_failed)
{
	char why[TESTING_WHY_BYTES];
	json_t *list = json_array();
	const char *name;
	size_t line;

	*ret_failed = 0;
	for (size_t i = 0; policy_test_run(t->policy, i, &t->facts, &name,
					   &line, why, sizeof(why));
	     i++) {
		bool passed = why[0] == '\0';

		*ret_failed += !passed;
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:I,s:b,s:s*}", "name", name, "line",
				    (json_int_t)line, "passed", passed, "why",
				    passed ? NULL : why));
	}
	return list;
}

static json_t *uncovered_json(const struct testing *t)
{
	struct policy_coverage *coverage = NULL;
	struct policy_uncovered rule = {0};
	json_t *list;

	if (policy_coverage_new(t->policy, &t->facts, &coverage) != 0)
		return NULL;
	list = json_array();
	for (size_t i = 0; policy_coverage_at(coverage, i, &rule); i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:s,s:s,s:I,s:I}", "kind", rule.kind, "name",
			      rule.name, "line", (json_int_t)rule.line,
			      "column", (json_int_t)rule.column));
	policy_coverage_free(&coverage);
	return list;
}

int testing_json(const struct testing *t, json_t **ret, size_t *ret_failed,
		 struct err *err)
{
	json_t *tests = tests_json(t, ret_failed);
	size_t ran = json_array_size(tests);

	*ret = json_pack("{s:s,s:s,s:s?,s:I,s:I,s:o,s:o}", "file", t->file,
			 "timezone", t->zone_name, "land", t->facts.land,
			 "passed", (json_int_t)(ran - *ret_failed), "failed",
			 (json_int_t)*ret_failed, "tests", tests, "uncovered",
			 uncovered_json(t));
	if (*ret != NULL && ran == policy_tests_len(t->policy))
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return ERR_SET(err, ERR_NOMEM, "no memory", 0);
}
