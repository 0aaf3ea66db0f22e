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
	for (size_t i = 0; i < words_len; i++) {
		bool fits = used + strlen(words[i]) + 8 < sizeof(all);
		int n = snprintf(all + used, sizeof(all) - used, "%s%s",
				 i > 0 ? ", " : "", fits ? words[i] : "...");

		used += n > 0 ? (size_t)n : 0;
		if (!fits)
			break;
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

bool policy_field_text(const struct yaml *node, size_t max, const char **ret,
		       struct diag *diag)
{
	if (node->type == YAML_SCALAR && !yaml_null(node) &&
	    node->text[0] != '\0' && strlen(node->text) <= max) {
		*ret = node->text;
		return true;
	}
	diag_add(diag, node->line, node->column,
		 "%s is no text of 1 to %zu bytes; write it in quotes",
		 node->key ? node->key : "this", max);
	return false;
}

static bool is_language(const char *text)
{
	return text[0] >= 'a' && text[0] <= 'z' && text[1] >= 'a' &&
	       text[1] <= 'z' && text[2] == '\0';
}

bool policy_field_language(const struct yaml *node, struct diag *diag)
{
	if (node->type == YAML_SCALAR && strlen(node->text) == 2 &&
	    is_language(node->text))
		return true;
	diag_add(diag, node->line, node->column,
		 "this is no language; write two small letters: de, en");
	return false;
}

static bool say_add(const struct yaml *node, const char *language,
		    struct says *ret, struct diag *diag)
{
	struct name notice;

	if (!policy_field_name(node, "notice", &notice, diag))
		return false;
	ret->of[ret->len].notice = notice;
	ret->of[ret->len].at = place_of(node);
	memcpy(ret->of[ret->len].language, language, strlen(language) + 1);
	ret->len++;
	return true;
}

bool policy_field_says(const struct yaml *node, struct says *ret,
		       struct diag *diag)
{
	bool ok = true;

	if (node->type == YAML_SCALAR)
		return say_add(node, "", ret, diag);
	if (!policy_is_map(node, node->key, diag))
		return false;
	for (const struct yaml *at = node->first; at; at = at->next) {
		if (!is_language(at->key)) {
			diag_add(diag, at->key_line, at->key_column,
				 "this is no language; write two small "
				 "letters: de, en");
			ok = false;
		} else if (ret->len == LANGUAGES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many languages; %d is the most",
				 LANGUAGES_MAX);
			return false;
		} else {
			ok = say_add(at, at->key, ret, diag) && ok;
		}
	}
	return ok;
}

bool policy_field_names(const struct yaml *node, const char *what,
			struct name ret[OWN_MAX], size_t *ret_len,
			struct diag *diag)
{
	bool ok = true;

	if (!policy_is_list(node, node->key, diag))
		return false;
	for (const struct yaml *at = node->first; at; at = at->next) {
		if (*ret_len == OWN_MAX) {
			diag_add(diag, at->line, at->column,
				 "too many entries; %d is the most", OWN_MAX);
			return false;
		}
		if (policy_field_name(at, what, &ret[*ret_len], diag))
			(*ret_len)++;
		else
			ok = false;
	}
	return ok;
}

void policy_opt_bool(const struct yaml *map, const char *key, bool *ret,
		     struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);

	if (node)
		(void)policy_field_bool(node, ret, diag);
}

void policy_opt_text(const struct yaml *map, const char *key, const char **ret,
		     struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);

	if (node)
		(void)policy_field_text(node, TEXT_MAX, ret, diag);
}

bool policy_opt_period(const struct yaml *map, const char *key,
		       struct period *ret, struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);

	return node && policy_field_period(node, ret, diag);
}

void policy_check_says(const struct policy *p, const struct says *says,
		       struct diag *diag)
{
	for (size_t i = 0; i < says->len; i++) {
		const struct yaml at = {.text = says->of[i].notice.text,
					.line = says->of[i].at.line,
					.column = says->of[i].at.column};

		const struct notice *notice =
		    policy_find_notice(p, &says->of[i].notice);
		const char *language = says->of[i].language;

		if (!notice)
			policy_unknown_name(
			    &at, "notice", &p->notices[0].n.name,
			    p->notices_len, sizeof(p->notices[0]), diag);
		else if (language[0] != '\0' && notice->n.language[0] != '\0' &&
			 strcmp(language, notice->n.language) != 0)
			diag_add(diag, at.line, at.column,
				 "notice %s is used for %s and says at %zu:%zu "
				 "that it is %s; correct one of the two",
				 at.text, language, notice->language_at.line,
				 notice->language_at.column,
				 notice->n.language);
	}
}
