/* later.c - sections that are read and checked today, so that a file stays
 * valid, and get their effect later: redact, notices, approvals, tests.
 * notes.c says so to whoever relies on them. */
#include "model.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static bool is_text(const struct yaml *node, size_t max)
{
	return node->type == YAML_SCALAR && !yaml_null(node) &&
	       node->text[0] != '\0' && strlen(node->text) <= max;
}

void policy_parse_notices(struct policy *p, const struct yaml *map,
			  struct diag *diag)
{
	if (!policy_is_map(map, "notices", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct notice notice = {.line = at->key_line};

		if (p->notices_len == NOTICES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many notices; %d is the most",
				 NOTICES_MAX);
			return;
		}
		if (!policy_key_name(at, "notice", &notice.name, diag))
			continue;
		if (!is_text(at, NOTICE_MAX))
			diag_add(diag, at->line, at->column,
				 "notice %s is no text of 1 to %d bytes; write "
				 "what the person is told, in quotes",
				 at->key, NOTICE_MAX);
		p->notices[p->notices_len++] = notice;
	}
}

static void parse_redact_entry(const struct yaml *map, struct diag *diag)
{
	static const char *const keys[] = {"find", "before"};
	static const char *const words[] = {"store", "forward"};
	const struct yaml *node;
	struct name ignored;

	if (!policy_is_map(map, "an entry of redact", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node =
	    policy_need(map, "find", "name what to look for: find: iban", diag);
	if (node)
		(void)policy_field_name(node, "thing to find", &ignored, diag);
	node = policy_need(map, "before", "write before: [forward]", diag);
	if (!node || !policy_is_list(node, "before", diag))
		return;
	if (!node->first)
		diag_add(diag, node->line, node->column,
			 "before is empty, so nothing is redacted; write "
			 "before: [forward]");
	for (const struct yaml *at = node->first; at; at = at->next)
		(void)policy_field_word(at, words, COUNT_OF(words), diag);
}

void policy_parse_redact(struct policy *p, const struct yaml *list,
			 struct diag *diag)
{
	if (!policy_is_list(list, "redact", diag))
		return;
	p->redact_line = list->key_line;
	if (list->children > REDACT_MAX) {
		diag_add(diag, list->line, list->column,
			 "too many entries in redact; %d is the most",
			 REDACT_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next)
		parse_redact_entry(at, diag);
	p->redact_len = list->children;
}

void policy_parse_approvals(struct policy *p, const struct yaml *map,
			    struct diag *diag)
{
	static const char *const keys[] = {"policy", "hold", "unmask"};
	int64_t ignored;

	if (!policy_is_map(map, "approvals", diag))
		return;
	p->approvals_line = map->key_line;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct yaml *node = yaml_get(map, keys[i]);

		if (node)
			(void)policy_field_int(node, 1, 9, &ignored, diag);
	}
}

/* --- tests ---------------------------------------------------------------- */

static void test_text(const struct yaml *map, const char *key, size_t max,
		      struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);

	if (node && !is_text(node, max))
		diag_add(diag, node->line, node->column,
			 "%s is no text of 1 to %zu bytes; write it in quotes",
			 key, max);
}

static void test_given(const struct policy *p, const struct yaml *map,
		       struct diag *diag)
{
	static const char *const keys[] = {"channel", "event", "text",
					   "purpose"};
	const struct yaml *node;
	struct name name;

	if (!policy_is_map(map, "given", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node = policy_need(map, "channel", "name one of channels", diag);
	if (node && policy_field_name(node, "channel", &name, diag) &&
	    !policy_find_channel(p, &name))
		policy_unknown_name(node, "channel", &p->channels[0].name,
				    p->channels_len, sizeof(p->channels[0]),
				    diag);
	node = yaml_get(map, "purpose");
	if (node && policy_field_name(node, "purpose", &name, diag) &&
	    !policy_find_purpose(p, &name))
		policy_unknown_name(node, "purpose", &p->purposes[0].name,
				    p->purposes_len, sizeof(p->purposes[0]),
				    diag);
	test_text(map, "event", NAME_LEN_MAX, diag);
	test_text(map, "text", NOTICE_MAX, diag);
}

/* A name, or false for "nothing of the kind happens". */
static bool expected_name(const struct yaml *map, const char *key,
			  struct name *ret, const struct yaml **ret_node,
			  struct diag *diag)
{
	bool no;

	*ret_node = yaml_get(map, key);
	if (!*ret_node || (yaml_bool(*ret_node, &no) && !no))
		return false;
	return policy_field_name(*ret_node, key, ret, diag);
}

static void test_expect(const struct policy *p, const struct yaml *map,
			struct diag *diag)
{
	static const char *const keys[] = {"store", "forward", "send", "person",
					   "notice"};
	const struct yaml *node;
	struct name name;
	bool ignored;

	if (!policy_is_map(map, "expect", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	if (expected_name(map, "store", &name, &node, diag) &&
	    !policy_find_rule(p, &name))
		policy_unknown_name(node, "Datenart", &p->rules[0].name,
				    p->rules_len, sizeof(p->rules[0]), diag);
	if (expected_name(map, "forward", &name, &node, diag) &&
	    !policy_find_helpdesk(p, &name))
		policy_unknown_name(node, "helpdesk", &p->helpdesks[0].name,
				    p->helpdesks_len, sizeof(p->helpdesks[0]),
				    diag);
	if (expected_name(map, "notice", &name, &node, diag) &&
	    !policy_find_notice(p, &name))
		policy_unknown_name(node, "notice", &p->notices[0].name,
				    p->notices_len, sizeof(p->notices[0]),
				    diag);
	node = yaml_get(map, "person");
	if (node)
		(void)policy_field_word(node, policy_person_words, PERSON_WORDS,
					diag);
	node = yaml_get(map, "send");
	if (node)
		(void)policy_field_bool(node, &ignored, diag);
}

void policy_parse_tests(struct policy *p, const struct yaml *list,
			struct diag *diag)
{
	static const char *const keys[] = {"name", "given", "expect"};

	if (!policy_is_list(list, "tests", diag))
		return;
	p->tests_line = list->key_line;
	if (list->children > TESTS_MAX) {
		diag_add(diag, list->line, list->column,
			 "too many tests; %d is the most", TESTS_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next) {
		const struct yaml *node;

		if (!policy_is_map(at, "a test", diag))
			continue;
		yaml_unknown_keys(at, keys, COUNT_OF(keys), diag);
		(void)policy_need(at, "name", "say in a sentence what it shows",
				  diag);
		test_text(at, "name", 200, diag);
		node = policy_need(at, "given", "say what happens", diag);
		if (node)
			test_given(p, node, diag);
		node =
		    policy_need(at, "expect", "say what has to follow", diag);
		if (node)
			test_expect(p, node, diag);
	}
	p->tests_len = list->children;
}
