/* agree.c - gaps and overlaps between the sections of a policy.  An overlap
 * is an error with both places named, never "the first one wins". */
#include "model.h"

#define FINDING(place, ...) \
	diag_add(diag, (place).line, (place).column, __VA_ARGS__)

/* --- consent -------------------------------------------------------------- */

static void unknown_channel(const struct policy *p, const struct name *channel,
			    struct place at, struct diag *diag)
{
	const struct yaml node = {
	    .text = channel->text, .line = at.line, .column = at.column};

	if (!policy_find_channel(p, channel))
		policy_unknown_name(&node, "channel", &p->channels[0].name,
				    p->channels_len, sizeof(p->channels[0]),
				    diag);
}

/* Taken over from the purpose, where it was checked. */
static bool same_says(const struct says *a, const struct says *b)
{
	return a->len == b->len &&
	       (a->len == 0 || (a->of[0].at.line == b->of[0].at.line &&
				a->of[0].at.column == b->of[0].at.column));
}

static void check_purpose(const struct policy *p, const struct purpose *purpose,
			  struct diag *diag)
{
	policy_check_says(p, &purpose->asking.ask, diag);
	policy_check_says(p, &purpose->asking.confirmed, diag);
	for (size_t i = 0; i < purpose->by_channel_len; i++) {
		const struct asking *own = &purpose->by_channel[i].asking;

		unknown_channel(p, &purpose->by_channel[i].channel,
				purpose->by_channel[i].at, diag);
		if (!same_says(&own->ask, &purpose->asking.ask))
			policy_check_says(p, &own->ask, diag);
		if (!same_says(&own->confirmed, &purpose->asking.confirmed))
			policy_check_says(p, &own->confirmed, diag);
	}
}

static void check_asks(const struct policy *p, const struct channel_rule *rule,
		       const struct name *name, struct place at,
		       struct diag *diag)
{
	const struct purpose *purpose = policy_find_purpose(p, name);

	if (!purpose)
		return;
	if (purpose->basis != LEGAL_BASIS_CONSENT)
		FINDING(at,
			"channel %s asks for consent to %s, which rests on %s; "
			"name a purpose with basis: consent",
			rule->name.text, name->text,
			legal_basis_names[purpose->basis]);
	else if (policy_find_asking(purpose, &rule->name)->ask.len == 0)
		FINDING(at,
			"channel %s has nothing to ask for %s with; add ask: "
			"and the name of one of notices to the purpose",
			rule->name.text, name->text);
}

static void check_first_contact(const struct policy *p,
				const struct channel_rule *rule,
				struct diag *diag)
{
	bool waits = rule->until_at.line > 0;

	if (rule->first_contact == FIRST_CONSENT) {
		check_asks(p, rule, &rule->asks, rule->first_at, diag);
		if (!waits)
			FINDING(rule->first_at,
				"channel %s does not say what happens until "
				"the consent; add until_consent: {do: "
				"hold_back, for: P7D}",
				rule->name.text);
	} else if (waits) {
		FINDING(rule->until_at,
			"until_consent waits for a consent that channel %s "
			"does not ask for; remove it, or write first_contact: "
			"consent",
			rule->name.text);
	}
	if (rule->start.text[0] != '\0')
		check_asks(p, rule, &rule->start, rule->at, diag);
}

/* START asks for one thing, with one prompt (Art. 7(2) GDPR). */
static void check_start(const struct policy *p, const struct channel_rule *rule,
			struct diag *diag)
{
	const struct purpose *first = NULL;

	if (rule->start.text[0] != '\0')
		return;
	for (size_t i = 0; i < p->purposes_len; i++) {
		const struct purpose *at = &p->purposes[i];

		if (at->basis != LEGAL_BASIS_CONSENT || !at->marketing ||
		    policy_find_asking(at, &rule->name)->ask.len == 0)
			continue;
		if (first)
			FINDING(rule->at,
				"START on channel %s could ask for %s "
				"(%zu:%zu) and for %s (%zu:%zu); name one with "
				"start:",
				rule->name.text, first->name.text,
				first->at.line, first->at.column, at->name.text,
				at->at.line, at->at.column);
		first = at;
	}
}

/* --- special categories --------------------------------------------------- */

/* Whatever comes to rest under a special Datenart needs a basis for it. */
static void needs_special(const struct policy *p,
			  const struct channel_rule *channel,
			  const struct name *datenart, struct place at,
			  struct diag *diag)
{
	const struct purpose *purpose =
	    policy_find_purpose(p, &channel->purpose);
	const struct rule *data = policy_find_rule(p, datenart);

	if (data && purpose && data->special && !purpose->special)
		FINDING(
		    at,
		    "Datenart %s is of Art. 9 GDPR and purpose %s (%zu:%zu) "
		    "of channel %s has no basis for it; add special: "
		    "explicit_consent, or another of Art. 9(2), to it",
		    data->name.text, purpose->name.text, purpose->at.line,
		    purpose->at.column, channel->name.text);
}

static void check_special(const struct policy *p,
			  const struct channel_rule *rule, struct diag *diag)
{
	const struct forget_rule *kept[] = {&rule->on_delete, &rule->on_edit};
	struct place told = {0};

	needs_special(p, rule, &rule->data, rule->data_at, diag);
	if (rule->media_at.line > 0)
		needs_special(p, rule, &rule->media_data, rule->media_at, diag);
	for (size_t i = 0; i < COUNT_OF(kept); i++)
		if (kept[i]->what == FORGET_NOT)
			needs_special(p, rule, &kept[i]->keep_as, kept[i]->at,
				      diag);
	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *word = &p->words[i];

		/* Once per entry, not per word. */
		if ((word->channel.text[0] != '\0' &&
		     !name_equal(&word->channel, &rule->name)) ||
		    (word->data_at.line == told.line &&
		     word->data_at.column == told.column))
			continue;
		told = word->data_at;
		needs_special(p, rule, &word->data, told, diag);
	}
}

/* Words of Art. 9 have to lead to what is treated as such. */
static void check_special_words(const struct policy *p, struct diag *diag)
{
	struct place told = {0};

	for (size_t i = 0; i < p->words_len; i++) {
		const struct word_rule *word = &p->words[i];
		const struct rule *data = policy_find_rule(p, &word->data);

		if (!word->special || (word->data_at.line == told.line &&
				       word->data_at.column == told.column))
			continue;
		told = word->data_at;
		if (!data->special)
			FINDING(told,
				"Datenart %s (%zu:%zu) is not special, but "
				"words of Art. 9 GDPR lead to it; add special: "
				"true there",
				data->name.text, data->at.line,
				data->at.column);
	}
}

/* -------------------------------------------------------------------------- */

void policy_agree(const struct policy *p, struct diag *diag)
{
	for (size_t i = 0; i < p->purposes_len; i++)
		check_purpose(p, &p->purposes[i], diag);
	for (size_t i = 0; i < p->channels_len; i++) {
		check_first_contact(p, &p->channels[i], diag);
		check_start(p, &p->channels[i], diag);
		check_special(p, &p->channels[i], diag);
	}
	check_special_words(p, diag);
	policy_agree_notices(p, diag);
	for (size_t i = 0; i < p->finders_len; i++)
		for (size_t k = 0; k < p->finders[i].channels_len; k++)
			unknown_channel(p, &p->finders[i].channels[k],
					p->finders[i].at, diag);
}
