/* tests.c - the tests inside a policy: what they name has to exist. */
#include "postern/caldate.h"

#include "testcase.h"

#define NAME_MAX_BYTES 200

struct reader {
	const struct policy *p;
	const struct yaml *map;
	struct diag *diag;
};

/* --- values of the kinds that occur --------------------------------------- */

static void want_bool(const struct reader *r, const char *key)
{
	const struct yaml *node = yaml_get(r->map, key);
	bool ignored;

	if (node)
		(void)policy_field_bool(node, &ignored, r->diag);
}

/* The value false stands for "nothing of the kind". */
static bool says_none(const struct yaml *node)
{
	bool no;

	return yaml_bool(node, &no) && !no;
}

static void want_word(const struct reader *r, const char *key,
		      enum word_list list)
{
	const struct yaml *node = yaml_get(r->map, key);

	if (node)
		(void)policy_field_of(node, list, r->diag);
}

static void want_day(const struct reader *r, const char *key)
{
	const struct yaml *node = yaml_get(r->map, key);
	int64_t ignored;

	if (node &&
	    (node->type != YAML_SCALAR || !caldate_parse(node->text, &ignored)))
		diag_add(r->diag, node->line, node->column,
			 "%s is no date; write year, month and day: 2026-11-21",
			 key);
}

struct known {
	const char *what;
	const struct name *first;
	size_t len, stride;
};

