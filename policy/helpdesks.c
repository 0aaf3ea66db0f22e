/* helpdesks.c - what a helpdesk is told. */
#include "model.h"

static void helpdesk_sees(struct helpdesk_rule *rule, const struct yaml *map,
			  struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "sees",
			"write sees: [text, attachments], or sees: [] for a "
			"helpdesk that is only told that something came",
			diag);

	if (!node || !policy_is_list(node, "sees", diag))
		return;
	rule->sees_at = place_of_key(node);
	for (const struct yaml *at = node->first; at; at = at->next) {
		int word = policy_field_of(at, WORDS_SEES, diag);

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
	if (node->type == YAML_LIST && !node->first)
		diag_add(diag, node->line, node->column,
			 "data is empty, so helpdesk %s is told of nothing; "
			 "name Datenarten, or remove it: then it is told of "
			 "all but special ones",
			 rule->name.text);
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
	const struct yaml *node;
	int word = PERSON_ALIAS;

	(void)policy_known_keys(map, KEYS_HELPDESK, diag);
	helpdesk_sees(rule, map, diag);
	helpdesk_data(p, rule, map, diag);
	node = yaml_get(map, "person");
	if (node) {
		word = policy_field_of(node, WORDS_PERSON, diag);
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
