/* messages.c - a reply: checked, sealed, queued in one transaction.
 *
 * Content as sealed: {"text", "reply_to" (the provider's id), "template"
 * {"name","language","params"}, "purpose"}; what is absent is left out. */
#include <strings.h>

#include "body.h"
#include "outgoing.h"
#include "problem.h"
#include "route.h"
#include "worker/rates.h"

#define TEXT_MAX      16384
#define TEMPLATE_NAME 512
#define TEMPLATE_LANG 16
#define PARAMS_MAX    64
#define PARAM_MAX     1024

static const char sql_given[] =
    "SELECT bytes FROM attachment WHERE id=? AND conversation=?"
    " AND state='outgoing' AND message IS NULL";
static const char sql_attach[] = "UPDATE attachment SET message=? WHERE id=?";

struct reply {
	const char *text, *purpose, *reply_to;
	int64_t attachment, attachment_bytes; /* 0 none */
	const char *template_name, *template_language;
	const char *params[PARAMS_MAX];
	size_t params_len;
};

static int read_params(struct job *job, const json_t *template,
		       struct reply *ret)
{
	const json_t *params = json_object_get(template, "params");

	if (params == NULL || json_is_null(params))
		return 0;
	if (!json_is_array(params) || json_array_size(params) > PARAMS_MAX)
		return body_refuse(job, "not a list of up to 64 texts",
				   "template.params");
	for (size_t i = 0; i < json_array_size(params); i++) {
		const json_t *one = json_array_get(params, i);

		if (!json_is_string(one) ||
		    json_string_length(one) > PARAM_MAX ||
		    strlen(json_string_value(one)) != json_string_length(one))
			return body_refuse(job, "not a list of up to 64 texts",
					   "template.params");
		ret->params[ret->params_len++] = json_string_value(one);
	}
	return 0;
}

static int read_template(struct job *job, const json_t *body, struct reply *ret)
{
	static const char *const known[] = {"name", "language", "params"};
	const json_t *template = json_object_get(body, "template");

	if (template == NULL || json_is_null(template))
		return 0;
	if (!json_is_object(template) ||
	    body_stranger(template, known, 3) != NULL)
		return body_refuse(job, "not {name, language, params}",
				   "template");
	if (body_text(job, template, "name", TEMPLATE_NAME,
		      &ret->template_name) != 0 ||
	    body_text(job, template, "language", TEMPLATE_LANG,
		      &ret->template_language) != 0)
		return -1;
	if (ret->template_name == NULL || ret->template_language == NULL)
		return body_refuse(job, "name and language are needed",
				   "template");
	return read_params(job, template, ret);
}

/* One at most: a channel's act carries one. */
static int read_attachment(struct worker *w, struct job *job,
			   const struct conversation *cnv, const json_t *body,
			   struct reply *ret, struct err *err)
{
	static const char *const known[] = {"id"};
	const json_t *list = json_object_get(body, "attachments");
	const json_t *one;
	const char *id = NULL;
	bool found = false;

	if (list == NULL || json_is_null(list) ||
	    (json_is_array(list) && json_array_size(list) == 0))
		return 0;
	if (!json_is_array(list) || json_array_size(list) > 1)
		return body_refuse(job, "not a list of at most one",
				   "attachments");
	one = json_array_get(list, 0);
	if (!json_is_object(one) || body_stranger(one, known, 1) != NULL)
		return body_refuse(job, "not {id}", "attachments");
	if (body_text(job, one, "id", ID_TEXT_BYTES, &id) != 0)
		return -1;
	if (id != NULL &&
	    id_parse(&w->mask, ID_ATTACHMENT, id, strlen(id), &ret->attachment,
		     NULL) == 0 &&
	    store_one_int(w->store, sql_given,
			  STORE_ARGS(S_INT(ret->attachment), S_INT(cnv->id)),
			  &ret->attachment_bytes, &found, err) != 0)
		return -1;
	return found ? 0
		     : body_refuse(job,
				   "not uploaded to this conversation, or "
				   "already sent",
				   "attachments");
}

static int read_reply(struct worker *w, struct job *job,
		      const struct conversation *cnv, const json_t *body,
		      struct reply *ret, struct err *err)
{
	if (body_text(job, body, "text", TEXT_MAX, &ret->text) != 0 ||
	    body_text(job, body, "purpose", NAME_LEN_MAX, &ret->purpose) != 0 ||
	    body_text(job, body, "reply_to", ID_TEXT_BYTES, &ret->reply_to) !=
		0 ||
	    read_template(job, body, ret) != 0 ||
	    read_attachment(w, job, cnv, body, ret, err) != 0)
		return -1;
	if (ret->template_name != NULL &&
	    (ret->text != NULL || ret->attachment != 0))
		return body_refuse(job, "goes without text and attachments",
				   "template");
	if (ret->text == NULL && ret->attachment == 0 &&
	    ret->template_name == NULL)
		return body_refuse(job,
				   "one of text, attachments, template is "
				   "needed",
				   "text");
	return 0;
}

