/* made_up.c - one made-up event: what would happen, and why. */
#include "made_up.h"

#include <sodium.h>
#include <string.h>

#include "postern/caldate.h"
#include "postern/language.h"

#define ANSWER_MAX (8u * 1024 * 1024)
#define BYTES_MAX  100000000u
/* Without --at: a Monday at ten, when offices are open. */
#define SOME_DAY    20416
#define SOME_MINUTE 600

/* --- a text alone --------------------------------------------------------- */

bool made_up_is_text(const struct made_up_wish *wish)
{
	const char *const others[] = {
	    wish->channel, wish->event,	 wish->purpose,	  wish->consent,
	    wish->media,   wish->bytes,	 wish->at,	  wish->helpdesk,
	    wish->tagged,  wish->window, wish->mechanism, wish->land,
	    wish->speaks,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] != NULL)
			return false;
	return wish->text != NULL && !wish->first && !wish->suppressed &&
	       !wish->restricted && !wish->minor && !wish->template;
}

json_t *made_up_text_json(const char *text)
{
	size_t len = strlen(text), n;
	char *spelt = malloc(len + 1);
	json_t *v;

	if (spelt == NULL)
		return NULL;
	n = keyword_normalise(text, len, spelt);
	v = json_pack("{s:s,s:s%,s:b}", "keyword",
		      keyword_class_name(keyword_classify(spelt, n, NULL, 0)),
		      "normalised", spelt, n, "confirms",
		      keyword_confirms(spelt, n, NULL, 0));
	sodium_memzero(spelt, len + 1);
	free(spelt);
	return v;
}

/* --- facts ---------------------------------------------------------------- */

/* value NULL: the first. */
static int word_at(const char *member, const char *value,
		   enum explain_fact fact, size_t *ret, struct complaint *why)
{
	size_t len;
	const char *const *words = explain_words(fact, &len);

	for (*ret = 0; value != NULL && *ret < len; ++*ret)
		if (strcmp(value, words[*ret]) == 0)
			return 0;
	return value == NULL ? 0
			     : complain_choice(why, member, value, words, len);
}

static int set_words(struct made_up *e, struct complaint *why)
{
	const struct made_up_wish *o = e->wish;
	struct policy_facts *f = &e->facts;
	size_t event, consent, window, mechanism;

	if (word_at("event", o->event, EXPLAIN_EVENT, &event, why) != 0 ||
	    word_at("consent", o->consent, EXPLAIN_CONSENT, &consent, why) !=
		0 ||
	    word_at("window", o->window, EXPLAIN_WINDOW, &window, why) != 0 ||
	    word_at("mechanism", o->mechanism, EXPLAIN_MECHANISM, &mechanism,
		    why) != 0)
		return -1;
	f->act = explain_act(event);
	/* Who names a purpose means a message of ours. */
	if (o->event == NULL && o->purpose != NULL)
		f->act = ACT_SEND;
	f->consent = (enum consent_state)consent;
	f->window_open = window == 0;
	f->mechanism = (enum policy_mechanism)mechanism;
	return 0;
}

/* "2026-11-21T10:00:00+01:00" as the clock on the wall there shows it. */
static int set_time(struct made_up *e, struct complaint *why)
{
	const char *at = e->wish->at;
	char date[CALDATE_BYTES] = "";
	int64_t ms;

	e->facts.local =
	    (struct policy_local){.day = SOME_DAY, .minute = SOME_MINUTE};
	if (at == NULL)
		return 0;
	if (!instant_parse(at, &ms))
		return complain(why, "at",
				"is no point in time; date, time and "
				"offset, such as 2026-11-21T10:00:00+01:00");
	memcpy(date, at, CALDATE_BYTES - 1);
	if (!caldate_parse(date, &e->facts.local.day))
		return complain(why, "at", "has no date");
	e->facts.local.minute = ((at[11] - '0') * 10 + at[12] - '0') * 60 +
				(at[14] - '0') * 10 + at[15] - '0';
	e->dated = true;
	return 0;
}

static int set_name(const char *member, const char *text, struct name *ret,
		    struct complaint *why)
{
	return name_set(ret, text, strlen(text))
		   ? 0
		   : complain(why, member, "is no name");
}

static int no_channel(const struct policy *p, struct complaint *why)
{
	struct policy_channel channel;

	(void)complain(why, "channel", "is none of the policy; one of");
	for (size_t i = 0; policy_channel_at(p, i, &channel); i++)
		complain_word(why, channel.name.text);
	return -1;
}

static int set_channel(struct made_up *e, struct complaint *why)
{
	struct policy_channel channel, other;

	if (e->wish->channel != NULL) {
		if (!name_set(&e->channel, e->wish->channel,
			      strlen(e->wish->channel)) ||
		    !policy_channel_of(e->policy, &e->channel, &channel))
			return no_channel(e->policy, why);
	} else if (policy_channel_at(e->policy, 0, &channel) &&
		   !policy_channel_at(e->policy, 1, &other)) {
		e->channel = channel.name;
	} else {
		return no_channel(e->policy, why);
	}
	e->facts.channel = &e->channel;
	return 0;
}

