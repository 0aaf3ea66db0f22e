/* verb_staff.c - `postern staff ...`: whose pseudonym is that?  Two people of
 * two roles find out together. */
#include <string.h>

#include "asking.h"

#define PATH_BYTES 80

/* A pseudonym, or the id of what was asked. */
static const struct asking_of one_of = {NULL, "one", "staff list"};

static void print_one(const json_t *answer)
{
	static const char *const members[] = {
	    "id",    "staff", "purpose",  "state", "asked_as", "asked_by",
	    "asked", "ended", "ended_by", "token", "label"};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
		if (json_is_string(json_object_get(answer, members[i])))
			(void)printf("%-9s %s\n", members[i],
				     operator_text(answer, members[i]));
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "reveals"), *one;
	size_t i;

	(void)printf("%-30s  %-20s  %-14s  %s\n", "ID", "STAFF", "PURPOSE",
		     "STATE");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-20s  %-14s  %s\n", operator_text(one, "id"),
		    operator_text(one, "staff"), operator_text(one, "purpose"),
		    operator_text(one, "state"));
}

static int staff_reveal(const struct verb_args *args)
{
	const char *purpose = NULL;
	struct asking h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true},
				    {"--purpose", &purpose, true}};
	int status = asking_read(&h, args, &one_of, ROWS(rows));

	return status == EXIT_DONE
		   ? asking_show(&h, "POST", "/v1/staff/reveal",
				 json_pack("{s:s, s:s}", "staff", h.id,
					   "purpose", purpose),
				 print_one)
		   : status;
}

static int on_one(const struct verb_args *args, const char *method,
		  const char *what)
{
	struct asking h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true}};
	char path[PATH_BYTES];
	int status = asking_read(&h, args, &one_of, ROWS(rows));

	if (status == EXIT_DONE && !operator_id(h.id, "rvl"))
		status = EXIT_USAGE;
	if (status != EXIT_DONE)
		return status;
	(void)snprintf(path, sizeof(path), "/v1/staff/reveal/%s%s", h.id, what);
	return asking_show(&h, method, path, NULL, print_one);
}

static int staff_approve(const struct verb_args *args)
{
	return on_one(args, "POST", "/approve");
}

static int staff_refuse(const struct verb_args *args)
{
	return on_one(args, "POST", "/refuse");
}

static int staff_show(const struct verb_args *args)
{
	return on_one(args, "GET", "");
}

static int staff_list(const struct verb_args *args)
{
	struct asking h = {.args = args};
	int status = options_read(args, NULL, 0);

	return status == EXIT_DONE ? asking_show(&h, "GET", "/v1/staff/reveal",
						 NULL, print_list)
				   : status;
}

static const struct subverb verbs[] = {
    {"reveal", staff_reveal, "PSEUDONYM --purpose PURPOSE --token-file FILE"},
    {"approve", staff_approve, "ID --token-file FILE"},
    {"refuse", staff_refuse, "ID --token-file FILE"},
    {"show", staff_show, "ID --token-file FILE"},
    {"list", staff_list, ""},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_staff(const struct verb_args *args)
{
	return subverb_run(args, "staff", verbs, VERBS);
}

void verb_staff_usage(FILE *out)
{
	subverb_usage(out, "staff", verbs, VERBS);
}
