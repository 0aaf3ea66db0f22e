/* channels.c - what holds for the messages of a channel. */
#include "model.h"

unsigned int policy_media_bit(const char *kind)
{
	for (unsigned int i = 0; kind && i < MEDIA_WORDS; i++)
		if (strcmp(kind, policy_media_words[i]) == 0)
			return 1u << i;
	return MEDIA_DOCUMENT;
}

/* A key whose value names a purpose of this file. */
static bool named_purpose(const struct policy *p, const struct yaml *node,
			  struct name *ret, struct diag *diag)
{
	if (!policy_field_name(node, "purpose", ret, diag))
		return false;
	if (policy_find_purpose(p, ret))
		return true;
	policy_unknown_name(node, "purpose", &p->purposes[0].name,
			    p->purposes_len, sizeof(p->purposes[0]), diag);
	return false;
}

static bool named_data(const struct policy *p, const struct yaml *node,
		       struct name *ret, struct diag *diag)
{
	if (!policy_field_name(node, "Datenart", ret, diag))
		return false;
	if (policy_find_rule(p, ret))
		return true;
	policy_unknown_name(node, "Datenart", &p->rules[0].name, p->rules_len,
			    sizeof(p->rules[0]), diag);
	return false;
}

static void channel_needs(const struct policy *p, struct channel_rule *rule,
			  const struct yaml *map, struct diag *diag)
{
	const struct yaml *node =
	    policy_need(map, "purpose", "name one of purposes", diag);

	if (node && named_purpose(p, node, &rule->purpose, diag))
		rule->purpose_at = place_of(node);
	node =
	    policy_need(map, "data",
			"name the Datenart of its messages, one of data", diag);
	if (node && named_data(p, node, &rule->data, diag))
		rule->data_at = place_of(node);
}

/* --- first contact -------------------------------------------------------- */

static void parse_until(struct channel_rule *rule, const struct yaml *map,
			struct diag *diag)
{
	const struct yaml *node;
	int word;

	if (!policy_is_map(map, "until_consent", diag))
		return;
	rule->until_at = place_of_key(map);
	(void)policy_known_keys(map, KEYS_UNTIL, diag);
	node = policy_need(
	    map, "do", "write do: hold_back, forward_reduced or refuse", diag);
	word = node ? policy_field_of(node, WORDS_UNTIL, diag) : -1;
	if (word >= 0)
		rule->until = (enum policy_until)word;
	node = yaml_get(map, "for");
	if (word > UNTIL_HOLD_BACK && node)
		diag_add(diag, node->key_line, node->key_column,
			 "for is how long a message waits, and nothing waits "
			 "here; remove it, or write do: hold_back");
	if (word == UNTIL_HOLD_BACK &&
	    policy_need(map, "for",
			"say how long a message waits for the consent before "
			"it is forgotten: for: P7D",
			diag))
		(void)policy_opt_period(map, "for", &rule->until_for, diag);
}

static void first_contact(const struct policy *p, struct channel_rule *rule,
			  const struct yaml *map, struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "first_contact");
	int word;

	if (node) {
		word = policy_field_of(node, WORDS_FIRST_CONTACT, diag);
		if (word >= 0)
			rule->first_contact = (enum policy_first_contact)word;
		rule->first_at = place_of_key(node);
	}
	node = yaml_get(map, "notice");
	if (node && policy_field_says(node, &rule->notice, diag))
		policy_check_says(p, &rule->notice, diag);
	if (node && rule->first_contact == FIRST_NOTHING)
		diag_add(diag, node->key_line, node->key_column,
			 "notice is sent to nobody; add first_contact: notice, "
			 "or remove it");
	if (!node && rule->first_contact == FIRST_NOTICE)
		diag_add(diag, rule->first_at.line, rule->first_at.column,
			 "first_contact has no notice to send; add notice: and "
			 "the name of one of notices");
	if (rule->first_contact == FIRST_CONSENT)
		rule->asks = rule->purpose;
	node = yaml_get(map, "consent");
	if (node)
		(void)named_purpose(p, node, &rule->asks, diag);
	if (node && rule->first_contact != FIRST_CONSENT)
		diag_add(diag, node->key_line, node->key_column,
			 "consent is asked for by nobody; add first_contact: "
			 "consent, or remove it");
	node = yaml_get(map, "until_consent");
	if (node)
		parse_until(rule, node, diag);
	node = yaml_get(map, "start");
	if (node)
		(void)named_purpose(p, node, &rule->start, diag);
}

/* --- media ---------------------------------------------------------------- */

static unsigned int bits_of(const struct yaml *list, enum word_list words,
			    struct diag *diag)
{
	unsigned int bits = 0;

	if (!policy_is_list(list, list->key, diag))
		return 0;
	for (const struct yaml *at = list->first; at; at = at->next) {
		int word = policy_field_of(at, words, diag);

		bits |= word >= 0 ? 1u << word : 0;
	}
	return bits;
}

