/* checkpoint.c - `postern ledger checkpoint|keys|rotate`: the signed state of
 * the log, and the keys it is signed with. */
#include <string.h>

#include "api/operator.h"
#include "ledger_verbs.h"
#include "policy_verbs/options.h"

static void print_note(const json_t *answer)
{
	(void)fputs(operator_text(answer, "checkpoint"), stdout);
}

/* Of the archive, so that a copy can be asked too. */
static int show_last(const struct verb_args *args)
{
	struct buf note = BUF_INIT(NOTE_BYTES_MAX);
	struct checkpoint body;
	struct store *st = NULL;
	struct err err = {0};
	int64_t at_ms;
	int status;

	if (ledger_look(args->dir, &st, &err) != 0)
		status = refused("%s: %s", args->dir, err.what);
	else if (ledger_last(st, &note, &body, &at_ms, &err) != 0)
		status = refused("%s", err.kind == ERR_ABSENT
					   ? "no checkpoint was signed yet"
					   : err.what);
	else if (args->json)
		status = print_json(
		    json_pack("{s:s#, s:I, s:s}", "checkpoint",
			      (const char *)note.bytes, (int)note.len, "size",
			      (json_int_t)body.size, "origin", body.origin));
	else {
		(void)fwrite(note.bytes, 1, note.len, stdout);
		status = printed();
	}
	store_close(&st);
	buf_free(&note);
	return status;
}

int ledger_verb_checkpoint(const struct verb_args *args)
{
	const struct operator_call call = {.method = "POST",
					   .path = "/v1/ledger/checkpoint"};
	bool show = false;
	const struct option_flag flags[] = {{"--show", &show}};
	int status = options_read_flags(args, NULL, 0, flags, 1);

	if (status != EXIT_DONE)
		return status;
	return show ? show_last(args) : operator_show(args, &call, print_note);
}

/* --- keys ----------------------------------------------------------------- */

/* The key alone on its line, so that it can be given to --vkey @FILE; what is
 * said of it is a remark there. */
static void print_keys(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "keys"), *one;
	size_t i;

	for (i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)printf("# %s, made %s\n%s\n", operator_text(one, "state"),
			     operator_text(one, "made_at"),
			     operator_text(one, "vkey"));
}

int ledger_verb_keys(const struct verb_args *args)
{
	const struct operator_call call = {.method = "GET",
					   .path = "/v1/ledger/keys"};

	return args->argc > 0 ? EXIT_USAGE
			      : operator_show(args, &call, print_keys);
}

int ledger_verb_rotate(const struct verb_args *args)
{
	const struct operator_call call = {.method = "POST",
					   .path = "/v1/ledger/rotate-key"};

	return args->argc > 0 ? EXIT_USAGE
			      : operator_show(args, &call, print_keys);
}

void ledger_ask_keys(const char *dir, struct verify_keys *ret)
{
	const struct operator_call call = {
	    .method = "GET", .path = "/v1/ledger/keys", .quiet = true};
	const struct verb_args args = {.dir = dir};
	const json_t *list, *one;
	json_t *answer = NULL;
	struct err err = {0};

	if (operator_call(&args, &call, &answer, NULL) != EXIT_DONE)
		return;
	list = json_object_get(answer, "keys");
	for (size_t i = 0; (one = json_array_get(list, i)) != NULL; i++)
		(void)verify_keys_add(ret, operator_text(one, "vkey"),
				      &err); /* one too many is none */
	json_decref(answer);
}
