/* decide.c - facts in, decision and reasons out. */
#include "model.h"

static void reason(struct policy_decision *d, const char *code, size_t line)
{
	if (d->reasons_len < POLICY_REASONS_MAX)
		d->reasons[d->reasons_len++] =
		    (struct policy_reason){.code = code, .line = line};
}

/* Which class of data, and so which key and which deletion rule. */
static void decide_data(const struct policy *p,
			const struct policy_facts *facts,
			const struct channel_rule *channel,
			struct policy_decision *d)
{
	const struct name media = {"MEDIA"};

	d->datenart = channel->data;
	d->media_datenart = media;
	reason(d, "channel.data", channel->data_line);
	if (facts->media)
		reason(d, "data.media", policy_find_rule(p, &media)->line);
}

static void decide_receive(const struct policy *p,
			   const struct policy_facts *facts,
			   struct policy_decision *d)
{
	const struct helpdesk_rule *helpdesk;

	d->store = true;
	if (!facts->helpdesk) {
		reason(d, "route.none", 0);
		return;
	}
	helpdesk = policy_find_helpdesk(p, facts->helpdesk);
	if (!helpdesk) {
		reason(d, "helpdesk.unknown", 0);
		return;
	}
	d->forward = true;
	d->person = helpdesk->person;
	d->sees_text = helpdesk->text;
	d->sees_attachments = helpdesk->attachments;
	reason(d, "helpdesk.sees", helpdesk->sees_line);
	reason(d, "helpdesk.person", helpdesk->person_line);
}

/* Every ground that refuses is named, not only the first. */
static void decide_send(const struct policy *p,
			const struct policy_facts *facts,
			const struct channel_rule *channel,
			struct policy_decision *d)
{
	const struct purpose *purpose = NULL;
	struct name name = channel->purpose;
	bool permitted = true;

	if (!facts->purpose ||
	    name_set(&name, facts->purpose, strlen(facts->purpose)))
		purpose = policy_find_purpose(p, &name);
	if (!purpose) {
		reason(d, "purpose.unknown", 0);
		permitted = false;
	} else {
		reason(d, facts->purpose ? "send.purpose" : "channel.purpose",
		       facts->purpose ? purpose->line : channel->purpose_line);
	}
	/* Source: Art. 6(1)(a), 7 GDPR; silence is no consent. */
	if (purpose && purpose->basis == BASIS_CONSENT &&
	    (facts->withdrawn || !facts->consented)) {
		reason(d,
		       facts->withdrawn ? "consent.withdrawn"
					: "consent.absent",
		       purpose->line);
		permitted = false;
	}
	if (!facts->window_open && !facts->template_message) {
		reason(d, "window.closed", 0);
		d->window_closed = permitted;
		permitted = false;
	}
	d->send = permitted;
	d->store = permitted;
}

void policy_decide(const struct policy *p, const struct policy_facts *facts,
		   struct policy_decision *ret)
{
	struct policy_decision d = {0};
	const struct channel_rule *channel =
	    policy_find_channel(p, facts->channel);

	if (!channel) {
		/* Nothing says what this is: neither kept nor passed on. */
		reason(&d, "channel.unknown", 0);
	} else {
		decide_data(p, facts, channel, &d);
		if (facts->act == ACT_SEND)
			decide_send(p, facts, channel, &d);
		else
			decide_receive(p, facts, &d);
	}
	*ret = d;
}
