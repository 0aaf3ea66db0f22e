/* webhook_body.c - one note as JSON.  The order of members is the one in the
 * documentation, so that examples and reality look alike.
 *
 * Written by hand: a tree of the library costs more than everything else that
 * is done for a delivery, and copies the text twice more. */
#include "webhook.h"

#include <assert.h>

#include "postern/env.h"
#include "postern/jsonout.h"

/* Everything but the text, nearly always: so that the body grows but once. */
#define FRAME_BYTES 1024
#define KEY_BYTES   32

enum {
	HAS_MESSAGE = 1, /* message */
	HAS_CONTENT = 2, /* text, kind, attachments, ... */
	HAS_TARGET = 4,
	HAS_STATUS = 8, /* status, error */
	HAS_PURPOSE = 16,
	HAS_FATE = 32,	/* content: what becomes of it */
	HAS_WHOLE = 64, /* conversations, confirm: about all of a person */
	HAS_LIST = 128, /* messages, all: of one conversation */
};

static const struct {
	const char *type;
	unsigned int has;
} types[] = {
    {"message.received", HAS_MESSAGE | HAS_CONTENT},
    {"message.edited", HAS_MESSAGE | HAS_CONTENT | HAS_TARGET},
    {"message.deleted", HAS_MESSAGE | HAS_TARGET | HAS_FATE},
    {"message.status", HAS_MESSAGE | HAS_STATUS},
    {"message.undelivered", HAS_MESSAGE | HAS_STATUS},
    {"messages.expired", HAS_LIST},
    {"consent.changed", HAS_STATUS | HAS_PURPOSE},
    {"conversation.reopened", 0},
    {"person.restricted", HAS_STATUS},
    {"person.erased", HAS_WHOLE},
    {"person.rectified", HAS_WHOLE},
};

/* --- the writer -----------------------------------------------------------
 */

/* After the first failure nothing more is written. */
struct body {
	struct buf *buf;
	struct err *err;
	int rc;
};

static void raw(struct body *b, const char *text)
{
	if (b->rc == 0)
		b->rc = buf_append_text(b->buf, text, b->err);
}

/* Before every element of an object or a list but the first. */
static bool needs_comma(const struct body *b)
{
	uint8_t last = b->rc == 0 ? b->buf->bytes[b->buf->len - 1] : '{';

	return last != '{' && last != '[';
}

static void comma(struct body *b)
{
	if (needs_comma(b))
		raw(b, ",");
}

/* key: a name of ours, nothing in it to escape. */
static void begin(struct body *b, const char *key)
{
	char text[KEY_BYTES + sizeof(",\"\":")];
	size_t key_len = strlen(key), len = 0;

	assert(key_len <= KEY_BYTES);
	if (needs_comma(b))
		text[len++] = ',';
	text[len++] = '"';
	memcpy(text + len, key, key_len);
	len += key_len;
	text[len++] = '"';
	text[len++] = ':';
	if (b->rc == 0)
		b->rc = buf_append(b->buf, text, len, b->err);
}

static void quoted(struct body *b, const char *text, size_t len)
{
	if (b->rc == 0)
		b->rc = jsonout_text(b->buf, text, len, b->err);
}

/* NULL is null. */
static void text_of(struct body *b, const char *key, const char *text,
		    size_t len)
{
	begin(b, key);
	if (text == NULL)
		raw(b, "null");
	else
		quoted(b, text, len);
}

static void put_text(struct body *b, const char *key, const char *text)
{
	text_of(b, key, text, text != NULL ? strlen(text) : 0);
}

static void put_number(struct body *b, const char *key, int64_t number)
{
	char digits[24];

	(void)snprintf(digits, sizeof(digits), "%lld", (long long)number);
	begin(b, key);
	raw(b, digits);
}

/* 0 is null. */
static void put_time(struct body *b, const char *key, int64_t ms)
{
	char text[RFC3339_BYTES];

	if (ms > 0)
		env_rfc3339(ms, text);
	put_text(b, key, ms > 0 ? text : NULL);
}

/* --- what is in it --------------------------------------------------------
 */

static void put_person(struct body *b, const struct helpdesk_note *note)
{
	begin(b, "person");
	raw(b, "{");
	put_text(b, "id", note->person);
	put_text(b, "alias", note->alias);
	put_text(b, "name", note->person_name);
	put_text(b, "address", note->person_address);
	raw(b, "}");
}

