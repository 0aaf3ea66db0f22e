/* redact_rules.c - what is taken out of texts, and shapes of one's own. */
#include "model.h"

#define SHAPE_MIN 3
#define SHAPE_MAX 64

const char *const policy_find_words[FINDS] = {
    [FIND_IBAN] = "iban",     [FIND_CARD] = "card",
    [FIND_EMAIL] = "email",   [FIND_PHONE] = "phone",
    [FIND_TAX_ID] = "tax_id", [FIND_SOCIAL_INSURANCE] = "social_insurance",
};

const char *policy_find_name(enum policy_find find)
{
	return policy_find_words[find];
}

/* --- patterns ------------------------------------------------------------- */

/* A shape of wildcards alone would take out any number or word. */
static bool shape_is_bounded(const char *shape)
{
	size_t len = strlen(shape), wild = 0;

	if (len < SHAPE_MIN || len > SHAPE_MAX)
		return false;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)shape[i] < ' ' ||
		    (unsigned char)shape[i] > '~')
			return false;
		wild += shape[i] == '@' || shape[i] == '?';
	}
	return wild < len;
}

static bool is_builtin(const struct name *name)
{
	for (size_t i = 0; i < FIND_PATTERN; i++)
		if (strcmp(name->text, policy_find_words[i]) == 0)
			return true;
	return false;
}

void policy_parse_patterns(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	if (!policy_is_map(map, "patterns", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct pattern *pattern = &p->patterns[p->patterns_len];

		if (p->patterns_len == PATTERNS_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many patterns; %d is the most",
				 PATTERNS_MAX);
			return;
		}
		*pattern = (struct pattern){.at = place_of_key(at)};
		if (!policy_key_name(at, "pattern", &pattern->name, diag))
			continue;
		if (is_builtin(&pattern->name))
			diag_add(diag, at->key_line, at->key_column,
				 "%s is built in, with its check digits; give "
				 "your pattern another name",
				 at->key);
		if (at->type != YAML_SCALAR || !shape_is_bounded(at->text))
			diag_add(diag, at->line, at->column,
				 "this is no shape of %d to %d characters; # "
				 "stands for a digit, @ for a letter, ? for "
				 "either, the rest for itself: \"KD-######\"",
				 SHAPE_MIN, SHAPE_MAX);
		pattern->shape = at->type == YAML_SCALAR ? at->text : "";
		p->patterns_len++;
	}
}

/* --- redact --------------------------------------------------------------- */

static bool pattern_find(const struct policy *p, const char *text, size_t *ret)
{
	for (size_t i = 0; i < p->patterns_len; i++)
		if (strcmp(p->patterns[i].name.text, text) == 0) {
			*ret = i;
			return true;
		}
	return false;
}

bool policy_field_find(const struct policy *p, const struct yaml *node,
		       enum policy_find *ret, size_t *ret_pattern,
		       struct diag *diag)
{
	const char *words[FIND_PATTERN + PATTERNS_MAX];
	int word;

	if (node->type == YAML_SCALAR &&
	    pattern_find(p, node->text, ret_pattern)) {
		*ret = FIND_PATTERN;
		return true;
	}
	memcpy(words, policy_find_words, FIND_PATTERN * sizeof(words[0]));
	for (size_t i = 0; i < p->patterns_len; i++)
		words[FIND_PATTERN + i] = p->patterns[i].name.text;
	word = policy_field_word(node, words, FIND_PATTERN + p->patterns_len,
				 diag);
	if (word >= 0)
		*ret = (enum policy_find)word;
	return word >= 0;
}

static void parse_before(struct finder *finder, const struct yaml *map,
			 struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "before", "write before: [forward]", diag);

	if (!node || !policy_is_list(node, "before", diag))
		return;
	if (!node->first)
		diag_add(diag, node->line, node->column,
			 "before is empty, so nothing is redacted; write "
			 "before: [forward]");
	for (const struct yaml *at = node->first; at; at = at->next) {
		int word = policy_field_of(at, WORDS_BEFORE, diag);

		finder->before_store |= word == 0;
		finder->before_forward |= word == 1;
	}
}

