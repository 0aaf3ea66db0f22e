/* rules.c - Datenarten, each with its one deletion rule (DIN 66398). */
#include "model.h"

static bool field_start(const struct yaml *map, enum word_list list,
			enum policy_start *ret, struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "from",
			"add from: collection, process_end or "
			"relationship_end, the event the period starts at",
			diag);
	int word;

	if (!node)
		return false;
	word = policy_field_of(node, list, diag);
	if (word < 0)
		return false;
	*ret = (enum policy_start)word;
	return true;
}

static void statutory_years(struct rule *rule, const struct yaml *map,
			    struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "years", "add the years the law orders", diag);
	int word = 0;

	if (node)
		(void)policy_field_int(node, 1, 100, &rule->statutory.years,
				       diag);
	node = yaml_get(map, "start");
	if (!node)
		return;
	word = policy_field_of(node, WORDS_YEARS_START, diag);
	rule->statutory.year_end = word == 1;
}

/* A law by the name of the known ones brings its years along. */
static bool known_norm(struct rule *rule, const struct yaml *map,
		       struct diag *diag)
{
	const struct statutory *known = statutory_find(rule->statutory.norm);
	const struct yaml *node = yaml_get(map, "years");

	if (!known)
		return false;
	if (!node)
		node = yaml_get(map, "start");
	if (node)
		diag_add(diag, node->key_line, node->key_column,
			 "%s is known: %u years from %s; remove %s, or name "
			 "the law in words of your own",
			 known->name, known->years,
			 known->year_end ? "the end of the year" : "the day",
			 node->key);
	rule->statutory.years = known->years;
	rule->statutory.year_end = known->year_end;
	return true;
}

static void parse_statutory(struct rule *rule, const struct yaml *map,
			    struct diag *diag)
{
	const struct yaml *node;
	const char *norm = NULL;

	if (!policy_is_map(map, "statutory", diag))
		return;
	(void)policy_known_keys(map, KEYS_STATUTORY, diag);
	node =
	    policy_need(map, "norm",
			"name the law that orders it: norm: \"HGB 257\"", diag);
	if (node && policy_field_text(node, sizeof(rule->statutory.norm) - 1,
				      &norm, diag))
		memcpy(rule->statutory.norm, norm, strlen(norm) + 1);
	if (!norm || !known_norm(rule, map, diag))
		statutory_years(rule, map, diag);
	rule->statutory.has_after =
	    policy_opt_period(map, "after", &rule->statutory.after, diag);
	rule->has_statutory = true;
}

static void parse_restrict(struct rule *rule, const struct yaml *map,
			   struct diag *diag)
{
	const struct yaml *node;

	if (!policy_is_map(map, "restrict", diag))
		return;
	(void)policy_known_keys(map, KEYS_RESTRICT, diag);
	(void)field_start(map, WORDS_RESTRICT_FROM, &rule->restriction.from,
			  diag);
	node = policy_need(map, "after", "add a period, such as after: P90D",
			   diag);
	if (node)
		(void)policy_field_period(node, &rule->restriction.after, diag);
	rule->has_restrict = true;
}

int64_t policy_kept_days(const struct rule *rule)
{
	struct period years = {.years = (uint32_t)rule->statutory.years};

	if (!rule->has_statutory)
		return period_days_max(&rule->delete_by);
	/* From the end of a year: up to one more. */
	years.years += rule->statutory.year_end ? 1 : 0;
	return period_days_max(&years) +
	       period_days_max(&rule->statutory.after);
}

/* What the parts of one rule promise together. */
static void check_rule(const struct rule *rule, struct diag *diag)
{
	const char *name = rule->name.text;

	if (!rule->has_delete && !rule->has_statutory)
		diag_add(diag, rule->at.line, rule->at.column,
			 "Datenart %s is never deleted; add delete: P90D, or "
			 "statutory where a law orders to keep it",
			 name);
	if (rule->has_delete && rule->has_statutory)
		diag_add(diag, rule->at.line, rule->at.column,
			 "Datenart %s has two deletion rules; keep either "
			 "delete or statutory, and make a second Datenart for "
			 "the other",
			 name);
	if (rule->has_keep && rule->has_delete &&
	    period_days_min(&rule->keep) > period_days_max(&rule->delete_by))
		diag_add(diag, rule->at.line, rule->at.column,
			 "Datenart %s has to be kept longer than until its "
			 "deletion; make keep the shorter of the two",
			 name);
	if (rule->has_restrict && !rule->has_statutory)
		diag_add(diag, rule->at.line, rule->at.column,
			 "Datenart %s is restricted without a law to keep it; "
			 "remove restrict, or add statutory",
			 name);
}

static void parse_rule(struct rule *rule, const struct yaml *map,
		       struct diag *diag)
{
	const struct yaml *node;

	if (!policy_is_map(map, map->key, diag))
		return;
	(void)policy_known_keys(map, KEYS_RULE, diag);
	(void)field_start(map, WORDS_FROM, &rule->from, diag);
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
	node = yaml_get(map, "method");
	if (node)
		rule->overwrite_only =
		    policy_field_of(node, WORDS_METHOD, diag) == 1;
	policy_opt_text(map, "description", &rule->description, diag);
	policy_opt_text(map, "subjects", &rule->subjects, diag);
	policy_opt_text(map, "owner", &rule->owner, diag);
	policy_opt_text(map, "justification", &rule->justification, diag);
	policy_opt_bool(map, "special", &rule->special, diag);
	check_rule(rule, diag);
}

void policy_parse_rules(struct policy *p, const struct yaml *map,
			struct diag *diag)
{
	static const char *const always[] = {"MEDIA", "RAW"};

	p->data_at = place_of_key(map);
	if (!policy_is_map(map, "data", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct rule rule = {.at = place_of_key(at)};

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
