/* tellings.h - inside recipients: rows of table telling. */
#ifndef POSTERN_RECIPIENTS_TELLINGS_H
#define POSTERN_RECIPIENTS_TELLINGS_H

#include <jansson.h>

#include "telling.h"
#include "worker/prove.h"

#define TELLING_DATENART "TELLING"
#define TELLING_RESTS	 INT64_MAX /* next_ms until it is released */
/* What is sealed for one recipient. */
#define TELLING_CLEAR_MAX     (64u * 1024)
#define TELLING_CONVERSATIONS 1000
#define TELLING_UUID_BYTES    37

extern const char *const telling_states[], *const telling_events[];
bool telling_state_named(const char *name, enum telling_state *ret);
bool telling_event_named(const char *name, enum telling_event *ret);

/* Key of a row. */
void telling_key(int64_t id, uint16_t year, struct key_ref *ret);

/* Columns id,kind,recipient,event,state,reason,told_ms,ended_ms. */
int telling_take(struct worker *w, struct store_rows *rows, struct telling *ret,
		 struct err *err);
int telling_prove(struct worker *w, enum ledger_event event, int64_t id,
		  struct err *err);
/* Something may be due earlier than it was. */
void telling_look(struct worker *w);

/* Who the recipients of a person are (people.c); names of settings. */
struct told_one {
	const char *kind; /* static */
	char recipient[256];
	const char *impossible; /* static reason; NULL: it can be told */
	json_t *conversations;	/* of a helpdesk: list; NULL: none */
	const struct settings_processor *processor; /* NULL: none */
};
#define TOLD_MAX 160 /* helpdesks, channels, processors */
struct told {
	struct told_one all[TOLD_MAX];
	size_t len;
};
/* What is in ret afterwards is for told_free, also after a failure. */
int told_find(struct worker *w, int64_t person, struct told *ret,
	      struct err *err);
void told_free(struct told *t);
/* Addresses of a person that a processor knows it by: a list of
 * {"kind","value"}. */
int told_identities(struct worker *w, int64_t person,
		    const struct settings_processor *p, json_t **ret,
		    struct err *err);
const struct settings_processor *processor_named(const struct settings *s,
						 const char *name);

#endif
