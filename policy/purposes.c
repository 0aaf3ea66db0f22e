/* purposes.c - what messages are handled for, on which basis, and how consent
 * to it is asked for. */
#include "model.h"

#define PENDING_DAYS 7 /* compliance 4.3 */

/* "vital_interests" was the word of the first version. */
static const char *const basis_words[] = {
    "consent",	       "contract",    "legal_obligation",
    "vital_interest",  "public_task", "legitimate_interest",
    "vital_interests",
};
/* Art. 9(2) GDPR. */
static const char *const special_words[] = {
    "explicit_consent", "employment",	"vital_interest",  "association",
    "made_public",	"legal_claims", "public_interest", "health_care",
    "public_health",	"research",
};

static void parse_basis(struct purpose *purpose, const struct yaml *map,
			struct diag *diag)
{
	const struct yaml *node = policy_need(
	    map, "basis", "add the legal basis, such as basis: contract", diag);
	int word;

	if (!node)
		return;
	word =
	    policy_field_word(node, basis_words, COUNT_OF(basis_words), diag);
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
		word = policy_field_word(node, special_words,
					 COUNT_OF(special_words), diag);
		purpose->special = word >= 0 ? special_words[word] : NULL;
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
	static const char *const keys[] = {"double_opt_in", "valid", "ask",
					   "confirmed"};

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
		yaml_unknown_keys(at, keys, COUNT_OF(keys), diag);
		purpose->by_channel[i].at = place_of_key(at);
		purpose->by_channel[i].asking = purpose->asking;
		parse_asking(&purpose->by_channel[i].asking, at, diag);
		purpose->by_channel_len++;
	}
}

static void parse_pending(struct purpose *purpose, const struct yaml *map,
			  struct diag *diag)
{
	static const char *const minors_words[] = {"guardian", "refuse"};
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
		    policy_field_word(node, minors_words,
				      COUNT_OF(minors_words), diag) == 1;
}

/* Settings of a consent where nobody asks for one are a misunderstanding. */
static void check_consent_keys(const struct purpose *purpose,
			       const struct yaml *map, struct diag *diag)
{
	static const char *const keys[] = {
	    "double_opt_in", "ask",    "confirmed", "reminder",
	    "pending",	     "minors", "channels"};

	if (purpose->basis == LEGAL_BASIS_CONSENT)
		return;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		const struct yaml *node = yaml_get(map, keys[i]);
		bool value = true;

		if (!node || (yaml_bool(node, &value) && !value))
			continue;
		diag_add(diag, node->key_line, node->key_column,
			 "%s asks for a consent that basis %s does not need; "
			 "remove it, or write basis: consent",
			 keys[i], basis_words[purpose->basis]);
	}
}

static void parse_purpose(struct purpose *purpose, const struct yaml *map,
			  struct diag *diag)
{
	static const char *const keys[] = {
	    "basis",  "special", "marketing", "interest", "double_opt_in",
	    "valid",  "ask",	 "confirmed", "reminder", "pending",
	    "minors", "dpv",	 "channels",
	};

	if (!policy_is_map(map, map->key, diag))
		return;
	yaml_unknown_keys(map, keys, COUNT_OF(keys), diag);
	parse_basis(purpose, map, diag);
	parse_asking(&purpose->asking, map, diag);
	parse_pending(purpose, map, diag);
	policy_opt_text(map, "dpv", &purpose->dpv, diag);
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