static void put_attachment(struct body *b, const struct helpdesk_attachment *a)
{
	const bool there = a->failed == NULL;

	comma(b);
	raw(b, "{");
	put_text(b, "id", a->id);
	put_text(b, "name", a->name);
	put_text(b, "type", a->type);
	if (there && a->bytes >= 0)
		put_number(b, "bytes", a->bytes);
	else
		put_text(b, "bytes", NULL);
	if (there) {
		begin(b, "href");
		raw(b, "\"/v1/attachments/");
		raw(b, a->id); /* of ours */
		raw(b, "\"");
	} else {
		put_text(b, "href", NULL);
		put_text(b, "failed", a->failed);
	}
	raw(b, "}");
}

static size_t text_len(const struct helpdesk_note *note)
{
	if (note->text == NULL || note->text_len > 0)
		return note->text_len;
	return strlen(note->text);
}

static void put_content(struct body *b, const struct helpdesk_note *note)
{
	text_of(b, "text", note->text, text_len(note));
	put_text(b, "kind", note->kind);
	put_text(b, "reply_to", note->reply_to);
	begin(b, "attachments");
	raw(b, "[");
	for (size_t i = 0; i < note->attachments_len; i++)
		put_attachment(b, &note->attachments[i]);
	raw(b, "]");
	begin(b, "redacted");
	raw(b, "[");
	for (size_t i = 0; i < note->redacted_len; i++) {
		comma(b);
		quoted(b, note->redacted[i], strlen(note->redacted[i]));
	}
	raw(b, "]");
	put_time(b, "reply_window_ends", note->window_ends_ms);
}

static void put_ids(struct body *b, const char *key, const char *const *ids,
		    size_t len)
{
	begin(b, key);
	raw(b, "[");
	for (size_t i = 0; i < len; i++) {
		comma(b);
		raw(b, "\"");
		raw(b, ids[i]); /* of ours */
		raw(b, "\"");
	}
	raw(b, "]");
}

static void put_whole(struct body *b, const struct helpdesk_note *note)
{
	put_ids(b, "conversations", note->conversations,
		note->conversations_len);
	if (note->telling == NULL) {
		put_text(b, "confirm", NULL);
		return;
	}
	begin(b, "confirm");
	raw(b, "\"/v1/tellings/");
	raw(b, note->telling); /* of ours */
	raw(b, "/confirm\"");
}

static void put_data(struct body *b, const struct helpdesk_note *note,
		     unsigned int has)
{
	bool reaction = (has & HAS_CONTENT) != 0 && note->kind != NULL &&
			strcmp(note->kind, "reaction") == 0;

	put_text(b, "conversation", note->conversation);
	if (has & HAS_MESSAGE)
		put_text(b, "message", note->message);
	put_text(b, "channel", note->channel);
	put_text(b, "via", note->via);
	put_person(b, note);
	if (has & HAS_CONTENT)
		put_content(b, note);
	if (reaction) {
		put_text(b, "emoji", note->emoji);
		begin(b, "removed");
		raw(b, note->removed ? "true" : "false");
	}
	if (reaction || (has & HAS_TARGET))
		put_text(b, "target", note->target);
	if (has & HAS_FATE)
		put_text(b, "content",
			 note->status != NULL ? note->status : "forgotten");
	if (has & HAS_STATUS) {
		put_text(b, "status", note->status);
		if (note->error != 0)
			put_number(b, "error", note->error);
		else
			put_text(b, "error", NULL);
	}
	if (has & HAS_PURPOSE)
		put_text(b, "purpose", note->purpose);
	if (has & HAS_WHOLE)
		put_whole(b, note);
	if (has & HAS_LIST) {
		put_ids(b, "messages", note->messages, note->messages_len);
		begin(b, "all");
		raw(b, note->all ? "true" : "false");
	}
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
	struct body b = {.buf = ret, .err = err};
	unsigned int has = 0;

	if (find_type(note->type, &has) != 0)
		return ERR_SET(err, ERR_INPUT, "no such type of note", 0);
	if (text_len(note) < ret->cap / 2 &&
	    buf_reserve(ret, text_len(note) + FRAME_BYTES, err) != 0)
		return -1;
	raw(&b, "{");
	put_text(&b, "type", note->type);
	put_time(&b, "timestamp", note->at_ms);
	begin(&b, "data");
	raw(&b, "{");
	put_data(&b, note, has);
	raw(&b, "}}");
	return b.rc;
}
