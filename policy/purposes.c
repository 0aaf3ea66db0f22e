/* purposes.c - what messages are handled for, on which basis, and how consent
 * to it is asked for. */
#include "model.h"

#define PENDING_DAYS 7 /* compliance 4.3 */

static void parse_basis(struct purpose *purpose, const struct yaml *map,
			struct diag *diag)
{
	const struct yaml *node = policy_need(
	    map, "basis", "add the legal basis, such as basis: contract", diag);
	int word;

	if (!node)
		return;
	word = policy_field_of(node, WORDS_BASIS, diag);
	if (word == LEGAL_BASES)
		word = LEGAL_BASIS_VITAL_INTEREST;
	if (word >= 0)
		purpose->basis = (enum legal_basis)word;
	purpose->marketing = purpose->basis == LEGAL_BASIS_CONSENT;
	policy_opt_bool(map, "marketing", &purpose->marketing, diag);
	policy_opt_text(map, "interest", &purpose->interest, diag);
	/* Source: Art. 13(1)(d) GDPR. */
	if (word == LEGAL_BASIS_LEGITIMATE_INTEREST && !purpose->interest)
		diag_add(diag, map->key_line, map->key_column,
			 "%s has no interest; name the legitimate interest in "
			 "words, people have to be told: interest: \"...\"",
			 map->key);
	node = yaml_get(map, "special");
	if (node) {
		word = policy_field_of(node, WORDS_SPECIAL, diag);
		purpose->special =
		    word >= 0 ? policy_words[WORDS_SPECIAL].words[word] : NULL;
	}
}

/* The part that a channel may have its own of. */
static void parse_asking(struct asking *asking, const struct yaml *map,
			 struct diag *diag)
{
	const struct yaml *node;

	policy_opt_bool(map, "double_opt_in", &asking->double_opt_in, diag);
	if (policy_opt_period(map, "valid", &asking->valid, diag))
		asking->has_valid = true;
	node = yaml_get(map, "ask");
	if (node) {
		asking->ask.len = 0;
		(void)policy_field_says(node, &asking->ask, diag);
	}
	node = yaml_get(map, "confirmed");
	if (node) {
		asking->confirmed.len = 0;
		(void)policy_field_says(node, &asking->confirmed, diag);
	}
}

static void parse_by_channel(struct purpose *purpose, const struct yaml *map,
			     struct diag *diag)
{
	if (!map || !policy_is_map(map, "channels", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		size_t i = purpose->by_channel_len;

		if (i == OWN_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many channels of one purpose; %d is the "
				 "most",
				 OWN_MAX);
			return;
		}
		if (!policy_key_name(at, "channel",
				     &purpose->by_channel[i].channel, diag) ||
		    !policy_is_map(at, at->key, diag))
			continue;
		(void)policy_known_keys(at, KEYS_PURPOSE_CHANNEL, diag);
		purpose->by_channel[i].at = place_of_key(at);
		purpose->by_channel[i].asking = purpose->asking;
		parse_asking(&purpose->by_channel[i].asking, at, diag);
		purpose->by_channel_len++;
	}
}

static void parse_pending(struct purpose *purpose, const struct yaml *map,
			  struct diag *diag)
{
	const struct yaml *node;

	purpose->pending = (struct period){.days = PENDING_DAYS};
	if (policy_opt_period(map, "pending", &purpose->pending, diag) &&
	    period_days_max(&purpose->pending) > PENDING_DAYS)
		diag_add(diag, yaml_get(map, "pending")->line,
			 yaml_get(map, "pending")->column,
			 "pending is longer than a question may wait; P%dD is "
			 "the most",
			 PENDING_DAYS);
	if (policy_opt_period(map, "reminder", &purpose->reminder, diag)) {
		purpose->has_reminder = true;
		if (period_days_max(&purpose->reminder) >=
		    period_days_min(&purpose->pending))
			diag_add(diag, yaml_get(map, "reminder")->line,
				 yaml_get(map, "reminder")->column,
				 "reminder comes when the question has ended; "
				 "make it shorter than pending");
	}
	node = yaml_get(map, "minors");
	if (node)
		purpose->minors_refused =
		    policy_field_of(node, WORDS_MINORS, diag) == 1;
}

/* Settings of a consent where nobody asks for one are a misunderstanding. */
static void check_consent_keys(const struct purpose *purpose,
			       const struct yaml *map, struct diag *diag)
{
	static const char *const keys[] = {
	    "double_opt_in", "valid",	"ask",	  "confirmed",
	    "reminder",	     "pending", "minors", "channels"};

	if (purpose->basis == LEGAL_BASIS_CONSENT)
		return;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct yaml *node = yaml_get(map, keys[i]);
		bool value = true;

		if (!node || (yaml_bool(node, &value) && !value))
			continue;
		diag_add(diag, node->key_line, node->key_column,
			 "%s is about a consent, and basis %s needs none; "
			 "remove it, or write basis: consent",
			 keys[i], legal_basis_names[purpose->basis]);
	}
}

/* A term of the Data Privacy Vocabulary: letters, the first one large. */
static void parse_dpv(struct purpose *purpose, const struct yaml *map,
		      struct diag *diag)
{
	const struct yaml *node = yaml_get(map, "dpv");
	bool term;

	policy_opt_text(map, "dpv", &purpose->dpv, diag);
	if (!purpose->dpv)
		return;
	term = purpose->dpv[0] >= 'A' && purpose->dpv[0] <= 'Z';
	for (const char *c = purpose->dpv; *c != '\0'; c++)
		term &= (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z');
	if (!term)
		diag_add(diag, node->line, node->column,
			 "dpv is no purpose of the Data Privacy Vocabulary; "
			 "write its name alone, such as DirectMarketing");
}

static void parse_purpose(struct purpose *purpose, const struct yaml *map,
			  struct diag *diag)
{
	if (!policy_is_map(map, map->key, diag))
		return;
	(void)policy_known_keys(map, KEYS_PURPOSE, diag);
	parse_basis(purpose, map, diag);
	parse_asking(&purpose->asking, map, diag);
	parse_pending(purpose, map, diag);
	parse_dpv(purpose, map, diag);
	parse_by_channel(purpose, yaml_get(map, "channels"), diag);
	check_consent_keys(purpose, map, diag);
}

void policy_parse_purposes(struct policy *p, const struct yaml *map,
			   struct diag *diag)
{
	if (!policy_is_map(map, "purposes", diag))
		return;
	for (const struct yaml *at = map->first; at; at = at->next) {
		struct purpose *purpose = &p->purposes[p->purposes_len];

		if (p->purposes_len == PURPOSES_MAX) {
			diag_add(diag, at->key_line, at->key_column,
				 "too many purposes; %d is the most",
				 PURPOSES_MAX);
			return;
		}
		*purpose = (struct purpose){.at = place_of_key(at)};
		if (!policy_key_name(at, "purpose", &purpose->name, diag))
			continue;
		parse_purpose(purpose, at, diag);
		p->purposes_len++;
	}
}
