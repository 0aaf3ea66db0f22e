/* send_judge.c - may this row go, now?
 *
 * Between accepting a reply and handing it over, consent may be withdrawn and
 * the provider's window may close: so the policy is asked again, before every
 * call.  Source: compliance rule 5. */
#include "send.h"

#include "autoreply.h"
#include "consent.h"
#include "decide.h"
#include "kept.h"
#include "restriction.h"
#include "shadow.h"

/* The list is for advertising alone. */
static int look_suppressed(struct send_flight *f, const char *purpose,
			   bool *ret, struct err *err)
{
	struct consent_of of = {.person = f->person, .channel = f->channel};
	const struct name *own = policy_purpose(f->w->policy, &f->channel);

	*ret = false;
	if (!consent_is_marketing(f->w, &f->channel, purpose))
		return 0;
	if (purpose == NULL)
		of.purpose = *own; /* marketing, so there is one */
	else if (!name_set(&of.purpose, purpose, strlen(purpose)))
		return 0;
	return consent_suppressed(f->w, &f->act.to, &of, ret, err);
}

static int look_up(struct send_flight *f, struct policy_facts *facts,
		   struct err *err)
{
	struct consent_view view;

	if (facts->automatic)
		return 0;
	if (consent_of_send(f->w, f->person, &f->channel, facts->purpose, &view,
			    err) != 0)
		return -1;
	facts->consent = view.state;
	facts->minor = view.minor;
	/* Who said stop is refused by that name. */
	if (view.state == CONSENT_WITHDRAWN || view.state == CONSENT_REVOKED)
		return 0;
	return look_suppressed(f, facts->purpose, &facts->suppressed, err);
}

int send_judge(struct send_flight *f, struct send_refusal *why, struct err *err)
{
	const struct channel_driver *driver =
	    f->w->channels[f->lane->queue->channel]->driver;
	struct policy_facts facts = {
	    .act = ACT_SEND,
	    .channel = &f->channel,
	    .helpdesk = f->helpdesk.text[0] != '\0' ? &f->helpdesk : NULL,
	    .media = f->attachment.id != 0,
	    .purpose =
		json_string_value(json_object_get(f->content, "purpose")),
	    .window_open = (driver->has & CHANNEL_HAS_WINDOW) == 0 ||
			   f->inbound_ms + driver->window_ms > worker_now(f->w),
	    .template_message = json_object_get(f->content, "template") != NULL,
	    .automatic = autoreply_is(f->kind),
	    .mechanism = decide_mechanism(f->w, &f->channel),
	};
	struct policy_decision decision = {0};
	bool kept = false;

	if (look_up(f, &facts, err) != 0 ||
	    restriction_of(f->w, f->person, f->lane->conversation,
			   &facts.restricted, err) != 0 ||
	    kept_is(f->w, f->lane->message, &kept, err) != 0)
		return -1;
	facts.restricted |= kept;
	policy_decide(f->w->policy, &facts, &decision);
	if (f->lane->attempts == 0 &&
	    shadow_note_send(f->w, &facts, &decision, err) != 0)
		return -1;
	if (decision.send)
		return 0;
	why->refused = consent_refusal(&facts, &decision);
	why->reason = ledger_reason_name(why->refused);
	why->blocked = consent_blocks(&decision) != LEDGER_R_NONE;
	return 0;
}

bool send_is_advertising(const struct send_flight *f)
{
	return !f->lane->read && !autoreply_is(f->kind) &&
	       consent_is_marketing(
		   f->w, &f->channel,
		   json_string_value(json_object_get(f->content, "purpose")));
}
