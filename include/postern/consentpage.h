/* consentpage.h - the proof of one consent as a page for people: who agreed to
 * what, when, how, and to which words.
 *
 * Pure and without a clock.  HTML that loads nothing and prints on A4,
 * well-formed as XML.
 *
 * Source: Art. 7(1) GDPR; compliance 4.1. */
#ifndef POSTERN_CONSENTPAGE_H
#define POSTERN_CONSENTPAGE_H

#include "postern/buf.h"
#include "postern/consent.h"
#include "postern/tongue.h"

/* Texts of others are UTF-8 or made so.  NULL: there is none. */
struct consentpage_event {
	const char *at, *kind, *by, *method; /* words of the archive */
	const char *until;
	size_t wording; /* number of one of the wordings, from 1; 0: none */
	const char *answer, *prompt_id, *answer_id, *evidence;
};
struct consentpage_channel {
	const char *name, *via; /* "": every channel */
	enum consent_state state;
	const char *since, *until;
	const struct consentpage_event *events;
	size_t events_len;
};
struct consentpage_wording {
	const char *sha256, *language, *first;
	const char *text; /* byte for byte */
};
struct consentpage {
	const char *controller, *address, *reach; /* reach: "" */
	const char *person, *alias;
	const char *purpose, *term; /* term: of DPV */
	bool special, marketing;
	const char *authority, *created; /* authority: NULL */
	const char *listed; /* since when on the suppression list; NULL */
	const struct consentpage_channel *channels;
	size_t channels_len;
	const struct consentpage_wording *wordings;
	size_t wordings_len;
};

/* The page, appended to ret.  0, or -1 with ERR_INPUT (longer than ret may
 * grow) or ERR_NOMEM. */
int consentpage_render(enum tongue tongue, const struct consentpage *page,
		       struct buf *ret, struct err *err);

/* The words of the archive in words: "given", "reply", "subject". */
const char *consentpage_kind(enum tongue tongue, const char *kind);
const char *consentpage_method(enum tongue tongue, const char *method);
const char *consentpage_by(enum tongue tongue, const char *by);
const char *consentpage_state(enum tongue tongue, enum consent_state state);

/* What a strict Content-Security-Policy has to allow for the page:
 * "sha256-..." of its one style. */
#define CONSENTPAGE_STYLE_BYTES 64
void consentpage_style(char ret[CONSENTPAGE_STYLE_BYTES]);

#endif
