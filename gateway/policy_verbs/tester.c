/* tester.c - `postern policy test`: runs the tests inside a policy, with the
 * clock, the Land and the language of the instance if there is one. */
#include "tester.h"

#include <string.h>

#include "files.h"
#include "options.h"
#include "policy_tools/testing.h"
#include "postern/zonefile.h"

#define GERMANY "Europe/Berlin"

struct tester {
	const struct verb_args *args;
	char file[640]; /* as findings name it */
	struct policy *policy;
	struct settings *settings; /* NULL: no instance */
	const char *zone_name;
	struct zone *zone;
	struct policy_test_facts facts;
	size_t passed, failed, left; /* left: rules that no test names */
};

/* --- what the tests take from outside ------------------------------------- */

static int read_zone(struct tester *t)
{
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX + 1);
	struct err err = {0};
	int rc;

	t->zone_name =
	    t->settings != NULL ? t->settings->controller.timezone : GERMANY;
	rc = zonefile_read(t->zone_name, &bytes, &err);
	if (rc == 0)
		rc = zone_parse(bytes.bytes, bytes.len, &t->zone, &err);
	buf_free(&bytes);
	if (rc != 0)
		return refused("%s: %s", t->zone_name, err.what);
	return EXIT_DONE;
}

/* Without a file the instance is meant, so it has to be readable; beside a
 * file it only says where its office is. */
static int read_all(struct tester *t, const char *file)
{
	struct policy_test_facts *f = &t->facts;

	if (file != NULL)
		(void)snprintf(t->file, sizeof(t->file), "%s", file);
	else
		(void)snprintf(t->file, sizeof(t->file), "%s/policy.yaml",
			       t->args->dir);
	if (files_policy(t->args->dir, file, &t->policy) != 0)
		return EXIT_REFUSED;
	(void)files_settings(t->args->dir, file == NULL, &t->settings);
	if (file == NULL && t->settings == NULL)
		return EXIT_REFUSED;
	if (read_zone(t) != EXIT_DONE)
		return EXIT_REFUSED;
	*f = (struct policy_test_facts){.language = "de", .zone = t->zone};
	if (t->settings == NULL)
		return EXIT_DONE;
	f->language = t->settings->controller.language;
	if (t->settings->controller.land[0] != '\0')
		f->land = t->settings->controller.land;
	return EXIT_DONE;
}

/* --- the table ------------------------------------------------------------ */

static void tell_test(struct tester *t, const char *name, size_t line,
		      const char *why)
{
	bool passed = why[0] == '\0';

	t->passed += passed;
	t->failed += !passed;
	if (passed)
		(void)printf("passed  %s\n", name);
	else
		(void)printf("FAILED  %s\n        %s:%zu: %s\n", name, t->file,
			     line, why);
}

static void run_tests(struct tester *t)
{
	const char *name;
	char why[TESTING_WHY_BYTES];
	size_t line;

	for (size_t i = 0; policy_test_run(t->policy, i, &t->facts, &name,
					   &line, why, sizeof(why));
	     i++)
		tell_test(t, name, line, why);
}

static void tell_rule(struct tester *t, const struct policy_uncovered *rule)
{
	if (t->left == 0)
		(void)printf("\nNo test names:\n");
	(void)printf("        %s:%zu:%zu: %s %s\n", t->file, rule->line,
		     rule->column, rule->kind, rule->name);
}

static int tell_left(struct tester *t)
{
	struct policy_coverage *coverage = NULL;
	struct policy_uncovered rule = {0};

	if (policy_coverage_new(t->policy, &t->facts, &coverage) != 0)
		return refused("no memory");
	while (policy_coverage_at(coverage, t->left, &rule)) {
		tell_rule(t, &rule);
		t->left++;
	}
	policy_coverage_free(&coverage);
	return EXIT_DONE;
}

static int tell_sum(const struct tester *t)
{
	(void)printf("\n%zu passed, %zu failed; %s, %s%s\n", t->passed,
		     t->failed, t->zone_name,
		     t->facts.land != NULL ? "holidays of "
					   : "holidays of every Land",
		     t->facts.land != NULL ? t->facts.land : "");
	return printed();
}

static int tell_machine(struct tester *t)
{
	const struct testing testing = {.file = t->file,
					.zone_name = t->zone_name,
					.policy = t->policy,
					.facts = t->facts};
	struct err err = {0};
	json_t *root;

	if (testing_json(&testing, &root, &t->failed, &err) != 0)
		return refused("%s", err.what);
	return print_json(root);
}

static int tell(struct tester *t)
{
	if (t->args->json)
		return tell_machine(t);
	run_tests(t);
	return tell_left(t) == EXIT_DONE ? tell_sum(t) : EXIT_REFUSED;
}

int policy_test_file(const struct verb_args *args)
{
	struct tester t = {.args = args};
	int status;

	if (args->argc > 1)
		return EXIT_USAGE;
	status = read_all(&t, args->argc == 1 ? args->argv[0] : NULL);
	if (status == EXIT_DONE)
		status = tell(&t);
	if (t.failed > 0)
		status = EXIT_REFUSED;
	zone_free(&t.zone);
	settings_free(&t.settings);
	policy_free(&t.policy);
	return status;
}
