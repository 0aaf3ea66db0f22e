/* made_up_json.c - a made-up event, its decision and reasons for machines. */
#include "made_up.h"

#include <string.h>

#include "postern/caldate.h"
#include "postern/text.h"

#define TEXT_MAX (8u * 1024 * 1024)

static json_t *text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text)
					       : json_null();
}

static json_t *facts_json(const struct made_up *e)
{
	const struct policy_facts *f = &e->facts;
	char date[CALDATE_BYTES];
	size_t len;

	caldate_format(f->local.day, date);
	return json_pack(
	    "{s:s,s:s,s:o,s:o,s:o,s:s,s:b,s:b,s:b,s:b,s:s,s:b,s:b,s:s,s:s,s:i,"
	    "s:o,s:o}",
	    "event",
	    explain_words(EXPLAIN_EVENT, &len)[f->act == ACT_RECEIVE  ? 0
					       : f->act == ACT_EDIT   ? 1
					       : f->act == ACT_DELETE ? 2
								      : 3],
	    "channel", f->channel->text, "helpdesk",
	    text_or_null(f->helpdesk != NULL ? f->helpdesk->text : NULL),
	    "tagged",
	    text_or_null(f->datenart != NULL ? f->datenart->text : NULL),
	    "purpose", text_or_null(f->purpose), "consent",
	    explain_words(EXPLAIN_CONSENT, &len)[f->consent], "suppressed",
	    f->suppressed, "restricted", f->restricted, "minor", f->minor,
	    "first", !f->noticed, "mechanism",
	    explain_words(EXPLAIN_MECHANISM, &len)[f->mechanism], "window_open",
	    f->window_open, "template", f->template_message, "language",
	    f->language, "day", date, "minute", f->local.minute, "land",
	    text_or_null(f->land), "media", text_or_null(f->media_kind));
}

static json_t *said_json(const struct policy_decision *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->say_len; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s,s:s,s:o}", "kind",
				    policy_say_name(d->say[i].kind), "notice",
				    d->say[i].notice->name.text, "text",
				    d->say[i].notice->text, "purpose",
				    text_or_null(d->say[i].purpose != NULL
						     ? d->say[i].purpose->text
						     : NULL)));
	return list;
}

static json_t *decision_object(const struct policy_decision *d)
{
	static const char *const persons[] = {"alias", "name", "address"};
	static const char *const forgets[] = {"forget", "mask", "keep"};

	return json_pack(
	    "{s:b,s:b,s:b,s:b,s:b,s:b,s:b,s:s,s:o,s:b,s:b,s:b,s:s,s:b,s:s,s:s,"
	    "s:o,s:o}",
	    "store", d->store, "forward", d->forward, "send", d->send,
	    "quarantine", d->quarantine, "hold_back", d->hold, "reduced",
	    d->reduced, "window_closed", d->window_closed, "data",
	    d->datenart.text, "media_data",
	    text_or_null(d->media_datenart.text), "media_refused",
	    d->media_refused, "sees_text", d->sees_text, "sees_attachments",
	    d->sees_attachments, "person", persons[d->person], "special",
	    d->special, "delete", forgets[d->forget], "keyword",
	    keyword_class_name(d->keyword), "keep_as",
	    text_or_null(d->keep_as.text), "say", said_json(d));
}

static json_t *reason_json(const struct made_up *e,
			   const struct policy_reason *r, enum tongue tongue)
{
	const struct name *purpose = policy_purpose(e->policy, &e->channel);
	const struct explain_names names = {
	    .channel = e->channel.text,
	    .helpdesk = e->facts.helpdesk != NULL ? e->helpdesk.text : NULL,
	    .data = e->decision.datenart.text,
	    .media_data = e->decision.media_datenart.text,
	    .purpose = e->facts.purpose != NULL ? e->facts.purpose
		       : purpose != NULL	? purpose->text
						: NULL,
	};
	struct buf text = BUF_INIT(4096);
	json_t *v = NULL;

	if (explain_reason(tongue, r->code, &names, &text, NULL) == 0)
		v = json_pack("{s:s,s:I,s:s*,s:s%}", "code", r->code, "line",
			      (json_int_t)r->line, "article", r->article,
			      "text", (const char *)text.bytes, text.len);
	buf_free(&text);
	return v;
}

static json_t *reasons_json(const struct made_up *e, enum tongue tongue)
{
	json_t *list = json_array();

	for (size_t i = 0; i < e->decision.reasons_len; i++)
		(void)json_array_append_new(
		    list, reason_json(e, &e->decision.reasons[i], tongue));
	if (json_array_size(list) == e->decision.reasons_len)
		return list;
	json_decref(list);
	return NULL;
}

/* What redact takes out, as names; the texts that are left. */
static json_t *redacted_json(const struct made_up *e)
{
	struct explain_found found[EXPLAIN_FOUND_MAX];
	struct buf kept = BUF_INIT(TEXT_MAX), shown = BUF_INIT(TEXT_MAX);
	const char *text = e->wish->text;
	json_t *list = json_array();
	size_t len = 0;

	if (text == NULL || e->facts.act != ACT_RECEIVE)
		goto out;
	if (explain_redact(e->policy, &e->channel, BEFORE_STORE, text,
			   strlen(text), found, &len, &kept, NULL) != 0 ||
	    explain_redact(e->policy, &e->channel, BEFORE_FORWARD,
			   (const char *)kept.bytes, kept.len, found, &len,
			   &shown, NULL) != 0) {
		json_decref(list);
		list = NULL;
	}
	for (size_t i = 0; list != NULL && i < len; i++)
		(void)json_array_append_new(
		    list, json_pack("{s:s,s:s,s:I,s:I}", "find", found[i].name,
				    "before",
				    found[i].moment == BEFORE_STORE ? "store"
								    : "forward",
				    "line", (json_int_t)found[i].line, "count",
				    (json_int_t)found[i].count));
out:
	buf_free(&kept);
	buf_free(&shown);
	return list;
}

static json_t *policy_json(const struct policy *p)
{
	char digest[2 * POLICY_DIGEST_BYTES + 1];

	hex_encode(policy_digest(p), POLICY_DIGEST_BYTES, digest);
	return json_pack("{s:s,s:I,s:s}", "name", policy_name(p)->text,
			 "version", (json_int_t)policy_version(p), "digest",
			 digest);
}

json_t *made_up_json(const struct made_up *e, enum tongue tongue)
{
	json_t *root =
	    json_pack("{s:s,s:o,s:o,s:o,s:o,s:o}", "keyword",
		      keyword_class_name(e->decision.keyword), "facts",
		      facts_json(e), "decision", decision_object(&e->decision),
		      "reasons", reasons_json(e, tongue), "redacted",
		      redacted_json(e), "policy", policy_json(e->policy));

	if (root != NULL && e->normal != NULL) {
		(void)json_object_set_new(
		    root, "normalised",
		    json_stringn(e->normal, e->facts.normal_len));
		(void)json_object_set_new(
		    root, "confirms",
		    json_boolean(keyword_confirms(
			e->normal, e->facts.normal_len, NULL, 0)));
	}
	return root;
}
