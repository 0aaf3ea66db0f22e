/* fields.c - one value of policy.yaml each, with a finding when it is not
 * that. */
#include "model.h"

const struct yaml *policy_need(const struct yaml *map, const char *key,
			       const char *right, struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);

	if (!node)
		diag_add(diag, map->key ? map->key_line : map->line,
			 map->key ? map->key_column : map->column,
			 "%s has no %s; %s", map->key ? map->key : "the file",
			 key, right);
	return node;
}

static const char *type_name(const struct yaml *node)
{
	if (node->type == YAML_MAP)
		return "a map";
	if (node->type == YAML_LIST)
		return "a list";
	return yaml_null(node) ? "empty" : "a single value";
}

bool policy_is_map(const struct yaml *node, const char *what, struct diag *diag)
{
	if (node->type == YAML_MAP)
		return true;
	diag_add(diag, node->line, node->column,
		 "%s is %s; it has to be a map of keys and values", what,
		 type_name(node));
	return false;
}

bool policy_is_list(const struct yaml *node, const char *what,
		    struct diag *diag)
{
	if (node->type == YAML_LIST)
		return true;
	diag_add(diag, node->line, node->column,
		 "%s is %s; it has to be a list: one \"- ...\" per line or "
		 "[a, b]",
		 what, type_name(node));
	return false;
}

bool policy_field_name(const struct yaml *node, const char *what,
		       struct name *ret, struct diag *diag)
{
	if (node->type == YAML_SCALAR && !yaml_null(node) &&
	    name_set(ret, node->text, strlen(node->text)))
		return true;
	diag_add(diag, node->line, node->column,
		 "this is no name of a %s; names are 1 to 32 letters, digits, "
		 "_ and -, the first one a letter or digit",
		 what);
	return false;
}

bool policy_key_name(const struct yaml *node, const char *what,
		     struct name *ret, struct diag *diag)
{
	if (name_set(ret, node->key, strlen(node->key)))
		return true;
	diag_add(diag, node->key_line, node->key_column,
		 "this is no name of a %s; names are 1 to 32 letters, digits, "
		 "_ and -, the first one a letter or digit",
		 what);
	return false;
}

bool policy_field_period(const struct yaml *node, struct period *ret,
			 struct diag *diag)
{
	if (node->type == YAML_SCALAR && period_parse(node->text, ret))
		return true;
	diag_add(diag, node->line, node->column,
		 "%s is no period; periods are ISO 8601 in whole days: P90D, "
		 "P6M, P3Y, P1Y6M or P2W",
		 node->key ? node->key : "this");
	return false;
}

bool policy_field_bool(const struct yaml *node, bool *ret, struct diag *diag)
{
	if (yaml_bool(node, ret))
		return true;
	diag_add(diag, node->line, node->column,
		 "%s is neither true nor false; write one of the two, without "
		 "quotes",
		 node->key);
	return false;
}

bool policy_field_int(const struct yaml *node, int64_t min, int64_t max,
		      int64_t *ret, struct diag *diag)
{
	int64_t value;

	if (yaml_int(node, &value) && value >= min && value <= max) {
		*ret = value;
		return true;
	}
	diag_add(diag, node->line, node->column,
		 "%s is out of range; it has to be a whole number from %lld to "
		 "%lld",
		 node->key, (long long)min, (long long)max);
	return false;
}

int policy_field_word(const struct yaml *node, const char *const *words,
		      size_t words_len, struct diag *diag)
{
	char all[DIAG_TEXT_BYTES / 2] = "";
	const char *near = NULL;
	size_t used = 0;

	if (node->type == YAML_SCALAR) {
		for (size_t i = 0; i < words_len; i++)
			if (strcmp(node->text, words[i]) == 0)
				return (int)i;
		near = diag_nearest(node->text, words, words_len);
	}
	for (size_t i = 0; i < words_len && used < sizeof(all); i++) {
		int n = snprintf(all + used, sizeof(all) - used, "%s%s",
				 i > 0 ? ", " : "", words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	if (near)
		diag_add(diag, node->line, node->column,
			 "this word is not known here; did you mean %s? "
			 "Known: %s",
			 near, all);
	else
		diag_add(diag, node->line, node->column,
			 "this word is not known here; write one of: %s", all);
	return -1;
}

void policy_unknown_name(const struct yaml *node, const char *what,
			 const struct name *known, size_t known_len,
			 size_t stride, struct diag *diag)
{
	const char *words[RULES_MAX];
	const char *near;

	if (known_len > RULES_MAX)
		known_len = RULES_MAX;
	for (size_t i = 0; i < known_len; i++)
		words[i] = (const char *)known + i * stride;
	near = diag_nearest(node->text, words, known_len);
	if (near)
		diag_add(diag, node->line, node->column,
			 "%s %s does not exist here; did you mean %s?", what,
			 node->text, near);
	else
		diag_add(diag, node->line, node->column,
			 "%s %s does not exist here; add it, or name one that "
			 "this file has",
			 what, node->text);
}
