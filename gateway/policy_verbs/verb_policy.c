/* verb_policy.c - the table of `postern policy ...`, and due days. */
#include "decide.h"
#include "differ.h"
#include "explain.h"
#include "options.h"
#include "papers.h"
#include "policy_tools/due.h"
#include "postern/caldate.h"
#include "simulator.h"
#include "tester.h"
#include "versions.h"

/* --- due ------------------------------------------------------------------ */

static int print_due(const struct verb_args *args, const struct retention *r,
		     const struct statutory *law)
{
	char last[CALDATE_BYTES], from[CALDATE_BYTES];

	if (args->json)
		return print_json(due_json(r));
	caldate_format(r->last_day, last);
	caldate_format(r->erase_from, from);
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
	struct due_wish wish = {0};
	const struct option_row rows[] = {
	    {"--start", &wish.start, true},
	    {"--period", &wish.period, false},
	    {"--statutory", &wish.statutory, false}};
	const struct statutory *law;
	struct complaint why;
	struct retention r;
	int status = options_read(args, rows, 3);

	if (status != EXIT_DONE)
		return status;
	if ((wish.period == NULL) == (wish.statutory == NULL)) {
		(void)refused("either --period or --statutory");
		return EXIT_USAGE;
	}
	return due_of(&wish, &r, &law, &why) == 0 ? print_due(args, &r, law)
						  : refused_by(&why);
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
