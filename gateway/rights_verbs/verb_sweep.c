/* verb_sweep.c - `postern sweep ...`: what goes because its time is over. */
#include <string.h>

#include "asking.h"

#define PATH_BYTES 80

/* --- shown ---------------------------------------------------------------- */

static void print_clock(const json_t *answer)
{
	(void)printf("The clock is %s: %s, trusted so far: %s.\n",
		     operator_text(answer, "clock"),
		     operator_text(answer, "now"),
		     operator_text(answer, "trusted"));
}

static void print_one(const json_t *answer)
{
	static const char *const members[] = {"id",	   "kind",    "state",
					      "waits_for", "day",     "started",
					      "ended",	   "approved"};
	const json_t *counts = json_object_get(answer, "counts"), *row;
	size_t i;

	for (i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_string(json_object_get(answer, members[i])))
			(void)printf("%-10s %s\n", members[i],
				     operator_text(answer, members[i]));
	if (json_is_integer(json_object_get(answer, "percent")))
		(void)printf("%-10s %lld %%\n", "progress",
			     (long long)operator_number(answer, "percent"));
	(void)printf("%-10s %lld\n", "erased",
		     (long long)operator_number(answer, "done"));
	if (!json_is_object(counts))
		return;
	(void)printf("\n%-24s  %12s  %12s\n", "DATENART", "ERASE", "RESTRICT");
	for (i = 0;
	     (row = json_array_get(json_object_get(counts, "data"), i)) != NULL;
	     i++)
		(void)printf("%-24s  %12lld  %12lld\n",
			     operator_text(row, "datenart"),
			     (long long)operator_number(row, "erase"),
			     (long long)operator_number(row, "restrict"));
	(void)printf("%-24s  %12lld  %12lld\n", "",
		     (long long)operator_number(counts, "erase"),
		     (long long)operator_number(counts, "restrict"));
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "sweeps"), *one;
	size_t i;

	(void)printf("%-30s  %-4s  %-8s  %-9s  %-10s  %s\n", "ID", "KIND",
		     "STATE", "WAITS FOR", "DAY", "ERASED");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-4s  %-8s  %-9s  %-10s  %lld\n",
		    operator_text(one, "id"), operator_text(one, "kind"),
		    operator_text(one, "state"),
		    operator_text(one, "waits_for"), operator_text(one, "day"),
		    (long long)operator_number(one, "done"));
}

static void print_review(const json_t *one)
{
	(void)printf("%-30s  %-12s  %-20s  %8lld  %-10s  %s\n",
		     operator_text(one, "id"), operator_text(one, "kind"),
		     operator_text(one, "datenart"),
		     (long long)operator_number(one, "records"),
		     operator_text(one, "decision"), operator_text(one, "due"));
}

static void print_reviews(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "reviews"), *one;
	size_t i;

	(void)printf("%-30s  %-12s  %-20s  %8s  %-10s  %s\n", "ID", "KIND",
		     "DATENART", "RECORDS", "DECISION", "DUE");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		print_review(one);
}

/* --- calls ---------------------------------------------------------------- */

static int look(const struct verb_args *args, const char *path,
		void (*print)(const json_t *answer))
{
	const struct operator_call call = {.method = "GET", .path = path};

	return operator_show(args, &call, print);
}

static int status(const struct verb_args *args)
{
	char path[PATH_BYTES];

	if (args->argc == 0)
		return look(args, "/v1/sweeps", print_list);
	if (args->argc != 1)
		return operator_usage("sweep status [ID]");
	if (!operator_id(args->argv[0], "swp"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/sweeps/%s", args->argv[0]);
	return look(args, path, print_one);
}

static int reviews(const struct verb_args *args)
{
	if (args->argc != 0)
		return operator_usage("sweep reviews");
	return look(args, "/v1/reviews", print_reviews);
}

static int ask(const struct verb_args *args, const char *kind)
{
	struct asking a = {0};
	const struct option_row rows[] = {
	    {"--token-file", &a.token_file, false}};
	int rc = asking_read_bare(&a, args, ROWS(rows));

	return rc != EXIT_DONE
		   ? rc
		   : asking_show(&a, "POST", "/v1/sweeps",
				 json_pack("{s:s}", "kind", kind), print_one);
}

static int dry_run(const struct verb_args *args)
{
	return ask(args, "dry");
}

static int run(const struct verb_args *args)
{
	return ask(args, "real");
}

/* An id, then --token-file. */
static int act_on(const struct verb_args *args, const char *what, bool needed)
{
	static const struct asking_of run_of = {"swp", "run", "sweep status"};
	struct asking a = {0};
	const struct option_row rows[] = {
	    {"--token-file", &a.token_file, needed}};
	char path[PATH_BYTES];
	int rc = asking_read(&a, args, &run_of, ROWS(rows));

	if (rc != EXIT_DONE)
		return rc;
	(void)snprintf(path, sizeof(path), "/v1/sweeps/%s/%s", a.id, what);
	return asking_show(&a, "POST", path, NULL, print_one);
}

static int approve(const struct verb_args *args)
{
	return act_on(args, "approve", true);
}

static int stop(const struct verb_args *args)
{
	return act_on(args, "stop", false);
}

static int decide(const struct verb_args *args)
{
	struct asking a = {0};
	const struct option_row rows[] = {
	    {"--token-file", &a.token_file, true}};
	struct verb_args rest = *args;
	char path[PATH_BYTES];
	int rc;

	if (args->argc < 2)
		return operator_usage("sweep decide ID erase|keep --token-file"
				      " FILE|-");
	if (!operator_id(args->argv[0], "rev"))
		return EXIT_USAGE;
	rest.argc -= 2;
	rest.argv += 2;
	rc = asking_read_bare(&a, &rest, ROWS(rows));
	if (rc != EXIT_DONE)
		return rc;
	(void)snprintf(path, sizeof(path), "/v1/reviews/%s/decide",
		       args->argv[0]);
	return asking_show(&a, "POST", path,
			   json_pack("{s:s}", "decision", args->argv[1]),
			   print_review);
}

static int confirm_clock(const struct verb_args *args)
{
	struct asking a = {.args = args};

	if (args->argc != 0)
		return operator_usage("sweep confirm-clock");
	return asking_show(&a, "POST", "/v1/clock/confirm", NULL, print_clock);
}

/* --- the table ------------------------------------------------------------ */

static const struct subverb verbs[] = {
    {"status", status, "[ID]"},
    {"dry-run", dry_run, "[--token-file FILE|-]"},
    {"approve", approve, "ID --token-file FILE|-"},
    {"run", run, "[--token-file FILE|-]"},
    {"stop", stop, "ID [--token-file FILE|-]"},
    {"reviews", reviews, ""},
    {"decide", decide, "ID erase|keep --token-file FILE|-"},
    {"confirm-clock", confirm_clock, ""},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_sweep(const struct verb_args *args)
{
	return subverb_run(args, "sweep", verbs, VERBS);
}

void verb_sweep_usage(FILE *out)
{
	subverb_usage(out, "sweep", verbs, VERBS);
}
