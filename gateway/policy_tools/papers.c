/* papers.c - the papers that follow from policy and settings, as JSON. */
#include "papers.h"

#include <string.h>

#include "postern/text.h"

static void fill_channel(const struct settings *s,
			 const struct settings_channel *c,
			 struct render_channel *ret)
{
	const struct settings_helpdesk *desk = settings_route(s, &c->name);

	*ret = (struct render_channel){
	    .name = c->name,
	    .type = c->type,
	    .role = c->provider.role,
	    .contract = c->provider.contract,
	    .mechanism = c->provider.mechanism,
	    .review = c->provider.review,
	};
	if (desk != NULL)
		ret->helpdesk = desk->name;
}

void papers_fill(const struct settings *s, struct papers_instance *ret)
{
	for (size_t i = 0; i < s->channels_len; i++)
		fill_channel(s, &s->channels[i], &ret->channels[i]);
	ret->instance = (struct render_instance){
	    .controller = s->controller.name,
	    .contact = s->controller.contact,
	    .dpo = s->controller.dpo,
	    .land = s->controller.land,
	    .channels = ret->channels,
	    .channels_len = s->channels_len,
	};
}

int papers_read(const char *what, const char *format, struct papers_wish *ret,
		struct complaint *why)
{
	ret->one = what != NULL;
	ret->format = RENDER_HTML;
	if (what != NULL && !render_parse(what, &ret->what))
		return complain(why, "what",
				"is no paper; loeschkonzept, verzeichnis, "
				"kanaele or massnahmen");
	if (format == NULL || strcmp(format, "html") == 0)
		return 0;
	ret->format = RENDER_MARKDOWN;
	return strcmp(format, "md") == 0
		   ? 0
		   : complain(why, "format", "is none; html or md");
}

json_t *paper_json(const struct papers_wish *wish, enum render_what what)
{
	return json_pack("{s:s,s:s,s:s}", "what", render_name(what), "language",
			 tongue_code(wish->tongue), "format",
			 wish->format == RENDER_HTML ? "html" : "md");
}

json_t *papers_json(const struct policy *policy, bool in_force, json_t *list)
{
	char digest[2 * POLICY_DIGEST_BYTES + 1];

	hex_encode(policy_digest(policy), POLICY_DIGEST_BYTES, digest);
	return json_pack("{s:{s:s,s:I,s:s,s:b},s:o}", "policy", "name",
			 policy_name(policy)->text, "version",
			 (json_int_t)policy_version(policy), "digest", digest,
			 "in_force", in_force, "papers", list);
}

static int add_text(json_t *list, const struct papers_wish *wish,
		    enum render_what what, const struct buf *text,
		    struct err *err)
{
	json_t *one = paper_json(wish, what);

	(void)json_object_set_new(
	    one, "text", json_stringn((const char *)text->bytes, text->len));
	if (json_object_get(one, "text") != NULL)
		return json_array_append_new(list, one) == 0
			   ? 0
			   : ERR_SET(err, ERR_NOMEM, "no memory", 0);
	json_decref(one);
	return ERR_SET(err, ERR_NOMEM, "no memory", 0);
}

static int add_paper(json_t *list, const struct papers_wish *wish,
		     enum render_what what, const struct policy *policy,
		     const struct papers_instance *instance, struct err *err)
{
	struct buf text = BUF_INIT(PAPER_BYTES_MAX);
	int rc = render_page(what, wish->format, wish->tongue, policy,
			     &instance->instance, &text, err);

	if (rc == 0)
		rc = add_text(list, wish, what, &text, err);
	buf_free(&text);
	return rc;
}

int papers_texts(const struct papers_wish *wish, const struct policy *policy,
		 const struct papers_instance *instance, bool in_force,
		 json_t **ret, struct err *err)
{
	json_t *list = json_array();

	for (int what = 0; what < RENDERS; what++) {
		if (wish->one && what != (int)wish->what)
			continue;
		if (add_paper(list, wish, (enum render_what)what, policy,
			      instance, err) == 0)
			continue;
		json_decref(list);
		return -1;
	}
	*ret = papers_json(policy, in_force, list);
	return *ret != NULL ? 0 : ERR_SET(err, ERR_NOMEM, "no memory", 0);
}