static void want_name(const struct reader *r, const char *key,
		      const struct known *known, bool may_be_false)
{
	const struct yaml *node = yaml_get(r->map, key);
	struct name name;

	if (!node || (may_be_false && says_none(node)))
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

/* A message, or a Datenart alone whose rule is tested. */
static void check_about(const struct reader *r)
{
	const struct yaml *data = yaml_get(r->map, "data");

	if (!data) {
		(void)policy_need(r->map, "channel", "name one of channels",
				  r->diag);
		return;
	}
	(void)policy_need(r->map, "start",
			  "write the day its period starts at: start: "
			  "2026-05-15",
			  r->diag);
	for (const struct yaml *at = r->map->first; at; at = at->next)
		if (strcmp(at->key, "data") != 0 &&
		    strcmp(at->key, "start") != 0)
			diag_add(r->diag, at->key_line, at->key_column,
				 "%s tells of a message and data (%zu:%zu) of "
				 "a Datenart alone; make two tests of it",
				 at->key, data->key_line, data->key_column);
}

static void check_names(const struct reader *r)
{
	const struct policy *p = r->p;

	want_name(r, "channel",
		  KNOWN("channel", p->channels, p->channels_len, name), false);
	want_name(r, "helpdesk",
		  KNOWN("helpdesk", p->helpdesks, p->helpdesks_len, name),
		  false);
	want_name(r, "purpose",
		  KNOWN("purpose", p->purposes, p->purposes_len, name), false);
	want_name(r, "tagged", KNOWN("Datenart", p->rules, p->rules_len, name),
		  false);
	want_name(r, "data", KNOWN("Datenart", p->rules, p->rules_len, name),
		  false);
}

static void check_given(const struct reader *r)
{
	const struct yaml *node;
	const char *ignored;
	int64_t bytes;

	if (!policy_is_map(r->map, "given", r->diag))
		return;
	(void)policy_known_keys(r->map, KEYS_GIVEN, r->diag);
	check_about(r);
	check_names(r);
	want_word(r, "event", WORDS_EVENT);
	want_word(r, "window", WORDS_WINDOW);
	want_word(r, "consent", WORDS_CONSENT);
	want_word(r, "mechanism", WORDS_MECHANISM);
	want_word(r, "media", WORDS_TEST_MEDIA);
	want_day(r, "start");
	node = yaml_get(r->map, "text");
	if (node)
		(void)policy_field_text(node, NOTICE_MAX, &ignored, r->diag);
	node = yaml_get(r->map, "bytes");
	if (node)
		(void)policy_field_int(node, 0, INT64_C(1) << 40, &bytes,
				       r->diag);
	node = yaml_get(r->map, "language");
	if (node)
		(void)policy_field_language(node, r->diag);
	for (size_t i = 0; i < COUNT_OF(test_flags); i++)
		want_bool(r, test_flags[i].key);
}

/* --- expect --------------------------------------------------------------- */

static void check_redacted(const struct reader *r)
{
	const struct yaml *list = yaml_get(r->map, "redacted");
	enum policy_find find;
	size_t pattern;

	if (!list || !policy_is_list(list, "redacted", r->diag))
		return;
	for (const struct yaml *at = list->first; at; at = at->next)
		(void)policy_field_find(r->p, at, &find, &pattern, r->diag);
}

static void check_hold_back(const struct reader *r)
{
	const struct yaml *node = yaml_get(r->map, "hold_back");
	struct period ignored;
	bool either;

	if (node && !yaml_bool(node, &either))
		(void)policy_field_period(node, &ignored, r->diag);
}

static void check_due(const struct reader *r, const struct yaml *given,
		      bool has_at)
{
	const struct yaml *due = yaml_get(r->map, "due");
	const struct yaml *data = yaml_get(given, "data");

	want_day(r, "due");
	if (due && !yaml_get(given, "start") && !has_at)
		diag_add(r->diag, due->key_line, due->key_column,
			 "due counts from a day that is not given; add start: "
			 "2026-05-15 to given, or at to the test");
	for (const struct yaml *at = data ? r->map->first : NULL; at;
	     at = at->next)
		if (strcmp(at->key, "due") != 0)
			diag_add(r->diag, at->key_line, at->key_column,
				 "%s follows from a message, and the test "
				 "gives a Datenart alone (%zu:%zu); give a "
				 "channel, or expect due",
				 at->key, data->key_line, data->key_column);
}

static void check_expect(const struct reader *r, const struct policy_test *test)
{
	const struct policy *p = r->p;
	const struct known *notices =
	    KNOWN("notice", p->notices, p->notices_len, n.name);
	const struct yaml *node;

	if (!policy_is_map(r->map, "expect", r->diag))
		return;
	(void)policy_known_keys(r->map, KEYS_EXPECT, r->diag);
	if (!r->map->first)
		diag_add(r->diag, r->map->line, r->map->column,
			 "expect is empty, so this test cannot fail; say what "
			 "has to follow, such as forward: false");
	want_name(r, "store", KNOWN("Datenart", p->rules, p->rules_len, name),
		  true);
	want_name(r, "forward",
		  KNOWN("helpdesk", p->helpdesks, p->helpdesks_len, name),
		  true);
	want_name(r, "notice", notices, true);
	want_name(r, "ask", notices, true);
	want_word(r, "person", WORDS_TEST_PERSON);
	want_word(r, "delete", WORDS_DELETE);
	want_word(r, "keyword", WORDS_KEYWORD);
	want_word(r, "refuse", WORDS_REFUSE);
	node = yaml_get(r->map, "reply");
	if (node && !says_none(node))
		want_word(r, "reply", WORDS_REPLY);
	want_bool(r, "media");
	for (size_t i = 0; i < COUNT_OF(test_outcomes); i++)
		want_bool(r, test_outcomes[i].key);
	check_hold_back(r);
	check_redacted(r);
	check_due(r, test->given, test->has_at);
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
	struct policy_test *test = &p->tests[p->tests_len];
	const struct yaml *node;

	if (!policy_is_map(map, "a test", diag))
		return;
	*test = (struct policy_test){.at = place_of(map), .name = ""};
	(void)policy_known_keys(map, KEYS_TEST, diag);
	node =
	    policy_need(map, "name", "say in a sentence what it shows", diag);
	if (node)
		(void)policy_field_text(node, NAME_MAX_BYTES, &test->name,
					diag);
	parse_at(test, map, diag);
	test->given = policy_need(map, "given", "say what happens", diag);
	if (test->given)
		check_given(&(const struct reader){p, test->given, diag});
	test->expect =
	    policy_need(map, "expect", "say what has to follow", diag);
	if (test->expect)
		check_expect(&(const struct reader){p, test->expect, diag},
			     test);
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
