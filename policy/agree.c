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

static void check_purpose(const struct policy *p, const struct purpose *purpose,
			  struct diag *diag)
{
	policy_check_says(p, &purpose->asking.ask, diag);
	policy_check_says(p, &purpose->asking.confirmed, diag);
	for (size_t i = 0; i < purpose->by_channel_len; i++) {
		const struct asking *own = &purpose->by_channel[i].asking;

		unknown_channel(p, &purpose->by_channel[i].channel,
				purpose->by_channel[i].at, diag);
		if (own->ask.len > 0 &&
		    own->ask.of[0].at.line != purpose->asking.ask.of[0].at.line)
			policy_check_says(p, &own->ask, diag);
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

static void check_special(const struct policy *p,
			  const struct channel_rule *rule, struct diag *diag)
{
	const struct purpose *purpose = policy_find_purpose(p, &rule->purpose);
	const struct rule *data = policy_find_rule(p, &rule->data);

	if (data && purpose && data->special && !purpose->special)
		FINDING(rule->data_at,
			"Datenart %s is of Art. 9 GDPR and purpose %s has no "
			"basis for it; add special: explicit_consent, or "
			"another of Art. 9(2), to the purpose",
			data->name.text, purpose->name.text);
}

/* --- notices -------------------------------------------------------------- */

struct use {
	bool first, ask, reply, consent, interest;
};

static void mark(const struct says *says, const struct notice *notice,
		 bool *ret)
{
	for (size_t i = 0; i < says->len; i++)
		*ret |= name_equal(&says->of[i].notice, &notice->n.name);
}

static void use_in_channels(const struct policy *p, const struct notice *notice,
			    struct use *ret)
{
	for (size_t i = 0; i < p->channels_len; i++) {
		const struct channel_rule *rule = &p->channels[i];
		const struct purpose *purpose =
		    policy_find_purpose(p, &rule->purpose);
		bool first = false;

		mark(&rule->notice, notice, &first);
		mark(&rule->hours.outside, notice, &ret->reply);
		ret->first |= first;
		if (!first || !purpose)
			continue;
		ret->consent |= purpose->basis == LEGAL_BASIS_CONSENT ||
				rule->first_contact == FIRST_CONSENT;
		ret->interest |=
		    purpose->basis == LEGAL_BASIS_LEGITIMATE_INTEREST;
	}
}

static struct use use_of(const struct policy *p, const struct notice *notice)
{
	struct use use = {0};

	use_in_channels(p, notice, &use);
	for (size_t i = 0; i < p->purposes_len; i++) {
		const struct purpose *purpose = &p->purposes[i];

		mark(&purpose->asking.ask, notice, &use.ask);
		mark(&purpose->asking.confirmed, notice, &use.reply);
		for (size_t k = 0; k < purpose->by_channel_len; k++) {
			mark(&purpose->by_channel[k].asking.ask, notice,
			     &use.ask);
			mark(&purpose->by_channel[k].asking.confirmed, notice,
			     &use.reply);
		}
	}
	for (size_t i = 0; i < REPLIES; i++)
		mark(&p->replies[i], notice, &use.reply);
	return use;
}

static bool block_needed(enum notice_block block, const struct use *use)
{
	switch (block) {
	case BLOCK_LEGITIMATE_INTEREST:
		return use->interest;
	case BLOCK_WITHDRAW_RIGHT:
		return use->consent;
	case BLOCK_SOURCE: /* Art. 14 only */
		return false;
	default:
		return true;
	}
}

static void check_blocks(const struct notice *notice, const struct use *use,
			 struct diag *diag)
{
	if (!notice->has_blocks)
		return;
	for (size_t i = 0; i < NOTICE_BLOCKS; i++)
		if (!notice->blocks[i] &&
		    block_needed((enum notice_block)i, use))
			FINDING(notice->blocks_at,
				"notice %s lacks %s, which Art. 13 GDPR "
				"orders; write it, or %s: auto where the "
				"policy and the settings say it",
				notice->n.name.text, notice_block_words[i],
				notice_block_words[i]);
}

static void check_notice(const struct policy *p, const struct notice *notice,
			 struct diag *diag)
{
	struct use use = use_of(p, notice);
	const char *wrong = NULL;

	check_blocks(notice, &use, diag);
	if (use.first && use.ask)
		wrong = "a notice and a question; Art. 7(2) GDPR wants the "
			"question for itself, so make two of it";
	else if (use.first && notice->kind > NOTICE_NOTICE)
		wrong = "a first notice; write kind: notice, or name another";
	else if (use.ask && notice->kind != NOTICE_BY_USE &&
		 notice->kind != NOTICE_ASK)
		wrong = "a question; write kind: ask, or name another";
	else if (use.reply &&
		 (notice->kind == NOTICE_NOTICE || notice->kind == NOTICE_ASK))
		wrong = "a reply; write kind: reply, or name another";
	if (wrong)
		FINDING(notice->at, "%s is used as %s", notice->n.name.text,
			wrong);
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
	for (size_t i = 0; i < p->notices_len; i++)
		check_notice(p, &p->notices[i], diag);
	for (size_t i = 0; i < p->finders_len; i++)
		for (size_t k = 0; k < p->finders[i].channels_len; k++)
			unknown_channel(p, &p->finders[i].channels[k],
					p->finders[i].at, diag);
}
