/* rules.c - purposes, and Datenarten with their deletion rules. */
#include "model.h"

static const char *const basis_words[] = {
    "consent",	       "contract",    "legal_obligation",
    "vital_interests", "public_task", "legitimate_interest",
};
static const char *const start_words[] = {"collection", "process_end",
					  "relationship_end"};
static const char *const year_words[] = {"date", "year_end"};

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

static void parse_purpose(struct purpose *purpose, const struct yaml *map,
			  struct diag *diag)
{
	static const char *const keys[] = {"basis", "double_opt_in", "valid"};
	const struct yaml *node;
	int word;

	if (!policy_is_map(map, map->key, diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node = policy_need(
	    map, "basis", "add the legal basis, such as basis: contract", diag);
	if (node) {
		word = policy_field_word(node, basis_words,
					 COUNT_OF(basis_words), diag);
		if (word >= 0)
			purpose->basis = (enum basis)word;
	}
	node = yaml_get(map, "double_opt_in");
	if (node)
		(void)policy_field_bool(node, &purpose->double_opt_in, diag);
	if (purpose->double_opt_in && purpose->basis != BASIS_CONSENT)
		diag_add(diag, node->key_line, node->key_column,
			 "double_opt_in asks for a consent that basis %s does "
			 "not need; remove it, or write basis: consent",
			 basis_words[purpose->basis]);
	node = yaml_get(map, "valid");
	if (node)
		purpose->has_valid =
		    policy_field_period(node, &purpose->valid, diag);
}

void policy_parse_purposes(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	if (!policy_is_map(map, "purposes", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct purpose purpose = {.line = at->key_line,
					  .column = at->key_column};

		if (p->purposes_len == PURPOSES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many purposes; %d is the most",
				 PURPOSES_MAX);
			return;
		}
		if (!policy_key_name(at, "purpose", &purpose.name, diag))
			continue;
		parse_purpose(&purpose, at, diag);
		p->purposes[p->purposes_len++] = purpose;
	}
}

static bool field_start(const struct yaml *map, enum start *ret,
			struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "from",
			"add from: collection, process_end or "
			"relationship_end, the event the period starts at",
			diag);
	int word;

	if (!node)
		return false;
	word =
	    policy_field_word(node, start_words, COUNT_OF(start_words), diag);
	if (word < 0)
		return false;
	*ret = (enum start)word;
	return true;
}

static void parse_statutory(struct rule *rule, const struct yaml *map,
			    struct diag *diag)
{
	static const char *const keys[] = {"norm", "years", "start"};
	const struct yaml *node;
	int word = 0;

	if (!policy_is_map(map, "statutory", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node =
	    policy_need(map, "norm",
			"name the law that orders it: norm: \"HGB 257\"", diag);
	if (node && (node->type != YAML_SCALAR || yaml_null(node) ||
		     node->text[0] == '\0' ||
		     strlen(node->text) >= sizeof(rule->statutory.norm)))
		diag_add(diag, node->line, node->column,
			 "norm is no text of 1 to 64 bytes; write the law, "
			 "such as \"HGB 257\"");
	else if (node)
		memcpy(rule->statutory.norm, node->text,
		       strlen(node->text) + 1);
	node = policy_need(map, "years", "add the years the law orders", diag);
	if (node)
		(void)policy_field_int(node, 1, 100, &rule->statutory.years,
				       diag);
	node = yaml_get(map, "start");
	if (node)
		word = policy_field_word(node, year_words, COUNT_OF(year_words),
					 diag);
	rule->statutory.year_end = word == 1;
	rule->has_statutory = true;
}

static void parse_restrict(struct rule *rule, const struct yaml *map,
			   struct diag *diag)
{
	static const char *const keys[] = {"from", "after"};
	const struct yaml *node;

	if (!policy_is_map(map, "restrict", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	(void)field_start(map, &rule->restriction.from, diag);
	node = policy_need(map, "after", "add a period, such as after: P90D",
			   diag);
	if (node)
		(void)policy_field_period(node, &rule->restriction.after, diag);
	rule->has_restrict = true;
}

/* What the parts of one rule promise together. */
static void check_rule(const struct rule *rule, struct diag *diag)
{
	const char *name = rule->name.text;

	if (!rule->has_delete && !rule->has_statutory)
		diag_add(diag, rule->line, rule->column,
			 "Datenart %s is never deleted; add delete: P90D, or "
			 "statutory where a law orders to keep it",
			 name);
	if (rule->has_delete && rule->has_statutory)
		diag_add(diag, rule->line, rule->column,
			 "Datenart %s has two deletion rules; keep either "
			 "delete or statutory, and make a second Datenart for "
			 "the other",
			 name);
	if (rule->has_keep && rule->has_delete &&
	    period_days_min(&rule->keep) > period_days_max(&rule->delete_by))
		diag_add(diag, rule->line, rule->column,
			 "Datenart %s has to be kept longer than until its "
			 "deletion; make keep the shorter of the two",
			 name);
	if (rule->has_restrict && !rule->has_statutory)
		diag_add(diag, rule->line, rule->column,
			 "Datenart %s is restricted without a law to keep it; "
			 "remove restrict, or add statutory",
			 name);
}

static void parse_rule(struct rule *rule, const struct yaml *map,
		       struct diag *diag)
{
	static const char *const keys[] = {"from", "keep", "delete",
					   "statutory", "restrict"};
	const struct yaml *node;

	if (!policy_is_map(map, map->key, diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	(void)field_start(map, &rule->from, diag);
	node = yaml_get(map, "keep");
	if (node)
		rule->has_keep = policy_field_period(node, &rule->keep, diag);
	node = yaml_get(map, "delete");
	if (node) {
		(void)policy_field_period(node, &rule->delete_by, diag);
		rule->has_delete = true;
	}
	node = yaml_get(map, "statutory");
	if (node)
		parse_statutory(rule, node, diag);
	node = yaml_get(map, "restrict");
	if (node)
		parse_restrict(rule, node, diag);
	check_rule(rule, diag);
}

void policy_parse_rules(struct policy *p, const struct yaml *map,
			struct diag *diag)
{
	static const char *const always[] = {"MEDIA", "RAW"};

	p->data_line = map->key_line;
	if (!policy_is_map(map, "data", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct rule rule = {.line = at->key_line,
				    .column = at->key_column};

		if (p->rules_len == RULES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many Datenarten; %d is the most",
				 RULES_MAX);
			return;
		}
		if (!policy_key_name(at, "Datenart", &rule.name, diag))
			continue;
		parse_rule(&rule, at, diag);
		p->rules[p->rules_len++] = rule;
	}
	/* Attachments and quarantined bodies have a class of their own. */
	for (size_t i = 0; i < COUNT_OF(always); i++)
		if (!yaml_get(map, always[i]))
			diag_add(diag, map->key_line, map->key_column,
				 "data has no Datenart %s; add one, such as "
				 "%s: {from: collection, delete: P3D}",
				 always[i], always[i]);
}
