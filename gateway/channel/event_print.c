/* event_print.c - events as the JSON of `postern decode`. */
#include <assert.h>
#include <jansson.h>

#include "postern/event.h"
#include "postern/jsonmem.h"

#define TEXT_MAX (64u * 1024 * 1024)

/* json_object_set_new() frees the value when it fails; a NULL value makes it
 * fail, so one check at the end of a printing is enough. */
struct printer {
	json_t *object;
	bool failed;
};

static void put(struct printer *p, const char *key, json_t *value)
{
	if (json_object_set_new(p->object, key, value) != 0)
		p->failed = true;
}

static void put_text(struct printer *p, const char *key, const char *text)
{
	if (text != NULL)
		put(p, key, json_string(text));
}

static void put_true(struct printer *p, const char *key, bool value)
{
	if (value)
		put(p, key, json_true());
}

static void put_addresses(struct printer *p, const char *prefix,
			  const struct party *party)
{
	for (size_t i = 0; i < party->addresses_len; i++) {
		char key[48];

		(void)snprintf(key, sizeof(key), "%s%s", prefix,
			       party->addresses[i].kind);
		put_text(p, key, party->addresses[i].text);
	}
}

static void put_party(struct printer *p, const struct event *e)
{
	struct printer inner = {.object = json_object()};

	put_addresses(&inner, "", &e->party);
	put_text(&inner, "username", e->party.username);
	if (inner.failed)
		p->failed = true;
	put(p, e->party_is_recipient ? "recipient" : "sender", inner.object);
}

static void put_content(struct printer *p, const struct event *e)
{
	if (e->text != NULL && !e->quiet)
		put(p, "text", json_stringn(e->text, e->text_len));
	if (e->media.id != NULL && !e->quiet)
		put_text(p, "media_id", e->media.id);
	if (e->error != 0)
		put(p, e->code_only ? "code" : "error", json_integer(e->error));
	if (e->watermark)
		put(p, "watermark_ms", json_integer(e->watermark_ms));
}

static json_t *event_json(const struct event *e)
{
	struct printer p = {.object = json_object()};

	put_text(&p, "kind", event_kind_name(e->kind));
	put_text(&p, "account", e->account);
	put_text(&p, "id", e->id);
	put_text(&p, "status", e->status);
	put_text(&p, "purpose", e->purpose);
	if (e->ts_ms != 0)
		put(&p, "ts_ms", json_integer(e->ts_ms));
	if (e->has_party && !e->quiet)
		put_party(&p, e);
	put_text(&p, "to", e->to);
	put_addresses(&p, "new_", &e->new_party);
	put_addresses(&p, "old_", &e->old_party);
	put_text(&p, "type", e->type);
	put_text(&p, "target", e->target);
	put_text(&p, "reply_to", e->reply_to);
	put_text(&p, "group", e->group);
	put_text(&p, "emoji", e->emoji);
	put_text(&p, "ref", e->ref);
	put_text(&p, "field", e->field);
	put_text(&p, "event", e->event);
	put_text(&p, "payload", e->payload);
	put_true(&p, "removed", e->removed);
	put_true(&p, "by_business", e->by_business);
	put_true(&p, "standby", e->standby);
	put_content(&p, e);
	if (!p.failed)
		return p.object;
	json_decref(p.object);
	return NULL;
}

char *event_list_print(const struct event_list *list)
{
	struct buf text = BUF_INIT(TEXT_MAX);
	json_t *all = json_array();

	for (size_t i = 0; i < list->events_len; i++) {
		json_t *one = event_json(&list->events[i]);

		if (json_array_append_new(all, one) != 0) {
			json_decref(all);
			return NULL;
		}
	}
	if (jsonmem_print(all, JSON_INDENT(1), &text, NULL) != 0 ||
	    buf_text(&text) == NULL)
		buf_free(&text);
	json_decref(all);
	return (char *)text.bytes;
}
