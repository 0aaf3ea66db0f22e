/* whatsapp_send.c - one act as one call to the provider.
 *
 * Source: channels.md 4.4, 5.5, 5.7; fixtures exchange_send_text,
 * exchange_media. */
#include "whatsapp.h"

#include <assert.h>

#include "postern/jsonmem.h"

#define JSON_MAX	    (256 * 1024)
#define ANSWER_MAX	    (64 * 1024)
#define MIB		    (INT64_C(1024) * 1024)
#define CALL_MS		    30000
#define MEDIA_CALL_MS	    180000
#define TEMPLATE_PARAMS_MAX 64

/* --- JSON bodies ---------------------------------------------------------- */

/* Setting a NULL value fails, so memory problems show in one flag. */
static void put(json_t *object, const char *key, json_t *value, bool *failed)
{
	if (json_object_set_new(object, key, value) != 0)
		*failed = true;
}

static const char *party_find(const struct party *party, const char *kind)
{
	for (size_t i = 0; i < party->addresses_len; i++)
		if (strcmp(party->addresses[i].kind, kind) == 0)
			return party->addresses[i].text;
	return NULL;
}

/* Always with '+': without it the provider would put the business's own
 * country code in front, and a stranger could get the text. */
static int put_recipient(json_t *body, const struct party *to, bool *failed,
			 struct err *err)
{
	const char *phone = party_find(to, "phone");
	const char *bsuid = party_find(to, "bsuid");
	char number[32];
	size_t len;

	put(body, "recipient_type", json_string("individual"), failed);
	if (phone != NULL && phone[0] == '+')
		phone++;
	if (phone != NULL) {
		len = strlen(phone);
		if (len < 5 || len > 20 || strspn(phone, "0123456789") != len)
			return ERR_SET(err, ERR_INPUT, "no phone number", 0);
		(void)snprintf(number, sizeof(number), "+%s", phone);
		put(body, "to", json_string(number), failed);
	}
	/* With both given the provider takes the phone. */
	if (bsuid != NULL)
		put(body, "recipient", json_string(bsuid), failed);
	if (phone == NULL && bsuid == NULL)
		return ERR_SET(err, ERR_INPUT, "no address to send to", 0);
	return 0;
}

static int put_text(json_t *body, const struct channel_act *act, bool *failed,
		    struct err *err)
{
	json_t *text = json_object();

	if (act->text == NULL || act->text[0] == '\0') {
		json_decref(text);
		return ERR_SET(err, ERR_INPUT, "no text to send", 0);
	}
	put(text, "preview_url", json_false(), failed);
	put(text, "body", json_string(act->text), failed);
	put(body, "type", json_string("text"), failed);
	put(body, "text", text, failed);
	return 0;
}

/* What may go as picture, film or sound; anything else, or larger, goes as
 * a document.  Sound cannot carry a caption: with one it is a document. */
static const struct {
	const char *mime, *kind;
	int64_t bytes_max;
	bool caption;
} kinds[] = {
    {"image/jpeg", "image", 5 * MIB, true},
    {"image/png", "image", 5 * MIB, true},
    {"video/mp4", "video", 16 * MIB, true},
    {"video/3gpp", "video", 16 * MIB, true},
    {"audio/aac", "audio", 16 * MIB, false},
    {"audio/amr", "audio", 16 * MIB, false},
    {"audio/mpeg", "audio", 16 * MIB, false},
    {"audio/mp4", "audio", 16 * MIB, false},
    {"audio/ogg", "audio", 16 * MIB, false},
};

static const char *media_kind(const struct channel_act *act)
{
	const char *mime = act->media_type != NULL ? act->media_type : "";
	size_t len = strcspn(mime, "; ");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].mime) == len &&
		    strncasecmp(kinds[i].mime, mime, len) == 0 &&
		    act->media_bytes <= kinds[i].bytes_max &&
		    (act->text == NULL || kinds[i].caption))
			return kinds[i].kind;
	return "document";
}

static int put_media(json_t *body, const struct channel_act *act, bool *failed,
		     struct err *err)
{
	const char *kind = media_kind(act);
	json_t *media;

	if (act->media_id == NULL)
		return ERR_SET(err, ERR_INPUT, "no media to send", 0);
	media = json_object();
	put(media, "id", json_string(act->media_id), failed);
	if (act->text != NULL && act->text[0] != '\0')
		put(media, "caption", json_string(act->text), failed);
	if (strcmp(kind, "document") == 0 && act->media_name != NULL)
		put(media, "filename", json_string(act->media_name), failed);
	put(body, "type", json_string(kind), failed);
	put(body, kind, media, failed);
	return 0;
}

static json_t *template_components(const struct channel_act *act, bool *failed)
{
	json_t *list = json_array(), *body = json_object();
	json_t *params = json_array();

	for (size_t i = 0; i < act->template_params_len; i++) {
		json_t *param = json_object();

		put(param, "type", json_string("text"), failed);
		put(param, "text", json_string(act->template_params[i]),
		    failed);
		if (json_array_append_new(params, param) != 0)
			*failed = true;
	}
	put(body, "type", json_string("body"), failed);
	put(body, "parameters", params, failed);
	if (json_array_append_new(list, body) != 0)
		*failed = true;
	return list;
}

