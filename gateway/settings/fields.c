/* fields.c - one value of postern.yaml each, with a finding when it is not
 * that. */
#include "settings/parse.h"
#include "settings/syntax.h"

const struct yaml *conf_need(struct parse *in, const struct yaml *map,
			     const char *key, const char *right)
{
	const struct yaml *node = yaml_get(map, key);

	if (!node)
		diag_add(in->diag, map->key ? map->key_line : map->line,
			 map->key ? map->key_column : map->column,
			 "%s has no %s; %s", map->key ? map->key : "this", key,
			 right);
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

bool conf_is_map(struct parse *in, const struct yaml *node, const char *what)
{
	if (node->type == YAML_MAP)
		return true;
	diag_add(in->diag, node->line, node->column,
		 "%s is %s; it has to be a map of keys and values", what,
		 type_name(node));
	return false;
}

bool conf_is_list(struct parse *in, const struct yaml *node, const char *what)
{
	if (node->type == YAML_LIST)
		return true;
	diag_add(in->diag, node->line, node->column,
		 "%s is %s; it has to be a list: one \"- ...\" per line or "
		 "[a, b]",
		 what, type_name(node));
	return false;
}

const char *conf_text(struct parse *in, const struct yaml *node,
		      const char *what, size_t len_min, size_t len_max)
{
	size_t len;

	if (node->type != YAML_SCALAR || yaml_null(node)) {
		diag_add(in->diag, node->line, node->column,
			 "%s is %s; it has to be a text", what,
			 type_name(node));
		return NULL;
	}
	len = strlen(node->text);
	if (len < len_min || len > len_max) {
		diag_add(in->diag, node->line, node->column,
			 "%s has %zu bytes; it has to have %zu to %zu", what,
			 len, len_min, len_max);
		return NULL;
	}
	if (!syntax_plain(node->text)) {
		diag_add(in->diag, node->line, node->column,
			 "%s has a line break or control character in it; "
			 "write it as one plain line",
			 what);
		return NULL;
	}
	return node->text;
}

bool conf_text_into(struct parse *in, const struct yaml *node, const char *what,
		    size_t len_min, char *ret, size_t ret_size)
{
	const char *text = conf_text(in, node, what, len_min, ret_size - 1);

	if (!text)
		return false;
	memcpy(ret, text, strlen(text) + 1);
	return true;
}

static bool name_finding(struct parse *in, size_t line, size_t column,
			 const char *what)
{
	diag_add(in->diag, line, column,
		 "this is no name of a %s; names are 1 to 32 letters, digits, "
		 "_ and -, the first one a letter or digit",
		 what);
	return false;
}

bool conf_name(struct parse *in, const struct yaml *node, const char *what,
	       struct name *ret)
{
	if (node->type == YAML_SCALAR && !yaml_null(node) &&
	    name_set(ret, node->text, strlen(node->text)))
		return true;
	return name_finding(in, node->line, node->column, what);
}

bool conf_key_name(struct parse *in, const struct yaml *node, const char *what,
		   struct name *ret)
{
	if (name_set(ret, node->key, strlen(node->key)))
		return true;
	return name_finding(in, node->key_line, node->key_column, what);
}

void conf_unknown(struct parse *in, const struct yaml *node, const char *what,
		  const char *const *words, size_t words_len)
{
	char all[DIAG_TEXT_BYTES / 2] = "";
	const char *near = NULL;
	size_t used = 0;

	if (node->type == YAML_SCALAR)
		near = diag_nearest(node->text, words, words_len);
	for (size_t i = 0; i < words_len && used < sizeof(all); i++) {
		int n = snprintf(all + used, sizeof(all) - used, "%s%s",
				 i > 0 ? ", " : "", words[i]);

		used += n > 0 ? (size_t)n : 0;
	}
	if (words_len == 0)
		diag_add(in->diag, node->line, node->column,
			 "%s is not known here, and none is set up; add it",
			 what);
	else if (near)
		diag_add(in->diag, node->line, node->column,
			 "%s is not known here; did you mean %s? Known: %s",
			 what, near, all);
	else
		diag_add(in->diag, node->line, node->column,
			 "%s is not known here; write one of: %s", what, all);
}

void conf_number_into(struct parse *in, const struct yaml *map,
		      const struct conf_number *n, int64_t *ret)
{
	const struct yaml *node = yaml_get(map, n->key);
	int64_t value;

	if (!node)
		return;
	if (yaml_int(node, &value) && value >= n->min && value <= n->max)
		*ret = value;
	else
		diag_add(in->diag, node->line, node->column,
			 "%s is out of range; it has to be a whole number from "
			 "%lld to %lld (%s)",
			 n->key, (long long)n->min, (long long)n->max, n->unit);
}

bool conf_word_into(struct parse *in, const struct yaml *node,
		    const char *const *words, size_t words_len, char *ret,
		    size_t ret_size)
{
	if (node->type == YAML_SCALAR) {
		for (size_t i = 0; i < words_len; i++) {
			size_t size = strlen(words[i]) + 1;

			if (size <= ret_size &&
			    strcmp(node->text, words[i]) == 0) {
				memcpy(ret, words[i], size);
				return true;
			}
		}
	}
	conf_unknown(in, node, node->key, words, words_len);
	return false;
}
