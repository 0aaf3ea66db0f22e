/* show_one.c - asked for by its id, printed in words or as it came. */
#include "show_one.h"

#include "api/operator.h"

int show_one(const struct verb_args *args, const struct show_one *what)
{
	const char *language = NULL;
	const struct option_row rows[] = {{"--language", &language, false}};
	char path[200];
	const struct operator_call call = {.method = "GET", .path = path};
	struct verb_args rest = *args;
	enum tongue tongue;
	json_t *answer;
	int status;

	if (args->argc < 1 || !operator_id(args->argv[0], what->prefix))
		return EXIT_USAGE;
	rest.argc--;
	rest.argv++;
	status = options_read(&rest, rows, 1);
	if (status == EXIT_DONE)
		status = option_tongue(language, &tongue);
	if (status != EXIT_DONE)
		return status;
	(void)snprintf(path, sizeof(path), "%s%s%s", what->before,
		       args->argv[0], what->behind);
	status = operator_call(args, &call, &answer, NULL);
	if (status != EXIT_DONE)
		return status;
	if (args->json)
		return print_json(answer);
	status = what->words(answer, tongue);
	json_decref(answer);
	return status;
}
