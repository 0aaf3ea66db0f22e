/* helpdesks.c - what a helpdesk is told. */
#include "model.h"

const char *const policy_person_words[PERSON_WORDS] = {
    [PERSON_ALIAS] = "alias",
    [PERSON_NAME] = "name",
    [PERSON_ADDRESS] = "address",
};

static void helpdesk_sees(struct helpdesk_rule *rule, const struct yaml *map,
			  struct diag *diag)
{
	static const char *const words[] = {"text", "attachments"};
	const struct yaml *node =
	    policy_need(map, "sees",
			"write sees: [text, attachments], or sees: [] for a "
			"helpdesk that is only told that something came",
			diag);

	if (!node || !policy_is_list(node, "sees", diag))
		return;
	rule->sees_at = place_of_key(node);
	for (const struct yaml *at = node->first; at; at = at->next) {
		int word = policy_field_word(at, words, COUNT_OF(words), diag);

		rule->text |= word == 0;
		rule->attachments |= word == 1;
	}
}

static void helpdesk_data(const struct policy *p, struct helpdesk_rule *rule,
			  const struct yaml *map, struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "data");

	if (!node)
		return;
	rule->data_at = place_of_key(node);
	(void)policy_field_names(node, "Datenart", rule->data, &rule->data_len,
				 diag);
	for (const struct yaml *at = node->first; at; at = at->next) {
		struct name name;

		if (at->type == YAML_SCALAR &&
		    name_set(&name, at->text, strlen(at->text)) &&
		    !policy_find_rule(p, &name))
			policy_unknown_name(at, "Datenart", &p->rules[0].name,
					    p->rules_len, sizeof(p->rules[0]),
					    diag);
	}
}

static void parse_helpdesk(const struct policy *p, struct helpdesk_rule *rule,
			   const struct yaml *map, struct diag *diag)
{
	static const char *const keys[] = {"sees", "person", "data"};
	const struct yaml *node;
	int word = PERSON_ALIAS;

	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	helpdesk_sees(rule, map, diag);
	helpdesk_data(p, rule, map, diag);
	node = yaml_get(map, "person");
	if (node) {
		word = policy_field_word(node, policy_person_words,
					 PERSON_WORDS, diag);
		rule->person_at = place_of_key(node);
	}
	if (word >= 0)
		rule->person = (enum policy_person)word;
}

void policy_parse_helpdesks(struct policy *p, const struct yaml *map,
			    struct diag *diag)
{
	if (!policy_is_map(map, "helpdesks", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct helpdesk_rule *rule = &p->helpdesks[p->helpdesks_len];

		if (p->helpdesks_len == HELPDESKS_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many helpdesks; %d is the most",
				 HELPDESKS_MAX);
			return;
		}
		*rule = (struct helpdesk_rule){.at = place_of_key(at)};
		if (!policy_key_name(at, "helpdesk", &rule->name, diag) ||
		    !policy_is_map(at, at->key, diag))
			continue;
		parse_helpdesk(p, rule, at, diag);
		p->helpdesks_len++;
	}
}
