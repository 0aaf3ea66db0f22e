/* words.c - words that classify a message: tags, Art. 9, keywords. */
#include "model.h"

#define WORD_MAX 100

const char *policy_normalised(struct policy *p, const struct yaml *node,
			      struct diag *diag)
{
	const char *text = NULL;
	size_t len;
	char *at;

	if (!policy_field_text(node, WORD_MAX, &text, diag))
		return NULL;
	len = strlen(text);
	/* Room for all words of a file was made at the start. */
	if (!p->owned || p->owned_size - p->owned_len < len + 1) {
		diag_add(diag, node->line, node->column,
			 "too many words in this file; %d is the most",
			 WORDS_MAX);
		return NULL;
	}
	at = p->owned + p->owned_len;
	if (keyword_normalise(text, len, at) == 0) {
		diag_add(diag, node->line, node->column,
			 "nothing is left of this word without its marks; "
			 "write letters or digits");
		return NULL;
	}
	p->owned_len += len + 1;
	return at;
}

static bool names_meet(const struct name *a, const struct name *b)
{
	return a->text[0] == '\0' || b->text[0] == '\0' || name_equal(a, b);
}

/* Two words lead to one message as soon as it has both. */
static void check_rank(const struct policy *p, const struct word_rule *like,
		       struct diag *diag)
{
	const struct rule *rule = policy_find_rule(p, &like->data);
	size_t told = 0;

	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *other = &p->words[i];

		if (other->special != like->special ||
		    !names_meet(&other->channel, &like->channel) ||
		    name_equal(&other->data, &like->data) ||
		    other->data_at.line * 10000 + other->data_at.column == told)
			continue;
		told = other->data_at.line * 10000 + other->data_at.column;
		if (policy_kept_days(rule) !=
		    policy_kept_days(policy_find_rule(p, &other->data)))
			continue;
		diag_add(diag, like->data_at.line, like->data_at.column,
			 "a message with words of this entry and of the one at "
			 "%zu:%zu is %s as well as %s, kept equally long; name "
			 "one Datenart in both",
			 other->data_at.line, other->data_at.column,
			 like->data.text, other->data.text);
	}
}

static void check_word_once(const struct policy *p,
			    const struct word_rule *word, struct diag *diag)
{
	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *other = &p->words[i];

		if (strcmp(other->text, word->text) != 0 ||
		    !names_meet(&other->channel, &word->channel))
			continue;
		if (name_equal(&other->data, &word->data))
			diag_add(diag, word->at.line, word->at.column,
				 "this word meets the same messages as the one "
				 "at %zu:%zu; keep one of the two",
				 other->at.line, other->at.column);
		else
			diag_add(diag, word->at.line, word->at.column,
				 "this word sends the same message to Datenart "
				 "%s that the one at %zu:%zu sends to %s; keep "
				 "one of the two",
				 word->data.text, other->at.line,
				 other->at.column, other->data.text);
	}
}

static void add_word(struct policy *p, const struct yaml *node,
		     const struct word_rule *like, struct diag *diag)
{
	struct word_rule word = *like;

	word.at = place_of(node);
	word.text = policy_normalised(p, node, diag);
	if (!word.text)
		return;
	if (p->words_len == WORDS_MAX) {
		diag_add(diag, node->line, node->column,
			 "too many words in this file; %d is the most",
			 WORDS_MAX);
		return;
	}
	check_word_once(p, &word, diag);
	p->words[p->words_len++] = word;
}

/* {words: [...], data: NAME} */
static void parse_entry(struct policy *p, const struct yaml *map,
			enum key_list keys, struct word_rule *like,
			struct diag *diag)
{
	const struct yaml *node;

