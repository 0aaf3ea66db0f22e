/* verb_consent.c - `postern consent import --check FILE`. */
#include <errno.h>
#include <string.h>

#include "consent_check.h"
#include "options.h"
#include "postern/buf.h"
#include "postern/diag.h"
#include "postern/jsonmem.h"

#define FILE_MAX (64u * 1024 * 1024)

struct file {
	const struct verb_args *args;
	struct diag diag;
	struct buf bytes;
};

static int read_all(struct file *f, const char *name)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "rbe");
	uint8_t piece[16384];
	struct err err;
	size_t got;
	int rc = 0;

	if (in == NULL)
		return refused("%s: cannot be opened (error %d)", name, errno);
	while (rc == 0 && (got = fread(piece, 1, sizeof(piece), in)) > 0)
		rc = buf_append(&f->bytes, piece, got, &err);
	if (rc != 0)
		(void)refused("%s: longer than 64 MiB, or no memory", name);
	else if (ferror(in))
		rc = refused("%s: cannot be read", name);
	if (in != stdin)
		(void)fclose(in);
	return rc == 0 ? EXIT_DONE : EXIT_REFUSED;
}

/* --- one record ----------------------------------------------------------- */

struct piece {
	const char *text;
	size_t len, line; /* of its first byte */
};

/* A finding at a byte of the piece. */
static void tell(struct file *f, const struct piece *p, size_t at,
		 const struct consentrecord_fault *fault)
{
	size_t line = p->line, column = 1;

	for (size_t i = 0; i < at && i < p->len; i++) {
		column = p->text[i] == '\n' ? 1 : column + 1;
		line += p->text[i] == '\n';
	}
	(void)diag_add(&f->diag, line, column, "%s%s%s; %s", fault->field,
		       fault->field[0] != '\0' ? " " : "", fault->what,
		       fault->want);
	diag_print(&f->diag, stderr);
	f->diag.findings_len = 0;
	f->diag.more = 0;
}

static json_t *verdict_json(const struct piece *p, const json_t *row,
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

static int print_verdict(const struct file *f, const struct piece *p,
			 const json_t *row, const struct consent_verdict *v)
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

static int check_piece(struct file *f, const struct piece *p)
{
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
		tell(f, p, at, &verdict.fault);
	rc = print_verdict(f, p, row, &verdict);
	json_decref(row);
	return rc == 0 && verdict.accepted ? EXIT_DONE : EXIT_REFUSED;
}

/* --- the file ------------------------------------------------------------- */

static bool is_blank(const struct piece *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (p->text[i] != ' ' && p->text[i] != '\t' &&
		    p->text[i] != '\r')
			return false;
	return true;
}

/* One record over many lines: the first of them is no JSON of its own. */
static bool is_one_record(const struct piece *first)
{
	bool no_memory;
	json_t *row = jsonmem_load(first->text, first->len, 0, &no_memory);
	bool ret = row == NULL && !no_memory;

	json_decref(row);
	return ret;
}

static struct piece line_at(const char *text, size_t len, size_t at,
			    size_t number)
{
	const char *end = memchr(text + at, '\n', len - at);

	return (struct piece){.text = text + at,
			      .len = end != NULL ? (size_t)(end - text) - at
						 : len - at,
			      .line = number};
}

static int check_all(struct file *f)
{
	const char *text = (const char *)f->bytes.bytes;
	const struct piece whole = {text, f->bytes.len, 1};
	size_t at = 0, seen = 0;
	int status = EXIT_DONE;

	for (size_t number = 1; at < f->bytes.len; number++) {
		const struct piece line =
		    line_at(text, f->bytes.len, at, number);

		at += line.len + 1;
		if (is_blank(&line))
			continue;
		if (seen++ == 0 && at < f->bytes.len && is_one_record(&line))
			return check_piece(f, &whole);
		if (check_piece(f, &line) != EXIT_DONE)
			status = EXIT_REFUSED;
	}
	return seen > 0 ? status : refused("the file has no record");
}

static int consent_import(const struct verb_args *args)
{
	static struct file f;
	int status;

	/* Taking records into an archive is another verb's work. */
	if (args->argc != 2 || strcmp(args->argv[0], "--check") != 0) {
		(void)refused("--check and one file, or - for standard input");
		return EXIT_USAGE;
	}
	f = (struct file){.args = args, .bytes = BUF_INIT(FILE_MAX)};
	diag_init(&f.diag, args->argv[1]);
	status = read_all(&f, args->argv[1]);
	if (status == EXIT_DONE)
		status = check_all(&f);
	buf_free(&f.bytes);
	return printed() == EXIT_DONE ? status : EXIT_REFUSED;
}

static const struct subverb verbs[] = {
    {"import", consent_import, "--check FILE"},
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
