/* agree_notices.c - what the law wants in a notice, and how each is used. */
#include "model.h"

#define FINDING(place, ...) \
	diag_add(diag, (place).line, (place).column, __VA_ARGS__)

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

		mark(&rule->notice, notice, &ret->first);
		mark(&rule->hours.outside, notice, &ret->reply);
	}
}

static struct use use_of(const struct policy *p, const struct notice *notice)
{
	struct use use = {0};

	use_in_channels(p, notice, &use);
	for (size_t i = 0; i < p->purposes_len; i++) {
		const struct purpose *purpose = &p->purposes[i];

		/* Every purpose may come to a person who is told this. */
		use.consent |= purpose->basis == LEGAL_BASIS_CONSENT;
		use.interest |=
		    purpose->basis == LEGAL_BASIS_LEGITIMATE_INTEREST;
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

/* Is it sent at all? */
bool policy_notice_used(const struct policy *p, const struct notice *notice)
{
	struct use use = use_of(p, notice);

	return use.first || use.ask || use.reply;
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

void policy_agree_notices(const struct policy *p, struct diag *diag)
{
	for (size_t i = 0; i < p->notices_len; i++)
		check_notice(p, &p->notices[i], diag);
}
