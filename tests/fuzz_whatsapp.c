/* fuzz_whatsapp.c - any bytes as a webhook body and as an answer. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <sodium.h>

#include "channel/whatsapp.h"

/* What another reader takes is taken, and what is taken is whole.  The other
 * one refuses less depth and half surrogates, and passes over a NUL behind a
 * number, which is no JSON. */
static void read_json(const uint8_t *bytes, size_t len)
{
	json_t *other =
	    json_loadb((const char *)bytes, len,
		       JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
	struct jsonin *root = NULL;
	struct err err = {0};

	if (jsonin_read(bytes, len, &root, &err) != 0) {
		if (other != NULL &&
		    strcmp(err.what, "nested too deeply") != 0 &&
		    memchr(bytes, '\0', len) == NULL)
			abort();
	} else {
		for (uint32_t i = 0; i < root->span; i++)
			if (root[i].span > root->span - i ||
			    (root[i].type == JSONIN_TEXT &&
			     root[i].text[root[i].len] != '\0'))
				abort();
	}
	jsonin_free(&root);
	json_decref(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct channel_act act = {0};
	struct http_reply reply = {.fate = HTTP_ANSWERED, .status = 200};
	struct channel_outcome outcome;
	struct event_list *events = NULL;
	struct channel *none = NULL;
	char *text;

	if (sodium_init() < 0)
		abort();
	read_json(bytes, len);
	if (whatsapp_parse(bytes, len, &events, NULL) == 0) {
		text = event_list_print(events);
		if (text == NULL)
			abort(); /* every text must be UTF-8 */
		free(text);
		event_list_free(&events);
	}
	reply.body = BUF_INIT(len + 1);
	if (buf_append(&reply.body, bytes, len, NULL) != 0)
		abort();
	for (int kind = 0; kind <= CHANNEL_MEDIA_DELETE; kind++) {
		act.kind = (enum channel_act_kind)kind;
		whatsapp_answer(none, &act, &reply, &outcome);
		if (outcome.class == CLASS_OK &&
		    kind <= CHANNEL_SEND_REACTION && outcome.id[0] == '\0')
			abort();
	}
	buf_free(&reply.body);
	return 0;
}
