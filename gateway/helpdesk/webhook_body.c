/* webhook_body.c - one note as JSON.  The order of members is the one in the
 * documentation, so that examples and reality look alike. */
#include "webhook.h"

#include <jansson.h>

#include "postern/env.h"
#include "postern/jsonmem.h"

enum {
	HAS_MESSAGE = 1, /* message */
	HAS_CONTENT = 2, /* text, kind, attachments, ... */
	HAS_TARGET = 4,
	HAS_STATUS = 8, /* status, error */
};

static const struct {
	const char *type;
	unsigned int has;
} types[] = {
    {"message.received", HAS_MESSAGE | HAS_CONTENT},
    {"message.edited", HAS_MESSAGE | HAS_CONTENT | HAS_TARGET},
    {"message.deleted", HAS_MESSAGE | HAS_TARGET},
    {"message.status", HAS_MESSAGE | HAS_STATUS},
    {"message.undelivered", HAS_MESSAGE | HAS_STATUS},
    {"consent.changed", HAS_STATUS},
    {"conversation.reopened", 0},
    {"person.restricted", 0},
    {"person.erased", 0},
};

/* Takes value.  A NULL value (no memory, or no UTF-8) fails. */
static bool put(json_t *object, const char *key, json_t *value)
{
	return value != NULL && json_object_set_new(object, key, value) == 0;
}

static json_t *text_or_null(const char *text)
{
	return text == NULL ? json_null() : json_string(text);
}

static json_t *time_or_null(int64_t ms)
{
	char text[RFC3339_BYTES];

	if (ms <= 0)
		return json_null();
	env_rfc3339(ms, text);
	return json_string(text);
}

static json_t *person_json(const struct helpdesk_note *note)
{
	json_t *person = json_object();

	if (person == NULL || !put(person, "id", text_or_null(note->person)) ||
	    !put(person, "alias", text_or_null(note->alias)) ||
	    !put(person, "name", text_or_null(note->person_name)) ||
	    !put(person, "address", text_or_null(note->person_address))) {
		json_decref(person);
		return NULL;
	}
	return person;
}

static json_t *attachment_json(const struct helpdesk_attachment *a)
{
	json_t *object = json_object();
	bool there = a->failed == NULL;
	json_t *bytes, *href;

	bytes = there && a->bytes >= 0 ? json_integer(a->bytes) : json_null();
	href = there ? json_sprintf("/v1/attachments/%s", a->id) : json_null();
	if (object == NULL || !put(object, "id", json_string(a->id)) ||
	    !put(object, "name", text_or_null(a->name)) ||
	    !put(object, "type", text_or_null(a->type)) ||
	    !put(object, "bytes", json_incref(bytes)) ||
	    !put(object, "href", json_incref(href)) ||
	    (!there && !put(object, "failed", json_string(a->failed)))) {
		json_decref(object);
		object = NULL;
	}
	json_decref(bytes);
	json_decref(href);
	return object;
}

static json_t *attachments_json(const struct helpdesk_note *note)
{
	json_t *list = json_array(), *one;

	for (size_t i = 0; list != NULL && i < note->attachments_len; i++) {
		one = attachment_json(&note->attachments[i]);
		if (one == NULL || json_array_append_new(list, one) != 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

static json_t *redacted_json(const struct helpdesk_note *note)
{
	json_t *list = json_array();

	for (size_t i = 0; list != NULL && i < note->redacted_len; i++)
		if (json_array_append_new(
			list, json_string(note->redacted[i])) != 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static json_t *content_text(const struct helpdesk_note *note)
{
	if (note->text == NULL)
		return json_null();
	if (note->text_len > 0)
		return json_stringn(note->text, note->text_len);
	return json_string(note->text);
}

static bool put_content(json_t *data, const struct helpdesk_note *note)
{
	return put(data, "text", content_text(note)) &&
	       put(data, "kind", text_or_null(note->kind)) &&
	       put(data, "reply_to", text_or_null(note->reply_to)) &&
	       put(data, "attachments", attachments_json(note)) &&
	       put(data, "redacted", redacted_json(note)) &&
	       put(data, "reply_window_ends",
		   time_or_null(note->window_ends_ms));
}

static bool put_reaction(json_t *data, const struct helpdesk_note *note)
{
	return put(data, "emoji", text_or_null(note->emoji)) &&
	       put(data, "removed", json_boolean(note->removed));
}

static json_t *data_json(const struct helpdesk_note *note, unsigned int has)
{
	json_t *data = json_object();
	bool reaction = (has & HAS_CONTENT) != 0 && note->kind != NULL &&
			strcmp(note->kind, "reaction") == 0;
	bool good;

	if (data == NULL)
		return NULL;
	good = put(data, "conversation", text_or_null(note->conversation));
	if (has & HAS_MESSAGE)
		good =
		    good && put(data, "message", text_or_null(note->message));
	good = good && put(data, "channel", text_or_null(note->channel)) &&
	       put(data, "via", text_or_null(note->via)) &&
	       put(data, "person", person_json(note));
	if (has & HAS_CONTENT)
		good = good && put_content(data, note);
	if (reaction)
		good = good && put_reaction(data, note);
	if (reaction || (has & HAS_TARGET))
		good = good && put(data, "target", text_or_null(note->target));
	if (has & HAS_STATUS)
		good = good &&
		       put(data, "status", text_or_null(note->status)) &&
		       put(data, "error",
			   note->error != 0 ? json_integer(note->error)
					    : json_null());
	if (!good) {
		json_decref(data);
		return NULL;
	}
	return data;
}

static int find_type(const char *type, unsigned int *ret_has)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].type, type) == 0) {
			*ret_has = types[i].has;
			return 0;
		}
	}
	return -1;
}

int webhook_body(const struct helpdesk_note *note, struct buf *ret,
		 struct err *err)
{
	json_t *root = NULL;
	unsigned int has = 0;
	int rc = -1;

	if (find_type(note->type, &has) != 0)
		return ERR_SET(err, ERR_INPUT, "no such type of note", 0);
	jsonmem_begin();
	root = json_object();
	if (root == NULL || !put(root, "type", json_string(note->type)) ||
	    !put(root, "timestamp", time_or_null(note->at_ms)) ||
	    !put(root, "data", data_json(note, has))) {
		/* Broken UTF-8 stays so; memory comes back. */
		(void)(jsonmem_short()
			   ? ERR_SET(err, ERR_NOMEM, "out of memory", 0)
			   : ERR_SET(err, ERR_INPUT, "a text is not UTF-8", 0));
		goto out;
	}
	rc = jsonmem_print(root, JSON_COMPACT, ret, err);
out:
	json_decref(root);
	return rc;
}
