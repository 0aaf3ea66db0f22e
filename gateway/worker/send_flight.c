/* send_flight.c - one row on its way: opened, judged again, made an act. */
#include "send.h"

#include "postern/jsonmem.h"
#include "postern/log.h"

struct opened {
	struct buf content, media;
	struct send_sealed addresses[PARTY_ADDRESSES_MAX];
	size_t addresses_len;
};

static void opened_free(struct opened *o)
{
	buf_free(&o->content);
	buf_free(&o->media);
	for (size_t i = 0; i < PARTY_ADDRESSES_MAX; i++)
		buf_free(&o->addresses[i].bytes);
}

void send_flight_free(struct send_flight **f)
{
	struct send_flight *gone = f != NULL ? *f : NULL;

	if (gone == NULL)
		return;
	*f = NULL;
	json_decref(gone->content);
	json_decref(gone->attachment.media);
	sealedfile_close(&gone->attachment.open);
	for (size_t i = 0; i < PARTY_ADDRESSES_MAX; i++)
		buf_free(&gone->texts[i]);
	sodium_memzero(gone, sizeof(*gone));
	free(gone);
}

/* --- opening -------------------------------------------------------------- */

static int json_of(const struct keeper_batch *batch, size_t slot, json_t **ret,
		   struct err *err)
{
	const uint8_t *bytes = NULL;
	size_t len = 0;
	bool no_memory;

	if (keeper_result(batch, slot, &bytes, &len, err) != 0)
		return -1;
	*ret = jsonmem_load(bytes, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL,
			    &no_memory);
	if (no_memory)
		return ERR_SET(err, ERR_NOMEM, "no memory for JSON", 0);
	if (!json_is_object(*ret))
		return ERR_SET(err, ERR_CORRUPT, "content is no JSON", 0);
	return 0;
}

static int take_addresses(struct send_flight *f, const struct opened *o,
			  const struct keeper_batch *batch, const size_t *slots,
			  struct err *err)
{
	struct party *to = &f->act.to;
	const uint8_t *bytes;
	size_t len;

	for (size_t i = 0; i < o->addresses_len; i++) {
		f->texts[i] = BUF_INIT(4096);
		if (keeper_result(batch, slots[i], &bytes, &len, err) != 0 ||
		    buf_append(&f->texts[i], bytes, len, err) != 0)
			return -1;
		if (buf_text(&f->texts[i]) == NULL)
			return ERR_SET(err, ERR_NOMEM, "no memory", 0);
		to->addresses[i].kind = f->kinds[i];
		to->addresses[i].text = (const char *)f->texts[i].bytes;
	}
	to->addresses_len = o->addresses_len;
	return 0;
}

static int take_attachment(struct send_flight *f,
			   const struct keeper_batch *batch, size_t media,
			   size_t key, struct err *err)
{
	const uint8_t *bytes;
	size_t len;

	if (json_of(batch, media, &f->attachment.media, err) != 0 ||
	    keeper_result(batch, key, &bytes, &len, err) != 0)
		return -1;
	if (len != sizeof(f->attachment.key))
		return ERR_SET(err, ERR_CORRUPT, "file key", 0);
	memcpy(f->attachment.key, bytes, len);
	return 0;
}

static int open_sealed(struct send_flight *f, const struct opened *o,
		       struct err *err)
{
	const struct send_attachment *a = &f->attachment;
	struct keeper_batch *batch = NULL;
	size_t content, media = 0, key = 0, slots[PARTY_ADDRESSES_MAX];
	int rc = -1;

	if (keeper_batch_new(f->w->keeper, &batch, err) != 0)
		return -1;
	content =
	    keeper_add_open(batch, &f->key_ref, f->lane->message, FIELD_CONTENT,
			    o->content.bytes, o->content.len);
	for (size_t i = 0; i < o->addresses_len; i++)
		slots[i] = keeper_add_open(batch, &o->addresses[i].key_ref,
					   o->addresses[i].id, FIELD_ADDRESS,
					   o->addresses[i].bytes.bytes,
					   o->addresses[i].bytes.len);
	if (a->id != 0) {
		media = keeper_add_open(batch, &a->key_ref, a->id, FIELD_MEDIA,
					o->media.bytes, o->media.len);
		key = keeper_add_file_key(batch, &a->key_ref, a->id);
	}
	if (keeper_run(batch, err) != 0 ||
	    json_of(batch, content, &f->content, err) != 0 ||
	    take_addresses(f, o, batch, slots, err) != 0 ||
	    (a->id != 0 && take_attachment(f, batch, media, key, err) != 0))
		goto out;
	rc = 0;
out:
	keeper_batch_free(&batch);
	return rc;
}

/* --- the act -------------------------------------------------------------- */

/* A member as C string; *failed if it holds NUL: cutting it would send
 * another text than was written. */
static const char *text_of(const json_t *object, const char *key, bool *failed)
{
	const json_t *v = json_object_get(object, key);
	const char *text = json_string_value(v);

	if (text != NULL && strlen(text) != json_string_length(v))
		*failed = true;
	return text;
}

static void act_template(struct send_flight *f, const json_t *template,
			 bool *failed)
{
	const json_t *params = json_object_get(template, "params");
	size_t len = json_array_size(params);

	f->act.kind = CHANNEL_SEND_TEMPLATE;
	f->act.template_name = text_of(template, "name", failed);
	f->act.template_language = text_of(template, "language", failed);
	if (len > SEND_PARAMS_MAX) {
		*failed = true;
		return;
	}
	for (size_t i = 0; i < len; i++) {
		const json_t *v = json_array_get(params, i);

		f->params[i] = json_string_value(v);
		if (f->params[i] == NULL ||
		    strlen(f->params[i]) != json_string_length(v))
			*failed = true;
	}
	f->act.template_params = f->params;
	f->act.template_params_len = len;
}

