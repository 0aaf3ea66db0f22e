/* whatsapp_graph.c - the provider's API: sends, statuses, media, errors. */
#include "whatsapp.h"

#include <openssl/evp.h>
#include <sodium.h>

static void graph_error(struct sim_answer *an, unsigned int status, int code)
{
	sim_answer_json(an, status,
			json_pack("{s:{s:s, s:s, s:i, s:{s:s}, s:s}}", "error",
				  "message", "simulated", "type",
				  "OAuthException", "code", code, "error_data",
				  "details", "simulated", "fbtrace_id", "SIM"));
}

static unsigned int status_of(json_int_t code)
{
	switch (code) {
	case 190:
		return 401;
	case 368:
	case 10:
		return 403;
	case 4:
	case 80007:
	case 130429:
		return 429;
	case 131000:
	case 131016:
		return 503;
	default:
		return 400;
	}
}

void media_hash(const struct media *m, char ret_base64[64], char ret_hex[65])
{
	unsigned char hash[32];

	EVP_Digest(m->bytes, m->len, hash, NULL, EVP_sha256(), NULL);
	sodium_bin2base64(ret_base64, 64, hash, sizeof(hash),
			  sodium_base64_VARIANT_ORIGINAL);
	sodium_bin2hex(ret_hex, 65, hash, sizeof(hash));
}

struct media *media_add(struct provider *p, const char *mime, const char *name,
			const void *bytes, size_t len)
{
	struct media *m = calloc(1, sizeof(*m));

	if (m == NULL || (m->bytes = malloc(len + 1)) == NULL)
		abort();
	memcpy(m->bytes, bytes, len);
	m->len = len;
	m->made_ms = sim_now_ms();
	snprintf(m->id, sizeof(m->id), "%llu",
		 1003383421387256ull + randombytes_uniform(1u << 30));
	snprintf(m->mime, sizeof(m->mime), "%s", mime);
	snprintf(m->name, sizeof(m->name), "%s", name);
	m->next = p->media;
	p->media = m;
	return m;
}

static struct media *media_find(struct provider *p, const char *id)
{
	struct media *m;

	for (m = p->media; m != NULL; m = m->next)
		if (strcmp(m->id, id) == 0 && !m->deleted)
			return m;
	return NULL;
}

/* Statuses of one accepted send, as the settings of the moment want them. */
static void queue_statuses(struct provider *p, const char *wamid,
			   const char *phone, const char *ref)
{
	int64_t due_ms = sim_now_ms();
	json_t *status;
	size_t i;

	json_array_foreach(p->how.statuses, i, status)
	{
		json_t *value = hook_value(p);
		json_t *row;
		char ts[24];

		due_ms += p->how.status_delay_ms;
		snprintf(ts, sizeof(ts), "%lld", (long long)(due_ms / 1000));
		row = json_pack("{s:s, s:O, s:s, s:s}", "id", wamid, "status",
				status, "timestamp", ts, "recipient_id", phone);
		if (ref != NULL)
			json_object_set_new(row, "biz_opaque_callback_data",
					    json_string(ref));
		json_object_set_new(value, "statuses", json_pack("[o]", row));
		hook_add(p, "messages", value, due_ms);
	}
}

static void accept_send(struct provider *p, json_t *body, const char *phone,
			struct sim_answer *an)
{
	char wamid[64];
	const char *type = json_string_value(json_object_get(body, "type"));
	const char *ref = json_string_value(
	    json_object_get(body, "biz_opaque_callback_data"));
	json_t *content = json_object_get(body, type != NULL ? type : "text");
	const char *text = json_string_value(json_object_get(content, "body"));
	const char *media_id =
	    json_string_value(json_object_get(content, "id"));
	json_t *entry;

	if (text == NULL)
		text = json_string_value(json_object_get(content, "caption"));
	provider_id(p, wamid);
	entry = json_pack("{s:s, s:s, s:s, s:I}", "from", "business", "id",
			  wamid, "type", type != NULL ? type : "text", "at_ms",
			  (json_int_t)sim_now_ms());
	if (text != NULL)
		json_object_set_new(entry, "text", json_string(text));
	if (media_id != NULL)
		json_object_set_new(entry, "media", json_string(media_id));
	phone_chat(p, phone, entry);
	json_object_set_new(body, "wamid", json_string(wamid));
	json_array_append(p->sends, body);
	queue_statuses(p, wamid, phone, ref);
	sim_answer_json(an, 200,
			json_pack("{s:s, s:[{s:s, s:s}], s:[{s:s}]}",
				  "messaging_product", "whatsapp", "contacts",
				  "input", phone, "wa_id", phone, "messages",
				  "id", wamid));
}

/* True when this send is answered with "slow down". */
static bool slowed_down(struct provider *p, struct sim_answer *an)
{
	if ((json_int_t)randombytes_uniform(100) >= p->how.slow_percent)
		return false;
	p->slowed++;
	graph_error(an, 429, 130429);
	if (p->how.retry_after[0] != '\0')
		sim_answer_header(an, "Retry-After", p->how.retry_after);
	return true;
}

static void graph_send(struct provider *p, const struct sim_request *rq,
		       struct sim_answer *an)
{
	json_t *body =
	    json_loadb((const char *)rq->body, rq->body_len, 0, NULL);
	const char *to = json_string_value(json_object_get(body, "to"));
	const char *recipient =
	    json_string_value(json_object_get(body, "recipient"));
	json_t *fault = json_array_get(p->how.send_errors, 0);

