/* rules.c - Datenarten, each with its one deletion rule (DIN 66398). */
#include "model.h"

const char *const policy_start_words[POLICY_STARTS] = {
    [START_COLLECTION] = "collection",
    [START_PROCESS_END] = "process_end",
    [START_RELATIONSHIP_END] = "relationship_end",
    [START_WITHDRAWAL] = "withdrawal",
    [START_LAST_USE] = "last_use",
    [START_REQUESTED] = "requested",
    [START_COMPLETED] = "completed",
    [START_CLOSED] = "closed",
};
static const char *const year_words[] = {"date", "year_end"};

static bool field_start(const struct yaml *map, enum policy_start *ret,
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
	word = policy_field_word(node, policy_start_words, POLICY_STARTS, diag);
	if (word < 0)
		return false;
	*ret = (enum policy_start)word;
	return true;
}

/* A law by the name of the known ones brings its years along. */
static bool known_norm(struct rule *rule)
{
	const struct statutory *known = statutory_find(rule->statutory.norm);

	if (!known)
		return false;
	rule->statutory.years = known->years;
	rule->statutory.year_end = known->year_end;
	return true;
}

static void statutory_years(struct rule *rule, const struct yaml *map,
			    bool known, struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "years");
	int word = 0;

	if (!node && !known)
		(void)policy_need(map, "years", "add the years the law orders",
				  diag);
	if (node)
		(void)policy_field_int(node, 1, 100, &rule->statutory.years,
				       diag);
	node = yaml_get(map, "start");
	if (!node)
		return;
	word = policy_field_word(node, year_words, COUNT_OF(year_words), diag);
	rule->statutory.year_end = word == 1;
}

static void parse_statutory(struct rule *rule, const struct yaml *map,
			    struct diag *diag)
{
	static const char *const keys[] = {"norm", "years", "start", "after"};
	const struct yaml *node;
	const char *norm = NULL;

	if (!policy_is_map(map, "statutory", diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	node =
	    policy_need(map, "norm",
			"name the law that orders it: norm: \"HGB 257\"", diag);
	if (node && policy_field_text(node, sizeof(rule->statutory.norm) - 1,
				      &norm, diag))
		memcpy(rule->statutory.norm, norm, strlen(norm) + 1);
	statutory_years(rule, map, norm && known_norm(rule), diag);
	rule->statutory.has_after =
	    policy_opt_period(map, "after", &rule->statutory.after, diag);
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
	static const char *const keys[] = {
	    "from",	     "keep",	    "delete",	"statutory",
	    "restrict",	     "description", "subjects", "owner",
	    "justification", "method",	    "special",
	};
	static const char *const methods[] = {"erase_and_shred", "erase"};
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
	node = yaml_get(map, "method");
	if (node)
		rule->overwrite_only =
		    policy_field_word(node, methods, COUNT_OF(methods), diag) ==
		    1;
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
