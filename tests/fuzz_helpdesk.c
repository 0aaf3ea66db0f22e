/* fuzz_helpdesk.c - what a helpdesk answers, its secret, and any texts inside
 * a note: the body is one JSON object that says the same texts again, or
 * nothing is sent. */
#include <jansson.h>
#include <sodium.h>

#include "fuzz_house.h"
#include "helpdesk/webhook.h"

static void answer(struct feed *f)
{
	struct http_reply reply = {
	    .fate = (enum http_fate)(feed_byte(f) % (HTTP_ABORTED + 1)),
	    .retry_after_ms = (int64_t)feed_byte(f) * 1000 - 1000,
	};
	struct helpdesk_outcome o;
	bool success;

	reply.status = feed_byte(f) << 8;
	reply.status += feed_byte(f);
	success = reply.status >= 200 && reply.status < 300;
	reply.body = BUF_INIT(1 << 20);
	MUST(buf_append(&reply.body, f->at, f->left, NULL) == 0);
	helpdesk_webhook.answer(NULL, &reply, &o);
	MUST(o.reason != NULL && o.wait_ms == reply.retry_after_ms);
	MUST((o.verdict == HELPDESK_TAKEN) == success);
	/* Lost is only what the helpdesk itself gave up. */
	MUST(o.verdict != HELPDESK_GONE ||
	     (reply.fate == HTTP_ANSWERED && reply.status == 410));
	buf_free(&reply.body);
}

static void secret(const struct feed *f)
{
	uint8_t key[WEBHOOK_KEY_MAX];
	size_t len = 0;

	if (!webhook_key(f->at, f->left, key, &len))
		return;
	MUST(len >= WEBHOOK_KEY_MIN && len <= WEBHOOK_KEY_MAX);
}

static void check_text(const json_t *data, const char *name, const char *text)
{
	const char *said = json_string_value(json_object_get(data, name));

	MUST(said == NULL || strcmp(said, text) == 0);
}

static void note(struct feed *f)
{
	static const char *const types[] = {
	    "message.received",	     "message.edited",	"message.deleted",
	    "message.status",	     "consent.changed", "message.undelivered",
	    "conversation.reopened", "messages.expired"};
	static const char *const ids[] = {"msg_1", "msg_2", "msg_3"};
	char *text[9];
	struct helpdesk_note n = {.delivery = "dlv_1", .now_ms = 1790000000000};
	struct helpdesk_attachment a = {.id = "att_1"};
	struct buf body = BUF_INIT(WEBHOOK_BODY_MAX);
	uint8_t choice = feed_byte(f);
	const json_t *data;
	json_t *root;
	char *again;

	n.type = types[feed_byte(f) % (sizeof(types) / sizeof(types[0]))];
	for (size_t i = 0; i < 9; i++)
		text[i] = feed_text(f, 255);
	n.conversation = "cnv_1";
	n.message = "msg_1";
	n.channel = text[0];
	n.person = choice & 1 ? text[1] : NULL;
	n.person_name = choice & 2 ? text[2] : NULL;
	n.person_address = choice & 4 ? text[3] : NULL;
	n.text = choice & 8 ? text[4] : NULL;
	n.kind = text[5];
	n.emoji = choice & 16 ? text[6] : NULL;
	n.status = text[7];
	a.name = text[8];
	a.type = choice & 32 ? text[5] : NULL;
	a.failed = choice & 64 ? text[0] : NULL;
	a.bytes = choice;
	n.attachments = &a;
	n.attachments_len = choice >> 7;
	n.messages = ids;
	n.messages_len = choice & 3;
	n.all = choice & 1;
	if (webhook_body(&n, &body, NULL) == 0) {
		root =
		    json_loadb((const char *)body.bytes, body.len,
			       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		MUST(json_is_object(root));
		data = json_object_get(root, "data");
		MUST(json_is_object(data));
		check_text(data, "text", text[4]);
		check_text(data, "kind", text[5]);
		check_text(data, "status", text[7]);
		/* Byte by byte what the library would write. */
		again = json_dumps(root, JSON_COMPACT);
		MUST(again != NULL && strlen(again) == body.len &&
		     memcmp(again, body.bytes, body.len) == 0);
		free(again);
		json_decref(root);
	}
	buf_free(&body);
	for (size_t i = 0; i < 9; i++)
		free(text[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};

	if (sodium_init() < 0)
		abort();
	switch (feed_byte(&f) % 3) {
	case 0:
		answer(&f);
		break;
	case 1:
		secret(&f);
		break;
	default:
		note(&f);
	}
	return 0;
}
