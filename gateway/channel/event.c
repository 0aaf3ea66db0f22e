/* event.c - event lists: one arena for all texts, wiped as one. */
#include "event_make.h"

#include <assert.h>
#include <sodium.h>

#define BLOCK_BYTES 16384

struct block {
	struct block *next;
	size_t size, used;
	char bytes[];
};

struct arena {
	struct block *blocks;
	size_t events_size;
	bool no_memory, too_many;
	struct event spare;
};

static const char *const kind_names[EVENT_KINDS] = {
    [EVENT_MESSAGE] = "message",
    [EVENT_EDIT] = "edit",
    [EVENT_DELETE] = "delete",
    [EVENT_REACTION] = "reaction",
    [EVENT_POSTBACK] = "postback",
    [EVENT_STATUS] = "status",
    [EVENT_READ] = "read",
    [EVENT_DELIVERY_WATERMARK] = "delivery_watermark",
    [EVENT_ECHO] = "echo",
    [EVENT_REFERRAL] = "referral",
    [EVENT_CONVERSATION_STARTED] = "conversation_started",
    [EVENT_OPTOUT] = "optout",
    [EVENT_OPTIN_SIGNAL] = "optin_signal",
    [EVENT_PREFERENCE_UNKNOWN] = "preference_unknown",
    [EVENT_TOKEN_UPDATE] = "token_update",
    [EVENT_SUBSCRIBED] = "subscribed",
    [EVENT_BLOCKED] = "blocked",
    [EVENT_UNBLOCKED] = "unblocked",
    [EVENT_IDENTITY_CHANGED] = "identity_changed",
    [EVENT_IDENTITY_KEY_CHANGED] = "identity_key_changed",
    [EVENT_CHAT_MIGRATED] = "chat_migrated",
    [EVENT_MEMBERSHIP] = "membership",
    [EVENT_HANDOVER] = "handover",
    [EVENT_ACCOUNT_LINKING] = "account_linking",
    [EVENT_ENCRYPTED] = "encrypted",
    [EVENT_UNDECRYPTABLE] = "undecryptable",
    [EVENT_ACCOUNT_NOTICE] = "account_notice",
    [EVENT_CHANNEL_ERROR] = "channel_error",
    [EVENT_AUTH_REVOKED] = "auth_revoked",
    [EVENT_IGNORED] = "ignored",
};

const char *event_kind_name(enum event_kind kind)
{
	assert(kind < EVENT_KINDS);
	return kind_names[kind];
}

struct event_list *event_list_new(void)
{
	struct event_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return NULL;
	list->arena = calloc(1, sizeof(struct arena));
	if (list->arena == NULL) {
		free(list);
		return NULL;
	}
	return list;
}

static bool grow(struct event_list *list, struct arena *a)
{
	size_t size = a->events_size == 0 ? 16 : a->events_size * 2;
	struct event *events;

	if (size > EVENT_LIST_MAX)
		size = EVENT_LIST_MAX;
	events = realloc(list->events, size * sizeof(*events));
	if (events == NULL)
		return false;
	list->events = events;
	a->events_size = size;
	return true;
}

struct event *event_list_add(struct event_list *list, enum event_kind kind)
{
	struct arena *a = list->arena;
	struct event *e = &a->spare;

	if (list->events_len == EVENT_LIST_MAX)
		a->too_many = true;
	else if (list->events_len == a->events_size && !grow(list, a))
		a->no_memory = true;
	else
		e = &list->events[list->events_len++];
	*e = (struct event){.kind = kind, .media.bytes = -1};
	return e;
}

static struct block *block_with(struct arena *a, size_t len)
{
	size_t size = len > BLOCK_BYTES ? len : BLOCK_BYTES;
	struct block *b = a->blocks;

	if (b != NULL && b->size - b->used >= len)
		return b;
	b = malloc(sizeof(*b) + size);
	if (b == NULL)
		return NULL;
	b->size = size;
	b->used = 0;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

const char *event_list_keep(struct event_list *list, const char *text,
			    size_t len)
{
	struct arena *a = list->arena;
	struct block *b;
	char *copy;

	if (text == NULL)
		return NULL;
	b = len < SIZE_MAX / 2 ? block_with(a, len + 1) : NULL;
	if (b == NULL) {
		a->no_memory = true;
		return NULL;
	}
	copy = b->bytes + b->used;
	memcpy(copy, text, len);
	copy[len] = '\0';
	b->used += len + 1;
	return copy;
}

void event_party_add(struct event_list *list, struct party *party,
		     const char *kind, const char *text)
{
	struct party_address *address;

	if (text == NULL)
		return;
	assert(party->addresses_len < PARTY_ADDRESSES_MAX);
	address = &party->addresses[party->addresses_len++];
	address->kind = kind;
	address->text = event_list_keep(list, text, strlen(text));
}

int event_list_check(const struct event_list *list, struct err *err)
{
	const struct arena *a = list->arena;

	if (a->no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for events", 0);
	if (a->too_many)
		return ERR_SET(err, ERR_INPUT, "too many events", 0);
	return 0;
}

void event_list_free(struct event_list **list)
{
	struct arena *a;

	if (list == NULL || *list == NULL)
		return;
	a = (*list)->arena;
	while (a->blocks != NULL) {
		struct block *b = a->blocks;

		a->blocks = b->next;
		sodium_memzero(b->bytes, b->used);
		free(b);
	}
	free(a);
	free((*list)->events);
	free(*list);
	*list = NULL;
}
