/* versions.c - how a policy comes into force, from the command line: every
 * verb is one call to the running instance. */
#include "versions.h"

#include <sodium.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/operator.h"
#include "files.h"
#include "options.h"
#include "postern/jsonmem.h"

#define ROOT_PATH  "/v1/policy/versions"
#define PATH_BYTES 96
#define POLLS	   600
#define POLL_NS	   100000000L

struct wish {
	const struct verb_args *args;
	const char *id; /* NULL: none given */
	enum tongue tongue;
	const char *language, *token_file;
	char token[TOKEN_TEXT_BYTES + 1];
};

/* --- who ------------------------------------------------------------------ */

/* An id first where one is needed, then options. */
static int read_wish(struct wish *w, const struct verb_args *args,
		     bool needs_id, struct option_row *rows, size_t rows_len)
{
	struct verb_args rest = *args;
	int status;

	w->args = args;
	if (args->argc > 0 && args->argv[0][0] != '-') {
		w->id = args->argv[0];
		rest.argc--;
		rest.argv++;
	}
	if (needs_id && w->id == NULL) {
		(void)refused("which version? `postern policy history` lists"
			      " them");
		return EXIT_USAGE;
	}
	if (needs_id && !operator_id(w->id, "pol"))
		return EXIT_USAGE;
	status = options_read(&rest, rows, rows_len);
	if (status == EXIT_DONE)
		status = option_tongue(w->language, &w->tongue);
	if (status == EXIT_DONE && w->token_file != NULL)
		status = option_token(w->token_file, w->token);
	return status;
}

#define OPTION_LANGUAGE(w)                         \
	{                                          \
		"--language", &(w).language, false \
	}
#define OPTION_TOKEN(w, must)                           \
	{                                               \
		"--token-file", &(w).token_file, (must) \
	}
#define ROWS(r) (r), sizeof(r) / sizeof((r)[0])

/* --- one call ------------------------------------------------------------- */

static int call(struct wish *w, const char *method, const char *what,
		json_t *body, json_t **ret)
{
	char path[PATH_BYTES];
	const struct operator_call c = {
	    .method = method,
	    .path = path,
	    .body = body,
	    .bearer = w->token[0] != '\0' ? w->token : NULL,
	};

	(void)snprintf(path, sizeof(path), "%s%s%s%s", ROOT_PATH,
		       w->id != NULL ? "/" : "", w->id != NULL ? w->id : "",
		       what);
	return operator_call(w->args, &c, ret, NULL);
}

static int show(const struct wish *w, json_t *answer,
		void (*print)(const json_t *answer, enum tongue t))
{
	if (w->args->json)
		return print_json(answer);
	print(answer, w->tongue);
	json_decref(answer);
	return printed();
}

static int act(struct wish *w, const char *what, json_t *body)
{
	json_t *answer = NULL;
	int status = call(w, "POST", what, body, &answer);

	json_decref(body);
	sodium_memzero(w->token, sizeof(w->token));
	return status == EXIT_DONE ? show(w, answer, versions_print) : status;
}

/* --- propose -------------------------------------------------------------- */

/* What it would do is counted while we wait. */
static int wait_for_effect(struct wish *w, json_t **version)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};
	const char *id = json_string_value(json_object_get(*version, "id"));
	char path[PATH_BYTES];
	const struct operator_call c = {.method = "GET", .path = path};
	json_t *again = NULL;

	if (id == NULL || !operator_id(id, "pol"))
		return EXIT_DONE;
	(void)snprintf(path, sizeof(path), ROOT_PATH "/%s", id);
	for (int i = 0; i < POLLS; i++) {
		if (operator_call(w->args, &c, &again, NULL) != EXIT_DONE)
			return EXIT_REFUSED;
		json_decref(*version);
		*version = again;
		if (!json_is_null(json_object_get(again, "effect")))
			break;
		if (i == 0 && isatty(STDERR_FILENO))
			(void)fprintf(stderr, "counting what it would do in"
					      " the archive ...\n");
		(void)nanosleep(&pause, NULL); /* shorter is no harm */
	}
	return EXIT_DONE;
}

static json_t *proposal_json(const struct policy *p, const char *from,
			     uint32_t days)
{
	size_t len;
	const uint8_t *bytes = policy_source(p, &len);
	json_t *body = json_object();

	(void)json_object_set_new(body, "policy",
				  json_stringn((const char *)bytes, len));
	if (from != NULL)
		(void)json_object_set_new(body, "from", json_string(from));
	if (days > 0)
		(void)json_object_set_new(body, "shadow_days",
					  json_integer(days));
	return body;
}

static int propose(struct wish *w, const struct policy *p, const char *from,
		   uint32_t days)
{
	json_t *body = proposal_json(p, from, days), *answer = NULL;
	int status = call(w, "POST", "", body, &answer);

	json_decref(body);
	sodium_memzero(w->token, sizeof(w->token));
	if (status != EXIT_DONE)
		return status;
	status = wait_for_effect(w, &answer);
	if (status == EXIT_DONE)
		return show(w, answer, versions_print);
	json_decref(answer);
	return status;
}