static void act_media(struct send_flight *f, bool *failed)
{
	f->phase = SEND_UPLOAD;
	f->act.kind = CHANNEL_MEDIA_UPLOAD;
	f->act.media_name = text_of(f->attachment.media, "name", failed);
	f->act.media_type = text_of(f->attachment.media, "mime", failed);
	f->act.media_bytes = f->attachment.bytes;
}

static bool act_make(struct send_flight *f)
{
	const json_t *template = json_object_get(f->content, "template");
	bool failed = false;

	f->phase = SEND_CALL;
	if (f->lane->read) {
		f->act.kind = CHANNEL_MARK_READ;
		f->act.target = text_of(f->content, "id", &failed);
		return !failed;
	}
	id_format(&f->w->mask, ID_MESSAGE, f->lane->message, &f->reference);
	f->act.reference = f->reference.text;
	f->act.text = text_of(f->content, "text", &failed);
	f->act.reply_to = text_of(f->content, "reply_to", &failed);
	f->act.media_bytes = -1;
	if (strcmp(f->kind, "reaction") == 0) {
		f->act.kind = CHANNEL_SEND_REACTION;
		f->act.target = text_of(f->content, "target", &failed);
		f->act.emoji = text_of(f->content, "emoji", &failed);
	} else if (json_is_object(template)) {
		act_template(f, template, &failed);
	} else if (f->attachment.id != 0) {
		act_media(f, &failed);
	} else {
		f->act.kind = CHANNEL_SEND_TEXT;
	}
	return !failed;
}

/* --- making --------------------------------------------------------------- */

/* In which states of its message may a row still be sent? */
static bool sendable(const struct send_flight *f)
{
	return f->lane->read || strcmp(f->state, "queued") == 0 ||
	       strcmp(f->state, "unknown") == 0 ||
	       strcmp(f->state, "failed") == 0;
}

/* Fills the flight; a reason in *why ends the row. */
static int fill(struct send_flight *f, struct opened *o,
		struct send_refusal *why, struct err *err)
{
	bool found = false;

	if (send_load_message(f, &o->content, &found, err) != 0)
		return -1;
	if (!found || o->content.len == 0 || !sendable(f)) {
		*why = (struct send_refusal){.reason = "gone", .gone = true};
		return 0;
	}
	if (send_load_addresses(f, o->addresses, &o->addresses_len, err) != 0 ||
	    (!f->lane->read && send_load_attachment(f, &o->media, err) != 0) ||
	    open_sealed(f, o, err) != 0)
		return -1;
	if (!f->lane->read && send_judge(f, why, err) != 0)
		return -1;
	if (why->reason == NULL && !act_make(f))
		why->reason = "unusable";
	return 0;
}

int send_flight_make(struct send_lane *lane, struct send_flight **ret,
		     struct send_refusal *ret_refusal, struct err *err)
{
	struct send_flight *f = calloc(1, sizeof(*f));
	struct opened o = {0};
	int rc;

	if (f == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for a flight", 0);
	f->w = lane->queue->w;
	f->lane = lane;
	*ret_refusal = (struct send_refusal){0};
	rc = fill(f, &o, ret_refusal, err);
	opened_free(&o);
	/* The key was destroyed: the person is forgotten. */
	if (rc != 0 && err->kind == ERR_ABSENT) {
		*ret_refusal =
		    (struct send_refusal){.reason = "gone", .gone = true};
		rc = 0;
	} else if (rc != 0 &&
		   (err->kind == ERR_CORRUPT || err->kind == ERR_INPUT)) {
		LOG(LOG_LEVEL_ERROR, "send.unusable", LOG_ERR(err));
		*ret_refusal = (struct send_refusal){.reason = "unusable"};
		rc = 0;
	}
	if (rc == 0 && ret_refusal->reason == NULL) {
		*ret = f;
		return 0;
	}
	send_flight_free(&f);
	return rc;
}

/* --- calling -------------------------------------------------------------- */

static size_t give_bytes(void *ctx, uint8_t *ret, size_t size)
{
	struct send_flight *f = ctx;
	struct err err = {0};
	size_t len = 0;

	if (sealedfile_read(f->attachment.open, ret, size, &len, &err) == 0)
		return len;
	LOG(LOG_LEVEL_ERROR, "send.media", LOG_ERR(&err));
	return (size_t)-1;
}

static void answered(void *ctx, const struct http_reply *reply)
{
	struct send_flight *f = ctx;
	struct send_queue *q = f->lane->queue;
	const struct channel *ch = f->w->channels[q->channel];

	ch->driver->answer(ch, &f->act, reply, &f->outcome);
	f->under_way = false;
	f->answered = true;
	q->due_boot = 0;
}

int send_flight_start(struct send_flight *f, struct err *err)
{
	const struct channel *ch = f->w->channels[f->lane->queue->channel];
	struct send_attachment *a = &f->attachment;
	struct http_call call = {0};

	f->answered = false;
	if (ch->driver->request(ch, &f->act, &call, err) != 0)
		return -1;
	if (f->phase == SEND_UPLOAD) {
		sealedfile_close(&a->open);
		if (mediafile_open(f->w->settings->dir, a->file, a->key,
				   a->bytes, &a->open, err) != 0) {
			http_call_free(&call);
			return -1;
		}
		call.file = give_bytes;
		call.file_ctx = f;
	}
	if (http_start(f->w->http, &call, answered, f, err) != 0)
		return -1;
	f->under_way = true;
	return 0;
}
