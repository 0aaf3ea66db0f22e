/* event.h - what a provider's payload means, without the provider.
 *
 * Drivers turn a body into a list of these (channels.md section 2); only
 * these fields leave a driver.  All texts are owned by the list, UTF-8,
 * NULL = absent. */
#ifndef POSTERN_EVENT_H
#define POSTERN_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
	EVENT_MESSAGE,
	EVENT_EDIT,
	EVENT_DELETE,
	EVENT_REACTION,
	EVENT_POSTBACK,
	EVENT_STATUS,
	EVENT_READ,
	EVENT_DELIVERY_WATERMARK,
	EVENT_ECHO,
	EVENT_REFERRAL,
	EVENT_CONVERSATION_STARTED,
	EVENT_OPTOUT,
	EVENT_OPTIN_SIGNAL,
	EVENT_PREFERENCE_UNKNOWN,
	EVENT_TOKEN_UPDATE,
	EVENT_SUBSCRIBED,
	EVENT_BLOCKED,
	EVENT_UNBLOCKED,
	EVENT_IDENTITY_CHANGED,
	EVENT_IDENTITY_KEY_CHANGED,
	EVENT_CHAT_MIGRATED,
	EVENT_MEMBERSHIP,
	EVENT_HANDOVER,
	EVENT_ACCOUNT_LINKING,
	EVENT_ENCRYPTED,
	EVENT_UNDECRYPTABLE,
	EVENT_ACCOUNT_NOTICE,
	EVENT_CHANNEL_ERROR,
	EVENT_AUTH_REVOKED,
	EVENT_IGNORED,
	EVENT_KINDS,
};
/* "message", "identity_key_changed", ... */
const char *event_kind_name(enum event_kind kind);

#define PARTY_ADDRESSES_MAX 4
struct party_address {
	const char
	    *kind; /* static: "bsuid", "phone", "psid"; strongest first */
	const char *text; /* never NULL */
};
struct party {
	struct party_address addresses[PARTY_ADDRESSES_MAX];
	size_t addresses_len;
	const char *username; /* a hint, never evidence */
	const char *name;     /* profile name; decode does not print it */
};

struct event_media {
	const char *id, *mime, *sha256, *name; /* sha256 as sent */
	int64_t bytes;			       /* -1 unknown */
};

struct event {
	enum event_kind kind;
	const char *account; /* provider's account id inside the payload */
	const char *id;	     /* provider's id of this event */
	int64_t ts_ms;	     /* 0 = none */
	bool has_party, party_is_recipient; /* printed as sender / recipient */
	struct party party;
	const char *type; /* text, image, ...; unsupported */
	const char *text;
	size_t text_len;
	const char *reply_to, *group, *target, *emoji, *ref, *status, *purpose,
	    *field, *event, *payload, *to;
	bool removed, by_business, standby;
	struct event_media media; /* id NULL: none */
	int64_t error;		  /* provider's code, 0 = none */
	bool code_only;		  /* error is printed as "code" */
	bool withdraw_marketing;  /* 1.6: a failed status that means stop */
	bool quiet; /* decode prints no text, media or party of this one */
	struct party new_party, old_party; /* identity_changed */
	bool watermark;
	int64_t watermark_ms;
};

struct event_list {
	struct event *events;
	size_t events_len;
	void *arena; /* owned texts */
};
void event_list_free(struct event_list **list); /* wipes */

/* The JSON of `postern decode`: the shape of fixtures/<channel>/EXPECTED.json.
 * Caller frees with free(). */
char *event_list_print(const struct event_list *list);

#endif
