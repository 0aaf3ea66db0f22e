/* whatsapp_errors.c - what an answer means.
 *
 * Source: channels.md 1.4, 4.4, 5.6, 5.7.  Decided by the provider's code;
 * HTTP status and texts count only where there is no code we know. */
#include "whatsapp.h"

struct code_row {
	int64_t first, last;
	enum channel_class class;
	int attempts_max; /* 0: the worker's own */
};

/* In numeric order. */
static const struct code_row codes[] = {
    {0, 0, CLASS_CONFIG, 0},
    {1, 2, CLASS_RETRY, 0},
    {3, 3, CLASS_CONFIG, 0},
    {4, 4, CLASS_RETRY, 0},
    {10, 10, CLASS_CONFIG, 0},
    {33, 33, CLASS_PERMANENT, 0},
    {100, 100, CLASS_PERMANENT, 0},
    {190, 190, CLASS_CONFIG, 0},
    {200, 299, CLASS_CONFIG, 0},
    {368, 368, CLASS_CONFIG, 0},
    {613, 613, CLASS_RETRY, 0},
    {80007, 80007, CLASS_RETRY, 0},
    {130403, 130403, CLASS_PERMANENT, 0},
    {130429, 130429, CLASS_RETRY, 0},
    {130472, 130472, CLASS_PERMANENT, 0},
    {130497, 130497, CLASS_PERMANENT, 0},
    {131000, 131000, CLASS_RETRY, 3},
    {131005, 131005, CLASS_CONFIG, 0},
    {131008, 131009, CLASS_PERMANENT, 0},
    {131016, 131016, CLASS_RETRY, 0},
    {131021, 131021, CLASS_PERMANENT, 0},
    {131026, 131026, CLASS_PERMANENT, 0},
    {131030, 131030, CLASS_PERMANENT, 0},
    {131031, 131031, CLASS_CONFIG, 0},
    {131037, 131037, CLASS_CONFIG, 0},
    {131042, 131042, CLASS_CONFIG, 0},
    {131045, 131045, CLASS_CONFIG, 0},
    {131047, 131047, CLASS_WINDOW_CLOSED, 0},
    {131048, 131048, CLASS_CONFIG, 0},
    {131049, 131051, CLASS_PERMANENT, 0},
    {131053, 131053, CLASS_PERMANENT, 0},
    {131056, 131057, CLASS_RETRY, 0},
    {131062, 131062, CLASS_PERMANENT, 0},
    {131063, 131064, CLASS_CONFIG, 0},
    {132000, 132001, CLASS_PERMANENT, 0},
    {132005, 132005, CLASS_PERMANENT, 0},
    {132007, 132008, CLASS_PERMANENT, 0},
    {132012, 132012, CLASS_PERMANENT, 0},
    {132015, 132016, CLASS_PERMANENT, 0},
    {132068, 132069, CLASS_PERMANENT, 0},
    {133016, 133016, CLASS_RETRY, 0},
    {135000, 135000, CLASS_RETRY, 1},
    {137000, 137000, CLASS_PERMANENT, 0},
};

/* Limits on how fast: of the app, the account, the number, the pair. */
static const int64_t paces[] = {4, 613, 80007, 130429, 131056, 133016};

static bool is_pace(int64_t code)
{
	for (size_t i = 0; i < sizeof(paces) / sizeof(paces[0]); i++)
		if (paces[i] == code)
			return true;
	return false;
}

static const struct code_row *code_find(int64_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (code >= codes[i].first && code <= codes[i].last)
			return &codes[i];
	return NULL;
}

bool whatsapp_error_stops(int64_t code)
{
	return code == 131050;
}

/* Acts that may be repeated without anybody noticing. */
static bool repeatable(enum channel_act_kind kind)
{
	return kind != CHANNEL_SEND_TEXT && kind != CHANNEL_SEND_MEDIA &&
	       kind != CHANNEL_SEND_TEMPLATE && kind != CHANNEL_SEND_REACTION;
}

static enum channel_class unknown(enum channel_act_kind kind)
{
	return repeatable(kind) ? CLASS_RETRY : CLASS_RETRY_UNKNOWN;
}

/* An error in the provider's own words. */
static void answer_error(const struct channel_act *act,
			 const struct jsonin *error, long status,
			 struct channel_outcome *ret)
{
	const struct code_row *row = NULL;

	if (jsonin_int(error, "code", &ret->error))
		row = code_find(ret->error);
	if (row != NULL) {
		ret->class = row->class;
		ret->attempts_max = row->attempts_max;
	} else if (status >= 500 || status == 429 ||
		   jsonin_true(error, "is_transient")) {
		ret->class = CLASS_RETRY;
	} else if (status >= 400) {
		ret->class = CLASS_PERMANENT;
	} else {
		ret->class = unknown(act->kind);
	}
	ret->pair_only = ret->error == 131056;
	ret->too_fast = ret->class == CLASS_RETRY && is_pace(ret->error);
	ret->withdraw_marketing = whatsapp_error_stops(ret->error);
}

