/* about.c - what is done with the data, for programs (Art. 15(1)(a) to (h),
 * (2) GDPR); for people: accesspage.h. */
#include "making.h"
#include "postern/explain.h"
#include "postern/jsonmem.h"
#include "postern/render.h"

#define RULE_MAX 4096

static json_t *text_json(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text)
					       : json_null();
}

static json_t *purposes_json(const struct policy *policy)
{
	json_t *list = json_array();
	struct policy_purpose purpose;

	for (size_t i = 0; policy_purpose_at(policy, i, NULL, &purpose); i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:s,s:s,s:o,s:b}", "name", purpose.name.text,
			      "basis", legal_basis_names[purpose.basis],
			      "interest", text_json(purpose.interest),
			      "marketing", purpose.marketing));
	return list;
}

static json_t *rule_json(const struct policy *policy, enum tongue tongue,
			 const struct name *datenart)
{
	struct buf words = BUF_INIT(RULE_MAX);
	json_t *text = NULL;

	if (explain_rule(tongue, policy, datenart, &words, NULL) == 0)
		text = json_stringn((const char *)words.bytes, words.len);
	buf_free(&words);
	return text != NULL ? text : json_null();
}

static json_t *categories_json(const struct policy *policy)
{
	json_t *list = json_array();
	struct policy_rule rule;

	for (size_t i = 0; policy_rule_at(policy, i, &rule); i++)
		(void)json_array_append_new(
		    list,
		    json_pack("{s:s,s:o,s:{s:o,s:o}}", "datenart",
			      rule.name.text, "description",
			      text_json(rule.description), "period", "de",
			      rule_json(policy, TONGUE_DE, &rule.name), "en",
			      rule_json(policy, TONGUE_EN, &rule.name)));
	return list;
}

static json_t *transfers_json(const struct settings *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->channels_len; i++) {
		const struct settings_channel *c = &s->channels[i];

		(void)json_array_append_new(
		    list,
		    json_pack("{s:s,s:s,s:s,s:o,s:o}", "channel", c->name.text,
			      "provider", c->type, "role", c->provider.role,
			      "safeguard", text_json(c->provider.mechanism),
			      "contract", text_json(c->provider.contract)));
	}
	return list;
}

static json_t *rights_json(void)
{
	static const char *const articles[] = {"15", "16", "17", "18",
					       "20", "21", "77"};
	json_t *list = json_array();
	char text[24];

	for (size_t i = 0; i < sizeof(articles) / sizeof(articles[0]); i++) {
		(void)snprintf(text, sizeof(text), "Art. %s GDPR", articles[i]);
		(void)json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *about_json(const struct packaging *p)
{
	const struct settings *s = p->w->settings;
	const struct policy *policy = p->w->policy;

	return json_pack(
	    "{s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:s,s:b,s:o,s:{s:s,s:I}}",
	    "controller", s->controller.name, "contact",
	    text_json(s->controller.contact), "dpo",
	    text_json(s->controller.dpo), "complaint_to",
	    text_json(render_authority(s->controller.land)), "purposes",
	    purposes_json(policy), "categories", categories_json(policy),
	    "rights", rights_json(), "source",
	    "the data subject; address and profile name by the provider of the "
	    "channel",
	    "automated_decisions", 0, "transfers", transfers_json(s), "policy",
	    "name", policy_name(policy)->text, "version",
	    (json_int_t)policy_version(policy));
}
