/* verb_canary.c - `postern canary ...`. */
#include "operator.h"

#define USAGE                                                          \
	"canary create --channel CHANNEL --name NAME --text TEXT ... " \
	"[--helpdesk NAME] | list | end CANARY"

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "canaries"), *one;

	(void)printf("%-30s  %-30s  %-20s  %-20s  %s\n", "CANARY",
		     "CONVERSATION", "MADE", "ENDED", "NAME");
	for (size_t i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("%-30s  %-30s  %-20s  %-20s  %s\n",
			     operator_text(one, "id"),
			     operator_text(one, "conversation"),
			     operator_text(one, "made"),
			     operator_text(one, "ended"),
			     operator_text(one, "name"));
}

static void print_made(const json_t *answer)
{
	(void)printf("%s, conversation %s\n", operator_text(answer, "id"),
		     operator_text(answer, "conversation"));
}

static void print_state(const json_t *answer)
{
	(void)printf("%s %s\n", operator_text(answer, "id"),
		     operator_text(answer, "state"));
}

/* The member an option fills; NULL: no such option. */
static const char *member_of(const char *option)
{
	if (strcmp(option, "--channel") == 0)
		return "channel";
	if (strcmp(option, "--name") == 0)
		return "name";
	return strcmp(option, "--helpdesk") == 0 ? "helpdesk" : NULL;
}

static bool read_options(const struct verb_args *args, json_t *body,
			 json_t *texts)
{
	for (int i = 1; i < args->argc; i++) {
		const char *member = member_of(args->argv[i]);
		bool text = strcmp(args->argv[i], "--text") == 0;
		const char *value;

		if (member == NULL && !text)
			return false;
		value = operator_option(args, &i);
		if (value == NULL)
			return false;
		if (text)
			(void)json_array_append_new(texts, json_string(value));
		else
			(void)json_object_set_new(body, member,
						  json_string(value));
	}
	return json_array_size(texts) > 0;
}

static int create(const struct verb_args *args)
{
	struct operator_call call = {.method = "POST", .path = "/v1/canaries"};
	json_t *body = json_object(), *texts = json_array();
	int rc = EXIT_USAGE;

	(void)json_object_set(body, "texts", texts);
	call.body = body;
	if (read_options(args, body, texts))
		rc = operator_show(args, &call, print_made);
	else
		(void)operator_usage(USAGE);
	json_decref(texts);
	json_decref(body);
	return rc;
}

int verb_canary(const struct verb_args *args)
{
	struct operator_call call = {.method = "GET", .path = "/v1/canaries"};
	const char *act = args->argc > 0 ? args->argv[0] : "";
	char path[96];

	if (strcmp(act, "create") == 0)
		return create(args);
	if (strcmp(act, "list") == 0 && args->argc == 1)
		return operator_show(args, &call, print_list);
	if (strcmp(act, "end") != 0 || args->argc != 2)
		return operator_usage(USAGE);
	if (!operator_id(args->argv[1], "cny"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/canaries/%s/end",
		       args->argv[1]);
	call.method = "POST";
	call.path = path;
	return operator_show(args, &call, print_state);
}