/* The named one; else that of the route; else the only one there is. */
static int set_helpdesk(struct made_up *e, struct complaint *why)
{
	const struct settings_helpdesk *routed = NULL;
	struct policy_helpdesk helpdesk, other;

	e->facts.helpdesk = &e->helpdesk;
	if (e->wish->helpdesk != NULL)
		return set_name("helpdesk", e->wish->helpdesk, &e->helpdesk,
				why);
	if (e->settings != NULL)
		routed = settings_route(e->settings, &e->channel);
	if (routed != NULL)
		e->helpdesk = routed->name;
	else if (e->settings == NULL &&
		 policy_helpdesk_at(e->policy, 0, &helpdesk) &&
		 !policy_helpdesk_at(e->policy, 1, &other))
		e->helpdesk = helpdesk.name;
	else
		e->facts.helpdesk = NULL;
	return 0;
}

static int set_data(struct made_up *e, struct complaint *why)
{
	int status;

	if (e->wish->tagged == NULL)
		return 0;
	status = set_name("tagged", e->wish->tagged, &e->tagged, why);
	if (status != 0)
		return status;
	if (!policy_has_data(e->policy, &e->tagged))
		return complain(why, "tagged", "is no Datenart of the policy");
	e->facts.datenart = &e->tagged;
	return 0;
}

/* Digits alone. */
static bool read_bytes(const char *text, uint32_t *ret)
{
	*ret = 0;
	if (*text == '\0' || strspn(text, "0123456789") != strlen(text))
		return false;
	for (; *text != '\0' && *ret <= BYTES_MAX; text++)
		*ret = *ret * 10 + (uint32_t)(*text - '0');
	return *ret <= BYTES_MAX;
}

static int set_media(struct made_up *e, struct complaint *why)
{
	static const char *const kinds[] = {"image", "audio", "video",
					    "document", "sticker"};
	const size_t len = sizeof(kinds) / sizeof(kinds[0]);
	const char *kind = e->wish->media;
	uint32_t bytes;
	size_t i = 0;

	e->facts.media_bytes = -1;
	while (kind != NULL && i < len && strcmp(kind, kinds[i]) != 0)
		i++;
	if (i == len)
		return complain_choice(why, "media", kind, kinds, len);
	e->facts.media_kind = kind;
	e->facts.media = kind != NULL;
	if (e->wish->bytes == NULL)
		return 0;
	if (!read_bytes(e->wish->bytes, &bytes))
		return complain(why, "bytes", "is no number up to %u",
				BYTES_MAX);
	e->facts.media_bytes = bytes;
	return 0;
}

/* The language of the text, if it tells; else the one that is asked for. */
static int set_text(struct made_up *e, enum tongue tongue,
		    struct complaint *why)
{
	const char *text = e->wish->text;
	enum tongue spoken;

	if (e->wish->speaks != NULL && !tongue_parse(e->wish->speaks, &spoken))
		return complain(why, "speaks", "is no language here; de or en");
	e->facts.language = e->wish->speaks;
	if (text != NULL) {
		e->normal = malloc(strlen(text) + 1);
		if (e->normal == NULL)
			return complain_memory(why);
		e->facts.normal = e->normal;
		e->facts.normal_len =
		    keyword_normalise(text, strlen(text), e->normal);
	}
	if (e->facts.language == NULL && text != NULL)
		e->facts.language = language_of(e->normal, e->facts.normal_len);
	if (e->facts.language == NULL)
		e->facts.language = tongue_code(tongue);
	return 0;
}

static int make_facts(struct made_up *e, enum tongue tongue,
		      struct complaint *why)
{
	const struct made_up_wish *o = e->wish;

	e->facts.purpose = o->purpose;
	e->facts.noticed = !o->first;
	e->facts.suppressed = o->suppressed;
	e->facts.restricted = o->restricted;
	e->facts.minor = o->minor;
	e->facts.template_message = o->template;
	e->facts.land = o->land != NULL	      ? o->land
			: e->settings != NULL ? e->settings->controller.land
					      : NULL;
	if (set_words(e, why) != 0 || set_time(e, why) != 0 ||
	    set_channel(e, why) != 0 || set_helpdesk(e, why) != 0 ||
	    set_data(e, why) != 0 || set_media(e, why) != 0 ||
	    set_text(e, tongue, why) != 0)
		return -1;
	return 0;
}

/* --- the event ------------------------------------------------------------ */

/* The worker finds these when a message comes; here the text is given. */
static int note_redaction(struct made_up *e, struct complaint *why)
{
	struct buf kept = BUF_INIT(ANSWER_MAX), shown = BUF_INIT(ANSWER_MAX);
	struct explain_found found[EXPLAIN_FOUND_MAX];
	const char *text = e->wish->text;
	size_t len = 0;
	int status = 0;

	if (text == NULL || !e->decision.store || e->facts.act == ACT_SEND)
		return 0;
	if (explain_redact(e->policy, &e->channel, BEFORE_STORE, text,
			   strlen(text), found, &len, &kept, NULL) != 0 ||
	    explain_redact(e->policy, &e->channel, BEFORE_FORWARD,
			   (const char *)kept.bytes, kept.len, found, &len,
			   &shown, NULL) != 0)
		status = complain_memory(why);
	for (size_t i = 0; i < len; i++) {
		const struct policy_finder finder = {.line = found[i].line};

		policy_took_out(&e->decision, &finder, found[i].moment);
	}
	buf_free(&kept);
	buf_free(&shown);
	return status;
}

int made_up_decide(struct made_up *ret, enum tongue tongue,
		   struct complaint *why)
{
	if (make_facts(ret, tongue, why) != 0)
		return -1;
	policy_decide(ret->policy, &ret->facts, &ret->decision);
	return note_redaction(ret, why);
}

void made_up_free(struct made_up *e)
{
	if (e->normal != NULL)
		sodium_memzero(e->normal, strlen(e->wish->text) + 1);
	free(e->normal);
	e->normal = NULL;
}
