/* explain_event.c - one made-up event: what would happen, and why. */
#include <sodium.h>
#include <string.h>

#include "explain.h"
#include "files.h"
#include "options.h"
#include "postern/caldate.h"
#include "postern/diag.h"
#include "postern/language.h"

#define ANSWER_MAX (8u * 1024 * 1024)
#define BYTES_MAX  100000000u
/* Without --at: a Monday at ten, when offices are open. */
#define SOME_DAY    20416
#define SOME_MINUTE 600

/* --- facts ---------------------------------------------------------------- */

static int no_word(const char *option, const char *value,
		   const char *const *words, size_t len)
{
	const char *near = diag_nearest(value, words, len);

	if (near != NULL)
		return refused("%s has no such word; did you mean '%s'?",
			       option, near);
	(void)fprintf(stderr, "postern: %s has no such word; one of", option);
	for (size_t i = 0; i < len; i++)
		(void)fprintf(stderr, " %s", words[i]);
	(void)fputc('\n', stderr);
	return EXIT_REFUSED;
}

/* value NULL: the first. */
static int word_at(const char *option, const char *value,
		   enum explain_fact fact, size_t *ret)
{
	size_t len;
	const char *const *words = explain_words(fact, &len);

	for (*ret = 0; value != NULL && *ret < len; ++*ret)
		if (strcmp(value, words[*ret]) == 0)
			return EXIT_DONE;
	return value == NULL ? EXIT_DONE : no_word(option, value, words, len);
}

static int set_words(struct made_up *e)
{
	const struct explain_options *o = e->o;
	struct policy_facts *f = &e->facts;
	size_t event, consent, window, mechanism;

	if (word_at("--event", o->event, EXPLAIN_EVENT, &event) != EXIT_DONE ||
	    word_at("--consent", o->consent, EXPLAIN_CONSENT, &consent) !=
		EXIT_DONE ||
	    word_at("--window", o->window, EXPLAIN_WINDOW, &window) !=
		EXIT_DONE ||
	    word_at("--mechanism", o->mechanism, EXPLAIN_MECHANISM,
		    &mechanism) != EXIT_DONE)
		return EXIT_REFUSED;
	f->act = explain_act(event);
	/* Who names a purpose means a message of ours. */
	if (o->event == NULL && o->purpose != NULL)
		f->act = ACT_SEND;
	f->consent = (enum consent_state)consent;
	f->window_open = window == 0;
	f->mechanism = (enum policy_mechanism)mechanism;
	return EXIT_DONE;
}

/* "2026-11-21T10:00:00+01:00" as the clock on the wall there shows it. */
static int set_time(struct made_up *e)
{
	const char *at = e->o->at;
	char date[CALDATE_BYTES] = "";
	int64_t ms;

	e->facts.local =
	    (struct policy_local){.day = SOME_DAY, .minute = SOME_MINUTE};
	if (at == NULL)
		return EXIT_DONE;
	if (!instant_parse(at, &ms))
		return refused("--at is no point in time; date, time and "
			       "offset, such as 2026-11-21T10:00:00+01:00");
	memcpy(date, at, CALDATE_BYTES - 1);
	if (!caldate_parse(date, &e->facts.local.day))
		return refused("--at has no date");
	e->facts.local.minute = ((at[11] - '0') * 10 + at[12] - '0') * 60 +
				(at[14] - '0') * 10 + at[15] - '0';
	e->dated = true;
	return EXIT_DONE;
}

static int set_name(const char *option, const char *text, struct name *ret)
{
	return name_set(ret, text, strlen(text))
		   ? EXIT_DONE
		   : refused("%s is no name", option);
}

static int no_channel(const struct policy *p)
{
	struct policy_channel channel;

	(void)fputs("postern: --channel is none of the policy; one of", stderr);
	for (size_t i = 0; policy_channel_at(p, i, &channel); i++)
		(void)fprintf(stderr, " %s", channel.name.text);
	(void)fputc('\n', stderr);
	return EXIT_REFUSED;
}

static int set_channel(struct made_up *e)
{
	struct policy_channel channel, other;

	if (e->o->channel != NULL) {
		if (!name_set(&e->channel, e->o->channel,
			      strlen(e->o->channel)) ||
		    !policy_channel_of(e->policy, &e->channel, &channel))
			return no_channel(e->policy);
	} else if (policy_channel_at(e->policy, 0, &channel) &&
		   !policy_channel_at(e->policy, 1, &other)) {
		e->channel = channel.name;
	} else {
		return no_channel(e->policy);
	}
	e->facts.channel = &e->channel;
	return EXIT_DONE;
}

/* The named one; else that of the route; else the only one there is. */
static int set_helpdesk(struct made_up *e)
{
	const struct settings_helpdesk *routed = NULL;
	struct policy_helpdesk helpdesk, other;

	e->facts.helpdesk = &e->helpdesk;
	if (e->o->helpdesk != NULL)
		return set_name("--helpdesk", e->o->helpdesk, &e->helpdesk);
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
	return EXIT_DONE;
}

static int set_data(struct made_up *e)
{
	int status;

	if (e->o->tagged == NULL)
		return EXIT_DONE;
	status = set_name("--tagged", e->o->tagged, &e->tagged);
	if (status != EXIT_DONE)
		return status;
	if (!policy_has_data(e->policy, &e->tagged))
		return refused("--tagged is no Datenart of the policy");
	e->facts.datenart = &e->tagged;
	return EXIT_DONE;
}

