/* check.c - both edited files held against each other; verb check. */
#include "postern/check.h"

#include <jansson.h>

#include "postern/jsonmem.h"
#include "postern/zonefile.h"
#include "settings/place.h"
#include "verbs.h"

static void list_init(struct diag *d, const char *dir, const char *name)
{
	char path[sizeof(d->file)];

	/* A cut path is still a hint; every finding names its key. */
	if (place_path(dir, name, path, sizeof(path)) != 0)
		(void)snprintf(path, sizeof(path), "%s", name);
	diag_init(d, path);
}

static int load_policy(const char *dir, struct diag *diag, struct policy **ret)
{
	uint8_t *bytes = NULL;
	size_t len;
	int rc;

	if (settings_read_file(dir, "policy.yaml", diag, &bytes, &len) != 0)
		return -1;
	rc = policy_parse(bytes, len, diag, ret);
	free(bytes);
	return rc;
}

static void check_names(const struct settings *s, const struct policy *p,
			struct diag *diag)
{
	struct name channels[SETTINGS_CHANNELS_MAX];
	struct name helpdesks[SETTINGS_HELPDESKS_MAX];

	for (size_t i = 0; i < s->channels_len; i++)
		channels[i] = s->channels[i].name;
	for (size_t i = 0; i < s->helpdesks_len; i++)
		helpdesks[i] = s->helpdesks[i].name;
	(void)policy_check_names(p, channels, s->channels_len, helpdesks,
				 s->helpdesks_len, diag);
}

/* A policy whose own tests fail does not say what its authors mean. */
static void check_tests(const struct settings *s, const struct policy *p,
			struct diag *diag)
{
	struct policy_test_facts facts = {.language = s->controller.language};
	struct buf bytes = BUF_INIT(ZONE_FILE_MAX + 1);
	struct zone *zone = NULL;

	if (policy_tests_len(p) == 0)
		return;
	if (zonefile_read(s->controller.timezone, &bytes, NULL) != 0 ||
	    zone_parse(bytes.bytes, bytes.len, &zone, NULL) != 0) {
		diag_add(diag, 0, 0,
			 "the tests need the time zone of the controller, "
			 "which cannot be read; install tzdata");
	} else {
		if (s->controller.land[0] != '\0')
			facts.land = s->controller.land;
		facts.zone = zone;
		(void)policy_tests_check(p, &facts, diag);
	}
	zone_free(&zone);
	buf_free(&bytes);
}

/* Records of consent name their controller; where it is not told in parts they
 * say less than ISO/IEC TS 27560 and Kantara ask for. */
static void note_controller(const struct settings *s, const struct policy *p,
			    struct diag *notes)
{
	const struct {
		const char *key, *text;
	} wanted[] = {
	    {"address", s->controller.address.street},
	    {"email", s->controller.email},
	    {"phone", s->controller.phone},
	    {"policy_url", s->controller.policy_url},
	};
	struct policy_purpose purpose;
	bool consent = false;

	for (size_t i = 0; policy_purpose_at(p, i, NULL, &purpose); i++)
		consent |= purpose.basis == LEGAL_BASIS_CONSENT;
	for (size_t i = 0; consent && i < sizeof(wanted) / sizeof(wanted[0]);
	     i++)
		if (wanted[i].text[0] == '\0')
			diag_add(notes, 0, 0,
				 "controller has no %s; records of consent "
				 "that are handed on will lack it",
				 wanted[i].key);
}

int settings_check_lists(const char *dir, struct check_lists *lists,
			 struct settings **ret, struct policy **ret_policy)
{
	struct settings *s = NULL;
	struct policy *p = NULL;
	int rc = -1;

