/* tests.c - the tests inside a policy: what they name has to exist. */
#include "postern/caldate.h"

#include "testcase.h"

const char *const test_event_words[TEST_EVENTS] = {"message", "edit", "delete",
						   "reply"};
const char *const test_window_words[TEST_WINDOWS] = {"open", "closed"};
const char *const test_forget_words[TEST_FORGETS] = {"forget", "mask", "keep"};
const char *const test_mechanism_words[TEST_MECHANISMS] = {"valid", "overdue",
							   "invalid"};
const char *const test_consent_words[TEST_CONSENTS] = {
    "absent",  "requested", "deferred",	 "refused", "given",
    "renewed", "expired",   "withdrawn", "revoked", "invalidated",
};

static const char *const given_keys[] = {
    "channel",	  "helpdesk", "event",	   "text",	  "purpose",
    "media",	  "bytes",    "consent",   "tagged",	  "suppressed",
    "restricted", "minor",    "noticed",   "told_closed", "language",
    "window",	  "template", "mechanism",
};
static const char *const expect_keys[] = {
    "store",  "forward",   "send",     "person",     "notice", "ask",
    "reply",  "hold_back", "reduced",  "quarantine", "refuse", "keyword",
    "delete", "media",	   "redacted", "special",
};

struct reader {
	const struct policy *p;
	const struct yaml *map;
	struct diag *diag;
};

/* --- values of the kinds that occur --------------------------------------- */

static void want_text(const struct reader *r, const char *key, size_t max)
{
	const struct yaml *node = yaml_get(r->map, key);
	const char *ignored;

	if (node)
		(void)policy_field_text(node, max, &ignored, r->diag);
}

static void want_bool(const struct reader *r, const char *key)
{
	const struct yaml *node = yaml_get(r->map, key);
	bool ignored;

	if (node)
		(void)policy_field_bool(node, &ignored, r->diag);
}

static void want_word(const struct reader *r, const char *key,
		      const char *const *words, size_t len)
{
	const struct yaml *node = yaml_get(r->map, key);

	if (node)
		(void)policy_field_word(node, words, len, r->diag);
}

struct known {
	const char *what;
	const struct name *first;
	size_t len, stride;
};

/* A name of known; false stands for "nothing of the kind" where it may. */
static void want_name(const struct reader *r, const char *key,
		      const struct known *known, bool may_be_false)
{
	const struct yaml *node = yaml_get(r->map, key);
	struct name name;
	bool no;

	if (!node || (may_be_false && yaml_bool(node, &no) && !no))
		return;
	if (!policy_field_name(node, known->what, &name, r->diag))
		return;
	for (size_t i = 0; i < known->len; i++)
		if (strcmp((const char *)known->first + i * known->stride,
			   name.text) == 0)
			return;
	policy_unknown_name(node, known->what, known->first, known->len,
			    known->stride, r->diag);
}

#define KNOWN(what, array, len, member)                       \
	(&(const struct known){what, &(array)[0].member, len, \
			       sizeof((array)[0])})

/* --- given ---------------------------------------------------------------- */

static void check_given(const struct reader *r)
{
	const struct policy *p = r->p;

	if (!policy_is_map(r->map, "given", r->diag))
		return;
	yaml_unknown_keys(r->map, given_keys, COUNT_OF(given_keys), r->diag);
	(void)policy_need(r->map, "channel", "name one of channels", r->diag);
	want_name(r, "channel",
		  KNOWN("channel", p->channels, p->channels_len, name), false);
	want_name(r, "helpdesk",
		  KNOWN("helpdesk", p->helpdesks, p->helpdesks_len, name),
		  false);
	want_name(r, "purpose",
		  KNOWN("purpose", p->purposes, p->purposes_len, name), false);
	want_name(r, "tagged", KNOWN("Datenart", p->rules, p->rules_len, name),
		  false);
	want_word(r, "event", test_event_words, TEST_EVENTS);
	want_word(r, "window", test_window_words, TEST_WINDOWS);
	want_word(r, "consent", test_consent_words, TEST_CONSENTS);
	want_word(r, "mechanism", test_mechanism_words, TEST_MECHANISMS);
	want_text(r, "text", NOTICE_MAX);
	want_text(r, "media", NAME_LEN_MAX);
	want_text(r, "language", LANGUAGE_BYTES - 1);
	for (size_t i = 0; i < COUNT_OF(test_flags); i++)
		want_bool(r, test_flags[i].key);
	want_bool(r, "template");
}

/* --- expect --------------------------------------------------------------- */

static void check_expect(const struct reader *r)
{
	const struct policy *p = r->p;
	const struct known *notices =
	    KNOWN("notice", p->notices, p->notices_len, n.name);
	const char *classes[KEYWORD_CLASSES];
	const struct yaml *node;

	if (!policy_is_map(r->map, "expect", r->diag))
		return;
	yaml_unknown_keys(r->map, expect_keys, COUNT_OF(expect_keys), r->diag);
	want_name(r, "store", KNOWN("Datenart", p->rules, p->rules_len, name),
		  true);
	want_name(r, "forward",
		  KNOWN("helpdesk", p->helpdesks, p->helpdesks_len, name),
		  true);
	want_name(r, "notice", notices, true);
	want_name(r, "ask", notices, true);
	want_word(r, "person", policy_person_words, PERSON_WORDS);
	want_word(r, "delete", test_forget_words, TEST_FORGETS);
	for (size_t i = 0; i < KEYWORD_CLASSES; i++)
		classes[i] = keyword_class_name((enum keyword_class)i);
	want_word(r, "keyword", classes, KEYWORD_CONFIRM);
	want_text(r, "refuse", NAME_LEN_MAX);
	node = yaml_get(r->map, "redacted");
	if (node)
		(void)policy_is_list(node, "redacted", r->diag);
	for (size_t i = 0; i < COUNT_OF(test_outcomes); i++)
		want_bool(r, test_outcomes[i].key);
}

/* -------------------------------------------------------------------------- */

static void parse_at(struct policy_test *test, const struct yaml *map,
		     struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "at");

	if (!node)
		return;
	test->has_at = node->type == YAML_SCALAR &&
		       instant_parse(node->text, &test->at_ms);
	if (!test->has_at)
		diag_add(diag, node->line, node->column,
			 "at is no point in time; write it in quotes: "
			 "\"2026-11-21T10:00:00+01:00\"");
}

static void parse_test(struct policy *p, const struct yaml *map,
		       struct diag *diag)
{
	static const char *const keys[] = {"name", "at", "given", "expect"};
	struct policy_test *test = &p->tests[p->tests_len];
	const struct yaml *node;

	if (!policy_is_map(map, "a test", diag))
		return;
	*test = (struct policy_test){.at = place_of(map), .name = ""};
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node =
	    policy_need(map, "name", "say in a sentence what it shows", diag);
	if (node)
		(void)policy_field_text(node, 200, &test->name, diag);
	parse_at(test, map, diag);
	test->given = policy_need(map, "given", "say what happens", diag);
	if (test->given)
		check_given(&(const struct reader){p, test->given, diag});
	test->expect =
	    policy_need(map, "expect", "say what has to follow", diag);
	if (test->expect)
		check_expect(&(const struct reader){p, test->expect, diag});
	p->tests_len++;
}

void policy_parse_tests(struct policy *p, const struct yaml *list,
			struct diag *diag)
{
	if (!policy_is_list(list, "tests", diag))
		return;
	if (list->children > TESTS_MAX) {
		diag_add(diag, list->line, list->column,
			 "too many tests; %d is the most", TESTS_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next)
		parse_test(p, at, diag);
}