/* "16MiB", "200KiB": whole numbers, binary units. */
static bool field_size(const struct yaml *node, int64_t *ret, struct diag *diag)
{
	static const struct {
		const char *unit;
		int64_t bytes;
	} units[] = {{"KiB", 1024}, {"MiB", 1024 * 1024}};
	char *end = NULL;
	long long n = 0;

	if (node->type == YAML_SCALAR && node->text[0] >= '1' &&
	    node->text[0] <= '9')
		n = strtoll(node->text, &end, 10);
	for (size_t i = 0; end && i < COUNT_OF(units); i++)
		if (strcmp(end, units[i].unit) == 0 && n <= 4096) {
			*ret = n * units[i].bytes;
			return true;
		}
	diag_add(diag, node->line, node->column,
		 "%s is no size; write a whole number and its unit: 200KiB, "
		 "16MiB",
		 node->key);
	return false;
}

static void parse_media(const struct policy *p, struct channel_rule *rule,
			const struct yaml *map, struct diag *diag)
{
	const struct yaml *node;

	if (!policy_is_map(map, "media", diag))
		return;
	rule->media_at = place_of_key(map);
	(void)policy_known_keys(map, KEYS_MEDIA, diag);
	node = yaml_get(map, "data");
	if (node)
		(void)named_data(p, node, &rule->media_data, diag);
	node = yaml_get(map, "kinds");
	if (node)
		rule->media_kinds = bits_of(node, WORDS_MEDIA, diag);
	node = yaml_get(map, "max");
	if (node)
		(void)field_size(node, &rule->media_max, diag);
	node = yaml_get(map, "strip");
	if (node)
		rule->strip = bits_of(node, WORDS_STRIP, diag);
}

/* --- a customer's own deletion and edit ----------------------------------- */

static void parse_keep(const struct policy *p, struct forget_rule *rule,
		       const struct yaml *map, struct diag *diag)
{
	const struct yaml *node;
	int word = -1;

	(void)policy_known_keys(map, KEYS_ON_DELETE, diag);
	rule->what = FORGET_NOT;
	node = policy_need(map, "keep",
			   "name the legal basis, such as keep: "
			   "legal_obligation",
			   diag);
	if (node)
		word = policy_field_of(node, WORDS_KEEP, diag);
	/* What somebody took back was not given. */
	if (word == LEGAL_BASIS_CONSENT)
		diag_add(diag, node->line, node->column,
			 "consent is no basis to keep what its sender deleted; "
			 "write forget, or name another basis");
	if (word >= 0)
		rule->basis = (enum legal_basis)word;
	node = policy_need(map, "as", "name the Datenart it becomes", diag);
	if (node)
		(void)named_data(p, node, &rule->keep_as, diag);
}

static void parse_forget(const struct policy *p, const struct yaml *map,
			 const char *key, struct forget_rule *ret,
			 struct diag *diag)
{
	const struct yaml *node = yaml_get(map, key);
	int word;

	if (!node)
		return;
	ret->at = place_of_key(node);
	if (node->type == YAML_MAP) {
		parse_keep(p, ret, node, diag);
		return;
	}
	word = policy_field_of(node, WORDS_ON_DELETE, diag);
	if (word >= 0)
		ret->what = (enum policy_forget)word;
}

/* -------------------------------------------------------------------------- */

static void parse_channel(struct policy *p, struct channel_rule *rule,
			  const struct yaml *map, struct diag *diag)
{
	const struct name media = {"MEDIA"};
	const struct yaml *node;

	(void)policy_known_keys(map, KEYS_CHANNEL, diag);
	rule->media_data = media;
	rule->media_kinds = MEDIA_EVERY;
	channel_needs(p, rule, map, diag);
	first_contact(p, rule, map, diag);
	node = yaml_get(map, "media");
	if (node)
		parse_media(p, rule, node, diag);
	node = yaml_get(map, "hours");
	if (node) {
		policy_parse_hours(node, &rule->hours, diag);
		policy_check_says(p, &rule->hours.outside, diag);
	}
	parse_forget(p, map, "on_delete", &rule->on_delete, diag);
	parse_forget(p, map, "on_edit", &rule->on_edit, diag);
	node = yaml_get(map, "tag");
	if (node)
		policy_parse_tags(p, rule, node, diag);
}

void policy_parse_channels(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	if (!policy_is_map(map, "channels", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct channel_rule *rule = &p->channels[p->channels_len];

		if (p->channels_len == CHANNELS_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many channels; %d is the most",
				 CHANNELS_MAX);
			return;
		}
		*rule = (struct channel_rule){.at = place_of_key(at)};
		if (!policy_key_name(at, "channel", &rule->name, diag) ||
		    !policy_is_map(at, at->key, diag))
			continue;
		parse_channel(p, rule, at, diag);
		p->channels_len++;
	}
}
