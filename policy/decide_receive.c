/* decide_receive.c - a message came: who is told, and what is answered. */
#include "decide.h"

/* --- to whom -------------------------------------------------------------- */

void policy_decide_helpdesk(const struct policy *p,
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
static bool waits(const struct policy_facts *facts,
		  const struct channel_rule *channel)
{
	return channel->first_contact == FIRST_CONSENT &&
	       !consent_is_valid(facts->consent);
}

void policy_decide_until(const struct policy_facts *facts,
			 const struct channel_rule *channel,
			 struct policy_decision *d)
{
	if (!waits(facts, channel))
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
		d->sees_text = d->sees_attachments = false;
		break;
	}
	reason(d, "channel.until_consent", channel->until_at.line,
	       "Art. 6(1)(a) GDPR");
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

/* One question at a time: a JA has to answer exactly one.  Art. 8 GDPR. */
static void ask_for(const struct policy *p, const struct policy_facts *facts,
		    const struct channel_rule *channel,
		    const struct name *purpose, struct policy_decision *d)
{
	const struct purpose *found = policy_find_purpose(p, purpose);

	if (!found || (facts->minor && found->minors_refused))
		return;
	for (size_t i = 0; i < d->say_len; i++)
		if (d->say[i].kind == SAY_ASK)
			return;
	say(d, SAY_ASK, policy_ask(p, purpose, &channel->name, facts->language),
	    &found->name);
}

/* After the notice.  Who was asked, or said no, is not asked again, nor who
 * says no. */
static void first_question(const struct policy *p,
			   const struct policy_facts *facts,
			   const struct channel_rule *channel,
			   struct policy_decision *d)
{
	if (waits(facts, channel) && d->keyword != KEYWORD_STOP &&
	    (facts->consent == CONSENT_UNKNOWN ||
	     facts->consent == CONSENT_EXPIRED))
		ask_for(p, facts, channel, &channel->asks, d);
}

static void answer_start(const struct policy *p,
			 const struct policy_facts *facts,
			 const struct channel_rule *channel,
			 struct policy_decision *d)
{
	const struct name *purpose = policy_start_purpose(p, &channel->name);

	if (!purpose)
		return;
	ask_for(p, facts, channel, purpose, d);
	reason(d, "keyword.start", policy_find_purpose(p, purpose)->at.line,
	       "Art. 7 GDPR");
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
	d->store = true;
	if (facts->normal) {
		size_t len;
		const struct keyword_word *more = policy_keywords(p, &len);

		d->keyword = keyword_classify(facts->normal, facts->normal_len,
					      more, len);
	}
	policy_decide_helpdesk(p, facts, d);
	policy_decide_until(facts, channel, d);
	take_media(facts, channel, d);
	first_notice(p, facts, channel, d);
	first_question(p, facts, channel, d);
	answer_keyword(p, facts, channel, d);
	answer_closed(p, facts, channel, d);
}
