/* verb_consent.c - `postern consent import|show|proof`. */
#include <string.h>

#include "consent_check.h"
#include "consent_file.h"
#include "consent_person.h"
#include "consent_send.h"
#include "options.h"
#include "postern/jsonmem.h"

/* --- import --check ------------------------------------------------------- */

static json_t *verdict_json(const struct consent_piece *p, const json_t *row,
			    const struct consent_verdict *v)
{
	/* s*, O* leave out what is NULL. */
	json_t *ret = json_pack(
	    "{s:I, s:O*, s:s*, s:s, s:s*}", "line", (json_int_t)p->line, "name",
	    json_object_get(row, "name"), "form", v->form, "result",
	    v->accepted ? "accept" : "reject", "state",
	    v->has_state ? consent_state_name(v->state) : NULL);
	json_t *more =
	    v->accepted
		? json_object()
		: json_pack("{s:s, s:s, s:s}", "field", v->fault.field, "what",
			    v->fault.what, "want", v->fault.want);

	if (v->has_state)
		(void)json_object_set_new(
		    more, "valid_for_processing",
		    json_boolean(consent_is_valid(v->state)));
	if (ret == NULL || more == NULL || json_object_update(ret, more) != 0) {
		json_decref(ret);
		ret = NULL;
	}
	json_decref(more);
	return ret;
}

static int print_verdict(const struct consent_file *f,
			 const struct consent_piece *p, const json_t *row,
			 const struct consent_verdict *v)
{
	struct err err = {0};
	json_t *line;
	int rc;

	if (!f->args->json) {
		if (v->has_state)
			(void)printf("line %zu: %s: %s\n", p->line, v->form,
				     consent_state_name(v->state));
		else if (v->accepted)
			(void)printf("line %zu: %s: accepted\n", p->line,
				     v->form);
		return 0;
	}
	line = verdict_json(p, row, v);
	rc = jsonmem_print_file(line, 0, stdout, &err);
	json_decref(line);
	return rc == 0 ? 0 : refused("%s", err.what);
}

static int check_piece(void *ctx, const struct consent_piece *p)
{
	struct consent_file *f = ctx;
	struct consent_verdict verdict;
	bool no_memory;
	size_t at = 0;
	json_t *row = jsonmem_load_at(p->text, p->len, JSON_REJECT_DUPLICATES,
				      &no_memory, &at);
	int rc;

	if (row == NULL && no_memory)
		return refused("no memory");
	if (row == NULL) {
		verdict = (struct consent_verdict){
		    .fault = {.what = "is no JSON",
			      .want = "an object a line, or one alone"}};
	} else {
		consent_check(row, &verdict);
		at = consent_check_place(p->text, p->len, verdict.fault.field);
	}
	if (!verdict.accepted)
		consent_file_tell(f, p, at, &verdict.fault);
	rc = print_verdict(f, p, row, &verdict);
	json_decref(row);
	return rc == 0 && verdict.accepted ? EXIT_DONE : EXIT_REFUSED;
}

/* --- the verbs ------------------------------------------------------------ */

/* The file's name, on either side of --check; NULL: not that. */
static const char *file_of(const struct verb_args *args, bool *ret_check)
{
	const char *name = NULL;

	*ret_check = false;
	for (int i = 0; i < args->argc; i++) {
		if (strcmp(args->argv[i], "--check") == 0 && !*ret_check)
			*ret_check = true;
		else if (name == NULL && args->argv[i][0] != '\0' &&
			 strncmp(args->argv[i], "--", 2) != 0)
			name = args->argv[i];
		else
			return NULL;
	}
	return name;
}

static int consent_import(const struct verb_args *args)
{
	static struct consent_file f;
	bool check;
	const char *name = file_of(args, &check);
	int status;

	if (name == NULL) {
		(void)refused("one file, or - for standard input");
		return EXIT_USAGE;
	}
	status = consent_file_read(&f, args, name);
	if (status == EXIT_DONE)
		status = check ? consent_file_each(&f, check_piece, &f)
			       : consent_send(&f);
	consent_file_free(&f);
	return printed() == EXIT_DONE ? status : EXIT_REFUSED;
}

static const struct subverb verbs[] = {
    {"show", consent_show, "PERSON [--language de|en]"},
    {"proof", consent_proof,
     "PERSON PURPOSE [--form jsonld|kantara|html] [--channel NAME] "
     "[--language de|en]"},
    {"import", consent_import, "[--check] FILE"},
};

#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

int verb_consent(const struct verb_args *args)
{
	return subverb_run(args, "consent", verbs, VERBS);
}

void verb_consent_usage(FILE *out)
{
	subverb_usage(out, "consent", verbs, VERBS);
}