/* Somebody between us and the provider answered, or nobody did. */
static enum channel_class class_of_status(const struct channel_act *act,
					  long status)
{
	if (status == 429 || status == 503)
		return CLASS_RETRY;
	if (status >= 500)
		return unknown(act->kind);
	if (status >= 400)
		return CLASS_PERMANENT;
	/* A redirect is never followed: the address is not the API's. */
	if (status >= 300)
		return CLASS_CONFIG;
	return unknown(act->kind);
}

static void copy_text(char *ret, size_t size, const char *text)
{
	size_t len = text != NULL ? strlen(text) : 0;

	if (len > 0 && len < size)
		memcpy(ret, text, len + 1);
}

static void answer_located(const struct jsonin *root,
			   struct channel_outcome *ret)
{
	size_t len = 0;
	const char *url = jsonin_text(root, "url", &len);

	ret->class = CLASS_RETRY;
	if (url == NULL || strlen(url) != len)
		return;
	copy_text(ret->url, sizeof(ret->url), url);
	copy_text(ret->sha256, sizeof(ret->sha256), jsonin_id(root, "sha256"));
	copy_text(ret->mime, sizeof(ret->mime), jsonin_id(root, "mime_type"));
	copy_text(ret->id, sizeof(ret->id), jsonin_id(root, "id"));
	if (!jsonin_int(root, "file_size", &ret->bytes) || ret->bytes < 0)
		ret->bytes = -1;
	if (ret->url[0] != '\0')
		ret->class = CLASS_OK;
}

/* 2xx with a JSON object and no error in it. */
static void answer_good(const struct channel_act *act,
			const struct jsonin *root, struct channel_outcome *ret)
{
	const struct jsonin *messages = jsonin_list(root, "messages");
	const char *id = NULL;

	switch (act->kind) {
	case CHANNEL_MEDIA_LOCATE:
		answer_located(root, ret);
		return;
	case CHANNEL_MARK_READ:
	case CHANNEL_MEDIA_DELETE:
		ret->class =
		    jsonin_true(root, "success") ? CLASS_OK : CLASS_RETRY;
		return;
	case CHANNEL_MEDIA_UPLOAD:
		id = jsonin_id(root, "id");
		break;
	default:
		id = jsonin_id(jsonin_first(messages), "id");
		break;
	}
	copy_text(ret->id, sizeof(ret->id), id);
	/* Accepted, says the status, but not which message: do not repeat. */
	ret->class = ret->id[0] != '\0' ? CLASS_OK : unknown(act->kind);
}

static void answer_status(const struct channel_act *act,
			  const struct http_reply *reply,
			  struct channel_outcome *ret)
{
	bool fetch = act->kind == CHANNEL_MEDIA_FETCH;
	struct err err = {0};
	const struct jsonin *error;
	struct jsonin *root = NULL;

	if (fetch && reply->status == 404) {
		ret->class = CLASS_RETRY_NEW_URL;
		return;
	}
	if (fetch && reply->status >= 200 && reply->status <= 299) {
		ret->class = CLASS_OK;
		return;
	}
	(void)jsonin_read(reply->body.bytes, reply->body.len, &root, &err);
	error = jsonin_object(root, "error");
	/* A refusal we have no memory to read may be one that passes. */
	if (root == NULL && err.kind == ERR_NOMEM && reply->status >= 400 &&
	    reply->status <= 499)
		ret->class = CLASS_RETRY;
	else if (error != NULL)
		answer_error(act, error, reply->status, ret);
	else if (jsonin_is_object(root) && reply->status >= 200 &&
		 reply->status <= 299)
		answer_good(act, root, ret);
	else
		ret->class = class_of_status(act, reply->status);
	if (ret->class == CLASS_RETRY && reply->status == 429)
		ret->too_fast = true;
	jsonin_free(&root);
}

void whatsapp_answer(const struct channel *ch, const struct channel_act *act,
		     const struct http_reply *reply,
		     struct channel_outcome *ret)
{
	(void)ch; /* every account of this provider answers alike */
	*ret = (struct channel_outcome){.wait_ms = reply->retry_after_ms,
					.bytes = -1};
	switch (reply->fate) {
	case HTTP_ANSWERED:
		answer_status(act, reply, ret);
		break;
	case HTTP_REFUSED:
		/* The API's address is ours, a medium's is the provider's. */
		ret->class = act->kind == CHANNEL_MEDIA_FETCH ? CLASS_PERMANENT
							      : CLASS_CONFIG;
		break;
	case HTTP_NOT_SENT:
		ret->class = CLASS_RETRY;
		break;
	case HTTP_CUT:
		ret->class = unknown(act->kind);
		break;
	case HTTP_TOO_LARGE:
		ret->class = act->kind == CHANNEL_MEDIA_FETCH
				 ? CLASS_PERMANENT
				 : unknown(act->kind);
		break;
	case HTTP_ABORTED:
		ret->class = act->kind == CHANNEL_MEDIA_FETCH
				 ? CLASS_PERMANENT
				 : unknown(act->kind);
		break;
	}
}
