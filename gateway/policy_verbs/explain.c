/* explain.c - `postern policy explain`, and what a text orders by its
 * keywords. */
#include "explain.h"

#include <sodium.h>
#include <string.h>

#include "options.h"
#include "postern/jsonmem.h"

/* Terminals obey control bytes. */
int explain_quote(const char *text, size_t len, struct buf *ret)
{
	json_t *string = json_stringn(text, len);
	struct err err = {0};
	int rc = jsonmem_print(string, JSON_ENCODE_ANY, ret, &err);

	json_decref(string);
	if (rc == 0 && buf_text(ret) != NULL)
		return 0;
	(void)refused("no memory");
	return -1;
}

static int print_keyword(enum tongue tongue, const char *spelt, size_t len)
{
	enum keyword_class class = keyword_classify(spelt, len, NULL, 0);
	bool en = tongue == TONGUE_EN;
	struct buf quoted = BUF_INIT(8 * len + 16);

	if (explain_quote(spelt, len, &quoted) != 0) {
		buf_free(&quoted);
		return EXIT_REFUSED;
	}
	(void)printf(en ? "Keyword %s, read as %s.\n%s\n"
			: "Schlüsselwort %s, gelesen als %s.\n%s\n",
		     keyword_class_name(class), buf_text(&quoted),
		     explain_keyword(tongue, class));
	if (keyword_confirms(spelt, len, NULL, 0))
		(void)printf(
		    en ? "As the answer to a request for consent: yes.\n"
		       : "Als Antwort auf die Bitte um Einwilligung: ja.\n");
	buf_free(&quoted);
	return printed();
}

/* Needs no policy: what is built in. */
static int explain_text(const struct verb_args *args, const char *text,
			enum tongue tongue)
{
	size_t len = strlen(text);
	char *spelt = malloc(len + 1);
	int status;

	if (spelt == NULL)
		return refused("no memory");
	len = keyword_normalise(text, len, spelt);
	if (args->json)
		status = print_json(json_pack(
		    "{s:s,s:s%,s:b}", "keyword",
		    keyword_class_name(keyword_classify(spelt, len, NULL, 0)),
		    "normalised", spelt, len, "confirms",
		    keyword_confirms(spelt, len, NULL, 0)));
	else
		status = print_keyword(tongue, spelt, len);
	sodium_memzero(spelt, len + 1);
	free(spelt);
	return status;
}

/* Only what is built in is asked for: a text, and nothing about an event. */
static bool text_alone(const struct explain_options *o)
{
	const char *const others[] = {
	    o->channel,	  o->event, o->purpose,	 o->consent, o->media,
	    o->bytes,	  o->at,    o->helpdesk, o->tagged,  o->window,
	    o->mechanism, o->land,  o->speaks,	 o->policy,
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (others[i] != NULL)
			return false;
	return o->text != NULL && !o->first && !o->suppressed &&
	       !o->restricted && !o->minor && !o->template;
}

static int read_options(const struct verb_args *args, struct explain_options *o)
{
	const struct option_row rows[] = {
	    {"--text", &o->text, false},
	    {"--channel", &o->channel, false},
	    {"--event", &o->event, false},
	    {"--purpose", &o->purpose, false},
	    {"--consent", &o->consent, false},
	    {"--media", &o->media, false},
	    {"--bytes", &o->bytes, false},
	    {"--at", &o->at, false},
	    {"--helpdesk", &o->helpdesk, false},
	    {"--tagged", &o->tagged, false},
	    {"--window", &o->window, false},
	    {"--mechanism", &o->mechanism, false},
	    {"--land", &o->land, false},
	    {"--speaks", &o->speaks, false},
	    {"--language", &o->language, false},
	    {"--policy", &o->policy, false},
	};
	const struct option_flag flags[] = {
	    {"--first", &o->first},	      {"--suppressed", &o->suppressed},
	    {"--restricted", &o->restricted}, {"--minor", &o->minor},
	    {"--template", &o->template},
	};

	return options_read_flags(args, rows, sizeof(rows) / sizeof(rows[0]),
				  flags, sizeof(flags) / sizeof(flags[0]));
}

int policy_explain(const struct verb_args *args)
{
	struct explain_options o = {0};
	enum tongue tongue;
	int status;

	if (args->argc == 0) {
		(void)refused("a text, an event or an id");
		return EXIT_USAGE;
	}
	if (args->argv[0][0] != '-')
		return explain_stored(args);
	status = read_options(args, &o);
	if (status == EXIT_DONE)
		status = option_tongue(o.language, &tongue);
	if (status != EXIT_DONE)
		return status;
	return text_alone(&o) ? explain_text(args, o.text, tongue)
			      : explain_made_up(args, &o, tongue);
}
