/* Broken policies, each with what has to be said about it, word for word.
 *
 * tests/policies/broken/NN-<what>.yaml: a comment says what is wrong; at the
 * end one "# finding: LINE:COLUMN: TEXT" for each, in order, and no others.
 * Proves: issue of the policy, "a policy with a gap is refused". */
#include "policy_house.h"

#include <dirent.h>
#include <stdlib.h>

#define BROKEN	   "tests/policies/broken"
#define BROKEN_MIN 30
#define FILE_MAX   8192
#define MARK	   "# finding: "

static char text[FILE_MAX];

/* Tests run at the root of the sources, or elsewhere without them. */
static bool read_text(const char *file)
{
	char path[512];
	FILE *in;
	size_t len;

	(void)snprintf(path, sizeof(path), BROKEN "/%s", file);
	in = fopen(path, "rbe");
	if (!in)
		return false;
	len = fread(text, 1, sizeof(text) - 1, in);
	assert_int_equal(fclose(in), 0);
	assert_true(len < sizeof(text) - 1);
	text[len] = '\0';
	return true;
}

static int is_policy(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 5 && strcmp(entry->d_name + len - 5, ".yaml") == 0;
}

/* "12:3: what; what would be right" of finding i, as the file wants it. */
static bool is_wanted(const struct diag_finding *f, const char *wanted)
{
	char got[DIAG_TEXT_BYTES + 64];
	size_t len = strcspn(wanted, "\n");

	(void)snprintf(got, sizeof(got), "%zu:%zu: %s", f->line, f->column,
		       f->text);
	return strlen(got) == len && strncmp(got, wanted, len) == 0;
}

static void judge(const char *file)
{
	struct policy *p = NULL;
	const char *at = text;
	size_t wanted = 0;

	p = parse(text);
	assert_null(p);
	while ((at = strstr(at, MARK)) != NULL) {
		at += strlen(MARK);
		if (wanted >= diag.findings_len ||
		    !is_wanted(&diag.findings[wanted], at)) {
			diag_print(&diag, stderr);
			fail_msg("%s: finding %zu", file, wanted + 1);
		}
		wanted++;
	}
	if (wanted == 0 || wanted != diag.findings_len) {
		diag_print(&diag, stderr);
		fail_msg("%s: %zu findings wanted", file, wanted);
	}
}

static void every_gap_and_overlap_is_found_and_its_places_named(void **state)
{
	struct dirent **files;
	int len = scandir(BROKEN, &files, is_policy, alphasort);

	(void)state;
	if (len < 0)
		skip();
	assert_true(len >= BROKEN_MIN);
	for (int i = 0; i < len; i++) {
		if (!read_text(files[i]->d_name))
			fail_msg("%s", files[i]->d_name);
		judge(files[i]->d_name);
		free(files[i]);
	}
	free(files);
}

/* Whatever is wrong is said with what would be right. */
static void each_finding_says_what_would_be_right(void **state)
{
	struct dirent **files;
	int len = scandir(BROKEN, &files, is_policy, alphasort);

	(void)state;
	if (len < 0)
		skip();
	for (int i = 0; i < len; i++) {
		assert_true(read_text(files[i]->d_name));
		assert_null(parse(text));
		for (size_t k = 0; k < diag.findings_len; k++) {
			const struct diag_finding *f = &diag.findings[k];

			assert_true(f->line > 0 && f->column > 0);
			if (!strstr(f->text, "; "))
				fail_msg("%s: %s", files[i]->d_name, f->text);
		}
		free(files[i]);
	}
	free(files);
}

/* --- bounds --------------------------------------------------------------- */

static char *made;

/* A policy with n entries of a section; every one in order but too many. */
static void with_many(const char *before, const char *entry, size_t n,
		      const char *after)
{
	size_t size = strlen(before) + strlen(after) + n * 160 + 1, len;

	free(made);
	made = malloc(size);
	assert_non_null(made);
	len = (size_t)snprintf(made, size, "%s", before);
	for (size_t i = 0; i < n; i++) {
		int grown;

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		grown = snprintf(made + len, size - len, entry, i);
#pragma GCC diagnostic pop
		assert_true(grown > 0 && (size_t)grown < size - len);
		len += (size_t)grown;
	}
	(void)snprintf(made + len, size - len, "%s", after);
}

#define SMALL_DATA                                                    \
	"data: {MEDIA: {from: collection, delete: P1D}, RAW: {from: " \
	"collection, delete: P1D}}\n"
#define SMALL_DESKS    "helpdesks: {desk: {sees: [text]}}\n"
#define SMALL_CHANNELS "channels: {chat: {purpose: support, data: MEDIA}}\n"
#define SMALL_PURPOSES "purposes: {support: {basis: contract}}\n"
#define SMALL	       HEAD SMALL_PURPOSES SMALL_DATA SMALL_CHANNELS SMALL_DESKS

static void what_one_file_may_hold_is_bounded(void **state)
{
	static const struct {
		const char *before, *entry, *after;
		size_t most;
		const char *says;
	} cases[] = {
	    {HEAD "purposes:\n  support: {basis: contract}\n",
	     "  p%zu: {basis: contract}\n",
	     SMALL_DATA SMALL_CHANNELS SMALL_DESKS, 63, "too many purposes"},
	    {HEAD SMALL_PURPOSES
	     "data:\n  MEDIA: {from: collection, delete: P1D}\n  RAW: {from: "
	     "collection, delete: P1D}\n",
	     "  D%zu: {from: collection, delete: P1D}\n",
	     SMALL_CHANNELS SMALL_DESKS, 126, "too many Datenarten"},
	    {HEAD SMALL_PURPOSES SMALL_DATA "channels:\n",
	     "  c%zu: {purpose: support, data: MEDIA}\n", SMALL_DESKS, 64,
	     "too many channels"},
	    {HEAD SMALL_PURPOSES SMALL_DATA SMALL_CHANNELS "helpdesks:\n",
	     "  d%zu: {sees: []}\n", "", 32, "too many helpdesks"},
	    {SMALL "notices:\n", "  n%zu: x\n", "", 128, "too many notices"},
	    {SMALL "patterns:\n", "  k%zu: \"K##\"\n", "", 32,
	     "too many patterns"},
	    {SMALL "special:\n", "  - {words: [w%zu], data: MEDIA}\n", "", 512,
	     "too many words"},
	    {SMALL "tests:\n",
	     "  - {name: t%zu, given: {channel: chat}, expect: {forward: "
	     "desk}}\n",
	     "", 500, "too many tests"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy *p;

		with_many(cases[i].before, cases[i].entry, cases[i].most,
			  cases[i].after);
		p = parse(made);
		/* The words lead to what is not special: another finding. */
		if (has_finding(&diag, cases[i].says))
			fail_msg("%zu: %s", i, cases[i].says);
		policy_free(&p);
		with_many(cases[i].before, cases[i].entry, cases[i].most + 1,
			  cases[i].after);
		assert_null(parse(made));
		if (!has_finding(&diag, cases[i].says))
			fail_msg("%zu: %s", i, cases[i].says);
	}
	free(made);
	made = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(
		every_gap_and_overlap_is_found_and_its_places_named),
	    cmocka_unit_test(each_finding_says_what_would_be_right),
	    cmocka_unit_test(what_one_file_may_hold_is_bounded),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
