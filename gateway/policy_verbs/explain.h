/* explain.h - `postern policy explain`: a text, an event, or a message. */
#ifndef POSTERN_POLICY_VERBS_EXPLAIN_H
#define POSTERN_POLICY_VERBS_EXPLAIN_H

#include "policy_tools/made_up.h"
#include "verbs.h"

/* explain.c: the verb, and what a text orders by its keywords. */
int policy_explain(const struct verb_args *args);

/* explain_event.c: one made-up event. */
int explain_made_up(const struct verb_args *args,
		    const struct made_up_wish *wish, const char *policy_file,
		    enum tongue tongue);
/* explain_stored.c: one message of the running instance. */
int explain_stored(const struct verb_args *args);

/* In quotes as JSON writes it; 0, or -1 after a complaint. */
int explain_quote(const char *text, size_t len, struct buf *ret);

#endif
