/* explain.h - what was decided and why, in words.
 *
 * Pure.  For lawyers: a sentence for each reason with the name of the rule,
 * its line in policy.yaml and the article it rests on. */
#ifndef POSTERN_EXPLAIN_H
#define POSTERN_EXPLAIN_H

#include "postern/buf.h"
#include "postern/policy.h"
#include "postern/tongue.h"

/* Names a reason may speak of; NULL: not known. */
struct explain_names {
	const char *channel, *helpdesk, *data, *media_data, *purpose;
};

/* Has this code a sentence?  Every one of policy/decide*.c has (tests/house).
 */
bool explain_knows(const char *code);

/*
 * explain_reason - one reason as a sentence, without its place.
 *
 * Returns 0, or -1 with ERR_INPUT (ret is full) or ERR_NOMEM.  A code without
 * a sentence, such as one that a later version wrote, is named as it is.
 */
int explain_reason(enum tongue tongue, const char *code,
		   const struct explain_names *names, struct buf *ret,
		   struct err *err);

/* What a message of this class orders. */
const char *explain_keyword(enum tongue tongue, enum keyword_class class);
/* A rule in half a sentence: "90 Tage ab Ende des Vorgangs, mindestens 30
 * Tage".  Returns 0, or -1 as above or with ERR_ABSENT: no such Datenart. */
int explain_rule(enum tongue tongue, const struct policy *p,
		 const struct name *datenart, struct buf *ret, struct err *err);

/* What redact finds in a text, one entry for each finder and moment. */
struct explain_found {
	const char *name; /* "iban" */
	enum redact_moment moment;
	size_t line, count;
};
#define EXPLAIN_FOUND_MAX (2 * POLICY_FINDERS_MAX)

/* The text with labels in place of what is found before moment; found is
 * added to, from *found_len on. */
int explain_redact(const struct policy *p, const struct name *channel,
		   enum redact_moment moment, const char *text, size_t text_len,
		   struct explain_found found[EXPLAIN_FOUND_MAX],
		   size_t *found_len, struct buf *ret, struct err *err);

struct explain_case { /* everything borrowed */
	const struct policy *policy;
	const struct policy_facts *facts;
	const struct policy_decision *decision;
	const char *text; /* as written; NULL: none */
	size_t text_len;
	const char *file; /* "policy.yaml" */
	bool dated;	  /* the facts say when: due days are told */
};
/* What happens, and why: several lines.  Errors as explain_reason(). */
int explain_event(const struct explain_case *c, enum tongue tongue,
		  struct buf *ret, struct err *err);

/* The words of a made-up event, those of the tests inside a policy; the index
 * of a word is its enum's value but for events (explain_act). */
enum explain_fact {
	EXPLAIN_EVENT,	   /* message, edit, delete, reply */
	EXPLAIN_CONSENT,   /* enum consent_state */
	EXPLAIN_WINDOW,	   /* open, closed */
	EXPLAIN_MECHANISM, /* enum policy_mechanism */
	EXPLAIN_FACTS,
};
const char *const *explain_words(enum explain_fact fact, size_t *ret_len);
enum policy_act explain_act(size_t event);

#endif
