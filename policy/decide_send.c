/* decide_send.c - may this go to the person?  Asked when it is handed in and
 * again when it is handed over. */
#include "decide.h"

static const char *consent_code(const struct policy_facts *facts)
{
	if (facts->suppressed)
		return "consent_suppressed";
	switch (facts->consent) {
	case CONSENT_WITHDRAWN:
	case CONSENT_REVOKED:
		return "consent_withdrawn";
	case CONSENT_EXPIRED:
		return "consent_expired";
	default:
		return facts->minor ? "consent_minor" : "consent_missing";
	}
}

/* Source: Art. 6(1)(a), 7, 8, 21(3) GDPR; UWG 7(2); silence is no consent. */
static bool purpose_permits(const struct purpose *purpose,
			    const struct policy_facts *facts,
			    struct policy_decision *d)
{
	if (purpose->basis == LEGAL_BASIS_CONSENT) {
		if (consent_is_valid(facts->consent) && !facts->suppressed &&
		    !facts->minor)
			return true;
		reason(d, consent_code(facts), purpose->at.line, "Art. 7 GDPR");
		return false;
	}
	if (purpose->marketing &&
	    (facts->suppressed || facts->consent == CONSENT_WITHDRAWN)) {
		reason(d, "objection", purpose->at.line, "Art. 21(3) GDPR");
		return false;
	}
	return true;
}

static const struct purpose *purpose_of(const struct policy *p,
					const struct policy_facts *facts,
					const struct channel_rule *channel,
					struct policy_decision *d)
{
	const struct purpose *purpose = NULL;
	struct name name = channel->purpose;

	if (!facts->purpose ||
	    name_set(&name, facts->purpose, strlen(facts->purpose)))
		purpose = policy_find_purpose(p, &name);
	if (!purpose)
		reason(d, "purpose.unknown", 0, "Art. 5(1)(b) GDPR");
	else
		reason(d, facts->purpose ? "send.purpose" : "channel.purpose",
		       facts->purpose ? purpose->at.line
				      : channel->purpose_at.line,
		       NULL);
	return purpose;
}

/* Every ground that refuses is named, not only the first. */
void policy_decide_send(const struct policy *p,
			const struct policy_facts *facts,
			const struct channel_rule *channel,
			struct policy_decision *d)
{
	const struct purpose *purpose =
	    facts->automatic ? NULL : purpose_of(p, facts, channel, d);
	bool permitted =
	    facts->automatic || (purpose && purpose_permits(purpose, facts, d));

	if (facts->automatic)
		reason(d, "send.automatic", 0, "Art. 6(1)(c) GDPR");
	if (facts->mechanism == MECHANISM_INVALID) {
		reason(d, "channel.mechanism", channel->at.line,
		       "Art. 44 GDPR");
		permitted = false;
	}
	if (facts->restricted) {
		reason(d, "person.restricted", 0, "Art. 18(2) GDPR");
		permitted = false;
	}
	if (!facts->window_open && !facts->template_message) {
		reason(d, "window.closed", 0, NULL);
		d->window_closed = permitted;
		permitted = false;
	}
	d->send = permitted;
	d->store = permitted;
}
