/* verb_policy.c - `postern policy due|decide|explain`. */
#include <sodium.h>
#include <string.h>

#include "decide.h"
#include "options.h"
#include "postern/buf.h"
#include "postern/caldate.h"
#include "postern/diag.h"
#include "postern/jsonmem.h"
#include "postern/keyword.h"
#include "postern/retention.h"

/* --- due ------------------------------------------------------------------ */

#define STATUTORY_MAX 32

static int unknown_rule(const char *name)
{
	const char *names[STATUTORY_MAX], *near;
	size_t len;
	const struct statutory *all = statutory_all(&len);

	for (size_t i = 0; i < len && i < STATUTORY_MAX; i++)
		names[i] = all[i].name;
	near = diag_nearest(name, names,
			    len < STATUTORY_MAX ? len : STATUTORY_MAX);
	if (near != NULL)
		return refused("no such statutory rule; did you mean '%s'?",
			       near);
	(void)refused("no such statutory rule; one of these:");
	for (size_t i = 0; i < len; i++)
		(void)fprintf(stderr, "  %s  %s\n", all[i].name,
			      all[i].article);
	return EXIT_REFUSED;
}

static int print_due(const struct verb_args *args, const struct retention *r,
		     const struct statutory *law)
{
	char last[CALDATE_BYTES], from[CALDATE_BYTES];

	caldate_format(r->last_day, last);
	caldate_format(r->erase_from, from);
	if (args->json)
		return print_json(json_pack("{s:s,s:s}", "last_day", last,
					    "erase_from", from));
	(void)printf("Kept through %s; may be erased from %s, 00:00 local "
		     "time, on.\n",
		     last, from);
	if (law != NULL)
		(void)printf(
		    "%s: %u years from %s.\n", law->article, law->years,
		    law->year_end ? "the end of that year" : "that day");
	return printed();
}

static int policy_due(const struct verb_args *args)
{
	const char *start = NULL, *period = NULL, *rule = NULL;
	const struct option_row rows[] = {{"--start", &start, true},
					  {"--period", &period, false},
					  {"--statutory", &rule, false}};
	const struct statutory *law = NULL;
	struct period p = {0};
	struct retention r;
	int64_t day;
	int status = options_read(args, rows, 3);

	if (status != EXIT_DONE)
		return status;
	if ((period == NULL) == (rule == NULL)) {
		(void)refused("either --period or --statutory");
		return EXIT_USAGE;
	}
	if (!caldate_parse(start, &day))
		return refused("--start is no date; a day that exists, such "
			       "as 2027-08-30");
	if (rule != NULL && (law = statutory_find(rule)) == NULL)
		return unknown_rule(rule);
	if (period != NULL && !period_parse(period, &p))
		return refused("--period is no period; ISO 8601 in whole "
			       "days, such as P6M, P90D, P1Y6M or P2W");
	if (law != NULL
		? !retention_statutory(day, law->years, law->year_end, &r)
		: !retention_of(day, &p, &r))
		return refused("that ends after the year 9999");
	return print_due(args, &r, law);
}

/* --- explain -------------------------------------------------------------- */

static const char *const effects[KEYWORD_CLASSES] = {
    [KEYWORD_NONE] = "An ordinary message.",
    [KEYWORD_STOP] =
	"Withdraws from advertising of this controller on this channel, which "
	"is confirmed once; support goes on and the helpdesk sees the message.",
    [KEYWORD_START] = "Asks anew for consent; never revives an old one.",
    [KEYWORD_HELP] =
	"Is answered with the contact and how to stop; changes nothing.",
    [KEYWORD_ERASE] =
	"Opens a request for erasure; nothing is erased before the person "
	"proved who they are.",
    [KEYWORD_ACCESS] =
	"Opens a request for access; nothing is shown before the person "
	"proved who they are.",
    [KEYWORD_REVIEW] =
	"A person has to read it within one working day; advertising pauses "
	"until then.",
};

/* In quotes as JSON writes it: terminals obey control bytes. */
static int quote(const char *text, size_t len, struct buf *ret)
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

static int print_keyword(const struct verb_args *args, const char *spelt,
			 size_t len)
{
	enum keyword_class class = keyword_classify(spelt, len, NULL, 0);
	bool confirms = keyword_confirms(spelt, len, NULL, 0);
	struct buf quoted = BUF_INIT(8 * len + 16);
	int status = EXIT_REFUSED;

	if (args->json)
		return print_json(json_pack(
		    "{s:s,s:s%,s:b}", "keyword", keyword_class_name(class),
		    "normalised", spelt, len, "confirms", confirms));
	if (quote(spelt, len, &quoted) == 0) {
		(void)printf("Keyword %s, read as %s.\n%s\n",
			     keyword_class_name(class), buf_text(&quoted),
			     effects[class]);
		status = EXIT_DONE;
	}
	buf_free(&quoted);
	if (status != EXIT_DONE)
		return status;
	if (confirms)
		(void)printf("As the answer to a request for consent: yes.\n");
	return printed();
}

static int policy_explain(const struct verb_args *args)
{
	const char *text = NULL;
	const struct option_row rows[] = {{"--text", &text, true}};
	char *spelt;
	size_t len;
	int status = options_read(args, rows, 1);

	if (status != EXIT_DONE)
		return status;
	len = strlen(text);
	spelt = malloc(len + 1);
	if (spelt == NULL)
		return refused("no memory");
	status =
	    print_keyword(args, spelt, keyword_normalise(text, len, spelt));
	sodium_memzero(spelt, len + 1);
	free(spelt);
	return status;
}

/* --- the table ------------------------------------------------------------ */

static const struct subverb verbs[] = {
    {"due", policy_due, "--start DATE (--period PERIOD | --statutory RULE)"},
    {"decide", policy_decide_file, "FILE|-"},
    {"explain", policy_explain, "--text TEXT"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_policy(const struct verb_args *args)
{
	return subverb_run(args, "policy", verbs, VERBS);
}

void verb_policy_usage(FILE *out)
{
	subverb_usage(out, "policy", verbs, VERBS);
}
