/* whatsapp_phone.c - the customer's side: type, send a file, delete. */
#include "whatsapp.h"

#include <sodium.h>

void phone_chat(struct provider *p, const char *phone, json_t *entry)
{
	json_t *chat = json_object_get(p->chats, phone);

	if (chat == NULL) {
		json_object_set_new(p->chats, phone, json_array());
		chat = json_object_get(p->chats, phone);
	}
	json_array_append_new(chat, entry);
}

/* A value object of one message from phone; the message object is taken. */
static void customer_message(struct provider *p, const char *phone,
			     const char *wamid, json_t *message)
{
	json_t *value = hook_value(p);
	const char *name = json_string_value(json_object_get(p->names, phone));
	char ts[24], bsuid[64];

	snprintf(ts, sizeof(ts), "%lld", (long long)(sim_now_ms() / 1000));
	snprintf(bsuid, sizeof(bsuid), "DE.2048%s", phone);
	json_object_set_new(value, "contacts",
			    json_pack("[{s:{s:s}, s:s, s:s}]", "profile",
				      "name", name != NULL ? name : "Unbekannt",
				      "wa_id", phone, "user_id", bsuid));
	json_object_set_new(message, "from", json_string(phone));
	json_object_set_new(message, "from_user_id", json_string(bsuid));
	json_object_set_new(message, "id", json_string(wamid));
	json_object_set_new(message, "timestamp", json_string(ts));
	json_object_set_new(value, "messages", json_pack("[o]", message));
	hook_add(p, "messages", value, 0);
}

static void phone_text(struct provider *p, const struct sim_request *rq,
		       struct sim_answer *an)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *phone = json_string_value(json_object_get(in, "from"));
	const char *text = json_string_value(json_object_get(in, "text"));
	json_int_t count = json_integer_value(json_object_get(in, "count"));
	char wamid[64] = "", each[8192];

	if (phone == NULL || text == NULL) {
		sim_answer_text(an, 400, "text/plain", "from and text");
		json_decref(in);
		return;
	}
	for (json_int_t i = 0; i < (count > 0 ? count : 1); i++) {
		if (count > 0)
			snprintf(each, sizeof(each), "%s %lld", text,
				 (long long)(i + 1));
		else
			snprintf(each, sizeof(each), "%s", text);
		provider_id(p, wamid);
		customer_message(p, phone, wamid,
				 json_pack("{s:s, s:{s:s}}", "type", "text",
					   "text", "body", each));
		if (count <= 20)
			phone_chat(p, phone,
				   json_pack("{s:s, s:s, s:s, s:s, s:I}",
					     "from", "me", "id", wamid, "type",
					     "text", "text", each, "at_ms",
					     (json_int_t)sim_now_ms()));
	}
	sim_answer_json(an, 200, json_pack("{s:s}", "id", wamid));
	json_decref(in);
}

static const char *media_type(const char *mime)
{
	if (strncmp(mime, "image/", 6) == 0)
		return "image";
	if (strncmp(mime, "audio/", 6) == 0)
		return "audio";
	if (strncmp(mime, "video/", 6) == 0)
		return "video";
	return "document";
}

static void phone_file(struct provider *p, const struct sim_request *rq,
		       struct sim_answer *an)
{
	const char *phone = sim_query(rq, "from");
	const char *name = sim_query(rq, "name");
	const char *caption = sim_query(rq, "caption");
	const char *mime = sim_header(rq, "Content-Type");
	const char *type = media_type(mime);
	struct media *m = media_add(p, mime, name, rq->body, rq->body_len);
	char wamid[64], b64[64], hex[65];
	json_t *object;

	media_hash(m, b64, hex);
	object = json_pack("{s:s, s:s, s:s}", "id", m->id, "mime_type", mime,
			   "sha256", b64);
	if (name[0] != '\0' && strcmp(type, "document") == 0)
		json_object_set_new(object, "filename", json_string(name));
	if (caption[0] != '\0')
		json_object_set_new(object, "caption", json_string(caption));
	if (strcmp(type, "audio") == 0)
		json_object_set_new(object, "voice", json_true());
	provider_id(p, wamid);
	phone_chat(p, phone,
		   json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "from", "me",
			     "id", wamid, "type", type, "text", caption,
			     "media", m->id, "at_ms",
			     (json_int_t)sim_now_ms()));
	customer_message(p, phone, wamid,
			 json_pack("{s:s, s:o}", "type", type, type, object));
	sim_answer_json(an, 200,
			json_pack("{s:s, s:s}", "id", wamid, "media", m->id));
}

static void phone_delete(struct provider *p, const struct sim_request *rq,
			 struct sim_answer *an)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *phone = json_string_value(json_object_get(in, "from"));
	const char *id = json_string_value(json_object_get(in, "id"));
	json_t *chat = json_object_get(p->chats, phone != NULL ? phone : "");
	json_t *entry;
	char wamid[64];
	size_t i;

	if (phone == NULL || id == NULL) {
		sim_answer_text(an, 400, "text/plain", "from and id");
		json_decref(in);
		return;
	}
	json_array_foreach(chat, i, entry)
	{
		const char *have =
		    json_string_value(json_object_get(entry, "id"));

		if (have != NULL && strcmp(have, id) == 0) {
			json_object_set_new(entry, "deleted", json_true());
			json_object_del(entry, "text");
		}
	}
	customer_message(p, phone, provider_id(p, wamid),
			 json_pack("{s:s, s:{s:s}}", "type", "revoke", "revoke",
				   "original_message_id", id));
	sim_answer_json(an, 200, json_pack("{s:s}", "id", wamid));
	json_decref(in);
}

/* Any message object, for tests: {"from", "message": {...}, "id"?}. */
static void phone_raw(struct provider *p, const struct sim_request *rq,
		      struct sim_answer *an)
{
	json_t *in = json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *phone = json_string_value(json_object_get(in, "from"));
	const char *id = json_string_value(json_object_get(in, "id"));
	json_t *message = json_object_get(in, "message");
	char wamid[64];

	if (phone == NULL || message == NULL) {
		sim_answer_text(an, 400, "text/plain", "from and message");
	} else {
		if (id == NULL)
			id = provider_id(p, wamid);
		customer_message(p, phone, id, json_incref(message));
		sim_answer_json(an, 200, json_pack("{s:s}", "id", id));
	}
	json_decref(in);
}

static void phone_media(struct provider *p, struct sim_answer *an,
			const char *id)
{
	struct media *m;

	for (m = p->media; m != NULL; m = m->next) {
		if (strcmp(m->id, id) == 0) {
			sim_answer_bytes(an, 200, "application/octet-stream",
					 m->bytes, m->len);
			return;
		}
	}
	sim_answer_text(an, 404, "text/plain", "no such file");
}

void phone_handle(struct provider *p, const struct sim_request *rq,
		  struct sim_answer *an)
{
	if (strcmp(rq->path, "/phone/state") == 0)
		sim_answer_json(an, 200,
				json_pack("{s:O, s:O}", "names", p->names,
					  "chats", p->chats));
	else if (strcmp(rq->path, "/phone/text") == 0)
		phone_text(p, rq, an);
	else if (strcmp(rq->path, "/phone/file") == 0)
		phone_file(p, rq, an);
	else if (strcmp(rq->path, "/phone/delete") == 0)
		phone_delete(p, rq, an);
	else if (strcmp(rq->path, "/phone/raw") == 0)
		phone_raw(p, rq, an);
	else if (strncmp(rq->path, "/phone/media/", 13) == 0)
		phone_media(p, an, rq->path + 13);
	else
		sim_answer_text(an, 404, "text/plain", "no such page");
}
