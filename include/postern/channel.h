/* channel.h - one driver per provider, one registry (gateway/channel).
 *
 * A driver translates; it does not decide, store, retry or wait.  The intake
 * uses open and admit, the worker open, parse, request and answer. */
#ifndef POSTERN_CHANNEL_H
#define POSTERN_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/buf.h"
#include "postern/err.h"
#include "postern/event.h"
#include "postern/http.h"
#include "postern/settings.h"

struct channel_driver;
struct channel { /* drivers embed this first */
	const struct channel_driver *driver;
	struct name name;
};

enum channel_admission {
	ADMIT_FORGED =
	    0, /* 401 (GET: 403), nothing said about why; also when in doubt */
	ADMIT_BODY,	 /* authentic: seal, store, 200 empty */
	ADMIT_ANSWER,	 /* authentic, nothing to store: answer is the body */
	ADMIT_MALFORMED, /* 400 */
};

/* The request as bytes; texts are borrowed from the listener. */
struct channel_request {
	bool get;
	/* Value of a header or query parameter and how often it came; NULL and
	 * 0 when absent.  len matters: values may hold NUL. */
	const char *(*header)(void *ctx, const char *name, size_t *ret_len,
			      unsigned int *ret_count);
	const char *(*query)(void *ctx, const char *name, size_t *ret_len,
			     unsigned int *ret_count);
	void *ctx;
	const uint8_t *body;
	size_t body_len;
};

enum channel_act_kind {
	CHANNEL_SEND_TEXT,
	CHANNEL_SEND_MEDIA,
	CHANNEL_SEND_TEMPLATE,
	CHANNEL_SEND_REACTION,
	CHANNEL_MARK_READ,
	CHANNEL_MEDIA_LOCATE, /* media id -> address, size, hash */
	CHANNEL_MEDIA_FETCH,  /* address -> bytes, through call.sink */
	CHANNEL_MEDIA_UPLOAD, /* bytes -> media id */
	CHANNEL_MEDIA_DELETE,
};

struct channel_act {
	enum channel_act_kind kind;
	struct party to;
	const char *text; /* text, caption, template body parameters below */
	const char *reply_to; /* provider id */
	const char *target;   /* reaction, mark read: provider id */
	const char *emoji;
	const char *reference; /* our own, no personal data */
	const char *template_name, *template_language;
	const char *const *template_params;
	size_t template_params_len;
	const char *media_id, *media_url, *media_name, *media_type;
	int64_t media_bytes;
};

enum channel_class {
	CLASS_OK,
	CLASS_RETRY,
	CLASS_RETRY_UNKNOWN,
	CLASS_RETRY_NEW_URL,
	CLASS_WINDOW_CLOSED,
	CLASS_PERMANENT,
	CLASS_CONFIG,
};
const char *channel_class_name(enum channel_class c);

struct channel_outcome {
	enum channel_class class;
	int64_t error;		 /* provider's code */
	bool pair_only;		 /* retry concerns this person alone */
	bool too_fast;		 /* CLASS_RETRY because of a limit on pace:
				    nothing is wrong with the message */
	bool withdraw_marketing; /* 1.6 */
	int attempts_max;	 /* 0: the worker's own; 1 = once more */
	int64_t wait_ms;	 /* named by the provider, -1 none */
	char id[256];		 /* message or media id given */
	char url[2048], sha256[129], mime[128];
	int64_t bytes; /* -1 unknown */
};

/* What a channel can do; tested when settings are read and acts are chosen. */
enum {
	CHANNEL_HAS_WINDOW = 1, /* reply window of window_ms */
	CHANNEL_HAS_ECHO_REF =
	    2, /* our reference returns with statuses: an unknown
		 outcome is settled by waiting for one */
	CHANNEL_MEDIA_BY_ID = 4,
};

struct channel_driver {
	const char *name; /* its settings type and address part */
	unsigned int has;
	size_t body_max;   /* inbound bytes; more is 413 */
	int64_t window_ms; /* reply window less margin */
	const char
	    *account_key; /* settings key that must equal event.account */
	const char *signature_header; /* absent: refused before the body */
	/* Where the provider passes on that somebody wants their data deleted:
	 * the settings key of the secret that signs it (for the worker, too),
	 * and the kind of address its user id is.  NULL: nowhere. */
	const char *deletion_secret, *deletion_kind;
	int64_t rate_per_s; /* default sends per account */
	const struct setting_row *rows;
	size_t rows_len;

	/* Connects nothing; fails only on bad settings (ERR_INPUT). */
	int (*open)(const struct settings_channel *conf,
		    enum settings_role role, struct channel **ret,
		    struct err *err);
	/* Is this request from the provider?  Pure, constant time over secrets.
	 */
	enum channel_admission (*admit)(const struct channel *ch,
					const struct channel_request *rq,
					struct buf *ret_answer);
	/* Pure: body to events.  ERR_INPUT: cannot be understood (quarantine).
	 */
	int (*parse)(const uint8_t *body, size_t body_len,
		     struct event_list **ret, struct err *err);
	/* One act as one HTTP call.  ERR_INPUT: this act is impossible. */
	int (*request)(const struct channel *ch, const struct channel_act *act,
		       struct http_call *ret, struct err *err);
	/* What the answer means. */
	void (*answer)(const struct channel *ch, const struct channel_act *act,
		       const struct http_reply *reply,
		       struct channel_outcome *ret);
	void (*close)(struct channel **ch);
};

/* NULL when there is no such driver. */
const struct channel_driver *channel_find(const char *name);
const struct channel_driver *const *channel_all(size_t *ret_len);

#endif
