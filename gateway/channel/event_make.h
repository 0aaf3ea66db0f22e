/* event_make.h - how drivers build an event list. */
#ifndef POSTERN_CHANNEL_EVENT_MAKE_H
#define POSTERN_CHANNEL_EVENT_MAKE_H

#include "postern/err.h"
#include "postern/event.h"

/* Sixteen times what the largest provider batches; bounds the memory a body
 * of empty items can claim. */
#define EVENT_LIST_MAX 16384

/* An empty list; NULL without memory. */
struct event_list *event_list_new(void);
/* A new zeroed event (sizes -1) at the end, valid until the next one is added.
 * Never NULL: once memory or EVENT_LIST_MAX is exhausted a spare one is given
 * and event_list_check() fails. */
struct event *event_list_add(struct event_list *list, enum event_kind kind);
/* A copy owned by the list, NUL-terminated.  NULL for NULL. */
const char *event_list_keep(struct event_list *list, const char *text,
			    size_t len);
/* Appends one address unless text is NULL; kind is static. */
void event_party_add(struct event_list *list, struct party *party,
		     const char *kind, const char *text);
/* Returns 0, or -1 with ERR_NOMEM or ERR_INPUT (too many events). */
int event_list_check(const struct event_list *list, struct err *err);

#endif