static int put_template(json_t *body, const struct channel_act *act,
			bool *failed, struct err *err)
{
	json_t *template, *language;

	if (act->template_name == NULL || act->template_language == NULL ||
	    act->template_params_len > TEMPLATE_PARAMS_MAX)
		return ERR_SET(err, ERR_INPUT, "template incomplete", 0);
	template = json_object();
	language = json_object();
	put(language, "code", json_string(act->template_language), failed);
	put(template, "name", json_string(act->template_name), failed);
	put(template, "language", language, failed);
	if (act->template_params_len > 0)
		put(template, "components", template_components(act, failed),
		    failed);
	put(body, "type", json_string("template"), failed);
	put(body, "template", template, failed);
	return 0;
}

static int put_reaction(json_t *body, const struct channel_act *act,
			bool *failed, struct err *err)
{
	const char *emoji = act->emoji != NULL ? act->emoji : "";
	json_t *reaction;

	if (act->target == NULL)
		return ERR_SET(err, ERR_INPUT, "reaction to nothing", 0);
	reaction = json_object();
	put(reaction, "message_id", json_string(act->target), failed);
	put(reaction, "emoji", json_string(emoji), failed);
	put(body, "type", json_string("reaction"), failed);
	put(body, "reaction", reaction, failed);
	return 0;
}

static int put_read(json_t *body, const struct channel_act *act, bool *failed,
		    struct err *err)
{
	if (act->target == NULL)
		return ERR_SET(err, ERR_INPUT, "nothing was read", 0);
	put(body, "status", json_string("read"), failed);
	put(body, "message_id", json_string(act->target), failed);
	return 0;
}

static int put_act(json_t *body, const struct channel_act *act, bool *failed,
		   struct err *err)
{
	static int (*const puts[])(json_t *, const struct channel_act *, bool *,
				   struct err *) = {
	    [CHANNEL_SEND_TEXT] = put_text,
	    [CHANNEL_SEND_MEDIA] = put_media,
	    [CHANNEL_SEND_TEMPLATE] = put_template,
	    [CHANNEL_SEND_REACTION] = put_reaction,
	    [CHANNEL_MARK_READ] = put_read,
	};
	json_t *context;

	put(body, "messaging_product", json_string("whatsapp"), failed);
	if (act->kind != CHANNEL_MARK_READ &&
	    put_recipient(body, &act->to, failed, err) != 0)
		return -1;
	if (puts[act->kind](body, act, failed, err) != 0)
		return -1;
	if (act->kind == CHANNEL_MARK_READ)
		return 0;
	if (act->reply_to != NULL && act->kind != CHANNEL_SEND_REACTION) {
		context = json_object();
		put(context, "message_id", json_string(act->reply_to), failed);
		put(body, "context", context, failed);
	}
	if (act->reference != NULL)
		put(body, "biz_opaque_callback_data",
		    json_string(act->reference), failed);
	return 0;
}

static int write_body(const struct channel_act *act, struct buf *ret,
		      struct err *err)
{
	json_t *body;
	bool failed = false;
	int rc = -1;

	jsonmem_begin();
	body = json_object();
	if (put_act(body, act, &failed, err) != 0)
		goto out;
	if (failed) { /* broken UTF-8 stays so; memory comes back */
		(void)(jsonmem_short()
			   ? ERR_SET(err, ERR_NOMEM, "out of memory", 0)
			   : ERR_SET(err, ERR_INPUT,
				     "message cannot be written", 0));
		goto out;
	}
	rc = jsonmem_print(body, JSON_COMPACT, ret, err);
out:
	json_decref(body);
	return rc;
}

/* --- addresses ------------------------------------------------------------ */

/* Ids go into a path: nothing that could lead elsewhere. */
static bool is_media_id(const char *id)
{
	size_t len = id != NULL ? strlen(id) : 0;

	return len > 0 && len <= JSONIN_ID_MAX && id[0] != '.' &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "abcdefghijklmnopqrstuvwxyz0123456789_.-") == len;
}

static int put_url(const struct whatsapp *wa, const char *path,
		   const char *query, struct http_call *ret, struct err *err)
{
	struct buf url = BUF_INIT(4096);
	int rc = -1;

	if (buf_append_text(&url, wa->api, err) != 0 ||
	    buf_append_text(&url, "/", err) != 0 ||
	    buf_append_text(&url, path, err) != 0)
		goto out;
	if (query[0] != '\0' && (buf_append_text(&url, "?", err) != 0 ||
				 buf_append_text(&url, query, err) != 0))
		goto out;
	if (wa->proof[0] != '\0' &&
	    (buf_append_text(&url, query[0] != '\0' ? "&" : "?", err) != 0 ||
	     buf_append_text(&url, "appsecret_proof=", err) != 0 ||
	     buf_append_text(&url, wa->proof, err) != 0))
		goto out;
	if (buf_text(&url) == NULL) {
		ERR_SET(err, ERR_NOMEM, "no memory for an address", 0);
		goto out;
	}
	rc = http_call_set(&ret->url, (const char *)url.bytes, err);
out:
	buf_free(&url);
	return rc;
}

