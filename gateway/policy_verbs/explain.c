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
	char *spelt;
	int status;

	if (args->json)
		return print_json(made_up_text_json(text));
	spelt = malloc(len + 1);
	if (spelt == NULL)
		return refused("no memory");
	status =
	    print_keyword(tongue, spelt, keyword_normalise(text, len, spelt));
	sodium_memzero(spelt, len + 1);
	free(spelt);
	return status;
}

struct explain_options {
	struct made_up_wish wish;
	const char *language, *policy;
};

static int read_options(const struct verb_args *args, struct explain_options *o)
{
	const struct option_row rows[] = {
	    {"--text", &o->wish.text, false},
	    {"--channel", &o->wish.channel, false},
	    {"--event", &o->wish.event, false},
	    {"--purpose", &o->wish.purpose, false},
	    {"--consent", &o->wish.consent, false},
	    {"--media", &o->wish.media, false},
	    {"--bytes", &o->wish.bytes, false},
	    {"--at", &o->wish.at, false},
	    {"--helpdesk", &o->wish.helpdesk, false},
	    {"--tagged", &o->wish.tagged, false},
	    {"--window", &o->wish.window, false},
	    {"--mechanism", &o->wish.mechanism, false},
	    {"--land", &o->wish.land, false},
	    {"--speaks", &o->wish.speaks, false},
	    {"--language", &o->language, false},
	    {"--policy", &o->policy, false},
	};
	const struct option_flag flags[] = {
	    {"--first", &o->wish.first},
	    {"--suppressed", &o->wish.suppressed},
	    {"--restricted", &o->wish.restricted},
	    {"--minor", &o->wish.minor},
	    {"--template", &o->wish.template},
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
	if (o.policy == NULL && made_up_is_text(&o.wish))
		return explain_text(args, o.wish.text, tongue);
	return explain_made_up(args, &o.wish, o.policy, tongue);
}
