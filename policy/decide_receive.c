/* decide_receive.c - a message came: who is told, and what is answered. */
#include "decide.h"

/* --- to whom -------------------------------------------------------------- */

static void to_helpdesk(const struct policy *p,
			const struct policy_facts *facts,
			struct policy_decision *d)
{
	const struct helpdesk_rule *helpdesk;

	if (!facts->helpdesk) {
		reason(d, "route.none", 0, NULL);
		return;
	}
	helpdesk = policy_find_helpdesk(p, facts->helpdesk);
	if (!helpdesk) {
		reason(d, "helpdesk.unknown", 0, NULL);
		return;
	}
	if (facts->restricted) {
		reason(d, "person.restricted", 0, "Art. 18(2) GDPR");
		return;
	}
	if (!policy_helpdesk_sees(p, &helpdesk->name, &d->datenart)) {
		reason(d, "helpdesk.data",
		       helpdesk->data_at.line ? helpdesk->data_at.line
					      : helpdesk->at.line,
		       d->special ? "Art. 9 GDPR" : NULL);
		return;
	}
	d->forward = true;
	d->person = helpdesk->person;
	d->sees_text = helpdesk->text;
	d->sees_attachments = helpdesk->attachments;
	reason(d, "helpdesk.sees", helpdesk->sees_at.line, NULL);
	reason(d, "helpdesk.person", helpdesk->person_at.line, NULL);
}

/* Until somebody agreed to be served on this channel. */
static void until_consent(const struct policy *p,
			  const struct policy_facts *facts,
			  const struct channel_rule *channel,
			  struct policy_decision *d)
{
	const struct policy_notice *ask;

	if (channel->first_contact != FIRST_CONSENT ||
	    consent_is_valid(facts->consent))
		return;
	switch (channel->until) {
	case UNTIL_HOLD_BACK:
		d->hold = d->forward;
		d->hold_for = channel->until_for;
		d->forward = false;
		break;
	case UNTIL_REDUCED:
		d->reduced = d->forward;
		d->sees_text = d->sees_attachments = false;
		d->person = PERSON_ALIAS;
		break;
	case UNTIL_REFUSE:
		d->store = d->forward = false;
		break;
	}
	reason(d, "channel.until_consent", channel->until_at.line,
	       "Art. 6(1)(a) GDPR");
	/* Who was asked, or said no, is not asked again. */
	if (facts->consent != CONSENT_UNKNOWN &&
	    facts->consent != CONSENT_EXPIRED)
		return;
	ask = policy_ask(p, &channel->asks, &channel->name, facts->language);
	say(d, SAY_ASK, ask, &channel->asks);
}

/* --- what is answered ----------------------------------------------------- */

static void first_notice(const struct policy *p,
			 const struct policy_facts *facts,
			 const struct channel_rule *channel,
			 struct policy_decision *d)
{
	const struct policy_notice *notice;

	if (channel->first_contact == FIRST_NOTHING || facts->noticed)
		return;
	notice = policy_say_in(p, &channel->notice, facts->language);
	if (!notice)
		return;
	say(d, SAY_NOTICE, notice, NULL);
	reason(d, "channel.first_contact", channel->first_at.line,
	       "Art. 13 GDPR");
}

static void answer_start(const struct policy *p,
			 const struct policy_facts *facts,
			 const struct channel_rule *channel,
			 struct policy_decision *d)
{
	const struct name *purpose = policy_start_purpose(p, &channel->name);
	const struct purpose *found =
	    purpose ? policy_find_purpose(p, purpose) : NULL;

	if (!found || (facts->minor && found->minors_refused))
		return;
	say(d, SAY_ASK, policy_ask(p, purpose, &channel->name, facts->language),
	    &found->name);
	reason(d, "keyword.start", found->at.line, "Art. 7 GDPR");
}

/* Source: compliance 4.4. */
static void answer_keyword(const struct policy *p,
			   const struct policy_facts *facts,
			   const struct channel_rule *channel,
			   struct policy_decision *d)
{
	const char *l = facts->language;

	switch (d->keyword) {
	case KEYWORD_STOP:
		say(d, SAY_STOPPED, policy_reply(p, REPLY_STOPPED, l), NULL);
		reason(d, "keyword.stop", 0, "Art. 7(3), 21(2) GDPR");
		break;
	case KEYWORD_START:
		answer_start(p, facts, channel, d);
		break;
	case KEYWORD_HELP:
		say(d, SAY_HELP, policy_reply(p, REPLY_HELP, l), NULL);
		reason(d, "keyword.help", 0, NULL);
		break;
	case KEYWORD_ERASE:
		say(d, SAY_ERASE, policy_reply(p, REPLY_ERASE, l), NULL);
		reason(d, "keyword.erase", 0, "Art. 17 GDPR");
		break;
	case KEYWORD_ACCESS:
		say(d, SAY_ACCESS, policy_reply(p, REPLY_ACCESS, l), NULL);
		reason(d, "keyword.access", 0, "Art. 15 GDPR");
		break;
	case KEYWORD_REVIEW:
		reason(d, "keyword.review", 0, "Art. 7(3) GDPR");
		break;
	default:
		break;
	}
}

static void answer_closed(const struct policy *p,
			  const struct policy_facts *facts,
			  const struct channel_rule *channel,
			  struct policy_decision *d)
{
	if (!channel->hours.set || facts->told_closed ||
	    d->keyword != KEYWORD_NONE ||
	    hours_open(&channel->hours, &facts->local, facts->land))
		return;
	say(d, SAY_OUTSIDE,
	    policy_say_in(p, &channel->hours.outside, facts->language), NULL);
	reason(d, "channel.hours", channel->hours.at.line, NULL);
}

static void take_media(const struct policy_facts *facts,
		       const struct channel_rule *channel,
		       struct policy_decision *d)
{
	if (!facts->media)
		return;
	d->strip = channel->strip;
	d->media_refused =
	    (channel->media_kinds & policy_media_bit(facts->media_kind)) == 0 ||
	    (channel->media_max > 0 && facts->media_bytes > channel->media_max);
	if (d->media_refused || d->strip != 0)
		reason(d,
		       d->media_refused ? "channel.media"
					: "channel.media.strip",
		       channel->media_at.line, "Art. 5(1)(c) GDPR");
}

void policy_decide_receive(const struct policy *p,
			   const struct policy_facts *facts,
			   const struct channel_rule *channel,
			   struct policy_decision *d)
{
	/* Nobody may read it for now, and nothing is lost (compliance 2.8). */
	if (facts->mechanism == MECHANISM_INVALID) {
		d->quarantine = true;
		reason(d, "channel.mechanism", channel->at.line,
		       "Art. 44 GDPR");
		return;
	}
	d->store = true;
	if (facts->normal) {
		size_t len;
		const struct keyword_word *more = policy_keywords(p, &len);

		d->keyword = keyword_classify(facts->normal, facts->normal_len,
					      more, len);
	}
	to_helpdesk(p, facts, d);
	until_consent(p, facts, channel, d);
	take_media(facts, channel, d);
	first_notice(p, facts, channel, d);
	answer_keyword(p, facts, channel, d);
	answer_closed(p, facts, channel, d);
}
