/* explain_event.c - one made-up event: what would happen, and why. */
#include <string.h>

#include "explain.h"
#include "files.h"
#include "options.h"

#define ANSWER_MAX (8u * 1024 * 1024)

static int show_words(const struct made_up *e, const char *policy_file,
		      enum tongue tongue)
{
	const char *text = e->wish->text;
	const struct explain_case c = {
	    .policy = e->policy,
	    .facts = &e->facts,
	    .decision = &e->decision,
	    .text = text,
	    .text_len = text != NULL ? strlen(text) : 0,
	    .file = files_label(policy_file),
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

int explain_made_up(const struct verb_args *args,
		    const struct made_up_wish *wish, const char *policy_file,
		    enum tongue tongue)
{
	struct made_up e = {.wish = wish};
	struct settings *settings = NULL;
	struct policy *policy = NULL;
	struct complaint why;
	int status = EXIT_REFUSED;

	if (files_policy(args->dir, policy_file, &policy) != 0)
		return status;
	/* A file of one's own needs no instance; where there is one, its
	 * routes and its Land are taken. */
	if (policy_file == NULL)
		(void)files_settings(args->dir, false, &settings);
	e.policy = policy;
	e.settings = settings;
	if (made_up_decide(&e, tongue, &why) != 0)
		status = refused_by(&why);
	else if (args->json)
		status = print_json(made_up_json(&e, tongue));
	else
		status = show_words(&e, policy_file, tongue);
	made_up_free(&e);
	settings_free(&settings);
	policy_free(&policy);
	return status;
}
