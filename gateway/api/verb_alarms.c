/* verb_alarms.c - `postern alarms`. */
#include "operator.h"

#define USAGE "alarms [list] | seen ALARM | end ALARM"

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "alarms"), *one;

	(void)printf("%-30s  %-24s  %-30s  %-20s  %s\n", "ALARM", "KIND",
		     "ABOUT", "RAISED", "DETAIL");
	for (size_t i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-24s  %-30s  %-20s  %s\n",
		    operator_text(one, "id"), operator_text(one, "kind"),
		    operator_text(one, "object"), operator_text(one, "raised"),
		    operator_text(one, "detail"));
}

static void print_state(const json_t *answer)
{
	(void)printf("%s %s\n", operator_text(answer, "id"),
		     operator_text(answer, "state"));
}

int verb_alarms(const struct verb_args *args)
{
	struct operator_call call = {.method = "GET", .path = "/v1/alarms"};
	const char *act = args->argc > 0 ? args->argv[0] : "list";
	char path[96];

	if (strcmp(act, "list") == 0 && args->argc <= 1)
		return operator_show(args, &call, print_list);
	if (args->argc != 2 ||
	    (strcmp(act, "seen") != 0 && strcmp(act, "end") != 0))
		return operator_usage(USAGE);
	if (!operator_id(args->argv[1], "alm"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/alarms/%s/%s", args->argv[1],
		       act);
	call.method = "POST";
	call.path = path;
	return operator_show(args, &call, print_state);
}