static int add(json_t *to, const char *key, json_t *value)
{
	return json_object_set_new(to, key, value);
}

static json_t *content_of(const struct reply *r, const struct quoted *quoted)
{
	json_t *v = json_object(), *template, *params;
	int bad = 0;

	if (r->text != NULL)
		bad |= add(v, "text", json_string(r->text));
	if (quoted->message != 0)
		bad |= add(v, "reply_to", json_string(quoted->id));
	if (r->purpose != NULL)
		bad |= add(v, "purpose", json_string(r->purpose));
	if (r->template_name != NULL) {
		params = json_array();
		for (size_t i = 0; i < r->params_len; i++)
			bad |= json_array_append_new(params,
						     json_string(r->params[i]));
		template = json_pack("{s:s, s:s, s:o}", "name",
				     r->template_name, "language",
				     r->template_language, "params", params);
		bad |= add(v, "template", template);
	}
	if (bad == 0)
		return v;
	json_decref(v);
	return NULL;
}

static int possible(struct worker *w, struct job *job,
		    const struct conversation *cnv, const struct reply *r,
		    const struct quoted *quoted, struct err *err)
{
	struct channel_act act = {
	    .kind = r->template_name != NULL ? CHANNEL_SEND_TEMPLATE
		    : r->attachment != 0     ? CHANNEL_SEND_MEDIA
					     : CHANNEL_SEND_TEXT,
	    .text = r->text,
	    .reply_to = quoted->message != 0 ? quoted->id : NULL,
	    .template_name = r->template_name,
	    .template_language = r->template_language,
	    .template_params = r->params,
	    .template_params_len = r->params_len,
	};

	if (r->attachment != 0) {
		act.media_id = "0";
		act.media_bytes = r->attachment_bytes;
	}
	return outgoing_possible(w, job, cnv, &act, err);
}

static const char *kind_of(const struct reply *r)
{
	if (r->template_name != NULL)
		return "template";
	return r->attachment != 0 ? "media" : "text";
}

static int queue_reply(struct worker *w, struct job *job,
		       const struct conversation *cnv, const struct reply *r,
		       struct err *err)
{
	struct send_wish wish = {.purpose = r->purpose,
				 .media = r->attachment != 0,
				 .template_message = r->template_name != NULL};
	struct policy_decision decision;
	struct outgoing out = {.kind = kind_of(r)};
	struct quoted quoted = {0};
	int64_t id;
	int rc = -1;

	if (conversation_may_send(w, job, cnv, &wish, &decision, err) != 0)
		return -1;
	if (r->reply_to != NULL &&
	    outgoing_quoted(w, job, cnv, "reply_to", r->reply_to, &quoted,
			    err) != 0)
		return -1;
	if (possible(w, job, cnv, r, &quoted, err) != 0)
		return -1;
	out.datenart = cnv->tagged ? cnv->datenart : decision.datenart;
	out.target = quoted.message;
	rates_campaign(w, &cnv->channel, r->purpose, r->template_name,
		       out.campaign);
	out.content = content_of(r, &quoted);
	if (out.content == NULL)
		return ERR_SET(err, ERR_NOMEM, "no memory for content", 0);
	if (outgoing_put(w, cnv, &out, &id, err) != 0)
		goto out;
	if (r->attachment != 0 &&
	    store_run(w->store, sql_attach,
		      STORE_ARGS(S_INT(id), S_INT(r->attachment)), err) != 0)
		goto out;
	rc = outgoing_answer(w, job, id, err);
out:
	json_decref(out.content);
	return rc;
}

int api_message_send(struct worker *w, struct job *job, struct err *err)
{
	static const char *const known[] = {"text", "attachments", "template",
					    "purpose", "reply_to"};
	struct reply reply = {0};
	struct conversation cnv;
	json_t *body;
	int rc = -1;

	if (body_object(job, known, 5, &body) != 0)
		return -1;
	if (conversation_load(w, job, job->id, &cnv, err) == 0 &&
	    read_reply(w, job, &cnv, body, &reply, err) == 0)
		rc = queue_reply(w, job, &cnv, &reply, err);
	json_decref(body);
	return rc;
}
