/* consent_state.c - events in, state out. */
#include "postern/consent.h"

#include <string.h>

#include "postern/caldate.h"

static const char *const states[CONSENT_STATES] = {
    [CONSENT_UNKNOWN] = "ConsentUnknown",
    [CONSENT_REQUESTED] = "ConsentRequested",
    [CONSENT_REQUEST_DEFERRED] = "ConsentRequestDeferred",
    [CONSENT_REFUSED] = "ConsentRefused",
    [CONSENT_GIVEN] = "ConsentGiven",
    [CONSENT_RENEWED] = "RenewedConsentGiven",
    [CONSENT_EXPIRED] = "ConsentExpired",
    [CONSENT_WITHDRAWN] = "ConsentWithdrawn",
    [CONSENT_REVOKED] = "ConsentRevoked",
    [CONSENT_INVALIDATED] = "ConsentInvalidated",
};

static const char *const types[CONSENT_TYPES] = {
    [CONSENT_EXPRESSED] = "ExpressedConsent",
    [CONSENT_EXPLICITLY_EXPRESSED] = "ExplicitlyExpressedConsent",
};

/* The index of the term in terms, or len. */
static size_t term(const char *text, const char *const *terms, size_t len)
{
	size_t i = 0;

	if (strncmp(text, "dpv:", 4) == 0)
		text += 4;
	while (i < len && strcmp(text, terms[i]) != 0)
		i++;
	return i;
}

const char *consent_state_name(enum consent_state state)
{
	return states[state];
}

bool consent_state_parse(const char *text, enum consent_state *ret)
{
	size_t i = term(text, states, CONSENT_STATES);

	if (i == CONSENT_STATES)
		return false;
	*ret = (enum consent_state)i;
	return true;
}

const char *consent_type_name(enum consent_type type)
{
	return types[type];
}

bool consent_type_parse(const char *text, enum consent_type *ret)
{
	size_t i = term(text, types, CONSENT_TYPES);

	if (i == CONSENT_TYPES)
		return false;
	*ret = (enum consent_type)i;
	return true;
}

/* What is not here says nothing about the state. */
bool consent_state_of_event(const char *kind, enum consent_state *ret)
{
	static const struct {
		const char *kind;
		enum consent_state state;
	} kinds[] = {
	    {"requested", CONSENT_REQUESTED},
	    {"given", CONSENT_GIVEN},
	    {"renewed", CONSENT_RENEWED},
	    {"refused", CONSENT_REFUSED},
	    {"withdrawn", CONSENT_WITHDRAWN},
	    {"revoked", CONSENT_REVOKED},
	    {"invalidated", CONSENT_INVALIDATED},
	    {"deferred", CONSENT_REQUEST_DEFERRED},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].kind, kind) == 0) {
			*ret = kinds[i].state;
			return true;
		}
	return false;
}

bool consent_is_valid(enum consent_state state)
{
	return state == CONSENT_GIVEN || state == CONSENT_RENEWED;
}

static bool is_later(const struct consent_event *a,
		     const struct consent_event *b)
{
	if (a->at_ms != b->at_ms)
		return a->at_ms > b->at_ms;
	return a->log_index >= b->log_index;
}

/* A validity that ends after the year 9999 does not end. */
static bool expired(const struct consent_event *e, int64_t at_ms,
		    const struct zone *zone)
{
	int64_t last_day;

	if (!e->temporal || !consent_is_valid(e->state))
		return false;
	return caldate_add(caldate_local(zone, e->at_ms), &e->valid,
			   &last_day) &&
	       caldate_local(zone, at_ms) > last_day;
}

enum consent_state consent_state_at(const struct consent_event *events,
				    size_t len, int64_t at_ms,
				    const struct zone *zone)
{
	const struct consent_event *last = NULL;

	for (size_t i = 0; i < len; i++)
		if (events[i].at_ms <= at_ms &&
		    (last == NULL || is_later(&events[i], last)))
			last = &events[i];
	if (last == NULL)
		return CONSENT_UNKNOWN;
	return expired(last, at_ms, zone) ? CONSENT_EXPIRED : last->state;
}
