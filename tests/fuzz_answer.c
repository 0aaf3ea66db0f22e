/* fuzz_answer.c - what a provider answers to a send, a locate, an upload: any
 * fate, status and body.  Properties: only a 2xx is a success; what is kept
 * fits and ends; an outcome nobody knows is never called safe to repeat. */
#include <sodium.h>

#include "channel/whatsapp.h"
#include "fuzz_house.h"

static bool ends(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

static bool sends(enum channel_act_kind kind)
{
	return kind <= CHANNEL_SEND_REACTION;
}

static void check(enum channel_act_kind kind, const struct http_reply *reply,
		  const struct channel_outcome *o)
{
	bool success = reply->fate == HTTP_ANSWERED && reply->status >= 200 &&
		       reply->status <= 299;

	MUST(o->class >= CLASS_OK && o->class <= CLASS_CONFIG);
	MUST(ends(o->id, sizeof(o->id)) && ends(o->url, sizeof(o->url)));
	MUST(ends(o->sha256, sizeof(o->sha256)));
	MUST(ends(o->mime, sizeof(o->mime)));
	MUST(o->bytes >= -1 && o->wait_ms == reply->retry_after_ms);
	MUST(o->class != CLASS_OK || success);
	MUST(!o->too_fast || o->class == CLASS_RETRY);
	if (o->class != CLASS_OK)
		return;
	MUST(!sends(kind) || o->id[0] != '\0');
	MUST(kind != CHANNEL_MEDIA_LOCATE || o->url[0] != '\0');
	MUST(kind != CHANNEL_MEDIA_UPLOAD || o->id[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = {data, size};
	struct http_reply reply = {0};
	struct channel_act act = {0};
	struct channel_outcome o;
	uint8_t first;

	if (sodium_init() < 0)
		abort();
	first = feed_byte(&f);
	/* Mostly answers. */
	reply.fate = (enum http_fate)(first % 12);
	if (reply.fate > HTTP_ABORTED)
		reply.fate = HTTP_ANSWERED;
	reply.status = 100 + feed_byte(&f) * 2;
	reply.retry_after_ms = (int64_t)feed_byte(&f) * 1000 - 1000;
	reply.body = BUF_INIT(1 << 20);
	MUST(buf_append(&reply.body, f.at, f.left, NULL) == 0);
	/* One act each: all nine would be read the same nine times. */
	act.kind =
	    (enum channel_act_kind)(first / 12 % (CHANNEL_MEDIA_DELETE + 1));
	whatsapp_answer(NULL, &act, &reply, &o);
	check(act.kind, &reply, &o);
	/* The connection died in the middle: it may have been sent. */
	if (reply.fate == HTTP_CUT && sends(act.kind))
		MUST(o.class == CLASS_RETRY_UNKNOWN);
	buf_free(&reply.body);
	return 0;
}
