/* verb_breach.c - `postern breach ...`. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "operator.h"
#include "postern/durable.h"
#include "postern/jsonmem.h"

#define USAGE                                                               \
	"breach open --aware TIME --cause period|keys|token|helpdesk|data " \
	"--types TYPES [--FACT VALUE ...] | list | show ID | decide ID "    \
	"--risk none|risk|high --reason TEXT [--exception a|b|c] | notify " \
	"ID --to authority|subjects [--phase first|supplement|final] "      \
	"[--delay-reason TEXT] | close ID | pack ID --out DIR"
#define PACK_BYTES (1024u * 1024)

/* Options are members of the body: --delay-reason is delay_reason. */
static bool read_options(const struct verb_args *args, int from, json_t *body)
{
	for (int i = from; i < args->argc; i++) {
		char member[32];
		const char *option = args->argv[i], *value;
		size_t len = strlen(option);

		if (strncmp(option, "--", 2) != 0 || len <= 2 ||
		    len - 2 >= sizeof(member))
			return false;
		for (size_t k = 2; k <= len; k++)
			member[k - 2] =
			    (char)(option[k] == '-' ? '_' : option[k]);
		value = operator_option(args, &i);
		if (value == NULL)
			return false;
		(void)json_object_set_new(body, member, json_string(value));
	}
	return true;
}

static void print_one(const json_t *answer)
{
	(void)printf("%s %s: aware %s, internal %s, legal %s\n",
		     operator_text(answer, "id"),
		     operator_text(answer, "state"),
		     operator_text(answer, "aware"),
		     operator_text(answer, "internal_due"),
		     operator_text(answer, "legal_due"));
	(void)printf("risk %s, decision %s, exception %s (suggested: %s), "
		     "notified %s, persons %s\n",
		     operator_text(answer, "risk"),
		     operator_text(answer, "decision"),
		     operator_text(answer, "exception"),
		     operator_text(answer, "exception_suggested"),
		     operator_text(answer, "notified"),
		     operator_text(answer, "subjects_notified"));
	if (json_is_integer(json_object_get(answer, "subjects")))
		(void)printf("readable: %lld persons, %lld records, %lld of "
			     "special categories\n",
			     (long long)operator_number(answer, "subjects"),
			     (long long)operator_number(answer, "records"),
			     (long long)operator_number(answer, "special"));
	else
		(void)printf("readable: still being counted\n");
}

static void print_list(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "breaches"), *one;

	(void)printf("%-30s  %-8s  %-20s  %-20s  %-6s  %-8s  %s\n", "BREACH",
		     "STATE", "AWARE", "LEGAL DUE", "RISK", "DECISION",
		     "NOTIFIED");
	for (size_t i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf(
		    "%-30s  %-8s  %-20s  %-20s  %-6s  %-8s  %s\n",
		    operator_text(one, "id"), operator_text(one, "state"),
		    operator_text(one, "aware"),
		    operator_text(one, "legal_due"), operator_text(one, "risk"),
		    operator_text(one, "decision"),
		    operator_text(one, "notified"));
}

static int act(const struct verb_args *args, const char *path, int from)
{
	json_t *body = json_object();
	const struct operator_call call = {
	    .method = "POST", .path = path, .body = body};
	int rc = EXIT_USAGE;

	if (read_options(args, from, body))
		rc = operator_show(args, &call, print_one);
	else
		(void)operator_usage(USAGE);
	json_decref(body);
	return rc;
}

/* --- the pack ------------------------------------------------------------- */

static int write_file(const char *dir, const char *name, const struct buf *text)
{
	struct err err = {0};

	if (durable_create(dir, name, 0600, text->bytes, text->len, &err) == 0)
		return 0;
	(void)fprintf(stderr, "postern: %s/%s cannot be written: %s\n", dir,
		      name, err.what);
	return -1;
}

static int pack_draft(const struct verb_args *args, const char *what,
		      const char *language, const char *dir)
{
	struct buf text = BUF_INIT(PACK_BYTES);
	char path[128], name[40];
	const struct operator_call call = {
	    .method = "GET", .path = path, .raw = true};
	int rc;

	(void)snprintf(path, sizeof(path),
		       "/v1/breaches/%s/draft?what=%s&language=%s",
		       args->argv[1], what, language);
	(void)snprintf(name, sizeof(name), "%s.%s.md", what, language);
	rc = operator_call(args, &call, NULL, &text);
	if (rc == EXIT_DONE && write_file(dir, name, &text) != 0)
		rc = EXIT_REFUSED;
	buf_free(&text);
	return rc;
}

static int pack_record(const struct verb_args *args, const char *dir)
{
	struct buf text = BUF_INIT(PACK_BYTES);
	char path[96];
	const struct operator_call call = {.method = "GET", .path = path};
	struct err err = {0};
	json_t *answer = NULL;
	int rc;

	(void)snprintf(path, sizeof(path), "/v1/breaches/%s", args->argv[1]);
	rc = operator_call(args, &call, &answer, NULL);
	if (rc == EXIT_DONE &&
	    (jsonmem_print(answer, JSON_INDENT(2), &text, &err) != 0 ||
	     write_file(dir, "breach.json", &text) != 0))
		rc = EXIT_REFUSED;
	json_decref(answer);
	buf_free(&text);
	return rc;
}

/* Everything a notification needs, in a folder of its own. */
static int pack(const struct verb_args *args)
{
	static const char *const whats[] = {"authority", "subjects"};
	static const char *const languages[] = {"de", "en"};
	const char *dir = args->argv[3];
	int rc;

	if (mkdir(dir, 0700) != 0) {
		(void)fprintf(stderr, "postern: %s cannot be made: %s\n", dir,
			      strerror(errno));
		return EXIT_REFUSED;
	}
	rc = pack_record(args, dir);
	for (size_t i = 0; rc == EXIT_DONE && i < 4; i++)
		rc = pack_draft(args, whats[i / 2], languages[i % 2], dir);
	if (rc == EXIT_DONE && !args->json)
		(void)printf("written to %s; complete what says [...]\n", dir);
	else if (rc == EXIT_DONE)
		(void)printf("{\"state\": \"done\"}\n");
	return rc;
}

int verb_breach(const struct verb_args *args)
{
	struct operator_call call = {.method = "GET", .path = "/v1/breaches"};
	const char *verb = args->argc > 0 ? args->argv[0] : "";
	char path[96];

	if (strcmp(verb, "open") == 0)
		return act(args, "/v1/breaches", 1);
	if (strcmp(verb, "list") == 0 && args->argc == 1)
		return operator_show(args, &call, print_list);
	if (args->argc < 2)
		return operator_usage(USAGE);
	if (!operator_id(args->argv[1], "brc"))
		return EXIT_USAGE;
	(void)snprintf(path, sizeof(path), "/v1/breaches/%s", args->argv[1]);
	call.path = path;
	if (strcmp(verb, "show") == 0 && args->argc == 2)
		return operator_show(args, &call, print_one);
	if (strcmp(verb, "pack") == 0 && args->argc == 4 &&
	    strcmp(args->argv[2], "--out") == 0)
		return pack(args);
	(void)snprintf(path, sizeof(path), "/v1/breaches/%s/%s", args->argv[1],
		       verb);
	if (strcmp(verb, "decide") == 0 || strcmp(verb, "notify") == 0 ||
	    strcmp(verb, "close") == 0)
		return act(args, path, 2);
	return operator_usage(USAGE);
}
