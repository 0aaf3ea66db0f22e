/* call.c - what a helpdesk or a processor is sent.
 *
 * The id of the row is the id of the notice, the same at every attempt, so
 * that who was told twice knows it. */
#include "tell.h"

#include <sodium.h>

#define TIMEOUT_MS  20000L
#define CALLBACK_AT "/opendsr/callback"

static int call_helpdesk(struct worker *w, struct tell *t, const json_t *clear,
			 struct http_call *ret, struct err *err)
{
	const struct settings_helpdesk *conf =
	    &w->settings->helpdesks[t->helpdesk];
	const json_t *list = json_object_get(clear, "conversations");
	const char **conversations;
	struct helpdesk_note note = {.now_ms = worker_now(w),
				     .at_ms = worker_now(w)};
	char alias[ALIAS_BYTES] = "";
	struct id_text id;
	int64_t person = 0;
	int rc;

	conversations = calloc(json_array_size(list) + 1, sizeof(char *));
	if (conversations == NULL)
		return ERR_SET(err, ERR_NOMEM, "notice", 0);
	for (size_t i = 0; i < json_array_size(list); i++)
		conversations[note.conversations_len++] =
		    json_string_value(json_array_get(list, i));
	id_format(&w->mask, ID_TELLING, t->id, &id);
	note.type =
	    t->event == TELLING_ERASED ? "person.erased" : "person.rectified";
	note.delivery = id.text;
	note.conversations = conversations;
	note.telling = conf->confirms ? id.text : NULL;
	note.person = json_string_value(json_object_get(clear, "person"));
	if (note.person != NULL &&
	    id_parse(&w->mask, ID_PERSON, note.person, strlen(note.person),
		     &person, NULL) == 0) {
		id_alias(&w->mask, person, alias);
		note.alias = alias;
	}
	rc = w->helpdesks[t->helpdesk]->driver->request(
	    w->helpdesks[t->helpdesk], &note, ret, err);
	free(conversations);
	return rc;
}

/* --- processors ----------------------------------------------------------- */

static int add_token(const struct settings_processor *p, struct http_call *call,
		     struct err *err)
{
	const struct secret *token =
	    setting_secret(p->values, p->values_len, "token");
	char text[SECRET_LEN_MAX + 16];
	int rc;

	if (token == NULL || token->len == 0)
		return 0;
	(void)snprintf(text, sizeof(text), "Bearer %.*s", (int)token->len,
		       (const char *)token->bytes);
	rc = http_call_header(call, "Authorization", text, err);
	sodium_memzero(text, sizeof(text));
	return rc;
}

/* Where it tells of each state: our own public address. */
static const char *callback_url(const struct worker *w, char *ret, size_t size)
{
	const char *own = w->settings->portal.url;

	if (own[0] == '\0')
		return NULL;
	(void)snprintf(ret, size, "%s" CALLBACK_AT, own);
	return ret;
}

int telling_callback(const struct worker *w, char *ret, size_t size)
{
	return callback_url(w, ret, size) != NULL ? 0 : -1;
}

/* Nobody demands it of a controller, and it harms nobody: who has our
 * certificate can tell that it was us. */
static int sign(struct worker *w, struct http_call *call, struct err *err)
{
	char signature[OPENDSR_SIGNATURE_BYTES];

	if (w->opendsr_key == NULL)
		return 0;
	return opendsr_sign(w->opendsr_key, call->body.bytes, call->body.len,
			    signature, err) != 0 ||
		       http_call_header(call, "X-OpenDSR-Processor-Domain",
					w->settings->opendsr.domain,
					err) != 0 ||
		       http_call_header(call, "X-OpenDSR-Signature", signature,
					err) != 0
		   ? -1
		   : 0;
}

static int fill_processor(struct worker *w, struct tell *t, const json_t *clear,
			  struct http_call *call, struct err *err)
{
	const struct settings_processor *p = t->processor;
	char url[sizeof(p->url) + 64], own[512];
	const struct opendsr_ask ask = {
	    .id = t->outside_id,
	    .domain = p->domain,
	    .callback = p->certificate_pem != NULL
			    ? callback_url(w, own, sizeof(own))
			    : NULL,
	    .identities = json_object_get(clear, "identities"),
	    .at_ms = worker_now(w),
	};

	(void)snprintf(url, sizeof(url), "%s/requests%s%s", p->url,
		       t->asks ? "/" : "", t->asks ? t->outside_id : "");
	if (http_call_set(&call->url, url, err) != 0 ||
	    add_token(p, call, err) != 0)
		return -1;
	if (t->asks)
		return 0;
	return opendsr_request_print(&ask, &call->body, err) != 0 ||
		       http_call_header(call, "Content-Type",
					"application/json", err) != 0
		   ? -1
		   : sign(w, call, err);
}

static int call_processor(struct worker *w, struct tell *t, const json_t *clear,
			  struct http_call *ret, struct err *err)
{
	const struct settings_processor *p = t->processor;
	struct http_call call = {.timeout_ms = TIMEOUT_MS,
				 .answer_max = TELL_ANSWER_MAX,
				 .allow = t->allow,
				 .allow_len = p->allow_len,
				 .http_allowed = true /* listed targets */};

	for (size_t i = 0; i < p->allow_len; i++)
		t->allow[i] = p->allow[i];
	(void)snprintf(call.method, sizeof(call.method), "%s",
		       t->asks ? "GET" : "POST");
	call.body = BUF_INIT(TELLING_CLEAR_MAX + 4096);
	if (fill_processor(w, t, clear, &call, err) != 0) {
		http_call_free(&call);
		return -1;
	}
	*ret = call;
	return 0;
}

int tell_call(struct worker *w, struct tell *t, const json_t *clear,
	      struct http_call *ret, struct err *err)
{
	return t->processor != NULL ? call_processor(w, t, clear, ret, err)
				    : call_helpdesk(w, t, clear, ret, err);
}