static int request_send(const struct whatsapp *wa,
			const struct channel_act *act, struct http_call *ret,
			struct err *err)
{
	char path[96];

	memcpy(ret->method, "POST", 5);
	ret->body = BUF_INIT(JSON_MAX);
	(void)snprintf(path, sizeof(path), "%s/messages", wa->phone_number_id);
	if (put_url(wa, path, "", ret, err) != 0 ||
	    http_call_header(ret, "Content-Type", "application/json", err) != 0)
		return -1;
	return write_body(act, &ret->body, err);
}

static int request_media(const struct whatsapp *wa,
			 const struct channel_act *act, struct http_call *ret,
			 struct err *err)
{
	char query[96];

	if (!is_media_id(act->media_id))
		return ERR_SET(err, ERR_INPUT, "no media id", 0);
	if (act->kind == CHANNEL_MEDIA_DELETE) {
		memcpy(ret->method, "DELETE", 7);
		return put_url(wa, act->media_id, "", ret, err);
	}
	memcpy(ret->method, "GET", 4);
	(void)snprintf(query, sizeof(query), "phone_number_id=%s",
		       wa->phone_number_id);
	return put_url(wa, act->media_id, query, ret, err);
}

static int request_fetch(const struct whatsapp *wa,
			 const struct channel_act *act, struct http_call *ret,
			 struct err *err)
{
	if (act->media_url == NULL)
		return ERR_SET(err, ERR_INPUT, "no address to fetch", 0);
	memcpy(ret->method, "GET", 4);
	ret->timeout_ms = MEDIA_CALL_MS;
	/* The address came from outside: only hosts we know get the token. */
	ret->hosts = wa->hosts;
	ret->hosts_len = wa->hosts_len;
	return http_call_set(&ret->url, act->media_url, err);
}

static int form_add(struct http_call *call, const char *name, const char *value,
		    struct err *err)
{
	struct http_header *field = &call->form[call->form_len];

	assert(call->form_len < sizeof(call->form) / sizeof(call->form[0]));
	call->form_len++;
	if (http_call_set(&field->name, name, err) != 0)
		return -1;
	return http_call_set(&field->value, value, err);
}

/* The caller adds file and file_ctx: the bytes are its own. */
static int request_upload(const struct whatsapp *wa,
			  const struct channel_act *act, struct http_call *ret,
			  struct err *err)
{
	const char *type = act->media_type != NULL ? act->media_type
						   : "application/octet-stream";
	const char *name = act->media_name != NULL ? act->media_name : "file";
	char path[96];

	if (act->media_bytes < 0 || act->media_bytes > 100 * MIB)
		return ERR_SET(err, ERR_INPUT, "media too large", 0);
	memcpy(ret->method, "POST", 5);
	ret->timeout_ms = MEDIA_CALL_MS;
	ret->file_len = act->media_bytes;
	(void)snprintf(path, sizeof(path), "%s/media", wa->phone_number_id);
	if (put_url(wa, path, "", ret, err) != 0 ||
	    form_add(ret, "messaging_product", "whatsapp", err) != 0 ||
	    form_add(ret, "type", type, err) != 0 ||
	    http_call_set(&ret->file_name, name, err) != 0)
		return -1;
	return http_call_set(&ret->file_type, type, err);
}

int whatsapp_request(const struct channel *ch, const struct channel_act *act,
		     struct http_call *ret, struct err *err)
{
	const struct whatsapp *wa = (const struct whatsapp *)ch;
	struct http_call call = {.timeout_ms = CALL_MS,
				 .answer_max = ANSWER_MAX};
	int rc;

	assert(ch->driver == &whatsapp_driver);
	if (wa->bearer.len == 0)
		return ERR_SET(err, ERR_INPUT, "opened without a token", 0);
	call.allow = wa->allow;
	call.allow_len = wa->allow_len;
	call.http_allowed = wa->allow_len > 0;
	switch (act->kind) {
	case CHANNEL_MEDIA_LOCATE:
	case CHANNEL_MEDIA_DELETE:
		rc = request_media(wa, act, &call, err);
		break;
	case CHANNEL_MEDIA_FETCH:
		rc = request_fetch(wa, act, &call, err);
		break;
	case CHANNEL_MEDIA_UPLOAD:
		rc = request_upload(wa, act, &call, err);
		break;
	default:
		rc = request_send(wa, act, &call, err);
		break;
	}
	if (rc == 0)
		rc = http_call_header(&call, "Authorization",
				      (const char *)wa->bearer.bytes, err);
	if (rc != 0) {
		http_call_free(&call);
		return -1;
	}
	*ret = call;
	return 0;
}
