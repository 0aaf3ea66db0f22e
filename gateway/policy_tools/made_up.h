/* made_up.h - one made-up event, or a text alone: what would happen, and why.
 */
#ifndef POSTERN_POLICY_TOOLS_MADE_UP_H
#define POSTERN_POLICY_TOOLS_MADE_UP_H

#include <jansson.h>

#include "complaint.h"
#include "postern/explain.h"
#include "postern/settings.h"

/* Texts as they came; NULL: not given.  The names of the members are those of
 * the options of the verb and of the members of the call. */
struct made_up_wish {
	const char *text, *channel, *event, *purpose, *consent, *media, *bytes,
	    *at, *helpdesk, *tagged, *window, *mechanism, *land, *speaks;
	bool first, suppressed, restricted, minor, template;
};

/* Only what is built in is asked for: a text, and nothing about an event. */
bool made_up_is_text(const struct made_up_wish *wish);
/* {"keyword","normalised","confirms"}, by the built-in words; NULL without
 * memory. */
json_t *made_up_text_json(const char *text);

struct made_up {
	const struct made_up_wish *wish;
	const struct policy *policy;
	const struct settings *settings; /* NULL: none needed */
	struct policy_facts facts;
	struct policy_decision decision;
	struct name channel, helpdesk, tagged;
	char *normal;
	bool dated;
};

/*
 * made_up_decide - ret has the first three members: the rest is made of them.
 * It must not be moved; made_up_free() in any case.
 *
 *   tongue	the language of an answer, if nothing tells another
 *
 * Returns 0, or -1 with a complaint.
 */
int made_up_decide(struct made_up *ret, enum tongue tongue,
		   struct complaint *why);
/* The whole as an object; NULL without memory. */
json_t *made_up_json(const struct made_up *e, enum tongue tongue);
void made_up_free(struct made_up *e); /* wipes */

#endif