	if (!policy_is_map(map, "an entry", diag))
		return;
	(void)policy_known_keys(map, keys, diag);
	node = policy_need(map, "data", "name the Datenart it gets", diag);
	if (!node || !policy_field_name(node, "Datenart", &like->data, diag))
		return;
	if (!policy_find_rule(p, &like->data)) {
		policy_unknown_name(node, "Datenart", &p->rules[0].name,
				    p->rules_len, sizeof(p->rules[0]), diag);
		return;
	}
	like->data_at = place_of(node);
	check_rank(p, like, diag);
	node = policy_need(map, "words", "write words: [Rechnung]", diag);
	if (!node || !policy_is_list(node, "words", diag))
		return;
	if (!node->first)
		diag_add(diag, node->line, node->column,
			 "words is empty, so this entry meets nothing; write "
			 "words: [Rechnung]");
	for (const struct yaml *at = node->first; at; at = at->next)
		add_word(p, at, like, diag);
}

void policy_parse_tags(struct policy *p, const struct channel_rule *channel,
		       const struct yaml *list, struct diag *diag)
{
	if (!policy_is_list(list, "tag", diag))
		return;
	for (const struct yaml *at = list->first; at; at = at->next) {
		struct word_rule like = {.channel = channel->name};

		parse_entry(p, at, KEYS_TAG, &like, diag);
	}
}

void policy_parse_special(struct policy *p, const struct yaml *list,
			  struct diag *diag)
{
	if (!policy_is_list(list, "special", diag))
		return;
	for (const struct yaml *at = list->first; at; at = at->next) {
		struct word_rule like = {.special = true};

		parse_entry(p, at, KEYS_SPECIAL, &like, diag);
	}
}

/* --- keywords ------------------------------------------------------------- */

/* In the order of KEYS_KEYWORDS. */
static const enum keyword_class classes[] = {
    KEYWORD_STOP,   KEYWORD_START,  KEYWORD_HELP,    KEYWORD_ERASE,
    KEYWORD_ACCESS, KEYWORD_REVIEW, KEYWORD_CONFIRM,
};

static void check_keyword(const struct policy *p,
			  const struct keyword_rule *rule, struct diag *diag)
{
	enum keyword_class builtin =
	    keyword_classify(rule->word.text, strlen(rule->word.text), NULL, 0);

	if (keyword_confirms(rule->word.text, strlen(rule->word.text), NULL, 0))
		builtin = KEYWORD_CONFIRM;
	if (builtin != KEYWORD_NONE && builtin != KEYWORD_REVIEW &&
	    builtin != rule->word.class)
		diag_add(diag, rule->at.line, rule->at.column,
			 "this word is %s already; what is built in cannot be "
			 "taken away, choose another",
			 keyword_class_name(builtin));
	for (size_t i = 0; i < p->keywords_len; i++) {
		const struct keyword_rule *other = &p->keywords[i];

		if (other->word.class != rule->word.class &&
		    strcmp(other->word.text, rule->word.text) == 0)
			diag_add(diag, rule->at.line, rule->at.column,
				 "this word is %s at %zu:%zu already; keep one "
				 "of the two",
				 keyword_class_name(other->word.class),
				 other->at.line, other->at.column);
	}
}

static void add_keyword(struct policy *p, const struct yaml *node,
			enum keyword_class class, struct diag *diag)
{
	struct keyword_rule rule = {.word.class = class, .at = place_of(node)};

	rule.word.text = policy_normalised(p, node, diag);
	if (!rule.word.text || p->keywords_len == WORDS_MAX)
		return;
	check_keyword(p, &rule, diag);
	p->keyword_words[p->keywords_len] = rule.word;
	p->keywords[p->keywords_len++] = rule;
}

void policy_parse_keywords(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	if (!policy_is_map(map, "keywords", diag))
		return;
	(void)policy_known_keys(map, KEYS_KEYWORDS, diag);
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		const struct yaml *list =
		    yaml_get(map, policy_keys[KEYS_KEYWORDS].words[i]);

		if (!list || !policy_is_list(list, list->key, diag))
			continue;
		for (const struct yaml *at = list->first; at; at = at->next)
			add_keyword(p, at, classes[i], diag);
	}
}

const struct keyword_word *policy_keywords(const struct policy *p,
					   size_t *ret_len)
{
	*ret_len = p->keywords_len;
	return p->keyword_words;
}
