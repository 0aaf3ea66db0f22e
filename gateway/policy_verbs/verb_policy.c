/* verb_policy.c - the table of `postern policy ...`, and due days. */
#include "decide.h"
#include "differ.h"
#include "explain.h"
#include "options.h"
#include "papers.h"
#include "postern/caldate.h"
#include "postern/diag.h"
#include "postern/retention.h"
#include "simulator.h"
#include "tester.h"
#include "versions.h"

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

/* --- the table ------------------------------------------------------------ */

static const struct subverb verbs[] = {
    {"due", policy_due, "--start DATE (--period PERIOD | --statutory RULE)"},
    {"decide", policy_decide_file, "FILE|-"},
    {"explain", policy_explain,
     "--text TEXT [--language de|en]\n"
     "       postern policy explain MESSAGE [--language de|en]\n"
     "       postern policy explain [--policy FILE] [--channel NAME]"
     " [--text TEXT]\n"
     "           [--event message|edit|delete|reply] [--purpose NAME]\n"
     "           [--consent STATE] [--media KIND] [--bytes N] [--at TIME]\n"
     "           [--helpdesk NAME] [--tagged DATENART] [--window "
     "open|closed]\n"
     "           [--mechanism STATE] [--land LAND] [--speaks de|en]\n"
     "           [--language de|en] [--first] [--suppressed] "
     "[--restricted]\n"
     "           [--minor] [--template]"},
    {"test", policy_test_file, "[FILE]"},
    {"diff", policy_diff_files, "OLD NEW [--language de|en]"},
    {"simulate", policy_simulate_file, "FILE [--at DATE] [--language de|en]"},
    {"render", policy_render_papers,
     "[--what loeschkonzept|verzeichnis|kanaele|massnahmen]\n"
     "           [--language de|en] [--format html|md] [--out DIR] "
     "[--policy FILE]"},
    {"propose", policy_propose,
     "[FILE] --token-file FILE [--from DATE|TIME] [--shadow DAYS]\n"
     "           [--language de|en]"},
    {"approve", policy_approve,
     "VERSION --token-file FILE [--digest HEX] [--language de|en]"},
    {"stop", policy_stop, "VERSION [--token-file FILE] [--language de|en]"},
    {"history", policy_history, "[VERSION [--file]] [--language de|en]"},
    {"shadow", policy_shadow_report,
     "VERSION [--days DAYS --token-file FILE] [--language de|en]"},
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
