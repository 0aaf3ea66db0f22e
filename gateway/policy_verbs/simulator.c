/* simulator.c - `postern policy simulate`: asks the running instance and
 * waits. */
#include "simulator.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/operator.h"
#include "files.h"
#include "options.h"

#define PATH	  "/v1/policy/simulation"
#define LOOK_MS	  200
#define LOOKS_MAX (3600 * 1000 / LOOK_MS) /* an hour */

/* Only somebody who looks is told, and never twice the same. */
static void show_progress(const json_t *answer, json_int_t *shown)
{
	json_int_t percent = operator_number(answer, "percent");

	if (isatty(STDERR_FILENO) == 0 || percent == *shown)
		return;
	*shown = percent;
	(void)fprintf(stderr, "\r%3lld %%, %lld", (long long)percent,
		      (long long)operator_number(answer, "looked_at"));
}

static void end_progress(json_int_t shown)
{
	if (shown >= 0)
		(void)fputs("\r                              \r", stderr);
}

static bool is_running(const json_t *answer)
{
	return strcmp(operator_text(answer, "state"), "running") == 0;
}

/* Takes answer and gives the last one. */
static int wait_for(const struct verb_args *args, json_t **answer)
{
	const struct operator_call look = {.method = "GET", .path = PATH};
	const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
	json_int_t shown = -1;
	int status = EXIT_DONE;

	for (int i = 0; status == EXIT_DONE && is_running(*answer); i++) {
		if (i == LOOKS_MAX) {
			status = refused("it takes longer than an hour; the "
					 "instance goes on with it");
			break;
		}
		show_progress(*answer, &shown);
		(void)nanosleep(&pause, NULL);
		json_decref(*answer);
		*answer = NULL;
		status = operator_call(args, &look, answer, NULL);
	}
	end_progress(shown);
	return status;
}

static int finish(const struct verb_args *args, json_t *answer,
		  const char *digest, enum tongue tongue)
{
	const json_t *new = json_object_get(answer, "new");

	if (strcmp(operator_text(answer, "state"), "done") != 0)
		return refused("not counted: %s", operator_text(answer, "why"));
	if (strcmp(operator_text(new, "digest"), digest) != 0)
		return refused("somebody else has asked for another one");
	if (args->json)
		return print_json(json_incref(answer));
	return simulator_print(answer, tongue);
}

static int simulate(const struct verb_args *args, const char *text,
		    const char *from, enum tongue tongue)
{
	json_t *body = json_pack("{s:s, s:s*}", "policy", text, "from", from);
	const struct operator_call ask = {
	    .method = "POST", .path = PATH, .body = body};
	char digest[65] = "";
	json_t *answer = NULL;
	int status = operator_call(args, &ask, &answer, NULL);

	json_decref(body);
	if (status == EXIT_DONE) {
		(void)snprintf(
		    digest, sizeof(digest), "%s",
		    operator_text(json_object_get(answer, "new"), "digest"));
		status = wait_for(args, &answer);
	}
	if (status == EXIT_DONE)
		status = finish(args, answer, digest, tongue);
	json_decref(answer);
	return status;
}

int policy_simulate_file(const struct verb_args *args)
{
	const char *at = NULL, *language = NULL;
	const struct option_row rows[] = {{"--at", &at, false},
					  {"--language", &language, false}};
	struct verb_args rest = *args;
	struct buf text = BUF_INIT(FILES_POLICY_BYTES);
	enum tongue tongue;
	int status;

	if (args->argc < 1 || args->argv[0][0] == '-') {
		(void)refused("a file with the policy that is to be tried");
		return EXIT_USAGE;
	}
	rest.argc--;
	rest.argv++;
	status = options_read(&rest, rows, 2);
	if (status == EXIT_DONE)
		status = option_tongue(language, &tongue);
	if (status != EXIT_DONE)
		return status;
	status = EXIT_REFUSED;
	if (files_policy_text(args->argv[0], &text) == 0)
		status = simulate(args, buf_text(&text), at, tongue);
	buf_free(&text);
	return status;
}