static bool share_channel(const struct finder *a, const struct finder *b)
{
	if (a->channels_len == 0 || b->channels_len == 0)
		return true;
	for (size_t i = 0; i < a->channels_len; i++)
		for (size_t k = 0; k < b->channels_len; k++)
			if (name_equal(&a->channels[i], &b->channels[k]))
				return true;
	return false;
}

/* Two patterns of one shape are one thing under two names. */
static bool same_thing(const struct policy *p, const struct finder *a,
		       const struct finder *b)
{
	if (a->find != b->find || a->find == FINDS)
		return false;
	return a->find != FIND_PATTERN ||
	       strcmp(p->patterns[a->pattern].shape,
		      p->patterns[b->pattern].shape) == 0;
}

static void check_once(const struct policy *p, const struct finder *finder,
		       struct diag *diag)
{
	for (size_t i = 0; i < p->finders_len; i++) {
		const struct finder *other = &p->finders[i];

		if (!same_thing(p, other, finder) ||
		    !share_channel(other, finder))
			continue;
		diag_add(diag, finder->at.line, finder->at.column,
			 "this entry of redact meets the same as the one at "
			 "%zu:%zu; keep one of the two, or give them different "
			 "channels",
			 other->at.line, other->at.column);
	}
}

static void parse_entry(struct policy *p, const struct yaml *map,
			struct diag *diag)
{
	struct finder *finder = &p->finders[p->finders_len];
	const struct yaml *node;

	if (!policy_is_map(map, "an entry of redact", diag))
		return;
	*finder = (struct finder){.at = place_of(map), .find = FINDS};
	(void)policy_known_keys(map, KEYS_REDACT, diag);
	node =
	    policy_need(map, "find", "name what to look for: find: iban", diag);
	if (node)
		(void)policy_field_find(p, node, &finder->find,
					&finder->pattern, diag);
	parse_before(finder, map, diag);
	node = yaml_get(map, "channels");
	if (node)
		(void)policy_field_names(node, "channel", finder->channels,
					 &finder->channels_len, diag);
	if (node && node->type == YAML_LIST && !node->first)
		diag_add(diag, node->line, node->column,
			 "channels is empty, so nothing is redacted; name "
			 "channels, or remove it: then it holds for all");
	check_once(p, finder, diag);
	p->finders_len++;
}

void policy_parse_redact(struct policy *p, const struct yaml *list,
			 struct diag *diag)
{
	if (!policy_is_list(list, "redact", diag))
		return;
	if (list->children > REDACT_MAX) {
		diag_add(diag, list->line, list->column,
			 "too many entries in redact; %d is the most",
			 REDACT_MAX);
		return;
	}
	for (const struct yaml *at = list->first; at; at = at->next)
		parse_entry(p, at, diag);
}

const char *policy_finder_name(const struct policy *p, size_t i)
{
	const struct finder *f = &p->finders[i];

	return f->find == FIND_PATTERN ? p->patterns[f->pattern].name.text
				       : policy_find_words[f->find];
}

size_t policy_finders(const struct policy *p, const struct name *channel,
		      enum redact_moment moment, struct policy_finder *ret,
		      size_t max)
{
	struct finder here;
	size_t len = 0;

	if (p->finders_len == 0)
		return 0;
	here = (struct finder){.channels = {*channel}, .channels_len = 1};
	for (size_t i = 0; i < p->finders_len && len < max; i++) {
		const struct finder *f = &p->finders[i];
		bool own = f->find == FIND_PATTERN;

		if (!(moment == BEFORE_STORE ? f->before_store
					     : f->before_forward) ||
		    !share_channel(f, &here))
			continue;
		ret[len++] = (struct policy_finder){
		    .find = f->find,
		    .name = policy_finder_name(p, i),
		    .shape = own ? p->patterns[f->pattern].shape : NULL,
		    .line = f->at.line,
		};
	}
	return len;
}
