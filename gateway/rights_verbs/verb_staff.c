/* verb_staff.c - `postern staff ...`: whose pseudonym is that?  Two people of
 * two roles find out together. */
#include <sodium.h>
#include <string.h>

#include "api/operator.h"
#include "policy_verbs/options.h"

#define PATH_BYTES 80

struct wish {
	const struct verb_args *args;
	const char *id, *token_file;
	char token[TOKEN_TEXT_BYTES + 1];
};

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

/* What is first, an id or a pseudonym, then options. */
static int read_wish(struct wish *h, const struct verb_args *args,
		     struct option_row *rows, size_t rows_len)
{
	struct verb_args rest = *args;
	int status;

	h->args = args;
	if (args->argc < 1 || args->argv[0][0] == '-') {
		(void)refused("which one?");
		return EXIT_USAGE;
	}
	h->id = args->argv[0];
	rest.argc--;
	rest.argv++;
	status = options_read(&rest, rows, rows_len);
	return status == EXIT_DONE ? option_token(h->token_file, h->token)
				   : status;
}

static int show(struct wish *h, const char *method, const char *path,
		json_t *body, void (*print)(const json_t *answer))
{
	const struct operator_call call = {
	    .method = method,
	    .path = path,
	    .body = body,
	    .bearer = h->token[0] != '\0' ? h->token : NULL,
	};
	int status = operator_show(h->args, &call, print);

	json_decref(body);
	sodium_memzero(h->token, sizeof(h->token));
	return status;
}

static int staff_reveal(const struct verb_args *args)
{
	const char *purpose = NULL;
	struct wish h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true},
				    {"--purpose", &purpose, true}};
	int status = read_wish(&h, args, rows, 2);

	return status == EXIT_DONE ? show(&h, "POST", "/v1/staff/reveal",
					  json_pack("{s:s, s:s}", "staff", h.id,
						    "purpose", purpose),
					  print_one)
				   : status;
}

static int on_one(const struct verb_args *args, const char *method,
		  const char *what)
{
	struct wish h = {0};
	struct option_row rows[] = {{"--token-file", &h.token_file, true}};
	char path[PATH_BYTES];
	int status = read_wish(&h, args, rows, 1);

	if (status == EXIT_DONE && !operator_id(h.id, "rvl"))
		status = EXIT_USAGE;
	if (status != EXIT_DONE)
		return status;
	(void)snprintf(path, sizeof(path), "/v1/staff/reveal/%s%s", h.id, what);
	return show(&h, method, path, NULL, print_one);
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
	struct wish h = {.args = args};
	int status = options_read(args, NULL, 0);

	return status == EXIT_DONE
		   ? show(&h, "GET", "/v1/staff/reveal", NULL, print_list)
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
