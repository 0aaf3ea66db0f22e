/* consent_prove.c - events of consent in the proof log. */
#include "consent.h"

#include "postern/text.h"
#include "prove.h"

/* Column kind of consent_event, which the log spells the same way but for
 * one. */
static enum ledger_event event_of(const char *kind)
{
	char name[32];
	int event;

	if (strcmp(kind, "optin_signal") == 0)
		return LEDGER_CONSENT_SIGNAL;
	(void)snprintf(name, sizeof(name), "consent.%s", kind);
	event = ledger_event_named(name, strlen(name));
	return event >= 0 ? (enum ledger_event)event : LEDGER_EVENTS_COUNT;
}

static enum ledger_reason reason_of(const struct consent_entry *e)
{
	int reason = ledger_reason_named(e->method, strlen(e->method));

	return reason >= 0 ? (enum ledger_reason)reason : LEDGER_R_NONE;
}

static enum ledger_actor actor_of(const struct consent_entry *e)
{
	if (strcmp(e->method, "import") == 0)
		return LEDGER_STAFF;
	if (strcmp(e->method, "provider") == 0)
		return LEDGER_PROVIDER;
	return strcmp(e->by, "controller") == 0 ? LEDGER_SYSTEM
						: LEDGER_SUBJECT;
}

int consent_prove(struct worker *w, const struct consent_entry *e, int64_t id,
		  struct err *err)
{
	char wording[2 * 32 + 1] = "";
	const struct act_fact facts[] = {
	    {"at", NULL, e->at_ms},
	    {"by", e->by, 0},
	    {"channel", e->of.channel.text, 0},
	    {"kind", e->kind, 0},
	    {"language", e->language, 0},
	    {"method", e->method, 0},
	    {"purpose", e->of.purpose.text, 0},
	    {"source", e->source != NULL ? e->source : e->method, 0},
	    {"until", NULL, e->until_ms},
	    {"wording", wording, 0},
	};
	const struct act act = {
	    .event = event_of(e->kind),
	    .reason = reason_of(e),
	    .by = actor_of(e),
	    .kind = ID_CONSENT,
	    .object = id,
	    .person = e->of.person,
	    .facts = facts,
	    .facts_len = sizeof(facts) / sizeof(facts[0]),
	};

	if (act.event == LEDGER_EVENTS_COUNT)
		return ERR_SET(err, ERR_INPUT, "no such event of consent", 0);
	if (e->wording != NULL)
		hex_encode(e->wording, 32, wording);
	return prove(w, &act, err);
}
