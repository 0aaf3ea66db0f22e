/* ways.c - what holds for a channel and for a helpdesk. */
#include "model.h"

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

const char *const policy_person_words[PERSON_WORDS] = {
    [PERSON_ALIAS] = "alias",
    [PERSON_NAME] = "name",
    [PERSON_ADDRESS] = "address",
};

static void channel_purpose(const struct policy *p, struct channel_rule *rule,
			    const struct yaml *map, struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "purpose", "name one of purposes", diag);

	if (!node || !policy_field_name(node, "purpose", &rule->purpose, diag))
		return;
	rule->purpose_line = node->line;
	if (!policy_find_purpose(p, &rule->purpose))
		policy_unknown_name(node, "purpose", &p->purposes[0].name,
				    p->purposes_len, sizeof(p->purposes[0]),
				    diag);
}

static void channel_data(const struct policy *p, struct channel_rule *rule,
			 const struct yaml *map, struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "data",
			"name the Datenart of its messages, one of data", diag);

	if (!node || !policy_field_name(node, "Datenart", &rule->data, diag))
		return;
	rule->data_line = node->line;
	if (!policy_find_rule(p, &rule->data))
		policy_unknown_name(node, "Datenart", &p->rules[0].name,
				    p->rules_len, sizeof(p->rules[0]), diag);
}

static void channel_notice(const struct policy *p, struct channel_rule *rule,
			   const struct yaml *map, struct diag *diag)
{
	static const char *const words[] = {"notice"};
	const struct yaml *node = yaml_get(map, "first_contact");

	if (node) {
		rule->first_contact =
		    policy_field_word(node, words, COUNT_OF(words), diag) == 0;
		rule->first_contact_line = node->key_line;
		rule->first_contact_column = node->key_column;
	}
	node = yaml_get(map, "notice");
	if (!node && rule->first_contact)
		diag_add(diag, rule->first_contact_line,
			 rule->first_contact_column,
			 "first_contact has no notice to send; add notice: and "
			 "the name of one of notices");
	if (!node || !policy_field_name(node, "notice", &rule->notice, diag))
		return;
	if (!policy_find_notice(p, &rule->notice))
		policy_unknown_name(node, "notice", &p->notices[0].name,
				    p->notices_len, sizeof(p->notices[0]),
				    diag);
}

void policy_parse_channels(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	static const char *const keys[] = {"purpose", "data", "first_contact",
					   "notice"};

	if (!policy_is_map(map, "channels", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct channel_rule rule = {.line = at->key_line,
					    .column = at->key_column};

		if (p->channels_len == CHANNELS_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many channels; %d is the most",
				 CHANNELS_MAX);
			return;
		}
		if (!policy_key_name(at, "channel", &rule.name, diag) ||
		    !policy_is_map(at, at->key, diag))
			continue;
		yaml_unknown_keys(at, keys, COUNT_OF(keys), diag);
		channel_purpose(p, &rule, at, diag);
		channel_data(p, &rule, at, diag);
		channel_notice(p, &rule, at, diag);
		p->channels[p->channels_len++] = rule;
	}
}

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
	rule->sees_line = node->key_line;
	for (const struct yaml *at = node->first; at; at = at->next) {
		int word = policy_field_word(at, words, COUNT_OF(words), diag);

		rule->text |= word == 0;
		rule->attachments |= word == 1;
	}
}

void policy_parse_helpdesks(struct policy *p, const struct yaml *map,
			    struct diag *diag)
{
	static const char *const keys[] = {"sees", "person"};

	if (!policy_is_map(map, "helpdesks", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct helpdesk_rule rule = {.line = at->key_line,
					     .column = at->key_column};
		const struct yaml *node;
		int word = PERSON_ALIAS;

		if (p->helpdesks_len == HELPDESKS_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many helpdesks; %d is the most",
				 HELPDESKS_MAX);
			return;
		}
		if (!policy_key_name(at, "helpdesk", &rule.name, diag) ||
		    !policy_is_map(at, at->key, diag))
			continue;
		yaml_unknown_keys(at, keys, COUNT_OF(keys), diag);
		helpdesk_sees(&rule, at, diag);
		node = yaml_get(at, "person");
		if (node) {
			word = policy_field_word(node, policy_person_words,
						 PERSON_WORDS, diag);
			rule.person_line = node->key_line;
		}
		if (word >= 0)
			rule.person = (enum policy_person)word;
		p->helpdesks[p->helpdesks_len++] = rule;
	}
}
