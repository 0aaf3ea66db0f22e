/* verb_outbox.c - `postern outbox ...` and `postern quarantine ...`. */
#include <unistd.h>

#include "operator.h"

#define OUTBOX_USAGE \
	"outbox list [dead|waiting|unknown|restored] | retry ID | drop ID"
#define QUARANTINE_USAGE "quarantine list | show ID [--body] | replay ID"

static void print_outbox(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "outbox"), *one;
	size_t i;

	(void)printf("%-30s  %-8s  %-12s  %-20s  %-8s  %-20s  %s\n", "ID",
		     "STATE", "DESTINATION", "TYPE", "ATTEMPTS", "CREATED",
		     "REASON");
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("%-30s  %-8s  %-12s  %-20s  %-8lld  %-20s  %s\n",
			     operator_text(one, "id"),
			     operator_text(one, "state"),
			     operator_text(one, "destination"),
			     operator_text(one, "type"),
			     (long long)operator_number(one, "attempts"),
			     operator_text(one, "created"),
			     operator_text(one, "reason"));
	if (json_is_true(json_object_get(answer, "more")))
		(void)printf("(there are more)\n");
}

static void print_state(const json_t *answer)
{
	(void)printf("%s %s\n", operator_text(answer, "id"),
		     operator_text(answer, "state"));
}

/* POST /v1/<what>/<id>/<act> */
static int act_on(const struct verb_args *args, const char *what,
		  const char *prefix, const char *usage)
{
	char path[96];
	const struct operator_call call = {.method = "POST", .path = path};

	if (args->argc != 2)
		return operator_usage(usage);
	if (!operator_id(args->argv[1], prefix))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/%s/%s/%s", what, args->argv[1],
		       args->argv[0]);
	return operator_show(args, &call, print_state);
}

static int list_outbox(const struct verb_args *args)
{
	const char *state = args->argc > 1 ? args->argv[1] : NULL;
	char path[80];
	const struct operator_call call = {.method = "GET", .path = path};

	if (args->argc > 2 ||
	    (state != NULL && strcmp(state, "dead") != 0 &&
	     strcmp(state, "waiting") != 0 && strcmp(state, "unknown") != 0 &&
	     strcmp(state, "restored") != 0))
		return operator_usage(OUTBOX_USAGE);
	(void)snprintf(path, sizeof(path), "/v1/outbox?limit=1000%s%s",
		       state != NULL ? "&state=" : "",
		       state != NULL ? state : "");
	return operator_show(args, &call, print_outbox);
}

int verb_outbox(const struct verb_args *args)
{
	const char *act = args->argc > 0 ? args->argv[0] : "";

	if (strcmp(act, "list") == 0)
		return list_outbox(args);
	if (strcmp(act, "retry") == 0 || strcmp(act, "drop") == 0)
		return act_on(args, "outbox", "dlv", OUTBOX_USAGE);
	return operator_usage(OUTBOX_USAGE);
}

static void print_quarantine_row(const json_t *one)
{
	(void)printf("%-30s  %-16s  %-20s  %-8lld  %s\n",
		     operator_text(one, "id"), operator_text(one, "channel"),
		     operator_text(one, "received"),
		     (long long)operator_number(one, "bytes"),
		     operator_text(one, "reason"));
}

static void print_quarantine_head(void)
{
	(void)printf("%-30s  %-16s  %-20s  %-8s  %s\n", "ID", "CHANNEL",
		     "RECEIVED", "BYTES", "REASON");
}

static void print_quarantine(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "quarantine"), *one;
	size_t i;

	print_quarantine_head();
	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		print_quarantine_row(one);
}

static void print_quarantine_one(const json_t *answer)
{
	print_quarantine_head();
	print_quarantine_row(answer);
}

/* The bytes as they came, for a pipe; a terminal would obey what is in them. */
static int show_body(const struct verb_args *args, const char *path)
{
	const struct operator_call call = {
	    .method = "GET", .path = path, .raw = true};
	json_t *none = NULL;
	struct buf bytes;
	int rc;

	if (isatty(STDOUT_FILENO)) {
		(void)fprintf(stderr, "postern: a customer's bytes are not "
				      "printed on a terminal; use a pipe\n");
		return EXIT_REFUSED;
	}
	rc = operator_call(args, &call, &none, &bytes);
	if (rc != EXIT_DONE)
		return rc;
	if (bytes.len > 0 &&
	    fwrite(bytes.bytes, 1, bytes.len, stdout) != bytes.len)
		rc = EXIT_REFUSED;
	if (fflush(stdout) != 0)
		rc = EXIT_REFUSED;
	buf_free(&bytes);
	return rc;
}

static int show_quarantine(const struct verb_args *args)
{
	bool body = args->argc == 3 && strcmp(args->argv[2], "--body") == 0;
	char path[96];
	const struct operator_call call = {.method = "GET", .path = path};

	if (args->argc != 2 && !body)
		return operator_usage(QUARANTINE_USAGE);
	if (!operator_id(args->argv[1], "qrn"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/quarantine/%s%s", args->argv[1],
		       body ? "?body=1" : "");
	return body ? show_body(args, path)
		    : operator_show(args, &call, print_quarantine_one);
}

int verb_quarantine(const struct verb_args *args)
{
	const struct operator_call list = {.method = "GET",
					   .path = "/v1/quarantine?limit=1000"};
	const char *act = args->argc > 0 ? args->argv[0] : "";

	if (strcmp(act, "list") == 0 && args->argc == 1)
		return operator_show(args, &list, print_quarantine);
	if (strcmp(act, "show") == 0 && args->argc >= 2)
		return show_quarantine(args);
	if (strcmp(act, "replay") == 0)
		return act_on(args, "quarantine", "qrn", QUARANTINE_USAGE);
	return operator_usage(QUARANTINE_USAGE);
}