static int read_days(const char *text, uint32_t *ret)
{
	if (text == NULL || option_number(text, 1, 366, ret))
		return EXIT_DONE;
	(void)refused("from 1 to 366 days");
	return EXIT_USAGE;
}

int policy_propose(const struct verb_args *args)
{
	const char *from = NULL, *shadow = NULL, *file;
	struct wish w = {0};
	struct option_row rows[] = {OPTION_LANGUAGE(w),
				    OPTION_TOKEN(w, true),
				    {"--from", &from, false},
				    {"--shadow", &shadow, false}};
	struct policy *p = NULL;
	uint32_t days = 0;
	int status = read_wish(&w, args, false, ROWS(rows));

	file = w.id;
	w.id = NULL;
	if (status == EXIT_DONE)
		status = read_days(shadow, &days);
	/* What is wrong with the file is said with its name. */
	if (status == EXIT_DONE && files_policy(args->dir, file, &p) != 0)
		status = EXIT_REFUSED;
	if (status == EXIT_DONE)
		status = propose(&w, p, from, days);
	sodium_memzero(w.token, sizeof(w.token));
	policy_free(&p);
	return status;
}

/* --- approve, stop -------------------------------------------------------- */

int policy_approve(const struct verb_args *args)
{
	const char *digest = NULL;
	struct wish w = {0};
	struct option_row rows[] = {OPTION_LANGUAGE(w),
				    OPTION_TOKEN(w, true),
				    {"--digest", &digest, false}};
	int status = read_wish(&w, args, true, ROWS(rows));

	return status == EXIT_DONE
		   ? act(&w, "/approve", json_pack("{s:s*}", "digest", digest))
		   : status;
}

int policy_stop(const struct verb_args *args)
{
	struct wish w = {0};
	struct option_row rows[] = {OPTION_LANGUAGE(w), OPTION_TOKEN(w, false)};
	int status = read_wish(&w, args, true, ROWS(rows));

	return status == EXIT_DONE ? act(&w, "/stop", NULL) : status;
}

/* --- what is in force ------------------------------------------------------
 */

bool versions_in_force(const struct verb_args *args, struct buf *ret)
{
	static const struct operator_call list = {
	    .method = "GET", .path = ROOT_PATH "?limit=1", .quiet = true};
	char path[PATH_BYTES];
	const struct operator_call file = {
	    .method = "GET", .path = path, .raw = true, .quiet = true};
	struct verb_args plain = *args;
	json_t *answer = NULL, *none = NULL;
	const char *id;
	bool good;

	plain.json = false;
	if (operator_call(&plain, &list, &answer, NULL) != EXIT_DONE)
		return false;
	id = json_string_value(json_object_get(answer, "in_force"));
	good = id != NULL && operator_id(id, "pol");
	if (good)
		(void)snprintf(path, sizeof(path), ROOT_PATH "/%s/file", id);
	json_decref(answer);
	return good && operator_call(&plain, &file, &none, ret) == EXIT_DONE;
}

/* --- history, shadow ------------------------------------------------------ */

static int print_file(struct wish *w)
{
	char path[PATH_BYTES];
	const struct operator_call c = {
	    .method = "GET", .path = path, .raw = true};
	json_t *none = NULL;
	struct buf bytes;
	int status;

	(void)snprintf(path, sizeof(path), ROOT_PATH "/%s/file", w->id);
	status = operator_call(w->args, &c, &none, &bytes);
	if (status != EXIT_DONE)
		return status;
	(void)fwrite(bytes.bytes, 1, bytes.len, stdout); /* printed() knows */
	buf_free(&bytes);
	return printed();
}

int policy_history(const struct verb_args *args)
{
	bool file = args->argc == 2 && strcmp(args->argv[1], "--file") == 0;
	struct verb_args rest = *args;
	struct wish w = {0};
	struct option_row rows[] = {OPTION_LANGUAGE(w)};
	json_t *answer = NULL;
	int status;

	rest.argc -= file;
	status = read_wish(&w, &rest, rest.argc > 0 && rest.argv[0][0] != '-',
			   ROWS(rows));
	if (status != EXIT_DONE)
		return status;
	if (file)
		return print_file(&w);
	status =
	    call(&w, "GET", w.id == NULL ? "?limit=200" : "", NULL, &answer);
	if (status != EXIT_DONE)
		return status;
	return show(&w, answer,
		    w.id != NULL ? versions_print : versions_print_list);
}

int policy_shadow_report(const struct verb_args *args)
{
	const char *days_text = NULL;
	struct wish w = {0};
	struct option_row rows[] = {OPTION_LANGUAGE(w),
				    OPTION_TOKEN(w, false),
				    {"--days", &days_text, false}};
	json_t *answer = NULL;
	uint32_t days = 0;
	int status = read_wish(&w, args, true, ROWS(rows));

	if (status == EXIT_DONE)
		status = read_days(days_text, &days);
	if (status != EXIT_DONE)
		return status;
	if (days > 0)
		return act(&w, "/shadow",
			   json_pack("{s:I}", "days", (json_int_t)days));
	status = call(&w, "GET", "/shadow", NULL, &answer);
	sodium_memzero(w.token, sizeof(w.token));
	return status == EXIT_DONE ? show(&w, answer, versions_print_shadow)
				   : status;
}
