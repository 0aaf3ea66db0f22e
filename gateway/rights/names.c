/* names.c - words of requests, and which state may follow which. */
#include "inside.h"

#include <string.h>

static const char *const types[RIGHTS_TYPES] = {
    [RIGHTS_ACCESS] = "access",
    [RIGHTS_RECTIFICATION] = "rectification",
    [RIGHTS_ERASURE] = "erasure",
    [RIGHTS_RESTRICTION] = "restriction",
    [RIGHTS_PORTABILITY] = "portability",
    [RIGHTS_OBJECTION] = "objection",
    [RIGHTS_WITHDRAWAL] = "withdrawal",
};

static const char *const vias[RIGHTS_VIAS] = {
    [RIGHTS_CHAT] = "chat",	[RIGHTS_API] = "api",
    [RIGHTS_PORTAL] = "portal", [RIGHTS_OPENDSR] = "opendsr",
    [RIGHTS_DRP] = "drp",	[RIGHTS_META] = "meta",
    [RIGHTS_MAIL] = "mail",	[RIGHTS_DESK] = "desk",
};

#define TO(state) (1u << RIGHTS_##state)
/* What ends it from anywhere before something was done. */
#define STOPS (TO(WITHDRAWN) | TO(REFUSED) | TO(DUPLICATE))

/* By state: its word, whether it is the end, and what may follow. */
static const struct {
	const char *name;
	bool ended;
	unsigned int next;
} states[RIGHTS_STATES] = {
    [RIGHTS_RECEIVED] = {"received", false,
			 TO(IDENTITY_PENDING) | TO(VERIFIED) | STOPS},
    [RIGHTS_IDENTITY_PENDING] = {"identity_pending", false,
				 TO(VERIFIED) | TO(EXPIRED) | STOPS},
    [RIGHTS_VERIFIED] = {"verified", false,
			 TO(IN_PROGRESS) | TO(EXTENDED) | TO(DECIDED) | STOPS},
    [RIGHTS_IN_PROGRESS] = {"in_progress", false,
			    TO(EXTENDED) | TO(DECIDED) | STOPS},
    [RIGHTS_EXTENDED] = {"extended", false, TO(DECIDED) | STOPS},
    [RIGHTS_DECIDED] = {"decided", false, TO(EXECUTING) | TO(WITHDRAWN)},
    [RIGHTS_EXECUTING] = {"executing", false,
			  TO(WAITING_RECIPIENTS) | TO(WAITING_BACKUPS) |
			      TO(COMPLETED) | TO(FAILED_RETRY)},
    [RIGHTS_WAITING_RECIPIENTS] = {"waiting_recipients", false,
				   TO(WAITING_BACKUPS) | TO(COMPLETED)},
    [RIGHTS_WAITING_BACKUPS] = {"waiting_backups", false, TO(COMPLETED)},
    [RIGHTS_COMPLETED] = {"completed", true, 0},
    [RIGHTS_REFUSED] = {"refused", true, 0},
    [RIGHTS_WITHDRAWN] = {"withdrawn", true, 0},
    [RIGHTS_DUPLICATE] = {"duplicate", true, 0},
    [RIGHTS_FAILED_RETRY] = {"failed_retry", false, TO(EXECUTING)},
    [RIGHTS_EXPIRED] = {"expired", true, 0},
};

const char *rights_type_name(enum rights_type type)
{
	return types[type];
}

bool rights_type_named(const char *name, enum rights_type *ret)
{
	for (unsigned int i = 0; name != NULL && i < RIGHTS_TYPES; i++)
		if (strcmp(types[i], name) == 0) {
			*ret = (enum rights_type)i;
			return true;
		}
	return false;
}

const char *rights_state_name(enum rights_state state)
{
	return states[state].name;
}

bool rights_state_named(const char *name, enum rights_state *ret)
{
	for (unsigned int i = 0; name != NULL && i < RIGHTS_STATES; i++)
		if (strcmp(states[i].name, name) == 0) {
			*ret = (enum rights_state)i;
			return true;
		}
	return false;
}

bool rights_state_ended(enum rights_state state)
{
	return states[state].ended;
}

bool rights_state_follows(enum rights_state from, enum rights_state to)
{
	return (states[from].next >> to & 1) != 0;
}

const char *rights_via_name(enum rights_via via)
{
	return vias[via];
}

bool rights_via_named(const char *name, enum rights_via *ret)
{
	for (unsigned int i = 0; name != NULL && i < RIGHTS_VIAS; i++)
		if (strcmp(vias[i], name) == 0) {
			*ret = (enum rights_via)i;
			return true;
		}
	return false;
}
