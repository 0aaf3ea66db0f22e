/* consentrow.h - one row of an import of consents: what a controller knows of
 * an address from before Postern, or from elsewhere.
 *
 *   {"address": "+49 171 ...", "purpose": "marketing", "channel": "shop",
 *    "given_at": "2026-03-10T09:12:00Z", "wording": "...", "evidence": ...}
 *
 * Pure: whether its purpose and channel exist is for whoever has the policy.
 *
 * Source: compliance 4.3; Art. 7(1) GDPR. */
#ifndef POSTERN_CONSENTROW_H
#define POSTERN_CONSENTROW_H

#include "postern/consentrecord.h"
#include "postern/name.h"

#define CONSENTROW_WORDING_MAX	16384
#define CONSENTROW_LANGUAGE_LEN 2

/* Texts are borrowed from the JSON. */
struct consentrow {
	const char *kind;    /* of the address; static; "phone" by default */
	const char *address; /* as the controller spells it */
	struct name purpose, channel;
	bool withdrawn; /* "withdrawn_at": it was ended, at at_ms */
	bool guardian;	/* "by": who gave or ended it */
	int64_t at_ms;	/* when it was given, or ended */
	const char *wording, *language; /* NULL: not told */
	const json_t *evidence;		/* NULL: there is none */
};

/* Does it look like one (and not like a record of another form)? */
bool consentrow_is(const json_t *value);
/*
 * consentrow_read - 0, or -1 with what is wrong.
 *
 * Evidence in the form of a record or receipt has to be a good one.  That
 * wording and evidence are there is not asked here: a row without them is
 * well-formed and proves nothing.
 */
int consentrow_read(const json_t *value, struct consentrow *ret,
		    struct consentrecord_fault *fault);

#endif
