/* verb_restrict.c - `postern restrict ...`. */
#include "operator.h"

#define USAGE                                                              \
	"restrict place CONVERSATION --ground a|b|c|d [--person] | lift "  \
	"CONVERSATION --informed YYYY-MM-DD --how letter|mail|phone|chat|" \
	"in_person|portal | list"

static void print_state(const json_t *answer)
{
	(void)printf("%s %s\n", operator_text(answer, "conversation"),
		     operator_text(answer, "state"));
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "restrictions"), *one;
	size_t i;

	(void)printf("%-30s  %-12s  %-6s  %s\n", "CONVERSATION", "OF", "GROUND",
		     "SINCE");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("%-30s  %-12s  %-6s  %s\n",
			     operator_text(one, "conversation"),
			     operator_text(one, "of"),
			     operator_text(one, "ground"),
			     operator_text(one, "since"));
}

static int act_on(const struct verb_args *args, const char *path, json_t *body)
{
	const struct operator_call call = {
	    .method = "POST", .path = path, .body = body};
	int rc = operator_show(args, &call, print_state);

	json_decref(body);
	return rc;
}

static int place(const struct verb_args *args)
{
	const char *ground = NULL;
	bool person = false;
	char path[96];

	for (int i = 2; i < args->argc; i++) {
		if (strcmp(args->argv[i], "--person") == 0)
			person = true;
		else if (strcmp(args->argv[i], "--ground") != 0 ||
			 (ground = operator_option(args, &i)) == NULL)
			return operator_usage(USAGE);
	}
	if (ground == NULL)
		return operator_usage(USAGE);
	(void)snprintf(path, sizeof(path), "/v1/conversations/%s/restrict",
		       args->argv[1]);
	return act_on(args, path,
		      json_pack("{s:s, s:s}", "ground", ground, "of",
				person ? "person" : "conversation"));
}

static int lift(const struct verb_args *args)
{
	const char *informed = NULL, *how = NULL, *value;
	char path[96];

	for (int i = 2; i < args->argc; i++) {
		const char *name = args->argv[i];

		value = operator_option(args, &i);
		if (value == NULL)
			return operator_usage(USAGE);
		if (strcmp(name, "--informed") == 0)
			informed = value;
		else if (strcmp(name, "--how") == 0)
			how = value;
		else
			return operator_usage(USAGE);
	}
	if (informed == NULL || how == NULL)
		return operator_usage(USAGE);
	(void)snprintf(path, sizeof(path), "/v1/conversations/%s/lift",
		       args->argv[1]);
	return act_on(
	    args, path,
	    json_pack("{s:s, s:s}", "informed", informed, "how", how));
}

int verb_restrict(const struct verb_args *args)
{
	const struct operator_call list = {.method = "GET",
					   .path = "/v1/restrictions"};
	const char *act = args->argc > 0 ? args->argv[0] : "";

	if (strcmp(act, "list") == 0 && args->argc == 1)
		return operator_show(args, &list, print_list);
	if (args->argc < 2 ||
	    (strcmp(act, "place") != 0 && strcmp(act, "lift") != 0))
		return operator_usage(USAGE);
	if (!operator_id(args->argv[1], "cnv"))
		return EXIT_USAGE;
	return strcmp(act, "place") == 0 ? place(args) : lift(args);
}