static int set_media(struct made_up *e)
{
	static const char *const kinds[] = {"image", "audio", "video",
					    "document", "sticker"};
	const size_t len = sizeof(kinds) / sizeof(kinds[0]);
	const char *kind = e->o->media;
	uint32_t bytes;
	size_t i = 0;

	e->facts.media_bytes = -1;
	while (kind != NULL && i < len && strcmp(kind, kinds[i]) != 0)
		i++;
	if (i == len)
		return no_word("--media", kind, kinds, len);
	e->facts.media_kind = kind;
	e->facts.media = kind != NULL;
	if (e->o->bytes == NULL)
		return EXIT_DONE;
	if (!option_number(e->o->bytes, 0, BYTES_MAX, &bytes))
		return refused("--bytes is no number up to %u", BYTES_MAX);
	e->facts.media_bytes = bytes;
	return EXIT_DONE;
}

/* The language of the text, if it tells; else the one that is asked for. */
static int set_text(struct made_up *e, enum tongue tongue)
{
	const char *text = e->o->text;
	enum tongue spoken;

	if (e->o->speaks != NULL && !tongue_parse(e->o->speaks, &spoken))
		return refused("--speaks is no language here; de or en");
	e->facts.language = e->o->speaks;
	if (text != NULL) {
		e->normal = malloc(strlen(text) + 1);
		if (e->normal == NULL)
			return refused("no memory");
		e->facts.normal = e->normal;
		e->facts.normal_len =
		    keyword_normalise(text, strlen(text), e->normal);
	}
	if (e->facts.language == NULL && text != NULL)
		e->facts.language = language_of(e->normal, e->facts.normal_len);
	if (e->facts.language == NULL)
		e->facts.language = tongue_code(tongue);
	return EXIT_DONE;
}

static int make_facts(struct made_up *e, enum tongue tongue)
{
	const struct explain_options *o = e->o;

	e->facts.purpose = o->purpose;
	e->facts.noticed = !o->first;
	e->facts.suppressed = o->suppressed;
	e->facts.restricted = o->restricted;
	e->facts.minor = o->minor;
	e->facts.template_message = o->template;
	e->facts.land = o->land != NULL	      ? o->land
			: e->settings != NULL ? e->settings->controller.land
					      : NULL;
	if (set_words(e) != EXIT_DONE || set_time(e) != EXIT_DONE ||
	    set_channel(e) != EXIT_DONE || set_helpdesk(e) != EXIT_DONE ||
	    set_data(e) != EXIT_DONE || set_media(e) != EXIT_DONE ||
	    set_text(e, tongue) != EXIT_DONE)
		return EXIT_REFUSED;
	return EXIT_DONE;
}

/* --- the event ------------------------------------------------------------ */

static int show_words(const struct made_up *e, enum tongue tongue)
{
	const struct explain_case c = {
	    .policy = e->policy,
	    .facts = &e->facts,
	    .decision = &e->decision,
	    .text = e->o->text,
	    .text_len = e->o->text != NULL ? strlen(e->o->text) : 0,
	    .file = files_label(e->o->policy),
	    .dated = e->dated,
	};
	struct buf words = BUF_INIT(ANSWER_MAX);
	struct err err = {0};
	int status;

	if (explain_event(&c, tongue, &words, &err) != 0) {
		status = refused("%s", err.what);
	} else {
		(void)fwrite(words.bytes, 1, words.len, stdout);
		status = printed();
	}
	buf_free(&words);
	return status;
}

/* The worker finds these when a message comes; here the text is given. */
static int note_redaction(struct made_up *e)
{
	struct buf kept = BUF_INIT(ANSWER_MAX), shown = BUF_INIT(ANSWER_MAX);
	struct explain_found found[EXPLAIN_FOUND_MAX];
	const char *text = e->o->text;
	size_t len = 0;
	int status = EXIT_DONE;

	if (text == NULL || !e->decision.store || e->facts.act == ACT_SEND)
		return EXIT_DONE;
	if (explain_redact(e->policy, &e->channel, BEFORE_STORE, text,
			   strlen(text), found, &len, &kept, NULL) != 0 ||
	    explain_redact(e->policy, &e->channel, BEFORE_FORWARD,
			   (const char *)kept.bytes, kept.len, found, &len,
			   &shown, NULL) != 0)
		status = refused("no memory");
	for (size_t i = 0; i < len; i++) {
		const struct policy_finder finder = {.line = found[i].line};

		policy_took_out(&e->decision, &finder, found[i].moment);
	}
	buf_free(&kept);
	buf_free(&shown);
	return status;
}

int explain_made_up(const struct verb_args *args,
		    const struct explain_options *o, enum tongue tongue)
{
	struct made_up e = {.o = o};
	int status = EXIT_REFUSED;

	if (files_policy(args->dir, o->policy, &e.policy) != 0)
		goto out;
	/* A file of one's own needs no instance; where there is one, its
	 * routes and its Land are taken. */
	if (o->policy == NULL)
		(void)files_settings(args->dir, false, &e.settings);
	if (make_facts(&e, tongue) != EXIT_DONE)
		goto out;
	policy_decide(e.policy, &e.facts, &e.decision);
	if (note_redaction(&e) != EXIT_DONE)
		goto out;
	status = args->json ? explain_json(&e, tongue) : show_words(&e, tongue);
out:
	if (e.normal != NULL)
		sodium_memzero(e.normal, strlen(o->text) + 1);
	free(e.normal);
	settings_free(&e.settings);
	policy_free(&e.policy);
	return status;
}
