/* consentrecord_events.c - dpv:hasConsentStatus: what happened, when, by
 * whom, and for how long.
 *
 * Source: compliance 4.1, 4.2. */
#include "recordfield.h"

#include <string.h>

#include "postern/caldate.h"

/* What the types of an event say. */
struct types {
	size_t states, ways;
	enum consent_state state;
	enum consent_type way;
};

static int read_type(const struct at *at, const json_t *v, struct types *ret)
{
	const char *text = said_by(v);

	if (text == NULL)
		return at_bad(at, "says nothing", "a state of DPV 2.3");
	if (dpv_term(text) == NULL)
		return 0; /* a vocabulary of their own, beside it */
	text = dpv_term(text);
	if (strcmp(text, "ConsentTerminated") == 0)
		return at_bad(at, "ConsentTerminated is no term of DPV 2.3",
			      "dpv:ConsentWithdrawn (by the person) or "
			      "dpv:ConsentRevoked (by the controller)");
	if (consent_state_parse(text, &ret->state))
		ret->states++;
	else if (consent_type_parse(text, &ret->way))
		ret->ways++;
	else
		return at_bad(at, "is no state and no way to consent",
			      "one state, such as dpv:ConsentGiven, and "
			      "dpv:ExpressedConsent or "
			      "dpv:ExplicitlyExpressedConsent");
	return 0;
}

static int read_types(const struct at *at, const json_t *event,
		      bool explicit_wanted, struct types *ret)
{
	const json_t *all = json_object_get(event, "@type");
	const struct at list = at_key(at, "@type");

	*ret = (struct types){0};
	for (size_t i = 0; i < many_len(all); i++) {
		const struct at one = at_index(&list, i);

		if (read_type(&one, many_at(all, i), ret) != 0)
			return -1;
	}
	if (ret->states != 1)
		return at_bad(&list,
			      ret->states == 0 ? "has no state"
					       : "has more than one state",
			      "one state, such as dpv:ConsentGiven");
	if (ret->ways > 1 || (ret->ways == 0 && consent_is_valid(ret->state)))
		return at_bad(&list, "does not say how it was expressed",
			      "dpv:ExpressedConsent or "
			      "dpv:ExplicitlyExpressedConsent beside the "
			      "state");
	if (explicit_wanted && consent_is_valid(ret->state) &&
	    ret->way != CONSENT_EXPLICITLY_EXPRESSED)
		return at_bad(&list, "is no explicit consent",
			      "dpv:ExplicitlyExpressedConsent, as the legal "
			      "basis asks for");
	return 0;
}

static bool is_utc(const char *text)
{
	size_t len = strlen(text);

	return text[len - 1] == 'Z' ||
	       (len > 6 && (strcmp(text + len - 6, "+00:00") == 0));
}

static int read_time(const struct at *up, const json_t *event, int64_t *ret)
{
	static const char key[] = "dpv:isIndicatedAtTime";
	static const char want[] =
	    "date, time and Z, such as 2026-10-01T08:03:10Z";
	const struct at at = at_key(up, key);
	const char *text = need_said(up, event, key, want);

	if (text == NULL)
		return -1;
	if (!instant_parse(text, ret))
		return at_bad(&at, "is no point in time", want);
	return is_utc(text) ? 0 : at_bad(&at, "is not in UTC", want);
}

static int read_duration(const struct at *up, const json_t *event,
			 struct consent_event *ret)
{
	static const char key[] = "dpv:hasDuration";
	static const char want[] =
	    "dpv:UntilEventDuration with rdf:value withdrawal, or "
	    "dpv:TemporalDuration with a period";
	const json_t *v = json_object_get(event, key);
	const struct at at = at_key(up, key);
	const char *value;

	if (many_len(v) == 0)
		return at_bad(&at, "is missing", want);
	if (many_len(v) > 1)
		return at_bad(&at, "is said more than once", want);
	v = many_at(v, 0);
	if (has_type(v, "UntilEventDuration"))
		return need_said(&at, v, "rdf:value", want) != NULL ? 0 : -1;
	if (!has_type(v, "TemporalDuration"))
		return at_bad(&at, "is no known duration", want);
	value = need_said(&at, v, "rdf:value", "a period such as P24M");
	if (value == NULL)
		return -1;
	ret->temporal = true;
	if (!period_parse(value, &ret->valid)) {
		const struct at of = at_key(&at, "rdf:value");

		return at_bad(&of, "is no period", "a period such as P24M");
	}
	return 0;
}

static int read_event(const struct at *at, const json_t *event,
		      bool explicit_wanted, struct consent_event *ret)
{
	struct types types;

	if (!json_is_object(event))
		return at_bad(at, "is no event", "an object with @type");
	if (read_types(at, event, explicit_wanted, &types) != 0 ||
	    read_time(at, event, &ret->at_ms) != 0 ||
	    need_said(at, event, "dpv:isIndicatedBy",
		      "who said it: the person, a guardian or the "
		      "controller") == NULL)
		return -1;
	ret->state = types.state;
	return read_duration(at, event, ret);
}

/* Nobody renews what was never given. */
static int check_renewals(const struct at *at, const struct consent_event *all,
			  size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool given = all[i].state != CONSENT_RENEWED;
		const struct at one = at_index(at, i);

		for (size_t k = 0; k < len && !given; k++)
			given = all[k].state == CONSENT_GIVEN &&
				all[k].at_ms <= all[i].at_ms;
		if (!given)
			return at_bad(&one, "renews what was not given before",
				      "dpv:ConsentGiven first");
	}
	return 0;
}

int dpv_events(const struct at *at, const json_t *list, bool explicit_wanted,
	       struct consent_event *ret, size_t *ret_len)
{
	size_t len = many_len(list);

	*ret_len = 0;
	if (len > CONSENTRECORD_EVENTS_MAX)
		return at_bad(at, "has too many events", "at most 256");
	for (size_t i = 0; i < len; i++) {
		const struct at one = at_index(at, i);

		ret[i] = (struct consent_event){.log_index = i};
		if (read_event(&one, many_at(list, i), explicit_wanted,
			       &ret[i]) != 0)
			return -1;
	}
	*ret_len = len;
	return check_renewals(at, ret, len);
}
