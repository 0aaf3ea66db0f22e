/* consent_person.c - one person's consents, from the running instance. */
#include "consent_person.h"

#include <string.h>

#include "api/operator.h"
#include "options.h"
#include "postern/consentpage.h"
#include "postern/jsonmem.h"
#include "postern/name.h"
#include "show_one.h"

#define PATH_BYTES     200
#define SAY(t, de, en) ((t) == TONGUE_EN ? (en) : (de))

/* --- show ----------------------------------------------------------------- */

static const char *state_words(const json_t *consent, enum tongue t)
{
	const char *name = operator_text(consent, "state");
	enum consent_state state;

	return consent_state_parse(name, &state) ? consentpage_state(t, state)
						 : name;
}

static void print_event(const json_t *event, enum tongue t)
{
	const char *until = operator_text(event, "until");

	(void)printf("    %s  %s: %s; %s", operator_text(event, "at"),
		     consentpage_kind(t, operator_text(event, "event")),
		     consentpage_by(t, operator_text(event, "by")),
		     consentpage_method(t, operator_text(event, "method")));
	if (strcmp(until, "-") != 0)
		(void)printf(SAY(t, "; bis %s", "; until %s"), until);
	(void)printf("\n");
	if (json_is_string(json_object_get(event, "wording")))
		(void)printf(
		    SAY(t, "      Wortlaut %s\n", "      wording %s\n"),
		    operator_text(event, "wording"));
}

static void print_consent(const json_t *consent, enum tongue t)
{
	const json_t *events = json_object_get(consent, "events");
	const char *channel = operator_text(consent, "channel");
	const char *until = operator_text(consent, "until");

	(void)printf("  %s, %s: %s", operator_text(consent, "purpose"),
		     strcmp(channel, "-") == 0
			 ? SAY(t, "alle Kanäle", "every channel")
			 : channel,
		     state_words(consent, t));
	if (json_is_true(json_object_get(consent, "valid")) &&
	    strcmp(until, "-") != 0)
		(void)printf(SAY(t, " bis %s", " until %s"), until);
	(void)printf("\n");
	for (size_t i = 0; i < json_array_size(events); i++)
		print_event(json_array_get(events, i), t);
}

static void print_listed(const json_t *one, enum tongue t)
{
	const char *channel = operator_text(one, "channel");

	(void)printf(SAY(t, "  Sperrliste: %s, %s, seit %s (%s)\n",
			 "  suppression list: %s, %s, since %s (%s)\n"),
		     operator_text(one, "scope"),
		     strcmp(channel, "-") == 0
			 ? SAY(t, "alle Kanäle", "every channel")
			 : channel,
		     operator_text(one, "since"), operator_text(one, "reason"));
}

static int print_words(const json_t *answer, enum tongue t)
{
	const json_t *all = json_object_get(answer, "consents");
	const json_t *listed = json_object_get(answer, "suppressed");

	(void)printf("%s (%s)%s\n", operator_text(answer, "person"),
		     operator_text(answer, "alias"),
		     json_is_true(json_object_get(answer, "minor"))
			 ? SAY(t, ", vielleicht unter 16", ", may be under 16")
			 : "");
	if (json_array_size(all) == 0)
		(void)printf("%s\n", SAY(t,
					 "  Es ist keine Einwilligung "
					 "festgehalten.",
					 "  No consent is on record."));
	for (size_t i = 0; i < json_array_size(all); i++)
		print_consent(json_array_get(all, i), t);
	for (size_t i = 0; i < json_array_size(listed); i++)
		print_listed(json_array_get(listed, i), t);
	if (operator_number(answer, "reviews") > 0)
		(void)printf(SAY(t,
				 "  Zu prüfen: %lld; bis dahin ruht Werbung.\n",
				 "  To be reviewed: %lld; advertising rests "
				 "until then.\n"),
			     (long long)operator_number(answer, "reviews"));
	return printed();
}

int consent_show(const struct verb_args *args)
{
	return show_one(args, &(struct show_one){.prefix = "per",
						 .before = "/v1/persons/",
						 .behind = "/consents",
						 .words = print_words});
}

/* --- proof ---------------------------------------------------------------- */

struct wish {
	const char *purpose, *form, *channel, *language;
};

/* Names only, so that nothing else gets into the address. */
static bool is_plain(const char *text)
{
	struct name ignored;

	return text == NULL || name_set(&ignored, text, strlen(text));
}

static int proof_path(const struct verb_args *args, const struct wish *w,
		      char ret[PATH_BYTES])
{
	int len;

	if (!is_plain(w->purpose) || !is_plain(w->form) ||
	    !is_plain(w->channel) || !is_plain(w->language))
		return refused("letters, digits, _ and - make a name");
	len = snprintf(ret, PATH_BYTES,
		       "/v1/persons/%s/consents/%s/proof?form=%s%s%s%s%s",
		       args->argv[0], w->purpose, w->form,
		       w->channel != NULL ? "&channel=" : "",
		       w->channel != NULL ? w->channel : "",
		       w->language != NULL ? "&language=" : "",
		       w->language != NULL ? w->language : "");
	return len > 0 && len < PATH_BYTES ? EXIT_DONE
					   : refused("a name is too long");
}

/* For people JSON is laid out, too: they keep it as a file. */
static int print_record(const json_t *answer)
{
	return jsonmem_print_file(answer, JSON_INDENT(2), stdout, NULL) == 0
		   ? printed()
		   : refused("the answer could not be printed");
}

int consent_proof(const struct verb_args *args)
{
	struct wish w = {0};
	const struct option_row rows[] = {
	    {"--form", &w.form, false},
	    {"--channel", &w.channel, false},
	    {"--language", &w.language, false},
	};
	char path[PATH_BYTES];
	struct operator_call call = {.method = "GET", .path = path};
	struct buf page = {0};
	json_t *answer = NULL;
	struct verb_args rest = *args;
	int status;

	if (args->argc < 2 || !operator_id(args->argv[0], "per"))
		return EXIT_USAGE;
	rest.argc -= 2;
	rest.argv += 2;
	status = options_read(&rest, rows, 3);
	if (status != EXIT_DONE)
		return status;
	w.purpose = args->argv[1];
	if (w.form == NULL)
		w.form = "jsonld";
	call.raw = strcmp(w.form, "html") == 0;
	if (proof_path(args, &w, path) != EXIT_DONE)
		return EXIT_REFUSED;
	status = operator_call(args, &call, &answer, &page);
	if (status == EXIT_DONE && !call.raw) {
		status = print_record(answer);
	} else if (status == EXIT_DONE) {
		(void)fwrite(page.bytes, 1, page.len, stdout);
		status = printed();
	}
	json_decref(answer);
	buf_free(&page);
	return status;
}
