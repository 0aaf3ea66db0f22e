/* consent.h - the state of a consent, computed from its events.
 *
 * Pure: nothing here is stored.  Names are those of the Data Privacy
 * Vocabulary 2.3.  Source: compliance 4.1, 4.2; GDPR Art. 7. */
#ifndef POSTERN_CONSENT_H
#define POSTERN_CONSENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/period.h"
#include "postern/zone.h"

enum consent_state {
	CONSENT_UNKNOWN,
	CONSENT_REQUESTED,
	CONSENT_REQUEST_DEFERRED,
	CONSENT_REFUSED,
	CONSENT_GIVEN,
	CONSENT_RENEWED,
	CONSENT_EXPIRED,
	CONSENT_WITHDRAWN, /* by the person */
	CONSENT_REVOKED,   /* by the controller */
	CONSENT_INVALIDATED,
	CONSENT_STATES,
};
/* "ConsentUnknown", "RenewedConsentGiven", ... */
const char *consent_state_name(enum consent_state state);
/* With or without "dpv:" before it; ConsentTerminated is no term of DPV. */
bool consent_state_parse(const char *text, enum consent_state *ret);
/* The state an event of this kind ("given", "withdrawn", as the archive calls
 * it) brings about; false: none ("reminded", "optin_signal"). */
bool consent_state_of_event(const char *kind, enum consent_state *ret);
/* Purposes of events that name none: every one, every marketing one. */
#define CONSENT_EVERY_PURPOSE "all"
#define CONSENT_MARKETING     "marketing"
/* May be processed for: given, or given anew, and nothing else. */
bool consent_is_valid(enum consent_state state);

/* How clearly it was said. */
enum consent_type {
	CONSENT_EXPRESSED,
	CONSENT_EXPLICITLY_EXPRESSED, /* Art. 9, 22, 49 GDPR */
	CONSENT_TYPES,
};
/* "ExpressedConsent", "ExplicitlyExpressedConsent"; parsing as above. */
const char *consent_type_name(enum consent_type type);
bool consent_type_parse(const char *text, enum consent_type *ret);

/* One thing that happened to one consent: person, purpose and channel. */
struct consent_event {
	int64_t at_ms;	    /* UTC */
	uint64_t log_index; /* the later of two at the same time counts */
	enum consent_state state;
	bool temporal; /* ends by itself after valid; else when withdrawn */
	struct period valid;
};

/*
 * consent_state_at - the state at a point in time.
 *
 *   events	in any order
 *   zone	of the controller, whose days a validity is counted in;
 *		NULL: UTC
 *
 * The last event at or before at_ms, by time, then by log index.  If that
 * gave consent with a validity whose last day has passed: CONSENT_EXPIRED.
 */
enum consent_state consent_state_at(const struct consent_event *events,
				    size_t len, int64_t at_ms,
				    const struct zone *zone);

#endif
