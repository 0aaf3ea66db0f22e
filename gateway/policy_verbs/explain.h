/* explain.h - `postern policy explain`: a text, an event, or a message. */
#ifndef POSTERN_POLICY_VERBS_EXPLAIN_H
#define POSTERN_POLICY_VERBS_EXPLAIN_H

#include <jansson.h>

#include "postern/explain.h"
#include "postern/settings.h"
#include "verbs.h"

/* explain.c: the verb, and what a text orders by its keywords. */
int policy_explain(const struct verb_args *args);

/* What the options say, as words. */
struct explain_options {
	const char *text, *channel, *event, *purpose, *consent, *media, *bytes,
	    *at, *helpdesk, *tagged, *window, *mechanism, *land, *speaks,
	    *language, *policy;
	bool first, suppressed, restricted, minor, template;
};
/* One made-up event. */
struct made_up {
	const struct explain_options *o;
	struct policy *policy;
	struct settings *settings; /* NULL: none readable, none needed */
	struct policy_facts facts;
	struct policy_decision decision;
	struct name channel, helpdesk, tagged;
	char *normal;
	bool dated;
};

/* explain_event.c: one made-up event. */
int explain_made_up(const struct verb_args *args,
		    const struct explain_options *o, enum tongue tongue);
/* explain_json.c: the same for machines. */
int explain_json(const struct made_up *e, enum tongue tongue);
/* explain_stored.c: one message of the running instance. */
int explain_stored(const struct verb_args *args);

/* In quotes as JSON writes it; 0, or -1 after a complaint. */
int explain_quote(const char *text, size_t len, struct buf *ret);

#endif
