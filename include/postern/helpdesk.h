/* helpdesk.h - one driver per helpdesk, one registry (gateway/helpdesk). */
#ifndef POSTERN_HELPDESK_H
#define POSTERN_HELPDESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/err.h"
#include "postern/http.h"
#include "postern/settings.h"

struct helpdesk_driver;
struct helpdesk { /* drivers embed this first */
	const struct helpdesk_driver *driver;
	struct name name;
};

struct helpdesk_attachment {
	const char *id, *name, *type; /* att_...; name and type may be NULL */
	int64_t bytes;
	const char *failed; /* NULL, or why there are no bytes: "expired" */
};

/* One thing to tell a helpdesk; already cut to what it may see. */
struct helpdesk_note {
	const char *type;     /* "message.received", ... */
	const char *delivery; /* dlv_...: the same on every attempt */
	int64_t now_ms, at_ms;
	const char *conversation, *message, *channel, *via;
	const char *person, *alias, *person_name,
	    *person_address; /* NULL: null */
	const char *text, *kind, *reply_to, *target, *emoji, *status;
	const char *purpose; /* of consent.changed; "all": every one */
	size_t text_len;     /* text may hold NUL; 0: up to the first one */
	bool removed;
	int64_t error;
	const struct helpdesk_attachment *attachments;
	size_t attachments_len;
	const char *const *redacted;
	size_t redacted_len;
	int64_t window_ends_ms; /* 0: null */
	/* Of person.erased, person.rectified: all it knew of the person, and
	 * where it says that it is done; telling NULL: nowhere. */
	const char *const *conversations;
	size_t conversations_len;
	const char *telling;
	/* Of messages.expired. */
	const char *const *messages;
	size_t messages_len;
	bool all; /* nothing else is left of the conversation */
};

enum helpdesk_verdict {
	HELPDESK_TAKEN,
	HELPDESK_RETRY, /* not taken or unknown: same id again later */
	HELPDESK_SLOW,	/* 429, 502, 504: retry, and slow the whole destination
			 */
	HELPDESK_REFUSED, /* never again: dead letter */
	HELPDESK_GONE,	  /* 410: stop this destination until settings change */
};
struct helpdesk_outcome {
	enum helpdesk_verdict verdict;
	bool unreachable;   /* of RETRY: nobody took the connection, so this
			       says nothing about the message */
	int64_t wait_ms;    /* Retry-After, -1 none */
	const char *reason; /* static token for lists and logs: "status.5xx" */
};

struct helpdesk_driver {
	const char *name;
	const struct setting_row *rows;
	size_t rows_len;
	int (*open)(const struct settings_helpdesk *conf,
		    enum settings_role role, struct helpdesk **ret,
		    struct err *err);
	int (*request)(const struct helpdesk *hd,
		       const struct helpdesk_note *note, struct http_call *ret,
		       struct err *err);
	void (*answer)(const struct helpdesk *hd,
		       const struct http_reply *reply,
		       struct helpdesk_outcome *ret);
	void (*close)(struct helpdesk **hd);
};

const struct helpdesk_driver *helpdesk_find(const char *name);
const struct helpdesk_driver *const *helpdesk_all(size_t *ret_len);

#endif