	p->calls++;
	if (body == NULL ||
	    json_object_get(body, "messaging_product") == NULL) {
		graph_error(an, 400, 100);
	} else if (json_object_get(body, "status") != NULL) {
		p->reads++;
		sim_answer_json(an, 200, json_pack("{s:b}", "success", 1));
	} else if (to == NULL && recipient == NULL) {
		graph_error(an, 400, 131009);
	} else if (to != NULL && to[0] != '+') {
		graph_error(an, 400, 131026); /* would reach a stranger */
	} else if (slowed_down(p, an)) {
		fault = NULL; /* kept for the next one */
	} else if (json_is_integer(fault)) {
		graph_error(an, status_of(json_integer_value(fault)),
			    (int)json_integer_value(fault));
	} else if (fault != NULL &&
		   strcmp(json_string_value(fault), "cut") == 0) {
		an->status = 0;
	} else if (fault != NULL &&
		   strcmp(json_string_value(fault), "garbage") == 0) {
		sim_answer_text(an, 502, "text/html", "<h1>Bad gateway</h1>");
	} else {
		accept_send(p, body, to != NULL ? to + 1 : recipient, an);
		if (fault != NULL) { /* cut_after: taken, but nobody hears */
			free(an->body);
			memset(an, 0, sizeof(*an));
		}
	}
	if (fault != NULL)
		json_array_remove(p->how.send_errors, 0);
	json_decref(body);
}

/* The one file part of a multipart body. */
static void graph_upload(struct provider *p, const struct sim_request *rq,
			 struct sim_answer *an)
{
	const char *type = sim_header(rq, "Content-Type");
	const char *b = strstr(type, "boundary=");
	char boundary[140], mime[96] = "application/octet-stream";
	const uint8_t *at, *end, *head, *start;
	const uint8_t *body = rq->body;
	size_t len = rq->body_len;
	const char *ct;
	struct media *m;

	if (b == NULL) {
		graph_error(an, 400, 100);
		return;
	}
	snprintf(boundary, sizeof(boundary), "\r\n--%s", b + 9);
	at = memmem(body, len, "filename=", 9);
	head = at;
	start = at != NULL
		    ? memmem(at, len - (size_t)(at - body), "\r\n\r\n", 4)
		    : NULL;
	if (start == NULL) {
		graph_error(an, 400, 100);
		return;
	}
	ct = memmem(head, (size_t)(start - head), "Content-Type: ", 14);
	if (ct != NULL)
		snprintf(mime, sizeof(mime), "%.*s",
			 (int)strcspn(ct + 14, "\r\n"), ct + 14);
	start += 4;
	end = memmem(start, len - (size_t)(start - body), boundary,
		     strlen(boundary));
	if (end == NULL) {
		graph_error(an, 400, 100);
		return;
	}
	m = media_add(p, mime, "upload", start, (size_t)(end - start));
	sim_answer_json(an, 200, json_pack("{s:s}", "id", m->id));
}

static void graph_media(struct provider *p, const struct sim_request *rq,
			struct sim_answer *an, const char *id)
{
	struct media *m = media_find(p, id);
	char b64[64], hex[65], url[256];

	if (m == NULL) {
		graph_error(an, 404, 100);
		return;
	}
	if (strcmp(rq->method, "DELETE") == 0) {
		m->deleted = true;
		p->deleted_media++;
		sim_answer_json(an, 200, json_pack("{s:b}", "success", 1));
		return;
	}
	media_hash(m, b64, hex);
	m->address_ms = sim_now_ms();
	snprintf(url, sizeof(url), "http://%s/media-bytes/%s?ext=%lld",
		 p->listen, m->id, (long long)(m->address_ms / 1000));
	snprintf(b64, sizeof(b64), "%zu", m->len);
	sim_answer_json(an, 200,
			json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}",
				  "messaging_product", "whatsapp", "url", url,
				  "mime_type", m->mime, "sha256", hex,
				  "file_size", b64, "id", m->id));
}

static void media_bytes(struct provider *p, struct sim_answer *an,
			const char *id)
{
	struct media *m = media_find(p, id);

	if (m == NULL || sim_now_ms() > m->address_ms + p->how.media_ttl_ms) {
		sim_answer_text(an, 404, "text/plain", "expired");
		return;
	}
	m->fetches++;
	sim_answer_bytes(an, 200, "application/octet-stream", m->bytes, m->len);
	if (p->how.wrong_hash && m->len > 0)
		an->body[0] ^= 1;
}

void graph_handle(struct provider *p, const struct sim_request *rq,
		  struct sim_answer *an)
{
	const char *auth = sim_header(rq, "Authorization");
	const char *last = strrchr(rq->path, '/') + 1;

	if (strncmp(auth, "Bearer ", 7) != 0 || strcmp(auth + 7, p->token) != 0)
		graph_error(an, 401, 190);
	else if (strncmp(rq->path, "/media-bytes/", 13) == 0)
		media_bytes(p, an, last);
	else if (strcmp(last, "messages") == 0)
		graph_send(p, rq, an);
	else if (strcmp(last, "media") == 0)
		graph_upload(p, rq, an);
	else
		graph_media(p, rq, an, last);
}