	list_init(&lists->settings, dir, "postern.yaml");
	list_init(&lists->notes, dir, "postern.yaml");
	list_init(&lists->policy, dir, "policy.yaml");
	list_init(&lists->policy_notes, dir, "policy.yaml");
	diag_init(&lists->place, dir);
	place_check(dir, &lists->place);
	(void)settings_load_noted(dir, ROLE_CHECK, &lists->settings,
				  &lists->notes, &s);
	(void)load_policy(dir, &lists->policy, &p);
	if (p)
		policy_notes(p, &lists->policy_notes);
	if (s && p) {
		check_names(s, p, &lists->policy);
		note_controller(s, p, &lists->notes);
	}
	if (s && p && lists->policy.findings_len == 0)
		check_tests(s, p, &lists->policy);
	if (!s || !p || lists->settings.findings_len > 0 ||
	    lists->policy.findings_len > 0 || lists->place.findings_len > 0)
		goto out;
	if (ret) {
		*ret = s;
		s = NULL;
	}
	if (ret_policy) {
		*ret_policy = p;
		p = NULL;
	}
	rc = 0;
out:
	settings_free(&s);
	policy_free(&p);
	return rc;
}

static void print_findings(const struct check_lists *lists, FILE *out)
{
	diag_print(&lists->place, out);
	diag_print(&lists->settings, out);
	diag_print(&lists->policy, out);
}

int settings_check(const char *dir, struct settings **ret,
		   struct policy **ret_policy, FILE *out)
{
	struct check_lists *lists = calloc(1, sizeof(*lists));
	int rc;

	if (!lists) {
		(void)fprintf(out, "postern: out of memory\n");
		return -1;
	}
	rc = settings_check_lists(dir, lists, ret, ret_policy);
	print_findings(lists, out);
	free(lists);
	return rc;
}

/* --- verb ----------------------------------------------------------------- */

static void print_notes(const struct diag *d, FILE *out)
{
	for (size_t i = 0; i < d->findings_len; i++) {
		const struct diag_finding *f = &d->findings[i];

		if (f->line == 0)
			(void)fprintf(out, "%s: note: %s\n", d->file, f->text);
		else
			(void)fprintf(out, "%s:%zu:%zu: note: %s\n", d->file,
				      f->line, f->column, f->text);
	}
	if (d->more > 0)
		(void)fprintf(out, "%s: note: and %zu more\n", d->file,
			      d->more);
}

static json_t *as_json(const struct diag *const *lists, size_t lists_len)
{
	json_t *all = json_array();

	for (size_t i = 0; i < lists_len; i++) {
		const struct diag *d = lists[i];

		for (size_t j = 0; j < d->findings_len; j++) {
			const struct diag_finding *f = &d->findings[j];

			(void)json_array_append_new(
			    all,
			    json_pack("{s:s?,s:I,s:I,s:s}", "file", d->file,
				      "line", (json_int_t)f->line, "column",
				      (json_int_t)f->column, "text", f->text));
		}
	}
	return all;
}

static int print_json(const struct check_lists *l, bool ok)
{
	const struct diag *findings[] = {&l->place, &l->settings, &l->policy};
	const struct diag *notes[] = {&l->notes, &l->policy_notes};
	json_t *root =
	    json_pack("{s:b,s:o,s:o}", "ok", ok, "findings",
		      as_json(findings, 3), "notes", as_json(notes, 2));
	int rc = jsonmem_print_file(root, JSON_INDENT(2), stdout, NULL);

	json_decref(root);
	return rc;
}

int verb_check(const struct verb_args *args)
{
	struct check_lists *lists;
	bool ok;

	if (args->argc > 0) {
		(void)fprintf(stderr,
			      "postern check: takes no argument; usage: "
			      "postern [-d DIR] [--json] check\n");
		return EXIT_USAGE;
	}
	lists = calloc(1, sizeof(*lists));
	if (!lists) {
		(void)fprintf(stderr, "postern check: out of memory\n");
		return EXIT_REFUSED;
	}
	ok = settings_check_lists(args->dir, lists, NULL, NULL) == 0;
	if (args->json) {
		ok &= print_json(lists, ok) == 0;
	} else {
		print_findings(lists, stderr);
		print_notes(&lists->notes, stdout);
		print_notes(&lists->policy_notes, stdout);
		if (ok)
			(void)printf("postern.yaml and policy.yaml are in "
				     "order\n");
	}
	free(lists);
	return ok ? EXIT_DONE : EXIT_REFUSED;
}
